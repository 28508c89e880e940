//! Lognormal latencies, each tabulated once per program run.
//!
//! A table takes about ten milliseconds, an engine has twenty of them, and a run makes hundreds of engines with the
//! same figures. The figures are constants of the engine's parts, so what is kept here does not grow. A table shared
//! is also a table that several deployments keep in the processor's cache.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use crate::sample::InverseCdf;

/// Latencies in seconds around `median`, with `sigma` of the natural logarithm.
pub(super) fn lognormal(median: f64, sigma: f64) -> &'static InverseCdf {
    static TABLES: Mutex<BTreeMap<(u64, u64), &'static InverseCdf>> = Mutex::new(BTreeMap::new());
    // A panic elsewhere leaves the map as it was: what is in it is whole.
    let mut tables = TABLES.lock().unwrap_or_else(PoisonError::into_inner);
    tables
        .entry((median.to_bits(), sigma.to_bits()))
        .or_insert_with(|| Box::leak(Box::new(InverseCdf::lognormal(libm::log(median), sigma))))
}
