//! A table of layouts as people have them: what is read, and that nothing untrue is said.

use super::Folder;

const RULES: &str = "groups:
- name: node
  rules:
  - record: instance:node_cpu:ratio
    expr: 1 - avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[5m]))
  - alert: HostCpuHigh
    expr: instance:node_cpu:ratio > 0.9
    for: 10m
    labels: { severity: warning }
    annotations: { summary: 'CPU of {{ $labels.instance }} is {{ $value | humanizePercentage }}' }
";

const BOARD: &str = r#"{"title": "Node", "uid": "node", "schemaVersion": 39, "templating": {"list": [
{"name": "datasource", "type": "datasource", "query": "prometheus"}]},
"panels": [
{"type": "timeseries", "title": "CPU", "datasource": {"type": "prometheus", "uid": "${datasource}"},
 "fieldConfig": {"defaults": {"unit": "percentunit"}},
 "targets": [{"expr": "instance:node_cpu:ratio", "legendFormat": "{{instance}}"}]}]}"#;

const PROMETHEUS: &str = "global: { scrape_interval: 15s }
rule_files: ['rules/*.yml']
scrape_configs:
- job_name: node
  static_configs: [{ targets: ['node:9100'] }]
";

const ROUTES: &str = "route: { receiver: team, group_by: [alertname, instance] }
receivers: [{ name: team, webhook_configs: [{ url: 'http://localhost/' }] }]
";

const DATASOURCE: &str = "apiVersion: 1
datasources:
- { name: Prometheus, type: prometheus, url: 'http://prometheus:9090', isDefault: true }
";

/// What was read: rule files with alerts and recordings, dashboards with panels, Alertmanager.
#[track_caller]
fn check(files: &[(&str, &str)], rules: (usize, usize), panels: usize, routes: bool) -> Folder {
    let folder = Folder::of(files);
    assert_eq!(folder.problems(), [""; 0]);
    let groups = || folder.reading.monitoring.rules.iter().flat_map(|file| &file.groups);
    let count = groups().map(|group| group.rules.len()).sum::<usize>();
    assert_eq!((folder.reading.monitoring.rules.len(), count), rules);
    let loaded = &folder.reading.monitoring.dashboards;
    let boards = loaded.iter().chain(&folder.reading.loose_dashboards);
    assert_eq!(boards.map(|board| board.panels.len()).sum::<usize>(), panels);
    assert_eq!(folder.reading.monitoring.alertmanager.is_some(), routes);
    folder
}

#[test]
fn a_starter_stack_with_directories_mounted() {
    let compose = "services:
  prometheus:
    image: prom/prometheus:v3.1.0
    volumes: ['./prometheus/:/etc/prometheus/', 'prometheus_data:/prometheus']
    command: ['--config.file=/etc/prometheus/prometheus.yml']
  alertmanager:
    image: prom/alertmanager
    volumes: ['./alertmanager:/etc/alertmanager']
    command: ['--config.file=/etc/alertmanager/config.yml']
  grafana:
    image: grafana/grafana
    volumes: ['./grafana/provisioning/:/etc/grafana/provisioning/']
  node-exporter: { image: prom/node-exporter, deploy: { mode: global } }
volumes: { prometheus_data: {} }
";
    let provider = "apiVersion: 1\nproviders:\n- name: p\n  options: { path: /etc/grafana/provisioning/dashboards }\n";
    let folder = check(
        &[
            ("docker-compose.yml", compose),
            ("prometheus/prometheus.yml", PROMETHEUS),
            ("prometheus/rules/a.yml", RULES),
            ("alertmanager/config.yml", ROUTES),
            ("grafana/provisioning/datasources/d.yml", DATASOURCE),
            ("grafana/provisioning/dashboards/p.yml", provider),
            ("grafana/provisioning/dashboards/node.json", BOARD),
        ],
        (1, 2),
        1,
        true,
    );
    assert_eq!(folder.reading.monitoring.dashboards.len(), 1, "beside its provider");
}

#[test]
fn a_starter_stack_with_single_files_and_absolute_paths() {
    let compose = "services:
  prometheus:
    image: docker.io/prom/prometheus
    command: [--config.file=/etc/prometheus.yaml]
    volumes:
    - type: bind
      source: ./config/prom.yaml
      target: /etc/prometheus.yaml
    - ${PWD}/config/alert.rules:/alerts/alert.rules
  grafana:
    image: grafana/grafana-oss:11.0.0
    volumes: ['./config/dash.yaml:/etc/grafana/provisioning/dashboards/dash.yaml', './boards:/var/lib/dashboards']
";
    let provider = "apiVersion: 1\nproviders:\n- name: p\n  options: { path: /var/lib/dashboards, foldersFromFilesStructure: true }\n";
    let config = PROMETHEUS.replace("rules/*.yml", "/alerts/*.rules");
    check(
        &[
            ("compose.yaml", compose),
            ("config/prom.yaml", &config),
            ("config/alert.rules", RULES),
            ("config/dash.yaml", provider),
            ("boards/team/node.json", BOARD),
        ],
        (1, 2),
        1,
        false,
    );
}

