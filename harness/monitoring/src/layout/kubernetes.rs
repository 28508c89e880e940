//! Kubernetes objects that hold rules, dashboards or configurations.
//!
//! Parts keep their lines. What other objects say is not read; those that change what is judged are named.

use std::path::Path;

use prom::document::{self, Node, Scalar, Value};
use prom::problem::{Code, Problem};

use super::Part;
use crate::documents;

/// What a file of objects holds.
#[derive(Debug, Default)]
pub(super) struct Objects {
    /// Each with the name under which it would lie in a directory.
    pub(super) parts: Vec<(String, Part)>,
    /// Kinds of objects that matter and that are not read.
    pub(super) not_read: Vec<String>,
    pub(super) problems: Vec<Problem>,
}

/// Kinds whose content would change what is judged.
const NAMED: [&str; 4] =
    ["AlertmanagerConfig", "GrafanaDatasource", "ScrapeConfig", "GrafanaAlertRuleGroup"];

pub(super) fn objects(file: &Path, text: &str) -> Objects {
    let mut found = Objects::default();
    for document in documents::split(text) {
        match document::tree(&document) {
            Ok(root) => object(file, &document, &root, &mut found),
            Err((line, message)) => {
                found.problems.push(Problem::new(
                    Code::MalformedYaml,
                    file,
                    line,
                    format!("not YAML: {message}"),
                ));
            }
        }
    }
    found
}

fn object(file: &Path, text: &str, root: &Node, found: &mut Objects) {
    let mut part = |name: &str, key: &Node, node: &Node| {
        let text = text_of(text, key, node);
        found.parts.push((name.to_owned(), Part { file: file.to_owned(), text }));
    };
    let below = |node: &Node, key: &str| {
        let entry = node.entries().iter().find(|(name, _)| name.text() == Some(key));
        entry.map(|(key, node)| (key.clone(), node.clone()))
    };
    let kind = root.get("kind").and_then(Node::text).unwrap_or_default();
    let version = root.get("apiVersion").and_then(Node::text).unwrap_or_default();
    match kind {
        "PrometheusRule" | "VMRule" => {
            if let Some((key, spec)) = below(root, "spec") {
                part("rules.yml", &key, &spec);
            }
        }
        "ConfigMap" => {
            for (key, node) in root.get("data").map(Node::entries).unwrap_or_default() {
                if let (Some(name), Some(_)) = (key.text(), node.text()) {
                    part(name, key, node);
                }
            }
        }
        "GrafanaDashboard" => {
            if let Some((key, json)) = root.get("spec").and_then(|spec| below(spec, "json")) {
                part("dashboard.json", &key, &json);
            }
        }
        "Dashboard" if version.starts_with("dashboard.grafana.app/") => {
            found.not_read.push(format!("Dashboard ({version})"));
        }
        "List" | "ConfigMapList" | "PrometheusRuleList" => {
            for item in root.get("items").map(Node::items).unwrap_or_default() {
                object(file, text, item, found);
            }
        }
        kind if NAMED.contains(&kind) => found.not_read.push(kind.to_owned()),
        _ => {}
    }
}

/// The text of a part, with blank lines for what stands before it.
fn text_of(text: &str, key: &Node, node: &Node) -> String {
    match &node.value {
        // A block of text begins below its key.
        Value::Scalar(Scalar::Text(inner)) => "\n".repeat(key.line) + inner,
        _ => block(text, key, node)
            .unwrap_or_else(|| "\n".repeat(node.line.saturating_sub(1)) + &json(node).to_string()),
    }
}

/// The lines of a mapping in block style, moved to the left edge.
fn block(text: &str, key: &Node, node: &Node) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.get(node.line.checked_sub(1)?)?;
    if node.line == key.line || first.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let indent = first.len() - first.trim_start().len();
    let mut out = "\n".repeat(node.line - 1);
    for line in &lines[node.line - 1..] {
        let here = line.len() - line.trim_start().len();
        if !line.trim().is_empty() && here < indent && !line.trim_start().starts_with('#') {
            break;
        }
        out.push_str(line.get(indent..).unwrap_or_default());
        out.push('\n');
    }
    Some(out)
}

fn json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::List(items) => items.iter().map(json).collect(),
        Value::Mapping(entries) => {
            let entries = entries.iter().map(|(key, node)| {
                (key.text().map_or_else(|| json(key).to_string(), str::to_owned), json(node))
            });
            serde_json::Value::Object(entries.collect())
        }
        Value::Scalar(scalar) => match scalar {
            Scalar::Bool(value) => (*value).into(),
            Scalar::Integer(value) => i64::try_from(*value).unwrap_or(i64::MAX).into(),
            Scalar::Float(value) => (*value).into(),
            Scalar::Text(text) => text.clone().into(),
            Scalar::Nothing | Scalar::Several(_) => serde_json::Value::Null,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<(String, String)> {
        let found = objects(Path::new("k.yaml"), text);
        assert_eq!(found.problems, []);
        found.parts.into_iter().map(|(name, part)| (name, part.text)).collect()
    }

    #[test]
    fn rules_and_dashboards_keep_their_lines() {
        let text = "kind: Service\n---\napiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec:\n  groups:\n  - name: g\n    rules: []\nstatus: {}\n";
        let found = parts(text);
        assert_eq!(
            found,
            [("rules.yml".into(), "\n\n\n\n\ngroups:\n- name: g\n  rules: []\n".into())]
        );
        let text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  a.json: |-\n    {\"title\": \"a\"}\n  b: c\n";
        let found = parts(text);
        assert_eq!(found[0], ("a.json".into(), "\n\n\n\n{\"title\": \"a\"}".into()));
        let text = "apiVersion: v1\nkind: List\nitems:\n- { kind: PrometheusRule, spec: { groups: [] } }\n";
        assert_eq!(parts(text)[0].1, "\n\n\n{\"groups\":[]}");
    }

    #[test]
    fn what_is_not_read_is_named() {
        let text = "kind: AlertmanagerConfig\nspec: {}\n---\nkind: Service\n";
        assert_eq!(objects(Path::new("k.yaml"), text).not_read, ["AlertmanagerConfig"]);
        let text = "kind: Service\n---\na: [\n";
        let problems = objects(Path::new("k.yaml"), text).problems;
        assert!(problems[0].to_string().starts_with("k.yaml:"), "{problems:?}");
    }
}
