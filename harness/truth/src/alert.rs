//! What an alert must do, by its contract and by what really happened: at every evaluation of its rule, for each set
//! of labels, whether its condition holds.
//!
//! The contract speaks of quantities and levels, the ledger knows them; no rule and no expression is read. Where the
//! engine's arithmetic is known the condition is known exactly, but for a value that meets its threshold to the last
//! bits; where it is not, by the bounds of the real events. What a condition makes of `for` is the caller's business.

mod clause;
mod levels;
pub mod recorded;

use std::collections::BTreeMap;

use prom::evaluations::Evaluations;
use sim::world::Instance;

use crate::{
    contract::alert::{AlertContract, Subject},
    fact::{Fact, Labels},
    ledger::Ledger,
    oracle::Arithmetic,
};

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holds {
    /// It does not.
    No,
    /// It may or may not: a value meets its threshold to the last bits, or the engine's arithmetic is not known.
    Either,
    /// It does.
    Yes,
}

/// A condition at one evaluation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Whether it holds.
    pub holds: Holds,
    /// The value that the alert then has: lowest and highest.
    pub value: Option<(f64, f64)>,
    /// The clause that decides: branch and position in it. Of a condition that does not hold, the first that fails in
    /// the branch that comes furthest.
    pub decided: (usize, usize),
    /// What that clause looked at: lowest and highest, or nothing.
    pub seen: Option<(f64, f64)>,
}

/// A condition over time, for one set of labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// The alert's labels but for its name: those of the condition, then those of the rule.
    pub labels: Labels,
    /// One point for each evaluation.
    pub points: Vec<Point>,
}

/// A contract with all that says what happened.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "it borrows functions")]
pub struct Watch<'a> {
    /// What the alert is meant to say.
    pub contract: &'a AlertContract,
    /// The truth.
    pub ledger: &'a Ledger,
    /// The engine's arithmetic, if it is known.
    pub arithmetic: Arithmetic,
    /// The labels of each target.
    pub targets: &'a BTreeMap<Instance, Labels>,
    /// The evaluations of the rule, in Unix milliseconds.
    pub instants: &'a [i64],
    /// When the rules that state constants were first and last evaluated.
    pub constants_ms: (i64, i64),
    /// When a fact over a window was recorded, where the rule reads it recorded: it is then as old as that.
    pub recorded: &'a dyn Fn(&Fact, i64) -> Option<Evaluations>,
    /// Whether an incident keeps a quantity of this fact from showing the truth at an instant.
    pub is_blind: &'a dyn Fn(&Fact, i64) -> bool,
}

impl AlertContract {
    /// Why the ledger does not know what the alert must do, if so.
    #[must_use]
    pub fn beyond_the_ledger(&self) -> Option<&'static str> {
        let clauses = self.branches.iter().flatten();
        let of_engine = |subject: &Subject| matches!(subject, Subject::Engine(..));
        let mut subjects = clauses.map(|clause| &clause.subject);
        subjects
            .any(of_engine)
            .then_some("it reads the monitoring system's own metrics, which only a running one has")
    }
}

impl Watch<'_> {
    /// What the condition must be, sorted by labels; label sets for which it never may hold are among them.
    #[must_use]
    pub fn expect(&self) -> Vec<Course> {
        let mut found: BTreeMap<Labels, Vec<Point>> = BTreeMap::new();
        for (nth, branch) in self.contract.branches.iter().enumerate() {
            let tables: Vec<_> = branch.iter().map(|clause| self.table(clause)).collect();
            let Some((condition, guards)) = tables.split_first() else { continue };
            for labels in condition.rows.keys() {
                let points = self.instants.iter().enumerate().map(|(at, _)| {
                    let (mut point, value) = condition.point(labels, at, (nth, 0));
                    point.value = value;
                    for (position, guard) in guards.iter().enumerate() {
                        // A guard that fails decides; one that may fail leaves the condition open.
                        let (of_guard, _) = guard.point(labels, at, (nth, position + 1));
                        if of_guard.holds < point.holds {
                            point = Point { value: point.value, ..of_guard };
                        }
                    }
                    point
                });
                let points: Vec<Point> = points.collect();
                match found.get_mut(labels) {
                    None => drop(found.insert(labels.clone(), points)),
                    Some(known) => known.iter_mut().zip(points).for_each(|(known, point)| {
                        *known = either_branch(*known, point);
                    }),
                }
            }
        }
        let all = |(element, points)| Course { labels: self.with_own(element), points };
        found.into_iter().map(all).collect()
    }

    /// The labels of the condition's element, then those that the rule adds or replaces.
    fn with_own(&self, element: Labels) -> Labels {
        let mut labels: BTreeMap<String, String> = element.into_iter().collect();
        labels.extend(self.contract.labels.clone());
        labels.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }
}

/// `or`: the first branch that holds gives the value.
fn either_branch(first: Point, second: Point) -> Point {
    match (first.holds, second.holds) {
        (Holds::Yes, _) => first,
        (Holds::Either, Holds::Yes) => Point { value: None, ..second },
        (Holds::Either, Holds::Either) => Point { value: None, ..first },
        (Holds::Either, Holds::No) => first,
        (Holds::No, Holds::No) if second.decided.1 <= first.decided.1 => first,
        (Holds::No, _) => second,
    }
}
