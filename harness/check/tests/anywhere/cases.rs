//! Mistakes that people made, each with the message that names it, and the same thing done rightly.

use super::Folder;

/// The problems of one alert rule beside a few recording rules.
fn rule(rule: &str) -> Vec<String> {
    let text = format!(
        "groups:\n- name: g\n  rules:\n  - {{ record: 'job:errors:ratio', expr: 'sum by (job) (rate(http_requests_total{{code=\"500\"}}[5m])) / sum by (job) (rate(http_requests_total[5m]))' }}\n  - {{ record: 'job:requests:rate5m', expr: 'sum by (job) (rate(http_requests_total[5m]))', labels: {{ window: 5m }} }}\n  - {{ record: 'job:requests:rate1h', expr: 'sum by (job) (rate(http_requests_total[1h]))', labels: {{ window: 1h }} }}\n  - {{ record: 'job:requests:sum', expr: 'sum by (job) (http_requests_total)' }}\n- name: case\n  rules:\n  - {rule}\n"
    );
    Folder::of(&[("r.yml", &text)]).problems()
}

#[track_caller]
fn expr(expr: &str, expected: &str) {
    let found = rule(&format!("{{ alert: A, expr: '{expr}' }}"));
    match (expected, &found[..]) {
        ("", []) => {}
        (_, [only]) if !expected.is_empty() && only.contains(expected) => {}
        _ => panic!("{expr}: expected {expected:?}, found {found:#?}"),
    }
}

#[test]
fn sides_that_never_match() {
    let sides =
        "only the left side has provider, only the right side has model: nothing ever matches";
    expr("sum by (provider) (rate(a[5m])) / sum by (model) (rate(b[5m])) > 1", sides);
    expr(
        "sum by (provider) (rate(a[5m])) / on (provider) sum by (provider, model) (rate(b[5m])) > 1",
        "",
    );
    expr(
        "rate(a{code=\"500\"}[5m]) / rate(a{code=\"200\"}[5m]) > 1",
        "code=\"500\", the right side code=\"200\"",
    );
    expr("rate(a{code=\"500\"}[5m]) / ignoring (code) rate(a{code=\"200\"}[5m]) > 1", "");
    expr(
        "job:requests:rate5m / job:requests:rate1h > 2",
        "window=\"5m\", the right side window=\"1h\"",
    );
    expr("job:requests:rate5m / ignoring (window) job:requests:rate1h > 2", "");
    expr(
        "increase(a_total{result=\"ok\"}[15m]) > 0 and increase(b_total{op=\"v\"}[15m]) == 0",
        "the left side asks for result, the right side for op",
    );
    expr(
        "increase(a_total{result=\"ok\"}[15m]) > 0 and on (job) increase(b_total{op=\"v\"}[15m]) == 0",
        "",
    );
    expr(
        "up{job=\"a\"} unless sum by (instance) (x)",
        "only the left side has job: nothing is ever taken away",
    );
    expr("sum by (job) (up) == 0 or sum by (instance) (up) == 0", "");
    expr(
        "up{job=\"a\"} * on (job) group_left (version) app_build_info == 0",
        "on (job) does not tell instances apart",
    );
    expr("up{job=\"a\"} * on (job, instance) group_left (version) app_build_info == 0", "");
    expr(
        "up{job=\"a\"} * on (job) group_left (version) max by (job, version) (app_build_info) == 0",
        "",
    );
}

#[test]
fn labels_and_values_in_templates() {
    let found = rule(
        "{ alert: A, expr: 'sum by (job) (up) == 0', for: 5m, annotations: { summary: '{{ $labels.instance }} of {{ $labels.job }}' } }",
    );
    assert_eq!(
        found,
        [
            "E r.yml:10: rule \"A\": summary: $labels.instance is always empty (the expression has job)"
        ]
    );
    let found = rule(
        "{ alert: A, expr: 'absent(up{job=\"a\"} == 1)', annotations: { summary: '{{ $labels.job }}' } }",
    );
    assert_eq!(
        found,
        [
            "E r.yml:10: rule \"A\": summary: $labels.job is always empty (the expression has no labels)"
        ]
    );
    let found = rule(
        "{ alert: A, expr: 'absent(up{job=\"a\"})', annotations: { summary: '{{ $labels.job }}{{ if $labels.instance }}{{ $labels.instance }}{{ end }}' } }",
    );
    assert_eq!(found, [""; 0]);
    let found = rule(
        "{ alert: A, expr: 'job:errors:ratio > 0.5', for: 5m, labels: { now: '{{ $value }}' } }",
    );
    assert!(
        found.len() == 1 && found[0].contains("label \"now\" changes with the value"),
        "{found:?}"
    );
    let found = rule(
        "{ alert: A, expr: 'job:errors:ratio > 0.5', labels: { severity: '{{ if gt $value 0.9 }}critical{{ else }}warning{{ end }}' } }",
    );
    assert_eq!(found, [""; 0]);
    let found = rule("{ alert: A, expr: 'up == 0', labels: { now: '{{ $value }}' } }");
    assert_eq!(found, [""; 0], "the value is always 0");
}

