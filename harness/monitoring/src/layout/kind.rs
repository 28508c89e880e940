//! What a file is, by what stands at the left edge of its text.
//!
//! Nothing is parsed as YAML, so that a file with a slip of syntax is still known for what it is meant to be.
//! It must not know where files lie.

use std::path::Path;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Prometheus,
    Rules,
    Alertmanager,
    Datasources,
    Providers,
    Compose,
    Dashboard,
    Kubernetes,
    /// Grafana's own alert rules.
    GrafanaAlerts,
    /// A template of a chart, which is no YAML before it is rendered.
    Template,
    Other,
}

/// What a file with this name and text is.
pub(super) fn of(file: &Path, text: &str) -> Kind {
    let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    match extension {
        "json" => of_json(text),
        "yml" | "yaml" | "rules" | "rule" => of_yaml(file, text),
        _ => Kind::Other,
    }
}

fn of_yaml(file: &Path, text: &str) -> Kind {
    if is_template(file, text) {
        return Kind::Template;
    }
    let keys = keys(text);
    let has = |key: &str| keys.contains(&key);
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if has("kind") && has("apiVersion") {
        return Kind::Kubernetes;
    }
    if has("services") && ["compose", "stack"].iter().any(|word| name.contains(word)) {
        return Kind::Compose;
    }
    // Unit tests for promtool name rule files, too.
    if has("tests") {
        return Kind::Other;
    }
    if has("groups") && has("apiVersion") {
        return Kind::GrafanaAlerts;
    }
    if has("scrape_configs") || has("rule_files") && !has("route") {
        return Kind::Prometheus;
    }
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has("global") && says(&["scrape_interval:", "evaluation_interval:"]) && !has("server") {
        return Kind::Prometheus;
    }
    if has("groups") && says(&["rules:", "\"rules\"", "alert:", "record:"]) {
        return Kind::Rules;
    }
    if has("route") && has("receivers") {
        return Kind::Alertmanager;
    }
    if has("datasources") && says(&["type:", "\"type\""]) {
        return Kind::Datasources;
    }
    if has("providers") && says(&["path:", "\"path\""]) {
        return Kind::Providers;
    }
    Kind::Other
}

fn of_json(text: &str) -> Kind {
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let panels = says(&["\"panels\"", "\"rows\"", "\"elements\""]);
    let of_grafana = says(&["\"schemaVersion\"", "\"templating\"", "\"gridPos\"", "\"targets\""]);
    if panels && of_grafana || text.contains("\"dashboard.grafana.app/") {
        return Kind::Dashboard;
    }
    let kubernetes = says(&["\"apiVersion\""]) && says(&["\"PrometheusRule\"", "\"ConfigMap\""]);
    if kubernetes {
        return Kind::Kubernetes;
    }
    if says(&["\"groups\""]) && says(&["\"alert\"", "\"record\""]) {
        return Kind::Rules;
    }
    Kind::Other
}

fn is_template(file: &Path, text: &str) -> bool {
    let in_templates = file.components().any(|part| part.as_os_str() == "templates");
    let words = [".Values.", "{{- ", "{{ include ", "{% "];
    let hits = words.iter().any(|word| text.contains(word));
    hits && (in_templates
        || text.lines().any(|line| line.starts_with("{{") || line.starts_with("{%")))
}

/// The keys at the left edge.
fn keys(text: &str) -> Vec<&str> {
    let at_edge = text
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_alphabetic() || c == '"' || c == '{'));
    let keys = at_edge.filter_map(|line| {
        let line = line.trim_start_matches(['{', ' ']);
        let (key, _) = line.split_once(':')?;
        Some(key.trim_matches(['"', '\'', ' ']))
    });
    keys.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_keys() {
        let table = [
            ("p.yml", "global:\n  scrape_interval: 5s\n", Kind::Prometheus),
            ("prom.yaml", "scrape_configs: []\n", Kind::Prometheus),
            ("r.rules", "groups:\n- name: a\n  rules: []\n", Kind::Rules),
            ("r.yaml", "\"groups\":\n- \"name\": \"a\"\n  \"rules\": []\n", Kind::Rules),
            ("t.yml", "rule_files: [a.yml]\ntests: []\n", Kind::Other),
            ("g.yml", "apiVersion: 1\ngroups:\n- rules: []\n", Kind::GrafanaAlerts),
            ("a.yml", "route: { receiver: a }\nreceivers: []\n", Kind::Alertmanager),
            ("d.yml", "apiVersion: 1\ndatasources:\n- type: prometheus\n", Kind::Datasources),
            ("d.yml", "apiVersion: 1\nproviders:\n- options: { path: /a }\n", Kind::Providers),
            ("docker-compose.yml", "services: {}\n", Kind::Compose),
            ("mkdocs.yml", "services: {}\n", Kind::Other),
            ("k.yaml", "apiVersion: v1\nkind: ConfigMap\n", Kind::Kubernetes),
            ("templates/k.yaml", "kind: ConfigMap\nname: {{ .Values.x }}\n", Kind::Template),
            ("values.yaml", "prometheus:\n  rule_files: []\n", Kind::Other),
            ("d.json", "{\"panels\": [], \"schemaVersion\": 1}", Kind::Dashboard),
            ("package.json", "{\"name\": \"x\"}", Kind::Other),
            ("README.md", "groups:\n", Kind::Other),
        ];
        for (file, text, kind) in table {
            assert_eq!(of(Path::new(file), text), kind, "{file}: {text}");
        }
    }
}
