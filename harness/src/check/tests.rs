//! A consistent set of files without any problem, and for every check a change
//! that makes exactly the expected problems.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::*;
use crate::grafana::{dashboard, datasource};
use crate::promcfg::{config, rules};

const DASHBOARD: &str = r#"{
"uid": "llm", "title": "LLM",
"templating": {"list": [
{"name": "provider", "type": "query", "query": "label_values(requests_total, provider)", "multi": true, "includeAll": true, "datasource": {"type": "prometheus", "uid": "prometheus"}}
]},
"panels": [
{"id": 1, "type": "timeseries", "title": "Requests", "description": "d", "fieldConfig": {"defaults": {"unit": "reqps"}}, "datasource": {"type": "prometheus", "uid": "prometheus"}, "targets": [
{"refId": "A", "legendFormat": "{{provider}}", "expr": "sum by (provider) (rate(requests_total{provider=~\"$provider\", status=\"error\"}[$__rate_interval]))"}
]},
{"id": 2, "type": "gauge", "title": "P95", "description": "d", "fieldConfig": {"defaults": {"unit": "s"}}, "datasource": {"type": "prometheus", "uid": "prometheus"}, "targets": [
{"refId": "A", "expr": "histogram_quantile(0.95, sum by (le) (rate(duration_seconds_bucket[$__rate_interval])))"},
{"refId": "B", "expr": "max by (module) (queue_length)"}
]},
{"id": 3, "type": "stat", "title": "Up", "description": "d", "fieldConfig": {"defaults": {"mappings": [{}]}}, "datasource": {"type": "prometheus", "uid": "prometheus"}, "targets": [
{"refId": "A", "expr": "min by (module) (up{module!=\"\"}) or module:requests:rate5m"}
]}
]}"#;

const DATASOURCE: &str = "datasources:
- name: Prometheus
  uid: prometheus
  type: prometheus
  isDefault: true
  jsonData: {timeInterval: 15s}
";

const PROMETHEUS: &str = "scrape_configs:
- job_name: prometheus
  scrape_interval: 15s
- job_name: llm
  scrape_interval: 5s
";

const RULES: &str = "groups:
- name: g
  rules:
  - record: module:requests:rate5m
    expr: sum by (module) (rate(requests_total[5m]))
  - alert: Slow
    expr: module:requests:rate5m < 1
";

/// The files of one row of a table.
struct Files {
    dashboards: Vec<String>,
    datasource: String,
    prometheus: String,
    rules: String,
}

impl Files {
    fn consistent() -> Self {
        Self {
            dashboards: vec![DASHBOARD.to_owned()],
            datasource: DATASOURCE.to_owned(),
            prometheus: PROMETHEUS.to_owned(),
            rules: RULES.to_owned(),
        }
    }

    /// The problems as shown, without remedies.
    fn problems(&self) -> Vec<String> {
        let names = ["d.json", "e.json"];
        let dashboards = self.dashboards.iter().zip(names);
        let dashboards: Vec<_> = dashboards
            .map(|(text, name)| dashboard::parse(Path::new(name), text).unwrap())
            .collect();
        let datasources =
            datasource::parse_datasources(Path::new("ds.yml"), &self.datasource).unwrap();
        let prometheus = config::parse(Path::new("p.yml"), &self.prometheus).unwrap();
        let rules = [rules::parse(Path::new("r.yml"), &self.rules).unwrap()];
        let emitted = emitted();
        let inputs = Inputs {
            dashboards: &dashboards,
            datasources: &datasources,
            prometheus: &prometheus,
            rules: &rules,
            emitted: &emitted,
        };
        let shown = all(&inputs).into_iter().map(|problem| {
            let mark = match problem.severity {
                crate::problem::Severity::Error => "E",
                crate::problem::Severity::Warning => "W",
            };
            format!("{mark} {}", Problem { remedy: None, ..problem })
        });
        shown.collect()
    }
}

fn emitted() -> EmittedMetrics {
    let metric = |kind, labels: &[(&str, &[&str])]| EmittedMetric {
        kind,
        jobs: BTreeSet::from(["llm".to_owned()]),
        labels: labels
            .iter()
            .map(|(label, values)| ((*label).to_owned(), LabelValues::of(values.iter().copied())))
            .collect(),
        buckets: BTreeSet::from(["1.0".to_owned(), "+Inf".to_owned()]),
    };
    let status: (&str, &[&str]) = ("status", &["success", "error"]);
    let metrics = [
        ("requests_total", metric(MetricKind::Counter, &[status, ("provider", &["a", "b"])])),
        ("duration_seconds", metric(MetricKind::Histogram, &[("operation", &["x"])])),
        ("queue_length", metric(MetricKind::Gauge, &[])),
        ("llm_build_info", metric(MetricKind::Gauge, &[])),
    ];
    EmittedMetrics {
        source: "metrics".into(),
        metrics: metrics.into_iter().map(|(name, metric)| (name.to_owned(), metric)).collect(),
        target_labels: BTreeMap::from([
            ("job".to_owned(), LabelValues::of(["llm", "prometheus"])),
            ("instance".to_owned(), LabelValues::Any),
            ("module".to_owned(), LabelValues::Any),
        ]),
        foreign_prefixes: vec!["prometheus_".to_owned()],
    }
}

