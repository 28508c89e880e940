//! The engine's future: what is due when, in one total order.
//!
//! A binary heap of 16-byte entries; equal instants keep the order in which they were planned, so the stream of
//! events does not depend on the heap's inner workings.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::time::Nanos;

/// How many low bits of an entry's second word hold its token; the rest count plans.
const TOKEN_BITS: u32 = 24;

/// Plans ordered by instant, then by when they were made.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    heap: BinaryHeap<Reverse<(u64, u64)>>,
    planned: u64,
}

impl Agenda {
    /// Plans `token` (below 2²⁴) for `at`.
    #[inline]
    pub(crate) fn plan(&mut self, at: Nanos, token: u32) {
        debug_assert!(token < 1 << TOKEN_BITS);
        self.planned += 1;
        self.heap.push(Reverse((at.0, self.planned << TOKEN_BITS | u64::from(token))));
    }

    /// The next plan's instant, or the end of time.
    #[inline]
    pub(crate) fn next_at(&self) -> Nanos {
        self.heap.peek().map_or(Nanos(u64::MAX), |Reverse((at, _))| Nanos(*at))
    }

    /// Takes the next plan.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<(Nanos, u32)> {
        self.heap
            .pop()
            .map(|Reverse((at, order))| (Nanos(at), (order & ((1 << TOKEN_BITS) - 1)) as u32))
    }

    /// How many plans there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_instants_keep_their_order() {
        let mut agenda = Agenda::default();
        for token in [3, 1, 2] {
            agenda.plan(Nanos(7), token);
        }
        agenda.plan(Nanos(5), 9);
        assert_eq!(agenda.len(), 4);
        assert_eq!(agenda.next_at(), Nanos(5));
        let order: Vec<u32> =
            std::iter::from_fn(|| agenda.take().map(|(_, token)| token)).collect();
        assert_eq!(order, [9, 3, 1, 2]);
        assert_eq!(agenda.next_at(), Nanos(u64::MAX));
    }
}
