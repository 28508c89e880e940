//! What a module shows when it is scraped: series, their values in the same fixed order, and their text.
//!
//! A module fills the values; backfill reads them as numbers, a live server as Prometheus text or OpenMetrics. Both see
//! the same series. Knows nothing of events, instruments or lies: it renders descriptions and numbers.

mod description;
mod layout;
mod number;
mod snapshot;
mod text;

pub use description::{FamilyDescription, FamilyKind, LabelSet, SeriesDescription, SeriesKind};
pub(crate) use layout::Layout;
pub use snapshot::Snapshot;
pub use text::{Format, encode};

/// The answer to one scrape.
#[derive(Clone, Copy, Debug)]
pub struct Exposition<'a> {
    layout: &'a Layout,
    values: &'a [f64],
}

impl<'a> Exposition<'a> {
    /// The values of the layout's series, in its order.
    pub(crate) fn new(layout: &'a Layout, values: &'a [f64]) -> Exposition<'a> {
        debug_assert_eq!(layout.n_series(), values.len());
        Exposition { layout, values }
    }

    /// The series, in the order of the text. (Expanded on first use of each layout.)
    #[must_use]
    pub fn series(&self) -> &'a [SeriesDescription] {
        self.layout.series()
    }

    /// The families, in the order of the text; [`SeriesDescription::family`] points into them.
    #[must_use]
    pub fn families(&self) -> &'a [FamilyDescription] {
        self.layout.families()
    }

    /// One value for each series: counters in the unit of their name, durations in seconds, cost in USD.
    #[must_use]
    pub fn values(&self) -> &'a [f64] {
        self.values
    }

    /// Differs from the number of this module's previous exposition exactly when the list of series does.
    #[must_use]
    pub fn layout(&self) -> u64 {
        self.layout.revision()
    }
}
