//! The cases of series themselves: absent, there although they should not be, counted anew.

use super::{Maker, shown};
use crate::bracket::{
    Lack, What,
    course::Course,
    node::{LeafKind, Levels},
    story,
};
use prom::promql::operator::SetOperation;

impl Maker<'_> {
    /// Each leaf absent while the others are as the alert needs them.
    pub(super) fn absences(&mut self, firing: &Levels) {
        for leaf in 0..self.model.leaves.len() {
            if firing[leaf].is_none() {
                continue;
            }
            let mut levels = firing.clone();
            levels[leaf] = None;
            let what = What::Absent { operand: self.model.leaves[leaf].text.clone() };
            if self.atoms().possible(self.model, &levels) {
                self.steady(what, &levels);
            }
        }
    }

    /// What `unless` excludes is there while everything else is as the alert needs it.
    pub(super) fn presences(&mut self) {
        for (node, rhs) in self.model.root.plain(SetOperation::Unless) {
            self.turn_to(node);
            let Some((demands, polarity)) = self.hanging(node) else { continue };
            let mut present = demands.clone();
            present.some_leaves(rhs);
            let operand = shown(self.model, rhs);
            match self.solve(&present, !polarity) {
                Some(levels) => self.steady(What::Present { operand }, &levels),
                None => {
                    let reason = "no levels are known with it";
                    self.skip(What::Present { operand }, Lack::Unknown, reason);
                }
            }
        }
    }

    pub(super) fn reset(&mut self, quiet: Option<&Levels>) {
        let is_counter = |leaf: usize| self.model.leaves[leaf].kind == LeafKind::Counter;
        if !(0..self.model.leaves.len()).any(is_counter) {
            return;
        }
        let Some(levels) = quiet else {
            let reason = "no levels are known at which the condition does not hold";
            return self.skip(What::Reset, Lack::Unknown, reason);
        };
        let longest = story::windows(self.model).into_iter().max().unwrap_or(0);
        // Until the reset has left the window, or for as long as is worth it.
        let n =
            usize::try_from(longest / self.rule.evaluations.interval_ms + 2).unwrap_or(usize::MAX);
        let grid = self.grid(n.min(60).max(self.n_steady()));
        let Some(mut courses) = story::steady(self.model, self.atoms(), levels, &grid) else {
            return self.skip(What::Reset, Lack::Unknown, "the levels cannot be held that long");
        };
        for (leaf, course) in courses.iter_mut().enumerate() {
            if let (true, Course::Steady(level)) = (is_counter(leaf), &course) {
                *course = Course::Reset(*level);
            }
        }
        let on = vec![false; grid.n_evaluations];
        self.case(What::Reset, levels, &on, &[(self.atoms(), courses)], &grid);
    }
}
