//! A token bucket, as rate limits are: filled continuously, emptied by each admitted request.

use crate::time::Nanos;

/// A continuously refilled bucket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenBucket {
    capacity: f64,
    per_nano: f64,
    level: f64,
    filled_at: Nanos,
}

impl TokenBucket {
    /// A full bucket that refills `per_second` and holds `capacity`.
    pub(crate) fn new(per_second: f64, capacity: f64) -> TokenBucket {
        TokenBucket {
            capacity,
            per_nano: per_second / 1e9,
            level: capacity,
            filled_at: Nanos::ZERO,
        }
    }

    /// Takes `amount` at `now`, with the limit scaled by `scale`; where it is not there, how long until it would be.
    ///
    /// An amount above the whole capacity is admitted by a full bucket, which then owes the rest: otherwise one large
    /// request could never pass.
    #[inline]
    pub(crate) fn take(&mut self, now: Nanos, amount: f64, scale: f64) -> Result<(), Nanos> {
        let (capacity, per_nano) = (self.capacity * scale, self.per_nano * scale);
        if per_nano <= 0.0 {
            return Err(Nanos::HOUR);
        }
        let elapsed = now.saturating_sub(self.filled_at).0 as f64;
        self.level = (self.level + elapsed * per_nano).min(capacity);
        self.filled_at = now;
        let needed = amount.min(capacity);
        if self.level >= needed {
            self.level -= amount;
            return Ok(());
        }
        // A nanosecond more than needed, whichever way the division rounds.
        Err(Nanos(libm::ceil((needed - self.level) / per_nano) as u64 + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_request_passes_after_the_stated_wait() {
        let mut bucket = TokenBucket::new(2.0, 2.0);
        assert_eq!(bucket.take(Nanos::ZERO, 2.0, 1.0), Ok(()));
        let wait = bucket.take(Nanos::ZERO, 1.0, 1.0).unwrap_err();
        assert!((500_000_001..=500_000_002).contains(&wait.0), "{wait:?}");
        assert!(bucket.take(Nanos(wait.0 - 2_000_000), 1.0, 1.0).is_err());
        assert_eq!(bucket.take(wait, 1.0, 1.0), Ok(()));
    }

    #[test]
    fn a_request_larger_than_the_bucket_passes_when_it_is_full_and_leaves_a_debt() {
        let mut bucket = TokenBucket::new(10.0, 10.0);
        assert_eq!(bucket.take(Nanos::ZERO, 30.0, 1.0), Ok(()));
        assert!(bucket.take(Nanos::SECOND, 1.0, 1.0).is_err());
    }

    #[test]
    fn a_closed_limit_admits_nothing() {
        let mut bucket = TokenBucket::new(10.0, 10.0);
        assert_eq!(bucket.take(Nanos::SECOND, 1.0, 0.0), Err(Nanos::HOUR));
        assert_eq!(bucket.take(Nanos::SECOND, 1.0, 1.0), Ok(()));
    }
}
