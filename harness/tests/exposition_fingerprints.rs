//! What the modules show in the first hour of each shipped scenario, as one number: same seed, same bytes.
//!
//! The committed numbers are those of every machine. A change of them is a change of what users see, and stands in the
//! change log. Renew them with `DASHPROOF_RENEW=1 cargo test --test exposition_fingerprints`. Trace scenarios need
//! their file and are not among them.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use dashproof::scenario::{Scenario, Traffic, load_dir};
use fake_modules::{
    event::Event,
    label::Label,
    module::Module,
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

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")
}

/// The hash of all names, labels and values of all scrapes.
fn fingerprint(scenario: &Scenario) -> u64 {
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
    let until = Nanos(scenario.duration.0.min(Nanos::HOUR.0));
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

#[test]
fn modules_show_the_same_on_every_machine() {
    let (scenarios_, problems) = load_dir(&scenarios());
    assert!(problems.is_empty(), "{problems:?}");
    let mut current = String::from(
        "# What the modules show in the first hour of each scenario; see harness/tests/exposition_fingerprints.rs.\n",
    );
    for scenario in
        scenarios_.iter().filter(|scenario| matches!(scenario.traffic, Traffic::Generated { .. }))
    {
        writeln!(current, "{} {:016x}", scenario.name, fingerprint(scenario))
            .expect("a string takes any text");
    }
    let path = scenarios().join("fingerprints-exposition.txt");
    if std::env::var_os("DASHPROOF_RENEW").is_some() {
        fs::write(&path, &current).expect("the fingerprints can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let changed: Vec<&str> =
        current.lines().filter(|line| !committed.lines().any(|known| known == *line)).collect();
    assert!(
        committed == current,
        "what the modules show has changed: {changed:?}; if that is meant, renew {} with DASHPROOF_RENEW=1 and say so \
         in the change log",
        path.display()
    );
}
