//! What a row of the table says of a kind of incident, apart from its effect.
//!
//! It must not know which rows there are.

use super::{
    graded::{Graded, Severity},
    invariant::Invariant,
    parameter::Parameter,
};
use crate::time::Nanos;

/// A kind of incident, in the words of files and reports.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its key in scenario files, such as `provider_outage`.
    pub key: &'static str,
    /// What goes wrong: a sentence for editors and `--help`.
    pub about: &'static str,
    /// What stands under its key.
    pub parameters: &'static [Parameter],
    /// What the schema calls what stands under its key. Kinds with the same parameters share it.
    pub part: &'static str,
    /// What stands under its key: a sentence for editors.
    pub about_part: &'static str,
    /// Whether it happens at an instant and has no length.
    pub is_instant: bool,
    /// The invariants that it breaks by design; every other one must hold.
    pub breaks: &'static [Invariant],
    /// How campaigns try it; `None` where they do not.
    pub graded: Option<Graded>,
}

impl Row {
    /// What it is called in reports, such as `provider outage`.
    #[must_use]
    pub fn words(&self) -> String {
        self.key.replace('_', " ")
    }

    pub(super) const fn new(key: &'static str) -> Row {
        Row {
            key,
            about: "",
            parameters: &[],
            part: "nothing",
            about_part: "Nothing to say.",
            is_instant: false,
            breaks: &[],
            graded: None,
        }
    }

    pub(super) const fn part(self, part: &'static str, about_part: &'static str) -> Row {
        Row { part, about_part, ..self }
    }

    pub(super) const fn instant(self) -> Row {
        Row { is_instant: true, ..self }
    }

    pub(super) const fn breaks(self, breaks: &'static [Invariant]) -> Row {
        Row { breaks, ..self }
    }

    /// Tried in campaigns, where one incident lasts all the time.
    pub(super) const fn graded(
        self,
        nth: u8,
        name: &'static str,
        severities: &'static [Severity],
    ) -> Row {
        Row { graded: Some(Graded { name, nth, severities, each: None }), ..self }
    }

    /// Tried in campaigns, where several incidents of this length follow each other.
    pub(super) const fn repeated(
        self,
        nth: u8,
        name: &'static str,
        each: Nanos,
        severities: &'static [Severity],
    ) -> Row {
        Row { graded: Some(Graded { name, nth, severities, each: Some(each) }), ..self }
    }

    pub(super) const fn described(
        self,
        about: &'static str,
        parameters: &'static [Parameter],
    ) -> Row {
        Row { about: about.trim_ascii(), parameters, ..self }
    }
}
