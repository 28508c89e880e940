//! Who sees what really happens while a scenario is played: the ledger, or nobody.

use sim::{event::Event, time::Nanos, world::Instance};

use truth::ledger::Ledger;

/// Sees every event and every scrape.
pub trait Witness {
    /// An event.
    fn observe(&mut self, event: &Event);
    /// A scrape of `instance`; `taken` unless its answer was refused.
    fn mark(&mut self, instance: Instance, at: Nanos, taken: bool);
    /// How many samples the scrape that was just marked was shown, and how many seconds it took.
    fn note(&mut self, instance: Instance, samples: usize, seconds: f64);
}

impl Witness for Ledger {
    fn observe(&mut self, event: &Event) {
        Ledger::observe(self, event);
    }

    fn mark(&mut self, instance: Instance, at: Nanos, taken: bool) {
        Ledger::mark(self, instance, at, taken);
    }

    fn note(&mut self, instance: Instance, samples: usize, seconds: f64) {
        Ledger::note(self, instance, samples, seconds);
    }
}

/// Where the truth is not asked for: a ledger costs as much as the simulation itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoWitness;

impl Witness for NoWitness {
    fn observe(&mut self, _: &Event) {}

    fn mark(&mut self, _: Instance, _: Nanos, _: bool) {}

    fn note(&mut self, _: Instance, _: usize, _: f64) {}
}
