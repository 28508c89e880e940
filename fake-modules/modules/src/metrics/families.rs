//! Registration: each metric once, at 0 for every label set, in the order in which it is exposed.
//!
//! The type of the field that receives a handle says which labels the metric has.

use super::{
    buckets::Buckets,
    family::{Family, Unit},
    handle::{Counter, Histogram},
    key::Key,
    metric::Metric,
};
use crate::exposition::FamilyKind;

/// The families of a module, growing.
#[derive(Debug, Default)]
pub(crate) struct Families(pub(crate) Vec<Family>);

impl Families {
    /// A counter of things.
    pub(super) fn counter<K: Key>(&mut self, metric: Metric, help: &'static str) -> Counter<K> {
        self.counter_in(Unit::One, metric, help)
    }

    /// A counter of USD, counted in nano-dollars.
    pub(super) fn cost<K: Key>(&mut self, metric: Metric, help: &'static str) -> Counter<K> {
        self.counter_in(Unit::Nano, metric, help)
    }

    /// A histogram of seconds, counted in nanoseconds.
    pub(super) fn histogram<K: Key>(
        &mut self,
        metric: Metric,
        help: &'static str,
        buckets: &'static Buckets,
    ) -> Histogram<K> {
        let kind = FamilyKind::Histogram { bounds: buckets.bounds };
        let family = Family::of(metric, help, kind, Unit::Nano, K::label_sets());
        let histogram = Histogram::new(family.cells.clone(), buckets);
        self.0.push(family);
        histogram
    }

    fn counter_in<K: Key>(&mut self, unit: Unit, metric: Metric, help: &'static str) -> Counter<K> {
        let family = Family::of(metric, help, FamilyKind::Counter, unit, K::label_sets());
        let counter = Counter::new(family.cells.clone());
        self.0.push(family);
        counter
    }
}
