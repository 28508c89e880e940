//! Every series name that Prometheus will know, with type, labels and jobs.
//!
//! Derived once from the emitted metrics, the configuration and the rules:
//! histograms unfold into their series, `up` and its like come from scraping,
//! recording rules add their names. Labels of recorded series are not known.

use std::collections::{BTreeMap, BTreeSet};

use super::Inputs;
use super::emitted::{EmittedMetric, LabelValues, MetricKind};
use monitoring::RuleKind;
use prom::promql::MetricNames;

/// What scraping itself adds for every target (scrape/scrape.go, `report`).
const SCRAPE_SERIES: [&str; 5] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
];

/// What the rule manager adds for every alert (rules/alerting.go).
const ALERT_SERIES: [&str; 2] = ["ALERTS", "ALERTS_FOR_STATE"];

/// One series name.
#[derive(Debug)]
pub(super) struct Series<'a> {
    pub(super) kind: SeriesKind,
    /// All labels; `None` where they are not known.
    pub(super) labels: Option<BTreeMap<&'a str, LabelValues>>,
    /// Jobs that scrape it; empty where no scrape makes it.
    pub(super) jobs: BTreeSet<&'a str>,
    /// The metric it belongs to, for those that modules emit.
    pub(super) family: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SeriesKind {
    Counter,
    Gauge,
    /// `_bucket` of a classic histogram.
    Bucket,
    /// Result of a recording rule, or alert state.
    Computed,
}

#[derive(Debug)]
pub(super) struct Catalogue<'a> {
    pub(super) series: BTreeMap<String, Series<'a>>,
    foreign_prefixes: &'a [String],
}

impl<'a> Catalogue<'a> {
    pub(super) fn of(inputs: &Inputs<'a>) -> Self {
        let emitted = inputs.emitted;
        let mut series = BTreeMap::new();
        for (name, metric) in &emitted.metrics {
            let parts: &[(&str, SeriesKind)] = match metric.kind {
                MetricKind::Counter => &[("", SeriesKind::Counter)],
                MetricKind::Gauge => &[("", SeriesKind::Gauge)],
                MetricKind::Histogram => &[
                    ("_bucket", SeriesKind::Bucket),
                    ("_sum", SeriesKind::Counter),
                    ("_count", SeriesKind::Counter),
                ],
            };
            for (suffix, kind) in parts {
                let is_open = metric.jobs.iter().any(|job| emitted.open_jobs.contains(job));
                let labels = (!is_open).then(|| labels(inputs, Some(metric), *kind));
                let jobs = metric.jobs.iter().map(String::as_str).collect();
                let entry = Series { kind: *kind, labels, jobs, family: Some(name) };
                series.insert(format!("{name}{suffix}"), entry);
            }
        }
        let all_jobs: BTreeSet<&str> =
            inputs.prometheus.jobs.iter().map(|job| job.name.as_str()).collect();
        for name in SCRAPE_SERIES {
            let labels =
                emitted.open_jobs.is_empty().then(|| labels(inputs, None, SeriesKind::Gauge));
            let entry =
                Series { kind: SeriesKind::Gauge, labels, jobs: all_jobs.clone(), family: None };
            series.insert(name.to_owned(), entry);
        }
        let recorded =
            inputs.rules.iter().flat_map(|file| &file.groups).flat_map(|group| &group.rules);
        let recorded = recorded.filter_map(|rule| match &rule.kind {
            RuleKind::Record { metric } => Some(metric.as_str()),
            RuleKind::Alert { .. } => None,
        });
        for name in recorded.chain(ALERT_SERIES) {
            let entry = Series {
                kind: SeriesKind::Computed,
                labels: None,
                jobs: BTreeSet::new(),
                family: None,
            };
            series.insert(name.to_owned(), entry);
        }
        Self { series, foreign_prefixes: &emitted.foreign_prefixes }
    }

    /// The known series that a selector can select, with their names.
    pub(super) fn selected(&self, metrics: &MetricNames) -> Vec<(&str, &Series<'a>)> {
        if matches!(metrics, MetricNames::Variable) {
            return Vec::new();
        }
        let all = self.series.iter().map(|(name, series)| (name.as_str(), series));
        all.filter(|(name, _)| metrics.may_select(name)).collect()
    }

    /// Whether others expose the name.
    pub(super) fn is_foreign(&self, name: &str) -> bool {
        self.foreign_prefixes.iter().any(|prefix| name.starts_with(prefix))
    }
}

fn labels<'a>(
    inputs: &Inputs<'a>,
    metric: Option<&'a EmittedMetric>,
    kind: SeriesKind,
) -> BTreeMap<&'a str, LabelValues> {
    let own = metric.into_iter().flat_map(|metric| &metric.labels);
    let all = inputs.emitted.target_labels.iter().chain(own);
    let mut labels: BTreeMap<&str, LabelValues> =
        all.map(|(name, values)| (name.as_str(), values.clone())).collect();
    if let (SeriesKind::Bucket, Some(metric)) = (kind, metric) {
        let known = (!metric.buckets.is_empty()).then(|| LabelValues::Of(metric.buckets.clone()));
        labels.insert("le", known.unwrap_or(LabelValues::Any));
    }
    labels
}
