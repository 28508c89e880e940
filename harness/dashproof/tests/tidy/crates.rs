//! The layers: which crate may name which, and what the core must build without.
//!
//! Read from Cargo itself. `cargo test -p dashproof --test tidy crates_name -- --nocapture` prints the graph.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use crate::reading::{none, root};

/// The crates, each with those of the workspace that it may name: whoever adds an edge decides it here.
const LAYERS: [(&str, &[&str]); 19] = [
    ("shown", &[]),
    ("containers", &[]),
    ("sim", &[]),
    ("modules", &["sim"]),
    ("prom", &[]),
    ("monitoring", &["prom"]),
    ("truth", &["sim", "prom"]),
    ("scenario", &["sim", "prom"]),
    ("scrape", &["modules", "prom", "monitoring"]),
    ("display", &["shown", "monitoring", "truth"]),
    ("check", &["sim", "modules", "prom", "monitoring", "truth", "scenario", "scrape", "display"]),
    ("stack", &["sim", "modules", "prom", "monitoring", "containers"]),
    ("grafana", &["prom", "monitoring"]),
    (
        "proof",
        &[
            "sim",
            "modules",
            "prom",
            "monitoring",
            "truth",
            "scenario",
            "scrape",
            "stack",
            "display",
        ],
    ),
    ("rules", &["sim", "prom", "monitoring", "truth", "scenario", "check", "stack", "proof"]),
    (
        "live",
        &["sim", "modules", "prom", "monitoring", "truth", "scenario", "scrape", "stack", "proof"],
    ),
    (
        "dashproof",
        &[
            "sim",
            "modules",
            "prom",
            "monitoring",
            "truth",
            "scenario",
            "check",
            "stack",
            "proof",
            "rules",
            "live",
        ],
    ),
    ("testkit", &["prom", "stack", "rules", "containers"]),
    (
        "benches",
        &[
            "sim",
            "modules",
            "prom",
            "monitoring",
            "truth",
            "scenario",
            "stack",
            "proof",
            "rules",
            "dashproof",
        ],
    ),
];

/// What a crate must build without, whatever it depends on.
const WITHOUT: [(&str, &[&str]); 7] = [
    ("display", &["tokio", "axum", "hyper", "reqwest"]),
    ("shown", &["tokio", "axum", "hyper", "reqwest"]),
    ("sim", &["tokio", "axum", "hyper", "reqwest"]),
    ("prom", &["tokio", "axum", "hyper", "reqwest"]),
    ("truth", &["tokio", "axum", "hyper", "reqwest"]),
    ("monitoring", &["tokio", "axum", "hyper", "reqwest"]),
    ("scenario", &["tokio", "axum", "hyper", "reqwest"]),
];

/// The packages of the workspace as Cargo sees them: name, and its dependencies with their kind.
fn packages() -> Vec<(String, Vec<(String, bool)>)> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline", "--manifest-path"])
        .arg(root().join("Cargo.toml"))
        .output()
        .expect("cargo can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("cargo's metadata is JSON");
    let text = |value: &serde_json::Value| value.as_str().expect("a name is text").to_owned();
    let package = |package: &serde_json::Value| {
        let dependencies = package["dependencies"].as_array().expect("a list of dependencies");
        let dependencies =
            dependencies.iter().map(|found| (text(&found["name"]), found["kind"].is_null()));
        (text(&package["name"]), dependencies.collect())
    };
    metadata["packages"].as_array().expect("a list of packages").iter().map(package).collect()
}

#[test]
fn crates_name_only_the_layers_below() {
    let (packages, mut found) = (packages(), Vec::new());
    let allowed: BTreeMap<&str, &[&str]> = LAYERS.into();
    let below = |name: &str, other: &str| {
        let at = |wanted: &str| LAYERS.iter().position(|(name, _)| *name == wanted);
        at(other) < at(name)
    };
    for (name, dependencies) in &packages {
        let Some(allowed) = allowed.get(name.as_str()) else {
            found.push(format!("{name} has no place among the layers"));
            continue;
        };
        let inner: Vec<&str> = dependencies
            .iter()
            .filter(|(other, normal)| *normal && packages.iter().any(|(name, _)| name == other))
            .map(|(other, _)| other.as_str())
            .collect();
        println!("{name:<12} → {}", inner.join(" "));
        let upwards = inner.iter().filter(|other| !below(name, other));
        found.extend(upwards.map(|other| format!("{name} names {other}, which is not below it")));
        let strange = inner.iter().filter(|other| !allowed.contains(other));
        found.extend(strange.map(|other| format!("{name} names {other}")));
    }
    none(&found, "dependencies between crates go downwards, and each is a decision");
}

#[test]
fn the_core_builds_without_runtime_and_servers() {
    let mut found = Vec::new();
    for (name, forbidden) in WITHOUT {
        let output = Command::new(env!("CARGO"))
            .args(["tree", "--offline", "--edges", "normal", "--prefix", "none", "--package", name])
            .arg("--manifest-path")
            .arg(root().join("Cargo.toml"))
            .output()
            .expect("cargo can be started");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let tree = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(tree.starts_with(name), "an empty tree proves nothing: {tree}");
        let names: BTreeSet<&str> =
            tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
        let wrong = forbidden.iter().filter(|name| names.contains(**name));
        found.extend(wrong.map(|other| format!("{name} needs {other}")));
    }
    none(&found, "what is true must not wait for a runtime");
}
