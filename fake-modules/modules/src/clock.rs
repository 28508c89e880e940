//! The one place that reads the wall clock: simulated time that passes as real time does.
//!
//! Deadlines are absolute, multiples of a step since the story's start, so that a late wake-up delays nothing after it.
//! What happens at a deadline, this does not know.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::{Instant, sleep_until};

use sim::time::Nanos;

/// Simulated time under way.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    epoch_unix_ms: i64,
    /// The instant at which this clock was made, and what the story's time was then (below 0: it is to begin).
    made: Instant,
    then: i128,
}

impl Clock {
    /// A story that begins now, to the millisecond.
    #[must_use]
    pub fn starting_now() -> Clock {
        let unix_ms = (unix_nanos() / 1_000_000) as i64;
        Clock::starting_at(unix_ms)
    }

    /// A story that began, or will begin, at an instant in Unix milliseconds. Clocks of one start agree, whatever
    /// process they are in.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads a clock")]
    pub fn starting_at(epoch_unix_ms: i64) -> Clock {
        let then = unix_nanos() - i128::from(epoch_unix_ms) * 1_000_000;
        Clock { epoch_unix_ms, made: Instant::now(), then }
    }

    /// The story's start in Unix milliseconds.
    #[must_use]
    pub fn epoch_unix_ms(&self) -> i64 {
        self.epoch_unix_ms
    }

    /// The story's time. It never goes back; before the start it is 0.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads a clock")]
    pub fn now(&self) -> Nanos {
        self.at(Instant::now())
    }

    /// Waits for the next multiple of `step` in the story's time.
    pub async fn tick(&self, step: Nanos) {
        sleep_until(self.deadline(self.now(), step)).await;
    }

    /// When the first multiple of `step` after `now` is due.
    fn deadline(&self, now: Nanos, step: Nanos) -> Instant {
        let wait = i128::from(next_multiple(now, step).0) - self.then;
        self.made + Duration::from_nanos(u64::try_from(wait).unwrap_or(0))
    }

    fn at(&self, instant: Instant) -> Nanos {
        let passed = instant.duration_since(self.made).as_nanos() as i128;
        Nanos(u64::try_from((self.then + passed).max(0)).unwrap_or(u64::MAX))
    }
}

/// Waits for a span of real time.
#[expect(clippy::disallowed_methods, reason = "this is the place that reads a clock")]
pub(crate) fn pause(span: Duration) -> tokio::time::Sleep {
    sleep_until(Instant::now() + span)
}

/// The first multiple of `step` after `now`.
fn next_multiple(now: Nanos, step: Nanos) -> Nanos {
    let step = step.0.max(1);
    Nanos((now.0 / step + 1).saturating_mul(step))
}

#[expect(clippy::disallowed_methods, reason = "this is the place that reads a clock")]
fn unix_nanos() -> i128 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_nanos() as i128
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_wake_ups_do_not_add_up() {
        let clock = Clock::starting_now();
        let step = Nanos::from_millis(10);
        let mut woken = clock.made;
        for nth in 1..=100 {
            let deadline = clock.deadline(clock.at(woken), step);
            assert_eq!(clock.at(deadline).0 % step.0, 0);
            assert!(woken < deadline && deadline <= woken + Duration::from_millis(10), "{nth}");
            // Woken late, and busy for a while.
            woken = deadline + Duration::from_micros(3_700);
        }
        let passed = woken - clock.made;
        assert!(passed <= Duration::from_micros(1_003_700), "{passed:?}");
    }

    #[test]
    fn clocks_of_one_start_agree() {
        let first = Clock::starting_now();
        let second = Clock::starting_at(first.epoch_unix_ms());
        let apart = second.at(first.made).0.abs_diff(first.at(first.made).0);
        assert!(apart < Nanos::SECOND.0, "{apart} ns");
        let hour_ago = Clock::starting_at(first.epoch_unix_ms() - 3_600_000);
        assert!(Nanos::HOUR <= hour_ago.now());
        let to_come = Clock::starting_at(first.epoch_unix_ms() + 3_600_000);
        assert_eq!(to_come.now(), Nanos::ZERO);
        let begun = to_come.at(to_come.made + Duration::from_secs(3_660)).as_secs_f64();
        assert!((50.0..=61.0).contains(&begun), "{begun}");
    }

    #[test]
    fn a_deadline_is_always_to_come() {
        let next = |now, step| next_multiple(Nanos(now), Nanos(step)).0;
        assert_eq!([next(0, 10), next(9, 10), next(10, 10), next(11, 10)], [10, 10, 20, 20]);
    }
}
