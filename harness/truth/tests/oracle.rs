//! The oracle without an engine: worked examples, edges of windows, and the bounds' own promise.
//!
//! The comparison with real engines is `oracle_engines.rs`; what is claimed here needs none.

use prom::staleness;
use proptest::prelude::*;
use truth::oracle::{
    Era, SampleWindow, counter_delta, histogram_quantile, histogram_quantile_near, level,
    quantile_bound, true_increase_bound,
};

const ERAS: [Era; 3] = [Era::UpTo2_50, Era::From2_51, Era::From3_0];
const INF: f64 = f64::INFINITY;

fn stale() -> f64 {
    staleness::MARKER
}

#[test]
fn versions_fall_into_their_eras() {
    for (version, era) in [
        ("1.8.2", None),
        ("2.42.0+ds", Some(Era::UpTo2_50)),
        ("v2.50.1", Some(Era::UpTo2_50)),
        ("2.51.0-rc.0", Some(Era::From2_51)),
        ("2.55.1", Some(Era::From2_51)),
        ("3.5.3", Some(Era::From3_0)),
        ("3.14.0-dev", Some(Era::From3_0)),
        ("latest", None),
        ("3", None),
    ] {
        assert_eq!(Era::of_version(version), era, "{version}");
    }
}

#[test]
fn a_sample_at_the_start_is_in_the_window_until_3_0() {
    let instants = [0, 60_000, 120_000, 180_000, 240_000, 300_000];
    assert_eq!(Era::UpTo2_50.window(0, 300_000, &instants), 0..6);
    assert_eq!(Era::From2_51.window(0, 300_000, &instants), 0..6);
    assert_eq!(Era::From3_0.window(0, 300_000, &instants), 1..6);
    assert_eq!(Era::From3_0.window(400_000, 500_000, &instants), 6..6);
    assert_eq!(Era::From3_0.window(-500, -400, &instants), 0..0);
}

#[test]
fn a_subquery_of_one_step_has_two_points_until_3_0() {
    let points = |era: Era, end| era.subquery(end - 60_000, end, 60_000).collect::<Vec<_>>();
    assert_eq!(points(Era::UpTo2_50, 600_000), [540_000, 600_000]);
    assert_eq!(points(Era::From3_0, 600_000), [600_000]);
    assert_eq!(points(Era::UpTo2_50, 600_001), [600_000]);
    assert_eq!(points(Era::From3_0, 600_001), [600_000]);
}

#[test]
fn a_level_is_shown_for_the_lookback_and_no_longer() {
    let (instants, values) = ([1_000, 16_000], [1.0, 2.0]);
    for era in ERAS {
        assert_eq!(level(era, &instants, &values, 999, 300_000), None);
        assert_eq!(level(era, &instants, &values, 15_999, 300_000), Some(0));
        assert_eq!(level(era, &instants, &values, 16_000, 300_000), Some(1));
        assert_eq!(level(era, &instants, &values, 315_999, 300_000), Some(1));
        let at_the_edge = (era < Era::From3_0).then_some(1);
        assert_eq!(level(era, &instants, &values, 316_000, 300_000), at_the_edge);
        assert_eq!(level(era, &instants, &values, 316_001, 300_000), None);
    }
}

#[test]
fn a_staleness_marker_hides_the_series_until_its_next_sample() {
    let (instants, values) = ([0, 10_000, 20_000, 30_000], [5.0, stale(), f64::NAN, 6.0]);
    for era in ERAS {
        let shown = |at_ms| level(era, &instants, &values, at_ms, 300_000);
        assert_eq!(shown(9_999), Some(0));
        assert_eq!(shown(10_000), None);
        assert_eq!(shown(19_999), None);
        assert_eq!(shown(20_000), Some(2), "an ordinary NaN is a value");
        assert_eq!(shown(40_000), Some(3));
    }
}

/// The increase of one series over a window.
fn increase(era: Era, window: (i64, i64), samples: &[(i64, f64)]) -> Option<f64> {
    let (instants, values): (Vec<i64>, Vec<f64>) = samples.iter().copied().unzip();
    let (window, first, delta) = SampleWindow::of_series(era, window, &instants, &values)?;
    Some(window.increase(first, delta))
}

