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
        BreachKind::Missing => "a number is missing",
        BreachKind::Unexpected => "a number where there should be none",
        BreachKind::Inexact => "differs from Prometheus' own arithmetic on the simulated samples",
        BreachKind::Untrue => "right for the samples, but not possible given the real events",
        BreachKind::Impossible => "not possible by any arithmetic, given the real events",
        BreachKind::Duplicate => "two series with the same labels",
    }
}

/// A series that nobody expects, rather than a point too many.
#[must_use]
pub fn is_stranger(breach: &Breach) -> bool {
    breach.kind == BreachKind::Unexpected && breach.expected.is_none()
}
