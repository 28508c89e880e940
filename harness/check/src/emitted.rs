//! What the scraped modules expose, as the checks need it.
//!
//! Filled by the caller from the metric contract or from a real exposition;
//! the checks take it as it is. Names are as exposed, one entry per family.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// All metrics of all modules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EmittedMetrics {
    /// What problems name as their file where a metric itself is at fault.
    pub source: PathBuf,
    /// By name: of counters with `_total`, of histograms without `_bucket`.
    pub metrics: BTreeMap<String, EmittedMetric>,
    /// Labels that scraping adds to every series: `job`, `instance`, `module`, ….
    pub target_labels: BTreeMap<String, LabelValues>,
    /// Jobs that copy labels of discovery, which are not known, to what they store.
    pub open_jobs: BTreeSet<String>,
    /// Beginnings of names that others expose and that are not judged, e.g. `prometheus_`.
    pub foreign_prefixes: Vec<String>,
}

/// One metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmittedMetric {
    /// Its type.
    pub kind: MetricKind,
    /// Names of the jobs that scrape it.
    pub jobs: BTreeSet<String>,
    /// Its labels without those of the target; of a histogram without `le`.
    pub labels: BTreeMap<String, LabelValues>,
    /// `le` values of a histogram's buckets as Prometheus stores them; empty
    /// where they are not known.
    pub buckets: BTreeSet<String>,
}

/// Type of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows, but for resets.
    Counter,
    /// Goes up and down; also info metrics.
    Gauge,
    /// Classic histogram: `_bucket`, `_sum` and `_count`.
    Histogram,
}

/// The values that a label can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelValues {
    /// Not known, or not bounded.
    Any,
    /// These and no others.
    Of(BTreeSet<String>),
}

impl LabelValues {
    /// Exactly `values`.
    pub fn of<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
        Self::Of(values.into_iter().map(Into::into).collect())
    }
}
