//! Which alert rules a whole run proves: each by a scenario that fires it and by a near miss that must not.
//!
//! A rule that nothing fires may be unable to fire; one that is never nearly fired may fire at anything. What a
//! single scenario expects is judged elsewhere.

use std::collections::BTreeSet;

use monitoring::{Monitoring, Rule, RuleKind};
use truth::contract::{AlertClass, Contracts};

use crate::report::Run;

/// An alert rule of the monitoring directory, as far as proof is concerned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProvenRule {
    /// The alert's name.
    pub alert: String,
    /// Why it needs no scenario of its own.
    pub class: Option<AlertClass>,
    /// Whether a contract, which is no draft, says its thresholds and guards.
    pub is_specified: bool,
}

/// The alert rules of a monitoring directory, each name once, in their order.
#[must_use]
pub fn rules(monitoring: &Monitoring, contracts: &Contracts) -> Vec<ProvenRule> {
    let rules =
        monitoring.rules.iter().flat_map(|file| &file.groups).flat_map(|group| &group.rules);
    let alerts = rules.filter(|rule| matches!(rule.kind, RuleKind::Alert { .. }));
    let names: BTreeSet<&str> = alerts.map(Rule::name).collect();
    let rule = |alert: &str| ProvenRule {
        alert: alert.to_owned(),
        class: contracts.alerts.get(alert).copied(),
        is_specified: contracts.specified.get(alert).is_some_and(|contract| !contract.is_draft),
    };
    names.into_iter().map(rule).collect()
}

/// What a run says of one alert rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof<'a> {
    /// The rule.
    pub rule: &'a ProvenRule,
    /// The scenarios that fired it, as they expected.
    pub fired_under: Vec<&'a str>,
    /// The scenarios under which it was to be silent and was, with the weaker rule that would have fired.
    pub near_under: Vec<(&'a str, &'a str)>,
    /// The scenarios under which it was silent, but so would have been every weaker rule.
    pub far_under: Vec<&'a str>,
}

impl Proof<'_> {
    /// What is missing, and what to do.
    #[must_use]
    pub fn lacks(&self) -> Option<String> {
        if self.rule.class.is_some() {
            return None;
        }
        let fires = "no scenario fires it: write one that expects `fires`";
        let near = match self.far_under.as_slice() {
            [] => "no near miss: write a scenario that nearly fires it and expects `silent`"
                .to_owned(),
            far => format!(
                "no near miss: it is silent under {}, but every weaker rule is silent there too: make the incident stronger or longer",
                far.join(", ")
            ),
        };
        match (self.fired_under.is_empty(), self.near_under.is_empty()) {
            (false, false) => None,
            (true, false) => Some(fires.to_owned()),
            (false, true) => Some(near),
            (true, true) => Some(format!("{fires}; and {near}")),
        }
    }
}

/// What a run says of each alert rule, in the order of names.
#[must_use]
pub fn proofs(run: &Run) -> Vec<Proof<'_>> {
    let proof = |rule| {
        let mut proof =
            Proof { rule, fired_under: Vec::new(), near_under: Vec::new(), far_under: Vec::new() };
        for (outcome, report, _) in run.judged() {
            let name = outcome.scenario.name.as_str();
            for verdict in report.alerts.iter().filter(|verdict| verdict.alert == rule.alert) {
                if verdict.fired_as_expected() {
                    proof.fired_under.push(name);
                }
                match &verdict.near {
                    Some(how) => proof.near_under.push((name, how)),
                    None if verdict.held() && verdict.is_to_be_silent() => {
                        proof.far_under.push(name);
                    }
                    None => {}
                }
            }
        }
        proof
    };
    run.alerts.iter().map(proof).collect()
}

/// The rules that a whole run leaves unproven, with what each lacks; none where only a part was run.
#[must_use]
pub fn unproven(run: &Run) -> Vec<(&str, String)> {
    if !run.whole || run.interrupted {
        return Vec::new();
    }
    let lacking = |proof: Proof<'_>| {
        let lacks = proof.lacks()?;
        // `run` outlives the proof.
        let rule = run.alerts.iter().find(|rule| *rule == proof.rule)?;
        Some((rule.alert.as_str(), lacks))
    };
    proofs(run).into_iter().filter_map(lacking).collect()
}
