//! One gamma renewal process for each tenant, superposed (the `api` profile).
//!
//! Each tenant's first gap is what remains of a gap around a random instant: bursty renewals that all began
//! with a request would flood the start.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, binary_heap::PeekMut},
};

use crate::{rng::Rng, sample::InverseCdf};

#[derive(Debug)]
pub(in crate::traffic) struct Tables {
    gap: InverseCdf,
    /// A gamma gap around a random instant is a gamma of shape + 1 and the same scale.
    around: InverseCdf,
    /// Each tenant's mean gap.
    means: Box<[f64]>,
}

impl Tables {
    pub(super) fn new(shape: f64, tenant_shares: &[f64]) -> Tables {
        let scale = 1.0 / shape;
        Tables {
            gap: InverseCdf::gamma(shape, scale),
            around: InverseCdf::gamma(shape + 1.0, scale),
            means: tenant_shares.iter().map(|share| 1.0 / share).collect(),
        }
    }
}

#[derive(Clone, Debug)]
pub(in crate::traffic) struct TenantRenewals {
    tables: &'static Tables,
    /// Each tenant's next request; the bits of a positive count order as it does.
    next: BinaryHeap<Reverse<(u64, u16)>>,
    gaps: Rng,
}

impl TenantRenewals {
    pub(super) fn new(tables: &'static Tables, mut start: Rng, gaps: Rng) -> TenantRenewals {
        let next = (0u16..).zip(&tables.means).map(|(tenant, mean)| {
            let first = mean * tables.around.draw(&mut start) * start.unit();
            Reverse((first.to_bits(), tenant))
        });
        TenantRenewals { tables, next: next.collect(), gaps }
    }

    #[inline]
    pub(super) fn next(&mut self) -> (f64, Option<u16>) {
        let mut earliest = self.next.peek_mut().expect("there is at least one tenant");
        let Reverse((bits, tenant)) = *earliest;
        let count = f64::from_bits(bits);
        let next =
            count + self.tables.means[usize::from(tenant)] * self.tables.gap.draw(&mut self.gaps);
        *earliest = Reverse((next.to_bits(), tenant));
        drop::<PeekMut<'_, _>>(earliest);
        (count, Some(tenant))
    }
}
