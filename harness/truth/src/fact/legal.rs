//! What any honest arithmetic may answer, for engines whose own is not modelled.
//!
//! An engine may count from the last scrape before a window or from the first sample within, stretch what it saw to the
//! window's edges or not, and divide by the window or by the time between the samples that it used: each is a fair
//! reading of "per second, over the last five minutes". So a series' answer lies between the least and the most that
//! any of them makes of the real events, and where fewer than two samples lie in a window it may also be none at all.
//! What lies outside is no matter of arithmetic. Exact answers are the business of `answer`.

use std::collections::BTreeMap;

use super::{
    Expected, Labels, Total,
    answer::{Asked, Expectation, LOOKBACK_MS, ROUNDING, share_above_bound},
    sightings::Sightings,
    sums::{Buckets, Sums, Term, unit_scale},
};
use crate::{
    oracle::{self, Era},
    quantity::Unit,
};

/// What the samples in and before a window permit, added up over series.
#[derive(Clone, Copy, Debug, Default)]
struct Permitted {
    low: f64,
    high: f64,
    /// Whether some series has two samples in the window, so that every engine answers.
    certain: bool,
}

/// The events of a window in one series, and the spans of time to which an engine may refer them.
#[derive(Clone, Copy, Debug)]
struct Seen {
    inner: f64,
    outer: f64,
    /// The largest factor by which any era of Prometheus would stretch what it counts; 1 where none has an answer.
    stretch: f64,
    /// The most that any of them would make of what it counts.
    stretched: f64,
    /// Seconds between the first and the last sample in the window.
    within: Option<f64>,
    /// Seconds between the last sample before the window and the last one in it.
    since_before: Option<f64>,
}

impl Asked<'_> {
    pub(super) fn legal_totals(&self, total: &Total) -> Vec<Expectation> {
        let sums = Sums::new(self.ledger, total);
        let point = |terms: &[Term], at| match self.permitted(&sums, terms, at) {
            None => Expected::Absent,
            Some(found) if total.hides_zero && found.high == 0.0 => Expected::Absent,
            Some(found) => Expected::Legal {
                real: (found.low, found.high),
                or_absent: !found.certain || total.hides_zero && found.low == 0.0,
            },
        };
        let of = |(labels, terms): &(Labels, Vec<Term>)| {
            self.series(labels.clone(), |at| point(terms, at))
        };
        sums.groups.iter().map(of).collect()
    }

    pub(super) fn legal_ratios(&self, part: &Total, whole: &Total) -> Vec<Expectation> {
        let (parts, wholes) = (Sums::new(self.ledger, part), Sums::new(self.ledger, whole));
        let of_part: BTreeMap<&Labels, _> =
            parts.groups.iter().map(|(labels, terms)| (labels, terms)).collect();
        let point = |labels: &Labels, terms: &[Term], at| {
            let whole = self.permitted(&wholes, terms, at);
            let part = of_part.get(labels).and_then(|terms| self.permitted(&parts, terms, at));
            match (part, whole) {
                (Some(part), Some(whole)) if whole.high > 0.0 => {
                    let high = if whole.low > 0.0 { part.high / whole.low } else { f64::INFINITY };
                    Expected::Legal {
                        real: (part.low / whole.high, high),
                        or_absent: !(part.certain && whole.certain && whole.low > 0.0),
                    }
                }
                _ => Expected::Absent,
            }
        };
        let of = |(labels, terms): &(Labels, Vec<Term>)| {
            self.series(labels.clone(), |at| point(labels, terms, at))
        };
        wholes.groups.iter().map(of).collect()
    }

    pub(super) fn legal_quantiles(&self, q: f64, of: &Total) -> Vec<Expectation> {
        self.legal_histograms(of, |bounds, found| {
            let (inner, outer) = found.alone();
            oracle::quantile_bound(q, bounds, &inner, &outer, found.stretch)
        })
    }

    pub(super) fn legal_shares(&self, bound: f64, of: &Total) -> Vec<Expectation> {
        self.legal_histograms(of, |bounds, found| {
            let at = bounds.iter().position(|upper| *upper == bound)?;
            let events = found.outer.last().copied().unwrap_or_default();
            (events > 0.0).then(|| share_above_bound(at, found))
        })
    }

    /// `bound` gives the bound of an answer by bucket bounds and what the buckets hold.
    fn legal_histograms(
        &self,
        of: &Total,
        bound: impl Fn(&[f64], &Buckets) -> Option<(f64, f64)>,
    ) -> Vec<Expectation> {
        let sums = Sums::new(self.ledger, of);
        let point = |terms: &[Term], at| {
            let Some((bounds, found)) = self.buckets(&sums, terms, at) else {
                return Expected::Absent;
            };
            let real = bound(&bounds, &found);
            real.map_or(Expected::Absent, |real| Expected::Legal {
                real: (real.0 - ROUNDING, real.1 + ROUNDING),
                or_absent: found.inner.iter().all(|shown| *shown == 0.0),
            })
        };
        let of = |(labels, terms): &(Labels, Vec<Term>)| {
            self.series(labels.clone(), |at| point(terms, at))
        };
        sums.groups.iter().map(of).collect()
    }

    fn permitted(&self, sums: &Sums<'_>, terms: &[Term], at: i64) -> Option<Permitted> {
        let seconds = self.window_ms as f64 / 1000.0;
        let mut sum: Option<Permitted> = None;
        for term in terms {
            let slots = term.truth..term.truth + 1;
            let seen = seen(&sums.sightings[term.seen_by], at - self.window_ms, at, slots);
            let Some(seen) = seen else { continue };
            let scale = unit_scale(term.quantity.unit());
            let most = seen.outer.max(seen.stretched);
            let (low, high) = if sums.per_second {
                let longest = seen.since_before.unwrap_or(0.0).max(seconds);
                let over = |events: f64, span: Option<f64>| {
                    span.filter(|span| *span > 0.0).map_or(0.0, |span| events / span)
                };
                let high = (most / seconds)
                    .max(over(seen.inner, seen.within))
                    .max(over(seen.outer, seen.since_before));
                (seen.inner / longest, high)
            } else {
                (seen.inner, most)
            };
            let so_far = sum.get_or_insert_default();
            so_far.low += low / scale;
            so_far.high += high / scale;
            so_far.certain |= seen.within.is_some();
        }
        sum.map(|sum| Permitted { low: sum.low * sums.times, high: sum.high * sums.times, ..sum })
    }

    /// Bucket bounds, and what each bucket holds; no engine's rates are among it.
    fn buckets(&self, sums: &Sums<'_>, terms: &[Term], at: i64) -> Option<(Vec<f64>, Buckets)> {
        let mut found: Option<(Vec<f64>, Buckets)> = None;
        for term in terms {
            let Unit::Seconds(bounds) = term.quantity.unit() else { continue };
            let n = bounds.len() + 1;
            for bucket in 0..n {
                let slots = term.slot..term.slot + bucket + 1;
                let seen = seen(&sums.sightings[term.seen_by], at - self.window_ms, at, slots);
                let Some(seen) = seen else { continue };
                let (known, so_far) = found.get_or_insert_with(|| {
                    let with_infinity = bounds.iter().copied().chain([f64::INFINITY]).collect();
                    let zeros = || vec![0.0; n];
                    let (inner, outer) = (zeros(), zeros());
                    (with_infinity, Buckets { rates: Vec::new(), inner, outer, stretch: 1.0 })
                });
                if known.len() != n {
                    return None;
                }
                so_far.inner[bucket] += seen.inner;
                so_far.outer[bucket] += seen.outer.max(seen.inner);
                so_far.stretch = so_far.stretch.max(seen.stretch);
            }
        }
        found
    }
}

