//! The keys that Prometheus knows: it refuses a file with any other.
//!
//! Mirrors the structs of Prometheus 3's `config/config.go` and `model/rulefmt/rulefmt.go`, which are read strictly.
//! Later versions know more, and other programs read rule files too (Thanos, Mimir, VictoriaMetrics): so only what is
//! nearly a known key is called wrong. It must not know what a key means.

use std::path::Path;

use prom::document::{self, Node};
use prom::nearest::edits;
use prom::problem::{Code, Problem};

const CONFIG: [&str; 11] = [
    "global",
    "runtime",
    "rule_files",
    "scrape_config_files",
    "scrape_configs",
    "alerting",
    "remote_write",
    "remote_read",
    "storage",
    "tracing",
    "otlp",
];

const GLOBAL: [&str; 21] = [
    "scrape_interval",
    "scrape_timeout",
    "scrape_protocols",
    "evaluation_interval",
    "rule_query_offset",
    "query_log_file",
    "scrape_failure_log_file",
    "external_labels",
    "body_size_limit",
    "sample_limit",
    "target_limit",
    "label_limit",
    "label_name_length_limit",
    "label_value_length_limit",
    "keep_dropped_targets",
    "metric_name_validation_scheme",
    "metric_name_escaping_scheme",
    "convert_classic_histograms_to_nhcb",
    "always_scrape_classic_histograms",
    "scrape_native_histograms",
    "extra_scrape_metrics",
];

const JOB: [&str; 24] = [
    "job_name",
    "scrape_interval",
    "scrape_timeout",
    "scrape_protocols",
    "metrics_path",
    "honor_labels",
    "honor_timestamps",
    "track_timestamps_staleness",
    "scheme",
    "params",
    "basic_auth",
    "authorization",
    "oauth2",
    "follow_redirects",
    "tls_config",
    "proxy_url",
    "static_configs",
    "file_sd_configs",
    "relabel_configs",
    "metric_relabel_configs",
    "body_size_limit",
    "sample_limit",
    "label_limit",
    "target_limit",
];

const GROUP: [&str; 6] = ["name", "interval", "query_offset", "limit", "labels", "rules"];

const RULE: [&str; 7] =
    ["record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"];

/// How many letters a slip changes at most.
const SLIPS: usize = 2;

/// Keys of a configuration that are nearly others.
pub(crate) fn of_config(file: &Path, text: &str) -> Vec<Problem> {
    let Ok(root) = document::tree(text) else { return Vec::new() };
    let mut problems = misspelt(file, &root, &CONFIG, "the configuration");
    if let Some(global) = root.get("global") {
        problems.extend(misspelt(file, global, &GLOBAL, "global"));
    }
    for job in root.get("scrape_configs").map(Node::items).unwrap_or_default() {
        problems.extend(misspelt(file, job, &JOB, "a job"));
    }
    problems
}

/// Keys of a rule file that are nearly others, and Kubernetes objects, which are none.
pub(crate) fn of_rules(file: &Path, text: &str) -> Vec<Problem> {
    let Ok(root) = document::tree(text) else { return Vec::new() };
    if let Some((key, _)) = root.entries().iter().find(|(key, _)| key.text() == Some("apiVersion"))
    {
        let message = "a Kubernetes object: as a rule file Prometheus refuses it";
        let problem = Problem::new(Code::KubernetesObject, file, key.line, message);
        return vec![problem.remedy("leave it to the operator, or keep what stands under `spec`")];
    }
    let mut problems = misspelt(file, &root, &["groups"], "the file");
    for group in root.get("groups").map(Node::items).unwrap_or_default() {
        problems.extend(misspelt(file, group, &GROUP, "a group"));
        for rule in group.get("rules").map(Node::items).unwrap_or_default() {
            problems.extend(misspelt(file, rule, &RULE, "a rule"));
        }
    }
    problems
}

fn misspelt(file: &Path, node: &Node, known: &[&str], what: &str) -> Vec<Problem> {
    let keys = node.entries().iter().filter_map(|(key, _)| Some((key.line, key.text()?)));
    let unknown = keys.filter(|(_, key)| !known.contains(key));
    unknown
        .filter_map(|(line, key)| {
            let near =
                known.iter().find(|known| edits(key, known) <= SLIPS && key.len() > SLIPS + 1)?;
            let message = format!("{what} has no key {key:?}: Prometheus refuses the file");
            Some(
                Problem::new(Code::UnknownKey, file, line, message)
                    .remedy(format!("did you mean {near}?")),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(problems: &[Problem]) -> Vec<String> {
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn misspelt_keys_are_named_with_the_one_that_is_meant() {
        let text = "global:\n  scrape_intervall: 5s\n  external_labels: { a: b }\nscrape_configs:\n- job_name: a\n  dns_sd_configs: []\n  metric_relable_configs: []\n";
        let expected = [
            "p.yml:2: global has no key \"scrape_intervall\": Prometheus refuses the file (did you mean scrape_interval?)",
            "p.yml:7: a job has no key \"metric_relable_configs\": Prometheus refuses the file (did you mean metric_relabel_configs?)",
        ];
        assert_eq!(shown(&of_config(Path::new("p.yml"), text)), expected);
        let text = "groups:\n- name: a\n  partial_response_strategy: warn\n  rules:\n  - alert: A\n    epxr: up\n";
        let expected = [
            "r.yml:6: a rule has no key \"epxr\": Prometheus refuses the file (did you mean expr?)",
        ];
        assert_eq!(shown(&of_rules(Path::new("r.yml"), text)), expected);
        let text =
            "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec: { groups: [] }\n";
        assert!(
            shown(&of_rules(Path::new("r.yml"), text))[0]
                .starts_with("r.yml:1: a Kubernetes object")
        );
    }
}
