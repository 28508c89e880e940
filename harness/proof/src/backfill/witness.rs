//! Who sees what really happens while a scenario is played: the ledger, or nobody.

use sim::{event::Event, time::Nanos, world::Instance};

use truth::ledger::Ledger;

/// Sees every event and every scrape.
pub trait Witness {
    /// An event.
    fn observe(&mut self, event: &Event);
    /// A scrape of `instance`; `taken` unless its answer was refused.
    fn mark(&mut self, instance: Instance, at: Nanos, taken: bool);
}

impl Witness for Ledger {
    fn observe(&mut self, event: &Event) {
        Ledger::observe(self, event);
    }

    fn mark(&mut self, instance: Instance, at: Nanos, taken: bool) {
        Ledger::mark(self, instance, at, taken);
    }
}

/// Where the truth is not asked for: a ledger costs as much as the simulation itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoWitness;

impl Witness for NoWitness {
    fn observe(&mut self, _: &Event) {}

    fn mark(&mut self, _: Instance, _: Nanos, _: bool) {}
}
