//! The engine's future: what is due when, in one total order.
//!
//! A heap of 16-byte entries, four children to a node: half as deep as a binary one, and the children of a node share
//! a cache line or two, which is what counts with tens of thousands of requests on their way. Equal instants keep the
//! order in which they were planned, so the stream of events does not depend on the heap's inner workings.

use crate::time::Nanos;

/// How many low bits of an entry's second word hold its token; the rest count plans.
const TOKEN_BITS: u32 = 24;

/// Children of a node: those of node `i` are `CHILDREN * i + 1` and the three after it.
const CHILDREN: usize = 4;

/// An instant in the upper half; then what was planned before what.
type Entry = u128;

/// Plans ordered by instant, then by when they were made.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    /// No entry is larger than any of its children.
    heap: Vec<Entry>,
    planned: u64,
}

impl Agenda {
    /// Plans `token` (below 2²⁴) for `at`.
    #[inline]
    pub(crate) fn plan(&mut self, at: Nanos, token: u32) {
        debug_assert!(token < 1 << TOKEN_BITS);
        self.planned += 1;
        let order = self.planned << TOKEN_BITS | u64::from(token);
        let entry = Entry::from(at.0) << 64 | Entry::from(order);
        let mut hole = self.heap.len();
        self.heap.push(entry);
        while hole > 0 {
            let parent = (hole - 1) / CHILDREN;
            if self.heap[parent] < entry {
                break;
            }
            self.heap[hole] = self.heap[parent];
            hole = parent;
        }
        self.heap[hole] = entry;
    }

    /// The next plan's instant, or the end of time.
    #[inline]
    pub(crate) fn next_at(&self) -> Nanos {
        self.heap.first().map_or(Nanos(u64::MAX), |&entry| Nanos((entry >> 64) as u64))
    }

    /// Takes the next plan.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<(Nanos, u32)> {
        let last = self.heap.pop()?;
        let Some(&first) = self.heap.first() else { return Some(parts(last)) };
        self.sink(last);
        Some(parts(first))
    }

    /// Puts `entry` in place of the first: it goes down past every smaller one.
    fn sink(&mut self, entry: Entry) {
        let heap = &mut self.heap[..];
        let mut hole = 0;
        loop {
            let first = CHILDREN * hole + 1;
            let (child, least) = match heap.get(first..first + CHILDREN) {
                Some(&[a, b, c, d]) => {
                    // Two halves first: comparisons that do not wait for each other.
                    let ab = if b < a { (first + 1, b) } else { (first, a) };
                    let cd = if d < c { (first + 3, d) } else { (first + 2, c) };
                    if cd.1 < ab.1 { cd } else { ab }
                }
                _ => {
                    let rest = heap.iter().copied().enumerate().skip(first);
                    match rest.min_by_key(|&(_, child)| child) {
                        Some(least) => least,
                        None => break,
                    }
                }
            };
            if entry < least {
                break;
            }
            heap[hole] = least;
            hole = child;
        }
        heap[hole] = entry;
    }

    /// How many plans there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }
}

/// An entry's instant and token.
#[inline]
fn parts(entry: Entry) -> (Nanos, u32) {
    (Nanos((entry >> 64) as u64), (entry & ((1 << TOKEN_BITS) - 1)) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Rng, Stream};

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

    #[test]
    fn plans_come_as_a_sorted_list_would_give_them() {
        let mut rng = Rng::new(1, Stream::named("plans"));
        let mut agenda = Agenda::default();
        let mut sorted: Vec<(Nanos, u32)> = Vec::new();
        let mut now = Nanos::ZERO;
        for token in 0..20_000 {
            // Grows, then shrinks; a few instants only, so that many are equal.
            let plans = if token < 10_000 { 2 } else { 0 };
            for _ in 0..plans {
                let at = Nanos(now.0 + rng.below(50));
                agenda.plan(at, token);
                let place = sorted.partition_point(|&(other, _)| other <= at);
                sorted.insert(place, (at, token));
            }
            let taken = agenda.take();
            assert_eq!(taken, (!sorted.is_empty()).then(|| sorted.remove(0)));
            now = taken.map_or(now, |(at, _)| at);
        }
        assert_eq!(agenda.take(), None);
    }
}
