//! From the courses of all leaves to the series of a case.
//!
//! Called for each case. Knows which series are whose, and nothing of what is expected.

use std::collections::BTreeMap;

use super::{
    CaseSeries,
    atoms::Atoms,
    course::{self, Course},
    gate::{self, Gate},
    grid::Grid,
    labels::LabelMap,
    node::{Leaf, LeafKind, Levels, Model},
};
use prom::series::Labels;

/// A sample is seen for this long.
const LOOKBACK_MS: i64 = 300_000;
/// The label that sets two parts of a sum apart, and its value in the second.
const PART: (&str, &str) = ("instance", "10.0.0.9:9090");

/// The windows of all leaves.
pub(super) fn windows(model: &Model) -> Vec<i64> {
    let mut windows: Vec<i64> =
        model.leaves.iter().flat_map(|leaf| leaf.windows.iter().copied()).collect();
    windows.sort_unstable();
    windows.dedup();
    windows
}

/// Courses that hold `levels` at all evaluations; `None` where a level cannot be held that long.
pub(super) fn steady(
    model: &Model,
    atoms: &Atoms,
    levels: &Levels,
    grid: &Grid,
) -> Option<Vec<Course>> {
    let own = atoms.own(levels);
    let each = own.into_iter().enumerate();
    each.map(|(nth, level)| hold(model, levels, nth, level, grid)).collect()
}

fn hold(
    model: &Model,
    levels: &Levels,
    nth: usize,
    own: Option<f64>,
    grid: &Grid,
) -> Option<Course> {
    let leaf = &model.leaves[nth];
    let Some(level) = own else { return Some(Course::Absent) };
    match leaf.kind {
        LeafKind::Changes => {
            let window = *leaf.windows.first()?;
            let last = grid.n_evaluations - 1;
            let mut events: Vec<(usize, f64)> = (0..grid.n_intervals())
                .filter(|i| grid.sees(0, window, *i) && grid.sees(last, window, *i))
                .map(|interval| (interval, 1.0))
                .collect();
            let surplus = events.len().checked_sub(level as usize)?;
            events.drain(..surplus);
            Some(Course::Events(0.0, events))
        }
        LeafKind::Age => {
            // An age only grows: it has its level at the first evaluation or at the last, whichever keeps the whole as
            // it is.
            let last = grid.n_evaluations - 1;
            let grows = grid.evaluation(last) as f64 / 1000.0;
            let with = |age: f64| {
                let mut levels = levels.clone();
                levels[nth] = Some(age.max(0.0));
                model.root.eval(&levels).is_some()
            };
            let is_seen = |age: f64| age * 1000.0 < LOOKBACK_MS as f64;
            let at = if with(level + grows) == with(level) && is_seen(level + grows) {
                0
            } else if with(level - grows) == with(level) && is_seen(level) {
                last
            } else {
                return None;
            };
            Some(Course::Silence { age: level, at, until: grid.n_evaluations })
        }
        // What is left of a sum after its parts may be a rounding below zero.
        LeafKind::Counter => Some(Course::Steady(level.max(0.0))),
        _ => Some(Course::Steady(level)),
    }
}

/// Courses of a condition that holds at `levels`, switched by `gate` so that it does at the evaluations `on` alone.
pub(super) fn switched(
    model: &Model,
    atoms: &Atoms,
    levels: &Levels,
    gate: Gate,
    on: &[bool],
    grid: &Grid,
) -> Option<Vec<Course>> {
    let own = atoms.own(levels);
    let each = (0..model.leaves.len()).map(|nth| {
        if nth == gate.leaf() {
            gate::course(gate, own[nth], model, on, grid)
        } else {
            hold(model, levels, nth, own[nth], grid)
        }
    });
    each.collect()
}

/// The series of one or more groups, and how long before the first evaluation nothing else may stand; an error names
/// the leaf whose series are needed at two levels at once.
pub(super) fn series(
    model: &Model,
    groups: &[(&Atoms, Vec<Course>)],
    grid: &Grid,
) -> Result<(Vec<CaseSeries>, i64), String> {
    let mut all: BTreeMap<LabelMap, Vec<(i64, f64)>> = BTreeMap::new();
    for (nth, leaf) in model.leaves.iter().enumerate() {
        for (atoms, courses) in groups {
            if atoms.is_twin(nth) {
                continue;
            }
            let labels = &atoms.series[nth];
            let halves = halves(leaf, labels);
            for (labels, samples) in course::samples(leaf, labels, &courses[nth], halves, grid) {
                let Some(known) = all.get_mut(&labels) else {
                    all.insert(labels, samples);
                    continue;
                };
                let span = |points: &[(i64, f64)]| Some((points.first()?.0, points.last()?.0));
                match (span(known), span(&samples)) {
                    // Series that all groups share.
                    (Some(_), Some(_)) if same(known, &samples) => {}
                    (Some(one), Some(other)) if one.1 < other.0 || other.1 < one.0 => {
                        known.extend(samples);
                        known.sort_by_key(|(at, _)| *at);
                    }
                    (Some(_), Some(_)) => return Err(leaf.text.clone()),
                    _ => known.extend(samples),
                }
            }
        }
    }
    all.retain(|_, samples| !samples.is_empty());
    let first = all.values().filter_map(|samples| Some(samples.first()?.0)).min().unwrap_or(0);
    let before = grid.samples().next().unwrap_or(0).min(first);
    let series = all
        .into_iter()
        .map(|(labels, samples)| CaseSeries { labels: Labels::from_iter(labels), samples })
        .collect();
    Ok((series, LOOKBACK_MS + grid.step_ms - before))
}

fn same(one: &[(i64, f64)], other: &[(i64, f64)]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(a, b)| a.0 == b.0 && a.1.to_bits() == b.1.to_bits())
}

/// The labels of a second series that carries half of a sum.
fn halves(leaf: &Leaf, labels: &LabelMap) -> Option<LabelMap> {
    let is_sum = matches!(leaf.kind, LeafKind::Counter | LeafKind::Gauge) && leaf.summed;
    let is_free = labels.contains_key(PART.0)
        && !leaf.wanted.contains(PART.0)
        && !leaf.matchers.iter().any(|matcher| matcher.label() == PART.0);
    (is_sum && is_free).then(|| {
        let mut labels = labels.clone();
        labels.insert(PART.0.to_owned(), PART.1.to_owned());
        labels
    })
}
