//! The plans of common and awkward panels, computed by hand from the sources
//! that `plan.rs` names.

use proptest::prelude::{prop_oneof, proptest};
use proptest::strategy::{Just, Strategy};

use super::*;

const HOUR: i64 = 3_600_000;

fn options(range_ms: i64, points: u32, scrape: &str) -> QueryOptions<'_> {
    QueryOptions {
        from_ms: 1_700_000_000_000 - range_ms,
        to_ms: 1_700_000_000_000,
        max_data_points: points,
        panel_min_interval: None,
        datasource_time_interval: Some(scrape).filter(|text| !text.is_empty()),
        min_step: None,
        interval_factor: 0,
        utc_offset_s: 0,
    }
}

/// What a row of a table states: request interval, step, `$__interval`, `$__rate_interval`.
#[track_caller]
fn check(options: &QueryOptions<'_>, expected: (i64, i64, &str, &str)) {
    let plan = plan(options).unwrap();
    let actual = (
        plan.request_interval_ms,
        plan.step_ms,
        plan.interval.text.as_str(),
        plan.rate_interval.text.as_str(),
    );
    assert_eq!(actual, expected, "{options:?}");
}

#[test]
fn step_and_windows_follow_range_points_and_scrape_interval() {
    check(&options(HOUR, 500, "5s"), (5_000, 5_000, "5s", "20s"));
    check(&options(HOUR, 500, "15s"), (15_000, 15_000, "15s", "1m0s"));
    check(&options(HOUR, 500, ""), (15_000, 15_000, "15s", "1m0s"));
    check(&options(6 * HOUR, 1_000, "15s"), (20_000, 20_000, "20s", "1m0s"));
    check(&options(24 * HOUR, 500, "15s"), (120_000, 120_000, "2m", "2m15s"));
    check(&options(168 * HOUR, 500, "15s"), (1_200_000, 1_200_000, "20m", "20m15s"));
}

#[test]
fn panel_min_interval_raises_the_request_interval_only_above_the_scrape_interval() {
    let coarse = QueryOptions { panel_min_interval: Some("1m"), ..options(HOUR, 500, "5s") };
    // S stays 5 s: max(60 s + 5 s, 20 s).
    check(&coarse, (60_000, 60_000, "1m", "1m5s"));
    let fine = QueryOptions { panel_min_interval: Some("1s"), ..options(HOUR, 500, "15s") };
    // The panel's value replaces the data source's as the low limit, not as S.
    check(&fine, (5_000, 5_000, "5s", "1m0s"));
}

#[test]
fn min_step_is_the_scrape_interval_of_the_rate_interval() {
    let min_step = |text| QueryOptions { min_step: Some(text), ..options(HOUR, 500, "5s") };
    check(&min_step("1m"), (5_000, 60_000, "1m", "4m0s"));
    check(&min_step("60"), (5_000, 60_000, "1m", "4m0s"));
    check(&min_step(""), (5_000, 5_000, "5s", "20s"));
    // GetIntervalFrom drops "0s", calculateRateInterval does not: S = 0.
    check(&min_step("0s"), (5_000, 5_000, "5s", "5s"));
}

#[test]
fn ninety_seconds_print_as_one_minute() {
    let options = QueryOptions { min_step: Some("90s"), ..options(HOUR, 500, "5s") };
    check(&options, (5_000, 90_000, "1m", "6m0s"));
    let plan = plan(&options).unwrap();
    assert_eq!(plan.interval.effective_ms, Some(60_000));
    assert_eq!(plan.rate_interval.effective_ms, Some(360_000));
}

#[test]
fn a_window_that_prometheus_refuses_has_no_effective_length() {
    let options = QueryOptions { panel_min_interval: Some("1500ms"), ..options(60_000, 500, "1s") };
    let options = QueryOptions { min_step: Some("2500ms"), ..options };
    let plan = plan(&options).unwrap();
    assert_eq!((plan.step_ms, plan.rate_interval.text.as_str()), (2_500, "10s"));
    let odd = QueryOptions { min_step: Some("$__interval_ms"), ..options };
    assert_eq!(
        super::plan(&odd).unwrap().rate_interval,
        Window { text: "0s".into(), effective_ms: None }
    );
    let odd = QueryOptions { min_step: None, ..options };
    assert_eq!(
        super::plan(&odd).unwrap().rate_interval,
        Window { text: "4s".into(), effective_ms: Some(4_000) }
    );
    let odd = QueryOptions { panel_min_interval: Some("4500ms"), ..odd };
    assert_eq!(
        super::plan(&odd).unwrap().rate_interval,
        Window { text: "5.5s".into(), effective_ms: None }
    );
}

#[test]
fn built_in_variables_as_min_step() {
    let min_step =
        |range, text| QueryOptions { min_step: Some(text), ..options(range, 500, "15s") };
    // Step = max(15 s + 15 s, 60 s); the rate interval is the step.
    check(&min_step(HOUR, "$__rate_interval"), (15_000, 60_000, "1m", "1m0s"));
    check(&min_step(HOUR, "${__rate_interval}"), (15_000, 60_000, "1m", "1m0s"));
    // Step 2 m is S: max(2 m + 2 m, 8 m).
    check(&min_step(24 * HOUR, "$__interval"), (120_000, 120_000, "2m", "8m0s"));
}

#[test]
fn interval_factor_multiplies_the_step_and_not_the_rate_interval() {
    let factor = |n| QueryOptions { interval_factor: n, ..options(HOUR, 500, "5s") };
    check(&factor(1), (5_000, 5_000, "5s", "20s"));
    check(&factor(2), (5_000, 10_000, "10s", "20s"));
}

