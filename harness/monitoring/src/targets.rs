//! Target groups: `static_configs` and the files of `file_sd_configs`.
//!
//! YAML and JSON files are read alike, as JSON is YAML here.
//! Knows nothing of jobs.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use prom::problem::{Code, Problem};
use prom::yaml;

/// Addresses that share labels. Serialises to an entry of a target file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct TargetGroup {
    /// `host:port` each.
    pub targets: Vec<String>,
    /// Labels of all of them, `__scrape_interval__` and the like included.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
pub(super) struct RawGroup {
    #[serde(default)]
    targets: Option<Vec<String>>,
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
}

impl From<RawGroup> for TargetGroup {
    fn from(raw: RawGroup) -> Self {
        Self { targets: raw.targets.unwrap_or_default(), labels: raw.labels.unwrap_or_default() }
    }
}

/// Reads a target file; `file` is only for messages.
///
/// # Errors
/// The problem at which reading stopped, or every target that is no address.
pub fn parse(file: &Path, text: &str) -> Result<Vec<TargetGroup>, Vec<Problem>> {
    let raw: Option<Vec<serde_saphyr::Spanned<RawGroup>>> = yaml::parse(file, text)?;
    let mut problems = Vec::new();
    let mut groups = Vec::new();
    for raw in raw.unwrap_or_default() {
        let line = yaml::line(&raw.referenced);
        let group = TargetGroup::from(raw.value);
        for target in group.targets.iter().filter(|target| target.contains('/')) {
            let message = format!("target {target:?} is no address");
            problems.push(
                Problem::new(Code::InvalidTarget, file, line, message)
                    .remedy("write host:port alone"),
            );
        }
        groups.push(group);
    }
    if problems.is_empty() { Ok(groups) } else { Err(problems) }
}

/// The text of a target file, in JSON where its name says so.
#[must_use]
pub fn text(file: &Path, groups: &[TargetGroup]) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    if file.extension().is_some_and(|extension| extension == "json") {
        return serde_json::json!(groups).to_string() + "\n";
    }
    let mut text = String::new();
    for group in groups {
        let targets: Vec<String> = group.targets.iter().map(|address| quoted(address)).collect();
        text.push_str(&format!("- targets: [{}]\n", targets.join(", ")));
        if !group.labels.is_empty() {
            text.push_str("  labels:\n");
        }
        for (name, value) in &group.labels {
            text.push_str(&format!("    {name}: {}\n", quoted(value)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_and_json_read_alike() {
        let yaml = "- targets: ['localhost:8000', localhost:8001]\n  labels:\n    __scrape_interval__: 1s\n";
        let json = r#"[{"targets": ["localhost:8000", "localhost:8001"],
            "labels": {"__scrape_interval__": "1s"}}]"#;
        let group = TargetGroup {
            targets: vec!["localhost:8000".into(), "localhost:8001".into()],
            labels: BTreeMap::from([("__scrape_interval__".into(), "1s".into())]),
        };
        for text in [yaml, json] {
            assert_eq!(parse(Path::new("t"), text).as_deref(), Ok(&[group.clone()][..]));
        }
        assert_eq!(parse(Path::new("t"), "").as_deref(), Ok(&[][..]));
    }

    #[test]
    fn what_is_written_reads_back() {
        let labels = BTreeMap::from([("zone".to_owned(), "a: \"b\" # {c}".to_owned())]);
        let plain = TargetGroup { targets: vec!["[::1]:8000".into()], ..TargetGroup::default() };
        let groups = vec![TargetGroup { labels, ..TargetGroup::default() }, plain];
        for name in ["t.yml", "t.json"] {
            let text = text(Path::new(name), &groups);
            assert_eq!(parse(Path::new(name), &text).as_deref(), Ok(&groups[..]), "{text}");
        }
    }

    #[test]
    fn bad_files_name_file_and_line() {
        let table = [
            (
                "- targets: [a:1]\n- targets: ['http://b:1/metrics']\n",
                "t:2: target \"http://b:1/metrics\" is no address (write host:port alone)",
            ),
            ("targets: [a:1]\n", "t:1: "),
            ("- targets: a:1\n", "t:1: "),
        ];
        for (text, message) in table {
            let problems = parse(Path::new("t"), text).unwrap_err();
            assert!(problems[0].to_string().starts_with(message), "{}", problems[0]);
        }
    }
}
