//! As many series as asked for, to load what reads them: half counters, half histograms, four labels each.
//!
//! Used by the benches (and fit for load tests of a scraper): the same instruments, layout and encoder as a module, with
//! thousands of label sets in place of a few. It counts no events.

use std::sync::Arc;

use prometheus_client::registry::Registry;

use crate::{
    exposition::{Exposition, FamilyDescription, FamilyKind, LabelSet, Layout, Snapshot},
    metrics::{self, Family, Unit},
};

/// Twelve buckets with `+Inf`, so fifteen series for each label set.
const BOUNDS: [f64; 11] = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24];

/// A process with very many series.
#[derive(Debug)]
pub struct Bulk {
    families: [Family; 2],
    layout: Arc<Layout>,
    values: Vec<f64>,
}

impl Bulk {
    /// At least `n_series` series, all at 0 (at most 14 more, to end with a whole histogram).
    #[must_use]
    pub fn new(n_series: usize) -> Bulk {
        let histogram = FamilyKind::Histogram { bounds: &BOUNDS };
        let n_histograms = (n_series / 2).div_ceil(histogram.series_per_label_set());
        let n_counters = n_series - n_series / 2;
        let families = [
            family("bulk_requests", "Requests.", FamilyKind::Counter, n_counters),
            family(
                "bulk_request_duration_seconds",
                "Duration, in seconds.",
                histogram,
                n_histograms,
            ),
        ];
        let descriptions: Vec<FamilyDescription> =
            families.iter().map(|family| family.description.clone()).collect();
        let layout = Arc::new(Layout::new(1, descriptions));
        let values = vec![0.0; layout.n_series()];
        Bulk { families, layout, values }
    }

    /// Moves every series, each by an amount of its own: up to a thousand a step, up to a minute of duration.
    pub fn step(&mut self) {
        for family in &self.families {
            let width = family.cells_per_label_set();
            for (i, cell) in family.cells.iter().enumerate() {
                // Spread evenly by the golden ratio, so that values differ in length as real ones do.
                let spread = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
                let is_sum = width > 1 && i % width == width - 1;
                metrics::add(cell, if is_sum { spread * 14 } else { spread % 1_000 });
            }
        }
    }

    /// Every series as it stands.
    pub fn scrape(&mut self) -> Exposition<'_> {
        let mut rest = &mut self.values[..];
        for family in &self.families {
            let (values, others) = rest.split_at_mut(family.description.n_series());
            family.read(0..family.description.label_sets.len(), values);
            rest = others;
        }
        Exposition::new(&self.layout, &self.values)
    }

    /// Every series as it stands, to be kept.
    pub fn scrape_into(&mut self, snapshot: &mut Snapshot) {
        self.scrape();
        snapshot.fill(&self.layout, &self.values);
    }

    /// The same series for prometheus-client's own encoder.
    #[must_use]
    pub fn registry(&self) -> Registry {
        metrics::registry(&self.families)
    }
}

fn family(name: &'static str, help: &'static str, kind: FamilyKind, n_label_sets: usize) -> Family {
    let label_set = |i: usize| {
        LabelSet::from([
            ("tenant", format!("tenant-{:06}", i / 16).into()),
            ("provider", ["openai", "anthropic", "azure_openai", "local"][i % 4].into()),
            ("region", ["eu-central-1", "us-east-1"][i / 4 % 2].into()),
            ("status", ["success", "error"][i / 8 % 2].into()),
        ])
    };
    Family::new(name.into(), help, kind, Unit::One, (0..n_label_sets).map(label_set).collect())
}
