//! The invariants of the metric contract, which an incident may break by design.
//!
//! It must not know which incident breaks which.

/// An invariant of the metric contract, which holds between ledger and modules at every scrape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// The sum of operations is the duration histogram's `_count`.
    I1,
    /// Failed requests are the sum of errors, by provider.
    I2,
    /// Bucket `+Inf` is `_count`; buckets are monotone.
    I3,
    /// Cost is the sum of tokens × price.
    I4,
    /// The overview's total is the sum of the modules' dashboards.
    I5,
    /// The pie is cost per provider, which is llm-provider's cost.
    I6,
    /// Injections are at most blocked validations.
    I7,
    /// Counters never decrease except at a restart.
    I8,
}
