//! Simulated time: nanoseconds since the start of the scenario.
//!
//! Everything in the core is handed its time in this type; only a scenario's epoch ties it to a calendar.
//! Nothing here reads a clock.

use std::ops::{Add, AddAssign, Sub};

/// Nanoseconds since the start of the scenario, or a span of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nanos(pub u64);

impl Nanos {
    /// The start of the scenario.
    pub const ZERO: Nanos = Nanos(0);
    /// The end of time: what is due then never comes.
    pub const NEVER: Nanos = Nanos(u64::MAX);
    /// One millisecond.
    pub const MILLISECOND: Nanos = Nanos(1_000_000);
    /// One second.
    pub const SECOND: Nanos = Nanos(1_000_000_000);
    /// One minute.
    pub const MINUTE: Nanos = Nanos(60 * Nanos::SECOND.0);
    /// One hour.
    pub const HOUR: Nanos = Nanos(60 * Nanos::MINUTE.0);

    /// `seconds` as nanoseconds, rounded; negative and NaN give zero.
    #[must_use]
    pub fn from_secs_f64(seconds: f64) -> Nanos {
        // `as` saturates, and sends NaN to 0.
        Nanos((seconds * 1e9 + 0.5) as u64)
    }

    /// `millis` milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Nanos {
        Nanos(millis * 1_000_000)
    }

    /// Seconds, exact to 2⁻⁵³ relative.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// Whole milliseconds, rounded down.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000_000
    }

    /// The span since `earlier`, or zero.
    #[must_use]
    pub const fn saturating_sub(self, earlier: Nanos) -> Nanos {
        Nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add for Nanos {
    type Output = Nanos;
    fn add(self, other: Nanos) -> Nanos {
        Nanos(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Nanos {
    fn add_assign(&mut self, other: Nanos) {
        *self = *self + other;
    }
}

impl Sub for Nanos {
    type Output = Nanos;
    fn sub(self, other: Nanos) -> Nanos {
        Nanos(self.0 - other.0)
    }
}