/// Replaces `old`, which must be there, and expects these problems and no others.
#[track_caller]
fn check(field: impl Fn(&mut Files) -> &mut String, old: &str, new: &str, expected: &[&str]) {
    let mut files = Files::consistent();
    let text = field(&mut files);
    assert!(text.contains(old), "{old} is not in the file");
    *text = text.replacen(old, new, 1);
    assert_eq!(files.problems(), expected, "{old} -> {new}");
}

#[track_caller]
fn check_dashboard(old: &str, new: &str, expected: &[&str]) {
    check(|files| &mut files.dashboards[0], old, new, expected);
}

/// Replaces the expression of the second target of panel P95.
#[track_caller]
fn check_expr(expr: &str, expected: &[&str]) {
    let unused = "W metrics: queue_length is emitted but no panel, variable or rule uses it";
    let mut all: Vec<String> = expected
        .iter()
        .map(|message| message.replacen("@", "d.json:12: panel \"P95\" B:", 1))
        .collect();
    if !expr.contains("queue_length") {
        all.push(unused.to_owned());
    }
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let escaped = serde_json::to_string(expr).unwrap();
    check_dashboard("\"max by (module) (queue_length)\"", &escaped, &all);
}

#[test]
fn consistent_files_have_no_problem() {
    assert_eq!(Files::consistent().problems(), [""; 0]);
}

#[test]
fn dashboards_have_stable_unique_uids() {
    check_dashboard(
        "\"uid\": \"llm\", ",
        "",
        &["E d.json: dashboard without uid: it gets another one at each import"],
    );
    check_dashboard(
        "\"uid\": \"llm\"",
        "\"uid\": \"l m\"",
        &[
            "E d.json: uid \"l m\" has more than 40 characters, or others than letters, digits, - and _",
        ],
    );
    check_dashboard(
        "\"uid\": \"llm\"",
        "\"id\": 7, \"uid\": \"llm\"",
        &["W d.json: numeric id 7 belongs to another Grafana's database"],
    );
    let mut files = Files::consistent();
    files.dashboards.push(DASHBOARD.to_owned());
    assert_eq!(files.problems(), ["E e.json: uid \"llm\" is also that of d.json"]);
}

#[test]
fn panels_and_targets_are_identified_described_and_have_units() {
    check_dashboard(
        "\"id\": 2",
        "\"id\": 1",
        &["E d.json:10: panel \"P95\" has the id 1 of panel \"Requests\""],
    );
    check_dashboard(
        "\"refId\": \"B\"",
        "\"refId\": \"A\"",
        &["E d.json:12: panel \"P95\" has two targets \"A\""],
    );
    check_dashboard(
        "\"unit\": \"s\"",
        "\"decimals\": 1",
        &["W d.json:10: panel \"P95\" has no unit"],
    );
    check_dashboard(
        "\"mappings\": [{}]",
        "\"decimals\": 1",
        &["W d.json:14: panel \"Up\" has no unit"],
    );
    check_dashboard(
        "\"description\": \"d\"",
        "\"description\": \" \"",
        &["W d.json:7: panel \"Requests\" has no description"],
    );
    check_dashboard(
        "\"id\": 3, ",
        "\"id\": 3, \"options\": {\"reduceOptions\": {\"calcs\": [\"p95\"]}}, ",
        &["W d.json:14: panel \"Up\": reducer \"p95\" is not emulated"],
    );
}

#[test]
fn variables_are_defined_once_and_can_be_tried() {
    check_dashboard(
        "=~\\\"$provider\\\"",
        "=~\\\"$provider\\\", module=\\\"$modul\\\"",
        &["E d.json:8: panel \"Requests\" refers to $modul, which the dashboard does not define"],
    );
    check_dashboard(
        "\"title\": \"P95\"",
        "\"title\": \"P95 in $5 for ${x}\"",
        &[
            "E d.json:10: panel \"P95 in $5 for ${x}\" refers to $x, which the dashboard does not define",
        ],
    );
    check_dashboard(
        "\"multi\": true",
        "\"regex\": \"/a/\"",
        &["W d.json:4: variable \"provider\" cannot be tried: its regex is not emulated"],
    );
}

