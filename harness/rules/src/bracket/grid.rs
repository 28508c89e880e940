//! The instants of a case: evaluations and samples, and which samples an evaluation sees.
//!
//! Milliseconds from the case's first evaluation. Samples never stand on the edge of a window, where versions of
//! Prometheus differ.

/// Samples of raw series are this close, if evaluations are not closer.
const SCRAPE_MS: i64 = 15_000;
/// Windows above this are sampled once for each evaluation.
const LONG_MS: i64 = 2 * 3_600_000;

/// Evaluations and samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    pub(super) interval_ms: i64,
    pub(super) n_evaluations: usize,
    pub(super) step_ms: i64,
    first_ms: i64,
    n_samples: usize,
}

impl Grid {
    /// For `n_evaluations` every `interval_ms`, over windows of which the longest holds twice between the first sample
    /// and the first evaluation, so that a window twice as long is full as well.
    pub(super) fn new(interval_ms: i64, n_evaluations: usize, windows: &[i64]) -> Grid {
        let longest = windows.iter().copied().max().unwrap_or(0);
        let parts = if longest > LONG_MS { 1 } else { (interval_ms + SCRAPE_MS - 1) / SCRAPE_MS };
        let step_ms = (interval_ms / parts.max(1)).max(1);
        let on_edge =
            |lag: &i64| windows.iter().any(|window| (window - lag).rem_euclid(step_ms) == 0);
        let lag = (1..step_ms)
            .map(|ms| (step_ms * 2 / 5 + ms) % step_ms)
            .find(|ms| *ms > 0 && !on_edge(ms));
        let lag = lag.unwrap_or(0);
        let before = (2 * longest) / step_ms + 3;
        let last_ms = interval_ms * (n_evaluations as i64 - 1);
        let after = (last_ms + lag) / step_ms;
        Grid {
            interval_ms,
            n_evaluations,
            step_ms,
            first_ms: -lag - before * step_ms,
            n_samples: usize::try_from(before + after + 1).unwrap_or_default(),
        }
    }

    /// The instant of an evaluation.
    pub(super) fn evaluation(&self, nth: usize) -> i64 {
        nth as i64 * self.interval_ms
    }

    /// The instants of all samples; the last is followed by one more, at which what was there ends.
    pub(super) fn samples(&self) -> impl Iterator<Item = i64> {
        let (first, step) = (self.first_ms, self.step_ms);
        (0..self.n_samples as i64).map(move |nth| first + nth * step)
    }

    /// Where everything ends.
    pub(super) fn end(&self) -> i64 {
        self.first_ms + self.n_samples as i64 * self.step_ms
    }

    /// The evaluation that is the first to see a sample.
    pub(super) fn seen_first(&self, at: i64) -> usize {
        let nth = at.div_euclid(self.interval_ms) + i64::from(at.rem_euclid(self.interval_ms) > 0);
        usize::try_from(nth).unwrap_or(0).min(self.n_evaluations - 1)
    }

    /// Between samples: interval `nth` ends with sample `nth + 1`.
    pub(super) fn n_intervals(&self) -> usize {
        self.n_samples - 1
    }

    /// Whether an evaluation sees a sample in a window.
    pub(super) fn sees_sample(&self, evaluation: usize, window_ms: i64, sample: usize) -> bool {
        let at = self.evaluation(evaluation);
        let sampled = self.first_ms + sample as i64 * self.step_ms;
        sampled > at - window_ms && sampled <= at
    }

    /// Whether an evaluation sees both ends of an interval in a window.
    pub(super) fn sees(&self, evaluation: usize, window_ms: i64, interval: usize) -> bool {
        let at = self.evaluation(evaluation);
        let from = self.first_ms + interval as i64 * self.step_ms;
        from > at - window_ms && from + self.step_ms <= at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_sample_stands_on_an_edge() {
        for interval in [1_000, 15_000, 30_000, 60_000, 120_000, 7_000] {
            for windows in
                [vec![300_000], vec![300_000, 600_001], vec![100_000, 86_400_000], vec![]]
            {
                let grid = Grid::new(interval, 3, &windows);
                let samples: Vec<i64> = grid.samples().collect();
                for nth in 0..3 {
                    let at = grid.evaluation(nth);
                    assert!(samples.iter().all(|sample| *sample != at), "{grid:?}");
                    for window in &windows {
                        assert!(samples.iter().all(|sample| *sample != at - window), "{grid:?}");
                        let full =
                            samples.iter().filter(|s| **s > at - 2 * window && **s <= at).count();
                        assert!(full as i64 >= 2 * window / grid.step_ms, "{grid:?}");
                    }
                }
                assert!(
                    *samples.last().unwrap() <= grid.evaluation(2)
                        && grid.end() > grid.evaluation(2)
                );
            }
        }
    }

    #[test]
    fn a_sample_counts_for_the_next_evaluation() {
        let grid = Grid::new(30_000, 4, &[]);
        assert_eq!(
            [-70_000, -1, 0, 1, 30_000, 30_001].map(|at| grid.seen_first(at)),
            [0, 0, 0, 1, 1, 2]
        );
    }
}
