//! What the benches share: shipped scenarios with another profile and rate, and the modules that count their events.
//!
//! Called by `benches/*.rs`, one file per hot path. Engines come from scenarios, as `dashproof verify` makes them, so
//! that a bench never measures a world that nobody simulates.

use std::path::Path;

use modules::module::Module;
use scenario::{Course, Scenario, Source, Traffic};
use sim::{
    engine::Engine,
    event::Event,
    label::Label,
    time::Nanos,
    traffic::Profile,
    world::{self, Instance},
};

/// Far enough that no bench reaches the end of its traffic: about 300 years.
const FOREVER: Nanos = Nanos(u64::MAX / 2);

/// A day without incidents at a constant rate in requests per second.
///
/// # Panics
/// If the shipped scenario does not load.
#[must_use]
pub fn steady(profile: Profile, rate: f64) -> Scenario {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/chat.yaml");
    let mut scenario = Scenario::load(&file).expect("the shipped scenario loads");
    let course = Course { rate, stretches: Vec::new(), bursts: Vec::new() };
    scenario.traffic = Traffic::Generated { profile, course };
    scenario
}

/// A simulation that never ends, past its first requests: as many are on their way as ever will be.
///
/// # Panics
/// If the scenario has no requests.
#[must_use]
pub fn under_way(profile: Profile, rate: f64) -> Simulation {
    let mut scenario = steady(profile, rate);
    scenario.duration = FOREVER;
    let engine = scenario.engine().expect("generated traffic needs no file");
    let mut simulation = Simulation { engine, reached: Nanos::ZERO };
    simulation.play(2 * Nanos::MINUTE.0, |_| {});
    simulation
}

/// An engine and how far it has come.
#[derive(Debug)]
pub struct Simulation {
    engine: Engine<Source>,
    reached: Nanos,
}

impl Simulation {
    /// Plays so many nanoseconds more.
    #[inline]
    pub fn play(&mut self, nanos: u64, mut sink: impl FnMut(&Event)) {
        self.reached = Nanos(self.reached.0 + nanos);
        self.engine.run_until(self.reached, &mut sink);
    }

    /// Requests so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.engine.balance().arrived
    }
}

/// One copy of each module, in the order of [`world::Module`].
#[must_use]
pub fn modules() -> Vec<Module> {
    world::Module::ALL
        .iter()
        .map(|&module| Module::new(Instance { module, replica: 0 }, 0, None))
        .collect()
}
