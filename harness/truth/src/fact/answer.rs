//! From a fact to expected series.

use std::collections::BTreeMap;

use sim::{label::Label, world::Module};

use super::{
    Condition, Expected, Fact, Labels, Total,
    sums::{Buckets, Summed, Sums},
};
use crate::{
    ledger::Ledger,
    oracle::{self, Arithmetic, Era},
};

/// How far a sum's order can move a count, relative: far above rounding, far below an event. Also how far, in
/// absolute terms, a difference of two shares can be from 0.
pub(super) const ROUNDING: f64 = 1e-12;

/// Prometheus' default lookback.
pub(super) const LOOKBACK_MS: i64 = 5 * 60 * 1000;

/// A fact as it was asked: with its window, its instants and the engine's era.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// What is asked.
    pub fact: &'a Fact,
    /// The truth.
    pub ledger: &'a Ledger,
    /// The engine's arithmetic, if it is known.
    pub arithmetic: Arithmetic,
    /// The window before each instant, in milliseconds.
    pub window_ms: i64,
    /// The instants, in Unix milliseconds.
    pub instants: Vec<i64>,
    /// When recording rules were first and last evaluated, for facts that rest on one.
    pub rules_ms: (i64, i64),
}

/// An expected series: what it is called, and what it holds at each instant asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// The series' labels.
    pub labels: Labels,
    /// What it holds at each instant.
    pub points: Vec<Expected>,
}

impl Asked<'_> {
    /// The expected series, sorted by label, each with one expected point per instant. Series that are absent at
    /// every instant are among them.
    #[must_use]
    pub fn expect(&self) -> Vec<Expectation> {
        if !self.arithmetic.is_modelled() {
            return match self.fact {
                Fact::Total(total) => self.legal_totals(total),
                Fact::Ratio { part, whole } => self.legal_ratios(part, whole),
                Fact::Quantile { q, of } => self.legal_quantiles(*q, of),
                Fact::ShareAbove { bound, of } => self.legal_shares(*bound, of),
                // Levels are no matter of arithmetic.
                Fact::Health(_) | Fact::Constant(_) => self.modelled(),
            };
        }
        self.modelled()
    }

    fn modelled(&self) -> Vec<Expectation> {
        match self.fact {
            Fact::Total(total) => self.totals(total),
            Fact::Ratio { part, whole } => self.ratios(part, whole),
            Fact::Quantile { q, of } => self.histograms(of, |buckets| self.quantile(*q, buckets)),
            Fact::ShareAbove { bound, of } => {
                self.histograms(of, |buckets| share_above(*bound, buckets))
            }
            Fact::Health(conditions) => self.health(conditions),
            Fact::Constant(values) => values
                .iter()
                .map(|(labels, value)| self.series(labels.clone(), |at| self.constant(*value, at)))
                .collect(),
        }
    }

    pub(super) fn series(&self, labels: Labels, point: impl FnMut(i64) -> Expected) -> Expectation {
        Expectation { labels, points: self.instants.iter().copied().map(point).collect() }
    }

    fn era(&self) -> Era {
        match self.arithmetic {
            Arithmetic::Modelled(era) => era,
            // Only for levels: closed windows are those of most engines.
            Arithmetic::Unmodelled => Era::From2_51,
        }
    }

    fn totals(&self, total: &Total) -> Vec<Expectation> {
        let sums = Sums::new(self.ledger, total);
        let one = |terms: &[_], at| match sums.sum(terms, self.era(), at - self.window_ms, at) {
            None => Expected::Absent,
            Some(sum) if total.hides_zero && sum.exact == 0.0 => Expected::Absent,
            Some(sum) => {
                Expected::Value { exact: (sum.exact, sum.exact), real: (sum.low, sum.high) }
            }
        };
        sums.groups
            .iter()
            .map(|(labels, terms)| self.series(labels.clone(), |at| one(terms, at)))
            .collect()
    }

    fn ratios(&self, part: &Total, whole: &Total) -> Vec<Expectation> {
        let (parts, wholes) = (Sums::new(self.ledger, part), Sums::new(self.ledger, whole));
        let of_part: BTreeMap<&Labels, _> =
            parts.groups.iter().map(|(labels, terms)| (labels, terms)).collect();
        wholes
            .groups
            .iter()
            .map(|(labels, terms)| {
                self.series(labels.clone(), |at| {
                    let start = at - self.window_ms;
                    let whole = wholes.sum(terms, self.era(), start, at);
                    let part = of_part
                        .get(labels)
                        .and_then(|terms| parts.sum(terms, self.era(), start, at));
                    match (part, whole) {
                        (Some(part), Some(whole)) if whole.exact > 0.0 => ratio(part, whole),
                        _ => Expected::Absent,
                    }
                })
            })
            .collect()
    }

    fn histograms(
        &self,
        of: &Total,
        answer: impl Fn(&(Vec<f64>, Buckets)) -> Expected,
    ) -> Vec<Expectation> {
        let sums = Sums::new(self.ledger, of);
        sums.groups
            .iter()
            .map(|(labels, terms)| {
                self.series(labels.clone(), |at| {
                    let buckets = sums.buckets(terms, self.era(), at - self.window_ms, at);
                    buckets.map_or(Expected::Absent, |buckets| answer(&buckets))
                })
            })
            .collect()
    }

    fn quantile(&self, q: f64, (bounds, buckets): &(Vec<f64>, Buckets)) -> Expected {
        let cumulative: Vec<(f64, f64)> =
            bounds.iter().copied().zip(buckets.rates.iter().copied()).collect();
        let exact = oracle::histogram_quantile_near(self.era(), q, &cumulative, ROUNDING);
        if exact.0.is_nan() || exact.1.is_nan() {
            return Expected::Absent;
        }
        let (inner, outer) = buckets.alone();
        let real = oracle::quantile_bound(q, bounds, &inner, &outer, buckets.stretch);
        // Without a certain event anything may be right: the exact judgement stands alone.
        Expected::Value { exact, real: real.unwrap_or((0.0, f64::INFINITY)) }
    }

    fn health(&self, conditions: &[Condition]) -> Vec<Expectation> {
        let modules = Module::ALL.iter().filter_map(|module| {
            let labels = vec![("module".to_owned(), module.to_string())];
            conditions
                .iter()
                .all(|condition| condition.admits(&labels))
                .then_some((*module, labels))
        });
        modules
            .map(|(module, labels)| {
                self.series(labels, |at| {
                    let pages = self.ledger.pages().filter(|page| page.instance().module == module);
                    let seen = pages.filter_map(|page| {
                        let instants = page.instants();
                        let earliest = at - LOOKBACK_MS;
                        let row =
                            instants.partition_point(|&instant| instant <= at).checked_sub(1)?;
                        let reaches = match self.era() {
                            Era::From3_0 => instants[row] > earliest,
                            Era::UpTo2_50 | Era::From2_51 => instants[row] >= earliest,
                        };
                        // The series of a target that is gone end at once.
                        let there = reaches && !page.removed(row);
                        there.then(|| if page.up(row) { 1.0 } else { 0.0 })
                    });
                    let lowest = seen.fold(None, |so_far: Option<f64>, up| {
                        Some(so_far.map_or(up, |low| low.min(up)))
                    });
                    lowest.map_or_else(|| self.constant(-1.0, at), level)
                })
            })
            .collect()
    }

    /// A figure that a recording rule states: there from the first evaluation until the last has gone stale.
    fn constant(&self, value: f64, at: i64) -> Expected {
        let (first, last) = self.rules_ms;
        if first <= at && at < last + LOOKBACK_MS { level(value) } else { Expected::Absent }
    }
}

