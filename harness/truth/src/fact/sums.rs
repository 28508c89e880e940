//! Sums over sampled series, grouped by labels: the common ground of every fact about counters.

use std::collections::BTreeMap;

use super::{Condition, Labels, Total, sightings::Sightings};
use crate::{
    ledger::Ledger,
    oracle::Era,
    quantity::{Quantity, Unit},
};

/// One series that takes part in a group's sum.
#[derive(Clone, Copy, Debug)]
pub(super) struct Term {
    /// Index into [`Sums::sightings`].
    pub(super) seen_by: usize,
    pub(super) quantity: Quantity,
    /// The first slot of the label set.
    pub(super) slot: usize,
    /// The slot of what really happened, where `slot` only counts what was recorded.
    pub(super) truth: usize,
}

/// The groups of a sum with the series in each.
#[derive(Debug)]
pub(super) struct Sums<'a> {
    pub(super) sightings: Vec<Sightings<'a>>,
    pub(super) groups: Vec<(Labels, Vec<Term>)>,
    pub(super) per_second: bool,
    pub(super) times: f64,
}

/// A group's sum at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Summed {
    pub(super) exact: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// What a histogram's buckets held in a window: rates as the engine computes them, and real events.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    pub(super) rates: Vec<f64>,
    pub(super) inner: Vec<f64>,
    pub(super) outer: Vec<f64>,
    /// The largest factor by which extrapolation can have stretched any of them.
    pub(super) stretch: f64,
}

impl<'a> Sums<'a> {
    pub(super) fn new(ledger: &'a Ledger, total: &Total) -> Sums<'a> {
        let mut sightings = Vec::new();
        let mut groups: BTreeMap<Labels, Vec<Term>> = BTreeMap::new();
        for &quantity in &total.quantities {
            let first = sightings.len();
            sightings.extend(Sightings::of(ledger, quantity));
            let module = quantity.module();
            // Looked up once: a base is a sum over the label sets of all quantities before it.
            let (base, truth, n_slots) =
                (quantity.base(), quantity.truth().base(), quantity.unit().slots());
            for (position, labels) in quantity.label_sets().iter().enumerate() {
                let mut labels: Labels = labels
                    .iter()
                    .map(|&(name, value)| (name.to_owned(), value.to_owned()))
                    .collect();
                labels.push(("module".to_owned(), module.to_string()));
                if !total.conditions.iter().all(|condition: &Condition| condition.admits(&labels)) {
                    continue;
                }
                labels.retain(|(name, _)| total.by.contains(name));
                labels.sort_unstable();
                let at = position * n_slots;
                let terms = (first..sightings.len()).map(|seen_by| Term {
                    seen_by,
                    quantity,
                    slot: base + at,
                    truth: truth + at,
                });
                groups.entry(labels).or_default().extend(terms);
            }
        }
        Sums {
            sightings,
            groups: groups.into_iter().collect(),
            per_second: total.per_second,
            times: total.times,
        }
    }

    /// The group's sum over `(start, end]`, or `None` where no series has two samples there.
    pub(super) fn sum(
        &self,
        terms: &[Term],
        era: Era,
        start_ms: i64,
        end_ms: i64,
    ) -> Option<Summed> {
        let seconds = (end_ms - start_ms) as f64 / 1000.0;
        let mut sum: Option<Summed> = None;
        for term in terms {
            let seen = &self.sightings[term.seen_by];
            let Some(window) = seen.window(era, start_ms, end_ms) else { continue };
            let scale = unit_scale(term.quantity.unit());
            let (first, delta) =
                seen.delta(&window, |page, row| page.shown(row, term.slot) as f64 / scale);
            let exact = if self.per_second {
                window.rate(first, delta)
            } else {
                window.increase(first, delta)
            };
            // Money is spent whether or not it was recorded.
            let real = seen.real(&window, start_ms, end_ms, term.truth..term.truth + 1);
            let per = if self.per_second { scale * seconds } else { scale };
            let so_far = sum.get_or_insert(Summed { exact: 0.0, low: 0.0, high: 0.0 });
            so_far.exact += exact;
            so_far.low += real.inner / per;
            so_far.high += real.outer.max(real.inner * window.largest_factor()) / per;
        }
        sum.map(|sum| Summed {
            exact: sum.exact * self.times,
            low: sum.low * self.times,
            high: sum.high * self.times,
        })
    }

    /// The group's buckets over `(start, end]`, `+Inf` last; all quantities of the group must share their bounds, or
    /// `None`. Also `None` where no series has two samples.
    pub(super) fn buckets(
        &self,
        terms: &[Term],
        era: Era,
        start_ms: i64,
        end_ms: i64,
    ) -> Option<(Vec<f64>, Buckets)> {
        let mut found: Option<(Vec<f64>, Buckets)> = None;
        for term in terms {
            let Unit::Seconds(bounds) = term.quantity.unit() else { continue };
            let seen = &self.sightings[term.seen_by];
            let Some(window) = seen.window(era, start_ms, end_ms) else { continue };
            let n = bounds.len() + 1;
            let (bounds, so_far) = found.get_or_insert_with(|| {
                let with_infinity = bounds.iter().copied().chain([f64::INFINITY]).collect();
                let zeros = || vec![0.0; n];
                (
                    with_infinity,
                    Buckets { rates: zeros(), inner: zeros(), outer: zeros(), stretch: 1.0 },
                )
            });
            if bounds.len() != n {
                return None;
            }
            for bucket in 0..n {
                let (first, delta) = seen.delta(&window, |page, row| {
                    (0..=bucket).map(|b| page.shown(row, term.slot + b)).sum::<u64>() as f64
                });
                so_far.rates[bucket] += window.rate(first, delta);
                let real = seen.real(
                    &window,
                    start_ms,
                    end_ms,
                    term.slot + bucket..term.slot + bucket + 1,
                );
                so_far.inner[bucket] += real.inner;
                so_far.outer[bucket] += real.outer.max(real.inner);
            }
            so_far.stretch = so_far.stretch.max(window.largest_factor());
        }
        found
    }
}

/// How many of the ledger's units a metric's unit has.
pub(super) fn unit_scale(unit: Unit) -> f64 {
    match unit {
        Unit::Count | Unit::Seconds(_) => 1.0,
        Unit::NanoUsd => 1e9,
    }
}
