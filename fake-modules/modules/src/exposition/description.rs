//! Families and series as data: names, labels and kinds, without values.
//!
//! Made by the module that shows them, read by the layout, the text and backfill. A family's label sets are complete:
//! what is not listed is not shown.

use std::{borrow::Cow, sync::Arc};

/// Label names and values in the order of the text, without `le`.
pub type LabelSet = Box<[(&'static str, Cow<'static, str>)]>;

/// A metric with all its label sets.
#[derive(Clone, Debug, PartialEq)]
pub struct FamilyDescription {
    /// The name as OpenMetrics has it: a counter's is without `_total`.
    pub name: Cow<'static, str>,
    /// What it counts or measures, with its unit.
    pub help: &'static str,
    /// Its type.
    pub kind: FamilyKind,
    /// The label sets shown, each once.
    pub label_sets: Arc<[LabelSet]>,
}

/// The type of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FamilyKind {
    /// Only grows, except at a restart.
    Counter,
    /// Any number at any time.
    Gauge,
    /// Cumulative buckets, sum and count.
    Histogram {
        /// Upper bounds, ascending, without `+Inf`.
        bounds: &'static [f64],
    },
}

impl FamilyKind {
    /// How many series each label set has.
    #[must_use]
    pub(crate) fn series_per_label_set(self) -> usize {
        match self {
            FamilyKind::Counter | FamilyKind::Gauge => 1,
            // A bucket per bound, `+Inf`, `_sum` and `_count`.
            FamilyKind::Histogram { bounds } => bounds.len() + 3,
        }
    }

    /// The name of the type in both text formats.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            FamilyKind::Counter => "counter",
            FamilyKind::Gauge => "gauge",
            FamilyKind::Histogram { .. } => "histogram",
        }
    }
}

impl FamilyDescription {
    /// How many series the family has.
    #[must_use]
    pub fn n_series(&self) -> usize {
        self.label_sets.len() * self.kind.series_per_label_set()
    }
}

/// One series: what Prometheus stores under one set of labels.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SeriesDescription {
    /// The name as stored, such as `llm_provider_requests_total` or `…_bucket`.
    pub name: String,
    /// Label names and values in the order of the text; a bucket's `le` comes last.
    pub labels: Vec<(&'static str, Cow<'static, str>)>,
    /// Which part of what it is.
    pub kind: SeriesKind,
    /// The position of its family in [`Exposition::families`](super::Exposition::families).
    pub family: usize,
}

/// What a series is to its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SeriesKind {
    /// A counter.
    Counter,
    /// A gauge.
    Gauge,
    /// A histogram's cumulative bucket.
    Bucket,
    /// A histogram's sum.
    Sum,
    /// A histogram's count.
    Count,
}

impl SeriesKind {
    /// What follows the family's name in the series' name.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            SeriesKind::Counter => "_total",
            SeriesKind::Gauge => "",
            SeriesKind::Bucket => "_bucket",
            SeriesKind::Sum => "_sum",
            SeriesKind::Count => "_count",
        }
    }
}

/// The parts of one label set's series, in order, with each bucket's `le`.
pub(super) fn parts(kind: FamilyKind) -> Vec<(SeriesKind, Option<Cow<'static, str>>)> {
    match kind {
        FamilyKind::Counter => vec![(SeriesKind::Counter, None)],
        FamilyKind::Gauge => vec![(SeriesKind::Gauge, None)],
        FamilyKind::Histogram { bounds } => bounds
            .iter()
            // `Debug` writes whole numbers as `1.0`, the canonical form of OpenMetrics, which Prometheus 3 stores.
            .map(|bound| (SeriesKind::Bucket, Some(Cow::Owned(format!("{bound:?}")))))
            .chain([
                (SeriesKind::Bucket, Some(Cow::Borrowed("+Inf"))),
                (SeriesKind::Sum, None),
                (SeriesKind::Count, None),
            ])
            .collect(),
    }
}
