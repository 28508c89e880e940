//! A consistent set of files without any problem, and for every check a change
//! that makes exactly the expected problems.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::*;
use monitoring::grafana::{dashboard, datasource};
use monitoring::{config, rules};

mod expressions;
mod files;

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
                prom::problem::Severity::Error => "E",
                prom::problem::Severity::Warning => "W",
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
        open_jobs: BTreeSet::new(),
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
