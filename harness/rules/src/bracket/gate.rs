//! Ways to let a rule's condition begin and end at chosen evaluations.
//!
//! A recorded or scraped value changes from one evaluation to the next. A rate does not: there, a burst of increases
//! that enters or leaves the window does it. Knows levels and which evaluation sees what, no samples.

use super::{
    atoms::Atoms,
    course::Course,
    grid::Grid,
    node::{LeafKind, Levels, Model},
};

/// More than any threshold.
const HUGE: f64 = 1e3;

/// A way to switch the condition, found where it holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Gate {
    /// The leaf takes another level, or is absent.
    Level { leaf: usize, off: Option<f64> },
    /// Many increases of the leaf end it.
    Mask { leaf: usize, level: f64 },
    /// Only increases of the leaf, in a second above this, let it begin.
    Burst { leaf: usize, above: f64 },
    /// So many changes let it begin.
    Changes { leaf: usize, n_changes: usize },
    /// A single sample of this value within the window ends it.
    Sample { leaf: usize, off: f64 },
    /// An age above this many seconds lets it begin.
    Age { leaf: usize, above: f64 },
    /// The leaf has this age at the second evaluation and grows; not for a condition of one's choice.
    Grows { leaf: usize, age: f64 },
}

impl Gate {
    /// The leaf that switches.
    pub(super) fn leaf(self) -> usize {
        match self {
            Self::Level { leaf, .. }
            | Self::Mask { leaf, .. }
            | Self::Burst { leaf, .. }
            | Self::Changes { leaf, .. }
            | Self::Sample { leaf, .. }
            | Self::Grows { leaf, .. }
            | Self::Age { leaf, .. } => leaf,
        }
    }
}

/// The levels with `delta` more in the leaf's own series, which other leaves may select too.
fn with_own(atoms: &Atoms, levels: &Levels, leaf: usize, delta: f64) -> Levels {
    let mut levels = levels.clone();
    for (nth, level) in levels.iter_mut().enumerate() {
        if nth == leaf || atoms.is_inside(leaf, nth) {
            *level = level.map(|level| level + delta);
        }
    }
    levels
}

/// Every way to switch a condition that holds at `levels`, the exact ones first.
pub(super) fn gates(model: &Model, atoms: &Atoms, levels: &Levels) -> Vec<Gate> {
    let fires = |levels: &Levels| model.root.eval(levels).is_some();
    let mut found = Vec::new();
    for (leaf, level) in levels.iter().enumerate() {
        if model.leaves[leaf].kind != LeafKind::Gauge {
            continue;
        }
        let around = level.map_or([1.0, 0.0, 2.0], |level| [level * 0.5, level * 2.0, level + 1.0]);
        let others = around.map(Some).into_iter().chain([Some(0.0), None]);
        let off = others.filter(|off| off != level).find(|off| {
            let mut levels = levels.clone();
            levels[leaf] = *off;
            !fires(&levels) && atoms.possible(model, &levels)
        });
        found.extend(off.map(|off| Gate::Level { leaf, off }));
    }
    for (leaf, level) in levels.iter().enumerate() {
        let Some(level) = *level else { continue };
        match model.leaves[leaf].kind {
            LeafKind::Counter => {
                let own = atoms.own(levels)[leaf].unwrap_or_default();
                let at = |delta: f64| fires(&with_own(atoms, levels, leaf, delta));
                if !at(HUGE * level.max(1.0)) {
                    found.push(Gate::Mask { leaf, level: HUGE * level.max(1.0) });
                } else if own > 0.0 && !at(-own) {
                    found.push(Gate::Burst { leaf, above: threshold(own, |x| at(x - own)) });
                }
            }
            LeafKind::Changes => {
                let at = |n: f64| {
                    let mut levels = levels.clone();
                    levels[leaf] = Some(n);
                    fires(&levels)
                };
                let n_changes =
                    (1..=level as usize).find(|n| at(*n as f64) && !at(*n as f64 - 1.0));
                found.extend(n_changes.map(|n_changes| Gate::Changes { leaf, n_changes }));
            }
            LeafKind::Age => {
                let at = |age: f64| {
                    let mut levels = levels.clone();
                    levels[leaf] = Some(age);
                    fires(&levels)
                };
                if !at(0.0) {
                    found.push(Gate::Age { leaf, above: threshold(level, at) });
                }
            }
            LeafKind::Over(Some(larger)) => {
                let off = if larger { [level + 1.0, level * 2.0] } else { [0.0, level * 0.5] };
                let off = off.into_iter().find(|off| {
                    let mut levels = levels.clone();
                    levels[leaf] = Some(*off);
                    *off != level && !fires(&levels)
                });
                found.extend(off.map(|off| Gate::Sample { leaf, off }));
            }
            LeafKind::Gauge | LeafKind::Over(None) | LeafKind::Quantile(_) => {}
        }
    }
    found
}

/// Where `holds` begins between 0 and `high`.
fn threshold(high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, high);
    // Enough halvings for all digits.
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if holds(middle) { high = middle } else { low = middle }
    }
    high
}