#[test]
fn thresholds_beyond_reach() {
    expr("job:errors:ratio > 14.4", "> 14.4 never holds: the expression is between 0 and 1");
    expr("100 * job:errors:ratio > 5", "");
    expr("100 * job:errors:ratio > 150", "between 0 and 100");
    expr("count(up{job=\"a\"}) == 0", "== 0 never holds: the expression is at least 1");
    expr("(count(up{job=\"a\"}) or vector(0)) == 0", "");
    expr("avg by (job) (up) < 0.5", "");
    expr("1 - avg by (job) (up) > 1", "between 0 and 1");
    expr("rate(a_total[5m]) < 0", "never holds: the expression is at least 0");
    expr("sum(rate(a_total{code=\"5\"}[5m])) / sum(rate(b_total[5m])) > 2", "");
    expr("sum(rate(a_total{code=\"5\"}[5m])) / sum(rate(a_total[1m])) > 2", "");
}

#[test]
fn rates_of_what_is_no_counter() {
    expr("sum by (job) (rate(up[5m])) > 0.1", "rate over up, which is a gauge");
    expr(
        "rate(job:requests:rate5m[5m]) > 1",
        "rate over job:requests:rate5m, which records a rate",
    );
    expr("rate(job:requests:sum[5m]) > 1", "a restart of one instance looks like a reset of all");
    expr("rate(kube_pod_info[5m]) > 1", "by its name (…_info) it is no counter");
    expr("rate(http_requests_total[5m]) > 1", "");
    expr("http_errors_total > 0", "");
    expr("app_errors_total > 5", "once above, it stays above");
}

#[test]
fn quantiles() {
    let gone = "histogram_quantile over sum that drops the label \"le\"";
    expr("histogram_quantile(0.9, sum by (job) (rate(a_bucket[5m]))) > 1", gone);
    expr("histogram_quantile(0.9, sum by (job) (rate(a_seconds[5m]))) > 1", "");
    expr(
        "histogram_quantile(0.9, sum by (job, le) (rate(a_bucket[5m])) * on (job) group_left (v) max by (job, v) (x)) > 1",
        "",
    );
    expr(
        "avg(histogram_quantile(0.9, sum by (job, le) (rate(a_bucket[5m])))) > 1",
        "avg of quantiles",
    );
    expr("avg(rpc_seconds{quantile=\"0.99\"}) > 1", "avg of quantiles");
}

#[test]
fn files_that_prometheus_reads_otherwise() {
    let two = "groups: [{ name: a, rules: [{ alert: A, expr: up == 0 }] }]\n---\ngroups:\n- name: b\n  rules:\n  - { alert: B, expr: up == 0 }\n";
    let expected = "E r.yml:3: a second YAML document: Prometheus loads the first of a rule file and ignores the others (one file for each; never loaded: B)";
    assert_eq!(Folder::of(&[("r.yml", two)]).problems(), [expected]);
    assert_eq!(
        Folder::of(&[("r.yml", &format!("---\n{}", &two[..two.find("---").unwrap()]))]).problems(),
        [""; 0]
    );
    let object =
        "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec: { groups: [] }\n";
    let config = "rule_files: ['*.rules.yml']\nscrape_configs: []\n";
    let found = Folder::of(&[("prometheus.yml", config), ("a.rules.yml", object)]).problems();
    assert!(
        found[0]
            .contains("a.rules.yml:1: a Kubernetes object: as a rule file Prometheus refuses it"),
        "{found:?}"
    );
    let found = Folder::of(&[(
        "prometheus.yml",
        "global: { scrape_intervall: 15s }\nscrape_configs: []\n",
    )])
    .problems();
    assert!(found[0].contains("did you mean scrape_interval?"), "{found:?}");
}

