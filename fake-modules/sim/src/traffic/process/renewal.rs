//! Independent lognormal gaps (the `rag` profile).
//!
//! The first gap is what remains of a gap around a random instant, so the process starts in its steady state.

use crate::{rng::Rng, sample::InverseCdf};

#[derive(Debug)]
pub(in crate::traffic) struct Tables {
    gap: InverseCdf,
    /// A lognormal gap around a random instant is longer by e^(sigma²), and else distributed alike.
    around: f64,
}

impl Tables {
    pub(super) fn new(sigma: f64) -> Tables {
        let gap = InverseCdf::lognormal(0.0, sigma);
        let mean = gap.mean();
        Tables { gap: gap.map(|x| x / mean), around: libm::exp(sigma * sigma) }
    }
}

#[derive(Clone, Debug)]
pub(in crate::traffic) struct Renewal {
    tables: &'static Tables,
    next: f64,
    gaps: Rng,
}

impl Renewal {
    pub(super) fn new(tables: &'static Tables, mut start: Rng, gaps: Rng) -> Renewal {
        let next = tables.gap.draw(&mut start) * tables.around * start.unit();
        Renewal { tables, next, gaps }
    }

    #[inline]
    pub(super) fn next(&mut self) -> f64 {
        let count = self.next;
        self.next += self.tables.gap.draw(&mut self.gaps);
        count
    }
}
