//! Series that appear only once they are not zero: what an instrument does whose label sets are not bounded beforehand.
//!
//! Kept by a module that tells [`LateSeries`](crate::lie::Lie::LateSeries), asked at every scrape.

use std::sync::{Arc, atomic::Ordering};

use crate::{
    exposition::FamilyDescription,
    metrics::{Family, Metric},
};

/// Which label sets of one metric are shown.
#[derive(Debug)]
pub(super) struct Late {
    metric: Metric,
    /// Positions in the family's label sets, ascending.
    shown: Vec<usize>,
}

impl Late {
    pub(super) fn new(metric: Metric) -> Late {
        Late { metric, shown: Vec::new() }
    }

    /// Looks what has been counted by now; `true` if that changes what is shown. (A restart takes series away.)
    pub(super) fn update(&mut self, families: &[Family]) -> bool {
        let Some(family) = families.iter().find(|family| self.is_about(family)) else {
            return false;
        };
        let label_sets = family.cells.chunks_exact(family.cells_per_label_set());
        let counted: Vec<usize> = label_sets
            .enumerate()
            .filter(|(_, cells)| cells.iter().any(|cell| cell.load(Ordering::Relaxed) != 0))
            .map(|(label_set, _)| label_set)
            .collect();
        let changed = counted != self.shown;
        self.shown = counted;
        changed
    }

    pub(super) fn is_about(&self, family: &Family) -> bool {
        family.metric == Some(self.metric)
    }

    /// The family's description without what is not shown.
    pub(super) fn describe(&self, description: &FamilyDescription) -> FamilyDescription {
        let label_sets: Arc<[_]> =
            self.shown.iter().map(|&shown| description.label_sets[shown].clone()).collect();
        FamilyDescription { label_sets, ..description.clone() }
    }

    /// The values of what is shown.
    pub(super) fn read(&self, family: &Family, values: &mut [f64]) {
        let width = family.description.kind.series_per_label_set();
        for (&shown, values) in self.shown.iter().zip(values.chunks_exact_mut(width)) {
            family.read(shown..shown + 1, values);
        }
    }
}
