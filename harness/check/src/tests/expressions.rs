//! Expressions of panels and rules against what is emitted and scraped.

use super::{DASHBOARD, Files, RULES, check, check_dashboard, check_expr};

#[test]
fn names_are_emitted_and_emitted_names_are_used() {
    check_expr("queue_lenght", &["E @ queue_lenght is never emitted"]);
    check_expr("prometheus_anything", &[]);
    check_expr(
        "{__name__=~\"nothing_.+\"}",
        &["E @ no metric that is emitted matches [__name__=~\"nothing_.+\"]"],
    );
    let pair = "{__name__=~\"(queue_length|stack_length)\"}";
    check_expr(pair, &["E @ stack_length is never emitted"]);
    check_dashboard(" or module:requests:rate5m", "", &[]);
    check(
        |files| &mut files.rules,
        "module:requests:rate5m < 1",
        "duration_seconds > 1",
        &["E r.yml:7: rule \"Slow\": duration_seconds is never emitted"],
    );
    let mut files = Files::consistent();
    files.dashboards[0] = DASHBOARD.replacen(" or module:requests:rate5m", "", 1);
    files.rules = RULES.replacen("module:requests:rate5m < 1", "up < 1", 1);
    assert_eq!(
        files.problems(),
        ["W r.yml:4: module:requests:rate5m is recorded but no panel, variable or rule uses it"]
    );
}

#[test]
fn labels_and_values_exist() {
    let status = "status=\\\"error\\\"";
    check_dashboard(
        status,
        "status=\\\"failure\\\"",
        &["E d.json:8: panel \"Requests\" A: status=\"failure\" selects nothing of requests_total"],
    );
    check_dashboard(
        status,
        "status=~\\\"error|failure\\\"",
        &[
            "E d.json:8: panel \"Requests\" A: status=~\"error|failure\": requests_total never has status=\"failure\"",
        ],
    );
    check_dashboard(
        status,
        "state=\\\"error\\\"",
        &[
            "E d.json:8: panel \"Requests\" A: state=\"error\" selects nothing: requests_total has no label \"state\"",
        ],
    );
    check_dashboard(
        status,
        "state!=\\\"error\\\"",
        &[
            "W d.json:8: panel \"Requests\" A: state!=\"error\" excludes nothing: requests_total has no label \"state\"",
        ],
    );
    check_dashboard(
        "sum by (provider)",
        "sum by (vendor)",
        &[
            "W d.json:8: panel \"Requests\" A: legend: {{provider}} is always empty",
            "E d.json:8: panel \"Requests\" A: sum by (vendor): requests_total has no label \"vendor\" here",
        ],
    );
    check_expr(
        "max by (job) (sum by (module) (queue_length))",
        &["E @ max by (job): queue_length has no label \"job\" here"],
    );
    check_expr(
        "max without (x) (queue_length)",
        &["W @ max without (x): queue_length has no label \"x\" here"],
    );
    check_expr(
        "max by (x) (label_replace(queue_length, \"x\", \"$1\", \"job\", \"(.*)\"))",
        &[
        // The dollar of a capture is no variable.
    ],
    );
    check_expr("max by (module) (topk by (job) (3, queue_length))", &[]);
    check_expr("count by (__name__) ({__name__=~\"up|queue_length\"})", &[]);
    check_expr("count without (__name__, job) (queue_length)", &[]);
    check_expr(
        "max by (__name__) (sum by (module) (queue_length))",
        &["E @ max by (__name__): queue_length has no label \"__name__\" here"],
    );
    check_expr(
        "sum by (le) (rate(duration_seconds_bucket{le=\"1.0\"}[1m])) + 0 * sum(queue_length)",
        &["E @ +: only the left side has le: nothing ever matches"],
    );
    check_expr(
        "sum(rate(duration_seconds_bucket{le=\"1\"}[1m])) + 0 * sum(queue_length)",
        &["E @ le=\"1\" selects nothing of duration_seconds_bucket"],
    );
}

