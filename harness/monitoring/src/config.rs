//! `prometheus.yml`: jobs with their effective intervals, rule files.
//!
//! Called by whoever scrapes in virtual time, writes target files or checks
//! intervals. Defaults and inheritance follow Prometheus' config/config.go
//! (`DefaultGlobalConfig`, `GlobalConfig.UnmarshalYAML`, `ScrapeConfig.Validate`).
//! Relabelling is kept as written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::keys;
use super::limits::{self, Limits};
use super::sending::Sending;
use super::targets::{RawGroup, TargetGroup};
use prom::problem::{Code, Problem};
use prom::yaml;

const DEFAULT_INTERVAL_MS: i64 = 60_000;
const DEFAULT_TIMEOUT_MS: i64 = 10_000;

/// One configuration file.
#[derive(Debug, Clone, PartialEq)]
pub struct PrometheusConfig {
    /// The file, as it was named to the parser.
    pub file: PathBuf,
    /// `global.evaluation_interval` in milliseconds.
    pub evaluation_interval_ms: i64,
    /// `global.rule_query_offset` in milliseconds: that of rule groups without one of their own.
    pub rule_query_offset_ms: i64,
    /// `global.external_labels`: what every alert gets on its way, unless it has it.
    pub external_labels: BTreeMap<String, String>,
    /// `alerting.alert_relabel_configs` as written, and those of the Alertmanager if there is one.
    pub alert_relabel_configs: Vec<serde_json::Value>,
    /// Whether one of several Alertmanagers has `alert_relabel_configs` of its own.
    pub relabels_alerts_apart: bool,
    /// `rule_files` as written: paths and patterns relative to the file.
    pub rule_files: Vec<String>,
    /// Jobs in the order of the file.
    pub jobs: Vec<Job>,
}

/// One entry of `scrape_configs`, with inherited values filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Line in the file, from 1.
    pub line: Option<usize>,
    /// `job_name`.
    pub name: String,
    /// Effective scrape interval in milliseconds.
    pub scrape_interval_ms: i64,
    /// Effective scrape timeout in milliseconds.
    pub scrape_timeout_ms: i64,
    /// `metrics_path`.
    pub metrics_path: String,
    /// Labels of the target win over those of the samples when false.
    pub honor_labels: bool,
    /// Targets in the configuration itself.
    pub static_targets: Vec<TargetGroup>,
    /// Files and patterns of `file_sd_configs`, as written.
    pub file_sd: Vec<String>,
    /// `relabel_configs` as written.
    pub relabel_configs: Vec<serde_json::Value>,
    /// `metric_relabel_configs` as written.
    pub metric_relabel_configs: Vec<serde_json::Value>,
    /// What a scrape may bring.
    pub limits: Limits,
    /// `convert_classic_histograms_to_nhcb`, which stores no buckets.
    pub converts_histograms: bool,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    global: Option<RawGlobal>,
    #[serde(default)]
    rule_files: Option<Vec<String>>,
    #[serde(default)]
    scrape_configs: Option<Vec<Spanned<RawJob>>>,
    #[serde(default)]
    alerting: Option<RawAlerting>,
}

#[derive(Deserialize, Default)]
struct RawAlerting {
    #[serde(default)]
    alert_relabel_configs: Option<Vec<serde_json::Value>>,
    #[serde(default)]
    alertmanagers: Option<Vec<RawAlertmanager>>,
}

#[derive(Deserialize)]
struct RawAlertmanager {
    #[serde(default)]
    alert_relabel_configs: Option<Vec<serde_json::Value>>,
}

#[derive(Deserialize, Default)]
struct RawGlobal {
    scrape_interval: Option<Spanned<String>>,
    scrape_timeout: Option<Spanned<String>>,
    evaluation_interval: Option<Spanned<String>>,
    rule_query_offset: Option<Spanned<String>>,
    external_labels: Option<BTreeMap<String, String>>,
    #[serde(default)]
    sample_limit: u64,
    #[serde(default)]
    label_limit: u64,
    #[serde(default)]
    label_name_length_limit: u64,
    #[serde(default)]
    label_value_length_limit: u64,
    body_size_limit: Option<Spanned<String>>,
    convert_classic_histograms_to_nhcb: Option<bool>,
}

