//! One clause over time: what it looks at, and whether it holds.

use std::collections::BTreeMap;

use prom::evaluations::Evaluations;

use super::{Holds, Point, Watch};
use crate::{
    contract::alert::{Clause, Compare, Limit, Subject, Test},
    fact::{Asked, Expected, Fact, Labels},
    judge::TOLERANCE,
};

/// The age at which a sample no longer counts: Prometheus' default, in milliseconds.
const LOOKBACK_MS: i64 = 5 * 60 * 1000;

/// What there is to see at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Seen {
    /// Nothing.
    Nothing,
    /// A number between these.
    Value(f64, f64),
    /// A number between these, or nothing.
    Perhaps(f64, f64),
}

/// What a clause looks at, for each set of labels at each evaluation.
pub(super) type Rows = BTreeMap<Labels, Vec<Seen>>;

/// A clause with all that it sees.
#[derive(Debug)]
pub(super) struct Table<'a> {
    pub(super) clause: &'a Clause,
    pub(super) rows: Rows,
    /// What it is compared with, where that is not a number: by the same labels.
    limits: Rows,
}

impl<'a> Watch<'a> {
    pub(super) fn table(&self, clause: &'a Clause) -> Table<'a> {
        let limits = match clause.test {
            Test::Compare(_, Limit::Itself(_, ago_ms)) => {
                self.rows(&clause.subject, clause.ago_ms + ago_ms)
            }
            _ => Rows::new(),
        };
        Table { clause, rows: self.rows(&clause.subject, clause.ago_ms), limits }
    }

    fn rows(&self, subject: &Subject, ago_ms: i64) -> Rows {
        let at: Vec<i64> = self.instants.iter().map(|instant| instant - ago_ms).collect();
        match subject {
            Subject::Fact(fact, over_ms) => self.facts(fact, *over_ms, &at),
            Subject::Level(level) => self.levels(*level, &at),
            Subject::Changes(level, over_ms) => self.changes(*level, *over_ms, &at),
            Subject::Engine(..) => Rows::new(),
            Subject::Nothing => [(Vec::new(), vec![Seen::Value(1.0, 1.0); at.len()])].into(),
        }
    }

    fn facts(&self, fact: &Fact, over_ms: i64, at: &[i64]) -> Rows {
        let recorded = (self.recorded)(fact, over_ms);
        // The instant whose value is read at each evaluation.
        let read: Vec<Option<i64>> =
            at.iter().map(|&at| recorded.map_or(Some(at), |of| newest(of, at))).collect();
        let mut instants: Vec<i64> = read.iter().flatten().copied().collect();
        instants.dedup();
        let asked = Asked {
            fact,
            ledger: self.ledger,
            arithmetic: self.arithmetic,
            window_ms: over_ms,
            instants: instants.clone(),
            rules_ms: self.constants_ms,
        };
        let row = |points: Vec<Expected>| -> Vec<Seen> {
            let at = |at: &Option<i64>| {
                let Some(at) = at else { return Seen::Nothing };
                let point = instants.binary_search(at).map(|position| points[position]);
                match point.unwrap_or(Expected::Absent) {
                    Expected::Absent => Seen::Nothing,
                    Expected::Value { exact, .. } => Seen::Value(exact.0, exact.1),
                    Expected::Legal { .. } if (self.is_blind)(fact, *at) => {
                        Seen::Perhaps(f64::NEG_INFINITY, f64::INFINITY)
                    }
                    Expected::Legal { real, or_absent: false } => Seen::Value(real.0, real.1),
                    Expected::Legal { real, or_absent: true } => Seen::Perhaps(real.0, real.1),
                }
            };
            read.iter().map(at).collect()
        };
        asked.expect().into_iter().map(|series| (series.labels, row(series.points))).collect()
    }
}

/// The newest evaluation that a reader at `at` sees, if any.
fn newest(of: Evaluations, at: i64) -> Option<i64> {
    if at < of.first_ms || of.last_ms < of.first_ms {
        return None;
    }
    let last = of.first_ms + (at - of.first_ms) / of.interval_ms * of.interval_ms;
    let last = last.min(of.last_ms);
    (at - last < LOOKBACK_MS).then_some(last)
}

impl Table<'_> {
    /// Whether the clause holds for an element with these labels, and the value that it looked at.
    pub(super) fn point(
        &self,
        labels: &Labels,
        at: usize,
        decided: (usize, usize),
    ) -> (Point, Option<(f64, f64)>) {
        let seen = self.seen(&self.rows, labels, at);
        let holds = match self.clause.test {
            Test::Present => presence(seen),
            Test::Absent => inverse(presence(seen)),
            Test::Compare(compare, _) => {
                let there = self.compared(compare, seen, labels, at);
                match seen {
                    Seen::Nothing if self.clause.or_absent => Holds::Yes,
                    Seen::Perhaps(..) if self.clause.or_absent && there != Holds::Yes => {
                        Holds::Either
                    }
                    _ => there,
                }
            }
        };
        let range = match seen {
            Seen::Nothing => None,
            Seen::Value(low, high) | Seen::Perhaps(low, high) => Some((low, high)),
        };
        (Point { holds, value: None, decided, seen: range }, range)
    }

