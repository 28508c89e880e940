//! `histogram_quantile` over classic buckets, as 2.42 and as 3.x compute it.
//!
//! Called with bucket counts after `rate` or `increase` and `sum by (le)`. Mirrors `bucketQuantile` (in
//! 3.x `BucketQuantile`) of `promql/quantile.go`: the versions differ only in how they repair counts
//! that are not monotone. It must not know where counts come from, nor native histograms.

use super::Era;

/// Newer engines take a smaller relative difference of neighbours for noise (PR #13153, from 2.49).
const SMALL_DELTA_TOLERANCE: f64 = 1e-12;

/// The engine's answer for `q` over `(upper bound, cumulative count)` buckets in any order.
///
/// NaN for a NaN `q`, fewer than two buckets, no +Inf bucket or no observations; -Inf for `q < 0` and
/// +Inf for `q > 1`. A rank in the +Inf bucket gives the highest finite bound.
#[must_use]
pub fn histogram_quantile(era: Era, q: f64, buckets: &[(f64, f64)]) -> f64 {
    histogram_quantile_shifted(era, q, buckets, 0.0)
}

/// The lowest and the highest answer an engine may give whose counts are within `relative` of these.
///
/// An engine adds counts in its own order, so a rank that meets a cumulative count to the last bits may
/// fall on either side of it, and across empty buckets that is a jump. Each count and the rank move by at
/// most `relative` of the total; their difference in a bucket by twice, its share by four times that.
#[must_use]
pub fn histogram_quantile_near(
    era: Era,
    q: f64,
    buckets: &[(f64, f64)],
    relative: f64,
) -> (f64, f64) {
    let shift = 4.0 * relative;
    (
        histogram_quantile_shifted(era, q, buckets, -shift),
        histogram_quantile_shifted(era, q, buckets, shift),
    )
}

/// The answer at a rank that is moved by `shift`, a share of all observations.
pub(crate) fn histogram_quantile_shifted(
    era: Era,
    q: f64,
    buckets: &[(f64, f64)],
    shift: f64,
) -> f64 {
    if q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    let mut buckets = merged(buckets);
    raise_to_monotone(&mut buckets, era);
    let [.., (_, _), (f64::INFINITY, observations)] = buckets[..] else { return f64::NAN };
    if observations == 0.0 {
        return f64::NAN;
    }
    let rank = (q * observations + shift * observations).max(0.0);

    let finite = &buckets[..buckets.len() - 1];
    let holds_rank = finite.partition_point(|&(_, count)| count < rank);
    if holds_rank == finite.len() {
        return finite[finite.len() - 1].0;
    }
    let (upper_bound, count) = finite[holds_rank];
    if holds_rank == 0 {
        return if upper_bound <= 0.0 { upper_bound } else { upper_bound * (rank / count) };
    }
    let (lower_bound, below) = finite[holds_rank - 1];
    lower_bound + (upper_bound - lower_bound) * ((rank - below) / (count - below))
}

/// Sorted by upper bound, the counts of equal bounds (`le="1"` and `le="1.0"`) added.
fn merged(buckets: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut sorted = buckets.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    sorted.dedup_by(|next, kept| {
        let equal = next.0 == kept.0;
        if equal {
            kept.1 += next.1;
        }
        equal
    });
    sorted
}

/// Replaces each count that is lower than one before it, or noise beside it, by that one.
fn raise_to_monotone(buckets: &mut [(f64, f64)], era: Era) {
    let mut highest = f64::NEG_INFINITY;
    for (_, count) in buckets {
        if *count < highest || (era >= Era::From2_51 && is_noise(highest, *count)) {
            *count = highest;
        }
        highest = *count;
    }
}

/// The engine's `almost.Equal` (`util/almost/almost.go`), for counts: neither negative nor denormal.
fn is_noise(a: f64, b: f64) -> bool {
    (a - b).abs() / (a + b) < SMALL_DELTA_TOLERANCE
}
