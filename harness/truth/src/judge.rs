//! Compares what a stack answered with what was expected.
//!
//! Every point is judged twice: exactly, by the engine's own arithmetic, and truly, by what really happened; where the
//! arithmetic is not known, truly alone. A series
//! that should be there and is not, or is there and should not be, breaks the expectation like a wrong value. Nothing
//! here asks anybody anything.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::fact::{Expectation, Expected, Labels};

/// How far an answer may be from the exact one, relative: the order of a sum is not ours.
pub const TOLERANCE: f64 = 1e-9;

/// Breaches that a finding keeps; the rest are counted.
const KEPT: usize = 4;

/// A series of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// Its labels, sorted, without a metric name.
    pub labels: Labels,
    /// Unix milliseconds and value of each point, ascending.
    pub points: Vec<(i64, f64)>,
}

/// How an answer compares.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Finding {
    /// Points compared, absent ones included.
    pub points: usize,
    /// Points at which a number was expected.
    pub values: usize,
    /// Points that break the expectation.
    pub broken: usize,
    /// The first few of them.
    pub breaches: Vec<Breach>,
}

/// A point that breaks an expectation.
#[derive(Clone, Debug, PartialEq)]
pub struct Breach {
    /// The series.
    pub labels: Labels,
    /// Unix milliseconds.
    pub at_ms: i64,
    /// What was observed; `None` is no sample.
    pub observed: Option<f64>,
    /// What was expected; `None` for a series that nobody expects.
    pub expected: Option<Expected>,
    /// What is wrong.
    pub kind: BreachKind,
}

/// What is wrong with a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreachKind {
    /// A number was expected and there is none.
    Missing,
    /// There is a number where none was expected.
    Unexpected,
    /// It is not what the engine's arithmetic gives for the samples of what happened.
    Inexact,
    /// It is outside what the real events permit.
    Untrue,
    /// No arithmetic over the samples makes it of the real events.
    Impossible,
    /// Two series of the answer have the same labels.
    Duplicate,
}

impl Finding {
    /// Whether everything held.
    #[must_use]
    pub fn held(&self) -> bool {
        self.broken == 0
    }

    /// Adds another finding on the same question.
    pub fn merge(&mut self, other: Finding) {
        self.points += other.points;
        self.values += other.values;
        self.broken += other.broken;
        let room = KEPT.saturating_sub(self.breaches.len());
        self.breaches.extend(other.breaches.into_iter().take(room));
    }

    fn breach(&mut self, breach: Breach) {
        self.broken += 1;
        if self.breaches.len() < KEPT {
            self.breaches.push(breach);
        }
    }
}

/// Judges an answer at `instants`. `truly` says at which instants the real events bind: not where an incident blinds
/// the metric by design.
#[must_use]
pub fn judge(
    expected: &[Expectation],
    instants: &[i64],
    observed: &[Observed],
    truly: impl Fn(i64) -> bool,
) -> Finding {
    let mut finding = Finding::default();
    let mut answers: BTreeMap<&Labels, &Observed> = BTreeMap::new();
    for series in observed {
        if answers.insert(&series.labels, series).is_some() {
            let at_ms = series.points.first().map_or(0, |point| point.0);
            finding.breach(Breach {
                labels: series.labels.clone(),
                at_ms,
                observed: None,
                expected: None,
                kind: BreachKind::Duplicate,
            });
        }
    }
    for expectation in expected {
        let answer = answers.remove(&expectation.labels);
        let mut points = answer.map_or(&[][..], |series| &series.points).iter().peekable();
        for (&at_ms, &expected) in instants.iter().zip(&expectation.points) {
            while let Some(&&(at, value)) = points.peek().filter(|point| point.0 < at_ms) {
                points.next();
                finding.breach(unexpected(&expectation.labels, at, value));
            }
            let observed = points.next_if(|point| point.0 == at_ms).map(|point| point.1);
            finding.points += 1;
            finding.values += usize::from(expected != Expected::Absent);
            if let Some(kind) = breach(expected, observed, truly(at_ms)) {
                let labels = expectation.labels.clone();
                finding.breach(Breach { labels, at_ms, observed, expected: Some(expected), kind });
            }
        }
        points.for_each(|&(at, value)| finding.breach(unexpected(&expectation.labels, at, value)));
    }
    for (labels, series) in answers {
        finding.points += series.points.len();
        series.points.iter().for_each(|&(at, value)| finding.breach(unexpected(labels, at, value)));
    }
    finding
}

fn unexpected(labels: &Labels, at_ms: i64, value: f64) -> Breach {
    let kind = BreachKind::Unexpected;
    Breach { labels: labels.clone(), at_ms, observed: Some(value), expected: None, kind }
}

