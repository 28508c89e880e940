//! Wrong counting, applied from outside: the honest instruments count, then one metric's change is altered.
//!
//! Kept by a module that tells a lie about counting; the instruments know nothing of it, so that an honest module pays
//! nothing. Around each event the liar remembers the metric's cells and corrects what the event added to them.

use std::sync::atomic::{AtomicU64, Ordering};

use sim::time::Nanos;

use crate::{
    exposition::FamilyKind,
    lie::Lie,
    metrics::{Family, Metric},
};

/// Alters what events add to one metric.
#[derive(Debug)]
pub(super) struct Liar {
    lie: Lie,
    family: Family,
    /// The cells before the event.
    before: Vec<u64>,
    /// How many increments or observations there were.
    n_changes: u64,
}

impl Liar {
    /// `None` for lies about what is shown rather than counted.
    pub(super) fn new(lie: Lie, families: &mut [Family]) -> Option<Liar> {
        match lie {
            Lie::SwapLabels { .. } | Lie::LateSeries { .. } => None,
            Lie::DropEveryNth { metric, .. }
            | Lie::DoubleCount { metric }
            | Lie::Freeze { metric, .. }
            | Lie::ShiftBuckets { metric }
            | Lie::WrongUnit { metric, .. } => {
                let family = family_of(metric, families).clone();
                Some(Liar { lie, family, before: Vec::new(), n_changes: 0 })
            }
        }
    }

    /// To be called before the event is counted.
    pub(super) fn remember(&mut self) {
        self.before.clear();
        self.before.extend(self.family.cells.iter().map(load));
    }

    /// To be called after the event was counted.
    pub(super) fn distort(&mut self, at: Nanos) {
        let width = self.family.cells_per_label_set();
        let label_sets = self.family.cells.chunks_exact(width).zip(self.before.chunks_exact(width));
        for (cells, before) in label_sets {
            if cells.iter().zip(before).all(|(cell, before)| load(cell) == *before) {
                continue;
            }
            self.n_changes += 1;
            match self.lie {
                Lie::DropEveryNth { n, .. } => {
                    if self.n_changes.is_multiple_of(u64::from(n)) {
                        restore(cells, before);
                    }
                }
                Lie::DoubleCount { .. } => multiply(cells, before, 2),
                Lie::Freeze { after, .. } => {
                    if at >= after {
                        restore(cells, before);
                    }
                }
                Lie::ShiftBuckets { .. } => {
                    let (bucket, nanos) = observation(cells, before);
                    restore(cells, before);
                    observe(cells, bucket + 1, nanos);
                }
                Lie::WrongUnit { factor, .. } => match self.family.description.kind {
                    FamilyKind::Counter | FamilyKind::Gauge => {
                        multiply(cells, before, factor.into())
                    }
                    FamilyKind::Histogram { bounds } => {
                        let (_, nanos) = observation(cells, before);
                        let nanos = nanos * u64::from(factor);
                        let seconds = Nanos(nanos).as_secs_f64();
                        restore(cells, before);
                        observe(
                            cells,
                            bounds.iter().filter(|&&bound| bound < seconds).count(),
                            nanos,
                        );
                    }
                },
                Lie::SwapLabels { .. } | Lie::LateSeries { .. } => {}
            }
        }
    }
}

/// The metric's family among a module's own.
pub(super) fn family_of(metric: Metric, families: &mut [Family]) -> &mut Family {
    families
        .iter_mut()
        .find(|family| family.metric == Some(metric))
        .expect("a module is only given lies about its own metrics")
}

fn load(cell: &AtomicU64) -> u64 {
    cell.load(Ordering::Relaxed)
}

fn restore(cells: &[AtomicU64], before: &[u64]) {
    multiply(cells, before, 0);
}

/// Makes the change as many times as large.
fn multiply(cells: &[AtomicU64], before: &[u64], factor: u64) {
    for (cell, before) in cells.iter().zip(before) {
        cell.store(before + (load(cell) - before) * factor, Ordering::Relaxed);
    }
}

/// The bucket and the duration, in nanoseconds, of the one observation that made the difference.
fn observation(cells: &[AtomicU64], before: &[u64]) -> (usize, u64) {
    let sum = cells.len() - 1;
    let bucket = (0..sum).find(|&bucket| load(&cells[bucket]) != before[bucket]);
    (bucket.expect("an observation has a bucket"), load(&cells[sum]) - before[sum])
}

/// Observes anew; a bucket too high is the highest.
fn observe(cells: &[AtomicU64], bucket: usize, nanos: u64) {
    let sum = cells.len() - 1;
    for (cell, amount) in [(&cells[bucket.min(sum - 1)], 1), (&cells[sum], nanos)] {
        cell.store(load(cell) + amount, Ordering::Relaxed);
    }
}