#[derive(Deserialize)]
struct RawJob {
    job_name: Option<Spanned<String>>,
    scrape_interval: Option<Spanned<String>>,
    scrape_timeout: Option<Spanned<String>>,
    metrics_path: Option<String>,
    #[serde(default)]
    honor_labels: bool,
    #[serde(default)]
    static_configs: Option<Vec<RawGroup>>,
    #[serde(default)]
    file_sd_configs: Option<Vec<RawFileSd>>,
    #[serde(default)]
    relabel_configs: Option<Vec<serde_json::Value>>,
    #[serde(default)]
    metric_relabel_configs: Option<Vec<serde_json::Value>>,
    #[serde(default)]
    sample_limit: u64,
    #[serde(default)]
    label_limit: u64,
    #[serde(default)]
    label_name_length_limit: u64,
    #[serde(default)]
    label_value_length_limit: u64,
    body_size_limit: Option<Spanned<String>>,
    convert_classic_histograms_to_nhcb: Option<bool>,
}

#[derive(Deserialize)]
struct RawFileSd {
    #[serde(default)]
    files: Vec<String>,
}

impl PrometheusConfig {
    /// What becomes of alerts on their way.
    ///
    /// # Errors
    /// What of it is not emulated, in words.
    pub fn sending(&self) -> Result<Sending, String> {
        if self.relabels_alerts_apart {
            return Err("alert_relabel_configs of one of several Alertmanagers".to_owned());
        }
        Sending::new(&self.external_labels, &self.alert_relabel_configs)
    }

    /// The same without relabelling, where some of that is not emulated.
    #[must_use]
    pub fn sending_as_far_as_emulated(&self) -> Sending {
        let plain = || Sending::new(&self.external_labels, &[]);
        self.sending().or_else(|_| plain()).unwrap_or_default()
    }
}

/// The limits of a raw job or of the raw globals, which have the same keys.
macro_rules! limits {
    ($raw:expr, $body_bytes:expr) => {
        Limits {
            samples: $raw.sample_limit,
            labels: $raw.label_limit,
            label_name_bytes: $raw.label_name_length_limit,
            label_value_bytes: $raw.label_value_length_limit,
            body_bytes: $body_bytes,
        }
    };
}

/// Global values after defaults.
struct Global {
    interval_ms: i64,
    timeout_ms: i64,
    limits: Limits,
    converts_histograms: bool,
}

/// Reads a configuration; `file` is only for messages.
///
/// # Errors
/// All problems of the text.
pub fn parse(file: &Path, text: &str) -> Result<PrometheusConfig, Vec<Problem>> {
    let raw: Raw = yaml::parse(file, text)?;
    let mut problems = keys::of_config(file, text);
    let mut global = raw.global.unwrap_or_default();
    let external_labels = global.external_labels.take().unwrap_or_default();
    let mut duration = |value: &Option<Spanned<String>>, key: &str| {
        yaml::duration_ms(file, value.as_ref(), key, &mut problems).filter(|millis| *millis > 0)
    };
    let interval_ms =
        duration(&global.scrape_interval, "scrape_interval").unwrap_or(DEFAULT_INTERVAL_MS);
    let timeout_ms = duration(&global.scrape_timeout, "scrape_timeout");
    let evaluation_interval_ms = duration(&global.evaluation_interval, "evaluation_interval");
    let rule_query_offset_ms = duration(&global.rule_query_offset, "rule_query_offset");
    if timeout_ms.is_some_and(|timeout| timeout > interval_ms) {
        let line = global.scrape_timeout.as_ref().and_then(|value| yaml::line(&value.referenced));
        let message = "global scrape_timeout is longer than the global scrape_interval";
        problems.push(Problem::new(Code::TimeoutAboveInterval, file, line, message));
    }
    // Unlike a stated timeout, the default one shrinks to the interval.
    let timeout_ms = timeout_ms.unwrap_or(DEFAULT_TIMEOUT_MS.min(interval_ms));
    let body_bytes = body_bytes(file, global.body_size_limit.as_ref(), &mut problems);
    let limits = limits!(global, body_bytes);
    let converts_histograms = global.convert_classic_histograms_to_nhcb.unwrap_or(false);
    let global = Global { interval_ms, timeout_ms, limits, converts_histograms };
    let mut jobs: Vec<Job> = Vec::new();
    for raw in raw.scrape_configs.unwrap_or_default() {
        let job = job(file, raw, &global, &mut problems);
        if jobs.iter().any(|other| other.name == job.name) {
            let message = format!("second job with the name {:?}", job.name);
            problems.push(Problem::new(Code::DuplicateJob, file, job.line, message));
        }
        jobs.push(job);
    }
    if !problems.is_empty() {
        problems.sort_by_key(|problem| problem.line);
        return Err(problems);
    }
    let alerting = raw.alerting.unwrap_or_default();
    let mut of_each: Vec<Vec<serde_json::Value>> = alerting
        .alertmanagers
        .into_iter()
        .flatten()
        .map(|alertmanager| alertmanager.alert_relabel_configs.unwrap_or_default())
        .collect();
    let mut alert_relabel_configs = alerting.alert_relabel_configs.unwrap_or_default();
    let relabels_alerts_apart = of_each.len() > 1 && of_each.iter().any(|own| !own.is_empty());
    if of_each.len() == 1 {
        alert_relabel_configs.append(&mut of_each[0]);
    }
    Ok(PrometheusConfig {
        file: file.to_owned(),
        alert_relabel_configs,
        relabels_alerts_apart,
        evaluation_interval_ms: evaluation_interval_ms.unwrap_or(DEFAULT_INTERVAL_MS),
        rule_query_offset_ms: rule_query_offset_ms.unwrap_or(0),
        external_labels,
        rule_files: raw.rule_files.unwrap_or_default(),
        jobs,
    })
}