#[test]
fn increase_is_stretched_to_near_edges() {
    // Seen: 6 events in 30 s; 5 s to either edge.
    let samples = [(5_000, 100.0), (15_000, 102.0), (25_000, 103.0), (35_000, 106.0)];
    for era in ERAS {
        assert_eq!(increase(era, (0, 40_000), &samples), Some(6.0 * (40.0 / 30.0)));
    }
}

#[test]
fn increase_stops_half_an_interval_beyond_far_edges() {
    let samples = [(100_000, 100.0), (110_000, 110.0), (120_000, 120.0)];
    for era in ERAS {
        assert_eq!(increase(era, (0, 300_000), &samples), Some(20.0 * (30.0 / 20.0)));
    }
}

#[test]
fn the_zero_clamp_comes_before_the_threshold_until_2_50() {
    // Zero lies 8 s before the first sample: within the threshold of 11 s, beyond half an interval.
    let samples = [(100_000, 8.0), (110_000, 18.0), (120_000, 28.0)];
    let clamped_first = increase(Era::UpTo2_50, (0, 120_000), &samples).unwrap();
    assert!((clamped_first - 28.0).abs() < 1e-12, "stretched to zero: {clamped_first}");
    for era in [Era::From2_51, Era::From3_0] {
        assert_eq!(increase(era, (0, 120_000), &samples), Some(25.0), "half an interval at most");
    }
    // Zero lies 3 s before the first sample: every era clamps.
    let samples = [(100_000, 3.0), (110_000, 13.0), (120_000, 23.0)];
    for era in ERAS {
        let clamped = increase(era, (0, 120_000), &samples).unwrap();
        assert!((clamped - 23.0).abs() < 1e-12, "{era:?}: {clamped}");
    }
}

#[test]
fn a_series_that_appears_at_seven_has_no_increase() {
    let samples = [(10_000, 7.0), (20_000, 7.0), (30_000, 7.0)];
    for era in ERAS {
        assert_eq!(increase(era, (0, 40_000), &samples), Some(0.0));
        assert_eq!(increase(era, (0, 15_000), &samples), None, "one sample gives no answer");
    }
}

#[test]
fn a_decrease_of_one_ulp_is_a_reset() {
    let values = [100.1, f64::from_bits(100.1_f64.to_bits() - 1)];
    assert!(counter_delta(&values) > 100.0);
    assert_eq!(counter_delta(&[5.0, 9.0, 2.0, 4.0, 1.0]), 1.0 - 5.0 + 9.0 + 4.0);
    assert_eq!(counter_delta(&[5.0]), 0.0);
}

#[test]
fn range_selectors_skip_staleness_markers() {
    let with = [(0, 1.0), (10_000, 2.0), (15_000, stale()), (20_000, 3.0)];
    let without = [(0, 1.0), (10_000, 2.0), (20_000, 3.0)];
    for era in ERAS {
        let window = (-1_000, 21_000);
        assert_eq!(increase(era, window, &with), increase(era, window, &without));
    }
}

#[test]
fn rate_is_per_second_of_range() {
    let window = SampleWindow::new(Era::From3_0, 0, 1_500, &[500, 1_500]).unwrap();
    assert_eq!(window.indices(), (0, 1));
    assert_eq!(window.rate(10.0, 3.0), 3.0 * ((1.5 / 1.0) / 1.5));
}

#[test]
fn quantile_interpolates_in_the_bucket_of_the_rank() {
    let buckets = [(1.0, 10.0), (2.0, 30.0), (4.0, 40.0), (INF, 40.0)];
    for era in ERAS {
        let quantile = |q| histogram_quantile(era, q, &buckets);
        assert_eq!(quantile(0.125), 0.5, "the first bucket begins at 0");
        assert_eq!(quantile(0.5), 1.5);
        assert_eq!(quantile(0.75), 2.0, "the rank is the bucket's own count");
        assert_eq!(quantile(1.0), 4.0);
        assert_eq!(quantile(-0.1), -INF);
        assert_eq!(quantile(1.1), INF);
        assert!(quantile(f64::NAN).is_nan());
    }
}