#[test]
fn browser_and_backend_differ_at_a_bound_of_the_table() {
    // 3,750 s / 500 is exactly 7.5 s.
    let options = QueryOptions { min_step: Some("1s"), ..options(3_750_000, 500, "1s") };
    check(&options, (10_000, 5_000, "5s", "11s"));
}

#[test]
fn a_min_step_outside_of_the_table_can_be_undercut() {
    // 6,000 s / 500 is 12 s: no longer below the Min step, so it is rounded, to 10 s.
    let options = QueryOptions { min_step: Some("12s"), ..options(6_000_000, 500, "5s") };
    check(&options, (10_000, 10_000, "10s", "48s"));
    let just_below = QueryOptions { from_ms: options.from_ms + 1_000, ..options };
    check(&just_below, (10_000, 12_000, "12s", "48s"));
}

#[test]
fn more_than_eleven_thousand_points_are_never_asked_for() {
    // 30 d / 20,000 rounds to 2 m, 30 d / 11,000 to 5 m; the rate interval knows
    // only the former and is shorter than the step.
    check(&options(720 * HOUR, 20_000, "15s"), (120_000, 300_000, "5m", "2m15s"));
}

#[test]
fn start_and_end_are_floored_to_the_step_and_the_instant_is_not() {
    let base = options(HOUR, 500, "15s");
    let odd = QueryOptions { from_ms: 1_700_000_003_000, to_ms: 1_700_003_603_000, ..base };
    let plan = plan(&odd).unwrap();
    assert_eq!((plan.start_ms, plan.end_ms), (1_699_999_995_000, 1_700_003_595_000));
    assert_eq!(plan.instant_at_ms, 1_700_003_603_000);
    let day = QueryOptions { utc_offset_s: 3_600, min_step: Some("1d"), ..odd };
    // 2023-11-14T22:13:23Z floors to midnight one hour east of UTC.
    assert_eq!(super::plan(&day).unwrap().start_ms, 1_699_916_400_000);
}

#[test]
fn range_is_rounded_to_seconds_in_all_but_its_millisecond_form() {
    let table = [(HOUR, "3600s", 3_600), (1_499, "1s", 1), (1_500, "2s", 2)];
    for (range_ms, text, seconds) in table {
        let plan = plan(&options(range_ms, 500, "15s")).unwrap();
        assert_eq!(
            (plan.range.text.as_str(), plan.range_s, plan.range_ms),
            (text, seconds, range_ms)
        );
    }
}

#[test]
fn built_in_variables_are_replaced_in_both_spellings() {
    let plan = plan(&options(24 * HOUR, 500, "15s")).unwrap();
    let table = [
        ("rate(x[$__rate_interval])", "rate(x[2m15s])"),
        ("rate(x[${__rate_interval}])", "rate(x[2m15s])"),
        ("increase(x[$__interval]) / $__interval_ms", "increase(x[2m]) / 120000"),
        ("increase(x[$__range]) / $__range_s", "increase(x[86400s]) / 86400"),
        ("$__range_ms $__rate_interval_ms", "86400000 135000"),
        ("x{job=\"$job\"}", "x{job=\"$job\"}"),
    ];
    for (expression, substituted) in table {
        assert_eq!(plan.substitute(expression), substituted);
    }
}

#[test]
fn unreadable_options_are_errors_that_name_the_option() {
    let base = options(HOUR, 500, "15s");
    let table = [
        (QueryOptions { panel_min_interval: Some("often"), ..base }, "min interval \"often\""),
        (QueryOptions { datasource_time_interval: Some("x"), ..base }, "timeInterval \"x\""),
        (QueryOptions { min_step: Some("$step"), ..base }, "min step \"$step\""),
        (QueryOptions { min_step: Some("1us"), ..base }, "min step \"1us\""),
        (QueryOptions { from_ms: base.to_ms + 1, ..base }, "before its start"),
    ];
    for (options, message) in table {
        let error = plan(&options).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

proptest! {
    #[test]
    fn a_plan_is_aligned_bounded_and_spans_four_scrapes(
        range_s in 1_i64..40_000_000,
        points in 1_u32..5_000,
        end_ms in 1_600_000_000_000_i64..1_900_000_000_000,
        (scrape, scrape_ms) in prop_oneof![
            Just(("1s", 1_000)), Just(("5s", 5_000)), Just(("15s", 15_000)), Just(("1m", 60_000))
        ].prop_map(|pair: (&'static str, i64)| pair),
    ) {
        let base = options(range_s * 1_000, points, scrape);
        let options = QueryOptions { from_ms: end_ms - range_s * 1_000, to_ms: end_ms, ..base };
        let plan = plan(&options).unwrap();
        assert_eq!(plan.start_ms % plan.step_ms, 0);
        assert_eq!(plan.end_ms % plan.step_ms, 0);
        assert!(plan.start_ms <= options.from_ms && options.from_ms < plan.start_ms + plan.step_ms);
        assert!(plan.step_ms >= scrape_ms);
        // Rounding goes down by less than half, so at most about twice the safe points.
        assert!((plan.end_ms - plan.start_ms) / plan.step_ms <= 2 * SAFE_POINTS);
        assert!(plan.rate_interval_ms >= 4 * scrape_ms);
        assert!(plan.rate_interval_ms >= plan.request_interval_ms + scrape_ms);
        assert_eq!(plan.rate_interval.effective_ms, Some(plan.rate_interval_ms));
        assert!(plan.interval.effective_ms.unwrap() <= plan.step_ms);
    }
}
