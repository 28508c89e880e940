//! What the simulated modules really expose, as the checks need it.
//!
//! One module of each kind is scraped at its start, when every bounded label set is shown at 0. Which job scrapes it,
//! and which labels the job adds, is read from the configuration; where relabelling would have to be evaluated, any
//! value counts, so that nothing is called wrong that may be right.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use modules::exposition::{Exposition, FamilyDescription, FamilyKind, SeriesKind};
use modules::module::Module;
use serde_json::Value;
use sim::label::Label;
use sim::world::{self, Instance};

use super::relabelled::Relabelled;
use super::{EmittedMetric, EmittedMetrics, LabelValues, MetricKind};
use monitoring::Monitoring;
use monitoring::{Job, TargetGroup, files, targets};

/// What else is scraped in a deployment: servers whose own metrics are not judged.
const FOREIGN: [&str; 8] = [
    "prometheus_",
    "alertmanager_",
    "grafana_",
    "go_",
    "process_",
    "promhttp_",
    "net_conntrack_",
    "http_",
];

/// The metrics of all modules, as this configuration scrapes them.
#[must_use]
pub fn emitted(monitoring: &Monitoring) -> EmittedMetrics {
    let jobs: Vec<(&Job, Vec<TargetGroup>)> =
        monitoring.config.jobs.iter().map(|job| (job, groups(monitoring, job))).collect();
    let mut metrics = BTreeMap::new();
    for &name in world::Module::ALL {
        let port = format!(":{}", name.default_port());
        let target = |groups: &[TargetGroup]| {
            groups.iter().find_map(|group| {
                let address = group.targets.iter().find(|target| target.ends_with(&port))?;
                Some((address.clone(), group.labels.clone()))
            })
        };
        let scraped_by: Vec<(&Job, Option<Relabelled>)> = jobs
            .iter()
            .filter_map(|(job, groups)| {
                let target = target(groups)?;
                Some((*job, Relabelled::of(job, target)))
            })
            .collect();
        let mut module = Module::new(Instance { module: name, replica: 0 }, 0, None);
        let exposition = module.scrape().expect("a module that was just started answers");
        let plain = scraped_by.iter().filter(|(_, relabelled)| relabelled.is_none());
        let plain: BTreeSet<String> = plain.map(|(job, _)| job.name.clone()).collect();
        if scraped_by.is_empty() || !plain.is_empty() {
            for (index, family) in exposition.families().iter().enumerate() {
                let metric: &mut EmittedMetric = metrics
                    .entry(stored_name(family))
                    .or_insert_with(|| described(family, index, &exposition));
                metric.jobs.extend(plain.iter().cloned());
            }
        }
        for (_, relabelled) in &scraped_by {
            relabelled.iter().for_each(|relabelled| relabelled.add(&exposition, &mut metrics));
        }
    }
    EmittedMetrics {
        source: PathBuf::from("the modules' /metrics"),
        metrics,
        target_labels: target_labels(&jobs),
        open_jobs: open_jobs(&jobs),
        foreign_prefixes: FOREIGN.map(str::to_owned).to_vec(),
    }
}

fn stored_name(family: &FamilyDescription) -> String {
    match family.kind {
        FamilyKind::Counter => format!("{}_total", family.name),
        FamilyKind::Gauge | FamilyKind::Histogram { .. } => family.name.to_string(),
    }
}

fn described(
    family: &FamilyDescription,
    index: usize,
    exposition: &Exposition<'_>,
) -> EmittedMetric {
    let mut labels: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, value) in family.label_sets.iter().flatten() {
        labels.entry((*name).to_owned()).or_default().insert(value.to_string());
    }
    let buckets = exposition
        .series()
        .iter()
        .filter(|series| series.family == index && series.kind == SeriesKind::Bucket)
        .flat_map(|series| &series.labels)
        .filter(|(name, _)| *name == "le")
        .map(|(_, bound)| bound.to_string());
    EmittedMetric {
        kind: match family.kind {
            FamilyKind::Counter => MetricKind::Counter,
            FamilyKind::Gauge => MetricKind::Gauge,
            FamilyKind::Histogram { .. } => MetricKind::Histogram,
        },
        jobs: BTreeSet::new(),
        labels: labels.into_iter().map(|(name, values)| (name, LabelValues::Of(values))).collect(),
        buckets: buckets.collect(),
    }
}

