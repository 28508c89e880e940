//! Aggregations, and quantiles of histograms, which group their buckets likewise.
//!
//! Mirrors `aggregation` of Prometheus' `promql/engine.go` and `histogram_quantile` of `promql/functions.go`.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    row::Row,
    sum::{Mean, Sum},
};
use prom::{
    promql::operator::{Aggregation, Grouping},
    series::Labels,
};

use crate::oracle::{Era, histogram_quantile_shifted};

const NAME: &str = "__name__";
const LE: &str = "le";

/// An aggregation at each evaluation; `None` where it is not plain.
pub(super) fn aggregate(
    era: Era,
    aggregation: Aggregation,
    grouping: &Grouping,
    rows: &[Row],
) -> Option<Vec<Row>> {
    let mut found = Vec::new();
    for (labels, members) in groups(rows, |labels| group(labels, grouping)) {
        let n = members.first().map_or(0, |row| row.values.len());
        let values = match aggregation {
            Aggregation::Sum => {
                let mut sums = vec![None; n];
                each(&members, &mut sums, |sum: &mut Option<Sum>, value| {
                    sum.get_or_insert_with(|| Sum::of_elements(era)).add(value);
                });
                sums.into_iter().map(|sum| sum.map(Sum::value)).collect()
            }
            Aggregation::Avg => {
                let mut means = vec![Mean::of_elements(era); n];
                each(&members, &mut means, Mean::add);
                means.into_iter().map(Mean::value).collect()
            }
            Aggregation::Count => fold(&members, n, |_| 1.0, |known, _| known + 1.0),
            Aggregation::Group => fold(&members, n, |_| 1.0, |known, _| known),
            Aggregation::Min => extreme(&members, n, |new, known| new < known),
            Aggregation::Max => extreme(&members, n, |new, known| new > known),
            Aggregation::Stddev
            | Aggregation::Stdvar
            | Aggregation::Topk
            | Aggregation::Bottomk
            | Aggregation::CountValues
            | Aggregation::Quantile
            | Aggregation::Limitk
            | Aggregation::LimitRatio => return None,
        };
        found.push(Row { labels: Arc::new(labels), values });
    }
    Some(found)
}

/// Every value of every member with what is kept of its evaluation.
fn each<T>(members: &[&Row], kept: &mut [T], mut add: impl FnMut(&mut T, f64)) {
    for row in members {
        for (kept, value) in kept.iter_mut().zip(&row.values) {
            if let Some(value) = value {
                add(kept, *value);
            }
        }
    }
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
    let is_without = matches!(grouping, Grouping::Without(_));
    let stays = |name: &str| grouping.keeps(name) && !(is_without && name == NAME);
    labels.iter().filter(|(name, _)| stays(name)).collect()
}

/// `histogram_quantile` at each evaluation; elements without a readable `le` are passed by.
///
/// Buckets of two metrics are two histograms: names stay, and it is for the caller to drop them.
pub(super) fn quantile(era: Era, q: f64, rows: &[Row], shift: f64) -> Vec<Row> {
    let bound = |row: &Row| row.labels.get(LE)?.parse::<f64>().ok();
    let mut found = Vec::new();
    for (labels, members) in groups(rows, |labels| labels.without(LE)) {
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