/// What is wrong with a value at one instant, if anything. `truly` says whether the real events bind there.
#[must_use]
pub fn breach(expected: Expected, observed: Option<f64>, truly: bool) -> Option<BreachKind> {
    match (expected, observed) {
        (Expected::Absent, None) => None,
        (Expected::Absent, Some(_)) => Some(BreachKind::Unexpected),
        (Expected::Value { .. }, None) => Some(BreachKind::Missing),
        (Expected::Legal { or_absent, .. }, None) => (!or_absent).then_some(BreachKind::Missing),
        (Expected::Legal { real, .. }, Some(value)) => {
            (truly && !within(value, real)).then_some(BreachKind::Impossible)
        }
        (Expected::Value { exact, real }, Some(value)) => {
            if !within(value, exact) {
                Some(BreachKind::Inexact)
            } else if truly && !within(value, real) {
                Some(BreachKind::Untrue)
            } else {
                None
            }
        }
    }
}

fn within(value: f64, (low, high): (f64, f64)) -> bool {
    // NaN is within nothing.
    low - TOLERANCE * low.abs() <= value && value <= high + TOLERANCE * high.abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(exact: f64) -> Expected {
        Expected::Value { exact: (exact, exact), real: (exact * 0.5, exact * 2.0) }
    }

    fn expectation(points: Vec<Expected>) -> Vec<Expectation> {
        vec![Expectation { labels: vec![("a".into(), "1".into())], points }]
    }

    fn answer(points: Vec<(i64, f64)>) -> Observed {
        Observed { labels: vec![("a".into(), "1".into())], points }
    }

    #[track_caller]
    fn check(expected: Vec<Expected>, observed: &[Observed], kinds: &[BreachKind]) {
        let finding = judge(&expectation(expected), &[10, 20], observed, |_| true);
        let found: Vec<BreachKind> = finding.breaches.iter().map(|breach| breach.kind).collect();
        assert_eq!(found, kinds);
        assert_eq!(finding.broken, kinds.len());
    }

    #[test]
    fn a_right_answer_holds() {
        check(vec![value(1.0), Expected::Absent], &[answer(vec![(10, 1.0 + 1e-12)])], &[]);
    }

    #[test]
    fn values_missing_series_and_strangers_break() {
        check(
            vec![value(1.0), value(2.0)],
            &[answer(vec![(10, 1.1), (20, 2.0)])],
            &[BreachKind::Inexact],
        );
        check(vec![value(1.0), value(2.0)], &[answer(vec![(20, 2.0)])], &[BreachKind::Missing]);
        check(vec![value(1.0), value(2.0)], &[], &[BreachKind::Missing, BreachKind::Missing]);
        check(
            vec![value(1.0), Expected::Absent],
            &[answer(vec![(10, 1.0), (20, 0.0)])],
            &[BreachKind::Unexpected],
        );
        let stranger = Observed { labels: vec![("a".into(), "2".into())], points: vec![(10, 1.0)] };
        let right = answer(vec![(10, 1.0), (20, 2.0)]);
        check(vec![value(1.0), value(2.0)], &[right.clone(), stranger], &[BreachKind::Unexpected]);
        check(vec![value(1.0), value(2.0)], &[right.clone(), right], &[BreachKind::Duplicate]);
    }

    #[test]
    fn a_point_between_or_after_the_instants_breaks() {
        let observed = answer(vec![(10, 1.0), (15, 1.0), (20, 2.0), (30, 2.0)]);
        check(
            vec![value(1.0), value(2.0)],
            &[observed],
            &[BreachKind::Unexpected, BreachKind::Unexpected],
        );
    }

    #[test]
    fn where_the_arithmetic_is_not_known_any_that_is_honest_holds() {
        let legal = |or_absent| Expected::Legal { real: (1.0, 2.0), or_absent };
        check(vec![legal(false), legal(true)], &[answer(vec![(10, 1.7)])], &[]);
        check(vec![legal(true), legal(false)], &[answer(vec![(10, 1.7)])], &[BreachKind::Missing]);
        check(
            vec![legal(true), legal(false)],
            &[answer(vec![(10, 2.1), (20, f64::NAN)])],
            &[BreachKind::Impossible, BreachKind::Impossible],
        );
    }

    #[test]
    fn nan_is_never_right() {
        let observed = answer(vec![(10, f64::NAN), (20, 2.0)]);
        check(vec![value(1.0), value(2.0)], &[observed], &[BreachKind::Inexact]);
    }

    #[test]
    fn the_truth_binds_where_it_is_asked() {
        let misleading = Expected::Value { exact: (1.0, 1.0), real: (5.0, 6.0) };
        check(
            vec![misleading, Expected::Absent],
            &[answer(vec![(10, 1.0)])],
            &[BreachKind::Untrue],
        );
        let finding =
            judge(&expectation(vec![misleading]), &[10], &[answer(vec![(10, 1.0)])], |_| false);
        assert!(finding.held());
    }
}
