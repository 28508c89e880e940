//! Mutants of how panels show their answers: another unit, a hidden series, swapped headings.
//!
//! Nothing is asked for them: each is held against its contract as the original is. What a mistake is, and how it is
//! noticed, is `display`'s.

use std::collections::BTreeMap;

use display::mutate::{self, MutantKind};
use serde::Serialize;

use proof::verify::{Files, question::Place};

/// What became of the mutants of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SeenScore {
    /// The kind of mistake.
    pub kind: &'static str,
    /// How many were noticed.
    pub killed: usize,
    /// Those of which nothing is said: `dashboard/panel: mistake`.
    pub survived: Vec<String>,
}

/// The scores of all panels with a contract, in the order of the kinds.
#[must_use]
pub fn scores(files: &Files) -> Vec<SeenScore> {
    let mut scores: BTreeMap<MutantKind, SeenScore> = BTreeMap::new();
    for dashboard in &files.monitoring.dashboards {
        let Some(contract) = files.contracts.dashboards.get(&dashboard.uid) else { continue };
        for panel in &dashboard.panels {
            let place = Place {
                dashboard: dashboard.uid.clone(),
                panel: panel.title.clone(),
                ref_id: String::new(),
                selection: String::new(),
            };
            let Some(bound) = contract.panels.get(&panel.title).filter(|_| files.asks(&place))
            else {
                continue;
            };
            for mutant in mutate::mutants(panel, bound) {
                let score = scores.entry(mutant.kind).or_default();
                score.kind = mutant.kind.name();
                match mutate::noticed(dashboard, &mutant.json, Some(contract)) {
                    Some(_) => score.killed += 1,
                    None => score
                        .survived
                        .push(format!("{}/{}: {}", dashboard.uid, panel.title, mutant.description)),
                }
            }
        }
    }
    scores.into_values().collect()
}
