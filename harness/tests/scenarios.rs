//! The shipped scenarios: each loads, has its place in the schema, and runs.

use std::path::{Path, PathBuf};

use dashproof::scenario::{Scenario, load_dir};

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")
}

fn shipped() -> Vec<Scenario> {
    let (scenarios, problems) = load_dir(&directory());
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    scenarios
}

#[test]
fn every_shipped_scenario_loads() {
    let names: Vec<String> = shipped().into_iter().map(|scenario| scenario.name).collect();
    assert!(14 <= names.len(), "{names:?}");
}
