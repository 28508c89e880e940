//! Provisioning files: data sources and dashboard providers.
//!
//! Reads the YAML below `provisioning/datasources` and `provisioning/dashboards`.
//! `timeInterval` and `uid` are what queries depend on; environment variables,
//! which Grafana expands in these files, are left as written.
//! Knows nothing of dashboards.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_saphyr::Spanned;

use prom::problem::{Code, Problem};
use prom::yaml;

/// One provisioned data source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datasource {
    /// The file, as it was named to the parser.
    pub file: PathBuf,
    /// Line in the file, from 1.
    pub line: Option<usize>,
    /// Name as shown, and as old dashboards refer to it.
    pub name: String,
    /// Plugin type, e.g. `prometheus`.
    pub kind: String,
    /// Stable identity; without one Grafana derives it from the name.
    pub uid: Option<String>,
    /// Where it is reached.
    pub url: String,
    /// It serves panels that name none.
    pub is_default: bool,
    /// `jsonData.timeInterval`: the scrape interval that windows are based on.
    pub time_interval: Option<String>,
    /// The other members of `jsonData`, as written.
    pub json_data: serde_json::Value,
}

/// One provider of dashboards from files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DashboardProvider {
    /// The file, as it was named to the parser.
    pub file: PathBuf,
    /// Line in the file, from 1.
    pub line: Option<usize>,
    /// Name of the provider.
    pub name: String,
    /// Directory inside Grafana's machine or container.
    pub path: String,
    /// Seconds between looks for changed files; `None` for Grafana's default.
    pub update_interval_s: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DatasourceFile {
    #[serde(default)]
    datasources: Option<Vec<Spanned<RawDatasource>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDatasource {
    name: Option<String>,
    r#type: Option<String>,
    uid: Option<String>,
    url: Option<String>,
    #[serde(default)]
    is_default: bool,
    #[serde(default)]
    json_data: serde_json::Value,
}

#[derive(Deserialize)]
struct ProviderFile {
    #[serde(default)]
    providers: Option<Vec<Spanned<RawProvider>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawProvider {
    name: Option<String>,
    update_interval_seconds: Option<u64>,
    #[serde(default)]
    options: RawProviderOptions,
}

#[derive(Deserialize, Default)]
struct RawProviderOptions {
    path: Option<String>,
}

/// Reads one file of `provisioning/datasources`; `file` is only for messages.
///
/// # Errors
/// All problems of the text.
pub fn parse_datasources(file: &Path, text: &str) -> Result<Vec<Datasource>, Vec<Problem>> {
    let raw: DatasourceFile = yaml::parse(file, text)?;
    let mut problems = Vec::new();
    let mut datasources = Vec::new();
    for Spanned { value, referenced, .. } in raw.datasources.unwrap_or_default() {
        let line = yaml::line(&referenced);
        let mut required = |value: Option<String>, key: &str| {
            let value = value.filter(|text| !text.is_empty());
            if value.is_none() {
                problems.push(Problem::new(
                    Code::MissingKey,
                    file,
                    line,
                    format!("data source without {key:?}"),
                ));
            }
            value.unwrap_or_default()
        };
        let name = required(value.name, "name");
        let kind = required(value.r#type, "type");
        let interval = value.json_data.get("timeInterval");
        let time_interval = interval.and_then(|text| text.as_str()).map(str::to_owned);
        if interval.is_some_and(|interval| !interval.is_string() && !interval.is_null()) {
            let message = format!("timeInterval of data source {name:?} is not a string");
            problems.push(
                Problem::new(Code::WrongType, file, line, message).remedy("write it as \"15s\""),
            );
        }
        datasources.push(Datasource {
            file: file.to_owned(),
            line,
            name,
            kind,
            uid: value.uid.filter(|uid| !uid.is_empty()),
            url: value.url.unwrap_or_default(),
            is_default: value.is_default,
            time_interval: time_interval.filter(|text| !text.is_empty()),
            json_data: value.json_data,
        });
    }
    if problems.is_empty() { Ok(datasources) } else { Err(problems) }
}

/// Reads one file of `provisioning/dashboards`; `file` is only for messages.
///
/// # Errors
/// All problems of the text.
pub fn parse_providers(file: &Path, text: &str) -> Result<Vec<DashboardProvider>, Vec<Problem>> {
    let raw: ProviderFile = yaml::parse(file, text)?;
    let mut problems = Vec::new();
    let mut providers = Vec::new();
    for Spanned { value, referenced, .. } in raw.providers.unwrap_or_default() {
        let line = yaml::line(&referenced);
        let Some(path) = value.options.path.filter(|path| !path.is_empty()) else {
            let message = "dashboard provider without \"options.path\"";
            problems.push(Problem::new(Code::MissingKey, file, line, message));
            continue;
        };
        providers.push(DashboardProvider {
            file: file.to_owned(),
            line,
            // Grafana's own name for a provider without one.
            name: value.name.unwrap_or_else(|| "default".to_owned()),
            path,
            update_interval_s: value.update_interval_seconds,
        });
    }
    if problems.is_empty() { Ok(providers) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = r#"apiVersion: 1
datasources:
  - name: Prometheus
    uid: prometheus
    type: prometheus
    access: proxy
    url: ${PROMETHEUS_URL}
    isDefault: true
    jsonData:
      timeInterval: 15s
      httpMethod: POST
  - name: Other
    type: loki
"#;

    #[test]
    fn datasources_keep_uid_interval_and_line() {
        let datasources = parse_datasources(Path::new("ds.yml"), SHIPPED).unwrap();
        let first = &datasources[0];
        assert_eq!(first.uid.as_deref(), Some("prometheus"));
        assert_eq!(first.time_interval.as_deref(), Some("15s"));
        assert_eq!(
            (first.line, first.is_default, first.url.as_str()),
            (Some(3), true, "${PROMETHEUS_URL}")
        );
        assert_eq!(first.json_data["httpMethod"], "POST");
        assert_eq!((datasources[1].uid.as_ref(), datasources[1].line), (None, Some(12)));
    }

    #[test]
    fn providers_have_a_path() {
        let text = "apiVersion: 1\nproviders:\n  - name: dashproof\n    updateIntervalSeconds: 5\n    options: { path: /d }\n";
        let providers = parse_providers(Path::new("p.yml"), text).unwrap();
        assert_eq!((providers[0].path.as_str(), providers[0].update_interval_s), ("/d", Some(5)));
    }

    #[test]
    fn bad_files_name_file_line_and_expectation() {
        let table: [(&str, &[&str]); 4] = [
            (
                "datasources:\n- type: prometheus\n- name: x\n",
                &["x.yml:2: data source without \"name\"", "x.yml:3: data source without \"type\""],
            ),
            (
                "datasources:\n- name: x\n  type: y\n  jsonData: {timeInterval: 15}\n",
                &[
                    "x.yml:2: timeInterval of data source \"x\" is not a string (write it as \"15s\")",
                ],
            ),
            ("datasources: 3\n", &["x.yml:1: "]),
            ("datasources:\n\t- name: x\n", &["x.yml:2: "]),
        ];
        for (text, messages) in table {
            let problems = parse_datasources(Path::new("x.yml"), text).unwrap_err();
            assert_eq!(problems.len(), messages.len(), "{text}: {problems:?}");
            for (problem, message) in problems.iter().zip(messages) {
                assert!(problem.to_string().starts_with(message), "{problem}");
            }
        }
    }
}
