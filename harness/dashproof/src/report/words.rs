//! What verdicts and incidents are called in reports.
//!
//! It must not know where they are printed.

use truth::{
    fact::Labels,
    judge::{Breach, BreachKind},
};

pub use prom::words::{count, counted, instant, instant_near, numbers, one_line, span};

/// `{provider="openai"}`, as Prometheus writes a series.
#[must_use]
pub fn series(labels: &Labels) -> String {
    let pairs: Vec<String> =
        labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{{{}}}", pairs.join(", "))
}

/// What is wrong with a point.
#[must_use]
pub fn breach(kind: BreachKind) -> &'static str {
    match kind {
        BreachKind::Missing => "there should be a number",
        BreachKind::Unexpected => "there should be none",
        BreachKind::Inexact => "not what the engine's samples of the truth give",
        BreachKind::Untrue => "what the samples give, but not what happened",
        BreachKind::Impossible => "not what any arithmetic makes of what happened",
        BreachKind::Duplicate => "two series with the same labels",
    }
}

/// A series that nobody expects, rather than a point too many.
#[must_use]
pub fn is_stranger(breach: &Breach) -> bool {
    breach.kind == BreachKind::Unexpected && breach.expected.is_none()
}
