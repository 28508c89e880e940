//! Expressions of the dashboards and rules, and what is found in them.

use super::*;

fn only(expression: &str) -> SelectorUse {
    let mut found = selectors(expression).unwrap();
    assert_eq!(found.len(), 1, "{expression}");
    found.remove(0)
}

fn listed(metrics: &MetricNames) -> Vec<&str> {
    match metrics {
        MetricNames::Listed(names) => names.iter().map(String::as_str).collect(),
        other => panic!("not a list: {other:?}"),
    }
}

#[test]
fn metrics_are_found_by_name_and_by_plain_alternatives() {
    let table: [(&str, &[&str]); 4] = [
        ("up", &["up"]),
        ("sum(rate(a_total{x=\"y\"}[5m]))", &["a_total"]),
        ("{__name__=~\"(a|b)_cost_total\", module=\"m\"}", &["a_cost_total", "b_cost_total"]),
        ("{__name__=\"a\"}", &["a"]),
    ];
    for (expression, names) in table {
        assert_eq!(listed(&only(expression).metrics), names, "{expression}");
    }
    let pattern = only("{__name__=~\".+_total\"}").metrics;
    assert!(pattern.may_select("a_total") && !pattern.may_select("a"));
    assert!(only("{job=\"x\"}").metrics.may_select("anything"));
}

#[test]
fn windows_are_fixed_or_grafanas() {
    let table = [
        ("rate(x[5m])", Some(RangeWindow::Fixed(300_000))),
        ("rate(x[$__rate_interval])", Some(RangeWindow::RateInterval)),
        ("rate(x[${__rate_interval}])", Some(RangeWindow::RateInterval)),
        ("increase(x[$__interval])", Some(RangeWindow::Interval)),
        ("increase(x[$__range])", Some(RangeWindow::Range)),
        ("rate(x[$window])", Some(RangeWindow::Variable)),
        ("rate(x[[[window]]])", Some(RangeWindow::Variable)),
        ("increase(x[${__range_s}s])", Some(RangeWindow::Range)),
        ("increase(x[${__range_ms}ms] offset ${__range_s}s)", Some(RangeWindow::Range)),
        ("rate(x[${__rate_interval_ms}ms])", Some(RangeWindow::RateInterval)),
        ("increase(x[[[__range_s]]s])", Some(RangeWindow::Range)),
        ("x", None),
        ("x / $__interval_ms", None),
    ];
    for (expression, window) in table {
        assert_eq!(only(expression).window, window, "{expression}");
    }
}

#[test]
fn a_number_is_no_window() {
    let of = |expression: &str| selectors(expression).unwrap_err().to_string();
    assert_eq!(
        of("increase(x[$__range_s])"),
        "not PromQL: `$__range_s` is a number where a window needs a unit, which Prometheus before 3.0 refuses: write ${__range_s}s, or $__range"
    );
    assert!(
        of("max_over_time(x[${__range_ms}:1m])").contains("write ${__range_ms}ms, or $__range")
    );
    assert!(
        of("x[ $__rate_interval_ms ]")
            .contains("write ${__rate_interval_ms}ms, or $__rate_interval")
    );
}

#[test]
fn dashboard_variables_are_unknown_and_never_guessed() {
    let selector = only("sum by ($group) (rate(x{a=~\"$a\", b=\"[[b:raw]]\", c=\"c\"}[5m]))");
    let variable: Vec<_> = selector.matchers.iter().map(LabelMatcher::is_variable).collect();
    assert_eq!(variable, [true, true, false]);
    assert!(matches!(only("${module}_total").metrics, MetricNames::Variable));
    assert!(matches!(only("{__name__=~\"$metric\"}").metrics, MetricNames::Variable));
    assert_eq!(only("x offset $shift").offset_ms, 7_919_047);
    // A variable where only a number parses.
    assert_eq!(listed(&only("topk($n, x)").metrics), ["x"]);
}

#[test]
fn the_path_names_what_stands_around_from_the_outside_in() {
    let function = |name: &str| Step::Function(name.to_owned());
    let aggregation =
        |operator: &str, grouping| Step::Aggregation { operator: operator.into(), grouping };
    let by =
        |labels: &[&str]| Grouping::By(labels.iter().map(|label| (*label).to_owned()).collect());
    let table = [
        (
            "histogram_quantile(0.95, sum by (op, le) (rate(x_bucket[5m]))) >= 0",
            vec![
                function("histogram_quantile"),
                aggregation("sum", by(&["op", "le"])),
                function("rate"),
            ],
        ),
        (
            "max_over_time((sum without (a) (x))[1h:1m])",
            vec![
                function("max_over_time"),
                Step::Subquery(RangeWindow::Fixed(3_600_000)),
                aggregation("sum", Grouping::Without(vec!["a".into()])),
            ],
        ),
        ("sum(x) * 3600", vec![aggregation("sum", by(&[]))]),
        ("-(x)", vec![]),
    ];
    for (expression, path) in table {
        assert_eq!(only(expression).path, path, "{expression}");
    }
    let sides = selectors("a / on (m) group_left (l) b").unwrap();
    assert_eq!(sides.len(), 2);
    assert_eq!(sides[0].path, [Step::Binary { operator: "/".into() }]);
}

#[test]
fn matchers_and_offsets_are_kept() {
    let selector = only("x{a=\"1\", b!=\"2\", c=~\"3|4\"} offset 5m");
    assert_eq!(selector.offset_ms, 300_000);
    let [a, b, c] = selector.matchers.as_slice() else { panic!("three matchers") };
    assert_eq!((a.label(), a.value(), a.accepts("1"), a.accepts("2")), ("a", "1", true, false));
    assert_eq!((b.listed_values(), b.accepts("2")), (None, false));
    assert_eq!(c.listed_values(), Some(vec!["3".to_owned(), "4".to_owned()]));
}

#[test]
fn what_does_not_parse_is_an_error() {
    for expression in ["", "sum(", "rate(x)", "x[5m", "x{a=}"] {
        let error = selectors(expression).unwrap_err();
        assert!(error.to_string().starts_with("not PromQL: "), "{error}");
    }
}

#[test]
fn what_a_rule_reads_otherwise_than_a_range_query_is_found() {
    let found = |expression: &str| {
        selectors(expression).unwrap().iter().find_map(SelectorUse::unlike_a_rule)
    };
    assert_eq!(found("sum(up @ end()) > 1"), Some("`@ start()` or `@ end()`"));
    assert_eq!(found("max_over_time(up[5m] @ start())"), Some("`@ start()` or `@ end()`"));
    assert_eq!(found("max_over_time((1 + up)[5m:1m] @ end())"), Some("`@ start()` or `@ end()`"));
    assert_eq!(found("up offset -5m"), Some("a negative offset"));
    for alike in ["up @ 1600000000", "max_over_time(up[5m:1m]) + (up offset 5m)"] {
        assert_eq!(found(alike), None, "{alike}");
    }
    // Only what stands within the subquery.
    let around = selectors("max_over_time(up[5m:1m] @ end()) + up").unwrap();
    assert_eq!(around[1].unlike_a_rule(), None);
}