/// The course of the gate's leaf, whose own series otherwise have the level `own`, for a condition that holds at the
/// evaluations `on` and at no others; `None` if that cannot be.
pub(super) fn course(
    gate: Gate,
    own: Option<f64>,
    model: &Model,
    on: &[bool],
    grid: &Grid,
) -> Option<Course> {
    let leaf = &model.leaves[gate.leaf()];
    let windows: Vec<i64> = leaf.windows.iter().copied().collect();
    // Two windows over the same increases would switch at different evaluations.
    let window = match windows[..] {
        [] => 0,
        [window] => window,
        _ => return None,
    };
    let seen = |interval: usize, wanted: bool| {
        (0..on.len()).any(|nth| on[nth] == wanted && grid.sees(nth, window, interval))
    };
    let every = |wanted: bool, chosen: &[usize]| {
        let sees = |nth: usize| chosen.iter().any(|interval| grid.sees(nth, window, *interval));
        (0..on.len()).filter(|nth| on[*nth] == wanted).all(sees)
    };
    let all = || 0..grid.n_intervals();
    let per_window = window as f64 / 1000.0;
    match gate {
        Gate::Level { off, .. } => {
            Some(Course::Each(on.iter().map(|on| if *on { own } else { off }).collect()))
        }
        Gate::Mask { level, .. } => {
            let chosen: Vec<usize> = all().filter(|i| seen(*i, false) && !seen(*i, true)).collect();
            let events = chosen.iter().map(|interval| (*interval, level * per_window)).collect();
            every(false, &chosen).then_some(Course::Events(own?, events))
        }
        Gate::Burst { above, .. } => {
            let chosen: Vec<usize> = all().filter(|i| seen(*i, true) && !seen(*i, false)).collect();
            if every(true, &chosen) {
                let by = 1.5 * above.max(1e-3) * per_window;
                let events = chosen.iter().map(|interval| (*interval, by)).collect();
                return Some(Course::Events(0.0, events));
            }
            if above <= 1e-3 {
                return None;
            }
            // Two bursts, neither of which is enough.
            let by = 0.6 * above * per_window;
            let events = clusters(2, on, window, grid)?;
            Some(Course::Events(0.0, events.into_iter().map(|interval| (interval, by)).collect()))
        }
        Gate::Changes { n_changes, .. } => {
            let events = clusters(n_changes, on, window, grid)?;
            Some(Course::Events(0.0, events.into_iter().map(|interval| (interval, 1.0)).collect()))
        }
        Gate::Sample { off, .. } => {
            let chosen: Vec<usize> = (0..=grid.n_intervals())
                .filter(|sample| {
                    (0..on.len()).all(|n| !on[n] || !grid.sees_sample(n, window, *sample))
                })
                .collect();
            let is_seen =
                |n: usize| chosen.iter().any(|sample| grid.sees_sample(n, window, *sample));
            let events = chosen.iter().map(|sample| (*sample, off)).collect();
            (0..on.len()).all(|n| on[n] || is_seen(n)).then_some(Course::Events(own?, events))
        }
        Gate::Grows { age, .. } => {
            let last = age + (on.len() as f64 - 2.0) * grid.interval_ms as f64 / 1000.0;
            (last < LOOKBACK).then_some(Course::Silence { age, at: 1, until: on.len() })
        }
        Gate::Age { above, .. } => {
            let at = on.iter().position(|on| *on)?;
            let until = at + on[at..].iter().position(|on| !on).unwrap_or(on.len() - at);
            let is_one_run = on[until..].iter().all(|on| !on);
            let age = above + 1.0;
            let oldest = age + (grid.evaluation(until - 1) - grid.evaluation(at)) as f64 / 1000.0;
            // It must not be this old one evaluation before.
            let fits = oldest < LOOKBACK && age - (grid.interval_ms as f64 / 1000.0) < above;
            (is_one_run && fits).then_some(Course::Silence { age, at, until })
        }
    }
}

/// How old a sample can be and still be seen, in seconds.
const LOOKBACK: f64 = 300.0;

/// `n` intervals for each run of evaluations, so that those see all `n` and no others do: the first of them leaves the
/// window when the run ends, the last enters it when the run begins. `None` if that cannot be.
fn clusters(n: usize, on: &[bool], window: i64, grid: &Grid) -> Option<Vec<usize>> {
    let mut chosen = Vec::new();
    let mut from = 0;
    while let Some(first) = on[from..].iter().position(|on| *on).map(|nth| from + nth) {
        let after = on[first..].iter().position(|on| !on).map_or(on.len(), |nth| first + nth);
        let sees = |nth: usize, interval: usize| grid.sees(nth, window, interval);
        let mut all = 0..grid.n_intervals();
        let enters =
            all.clone().find(|i| sees(first, *i) && (first == 0 || !sees(first - 1, *i)))?;
        let leaves = all.rfind(|i| {
            sees(after - 1, *i) && sees(first, *i) && (after == on.len() || !sees(after, *i))
        })?;
        if n < 2 || enters < leaves + n - 1 {
            return None;
        }
        chosen.extend(leaves..leaves + n - 1);
        chosen.push(enters);
        from = after;
    }
    let n_seen = |nth: usize| chosen.iter().filter(|i| grid.sees(nth, window, **i)).count();
    (0..on.len()).all(|nth| on[nth] == (n_seen(nth) >= n)).then_some(chosen)
}
