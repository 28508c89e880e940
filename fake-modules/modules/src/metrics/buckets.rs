//! Histogram bounds as whole nanoseconds, with a search that no branch can mispredict.
//!
//! The bit length of a duration leaves at most two bounds that it must be compared with. A value equal to a bound
//! belongs to that bound's bucket (`le`). Every bound is a whole number of nanoseconds, so comparing integers gives
//! what comparing the seconds would.

use sim::{time::Nanos, world::bounds};

/// Room for all bounds and two that are never reached.
const LIMITS: usize = 32;

/// Fixed bounds of a histogram of durations.
#[derive(Debug)]
pub(crate) struct Buckets {
    /// Upper bounds in seconds, ascending, without `+Inf`.
    pub(crate) bounds: &'static [f64],
    /// The same in nanoseconds, then the largest number there is.
    limits: [u64; LIMITS],
    /// For each bit length of a duration: how many bounds lie below every duration of that length.
    below: [u8; 65],
}

/// For operation and request durations.
pub(crate) static DURATION: Buckets = Buckets::new(&bounds::DURATION);
/// For guard durations.
pub(crate) static GUARD: Buckets = Buckets::new(&bounds::GUARD);
/// For times to first token.
pub(crate) static FIRST_TOKEN: Buckets = Buckets::new(&bounds::FIRST_TOKEN);

impl Buckets {
    pub(crate) const fn new(bounds: &'static [f64]) -> Buckets {
        assert!(bounds.len() + 2 <= LIMITS, "no room for the bounds");
        let mut limits = [u64::MAX; LIMITS];
        let mut i = 0;
        while i < bounds.len() {
            limits[i] = (bounds[i] * 1e9 + 0.5) as u64;
            assert!(i == 0 || limits[i - 1] < limits[i], "bounds ascend");
            i += 1;
        }

        let mut below = [0; 65];
        let mut bits = 1;
        while bits < 65 {
            let shortest = 1_u64 << (bits - 1);
            let longest = shortest | (shortest - 1);
            let (mut n_below, mut n_within) = (0, 0);
            let mut i = 0;
            while i < bounds.len() {
                if limits[i] < shortest {
                    n_below += 1;
                } else if limits[i] <= longest {
                    n_within += 1;
                }
                i += 1;
            }
            assert!(n_within <= 2, "more than two bounds between two powers of two");
            below[bits] = n_below;
            bits += 1;
        }
        Buckets { bounds, limits, below }
    }

    /// The bucket of a duration: the first whose bound is not below it, or one past the last bound.
    #[inline]
    pub(crate) fn position(&self, duration: Nanos) -> usize {
        let bits = (u64::BITS - duration.0.leading_zeros()) as usize;
        let first = usize::from(self.below[bits]);
        first
            + usize::from(self.limits[first] < duration.0)
            + usize::from(self.limits[first + 1] < duration.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn position_is_the_first_bound_not_below() {
        for buckets in [&DURATION, &GUARD, &FIRST_TOKEN] {
            let edges = buckets.bounds.iter().map(|bound| (bound * 1e9).round() as u64);
            let powers = (0..64).map(|bit| 1_u64 << bit);
            for near in edges.chain(powers).chain([0, u64::MAX]) {
                for nanos in [near.saturating_sub(1), near, near.saturating_add(1)] {
                    let seconds = Nanos(nanos).as_secs_f64();
                    let expected = buckets.bounds.iter().filter(|&&bound| bound < seconds).count();
                    assert_eq!(buckets.position(Nanos(nanos)), expected, "{nanos} ns");
                }
            }
        }
    }
}