#[test]
fn routes() {
    let rules = "groups: [{ name: a, labels: { severity: critical }, rules: [{ alert: A, expr: up == 0 }] }, { name: b, rules: [{ alert: B, expr: up == 0, labels: { severity: info } }] }]\n";
    let folder = |routes: &str| {
        let text = format!(
            "route:\n  receiver: rest\n  routes:\n{routes}receivers: [{{ name: rest }}, {{ name: pager }}]\n"
        );
        Folder::of(&[("am.yml", &text), ("r.yml", rules)]).problems()
    };
    assert_eq!(
        folder("  - { matchers: [severity=\"critical\"], receiver: pager }\n"),
        [""; 0],
        "the rest goes to the default on purpose"
    );
    let found = folder("  - { matchers: ['alertname=\"*\"'], receiver: pager }\n");
    assert!(
        found.iter().any(|one| one.contains("compares with the text \"*\", not with a pattern")),
        "{found:?}"
    );
    let found = folder("  - { matchers: [severity=\"critical\"], receiver: rest }\n");
    assert_eq!(
        found,
        ["W am.yml: no route leads to the receiver \"pager\" (name it in a route, or remove it)"]
    );
}

/// The problems of one panel with this expression, this unit and this legend.
fn panel(expr: &str, unit: &str, legend: &str) -> Vec<String> {
    let text = format!(
        "{{\"title\": \"T\", \"uid\": \"t\", \"schemaVersion\": 39, \"panels\": [{{\"type\": \"timeseries\", \"title\": \"P\", \"fieldConfig\": {{\"defaults\": {{\"unit\": {unit:?}}}}}, \"targets\": [{{\"expr\": {expr:?}, \"legendFormat\": {legend:?}}}]}}]}}"
    );
    Folder::of(&[("d.json", &text)]).problems()
}

#[test]
fn panels() {
    let share = "sum(rate(a_total{code=\"5\"}[5m])) / sum(rate(a_total[5m]))";
    assert!(
        panel(share, "percent", "")[0]
            .contains("the unit \"percent\" shows it a hundred times too low")
    );
    assert_eq!(panel(share, "percentunit", ""), [""; 0]);
    assert_eq!(panel(&format!("{share} * 100"), "percent", ""), [""; 0]);
    assert!(
        panel(&format!("{share} * 100"), "percentunit", "")[0].contains("a hundred times too high")
    );
    assert!(
        panel("sum by (job) (rate(a_total[5m]))", "reqps", "{{instance}}")[0]
            .contains("legend: {{instance}} is always empty")
    );
    assert_eq!(
        panel("sum by (job) (rate(a_total[$__rate_interval]))", "reqps", "{{ job }} now"),
        [""; 0]
    );
    assert!(
        panel("increase(a_total[$__rate_interval])", "short", "")[0]
            .contains("windows overlap by at least one scrape")
    );
    assert!(panel("rate(a_total[$__interval])", "reqps", "")[0].contains("use $__rate_interval"));
}

#[test]
fn a_uid_from_the_environment_is_not_known() {
    let board = r#"{"title": "T", "uid": "t", "schemaVersion": 39, "panels": [{"type": "stat", "title": "P", "datasource": {"type": "prometheus", "uid": "prom"}, "targets": [{"refId": "A", "expr": "up"}]}]}"#;
    let source = |uid: &str| {
        format!("apiVersion: 1\ndatasources:\n- {{ name: P, type: prometheus{uid} }}\n")
    };
    let provider = "apiVersion: 1\nproviders:\n- { name: p, options: { path: /var/lib/grafana/dashboards } }\n";
    let problems = |uid: &str| {
        Folder::of(&[("ds.yml", &source(uid)), ("p.yml", provider), ("dashboards/d.json", board)])
            .problems()
    };
    assert!(problems(", uid: other")[0].contains("data source \"prom\" is not provisioned"));
    for known in [", uid: prom", ", uid: $PROM_UID", ""] {
        assert_eq!(problems(known), [""; 0], "{known}");
    }
}
