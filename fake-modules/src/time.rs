//! Virtual time: nanoseconds since the start of the scenario.
//!
//! Every layer of the simulation is given the time as an argument; nothing here reads a clock.
//! Integer nanoseconds make instants exact and ordered the same way on every machine.
//! The range is 584 years, so arithmetic saturates instead of failing.

use std::ops::Add;

/// Nanoseconds since the start of the scenario, or a length of time in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Nanos(pub u64);

impl Nanos {
    /// One second.
    pub const SECOND: Nanos = Nanos(1_000_000_000);
    /// One minute.
    pub const MINUTE: Nanos = Nanos(60 * Nanos::SECOND.0);
    /// One hour.
    pub const HOUR: Nanos = Nanos(60 * Nanos::MINUTE.0);

    /// The nearest nanosecond to `seconds`; negative and NaN become 0, too large becomes the last instant.
    #[must_use]
    pub fn from_secs_f64(seconds: f64) -> Nanos {
        // A cast from float to integer saturates and sends NaN to 0.
        Nanos((seconds * 1e9 + 0.5) as u64)
    }

    /// Seconds, rounded to the nearest double.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// `milliseconds` as nanoseconds, saturating.
    #[must_use]
    pub const fn from_millis(milliseconds: u64) -> Nanos {
        Nanos(milliseconds.saturating_mul(1_000_000))
    }

    /// The sum, or `None` when it lies beyond the last representable instant.
    #[must_use]
    pub fn checked_add(self, other: Nanos) -> Option<Nanos> {
        self.0.checked_add(other.0).map(Nanos)
    }
}

impl Add<Nanos> for Nanos {
    type Output = Nanos;

    /// The sum, saturating at the last representable instant.
    fn add(self, other: Nanos) -> Nanos {
        Nanos(self.0.saturating_add(other.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_survive_the_round_trip() {
        assert_eq!(Nanos::from_secs_f64(1.5), Nanos(1_500_000_000));
        assert_eq!(Nanos::from_secs_f64(1e-9), Nanos(1));
        assert_eq!(Nanos::HOUR.as_secs_f64(), 3600.0);
        assert_eq!(Nanos::from_millis(250), Nanos(250_000_000));
    }

    #[test]
    fn out_of_range_saturates() {
        assert_eq!(Nanos::from_secs_f64(-1.0), Nanos(0));
        assert_eq!(Nanos::from_secs_f64(f64::NAN), Nanos(0));
        assert_eq!(Nanos::from_secs_f64(1e300), Nanos(u64::MAX));
        assert_eq!(Nanos(u64::MAX) + Nanos::SECOND, Nanos(u64::MAX));
        assert_eq!(Nanos(u64::MAX).checked_add(Nanos(1)), None);
    }
}
