//! Habits that a machine can check: layers, sizes, and what must not stand in any file.
//!
//! What is forbidden is listed here, so that an exception is a decision and not an accident.

mod compose;
mod crates;
mod cycles;
mod licences;
mod reading;

use std::{
    fs,
    path::{Path, PathBuf},
};

use monitoring::Monitoring;
use proof::verify::bind;
use truth::contract::Contracts;

use crate::reading::{code, named, none, root, sources};

/// The only crate that may print.
const PRINTS: &str = "dashproof";

/// No source file is longer.
const MAX_LINES: usize = 400;

#[test]
fn only_the_command_prints() {
    let printing = ["println!", "eprintln!", "print!", "io::stdout", "io::stderr"];
    let mut found = Vec::new();
    for (path, text) in sources() {
        let inside = path.iter().nth(1).is_some_and(|krate| krate == PRINTS);
        if inside || path.iter().nth(2).is_none_or(|part| part != "src") {
            continue;
        }
        let code = code(text.split("#[cfg(test)]").next().unwrap_or_default());
        let wrong = printing.iter().filter(|words| code.contains(**words));
        found.extend(wrong.map(|words| format!("{} has {words}", path.display())));
    }
    none(&found, "only the command prints");
}

#[test]
fn the_oracle_knows_no_simulation() {
    let sources = sources();
    let named = |(path, text): &(PathBuf, String)| {
        code(text).contains("sim::").then(|| path.display().to_string())
    };
    let oracle = sources.iter().filter(|(path, _)| path.starts_with("harness/truth/src/oracle"));
    let found: Vec<String> = oracle.filter_map(named).collect();
    none(&found, "the oracle is arithmetic on instants and values");
}

fn is_simulation(path: &Path) -> bool {
    path.starts_with("fake-modules/sim/src") || path.starts_with("fake-modules/modules/src")
}

/// What a source file of the simulation may name: the core nothing, the clock clocks, the servers sockets.
fn outside_the_core(path: &Path) -> &'static [&'static str] {
    const CLOCKS: [&str; 3] = ["tokio", "SystemTime", "Instant::now"];
    const SERVERS: [&str; 4] = ["tokio", "hyper", "axum", "std::net"];
    match path.strip_prefix("fake-modules/modules/src") {
        Ok(file) if file == Path::new("clock.rs") => &CLOCKS,
        Ok(file) if file == Path::new("serve.rs") || file.starts_with("serve") => &SERVERS,
        _ => &[],
    }
}

#[test]
fn the_simulation_knows_no_server_scenario_or_clock() {
    let sources = sources();
    let forbidden = [
        "dashproof",
        "tokio",
        "reqwest",
        "hyper",
        "axum",
        "std::net",
        "std::process",
        "SystemTime",
        "Instant::now",
    ];
    let simulation = sources.iter().filter(|(path, _)| is_simulation(path));
    let found: Vec<String> = simulation
        .flat_map(|(path, text)| {
            // The names of headers are no paths.
            let code = code(text).replace("\"dashproof-", "\"");
            let allowed = outside_the_core(path);
            let wrong = forbidden.iter().filter(|name| !allowed.contains(*name));
            let wrong: Vec<&&str> = wrong.filter(|name| code.contains(**name)).collect();
            wrong
                .into_iter()
                .map(|name| format!("{} names {name}", path.display()))
                .collect::<Vec<_>>()
        })
        .collect();
    none(&found, "time, randomness and input are arguments in the core");
}

/// What the given files name of the forbidden modules of their own crate.
fn breaches<'a>(
    files: impl Iterator<Item = &'a (PathBuf, String)>,
    forbidden: &[&str],
) -> Vec<String> {
    let of = |(path, text): &(PathBuf, String)| {
        let named = named(&code(text), "crate");
        let wrong = named.into_iter().filter(|name| forbidden.contains(&name.as_str()));
        wrong.map(|name| format!("{} names crate::{name}", path.display())).collect::<Vec<_>>()
    };
    files.flat_map(of).collect()
}

#[test]
fn nothing_below_the_servers_knows_them() {
    let sources = sources();
    let core = sources.iter().filter(|(path, _)| {
        is_simulation(path) && outside_the_core(path).is_empty() && !path.ends_with("lib.rs")
    });
    none(&breaches(core, &["clock", "serve"]), "the core knows no clock and no server");
}

#[test]
fn instruments_are_seen_by_nobody_outside() {
    let lib = fs::read_to_string(root().join("fake-modules/modules/src/lib.rs"))
        .expect("the crate has a root");
    assert!(lib.lines().any(|line| line == "mod metrics;"), "`metrics` must stay private");
}

#[test]
fn every_file_says_what_it_is_for_and_is_short() {
    let mut found = Vec::new();
    for (path, text) in sources() {
        let path = path.display();
        if !text.starts_with("//!") {
            found.push(format!("{path} does not open with `//!`"));
        }
        let n_lines = text.lines().count();
        if n_lines > MAX_LINES {
            found.push(format!("{path} has {n_lines} lines, more than {MAX_LINES}"));
        }
    }
    none(&found, "a file opens with what it is for, and can be read in one go");
}

#[test]
fn no_test_is_skipped_and_nothing_sleeps() {
    // Put together here, so that this file does not find itself.
    let forbidden =
        [["#[", "ignore"].concat(), ["thread::", "sleep"].concat(), ["time::", "sleep("].concat()];
    let mut found = Vec::new();
    for (path, text) in sources() {
        // Polling is where waiting lives.
        if path.ends_with("harness/stack/src/poll.rs") {
            continue;
        }
        let code = code(&text);
        let wrong = forbidden.iter().filter(|words| code.contains(words.as_str()));
        found.extend(wrong.map(|words| format!("{} has {words}", path.display())));
    }
    none(&found, "what cannot run says so by name, and waiting is polling a condition");
}

#[test]
fn every_dashboard_target_and_recording_rule_has_a_contract() {
    let monitoring =
        Monitoring::load(&root().join("monitoring")).expect("the shipped files are right");
    let contracts = Contracts::load_dir(&root().join("scenarios/contracts"))
        .expect("the shipped contracts are right");
    let unproven = bind::unproven(&monitoring, &contracts);
    let found: Vec<String> = unproven
        .iter()
        .map(|unproven| format!("{:?} {}", unproven.place, unproven.reason))
        .collect();
    none(&found, "nothing is shown that nobody judges");
}