/// What samples show of the events in `(start_ms, end_ms]`; `None` where no engine can answer.
fn seen(
    sightings: &Sightings<'_>,
    start_ms: i64,
    end_ms: i64,
    slots: std::ops::Range<usize>,
) -> Option<Seen> {
    // The fewest samples that any engine counts as within.
    let era = Era::From3_0;
    let inside = era.window(start_ms, end_ms, &sightings.instants);
    let instant = |sample: usize| sightings.instants[sample];
    let before = inside.start.checked_sub(1).filter(|&at| instant(at) >= start_ms - LOOKBACK_MS);
    let last = inside.clone().next_back();
    let since_before = before.zip(last).map(|(from, to)| (instant(to) - instant(from)) as f64);
    let since_before = since_before.map(|millis| millis / 1000.0);
    if let Some(window) = sightings.window(era, start_ms, end_ms) {
        let real = sightings.real(&window, start_ms, end_ms, slots.clone());
        let (first, last) = window.indices();
        let (mut stretch, mut stretched) = (1.0_f64, 0.0_f64);
        for era in [Era::UpTo2_50, Era::From2_51, Era::From3_0] {
            // Closed windows may count one sample more.
            let Some(window) = sightings.window(era, start_ms, end_ms) else { continue };
            let counted = sightings.real(&window, start_ms, end_ms, slots.clone()).inner;
            let factor = window.largest_factor();
            stretch = stretch.max(factor);
            stretched = stretched.max(counted * factor);
        }
        return Some(Seen {
            inner: real.inner,
            outer: real.outer,
            stretch,
            stretched,
            within: Some((instant(last) - instant(first)) as f64 / 1000.0),
            since_before,
        });
    }
    if inside.is_empty() && before.is_none() {
        return None;
    }
    let outer = sightings.around(start_ms, end_ms, slots);
    Some(Seen { inner: 0.0, outer, stretch: 1.0, stretched: 0.0, within: None, since_before })
}
