//! Sessions, each a chain of calls (the `agent` profile).
//!
//! Sessions start as a Poisson process; after each call a session ends with the same probability, so the calls
//! of a session are geometric and a session under way at the start is like a new one.
//! The sessions under way are the only state; their number does not depend on the rate.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::{
    rng::Rng,
    sample::{InverseCdf, Weighted},
};

#[derive(Debug)]
pub(in crate::traffic) struct Tables {
    between_sessions: InverseCdf,
    gap: InverseCdf,
    /// A lognormal gap around a random instant is longer by this factor, and else distributed alike.
    around: f64,
    last_call: f64,
    under_way: usize,
}

impl Tables {
    /// The gap's mu and sigma are of seconds at `rate` requests per second.
    pub(super) fn new((mu, sigma): (f64, f64), rate: f64, calls: f64) -> Tables {
        let gap = InverseCdf::lognormal(mu + libm::log(rate), sigma);
        // Little's law: sessions start at 1 / calls, and each waits for calls − 1 gaps.
        let under_way = (gap.mean() * (calls - 1.0) / calls + 0.5) as usize;
        let between_sessions = InverseCdf::weibull(1.0, calls);
        Tables {
            between_sessions,
            gap,
            around: libm::exp(sigma * sigma),
            last_call: 1.0 / calls,
            under_way,
        }
    }
}

#[derive(Clone, Debug)]
pub(in crate::traffic) struct Sessions {
    tables: &'static Tables,
    tenants: &'static Weighted,
    /// Each session's next call and its tenant; the bits of a positive count order as it does.
    calls: BinaryHeap<Reverse<(u64, u16)>>,
    next_session: f64,
    gaps: Rng,
}

impl Sessions {
    pub(super) fn new(
        tables: &'static Tables,
        tenants: &'static Weighted,
        mut start: Rng,
        gaps: Rng,
    ) -> Sessions {
        let calls = (0..tables.under_way)
            .map(|_| {
                let next = tables.gap.draw(&mut start) * tables.around * start.unit();
                Reverse((next.to_bits(), tenants.draw(&mut start) as u16))
            })
            .collect();
        let next_session = tables.between_sessions.draw(&mut start);
        Sessions { tables, tenants, calls, next_session, gaps }
    }

    #[inline]
    pub(super) fn next(&mut self) -> (f64, Option<u16>) {
        let waiting =
            self.calls.peek().map_or(f64::INFINITY, |&Reverse((bits, _))| f64::from_bits(bits));
        let ends = self.gaps.chance(self.tables.last_call);
        if self.next_session < waiting {
            let count = self.next_session;
            let tenant = self.tenants.draw(&mut self.gaps) as u16;
            self.next_session += self.tables.between_sessions.draw(&mut self.gaps);
            if !ends {
                let next = count + self.tables.gap.draw(&mut self.gaps);
                self.calls.push(Reverse((next.to_bits(), tenant)));
            }
            return (count, Some(tenant));
        }
        let mut call = self.calls.peek_mut().expect("a call is waiting");
        let tenant = call.0.1;
        if ends {
            std::collections::binary_heap::PeekMut::pop(call);
        } else {
            *call = Reverse(((waiting + self.tables.gap.draw(&mut self.gaps)).to_bits(), tenant));
        }
        (waiting, Some(tenant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    fn run(calls: f64, until: f64) -> (Sessions, f64) {
        let tables: &'static _ = Box::leak(Box::new(Tables::new((2.7, 1.15), 2.0, calls)));
        let tenants: &'static _ = Box::leak(Box::new(Weighted::zipf(1.2, 20)));
        let rng = |name| Rng::new(1, Stream::named(name));
        let mut sessions = Sessions::new(tables, tenants, rng("start"), rng("gaps"));
        let mut n = 0.0;
        while sessions.next().0 < until {
            n += 1.0;
        }
        (sessions, n / until)
    }

    #[test]
    fn short_sessions_end_as_often_as_they_should() {
        // With two calls each, a session that ends too early or too late shows in the rate at once.
        let (_, rate) = run(2.0, 200_000.0);
        assert!((rate - 1.0).abs() < 0.02, "{rate}");
    }

    #[test]
    fn sessions_under_way_stay_near_littles_law() {
        let (sessions, _) = run(50.0, 500_000.0);
        let expected = sessions.tables.under_way;
        assert!(sessions.calls.len() < 2 * expected, "{} for {expected}", sessions.calls.len());
        assert!(expected < 2 * sessions.calls.len(), "{} for {expected}", sessions.calls.len());
    }
}
