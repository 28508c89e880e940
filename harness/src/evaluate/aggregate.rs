//! Aggregations, and quantiles of histograms, which group their buckets likewise.
//!
//! Mirrors `aggregation` of Prometheus' `promql/engine.go` and `histogram_quantile` of `promql/functions.go`.

use std::{collections::BTreeMap, sync::Arc};

use super::{Shift, row::Row};
use crate::{
    client::answer::Labels,
    oracle::{Era, histogram_quantile_shifted},
    promql::{Grouping, tree::Aggregation},
};

const NAME: &str = "__name__";
const LE: &str = "le";

/// A sum that loses nothing to rounding (Neumaier's variant of Kahan's), or a plain one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sum {
    sum: f64,
    lost: f64,
    compensates: bool,
}

impl Sum {
    pub(super) fn compensated() -> Sum {
        Sum { sum: 0.0, lost: 0.0, compensates: true }
    }

    /// As the engine adds elements: plain before 3.0.
    fn of_elements(era: Era) -> Sum {
        Sum { compensates: era >= Era::From3_0, ..Sum::compensated() }
    }

    pub(super) fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        if self.compensates {
            self.lost += match () {
                () if sum.is_infinite() => -self.lost,
                () if self.sum.abs() >= value.abs() => (self.sum - sum) + value,
                () => (value - sum) + self.sum,
            };
        }
        self.sum = sum;
    }

    pub(super) fn value(self) -> f64 {
        if self.compensates { self.sum + self.lost } else { self.sum }
    }
}

/// An aggregation at each evaluation.
pub(super) fn aggregate(
    era: Era,
    aggregation: Aggregation,
    grouping: &Grouping,
    rows: &[Row],
) -> Vec<Row> {
    let mut found = Vec::new();
    for (labels, members) in groups(rows, |labels| group(labels, grouping)) {
        let n = members.first().map_or(0, |row| row.values.len());
        let values = match aggregation {
            Aggregation::Sum | Aggregation::Avg => {
                let mut sums = vec![(Sum::of_elements(era), 0_u32); n];
                for row in &members {
                    for ((sum, count), value) in sums.iter_mut().zip(&row.values) {
                        if let Some(value) = value {
                            sum.add(*value);
                            *count += 1;
                        }
                    }
                }
                let divides = aggregation == Aggregation::Avg;
                let value = |(sum, count): (Sum, u32)| {
                    let divisor = if divides { f64::from(count) } else { 1.0 };
                    (0 < count).then(|| sum.value() / divisor)
                };
                sums.into_iter().map(value).collect()
            }
            Aggregation::Count => fold(&members, n, |_| 1.0, |known, _| known + 1.0),
            Aggregation::Group => fold(&members, n, |_| 1.0, |known, _| known),
            Aggregation::Min => extreme(&members, n, |new, known| new < known),
            Aggregation::Max => extreme(&members, n, |new, known| new > known),
        };
        found.push(Row { labels: Arc::new(labels), values });
    }
    found
}

fn fold(
    members: &[&Row],
    n: usize,
    first: impl Fn(f64) -> f64,
    next: impl Fn(f64, f64) -> f64,
) -> Vec<Option<f64>> {
    let mut values = vec![None; n];
    for row in members {
        for (known, value) in values.iter_mut().zip(&row.values) {
            if let Some(value) = *value {
                *known = Some(known.map_or_else(|| first(value), |known| next(known, value)));
            }
        }
    }
    values
}

/// A NaN gives way to any number.
fn extreme(members: &[&Row], n: usize, beats: impl Fn(f64, f64) -> bool) -> Vec<Option<f64>> {
    let better =
        |known: f64, new: f64| if beats(new, known) || known.is_nan() { new } else { known };
    fold(members, n, |value| value, better)
}

fn groups(rows: &[Row], key: impl Fn(&Labels) -> Labels) -> BTreeMap<Labels, Vec<&Row>> {
    let mut groups: BTreeMap<Labels, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        groups.entry(key(&row.labels)).or_default().push(row);
    }
    groups
}

/// The labels that an aggregation leaves.
fn group(labels: &Labels, grouping: &Grouping) -> Labels {
    let stays = |name: &str| match grouping {
        Grouping::By(names) => names.iter().any(|by| by == name),
        Grouping::Without(names) => name != NAME && !names.iter().any(|without| without == name),
    };
    labels.iter().filter(|(name, _)| stays(name)).collect()
}

/// `histogram_quantile` at each evaluation; elements without a readable `le` are passed by.
pub(super) fn quantile(era: Era, q: f64, rows: &[Row], shift: Shift) -> Vec<Row> {
    let bound = |row: &Row| row.labels.get(LE)?.parse::<f64>().ok();
    let mut found = Vec::new();
    for (labels, members) in groups(rows, |labels| labels.without(LE).without(NAME)) {
        let buckets: Vec<(f64, &Row)> =
            members.iter().filter_map(|row| Some((bound(row)?, *row))).collect();
        let n = members.first().map_or(0, |row| row.values.len());
        let mut counts = Vec::with_capacity(buckets.len());
        let at = |nth: usize| {
            counts.clear();
            let there = buckets.iter().filter_map(|(bound, row)| Some((*bound, row.values[nth]?)));
            counts.extend(there);
            (!counts.is_empty()).then(|| histogram_quantile_shifted(era, q, &counts, shift))
        };
        found.push(Row { labels: Arc::new(labels), values: (0..n).map(at).collect() });
    }
    found
}
