//! What is left of a module's metrics once a job has changed the labels of its samples.
//!
//! Only for jobs that do: the others show what the module does. Limits are no matter here, a refused scrape is found
//! where scraping is played.

use std::collections::{BTreeMap, BTreeSet};

use modules::exposition::{Exposition, FamilyKind, SeriesKind};
use serde_json::Value;

use super::{EmittedMetric, LabelValues, MetricKind};
use monitoring::{Job, limits::Limits};
use prom::version::Line;
use scrape::Intake;

/// A job that changes labels, and the labels of its target.
pub(super) struct Relabelled {
    job: String,
    intake: Intake,
    target: Vec<(String, String)>,
}

impl Relabelled {
    /// Nothing where a job stores what is shown, or does what is not emulated.
    pub(super) fn of(
        job: &Job,
        (address, labels): (String, BTreeMap<String, String>),
    ) -> Option<Relabelled> {
        let intake = Intake::of(job, Line::V3).ok()?;
        let mut target: BTreeMap<String, String> =
            [("job", job.name.clone()), ("instance", address)]
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
        target.extend(labels.into_iter().filter(|(name, _)| !name.starts_with("__")));
        for step in &job.relabel_configs {
            let text = |key: &str| step.get(key).and_then(Value::as_str);
            let is_constant = step.get("source_labels").is_none() && text("action").is_none();
            if let (Some(name), Some(value), true) =
                (text("target_label"), text("replacement"), is_constant)
            {
                target.insert(name.to_owned(), value.to_owned());
            }
        }
        if intake.relabel.is_empty() {
            return None;
        }
        let intake = Intake { limits: Limits::default(), ..intake };
        Some(Relabelled { job: job.name.clone(), intake, target: target.into_iter().collect() })
    }

    /// Adds what is stored of an exposition.
    pub(super) fn add(
        &self,
        exposition: &Exposition<'_>,
        metrics: &mut BTreeMap<String, EmittedMetric>,
    ) {
        for (nth, labels) in self.intake.read(&self.target, exposition).stored {
            let series = &exposition.series()[nth];
            let Some((_, name)) = labels.iter().find(|(name, _)| name == "__name__") else {
                continue;
            };
            let suffix = match series.kind {
                SeriesKind::Bucket => "_bucket",
                SeriesKind::Sum => "_sum",
                SeriesKind::Count => "_count",
                SeriesKind::Counter | SeriesKind::Gauge => "",
            };
            // A bucket that is no longer called one is just a number.
            let (name, kind) = match name.strip_suffix(suffix) {
                Some(name) => (name, kind(exposition.families()[series.family].kind)),
                None => (name.as_str(), MetricKind::Gauge),
            };
            let metric = metrics.entry(name.to_owned()).or_insert_with(|| EmittedMetric {
                kind,
                jobs: BTreeSet::new(),
                labels: BTreeMap::new(),
                buckets: BTreeSet::new(),
            });
            metric.jobs.insert(self.job.clone());
            let own = labels.iter().filter(|label| !self.target.contains(label));
            for (name, value) in own.filter(|(name, _)| name != "__name__") {
                if name == "le" && kind == MetricKind::Histogram {
                    metric.buckets.insert(value.clone());
                    continue;
                }
                let values = metric
                    .labels
                    .entry(name.clone())
                    .or_insert_with(|| LabelValues::Of(BTreeSet::new()));
                if let LabelValues::Of(values) = values {
                    values.insert(value.clone());
                }
            }
        }
    }
}

fn kind(family: FamilyKind) -> MetricKind {
    match family {
        FamilyKind::Counter => MetricKind::Counter,
        FamilyKind::Gauge => MetricKind::Gauge,
        FamilyKind::Histogram { .. } => MetricKind::Histogram,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use modules::module::Module;
    use sim::world::{Instance, Module as ModuleName};

    use super::*;
    use monitoring::config;

    fn relabelled(settings: &str) -> Option<BTreeMap<String, EmittedMetric>> {
        let text = format!(
            "scrape_configs:\n- job_name: j\n  relabel_configs: [{{ target_label: module, replacement: m }}]\n{settings}"
        );
        let config = config::parse(Path::new("p.yml"), &text).unwrap();
        let target = ("localhost:8002".to_owned(), BTreeMap::new());
        let relabelled = Relabelled::of(&config.jobs[0], target)?;
        let instance = Instance { module: ModuleName::LlmProvider, replica: 0 };
        let mut metrics = BTreeMap::new();
        relabelled.add(&Module::new(instance, 0, None).scrape().unwrap(), &mut metrics);
        Some(metrics)
    }

    #[test]
    fn names_and_labels_are_those_after_the_steps() {
        let metrics = relabelled(
            "  label_limit: 1
  metric_relabel_configs:
  - { source_labels: [module], regex: m, action: keep }
  - { source_labels: [__name__], regex: llm_provider_tokens_total, action: drop }
  - { source_labels: [__name__], regex: 'llm_provider_(.*)', target_label: __name__, replacement: 'llm_$1' }
  - { regex: status, action: labelmap, replacement: outcome }
  - { regex: status, action: labeldrop }
",
        )
        .unwrap();
        let requests = &metrics["llm_requests_total"];
        assert_eq!(requests.kind, MetricKind::Counter);
        assert_eq!(requests.labels["outcome"], LabelValues::of(["success", "error"]));
        assert!(!requests.labels.contains_key("status") && !requests.labels.contains_key("module"));
        let duration = &metrics["llm_operation_duration_seconds"];
        assert_eq!(duration.kind, MetricKind::Histogram);
        assert!(duration.buckets.contains("+Inf") && !duration.labels.contains_key("le"));
        assert!(metrics.keys().all(|name| !name.contains("tokens_total")));
    }

    #[test]
    fn a_job_that_changes_nothing_is_left_to_others() {
        assert_eq!(relabelled(""), None);
        assert_eq!(relabelled("  metric_relabel_configs: [{ action: hashmod }]\n"), None);
    }
}
