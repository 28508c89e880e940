//! Which samples are stored when not all are: for many runs in one engine, of which only a few series are asked.

use std::{fmt, sync::Arc};

/// Decides by a series' labels, in the order of their names, `__name__` included.
pub type SeriesFilter = Arc<dyn Fn(&[(String, String)]) -> bool + Send + Sync>;

/// Fewer samples than scraping would store.
///
/// Targets are scraped as configured, so that `up`, limits and stale markers are exact; what is thinned out is the
/// values of the modules' own series.
#[derive(Clone)]
pub struct Thinning {
    /// The least time between two stored values of a module's series, in milliseconds.
    pub interval_ms: i64,
    /// Whether a series is stored.
    pub wanted: SeriesFilter,
}

impl fmt::Debug for Thinning {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Thinning").field("interval_ms", &self.interval_ms).finish_non_exhaustive()
    }
}