/// The entries of `rule_files` with their lines; `None` where the text is no mapping.
#[must_use]
pub fn rule_file_patterns(text: &str) -> Option<Vec<(usize, String)>> {
    let root = prom::document::tree(text).ok()?;
    let patterns = root.get("rule_files").map(prom::document::Node::items).unwrap_or_default();
    Some(patterns.iter().filter_map(|item| Some((item.line, item.text()?.to_owned()))).collect())
}

impl PrometheusConfig {
    /// What Prometheus does without a configuration: no job, no rule.
    #[must_use]
    pub fn without_file(directory: &Path) -> PrometheusConfig {
        PrometheusConfig {
            file: directory.to_owned(),
            evaluation_interval_ms: DEFAULT_INTERVAL_MS,
            rule_query_offset_ms: 0,
            external_labels: BTreeMap::new(),
            alert_relabel_configs: Vec::new(),
            relabels_alerts_apart: false,
            rule_files: Vec::new(),
            jobs: Vec::new(),
        }
    }
}

fn job(file: &Path, raw: Spanned<RawJob>, global: &Global, problems: &mut Vec<Problem>) -> Job {
    let line = yaml::line(&raw.referenced);
    let raw = raw.value;
    let name = raw.job_name.map(|name| name.value).unwrap_or_default();
    if name.is_empty() {
        problems.push(Problem::new(
            Code::MissingKey,
            file,
            line,
            "scrape configuration without job_name",
        ));
    }
    let interval_ms =
        yaml::duration_ms(file, raw.scrape_interval.as_ref(), "scrape_interval", problems);
    // Zero is "not set" to Prometheus.
    let scrape_interval_ms = interval_ms.filter(|millis| *millis > 0).unwrap_or(global.interval_ms);
    let timeout_ms =
        yaml::duration_ms(file, raw.scrape_timeout.as_ref(), "scrape_timeout", problems);
    let scrape_timeout_ms = match timeout_ms.filter(|millis| *millis > 0) {
        Some(timeout) if timeout > scrape_interval_ms => {
            let line = raw.scrape_timeout.as_ref().and_then(|value| yaml::line(&value.referenced));
            let message =
                format!("scrape_timeout of job {name:?} is longer than its scrape_interval");
            problems.push(Problem::new(Code::TimeoutAboveInterval, file, line, message));
            timeout
        }
        Some(timeout) => timeout,
        None => global.timeout_ms.min(scrape_interval_ms),
    };
    let body_bytes = body_bytes(file, raw.body_size_limit.as_ref(), problems);
    let limits = limits!(raw, body_bytes).or(global.limits);
    let converts_histograms = raw.convert_classic_histograms_to_nhcb;
    let static_configs = raw.static_configs.unwrap_or_default();
    let file_sd = raw.file_sd_configs.unwrap_or_default();
    Job {
        line,
        name,
        scrape_interval_ms,
        scrape_timeout_ms,
        metrics_path: raw.metrics_path.unwrap_or_else(|| "/metrics".to_owned()),
        honor_labels: raw.honor_labels,
        static_targets: static_configs.into_iter().map(TargetGroup::from).collect(),
        file_sd: file_sd.into_iter().flat_map(|discovery| discovery.files).collect(),
        relabel_configs: raw.relabel_configs.unwrap_or_default(),
        metric_relabel_configs: raw.metric_relabel_configs.unwrap_or_default(),
        limits,
        converts_histograms: converts_histograms.unwrap_or(global.converts_histograms),
    }
}

fn body_bytes(file: &Path, size: Option<&Spanned<String>>, problems: &mut Vec<Problem>) -> u64 {
    let Some(size) = size else { return 0 };
    limits::bytes(&size.value).unwrap_or_else(|error| {
        let message = format!("body_size_limit: {:?} is {error}", size.value);
        problems.push(Problem::new(
            Code::InvalidValue,
            file,
            yaml::line(&size.referenced),
            message,
        ));
        0
    })
}

#[cfg(test)]
mod tests;
