//! Habits that a machine can check: layers, sizes, and what must not stand in any file.
//!
//! Layers are checked over every path that a file names, in `use` lines and elsewhere; comments do not count. What is
//! forbidden is listed here, so that a new dependency between layers is a decision and not an accident.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use dashproof::{contract::Contracts, monitoring::Monitoring, verify::bind};

/// No source file is longer.
const MAX_LINES: usize = 400;

/// What judges may name nothing of what shows or asks: the truth must not depend on what it is compared with.
const TRUTH: [&str; 6] = ["ledger", "oracle", "fact", "quantity", "contract", "judge"];

/// Of the simulation, what shows: expositions, modules, instruments, lies.
const SHOWING: [&str; 4] = ["exposition", "module", "metrics", "lie"];

/// Of the harness, what asks the stack, or reads what the stack is made of.
const ASKING: [&str; 9] =
    ["client", "stack", "backfill", "verify", "monitoring", "promql", "mutate", "grafana", "check"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust file of the repository with its text, the path relative to the root.
fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut waiting: Vec<PathBuf> =
        ["benches", "fake-modules", "harness"].iter().map(|member| root().join(member)).collect();
    while let Some(directory) = waiting.pop() {
        let entries = fs::read_dir(&directory).expect("a member's directory can be listed");
        for path in entries.map(|entry| entry.expect("an entry can be read").path()) {
            if path.is_dir() && path.file_name().is_none_or(|name| name != "target") {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file is text");
                found.push((
                    path.strip_prefix(root()).expect("it is below the root").to_owned(),
                    text,
                ));
            }
        }
    }
    found.sort();
    assert!(100 < found.len(), "only {} source files were found", found.len());
    found
}

/// The text without comments: what follows `//` on a line, unless it is part of a string with a URL.
fn code(text: &str) -> String {
    let uncommented = |line: &str| match line.find("//") {
        Some(at) if !line[..at].ends_with(':') => line[..at].to_owned(),
        _ => line.to_owned(),
    };
    text.lines().map(|line| uncommented(line) + "\n").collect()
}

/// The second part of every path that begins with `first::`, braces expanded: `x` and `y` of `first::{x::z, y}`.
fn named(code: &str, first: &str) -> BTreeSet<String> {
    let start = format!("{first}::");
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices(&start) {
        let preceded = code[..at].chars().next_back();
        if preceded.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + start.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            found.extend(group_heads(group));
        } else {
            found.insert(word(rest));
        }
    }
    found
}

/// The first words of a brace group's members; `group` begins after the opening brace.
fn group_heads(group: &str) -> Vec<String> {
    let (mut heads, mut depth, mut expected) = (Vec::new(), 0, true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expected = true,
            c if expected && (c.is_alphanumeric() || c == '_') => {
                heads.push(word(&group[at..]));
                expected = false;
            }
            _ => {}
        }
    }
    heads
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn paths_are_found_in_groups_and_alone() {
    let code = "use a::{\n    b::{c, d},\n    e,\n    self,\n};\nfn f() -> a::g::H { aa::i() }";
    let expected: BTreeSet<String> = ["b", "e", "self", "g"].map(str::to_owned).into();
    assert_eq!(named(code, "a"), expected);
}

/// The files of a module of the harness: `name.rs` and everything below `name/`.
fn of_module<'a>(
    sources: &'a [(PathBuf, String)],
    name: &str,
) -> impl Iterator<Item = &'a (PathBuf, String)> {
    let file = PathBuf::from(format!("harness/src/{name}.rs"));
    let directory = PathBuf::from(format!("harness/src/{name}/"));
    sources.iter().filter(move |(path, _)| *path == file || path.starts_with(&directory))
}

#[track_caller]
fn none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

/// What the given files name of the forbidden parts of a crate.
fn breaches<'a>(
    files: impl Iterator<Item = &'a (PathBuf, String)>,
    first: &str,
    forbidden: &[&str],
) -> Vec<String> {
    let of = |(path, text): &(PathBuf, String)| {
        let named = named(&code(text), first);
        let wrong = named.into_iter().filter(|name| forbidden.contains(&name.as_str()));
        wrong.map(|name| format!("{} names {first}::{name}", path.display())).collect::<Vec<_>>()
    };
    files.flat_map(of).collect()
}

#[test]
fn the_truth_names_nothing_that_shows_or_asks() {
    let sources = sources();
    for module in TRUTH {
        assert!(of_module(&sources, module).next().is_some(), "{module} has moved");
        let mut found = breaches(of_module(&sources, module), "fake_modules", &SHOWING);
        found.extend(breaches(of_module(&sources, module), "crate", &ASKING));
        none(&found, "the truth must not depend on what it is compared with");
    }
}

#[test]
fn the_oracle_knows_no_simulation() {
    let sources = sources();
    let named = |(path, text): &(PathBuf, String)| {
        code(text).contains("fake_modules").then(|| path.display().to_string())
    };
    let found: Vec<String> = of_module(&sources, "oracle").filter_map(named).collect();
    none(&found, "the oracle is arithmetic on instants and values");
}

/// What a source file of the simulation may name: the core nothing, the clock clocks, the servers sockets.
fn outside_the_core(path: &Path) -> &'static [&'static str] {
    const CLOCKS: [&str; 3] = ["tokio", "SystemTime", "Instant::now"];
    const SERVERS: [&str; 4] = ["tokio", "hyper", "axum", "std::net"];
    match path.strip_prefix("fake-modules/src") {
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
    let simulation = sources.iter().filter(|(path, _)| path.starts_with("fake-modules/src"));
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

#[test]
fn nothing_below_the_servers_knows_them() {
    let sources = sources();
    let core = sources.iter().filter(|(path, _)| {
        path.starts_with("fake-modules/src")
            && outside_the_core(path).is_empty()
            && !path.ends_with("lib.rs")
    });
    none(&breaches(core, "crate", &["clock", "serve"]), "the core knows no clock and no server");
}

#[test]
fn instruments_are_seen_by_nobody_outside() {
    let lib =
        fs::read_to_string(root().join("fake-modules/src/lib.rs")).expect("the crate has a root");
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
        if path.ends_with("harness/src/poll.rs") {
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
