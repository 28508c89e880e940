//! A metric as it is registered and shown: its description, its cells, and how cells become values.
//!
//! Made at registration, read at every scrape (by a module into plain values, by prometheus-client into its own text).
//! Both readings come from the same cells. Nothing here counts.

use std::{
    borrow::Cow,
    fmt,
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder, NoLabelSet},
    metrics::{MetricType, exemplar::Exemplar},
    registry::Registry,
};

use super::{
    handle::{Cells, cells},
    metric::Metric,
};
use crate::exposition::{FamilyDescription, FamilyKind, LabelSet};

/// What 1 in a counter's or gauge's cell is worth.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    /// One of what the name says.
    One,
    /// A thousandth of it.
    Milli,
    /// A thousand-millionth of it.
    Nano,
}

/// A metric with all its label sets.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    /// Which metric of the contract; `None` where no event is counted.
    pub(crate) metric: Option<Metric>,
    pub(crate) description: FamilyDescription,
    unit: Unit,
    /// Label set by label set; of a histogram its buckets, not cumulative, and its sum in nanoseconds.
    pub(crate) cells: Cells,
}

impl Family {
    /// A family that counts events, at 0.
    pub(super) fn of(
        metric: Metric,
        help: &'static str,
        kind: FamilyKind,
        unit: Unit,
        label_sets: Vec<LabelSet>,
    ) -> Family {
        let name = Cow::Borrowed(metric.family_name());
        Family { metric: Some(metric), ..Family::new(name, help, kind, unit, label_sets) }
    }

    /// A family that counts no events, at 0.
    pub(crate) fn new(
        name: Cow<'static, str>,
        help: &'static str,
        kind: FamilyKind,
        unit: Unit,
        label_sets: Vec<LabelSet>,
    ) -> Family {
        let cells = cells(label_sets.len() * cells_per_label_set(kind));
        let label_sets = label_sets.into();
        let description = FamilyDescription { name, help, kind, label_sets };
        Family { metric: None, description, unit, cells }
    }

    pub(crate) fn cells_per_label_set(&self) -> usize {
        cells_per_label_set(self.description.kind)
    }

    /// Sets every cell.
    pub(crate) fn fill(&self, value: u64) {
        for cell in self.cells.iter() {
            cell.store(value, Ordering::Relaxed);
        }
    }

    /// Writes the values of some consecutive label sets, in the order of their series.
    pub(crate) fn read(&self, label_sets: Range<usize>, values: &mut [f64]) {
        let width = self.cells_per_label_set();
        let cells = &self.cells[label_sets.start * width..label_sets.end * width];
        match self.description.kind {
            FamilyKind::Counter | FamilyKind::Gauge => match self.unit {
                Unit::One => read_each(cells, values, |cell| cell),
                Unit::Milli => read_each(cells, values, |cell| cell / 1e3),
                Unit::Nano => read_each(cells, values, |cell| cell / 1e9),
            },
            FamilyKind::Histogram { .. } => {
                for (cells, values) in
                    cells.chunks_exact(width).zip(values.chunks_exact_mut(width + 1))
                {
                    read_histogram(cells, values);
                }
            }
        }
    }
}

/// A counter has one cell; a histogram one per bound, `+Inf` and the sum.
fn cells_per_label_set(kind: FamilyKind) -> usize {
    match kind {
        FamilyKind::Counter | FamilyKind::Gauge => 1,
        FamilyKind::Histogram { bounds } => bounds.len() + 2,
    }
}

#[inline]
fn read_each(cells: &[AtomicU64], values: &mut [f64], in_unit: impl Fn(f64) -> f64) {
    for (cell, value) in cells.iter().zip(values) {
        *value = in_unit(number(cell.load(Ordering::Relaxed)));
    }
}

#[inline]
fn read_histogram(cells: &[AtomicU64], values: &mut [f64]) {
    let [buckets @ .., sum] = cells else { return };
    let [cumulative @ .., sum_value, count_value] = values else { return };
    let mut count = 0;
    for (bucket, value) in buckets.iter().zip(cumulative) {
        count += bucket.load(Ordering::Relaxed);
        *value = number(count);
    }
    *sum_value = number(sum.load(Ordering::Relaxed)) / 1e9;
    *count_value = number(count);
}

/// Signed, because an epoch may precede 1970, and because it converts in one instruction; no counter reaches 2⁶³.
#[inline]
fn number(cell: u64) -> f64 {
    cell as i64 as f64
}

/// A registry that shows these families with prometheus-client's own encoder.
pub(crate) fn registry<'a>(families: impl IntoIterator<Item = &'a Family>) -> Registry {
    let mut registry = Registry::default();
    for family in families {
        let FamilyDescription { name, help, .. } = &family.description;
        // The registry adds a full stop of its own.
        registry.register(name.clone(), help.trim_end_matches('.'), family.clone());
    }
    registry
}

impl EncodeMetric for Family {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let mut values = vec![0.0; self.description.kind.series_per_label_set()];
        for (i, label_set) in self.description.label_sets.iter().enumerate() {
            self.read(i..i + 1, &mut values);
            if label_set.is_empty() {
                self.encode_values(&mut encoder, i, &values)?;
            } else {
                self.encode_values(&mut encoder.encode_family(&&label_set[..])?, i, &values)?;
            }
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        match self.description.kind {
            FamilyKind::Counter => MetricType::Counter,
            FamilyKind::Gauge => MetricType::Gauge,
            FamilyKind::Histogram { .. } => MetricType::Histogram,
        }
    }
}

impl Family {
    fn encode_values(
        &self,
        encoder: &mut MetricEncoder<'_>,
        label_set: usize,
        values: &[f64],
    ) -> fmt::Result {
        match self.description.kind {
            FamilyKind::Counter => {
                encoder.encode_counter(&values[0], None::<&Exemplar<NoLabelSet, u64>>)
            }
            FamilyKind::Gauge => encoder.encode_gauge(&values[0]),
            FamilyKind::Histogram { bounds } => {
                #[expect(clippy::disallowed_types, reason = "of prometheus-client; there is none")]
                type Exemplars<'a> =
                    Option<&'a std::collections::HashMap<usize, Exemplar<NoLabelSet, f64>>>;
                let exemplars: Exemplars<'_> = None;
                // prometheus-client cumulates by itself.
                let width = self.cells_per_label_set();
                let cells = &self.cells[label_set * width..];
                let uppers = bounds.iter().copied().chain([f64::INFINITY]);
                let buckets: Vec<(f64, u64)> =
                    uppers.zip(cells.iter().map(|cell| cell.load(Ordering::Relaxed))).collect();
                let count = buckets.iter().map(|(_, count)| count).sum();
                encoder.encode_histogram(values[bounds.len() + 1], count, &buckets, exemplars)
            }
        }
    }
}