#[test]
fn windows_span_four_scrapes() {
    let and_queue = |expr: &str| format!("{expr} + sum(queue_length)");
    check_expr(
        &and_queue("sum(rate(requests_total[15s]))"),
        &["E @ rate over 15s spans less than four scrapes of job \"llm\" (20s)"],
    );
    check_expr(&and_queue("sum(rate(requests_total[20s]))"), &[]);
    check_expr(&and_queue("sum(count_over_time(requests_total[5s]))"), &[]);
    // The shortest $__interval is timeInterval, 15 s.
    check_expr(
        &and_queue("sum(increase(requests_total[$__interval]))"),
        &[
            "E @ increase over $__interval (down to 15s) spans less than four scrapes of job \"llm\" (20s)",
        ],
    );
    check_expr(&and_queue("sum(increase(requests_total[$__range]))"), &[]);
    let min_step =
        |text: &str| format!("\"interval\": \"{text}\", \"refId\": \"A\", \"legendFormat\"");
    check_dashboard(
        "\"refId\": \"A\", \"legendFormat\"",
        &min_step("4s"),
        &[
            "E d.json:8: panel \"Requests\" A: rate over $__rate_interval (down to 19s) spans less than four scrapes of job \"llm\" (20s)",
        ],
    );
    check_dashboard("\"refId\": \"A\", \"legendFormat\"", &min_step("1m"), &[]);
    check_dashboard(
        "\"refId\": \"A\", \"legendFormat\"",
        &min_step("often"),
        &[
            "E d.json:8: panel \"Requests\" A: min step \"often\" is no interval that Grafana reads; expected for example \"15s\"",
        ],
    );
    check(
        |files| &mut files.rules,
        "[5m]",
        "[10s]",
        &[
            "E r.yml:5: rule \"module:requests:rate5m\": rate over 10s spans less than four scrapes of job \"llm\" (20s)",
        ],
    );
}

#[test]
fn rates_are_of_counters_and_quantiles_of_buckets() {
    check_expr("rate(queue_length[1m])", &["E @ rate over queue_length, which is no counter"]);
    check_expr("delta(queue_length[1m])", &[]);
    check_expr(
        "sum(queue_length) + sum(delta(requests_total[1m]))",
        &["E @ delta over requests_total, which is a counter: restarts look like decreases"],
    );
    check_expr(
        "sum(queue_length) + rate(sum(requests_total)[5m:1m])",
        &["E @ rate over a subquery of sum: a reset or a lost series of one instance distorts all"],
    );
    check_expr(
        "sum(queue_length) + increase(module:requests:rate5m[5m])",
        &[
            "E @ increase over module:requests:rate5m, which records a rate: its changes are no events",
        ],
    );
    check_expr("sum(queue_length) + max_over_time(sum(rate(requests_total[1m]))[5m:1m])", &[]);
    let quantile = "sum by (le) (rate(duration_seconds_bucket[$__rate_interval]))";
    let panel = "panel \"P95\" A: histogram_quantile over";
    check_dashboard(
        quantile,
        "sum by (operation) (rate(duration_seconds_bucket[$__rate_interval]))",
        &[&format!("E d.json:11: {panel} sum that drops the label \"le\"")],
    );
    check_dashboard(
        quantile,
        "sum without (operation) (rate(duration_seconds_bucket[$__rate_interval]))",
        &[],
    );
    check_dashboard(
        quantile,
        "sum by (le) (duration_seconds_bucket)",
        &[&format!("W d.json:11: {panel} buckets since the start of the process")],
    );
    check_dashboard(
        quantile,
        "rate(duration_seconds_sum[$__rate_interval])",
        &[&format!("E d.json:11: {panel} duration_seconds_sum, which has no buckets")],
    );
}

#[test]
fn expressions_are_promql() {
    let unused = "W metrics: queue_length is emitted but no panel, variable or rule uses it";
    let mut files = Files::consistent();
    files.dashboards[0] =
        DASHBOARD.replacen("(module) (queue_length)", "(module) (queue_length", 1);
    let problems = files.problems();
    assert!(problems[0].starts_with("E d.json:12: panel \"P95\" B: not PromQL: "), "{problems:?}");
    assert_eq!(problems[1..], [unused]);
}

#[test]
fn rules_read_what_is_already_recorded() {
    let record = "  - record: module:requests:rate5m";
    check(
        |files| &mut files.rules,
        record,
        "  - alert: Early\n    expr: module:requests:rate5m > 9\n  - record: module:requests:rate5m",
        &[
            "W r.yml:5: rule \"Early\": reads module:requests:rate5m, which a later rule of group \"g\" records: it sees the value of the evaluation before",
        ],
    );
    check(
        |files| &mut files.rules,
        record,
        "  - record: module:requests:rate5m\n    expr: sum by (module) (rate(requests_total[5m]))\n  - record: module:requests:rate5m",
        &["E r.yml:6: module:requests:rate5m is recorded by two rules with the same labels"],
    );
    check(
        |files| &mut files.rules,
        record,
        "  - record: module:requests:rate5m\n    labels: {a: b}\n    expr: vector(1)\n  - record: module:requests:rate5m",
        &[],
    );
}
