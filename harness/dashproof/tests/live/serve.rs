//! The served modules, end to end: both lines of Prometheus scrape them, the control API changes their story, the
//! command begins and ends cleanly.

#![expect(
    clippy::unwrap_used,
    reason = "tests may panic; clippy takes only the standard harness for one"
)]

use testkit::lines;
use testkit::waiting;

mod command;
mod control;
mod scraped;

use std::path::{Path, PathBuf};

use modules::{
    exposition::{Format, encode},
    module::Module as ModuleCopy,
};
use scenario::Scenario;
use sim::{
    time::Nanos,
    world::{Instance, Module},
};

/// All trials of this suite.
pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
    let trials = [command::trials(), control::trials(), scraped::trials()];
    trials.into_iter().flatten().collect()
}

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn scenario(name: &str) -> Scenario {
    Scenario::load(&root().join(format!("scenarios/{name}.yaml"))).unwrap()
}

/// What a module shows at each of these instants, from an engine that nobody serves.
fn shown(scenario: &Scenario, module: Module, epoch_ms: i64, instants: &[Nanos]) -> Vec<String> {
    let mut copy = ModuleCopy::new(Instance { module, replica: 0 }, epoch_ms, None);
    let mut engine = scenario.engine().unwrap();
    let text = |at: &Nanos| {
        engine.run_until(*at, &mut |event| {
            if event.kind.module() == module {
                copy.observe(event);
            }
        });
        let mut text = Vec::new();
        encode(&copy.scrape().unwrap(), Format::Text004, &mut text);
        String::from_utf8(text).unwrap()
    };
    instants.iter().map(text).collect()
}