#[test]
fn datasources_are_provisioned_with_fixed_uids() {
    check(
        |files| &mut files.datasource,
        "  uid: prometheus\n",
        "",
        &[
            "E d.json:4: variable \"provider\": data source \"prometheus\" is not provisioned",
            "E d.json:8: panel \"Requests\" A: data source \"prometheus\" is not provisioned",
            "E d.json:11: panel \"P95\" A: data source \"prometheus\" is not provisioned",
            "E d.json:12: panel \"P95\" B: data source \"prometheus\" is not provisioned",
            "E d.json:15: panel \"Up\" A: data source \"prometheus\" is not provisioned",
            "E ds.yml:2: data source \"Prometheus\" has no uid: Grafana derives one from its name",
        ],
    );
    check(
        |files| &mut files.datasource,
        "datasources:\n",
        "datasources:\n- {name: B, uid: prometheus, type: loki, isDefault: true}\n",
        &[
            "E ds.yml:3: data source \"Prometheus\" is the second default",
            "E ds.yml:3: second data source with the uid \"prometheus\"",
        ],
    );
    let up =
        "\"mappings\": [{}]}}, \"datasource\": {\"type\": \"prometheus\", \"uid\": \"prometheus\"}";
    let with = |datasource: &str| format!("\"mappings\": [{{}}]}}}}{datasource}");
    check_dashboard(
        up,
        &with(""),
        &["W d.json:15: panel \"Up\" A names no data source and takes the default"],
    );
    check_dashboard(
        up,
        &with(", \"datasource\": \"Prometheus\""),
        &["W d.json:15: panel \"Up\" A names its data source by name"],
    );
    check_dashboard(
        up,
        &with(", \"datasource\": {\"uid\": \"$provider\"}"),
        &["E d.json:15: panel \"Up\" A: data source \"$provider\" is not provisioned"],
    );
    let variable =
        "\"list\": [\n{\"name\": \"ds\", \"type\": \"datasource\", \"query\": \"prometheus\"},";
    let mut files = Files::consistent();
    files.dashboards[0] = DASHBOARD.replacen("\"list\": [", variable, 1).replacen(
        up,
        &with(", \"datasource\": {\"uid\": \"${ds}\"}"),
        1,
    );
    assert_eq!(files.problems(), [""; 0]);
}

#[test]
fn placeholders_are_left_overs() {
    check_dashboard(
        "\"description\": \"d\"",
        "\"description\": \"${DS_PROMETHEUS}\"",
        &["E d.json:7: left-over placeholder ${DS_PROMETHEUS}"],
    );
    check_dashboard(
        "\"uid\": \"prometheus\"}, \"targets\"",
        "\"uid\": \"__datasource_UID__\"}, \"targets\"",
        &[
            "E d.json:7: left-over placeholder __datasource_UID__",
            "E d.json:8: panel \"Requests\" A: data source \"__datasource_UID__\" is not provisioned",
        ],
    );
}

#[test]
fn time_interval_suits_every_job() {
    let time_interval = |text: &str, expected: &[&str]| {
        check(|files| &mut files.datasource, "{timeInterval: 15s}", text, expected);
    };
    time_interval(
        "{timeInterval: 5s}",
        &[
            "E ds.yml:2: timeInterval 5s of data source \"Prometheus\" is shorter than the scrape interval 15s of job \"prometheus\": $__rate_interval can be 20s, which spans 1 of its scrapes, not four",
        ],
    );
    time_interval(
        "{timeInterval: 1m}",
        &[
            "W ds.yml:2: timeInterval 1m of data source \"Prometheus\" is longer than every job's scrape interval: windows are wider than they need to be",
        ],
    );
    time_interval(
        "{}",
        &["W ds.yml:2: data source \"Prometheus\" has no timeInterval: Grafana takes 15s"],
    );
    check(
        |files| &mut files.prometheus,
        "scrape_interval: 15s",
        "scrape_interval: 30s",
        &[
            "E ds.yml:2: timeInterval 15s of data source \"Prometheus\" is shorter than the scrape interval 30s of job \"prometheus\": $__rate_interval can be 1m, which spans 2 of its scrapes, not four",
        ],
    );
}

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
    check_expr(
        "sum by (le) (rate(duration_seconds_bucket{le=\"1.0\"}[1m])) + 0 * sum(queue_length)",
        &[],
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
        &["W @ increase over module:requests:rate5m, which is no counter"],
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
        "  - record: module:requests:rate5m\n    expr: vector(1)\n  - record: module:requests:rate5m",
        &["E r.yml:6: module:requests:rate5m is recorded by two rules with the same labels"],
    );
    check(
        |files| &mut files.rules,
        record,
        "  - record: module:requests:rate5m\n    labels: {a: b}\n    expr: vector(1)\n  - record: module:requests:rate5m",
        &[],
    );
}
