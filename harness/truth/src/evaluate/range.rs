//! Functions of a window of samples, for one series at each evaluation.
//!
//! `rate` and `increase` cost the same however long the window is: what depends on instants is found once for all
//! series of a target, and a counter's increase is the difference of two samples and its few resets.

use std::ops::Range;

use super::sum::{Mean, Sum};
use prom::promql::plain::RangeFunction;

use crate::oracle::{Era, SampleWindow};

/// The samples that the evaluations of a window read, by their places.
#[derive(Debug)]
pub(super) struct Reads {
    era: Era,
    ranges: Vec<Range<usize>>,
    /// For those that extrapolate.
    windows: Vec<Option<SampleWindow>>,
}

impl Reads {
    /// Windows of `window_ms` that end at `ends` over ascending `instants`; all Unix milliseconds.
    pub(super) fn new(
        era: Era,
        window_ms: i64,
        ends: impl Iterator<Item = i64> + Clone,
        instants: &[i64],
    ) -> Reads {
        let range = |end: i64| era.window(end - window_ms, end, instants);
        let window = |end: i64| SampleWindow::new(era, end - window_ms, end, instants);
        Reads {
            era,
            ranges: ends.clone().map(range).collect(),
            windows: ends.map(window).collect(),
        }
    }
}

/// A function of one series at each evaluation: of its values, and the places of those that are lower than the one
/// before, ascending.
pub(super) fn column(
    function: RangeFunction,
    values: &[f64],
    lower: &[usize],
    reads: &Reads,
) -> Vec<Option<f64>> {
    let of_values = |f: &dyn Fn(&[f64]) -> f64| -> Vec<Option<f64>> {
        let read = |range: &Range<usize>| (!range.is_empty()).then(|| f(&values[range.clone()]));
        reads.ranges.iter().map(read).collect()
    };
    match function {
        RangeFunction::Rate | RangeFunction::Increase => {
            let value = |window: &SampleWindow| {
                let (first, last) = window.indices();
                let delta = delta(values, lower, first, last);
                match function {
                    RangeFunction::Rate => window.rate(values[first], delta),
                    _ => window.increase(values[first], delta),
                }
            };
            reads.windows.iter().map(|window| window.as_ref().map(value)).collect()
        }
        RangeFunction::Resets => {
            let value = |range: &Range<usize>| {
                (!range.is_empty()).then(|| resets(lower, range).len() as f64)
            };
            reads.ranges.iter().map(value).collect()
        }
        RangeFunction::Changes => {
            let differs =
                |pair: &&[f64]| pair[0] != pair[1] && !(pair[0].is_nan() && pair[1].is_nan());
            of_values(&|read| read.windows(2).filter(differs).count() as f64)
        }
        RangeFunction::Min => of_values(&|read| least(read, |new, known| new < known)),
        RangeFunction::Max => of_values(&|read| least(read, |new, known| new > known)),
        RangeFunction::Sum => of_values(&sum),
        RangeFunction::Avg => of_values(&|read| mean(reads.era, read)),
        RangeFunction::Count => of_values(&|read| read.len() as f64),
        RangeFunction::Last => of_values(&|read| read[read.len() - 1]),
        RangeFunction::Present => of_values(&|_| 1.0),
    }
}

/// [`crate::oracle::counter_delta`] of the samples from `first` to `last`, in the same order of operations.
fn delta(values: &[f64], all: &[usize], first: usize, last: usize) -> f64 {
    let delta = values[last] - values[first];
    if all.is_empty() {
        return delta;
    }
    let range = first..last + 1;
    resets(all, &range).iter().fold(delta, |delta, reset| delta + values[reset - 1])
}

/// The resets within a range of samples: its first sample has none before it.
fn resets<'a>(all: &'a [usize], range: &Range<usize>) -> &'a [usize] {
    let from = all.partition_point(|reset| *reset <= range.start);
    let until = all.partition_point(|reset| *reset < range.end);
    &all[from..until.max(from)]
}

/// `min_over_time` and `max_over_time`: a NaN gives way to any number.
fn least(read: &[f64], beats: impl Fn(f64, f64) -> bool) -> f64 {
    let better =
        |known: f64, new: f64| if beats(new, known) || known.is_nan() { new } else { known };
    read.iter().copied().reduce(better).unwrap_or(f64::NAN)
}

/// `sum_over_time`.
fn sum(read: &[f64]) -> f64 {
    let mut sum = Sum::of_samples();
    read.iter().for_each(|value| sum.add(*value));
    sum.value()
}

/// `avg_over_time`.
fn mean(era: Era, read: &[f64]) -> f64 {
    let mut mean = Mean::of_samples(era);
    read.iter().for_each(|value| mean.add(*value));
    mean.value().unwrap_or(f64::NAN)
}
