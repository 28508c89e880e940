//! Layouts as people have them, each in a few lines.

use std::fs;
use std::path::Path;

use super::*;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = directory.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    directory
}

const RULES: &str = "groups:\n- name: g\n  rules:\n  - { alert: A, expr: up == 0 }\n";
const BOARD: &str = "{\"title\": \"T\", \"panels\": [], \"schemaVersion\": 39}";
const ROUTES: &str = "route: { receiver: a }\nreceivers: [{ name: a }]\n";
const PROVIDER: &str = "apiVersion: 1\nproviders:\n- name: p\n  options: { path: /boards }\n";

/// Looks at a folder, and names what was found relative to it.
fn find(files: &[(&str, &str)]) -> (Layout, impl Fn(&[Part]) -> Vec<String> + use<>) {
    let directory = folder(files);
    let root = directory.path().to_owned();
    let layout = Layout::find(&root, &Named::default());
    let names = move |parts: &[Part]| {
        let relative = |path: &Path| path.strip_prefix(&root).unwrap().display().to_string();
        parts.iter().map(|part| relative(&part.file)).collect()
    };
    (layout, names)
}

#[test]
fn compose_says_where_everything_lies() {
    let compose = "services:
  prometheus:
    image: prom/prometheus
    command: ['--config.file=/etc/prometheus/main.yaml']
    volumes: ['./a/main.yaml:/etc/prometheus/main.yaml', './b:/rules', './c/x.rules:/etc/prometheus/x.rules']
  alertmanager:
    image: prom/alertmanager
    command: --config.file=/c.yml
    volumes: ['./am/own.yml:/c.yml']
  grafana:
    image: grafana/grafana
    volumes: ['./g/provisioning:/etc/grafana/provisioning', './g/boards:/boards:ro']
";
    let (layout, names) = find(&[
        ("docker-compose.yml", compose),
        ("a/main.yaml", "rule_files: ['/rules/[rs]*.yml', '*.rules']\n"),
        ("other/prometheus.yml", "scrape_configs: []\n"),
        ("b/r.yml", RULES),
        ("b/unused.yml", RULES),
        ("c/x.rules", RULES),
        ("am/own.yml", ROUTES),
        ("g/provisioning/dashboards/p.yml", PROVIDER),
        ("g/boards/deep/b.json", BOARD),
        ("docs/b.json", BOARD),
    ]);
    assert_eq!(layout.problems, []);
    assert_eq!(names(layout.prometheus.as_slice()), ["a/main.yaml"]);
    assert_eq!(names(&layout.rules), ["b/r.yml", "c/x.rules"]);
    assert_eq!(names(&layout.loose_rules), ["b/unused.yml"]);
    assert_eq!(names(layout.alertmanager.as_slice()), ["am/own.yml"]);
    assert_eq!(names(&layout.dashboards), ["g/boards/deep/b.json"]);
    assert_eq!(names(&layout.loose_dashboards), ["docs/b.json"]);
    let other = layout.not_read.iter().find(|text| text.contains("other/prometheus.yml"));
    assert!(
        other.is_some_and(|text| text.ends_with("name it by --prometheus-config")),
        "{other:?}"
    );
}

#[test]
fn patterns_that_match_nothing_and_paths_that_nothing_explains_are_errors() {
    let compose = "services:\n  prometheus:\n    image: prom/prometheus\n    volumes: ['./p:/etc/prometheus']\n  grafana:\n    image: grafana/grafana\n";
    let config = "rule_files:\n  - rules/*.yml\n  - /elsewhere/*.yml\n  - gone.yml\n";
    let (layout, _) = find(&[
        ("docker-compose.yml", compose),
        ("p/prometheus.yml", config),
        ("stray.yml", RULES),
        ("g/p.yml", PROVIDER),
    ]);
    let shown: Vec<String> =
        layout.problems.iter().map(|problem| problem.message.clone()).collect();
    let expected = [
        "provider \"p\": no mount explains the path \"/boards\"",
        "rule_files: the pattern \"rules/*.yml\" matches no file",
        "rule_files: no mount explains the absolute path \"/elsewhere/*.yml\"",
        "rule_files: there is no file \"gone.yml\"",
    ];
    assert_eq!(shown, expected);
    // What cannot be followed hides nothing: the rules are judged anyway.
    assert_eq!(layout.rules.len(), 1);
}

#[test]
fn a_file_by_its_container_path_is_found_beside_the_configuration() {
    let (layout, names) = find(&[
        ("prometheus.yaml", "rule_files: ['/etc/prometheus/rules/*/*.yml']\n"),
        ("rules/a/r.yml", RULES),
    ]);
    assert_eq!(layout.problems, []);
    assert_eq!(names(&layout.rules), ["rules/a/r.yml"]);
}

#[test]
fn rules_or_dashboards_alone_and_kubernetes_objects_are_enough() {
    let (layout, names) =
        find(&[("alert.rules", RULES), ("x/b.json", BOARD), ("x/package.json", "{}")]);
    assert_eq!(names(&layout.rules), ["alert.rules"]);
    assert_eq!(names(&layout.loose_dashboards), ["x/b.json"]);
    let object = format!(
        "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec:\n{}---\napiVersion: v1\nkind: ConfigMap\ndata:\n  b.json: |\n    {BOARD}\n",
        RULES.lines().map(|line| format!("  {line}\n")).collect::<String>()
    );
    let (layout, names) = find(&[("k.yaml", &object)]);
    assert_eq!(names(&layout.rules), ["k.yaml"]);
    assert_eq!(names(&layout.loose_dashboards), ["k.yaml"]);
    assert!(layout.rules[0].text.lines().nth(3).is_some_and(|line| line == "groups:"));
}
