//! What is mutated: the queries of dashboards and recording rules, each with its mutants.
//!
//! Made once, from the metrics that the first scenario shows; the same mutants are asked under every scenario.

use super::{Fate, MutantResult, PlaceScore, fate::Outcome, surroundings};
use monitoring::{Rule, RuleKind};
use proof::verify::{Files, Staged, VerifyError, question::Place};
use scenario::Scenario;

use crate::mutate::{self, Mutant, MutationContext};

/// A query and what became of its mutants so far.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) query: Query,
    pub(super) mutants: Vec<(Mutant, Option<Fate>)>,
    doubt: Option<String>,
}

/// A query of the monitoring directory.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) place: Place,
    pub(super) expr: String,
    pub(super) source: Source,
}

/// Where a query stands.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// In a target: indices of dashboard, panel and target.
    Target(usize, usize, usize),
    /// In a recording rule; `shared` where other rules record the same metric.
    Rule { labels: Vec<(String, String)>, shared: bool },
}

/// Every query that has a contract, in the order of the files; those without one are unproven already.
///
/// # Errors
/// If the engine does not list its series.
pub(super) async fn subjects(
    files: &Files,
    scenario: &Scenario,
    staged: &Staged,
) -> Result<Vec<Subject>, VerifyError> {
    let metrics = surroundings::metrics(scenario, staged).await?;
    let looks = files.looks(scenario);
    let mut found = Vec::new();
    for query in queries(files) {
        let variables = surroundings::variables(files, &query.source, &looks);
        let context = MutationContext { variables, metrics: metrics.clone() };
        let made = mutate::mutants(&query.expr, &context);
        let (mutants, doubt) = match made {
            Ok(mutants) => (mutants, None),
            Err(error) => (Vec::new(), Some(format!("has no mutants: {error}"))),
        };
        let fated = mutants.into_iter().map(|mutant| {
            let fate =
                mutant.equivalent.map(|reason| Fate::Equivalent { reason: reason.to_owned() });
            (mutant, fate)
        });
        found.push(Subject { query, mutants: fated.collect(), doubt });
    }
    Ok(found)
}

fn queries(files: &Files) -> Vec<Query> {
    let monitoring = &files.monitoring;
    let mut found = Vec::new();
    for (d, dashboard) in monitoring.dashboards.iter().enumerate() {
        let Some(contract) = files.contracts.dashboards.get(&dashboard.uid) else { continue };
        for (p, panel) in dashboard.panels.iter().enumerate() {
            let bound = contract.panels.get(&panel.title);
            for (t, target) in panel.targets.iter().enumerate() {
                if bound.is_some_and(|panel| panel.targets.contains_key(&target.ref_id)) {
                    let place = Place {
                        dashboard: dashboard.uid.clone(),
                        panel: panel.title.clone(),
                        ref_id: target.ref_id.clone(),
                        selection: String::new(),
                    };
                    let (expr, source) = (target.expr.clone(), Source::Target(d, p, t));
                    found.push(Query { place, expr, source });
                }
            }
        }
    }
    let groups = monitoring.rules.iter().flat_map(|file| &file.groups);
    let rules: Vec<&Rule> = groups
        .flat_map(|group| &group.rules)
        .filter(|rule| matches!(rule.kind, RuleKind::Record { .. }))
        .filter(|rule| files.contracts.rules.contains_key(rule.name()))
        .collect();
    for rule in &rules {
        let shared = rules.iter().filter(|other| other.name() == rule.name()).count() > 1;
        let labels: Vec<(String, String)> =
            rule.labels.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let told_apart: Vec<String> = labels
            .iter()
            .filter(|_| shared)
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let place = Place {
            dashboard: "recording rules".to_owned(),
            panel: rule.name().to_owned(),
            ref_id: String::new(),
            selection: told_apart.join(","),
        };
        let (expr, source) = (rule.expr.trim().to_owned(), Source::Rule { labels, shared });
        found.push(Query { place, expr, source });
    }
    if let Some(only) = &files.only {
        found.retain(|query| {
            format!("{}/{}", query.place.dashboard, query.place.panel).contains(only.as_str())
        });
    }
    found
}

impl Subject {
    /// The mutants that may still be killed.
    pub(super) fn alive(&self) -> impl Iterator<Item = usize> {
        let alive = self
            .mutants
            .iter()
            .enumerate()
            .filter(|(_, (_, fate))| matches!(fate, None | Some(Fate::Survived { .. })));
        alive.map(|(nth, _)| nth)
    }

    /// Whether there are such mutants.
    pub(super) fn waits(&self) -> bool {
        self.alive().next().is_some()
    }

    /// Takes in what a scenario showed of a mutant.
    pub(super) fn learn(&mut self, mutant: usize, outcome: Outcome) {
        if let Some(broken) = outcome.original_broken {
            self.doubt.get_or_insert(broken);
        }
        let fate = &mut self.mutants[mutant].1;
        *fate = Some(match (outcome.killed, &fate) {
            (Some(killed), _) => killed,
            (None, Some(Fate::Survived { answers })) => {
                Fate::Survived { answers: answers + outcome.answers }
            }
            (None, _) => Fate::Survived { answers: outcome.answers },
        });
    }

    /// The result, once no scenario is left.
    pub(super) fn scored(self) -> PlaceScore {
        let mutants = self.mutants.into_iter().map(|(mutant, fate)| MutantResult {
            kind: mutant.kind,
            description: mutant.description,
            expr: mutant.expr,
            fate: fate.unwrap_or(Fate::Survived { answers: 0 }),
        });
        PlaceScore {
            place: self.query.place,
            expr: self.query.expr,
            doubt: self.doubt,
            mutants: mutants.collect(),
        }
    }
}
