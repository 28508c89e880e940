//! The first hour of each shipped scenario, as two numbers: same seed, same events and same expositions, on every
//! machine.

use std::{fmt::Write, fs};

use scenario::fingerprint;
use sim::time::Nanos;

use super::{directory, expositions, shipped};

const HEAD: &str = "\
# The first simulated hour of each scenario: hash and number of its events, hash of what its modules show.
# A change of the simulation changes these on purpose; say so in the commit. Renew them by
#   DASHPROOF_RENEW=1 cargo test -p dashproof --test scenarios fingerprints
";

#[test]
fn the_same_seed_gives_the_same_events_and_expositions() {
    let mut text = HEAD.to_owned();
    for scenario in shipped() {
        if scenario.needs().is_none() {
            let mut engine = scenario.engine().unwrap();
            let until = Nanos::HOUR.min(scenario.duration);
            let (hash, events) = fingerprint(&mut engine, until);
            let shown = expositions::fingerprint(&scenario, until);
            writeln!(text, "{:<24} {hash:016x} {events:>8} {shown:016x}", scenario.name).unwrap();
        }
    }
    let path = directory().join("fingerprints.txt");
    if std::env::var_os("DASHPROOF_RENEW").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let changed: Vec<&str> =
        text.lines().filter(|line| !committed.lines().any(|other| other == *line)).collect();
    assert!(
        text == committed,
        "what happens in these scenarios, or what is shown of it, changed: {changed:#?}\nif that is meant, renew them by\n    \
         DASHPROOF_RENEW=1 cargo test -p dashproof --test scenarios fingerprints"
    );
}