/// A job's targets, in the configuration and in the files that it names. A file that cannot be read has none: the
/// engine itself says so better.
fn groups(monitoring: &Monitoring, job: &Job) -> Vec<TargetGroup> {
    let directory = monitoring.config.file.parent().unwrap_or(Path::new(""));
    let files = job.file_sd.iter().flat_map(|pattern| files::expand(directory, pattern));
    let found = files.filter_map(|file| {
        let text = fs::read_to_string(&file).ok()?;
        targets::parse(&file, &text).ok()
    });
    job.static_targets.iter().cloned().chain(found.flatten()).collect()
}

/// Jobs of which a `labelmap` makes labels out of those of discovery.
fn open_jobs(jobs: &[(&Job, Vec<TargetGroup>)]) -> BTreeSet<String> {
    let maps = |rule: &Value| rule.get("action").and_then(Value::as_str) == Some("labelmap");
    let open = jobs.iter().filter(|(job, _)| job.relabel_configs.iter().any(maps));
    open.map(|(job, _)| job.name.clone()).collect()
}

/// The labels that scraping adds, with their values where these are plain.
fn target_labels(jobs: &[(&Job, Vec<TargetGroup>)]) -> BTreeMap<String, LabelValues> {
    let mut labels: BTreeMap<String, LabelValues> = BTreeMap::new();
    let mut add = |name: &str, value: Option<&str>| {
        let known =
            labels.entry(name.to_owned()).or_insert_with(|| LabelValues::Of(BTreeSet::new()));
        match (value, &mut *known) {
            (Some(value), LabelValues::Of(values)) => {
                values.insert(value.to_owned());
            }
            _ => *known = LabelValues::Any,
        }
    };
    for (job, groups) in jobs {
        add("job", Some(&job.name));
        for (name, value) in groups.iter().flat_map(|group| &group.labels) {
            if !name.starts_with("__") {
                add(name, Some(value));
            }
        }
        for rule in &job.relabel_configs {
            let text = |key: &str| rule.get(key).and_then(Value::as_str);
            let Some(target) = text("target_label").filter(|name| !name.starts_with("__")) else {
                continue;
            };
            // With sources it depends on them whether the label is set, and to what.
            let constant = rule.get("source_labels").is_none() && text("action").is_none();
            let value = text("replacement").filter(|value| constant && !value.contains('$'));
            add(target, value);
        }
    }
    add("instance", None);
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> EmittedMetrics {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../monitoring");
        emitted(&Monitoring::load(&directory).unwrap())
    }

    #[test]
    fn metrics_have_kind_labels_buckets_and_their_modules_job() {
        let emitted = shipped();
        let requests = &emitted.metrics["llm_provider_requests_total"];
        assert_eq!(requests.kind, MetricKind::Counter);
        assert_eq!(requests.jobs, BTreeSet::from(["llm-provider".to_owned()]));
        assert_eq!(requests.labels["status"], LabelValues::of(["success", "error"]));
        let duration = &emitted.metrics["prompt_security_operation_duration_seconds"];
        assert_eq!(duration.kind, MetricKind::Histogram);
        assert!(duration.buckets.contains("+Inf") && duration.buckets.contains("5.0"));
        assert!(!duration.labels.contains_key("le"));
    }

    #[test]
    fn relabelling_gives_modules_and_anything_may_be_an_instance() {
        let labels = shipped().target_labels;
        let modules: Vec<&str> = world::Module::ALL.iter().map(|module| module.as_str()).collect();
        assert_eq!(labels["module"], LabelValues::of(modules));
        assert_eq!(labels["instance"], LabelValues::Any);
    }
}