fn level(value: f64) -> Expected {
    Expected::Value { exact: (value, value), real: (value, value) }
}

fn ratio(part: Summed, whole: Summed) -> Expected {
    let exact = part.exact / whole.exact;
    let high = if whole.low > 0.0 { part.high / whole.low } else { f64::INFINITY };
    Expected::Value { exact: (exact, exact), real: (part.low / whole.high, high) }
}

fn share_above(bound: f64, (bounds, buckets): &(Vec<f64>, Buckets)) -> Expected {
    let Some(at) = bounds.iter().position(|upper| *upper == bound) else { return Expected::Absent };
    let all = buckets.rates[buckets.rates.len() - 1];
    if all <= 0.0 {
        return Expected::Absent;
    }
    let exact = 1.0 - buckets.rates[at] / all;
    let real = share_above_bound(at, buckets);
    Expected::Value {
        exact: (exact - ROUNDING, exact + ROUNDING),
        real: (real.0 - ROUNDING, real.1 + ROUNDING),
    }
}

/// What the real events permit of the share above the bound of bucket `at`.
pub(super) fn share_above_bound(at: usize, buckets: &Buckets) -> (f64, f64) {
    // Bucket and count are stretched apart from each other, so their ratio may even exceed 1.
    let bounds = |bucket: usize| {
        let (inner, outer) = (buckets.inner[bucket], buckets.outer[bucket]);
        (inner, outer.max(inner * buckets.stretch))
    };
    let (below, whole) = (bounds(at), bounds(buckets.inner.len() - 1));
    let least = if whole.0 > 0.0 { 1.0 - below.1 / whole.0 } else { f64::NEG_INFINITY };
    (least, 1.0 - below.0 / whole.1)
}