    /// What an element with these labels sees: the row whose labels agree with its own where both have them.
    fn seen(&self, rows: &Rows, labels: &Labels, at: usize) -> Seen {
        if let Some(row) = rows.get(labels) {
            return row[at];
        }
        let value = |name: &str| labels.iter().find(|(known, _)| known == name).map(|(_, v)| v);
        let agrees = |row: &Labels| {
            row.iter().all(|(name, own)| value(name).is_none_or(|value| value == own))
        };
        rows.iter().find(|(row, _)| agrees(row)).map_or(Seen::Nothing, |(_, row)| row[at])
    }

    /// Whether a value that equals its limit was not computed: a count or a level; a quantile that meets a bound is the
    /// bound.
    fn is_told(&self) -> bool {
        !matches!(
            self.clause.subject,
            Subject::Fact(Fact::Total(_) | Fact::Ratio { .. } | Fact::ShareAbove { .. }, _)
        )
    }

    fn compared(&self, compare: Compare, seen: Seen, labels: &Labels, at: usize) -> Holds {
        let (low, high, there) = match seen {
            Seen::Nothing => return Holds::No,
            Seen::Value(low, high) => (low, high, true),
            Seen::Perhaps(low, high) => (low, high, false),
        };
        let limits = match &self.clause.test {
            Test::Compare(_, Limit::Itself(times, _)) => {
                match self.seen(&self.limits, labels, at) {
                    Seen::Nothing => return Holds::No,
                    Seen::Value(low, high) => Some((low * times, high * times, true)),
                    Seen::Perhaps(low, high) => Some((low * times, high * times, false)),
                }
            }
            _ => self.clause.limit(labels).map(|limit| (limit, limit, true)),
        };
        let Some((least, most, known)) = limits else { return Holds::No };
        let holds = between(compare, (low, high), (least, most), self.is_told());
        if there && known { holds } else { holds.min(Holds::Either) }
    }
}

/// Whether all, some or none of the values compare so with all of the limits. Rounding can move each by a part in 1e9,
/// but for a value that is `told` and not computed, which is the same to the last bit on both sides, as nothing is.
fn between(
    compare: Compare,
    (low, high): (f64, f64),
    (least, most): (f64, f64),
    told: bool,
) -> Holds {
    if low == high && least == most && (told && low == least || low == 0.0) {
        return if compare.holds(low, least) { Holds::Yes } else { Holds::No };
    }
    let slack = |value: f64| TOLERANCE * value.abs().max(least.abs()).min(f64::MAX);
    let (low, high) = (low - slack(low), high + slack(high));
    let (all, none) = match compare {
        Compare::Above | Compare::AtLeast => (low > most, high < least),
        Compare::Below | Compare::AtMost => (high < least, low > most),
        Compare::Is => (false, high < least || low > most),
    };
    match (all, none) {
        (true, _) => Holds::Yes,
        (_, true) => Holds::No,
        _ => Holds::Either,
    }
}

fn presence(seen: Seen) -> Holds {
    match seen {
        Seen::Nothing => Holds::No,
        Seen::Value(..) => Holds::Yes,
        Seen::Perhaps(..) => Holds::Either,
    }
}

fn inverse(holds: Holds) -> Holds {
    match holds {
        Holds::No => Holds::Yes,
        Holds::Either => Holds::Either,
        Holds::Yes => Holds::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_met_to_the_last_bits_may_go_either_way() {
        let of = |compare, value: f64| between(compare, (value, value), (0.25, 0.25), false);
        assert_eq!(of(Compare::Above, 0.26), Holds::Yes);
        assert_eq!(of(Compare::Above, 0.24), Holds::No);
        assert_eq!(of(Compare::Above, 0.25 * (1.0 + 1e-12)), Holds::Either);
        assert_eq!(of(Compare::Below, 0.24), Holds::Yes);
        assert_eq!(of(Compare::Above, 0.25), Holds::Either);
        // The same number is the same number where it was not computed: no event, a quantile beyond all buckets.
        assert_eq!(between(Compare::AtLeast, (0.25, 0.25), (0.25, 0.25), true), Holds::Yes);
        assert_eq!(between(Compare::Above, (0.25, 0.25), (0.25, 0.25), true), Holds::No);
        assert_eq!(between(Compare::Is, (0.0, 0.0), (0.0, 0.0), false), Holds::Yes);
        assert_eq!(between(Compare::Is, (1e-7, 1e-7), (0.0, 0.0), false), Holds::No);
    }

    #[test]
    fn bounds_on_both_sides_of_a_threshold_say_nothing() {
        let of = |compare, range| between(compare, range, (0.25, 0.25), false);
        assert_eq!(of(Compare::Above, (0.1, 0.4)), Holds::Either);
        assert_eq!(of(Compare::Above, (0.3, 1e9)), Holds::Yes);
        assert_eq!(of(Compare::AtMost, (0.0, 0.1)), Holds::Yes);
    }

    #[test]
    fn the_newest_recorded_value_is_read_until_it_is_too_old() {
        let of = Evaluations { first_ms: 100_000, last_ms: 220_000, interval_ms: 30_000 };
        assert_eq!(newest(of, 99_999), None);
        assert_eq!(newest(of, 100_000), Some(100_000));
        assert_eq!(newest(of, 159_999), Some(130_000));
        assert_eq!(newest(of, 400_000), Some(220_000));
        assert_eq!(newest(of, 520_000), None);
    }
}