#[test]
fn quantile_of_odd_histograms() {
    for era in ERAS {
        let quantile = |buckets: &[(f64, f64)]| histogram_quantile(era, 0.5, buckets);
        assert!(quantile(&[]).is_nan());
        assert!(quantile(&[(INF, 5.0)]).is_nan(), "fewer than two buckets");
        assert!(quantile(&[(1.0, 5.0), (2.0, 5.0)]).is_nan(), "no +Inf bucket");
        assert!(quantile(&[(1.0, 0.0), (INF, 0.0)]).is_nan(), "no observations");
        assert_eq!(quantile(&[(1.0, 1.0), (INF, 9.0)]), 1.0, "the highest finite bound");
        assert_eq!(quantile(&[(-1.0, 6.0), (INF, 9.0)]), -1.0, "first bound not above zero");
        let unsorted = [(INF, 4.0), (2.0, 4.0), (1.0, 1.0), (1.0, 1.0)];
        assert_eq!(quantile(&unsorted), 1.0, "sorted, equal bounds added");
        let falling = [(1.0, 6.0), (2.0, 1.0), (INF, 8.0)];
        assert_eq!(quantile(&falling), 4.0 / 6.0, "raised to be monotone");
    }
}

#[test]
fn newer_eras_ignore_small_deltas_between_buckets() {
    // The last finite bucket holds 1e-13 of all: in 2.42 enough for the rank of q = 1 to fall into it.
    let buckets = [(1.0, 1.0), (2.0, 1.0 + 1e-13), (INF, 1.0 + 1e-13)];
    assert_eq!(histogram_quantile(Era::UpTo2_50, 1.0, &buckets), 2.0);
    assert_eq!(histogram_quantile(Era::From3_0, 1.0, &buckets), 1.0);
}

#[test]
fn near_covers_both_sides_of_an_empty_bucket() {
    let buckets = [(1.0, 19.0), (2.0, 19.0), (4.0, 20.0), (INF, 20.0)];
    for era in ERAS {
        let (low, high) = histogram_quantile_near(era, 0.95, &buckets, 1e-12);
        assert!(low <= 1.0 && low > 0.999, "{low}");
        assert!((2.0..2.001).contains(&high), "{high}");
    }
}

#[test]
fn quantile_bound_is_the_bucket_when_every_event_is_certain() {
    let (bounds, counts) = ([1.0, 2.0, 4.0, INF], [10.0, 20.0, 10.0, 0.0]);
    let bound = |q| quantile_bound(q, &bounds, &counts, &counts, 1.0);
    assert_eq!(bound(0.2), Some((0.0, 1.0)));
    assert_eq!(bound(0.25), Some((0.0, 2.0)), "a rank on the edge may fall on either side");
    assert_eq!(bound(0.5), Some((1.0, 2.0)));
    assert_eq!(bound(0.9), Some((2.0, 4.0)));
    assert_eq!(quantile_bound(0.9, &bounds, &[0.0; 4], &[0.0; 4], 1.0), None);
    let overflow = [1.0, 9.0];
    assert_eq!(quantile_bound(0.9, &[1.0, INF], &overflow, &overflow, 1.0), Some((1.0, 1.0)));
    // One event at either edge of the window, maybe seen: the quantile may lie in their buckets.
    let outer = [1.0, 0.0, 1.0, 0.0];
    assert_eq!(quantile_bound(0.5, &bounds, &[0.0; 4], &outer, 1.0), Some((0.0, 4.0)));
}

#[test]
fn increase_bound_holds_the_seen_events_stretched() {
    assert_eq!(true_increase_bound(10.0, 12.0, 1.25), (10.0, 15.0));
}

/// Per bucket: events surely in the window, others that were seen, and others that were not.
fn histogram() -> impl Strategy<Value = Vec<(u32, u32, u32)>> {
    prop::collection::vec((0..30_u32, 0..4_u32, 0..4_u32), 2..8)
}

