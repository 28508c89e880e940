//! What the modules of a scenario show, as one number: same seed, same exposition, on every machine.
//!
//! Values go in by their bits, names and labels whenever the list of series changes.

use modules::module::Module;
use scenario::Scenario;
use sim::{
    event::Event,
    label::Label,
    time::Nanos,
    world::{Instance, Module as ModuleName},
};

/// Between scrapes; prime to the shipped interval's multiples, so that few events meet a scrape.
const INTERVAL: Nanos = Nanos(7 * Nanos::SECOND.0);

/// FNV-1a.
struct Hash(u64);

impl Hash {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// The hash of all names, labels and values of all scrapes before `until`.
pub(super) fn fingerprint(scenario: &Scenario, until: Nanos) -> u64 {
    let mut hash = Hash(0xcbf2_9ce4_8422_2325);
    let mut engine = scenario.engine().expect("generated traffic needs no file");
    let epoch_ms = scenario.epoch.as_millisecond();
    let module = |module, replica| Module::new(Instance { module, replica }, epoch_ms, None);
    let mut modules: Vec<Vec<Module>> = ModuleName::ALL
        .iter()
        .map(|&name| {
            (0..scenario.replicas[name.index()]).map(|replica| module(name, replica)).collect()
        })
        .collect();
    let mut layouts: Vec<Option<u64>> = vec![None; modules.iter().flatten().count()];
    let mut at = Nanos::ZERO;
    while at < until {
        engine.run_until(at, &mut |event: &Event| {
            modules[event.kind.module().index()][usize::from(event.replica)].observe(event);
        });
        for (module, layout) in modules.iter_mut().flatten().zip(&mut layouts) {
            let Ok(exposition) = module.scrape() else {
                hash.bytes(b"down");
                continue;
            };
            if layout.replace(exposition.layout()) != Some(exposition.layout()) {
                for series in exposition.series() {
                    hash.bytes(format!("{} {:?}\n", series.name, series.labels).as_bytes());
                }
            }
            exposition.values().iter().for_each(|value| hash.bytes(&value.to_bits().to_le_bytes()));
        }
        at += INTERVAL;
    }
    hash.0
}
