//! The shipped scenarios: each loads, runs, and always tells the same story.

mod census;
mod expositions;
mod fingerprints;
mod shipped;

use std::path::{Path, PathBuf};

use scenario::{Scenario, load_dir};

/// The directory of the shipped scenarios.
fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

/// All shipped scenarios.
fn shipped() -> Vec<Scenario> {
    let (scenarios, problems) = load_dir(&directory());
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    scenarios
}

/// A shipped scenario by its name.
fn named(name: &str) -> Scenario {
    shipped()
        .into_iter()
        .find(|scenario| scenario.name == name)
        .expect("a shipped scenario has this name")
}
