//! The queries of dashboards and recording rules that a mutation test asks.
//!
//! It must not know what mutants are.

use monitoring::{Rule, RuleKind};
use proof::verify::{Files, question::Place};

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
pub(super) fn queries(files: &Files) -> Vec<Query> {
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
