//! What is wrong with rules, as far as the runs show it.

use std::path::PathBuf;

use serde::Serialize;

/// The kind of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// It can never fire.
    NeverFires,
    /// It fired and never resolved.
    NeverResolves,
    /// A window shorter than four scrapes.
    ShortWindow,
    /// A ratio without its denominator.
    NoDenominator,
    /// Prometheus would fail its evaluations.
    Fails,
    /// What the files alone show.
    Static,
}

/// Something that is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The file.
    pub file: PathBuf,
    /// The line.
    pub line: Option<usize>,
    /// The rule.
    pub rule: String,
    /// What kind.
    pub kind: FindingKind,
    /// What is wrong, in words.
    pub message: String,
}
