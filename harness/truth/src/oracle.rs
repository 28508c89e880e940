//! The oracle: the arithmetic by which Prometheus turns samples into answers, in its three eras.
//!
//! Called by whoever judges, with sample instants and values that the ledger knows: it says what the
//! engine must answer (rate, increase, quantile, level) and how far a right answer may be from the real
//! events (`bound`). It is no query engine: aggregation and arithmetic on answers belong to the facts.
//!
//! Invariant: floating-point operations come in the engine's own order, so that answers agree to the last
//! bits. It must not know any query, metric, module or exposition, nor how a sample came to be.

mod bound;
mod extrapolation;
mod quantile;

use std::ops::Range;

pub use bound::{quantile_bound, true_increase_bound};
pub use extrapolation::{SampleWindow, counter_delta};
pub(crate) use quantile::histogram_quantile_shifted;
pub use quantile::{histogram_quantile, histogram_quantile_near};

use prom::staleness;

/// The periods of Prometheus in which `rate`, `increase` and the edge of a window mean one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Era {
    /// Until 2.50: closed windows `[start, end]`; the zero clamp comes before the threshold.
    /// Quantiles as in 2.42 to 2.48 (2.49 and 2.50 ignore small deltas already).
    UpTo2_50,
    /// 2.51 (PR #13725) to 2.55: closed windows; the threshold comes before the zero clamp.
    From2_51,
    /// From 3.0 (PR #13904): as 2.51, but windows, lookback and subqueries are `(start, end]`.
    From3_0,
}

/// Whether the arithmetic of an engine is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// It is that of an era of Prometheus: answers are judged exactly and truly.
    Modelled(Era),
    /// It is not known: answers are judged by the real events alone.
    Unmodelled,
}

impl Arithmetic {
    /// Whether answers can be judged exactly.
    #[must_use]
    pub fn is_modelled(self) -> bool {
        matches!(self, Self::Modelled(_))
    }
}

impl Era {
    /// The era of a version as the engine states it, such as `2.42.0+ds` or `v3.5.3`.
    /// `None` if it does not begin with `major.minor`, or is older than 2.
    #[must_use]
    pub fn of_version(version: &str) -> Option<Self> {
        let mut numbers = version.trim_start_matches('v').split(|c: char| !c.is_ascii_digit());
        let major: u32 = numbers.next()?.parse().ok()?;
        let minor: u32 = numbers.next()?.parse().ok()?;
        match (major, minor) {
            (0..=1, _) => None,
            (2, 0..=50) => Some(Self::UpTo2_50),
            (2, _) => Some(Self::From2_51),
            _ => Some(Self::From3_0),
        }
    }

    /// The first millisecond of a window that starts at `start_ms`.
    fn earliest(self, start_ms: i64) -> i64 {
        if self >= Self::From3_0 { start_ms + 1 } else { start_ms }
    }

    /// The indices of those ascending `instants` that a range selector reads; all milliseconds.
    #[must_use]
    pub fn window(self, start_ms: i64, end_ms: i64, instants: &[i64]) -> Range<usize> {
        let from = instants.partition_point(|&instant| instant < self.earliest(start_ms));
        let until = instants.partition_point(|&instant| instant <= end_ms);
        from..until.max(from)
    }

    /// The instants at which a subquery evaluates its inner query: the multiples of `step_ms` in the
    /// window (`promql/engine.go`, `SubqueryExpr`); all milliseconds, after the epoch.
    ///
    /// # Panics
    /// If `step_ms` is not positive.
    pub fn subquery(self, start_ms: i64, end_ms: i64, step_ms: i64) -> impl Iterator<Item = i64> {
        assert!(step_ms > 0, "a subquery's step is positive, got {step_ms} ms");
        let earliest = self.earliest(start_ms);
        let first = earliest + (-earliest).rem_euclid(step_ms);
        std::iter::successors(Some(first), move |instant| Some(instant + step_ms))
            .take_while(move |&instant| instant <= end_ms)
    }
}

/// The index of the sample that an instant selector shows at `at_ms`: the newest within `lookback_ms`.
///
/// `instants` (milliseconds) ascend, `values` belong to them. `None` if there is no such sample, or if it
/// is a staleness marker, which hides the series until its next sample (`vectorSelectorSingle`).
#[must_use]
pub fn level(
    era: Era,
    instants: &[i64],
    values: &[f64],
    at_ms: i64,
    lookback_ms: i64,
) -> Option<usize> {
    let shown = era.window(at_ms - lookback_ms, at_ms, instants).next_back();
    shown.filter(|&newest| !staleness::is_marker(values[newest]))
}
