//! The cases of two groups of labels, of which one alone meets the whole condition.
//!
//! The other group fails in one part only, so that a label lost from a grouping or a matching lets it fire as well, or
//! lets neither fire. Groups differ in all labels of the alert, or in a single one.

use std::collections::BTreeSet;

use super::Maker;
use crate::bracket::{
    Lack, What,
    atoms::Atoms,
    demand::{Demands, Want},
    labels::{self, Group},
    node::{Levels, Node, keeps},
    solve, story,
};
use prom::promql::operator::SetOperation;

/// A part in which a group can fail: what must hold for it to hang on that part, what makes it fail, and the words.
struct Part<'a> {
    node: &'a Node,
    holds: Demands,
    fails: Demands,
    operand: String,
}

impl<'a> Maker<'a> {
    pub(super) fn groups(&mut self) {
        let mut n_cases = 0;
        for part in self.parts() {
            self.turn_to(part.node);
            self.elsewhere(&part);
            let Some(firing) = self.solve(&part.holds, true) else { continue };
            let elements = labels::elements(&self.model.root, &firing, &self.atoms().series);
            let all: BTreeSet<String> = elements.iter().flat_map(|e| e.keys().cloned()).collect();
            let mut sets: Vec<BTreeSet<String>> = vec![all.clone()];
            if all.len() > 1 {
                // Groups that are the same by what operands are matched by are one group there.
                let joins = self.model.root.joins();
                let tells = |label: &String| joins.iter().all(|join| keeps(*join, label));
                let told = all.into_iter().filter(tells);
                sets.extend(told.map(|label| BTreeSet::from([label])));
            }
            for labels in sets {
                n_cases += usize::from(self.group(&part, &firing, labels));
            }
        }
        if n_cases == 0 {
            let what = What::GroupAlone { labels: String::new(), operand: String::new() };
            self.skip(
                what,
                Lack::Nothing,
                "its alerts have no labels that could have other values",
            );
        }
    }

    /// A part fails where the rest holds, and holds where another branch of `or` looks.
    fn elsewhere(&mut self, part: &Part<'_>) {
        let given = &self.branches[self.branch].given;
        let Some(other) = self.branches.iter().find(|branch| branch.given != *given) else {
            return;
        };
        let other = &other.atoms;
        let Some(fails) = self.solve(&part.fails, false) else { return };
        let shared = self.shared(other, &fails);
        if shared.len() == fails.len() {
            return;
        }
        let what = What::Elsewhere { operand: part.operand.clone() };
        let holds = solve::levels(self.model, other, &part.holds, true, &shared);
        let grid = self.grid(self.n_steady());
        let courses = holds.and_then(|holds| {
            let one = story::steady(self.model, self.atoms(), &fails, &grid)?;
            let two = story::steady(self.model, other, &holds, &grid)?;
            Some([(self.atoms(), one), (other, two)])
        });
        if let Some(courses) = courses {
            let on = vec![false; grid.n_evaluations];
            self.case(what, &fails, &on, &courses, &grid);
        }
    }

    /// Series that two groups both read, at the levels of the first.
    fn shared(&self, other: &Atoms, levels: &Levels) -> Vec<(usize, Option<f64>)> {
        (0..levels.len())
            .filter(|leaf| other.series[*leaf] == self.atoms().series[*leaf])
            .map(|leaf| (leaf, levels[leaf]))
            .collect()
    }

    fn parts(&self) -> Vec<Part<'a>> {
        let mut parts = Vec::new();
        let comparisons =
            self.model.root.all().into_iter().filter(|node| matches!(node, Node::Compare(_)));
        for node in comparisons {
            let Node::Compare(compare) = node else { continue };
            let Some((demands, polarity)) = self.hanging(node) else { continue };
            let with = |holds: bool| {
                let mut demands = demands.clone();
                let want = if holds { Want::True } else { Want::False };
                demands.compares.insert(compare.id, want);
                demands
            };
            parts.push(Part {
                node,
                holds: with(polarity),
                fails: with(!polarity),
                operand: compare.text.clone(),
            });
        }
        for op in [SetOperation::And, SetOperation::Unless] {
            for (node, rhs) in self.model.root.plain(op) {
                let Some((holds, _)) = self.hanging(node) else { continue };
                let mut fails = holds.clone();
                match op {
                    SetOperation::And => fails.absent.extend(rhs.leaves()),
                    SetOperation::Or | SetOperation::Unless => fails.some_leaves(rhs),
                }
                parts.push(Part { node, holds, fails, operand: super::shown(self.model, rhs) });
            }
        }
        parts
    }

    /// Whether there is a second group that differs in `labels`.
    fn group(&mut self, part: &Part<'_>, firing: &Levels, mut labels: BTreeSet<String>) -> bool {
        let root = &self.model.root;
        // A second group has the next value that matchers list; where they list one alone, groups do not differ.
        let next = labels::given(self.model, root.branches()[self.branch], 1);
        let mut given = self.branches[self.branch].given.clone();
        labels.retain(|label| next.contains_key(label) || !given.contains_key(label));
        given.extend(next.into_iter().filter(|(label, _)| labels.contains(label)));
        let named = labels.iter().cloned().collect::<Vec<_>>().join(", ");
        let group = Group { nth: 1, labels, given };
        let Ok(other) = Atoms::new(self.model, self.naming, &group) else {
            return false;
        };
        let own = labels::elements(root, firing, &self.atoms().series);
        if labels::elements(root, firing, &other.series) == own {
            return false;
        }
        let shared = self.shared(&other, firing);
        // What both groups read must not hang on what only the second one has.
        let is_shared = |leaf: usize| shared.iter().any(|(nth, _)| *nth == leaf);
        let mixes = |leaf: usize| {
            (0..firing.len()).any(|other_leaf| {
                !is_shared(other_leaf)
                    && labels::selects(&self.model.leaves[leaf], &other.series[other_leaf])
            })
        };
        if shared.iter().any(|(leaf, _)| mixes(*leaf)) {
            return false;
        }
        let what = What::GroupAlone { labels: named, operand: part.operand.clone() };
        if self.bracket.cases.iter().any(|case| case.what == what) {
            return false;
        }
        let quiet = solve::levels(self.model, &other, &part.fails, false, &shared);
        let grid = self.grid(self.n_steady());
        let courses = quiet.and_then(|quiet| {
            let one = story::steady(self.model, self.atoms(), firing, &grid)?;
            let two = story::steady(self.model, &other, &quiet, &grid)?;
            Some([(self.atoms(), one), (&other, two)])
        });
        let Some(courses) = courses else { return false };
        let on = vec![true; grid.n_evaluations];
        let n_before = self.bracket.cases.len();
        self.case(what, firing, &on, &courses, &grid);
        self.bracket.cases.len() > n_before
    }
}