#[test]
fn a_starter_stack_whose_images_are_built() {
    let compose =
        "services:\n  prometheus: { build: ./prometheus }\n  grafana: { build: ./grafana }\n";
    let config = PROMETHEUS.replace("rules/*.yml", "/etc/prometheus/rules/*/*.y[a]ml");
    check(
        &[
            ("docker-compose.yaml", compose),
            ("prometheus/prometheus.yaml", &config),
            ("prometheus/rules/team/a.yaml", RULES),
            ("grafana/dashboards/node.json", BOARD),
        ],
        (1, 2),
        1,
        false,
    );
}

#[test]
fn manifests_of_an_operator() {
    let spec: String = RULES.lines().map(|line| format!("  {line}\n")).collect();
    let rules = format!(
        "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {{ name: a }}\nspec:\n{spec}---\napiVersion: monitoring.coreos.com/v1alpha1\nkind: AlertmanagerConfig\nspec: {{}}\n"
    );
    let json: String = BOARD.lines().map(|line| format!("    {line}\n")).collect();
    let board = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels: {{ grafana_dashboard: '1' }}\ndata:\n  node.json: |\n{json}"
    );
    let files = [
        ("base/rules.yaml", rules.as_str()),
        ("base/board.yaml", &board),
        ("kustomization.yaml", "resources: []\n"),
    ];
    let folder = check(&files, (1, 2), 1, false);
    let named: Vec<&String> = folder.layout.not_read.iter().collect();
    assert!(
        named.len() == 1 && named[0].ends_with("objects of kind AlertmanagerConfig"),
        "{named:?}"
    );
    // A mistake in an object has the line of the file.
    let wrong = rules.replace("$labels.instance", "$labels.pod");
    let problems = Folder::of(&[("rules.yaml", &wrong)]).problems();
    assert!(
        problems[0].starts_with("E rules.yaml:11: rule \"HostCpuHigh\": summary: $labels.pod"),
        "{problems:?}"
    );
}

#[test]
fn rules_alone_dashboards_alone_and_the_output_of_a_mixin() {
    check(&[("alert.rules", RULES)], (1, 2), 0, false);
    check(&[("a/node.json", BOARD), ("package.json", "{\"name\": \"x\"}")], (0, 0), 1, false);
    let mixin = "\"groups\":\n- \"name\": \"a\"\n  \"rules\":\n  - \"alert\": \"Down\"\n    \"expr\": |\n      up{job=\"a\"} == 0\n    \"for\": \"15m\"\n    \"labels\":\n      \"severity\": \"critical\"\n";
    let files = [
        ("prometheus_alerts.yaml", mixin),
        ("prometheus_rules.yaml", RULES),
        ("dashboards_out/node.json", BOARD),
    ];
    check(&files, (2, 3), 1, false);
}

#[test]
fn a_dashboard_of_schema_v2_is_named_and_hides_nothing() {
    let v2 = r#"{"apiVersion": "dashboard.grafana.app/v2beta1", "kind": "Dashboard", "spec": {"elements": {}}}"#;
    let folder = Folder::of(&[("v2.json", v2), ("node.json", BOARD)]);
    let problems = folder.problems();
    assert!(problems.iter().all(|problem| problem.contains("v2.json")), "{problems:?}");
    let panels: usize =
        folder.reading.loose_dashboards.iter().map(|board| board.panels.len()).sum();
    assert_eq!(panels, 1);
}

#[test]
fn one_unreadable_file_or_rule_hides_nothing_else() {
    let broken = "groups:\n- name: b\n  rules:\n  - { alert: NoExpr }\n  - { alert: Down, expr: sum(up) > 1 and }\n  - { alert: Lost, expr: 'sum(up) > 0', annotations: { summary: '{{ $labels.job }}' } }\n";
    let folder = Folder::of(&[
        ("a.yml", broken),
        ("b.yml", "groups:\n- name: [\n  rules: []\n"),
        ("c.yml", RULES),
        ("node.json", BOARD),
        ("cut.json", "{\"panels\": [], \"schemaVersion\": 1"),
    ]);
    let problems = folder.problems();
    for text in [
        "a.yml:4: rule \"NoExpr\" has no expr",
        "a.yml:5: rule \"Down\": not PromQL",
        "a.yml:6: rule \"Lost\": summary: $labels.job is always empty",
        "b.yml:",
        "cut.json:1: not JSON",
    ] {
        assert!(problems.iter().any(|problem| problem.contains(text)), "{text}: {problems:?}");
    }
    assert_eq!(problems.len(), 5, "{problems:?}");
}
