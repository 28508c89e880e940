//! Panels that differ from a right one, and the shipped dashboards: what is said of each.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its data must fail")]

mod shipped;
mod zoo;

use std::path::{Path, PathBuf};

use display::{Certainty, Subject};
use monitoring::grafana::{
    dashboard::{self, Dashboard},
    datasource::Datasource,
};
use serde_json::Value;
use truth::contract::Contracts;

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn contracts() -> Contracts {
    Contracts::load_dir(&root().join("scenarios/contracts")).unwrap()
}

/// A shipped dashboard as written.
fn shipped(uid: &str) -> Value {
    let file = root().join(format!("monitoring/grafana/dashboards/{uid}.json"));
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn parse(json: &Value) -> Dashboard {
    dashboard::parse(Path::new("d.json"), &serde_json::to_string_pretty(json).unwrap()).unwrap()
}

/// What is said of a dashboard, in one line each.
fn said(json: &Value, contracts: &Contracts, datasources: &[Datasource]) -> Vec<String> {
    let dashboard = parse(json);
    let contract = contracts.dashboards.get(&dashboard.uid);
    display::of_dashboard(&dashboard, contract, datasources)
        .into_iter()
        .map(|(subject, finding)| {
            let place = match subject {
                Subject::Panel(panel) => panel.title.clone(),
                Subject::Variable(name) => format!("variable {name}"),
                Subject::Dashboard => "dashboard".to_owned(),
            };
            let word = match finding.certainty {
                Certainty::Wrong => "red",
                Certainty::Unproven => "unproven",
            };
            format!("{word} {place} {} [{}] {}", finding.ref_id, finding.member, finding.message)
        })
        .collect()
}
