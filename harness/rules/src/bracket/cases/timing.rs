//! The cases of a condition that comes and goes: `for`, `keep_firing_for`, the end, the edges of windows.
//!
//! Called once for each rule. How a condition is switched, gates know.

use super::Maker;
use crate::bracket::{
    Lack, What,
    gate::{self, Gate},
    node::Levels,
    story,
};

impl Maker<'_> {
    /// `for`, `keep_firing_for`, the end, and the edges of every window.
    pub(super) fn timing(&mut self, firing: &Levels) {
        let gates = gate::gates(self.model, self.atoms(), firing);
        let (held, kept) = (self.n_for + 1, self.n_keep);
        if self.n_for > 0 {
            let early = |n| vec![(false, 1), (true, n), (false, 2)];
            self.switched(What::ForEarly, firing, &gates, self.n_for..self.n_for + 1, early);
        }
        // A condition that is read over a window may not be able to last as short as that; longer does as well.
        let runs = held..held + self.n_more();
        let late = |n| vec![(false, 1), (true, n), (false, 1)];
        self.switched(What::ForLate, firing, &gates, runs.clone(), late);
        let end = |n| vec![(false, 1), (true, n + 1), (false, kept + 2)];
        self.switched(What::ResolveTime, firing, &gates, runs.clone(), end);
        if kept > 0 {
            let early = |n| vec![(false, 1), (true, n), (false, kept), (true, n), (false, 1)];
            self.switched(What::KeepEarly, firing, &gates, runs.clone(), early);
            let late = |n| vec![(false, 1), (true, n), (false, kept + 1), (true, n), (false, 1)];
            self.switched(What::KeepLate, firing, &gates, runs.clone(), late);
        }
    }

    /// For each window, the edges of it, in the first branch that hangs on it.
    pub(super) fn windows(&mut self, branches: &[(usize, Levels)]) {
        let (held, kept) = (self.n_for + 1, self.n_keep);
        for (nth, leaf) in self.model.leaves.iter().enumerate() {
            let found = branches.iter().find_map(|(branch, firing)| {
                let mut gates = gate::gates(self.model, &self.branches[*branch].atoms, firing);
                gates.retain(|gate| gate.leaf() == nth);
                (!gates.is_empty()).then_some((*branch, firing, gates))
            });
            if let (true, Some((branch, firing, gates))) = (leaf.kind.is_windowed(), found) {
                self.branch = branch;
                let edges = |n| vec![(false, 2), (true, n + 1), (false, kept + 2)];
                let what = What::Window { operand: leaf.text.clone() };
                self.switched(what, firing, &gates, held..held + self.n_more(), edges);
            }
        }
    }

    /// The case of an age that has its level at the second evaluation, and grows.
    pub(super) fn aging(&mut self, what: What, levels: &Levels, leaf: usize) {
        let grid = self.grid(self.n_for + 3);
        let step = grid.interval_ms as f64 / 1000.0;
        let Some(age) = levels[leaf] else { return };
        let at = |nth: usize| {
            let mut levels = levels.clone();
            levels[leaf] = Some((age + (nth as f64 - 1.0) * step).max(0.0));
            levels
        };
        let on: Vec<bool> =
            (0..grid.n_evaluations).map(|nth| self.model.root.eval(&at(nth)).is_some()).collect();
        let firing = at(on.iter().position(|on| *on).unwrap_or(0));
        let gate = Gate::Grows { leaf, age };
        match story::switched(self.model, self.atoms(), levels, gate, &on, &grid) {
            Some(courses) => self.case(what, &firing, &on, &[(self.atoms(), courses)], &grid),
            None => {
                let reason = "a sample that old is not seen any more";
                self.skip(what, Lack::Unknown, reason);
            }
        }
    }

    /// Evaluations within the longest window: a condition that is read over it may not be able to last less.
    fn n_more(&self) -> usize {
        let longest = story::windows(self.model).into_iter().max().unwrap_or(0);
        usize::try_from(longest / self.rule.evaluations.interval_ms).unwrap_or(0) + 2
    }

    /// The case of a condition that holds at some evaluations, by the first gate and the shortest of `runs` that can
    /// do it; `course` gives the parts, each with whether it holds and for how many evaluations.
    fn switched(
        &mut self,
        what: What,
        firing: &Levels,
        gates: &[Gate],
        runs: std::ops::Range<usize>,
        course: impl Fn(usize) -> Vec<(bool, usize)>,
    ) {
        for n in runs {
            let parts = course(n);
            let on: Vec<bool> =
                parts.iter().flat_map(|(on, n)| std::iter::repeat_n(*on, *n)).collect();
            let grid = self.grid(on.len());
            let courses = gates.iter().find_map(|gate| {
                story::switched(self.model, self.atoms(), firing, *gate, &on, &grid)
            });
            if let Some(courses) = courses {
                return self.case(what, firing, &on, &[(self.atoms(), courses)], &grid);
            }
        }
        let reason = "no series are known that begin and end the condition at such evaluations";
        self.skip(what, Lack::Unknown, reason);
    }
}
