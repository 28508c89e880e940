//! A question to the ledger, and what a faithful stack must answer.
//!
//! A fact speaks of the application's quantities, never of metrics or expressions. [`Asked::expect`] gives, for each
//! series, an [`Expected`]: the exact answer by the engine's own arithmetic over the samples that it could see, and
//! the bounds that the real events set, whatever the arithmetic.

mod answer;
mod legal;
mod sightings;
mod sums;
pub mod words;

pub use answer::{Asked, Expectation};

use crate::quantity::Quantity;

/// Label names and values, sorted by name; the identity of an expected series.
pub type Labels = Vec<(String, String)>;

/// What a query is expected to show.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// How much there was of something, per second or in all.
    Total(Total),
    /// The share of `part` in `whole`; absent where there is nothing of the whole.
    Ratio {
        /// The numerator.
        part: Total,
        /// The denominator, with the same grouping.
        whole: Total,
    },
    /// A quantile of a duration in seconds, as its buckets tell; absent where nothing was observed.
    Quantile {
        /// The quantile, 0 to 1.
        q: f64,
        /// The duration.
        of: Total,
    },
    /// The share of durations above a bucket bound; absent where nothing was observed.
    ShareAbove {
        /// The bound in seconds.
        bound: f64,
        /// The duration.
        of: Total,
    },
    /// Whether all copies of a module answer: 1, or 0, or -1 where there is no copy to ask.
    Health(Vec<Condition>),
    /// A figure that the configuration states, by label.
    Constant(Vec<(Labels, f64)>),
}

/// A sum over series of one or more quantities.
#[derive(Clone, Debug, PartialEq)]
pub struct Total {
    /// What is added up.
    pub quantities: Vec<Quantity>,
    /// Which series count.
    pub conditions: Vec<Condition>,
    /// The labels that are kept; `module` may be one.
    pub by: Vec<String>,
    /// Per second, or in all.
    pub per_second: bool,
    /// A factor on the result, such as 3600 for "per hour".
    pub times: f64,
    /// Whether a zero is left out rather than shown.
    pub hides_zero: bool,
}

/// A label that must have one of these values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The label.
    pub label: String,
    /// Its permitted values.
    pub values: Vec<String>,
}

/// What a faithful answer holds at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Expected {
    /// No sample.
    Absent,
    /// A number.
    Value {
        /// The engine's own arithmetic: lowest and highest, equal but for a quantile whose rank meets a bucket's edge.
        exact: (f64, f64),
        /// What the real events permit.
        real: (f64, f64),
    },
    /// What any honest arithmetic over the samples may give, where the engine's own is not known.
    Legal {
        /// What the real events permit.
        real: (f64, f64),
        /// Whether no sample is right too.
        or_absent: bool,
    },
}

impl Condition {
    /// Whether a label set fulfils it; a set without the label does not.
    #[must_use]
    pub fn admits(&self, labels: &[(String, String)]) -> bool {
        labels.iter().any(|(name, value)| *name == self.label && self.values.contains(value))
    }
}
