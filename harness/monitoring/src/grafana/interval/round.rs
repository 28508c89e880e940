//! The rounding table that browser and backend share, and where they differ.
//!
//! The browser compares with `<`, the backend with `<=`: a raw interval of
//! exactly 15 ms becomes 20 ms in the browser and 10 ms in the backend.
//! Knows nothing of panels or queries.
//!
//! Sources: `roundInterval` in packages/grafana-data/src/datetime/rangeutil.ts and
//! `RoundInterval` in grafana-plugin-sdk-go backend/gtime/gtime.go.

/// Upper bound of the raw interval and what it is rounded to, both in milliseconds.
const TABLE: [(i64, i64); 25] = [
    (10, 1),
    (15, 10),
    (35, 20),
    (75, 50),
    (150, 100),
    (350, 200),
    (750, 500),
    (1_500, 1_000),
    (3_500, 2_000),
    (7_500, 5_000),
    (12_500, 10_000),
    (17_500, 15_000),
    (25_000, 20_000),
    (45_000, 30_000),
    (90_000, 60_000),
    (210_000, 120_000),
    (450_000, 300_000),
    (750_000, 600_000),
    (1_050_000, 900_000),
    (1_500_000, 1_200_000),
    (2_700_000, 1_800_000),
    (5_400_000, 3_600_000),
    (9_000_000, 7_200_000),
    (16_200_000, 10_800_000),
    (32_400_000, 21_600_000),
];
/// The rest of the table: half a day and above.
const DAYS: [(i64, i64); 3] =
    [(86_400_000, 43_200_000), (604_800_000, 86_400_000), (1_814_400_000, 604_800_000)];
/// What is above three weeks is a month up to the last bound, which is exclusive: six weeks to the browser, two years
/// to the backend.
const MONTH_MS: i64 = 2_592_000_000;
const LAST_BROWSER_MS: i64 = 3_628_800_000;
const LAST_BACKEND_MS: i64 = 63_072_000_000;
const YEAR_MS: i64 = 31_536_000_000;

/// The browser's rounding of `range_ms / points`, in milliseconds.
///
/// The quotient is compared as a fraction, as the browser does not truncate it.
/// `points` must be positive.
pub fn browser(range_ms: i64, points: i64) -> i64 {
    let numerator = i128::from(range_ms);
    let below = |bound: i64| numerator < i128::from(bound) * i128::from(points);
    look_up(below, below(LAST_BROWSER_MS))
}

/// The backend's rounding of an interval in nanoseconds, in milliseconds.
pub fn backend(interval_ns: i64) -> i64 {
    let up_to = |bound: i64| i128::from(interval_ns) <= i128::from(bound) * 1_000_000;
    look_up(up_to, i128::from(interval_ns) < i128::from(LAST_BACKEND_MS) * 1_000_000)
}

fn look_up(within: impl Fn(i64) -> bool, is_month: bool) -> i64 {
    let entry = TABLE.iter().chain(&DAYS).find(|(bound, _)| within(*bound));
    match entry {
        Some((_, rounded)) => *rounded,
        None if is_month => MONTH_MS,
        None => YEAR_MS,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::proptest;

    use super::*;

    #[test]
    fn bounds_belong_to_the_upper_step_in_the_browser_and_to_the_lower_in_the_backend() {
        for ((bound, lower), (_, upper)) in
            TABLE.iter().chain(&DAYS).zip(TABLE.iter().chain(&DAYS).chain([&(0, MONTH_MS)]).skip(1))
        {
            assert_eq!(browser(*bound, 1), *upper, "browser at {bound}");
            assert_eq!(backend(bound * 1_000_000), *lower, "backend at {bound}");
            assert_eq!(browser(bound * 7 - 1, 7), *lower, "browser just below {bound}");
            assert_eq!(backend(bound * 1_000_000 + 1), *upper, "backend just above {bound}");
        }
    }

    #[test]
    fn the_last_bound_is_exclusive_on_both_sides() {
        for (bound, round) in [
            (LAST_BROWSER_MS, &(|ms| browser(ms, 1)) as &dyn Fn(i64) -> i64),
            (LAST_BACKEND_MS, &(|ms| backend(ms * 1_000_000))),
        ] {
            assert_eq!((round(bound), round(bound - 1)), (YEAR_MS, MONTH_MS));
        }
    }

    #[test]
    fn common_ranges_round_as_seen_in_grafana() {
        // Range, points, rounded: 15 minutes to 7 days at the usual panel widths.
        let table = [
            (900_000, 500, 2_000),
            (3_600_000, 500, 5_000),
            (3_600_000, 1_000, 5_000),
            (21_600_000, 500, 30_000),
            (86_400_000, 500, 120_000),
            (604_800_000, 500, 1_200_000),
            (2_592_000_000, 500, 3_600_000),
        ];
        for (range, points, rounded) in table {
            assert_eq!(browser(range, points), rounded, "{range} / {points}");
        }
    }

    proptest! {
        #[test]
        fn rounding_never_decreases_with_the_range(a in 0_i64..40_000_000_000, b in 0_i64..40_000_000_000, points in 1_i64..5_000) {
            let (low, high) = (a.min(b), a.max(b));
            assert!(browser(low, points) <= browser(high, points));
            assert!(backend(low * 1_000) <= backend(high * 1_000));
        }
    }
}
