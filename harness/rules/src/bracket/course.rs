//! From levels over time to samples: what each leaf's series hold, so that the engine's arithmetic gives the levels.
//!
//! Instants are milliseconds from the case's first evaluation. Knows no expression and no expectation.

use super::{
    grid::Grid,
    labels::LabelMap,
    node::{Leaf, LeafKind},
};
use prom::staleness;

/// How a leaf's level goes over the evaluations of a case.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Course {
    /// There are no series.
    Absent,
    /// The same all the time.
    Steady(f64),
    /// A level for each evaluation.
    Each(Vec<Option<f64>>),
    /// A steady level with more within single intervals between samples: increases of a counter, changes, samples.
    Events(f64, Vec<(usize, f64)>),
    /// A steady level of a counter that begins anew after the first evaluation.
    Reset(f64),
    /// Samples stop, so that the newest has this age in seconds at an evaluation, and come again for another.
    Silence {
        /// The age.
        age: f64,
        /// When.
        at: usize,
        /// The evaluation that sees samples again.
        until: usize,
    },
}

/// Labels with samples: instants and values.
pub(super) type Samples = (LabelMap, Vec<(i64, f64)>);

/// How many intervals a counter has grown before its first sample: nothing is extrapolated below zero then.
const BEGIN: f64 = 1000.0;

/// The series of a leaf whose own level takes `course`, where `labels` are its own series' labels; `halves` writes
/// half of it to a second series.
pub(super) fn samples(
    leaf: &Leaf,
    labels: &LabelMap,
    course: &Course,
    halves: Option<LabelMap>,
    grid: &Grid,
) -> Vec<Samples> {
    if *course == Course::Absent {
        return Vec::new();
    }
    let shifted = |mut points: Vec<(i64, f64)>| {
        points.iter_mut().for_each(|(at, _)| *at -= leaf.offset_ms);
        points
    };
    if let LeafKind::Quantile(q) = leaf.kind {
        let Course::Steady(level) = course else { return Vec::new() };
        // All observations are in the first bucket, within which a quantile is a straight line from 0 to its bound.
        let bound = level / (f64::from(q) / 1e6);
        let points = shifted(counter(1.0, &[], None, grid));
        return [bound.to_string(), "+Inf".to_owned()]
            .map(|le| {
                let mut labels = labels.clone();
                labels.insert("le".to_owned(), le);
                (labels, points.clone())
            })
            .into();
    }
    let of = |share: f64| shifted(points(leaf.kind, course, share, grid));
    match halves {
        Some(second) => vec![(labels.clone(), of(0.5)), (second, of(0.5))],
        None => vec![(labels.clone(), of(1.0))],
    }
}

fn points(kind: LeafKind, course: &Course, share: f64, grid: &Grid) -> Vec<(i64, f64)> {
    let scaled = |events: &[(usize, f64)]| -> Vec<(usize, f64)> {
        events.iter().map(|(interval, by)| (*interval, by * share)).collect()
    };
    match (kind, course) {
        (LeafKind::Counter, Course::Steady(level)) => counter(level * share, &[], None, grid),
        (LeafKind::Counter, Course::Events(level, events)) => {
            counter(level * share, &scaled(events), None, grid)
        }
        (LeafKind::Counter, Course::Reset(level)) => counter(level * share, &[], Some(0), grid),
        (LeafKind::Changes, Course::Events(_, events)) => changes(events, grid),
        (LeafKind::Changes, _) => changes(&[], grid),
        (LeafKind::Age, Course::Silence { age, at, until }) => silence(*age, *at, *until, grid),
        (LeafKind::Age, _) => ended(grid.samples().map(|at| (at, 1.0)).collect(), grid),
        (LeafKind::Over(_), Course::Events(level, events)) => {
            let value = |(nth, at)| {
                let event = events.iter().find(|(interval, _)| *interval == nth);
                (at, event.map_or(*level, |(_, by)| *by) * share)
            };
            ended(grid.samples().enumerate().map(value).collect(), grid)
        }
        (_, Course::Each(levels)) => each(levels, share, grid),
        (_, Course::Steady(level) | Course::Events(level, _) | Course::Reset(level)) => {
            ended(grid.samples().map(|at| (at, level * share)).collect(), grid)
        }
        (_, Course::Absent | Course::Silence { .. }) => Vec::new(),
    }
}

/// With the marker that ends a series.
fn ended(mut points: Vec<(i64, f64)>, grid: &Grid) -> Vec<(i64, f64)> {
    if points.last().is_some_and(|(_, value)| !value.is_nan()) {
        points.push((grid.end(), staleness::MARKER));
    }
    points
}

fn each(levels: &[Option<f64>], share: f64, grid: &Grid) -> Vec<(i64, f64)> {
    let mut points = Vec::new();
    let mut is_there = false;
    for at in grid.samples() {
        match levels[grid.seen_first(at)] {
            Some(level) => points.push((at, level * share)),
            None if is_there => points.push((at, staleness::MARKER)),
            None => {}
        }
        is_there = levels[grid.seen_first(at)].is_some();
    }
    ended(points, grid)
}

fn counter(
    per_second: f64,
    events: &[(usize, f64)],
    reset_after: Option<usize>,
    grid: &Grid,
) -> Vec<(i64, f64)> {
    let step = per_second * grid.step_ms as f64 / 1000.0;
    let largest = events.iter().map(|(_, by)| *by).fold(0.0, f64::max);
    // In proportion, so that small increases are not lost in rounding.
    let mut value = if step + largest > 0.0 { BEGIN * step + 2.0 * largest } else { 1.0 };
    let mut events = events.iter().peekable();
    let mut reset_at = reset_after.map(|nth| grid.evaluation(nth));
    let mut points = Vec::new();
    for (nth, at) in grid.samples().enumerate() {
        if nth > 0 {
            value += step;
            while let Some((_, by)) = events.next_if(|(interval, _)| *interval < nth) {
                value += by;
            }
        }
        if reset_at.is_some_and(|reset| reset < at) {
            // The new process has counted for a part of the interval.
            (value, reset_at) = (step * 0.3, None);
        }
        points.push((at, value));
    }
    ended(points, grid)
}

fn changes(events: &[(usize, f64)], grid: &Grid) -> Vec<(i64, f64)> {
    let value = |(nth, at)| {
        let n_changes = events.iter().filter(|(interval, _)| *interval < nth).count();
        (at, if n_changes % 2 == 0 { 1.0 } else { 0.0 })
    };
    ended(grid.samples().enumerate().map(value).collect(), grid)
}

fn silence(age: f64, at: usize, until: usize, grid: &Grid) -> Vec<(i64, f64)> {
    let last = grid.evaluation(at) - (age * 1000.0).round() as i64;
    let again = |sample: i64| until < grid.n_evaluations && sample > grid.evaluation(until - 1);
    let mut points: Vec<(i64, f64)> =
        grid.samples().filter(|s| *s < last).map(|s| (s, 1.0)).collect();
    points.push((last, 1.0));
    points.extend(grid.samples().filter(|s| *s > last && again(*s)).map(|s| (s, 1.0)));
    points
}
