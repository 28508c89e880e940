//! `rate` and `increase` of counters: extrapolation, what depends on instants apart from values.
//!
//! All series of one scrape target share their sample instants, so a `SampleWindow` is made once per
//! target and step and asked for each series. Mirrors `extrapolatedRate` in `promql/functions.go` of
//! Prometheus 2.42 and 3.5 (float samples, counters), operation by operation. It must not know where
//! samples come from, nor aggregation.

use super::Era;
use prom::staleness;

/// A counter's increase from its first to its last sample: `last - first`, plus the value before each
/// reset. A reset is any decrease, even by one unit in the last place. 0 for fewer than two samples.
#[must_use]
pub fn counter_delta(values: &[f64]) -> f64 {
    let [first, .., last] = values else { return 0.0 };
    let resets = values.windows(2).filter(|pair| pair[1] < pair[0]);
    resets.fold(last - first, |delta, pair| delta + pair[0])
}

/// The samples that a range selector reads, as far as their instants go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleWindow {
    era: Era,
    first: usize,
    last: usize,
    /// Of the range, not of the samples; all durations are seconds.
    range: f64,
    sampled_interval: f64,
    average_between_samples: f64,
    duration_to_start: f64,
    duration_to_end: f64,
}

impl SampleWindow {
    /// The window from `start_ms` to `end_ms` (the evaluation time less any offset) over a target's
    /// ascending sample `instants`, staleness markers left out; all milliseconds. `None` if fewer
    /// than two samples lie in it: the engine then answers nothing.
    #[must_use]
    pub fn new(era: Era, start_ms: i64, end_ms: i64, instants: &[i64]) -> Option<Self> {
        let window = era.window(start_ms, end_ms, instants);
        if window.len() < 2 {
            return None;
        }
        let (first, last) = (window.start, window.end - 1);
        let sampled_interval = seconds(instants[last] - instants[first]);
        Some(Self {
            era,
            first,
            last,
            range: range_seconds(end_ms - start_ms),
            sampled_interval,
            average_between_samples: sampled_interval / (last - first) as f64,
            duration_to_start: seconds(instants[first] - start_ms),
            duration_to_end: seconds(end_ms - instants[last]),
        })
    }

    /// The window of one series with samples of its own, staleness markers included (range selectors
    /// skip them), and the first value and the delta to ask it with.
    #[must_use]
    pub fn of_series(
        era: Era,
        (start_ms, end_ms): (i64, i64),
        instants: &[i64],
        values: &[f64],
    ) -> Option<(Self, f64, f64)> {
        let read =
            era.window(start_ms, end_ms, instants).filter(|&i| !staleness::is_marker(values[i]));
        let (instants, values): (Vec<_>, Vec<_>) = read.map(|i| (instants[i], values[i])).unzip();
        let window = Self::new(era, start_ms, end_ms, &instants)?;
        Some((window, values[0], counter_delta(&values)))
    }

    /// Indices, in the instants given, of the first and the last sample in the window.
    #[must_use]
    pub fn indices(&self) -> (usize, usize) {
        (self.first, self.last)
    }

    /// The extrapolated increase of a counter with this first sample's value and `counter_delta`.
    #[must_use]
    pub fn increase(&self, first_value: f64, delta: f64) -> f64 {
        delta * self.factor(first_value, delta)
    }

    /// The same per second of range. Not quite `increase / range`: the engine divides the factor.
    #[must_use]
    pub fn rate(&self, first_value: f64, delta: f64) -> f64 {
        delta * (self.factor(first_value, delta) / self.range)
    }

    /// The largest factor by which extrapolation can stretch any counter in this window; at least 1.
    #[must_use]
    pub fn largest_factor(&self) -> f64 {
        let threshold = self.average_between_samples * 1.1;
        self.stretched_to(match self.era {
            // The zero clamp may bring a far start under the threshold, where it counts in full.
            Era::UpTo2_50 => self.duration_to_start.min(threshold),
            Era::From2_51 | Era::From3_0 => self.limited(self.duration_to_start),
        })
    }

    fn factor(&self, first_value: f64, delta: f64) -> f64 {
        // A rising counter is not extrapolated to before the instant at which it was zero.
        let clamped = delta > 0.0 && first_value >= 0.0;
        let since_zero =
            if clamped { self.sampled_interval * (first_value / delta) } else { f64::INFINITY };
        self.stretched_to(match self.era {
            Era::UpTo2_50 => self.limited(self.duration_to_start.min(since_zero)),
            Era::From2_51 | Era::From3_0 => self.limited(self.duration_to_start).min(since_zero),
        })
    }

    /// An edge 1.1 average intervals away or more is not reached: half an interval is added there.
    fn limited(&self, duration: f64) -> f64 {
        let average = self.average_between_samples;
        if duration < average * 1.1 { duration } else { average / 2.0 }
    }

    fn stretched_to(&self, start: f64) -> f64 {
        let end = self.limited(self.duration_to_end);
        (self.sampled_interval + start + end) / self.sampled_interval
    }
}

fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1000.0
}

/// As Go's `time.Duration.Seconds`: whole seconds plus nanoseconds / 1e9.
fn range_seconds(milliseconds: i64) -> f64 {
    (milliseconds / 1000) as f64 + (milliseconds % 1000 * 1_000_000) as f64 / 1e9
}
