//! When the rule manager evaluates a group: instants at a fixed interval.
//!
//! It must not know the rules of the group.

/// When a group is evaluated, in Unix milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Evaluations {
    /// The first evaluation.
    pub first_ms: i64,
    /// The last one.
    pub last_ms: i64,
    /// Between evaluations.
    pub interval_ms: i64,
}

impl Evaluations {
    /// How many there are.
    #[must_use]
    pub fn count(self) -> usize {
        let last = (self.last_ms - self.first_ms).div_euclid(self.interval_ms);
        usize::try_from(last + 1).unwrap_or(0)
    }

    /// All of them, in Unix milliseconds.
    pub fn instants(self) -> impl ExactSizeIterator<Item = i64> + Clone {
        (0..self.count()).map(move |nth| self.first_ms + nth as i64 * self.interval_ms)
    }
}