fn upper_bounds(n: usize) -> Vec<f64> {
    (0..n).map(|b| if b + 1 == n { INF } else { f64::from(1_u32 << b) }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        rng_seed: prop::test_runner::RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    /// inner <= seen <= outer and factors in [1, f] imply: the quantile of the seen events, and the
    /// engine's estimate of it, lie in the bound.
    #[test]
    fn any_distorted_quantile_is_within_its_bound(
        histogram in histogram(),
        factors in prop::collection::vec(0.0..1.0_f64, 8),
        f in 1.0..1.6_f64,
        q in prop_oneof![Just(0.5), Just(0.9), Just(0.95), Just(0.99), 0.001..1.0_f64],
    ) {
        let n = histogram.len();
        let bounds = upper_bounds(n);
        let events = |of: fn(&(u32, u32, u32)) -> u32| -> Vec<f64> {
            histogram.iter().map(|bucket| f64::from(of(bucket))).collect()
        };
        let inner = events(|bucket| bucket.0);
        let seen = events(|bucket| bucket.0 + bucket.1);
        let outer = events(|bucket| bucket.0 + bucket.1 + bucket.2);
        let bound = quantile_bound(q, &bounds, &inner, &outer, f);
        for (era, stretched) in ERAS.into_iter().flat_map(|era| [(era, 0.0), (era, f - 1.0)]) {
            let buckets: Vec<(f64, f64)> = (0..n)
                .map(|b| {
                    let seen: f64 = seen[..=b].iter().sum();
                    (bounds[b], seen * (1.0 + stretched * factors[b]))
                })
                .collect();
            let estimate = histogram_quantile(era, q, &buckets);
            let held = match bound {
                Some((low, high)) if !estimate.is_nan() => (low..=high).contains(&estimate),
                Some(_) => inner.iter().sum::<f64>() == 0.0,
                None => estimate.is_nan(),
            };
            prop_assert!(held, "{era:?}: {estimate} not in {bound:?}");
        }
    }

    /// 1 <= increase / delta <= largest_factor, and scaling a counter scales its increase.
    #[test]
    fn extrapolation_stays_within_its_largest_factor(
        gaps in prop::collection::vec(1..40_000_i64, 2..20),
        steps in prop::collection::vec(1..50_u32, 20),
        first in 0..200_u32,
        (before, after) in (1..60_000_i64, 0..60_000_i64),
    ) {
        let (mut at, mut count) = (1_000_000, f64::from(first));
        let (instants, values): (Vec<i64>, Vec<f64>) = gaps
            .iter()
            .zip(&steps)
            .map(|(gap, &step)| {
                at += gap;
                count += f64::from(step);
                (at, count)
            })
            .unzip();
        let window = (instants[0] - before, at + after);
        for era in ERAS {
            let (window, first, delta) =
                SampleWindow::of_series(era, window, &instants, &values).expect("two samples");
            let factor = window.increase(first, delta) / delta;
            let largest = window.largest_factor() * (1.0 + 1e-12);
            prop_assert!((1.0 - 1e-12..=largest).contains(&factor), "{era:?}: {factor}, {largest}");
            let scaled = window.increase(first * 1024.0, delta * 1024.0);
            prop_assert_eq!(scaled, window.increase(first, delta) * 1024.0);
        }
    }

    /// |count' / count - 1| <= r implies: the answers for count and count' lie within near(r).
    #[test]
    fn near_holds_the_answers_of_slightly_other_counts(
        histogram in histogram(),
        noise in prop::collection::vec(-1.0..1.0_f64, 8),
        q in prop_oneof![Just(0.5), Just(0.95), Just(1.0), 0.001..1.0_f64],
    ) {
        let mut total = 0.0;
        let buckets: Vec<(f64, f64)> = upper_bounds(histogram.len())
            .into_iter()
            .zip(&histogram)
            .map(|(bound, &(count, _, _))| {
                total += f64::from(count);
                (bound, total)
            })
            .collect();
        let other = |(&(bound, count), noise): (&(f64, f64), &f64)| (bound, count * (1.0 + 1e-9 * noise));
        let others: Vec<(f64, f64)> = buckets.iter().zip(&noise).map(other).collect();
        for era in ERAS {
            let (low, high) = histogram_quantile_near(era, q, &buckets, 1e-9);
            for buckets in [&buckets, &others] {
                let answer = histogram_quantile(era, q, buckets);
                let held = (low..=high).contains(&answer) || (answer.is_nan() && low.is_nan());
                prop_assert!(held, "{era:?}: {answer} not in {low}..={high}");
            }
        }
    }
}
