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

/// What a histogram's buckets held in a window: rates as the engine computes them, and real events. All of it is
/// cumulative, as the exposed counters are: a restart can look like a reset in one of them and like none in another
/// (an event in a higher bucket takes the place of one in a lower), so that what samples show of a bucket is not what
/// they show of the next one less what they show of the one before.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    pub(super) rates: Vec<f64>,
    /// Events at or below each bound that the samples show.
    pub(super) inner: Vec<f64>,
    /// Events at or below each bound that may be in the window; at least `inner`.
    pub(super) outer: Vec<f64>,
    /// The largest factor by which extrapolation can have stretched any of them.
    pub(super) stretch: f64,
}

impl Buckets {
    /// The events of each bucket alone: those that the samples show once counts are raised to be monotone, as a
    /// quantile reads them, and those that may be in the window.
    pub(super) fn alone(&self) -> (Vec<f64>, Vec<f64>) {
        let (mut raised, mut possible) = (0.0_f64, 0.0_f64);
        let of = |(inner, outer): (&f64, &f64)| {
            let shown = (inner - raised).max(0.0);
            let around = (outer - possible).max(shown);
            (raised, possible) = (raised.max(*inner), *outer);
            (shown, around)
        };
        self.inner.iter().zip(&self.outer).map(of).unzip()
    }
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
                let real = seen.real(&window, start_ms, end_ms, term.slot..term.slot + bucket + 1);
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

#[cfg(test)]
mod tests {
    use sim::{
        event::{Event, EventKind},
        label::Label,
        time::Nanos,
        world::{Instance, Module, security::SecurityOperation},
    };

    use super::*;
    use crate::{
        fact::{Asked, Expected, Fact},
        oracle::Arithmetic,
    };

    fn ends(millis: u64) -> EventKind {
        let duration = Nanos::from_millis(millis);
        let operation = SecurityOperation::ALL[0];
        EventKind::SecurityOperation { operation, error: None, duration }
    }

    /// What happened by second, with a scrape every five of them.
    fn told(events: &[(u64, EventKind)]) -> Ledger {
        let instance = Instance { module: Module::PromptSecurity, replica: 0 };
        let mut ledger = Ledger::new([1; 3], 0);
        for second in 0..=15 {
            let at = Nanos::from_millis(second * 1000);
            for (_, kind) in events.iter().filter(|(when, _)| *when == second) {
                ledger.observe(&Event { at, replica: 0, kind: *kind });
            }
            if second % 5 == 0 {
                ledger.mark(instance, at, true);
            }
        }
        ledger
    }

    fn asked(fact: &Fact, ledger: &Ledger, arithmetic: Arithmetic) -> Expected {
        let asked = Asked {
            fact,
            ledger,
            arithmetic,
            window_ms: 16_000,
            instants: vec![15_000],
            rules_ms: (0, 0),
        };
        asked.expect()[0].points[0]
    }

    /// A slow operation takes the place of a fast one: `+Inf` goes on at 1 and shows no reset, the fast bucket falls to
    /// 0 and shows one. The engine then counts one fast operation among one.
    #[test]
    fn a_restart_may_show_in_a_lower_bucket_and_not_in_all() {
        let ledger = told(&[
            (3, ends(8)),
            (6, EventKind::Stopped(Module::PromptSecurity)),
            (7, EventKind::Started(Module::PromptSecurity)),
            (8, ends(900)),
        ]);
        let of = Total {
            quantities: vec![Quantity::SecurityDuration],
            conditions: Vec::new(),
            by: Vec::new(),
            per_second: true,
            times: 1.0,
            hides_zero: false,
        };
        let quantile = Fact::Quantile { q: 0.95, of: of.clone() };
        let share = Fact::ShareAbove { bound: 0.05, of };
        for fact in [quantile, share] {
            for era in [Era::UpTo2_50, Era::From2_51, Era::From3_0] {
                let point = asked(&fact, &ledger, Arithmetic::Modelled(era));
                let Expected::Value { exact, real } = point else { panic!("{point:?}") };
                assert!(real.0 <= exact.0 && exact.1 <= real.1, "{fact}: {exact:?} in {real:?}");
                let legal = asked(&fact, &ledger, Arithmetic::Unmodelled);
                let Expected::Legal { real, .. } = legal else { panic!("{legal:?}") };
                assert!(real.0 <= exact.0 && exact.1 <= real.1, "{fact}: {exact:?} in {real:?}");
            }
        }
    }

    #[test]
    fn each_bucket_alone_is_what_a_quantile_reads() {
        let buckets = Buckets {
            rates: Vec::new(),
            inner: vec![2.0, 1.0, 4.0],
            outer: vec![3.0, 3.0, 6.0],
            stretch: 1.0,
        };
        assert_eq!(buckets.alone(), (vec![2.0, 0.0, 2.0], vec![3.0, 0.0, 3.0]));
    }
}
