//! Handles through which a module counts: typed labels in front, plain arrays of cells behind.
//!
//! A cell has one writer, the module that owns the handle (`Module::observe` takes it mutably), so that a relaxed load
//! and store suffice and no locked instruction is paid. Readers may hold the cells through the registry at any time.

use std::{
    marker::PhantomData,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{buckets::Buckets, key::Key};
use sim::time::Nanos;

/// The numbers behind a family, label set by label set.
pub(crate) type Cells = Arc<[AtomicU64]>;

/// `n` cells at 0.
pub(super) fn cells(n: usize) -> Cells {
    (0..n).map(|_| AtomicU64::new(0)).collect()
}

/// Adds without a locked instruction; see the module's docs for why that is enough.
#[inline]
pub(crate) fn add(cell: &AtomicU64, amount: u64) {
    cell.store(cell.load(Ordering::Relaxed).wrapping_add(amount), Ordering::Relaxed);
}

/// A counter for each label set. Whether it counts things or nano-dollars, its family knows.
#[derive(Debug)]
pub(crate) struct Counter<K> {
    cells: Cells,
    key: PhantomData<fn(K)>,
}

impl<K: Key> Counter<K> {
    pub(super) fn new(cells: Cells) -> Counter<K> {
        Counter { cells, key: PhantomData }
    }

    #[inline]
    pub(crate) fn add(&self, key: K, amount: u64) {
        add(&self.cells[key.index()], amount);
    }

    #[inline]
    pub(crate) fn increment(&self, key: K) {
        self.add(key, 1);
    }
}

/// A histogram of durations for each label set: one cell per bucket, not cumulative, then the sum in nanoseconds.
#[derive(Debug)]
pub(crate) struct Histogram<K> {
    cells: Cells,
    buckets: &'static Buckets,
    key: PhantomData<fn(K)>,
}

impl<K: Key> Histogram<K> {
    pub(super) fn new(cells: Cells, buckets: &'static Buckets) -> Histogram<K> {
        Histogram { cells, buckets, key: PhantomData }
    }

    #[inline]
    pub(crate) fn observe(&self, key: K, duration: Nanos) {
        let sum = self.buckets.bounds.len() + 1;
        let first = key.index() * (sum + 1);
        let cells = &self.cells[first..=first + sum];
        add(&cells[self.buckets.position(duration)], 1);
        add(&cells[sum], duration.0);
    }
}
