//! The first hour of each shipped scenario, as one number: same seed, same events, on every machine.

use std::{fmt::Write, fs};

use dashproof::scenario::fingerprint;
use fake_modules::time::Nanos;

use super::{directory, shipped};

const HEAD: &str = "\
# The first simulated hour of each scenario: hash and number of its events.
# A change of the simulation changes these on purpose; say so in the commit. Renew them by
#   DASHPROOF_RENEW=1 cargo test -p dashproof --test scenarios fingerprints
";

#[test]
fn the_same_seed_gives_the_same_events() {
    let mut text = HEAD.to_owned();
    for scenario in shipped() {
        if scenario.needs().is_none() {
            let mut engine = scenario.engine().unwrap();
            let (hash, events) = fingerprint(&mut engine, Nanos::HOUR.min(scenario.duration));
            writeln!(text, "{:<24} {hash:016x} {events:>8}", scenario.name).unwrap();
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
        "the events of these scenarios changed: {changed:#?}\nif that is meant, renew them by\n    \
         DASHPROOF_RENEW=1 cargo test -p dashproof --test scenarios fingerprints"
    );
}
