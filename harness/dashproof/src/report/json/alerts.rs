//! What the JSON report says of alerts: under each scenario, and of each rule.

use std::collections::BTreeMap;

use super::{
    model::{Alert, Brackets, Life, Rule},
    rfc3339,
};
use proof::verify::{
    ScenarioReport,
    alerts::{self, AlertVerdict},
};
use scenario::Scenario;
use truth::contract::AlertClass;

use crate::report::{Run, proven, text, words};

pub(super) fn of(scenario: &Scenario, report: &ScenarioReport, run: &Run) -> Vec<Alert> {
    let epoch_ms = scenario.epoch.as_millisecond();
    let since = |at: i64| words::span(at - epoch_ms);
    let alert = |verdict: &AlertVerdict| Alert {
        alert: verdict.alert.clone(),
        held: verdict.held(),
        expected: verdict.expected.iter().map(|e| text::expectation(e, &since)).collect(),
        broken: verdict.broken.clone(),
        fired: verdict
            .fired
            .iter()
            .map(|(labels, life)| Life {
                labels: labels.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
                pending: rfc3339(life.pending_ms),
                firing: rfc3339(life.firing_ms.unwrap_or(life.pending_ms)),
                ended: life.ended_ms.map(rfc3339),
            })
            .collect(),
        near_miss: verdict.near.clone(),
        replay: (!verdict.held()).then(|| {
            run.replay.command(&scenario.name, report.seed, &alerts::place(&verdict.alert))
        }),
    };
    report.alerts.iter().map(alert).collect()
}

pub(super) fn rules(run: &Run) -> Vec<Rule> {
    let mut lacks: BTreeMap<&str, String> = proven::unproven(run).into_iter().collect();
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    proven::proofs(run)
        .into_iter()
        .map(|proof| Rule {
            alert: proof.rule.alert.clone(),
            class: proof.rule.class.map(AlertClass::name),
            fired_under: owned(&proof.fired_under),
            near_under: proof
                .near_under
                .iter()
                .map(|(name, how)| ((*name).to_owned(), (*how).to_owned()))
                .collect(),
            lacks: lacks.remove(proof.rule.alert.as_str()),
        })
        .collect()
}

pub(super) fn brackets(run: &Run) -> Option<Brackets> {
    let mut document =
        Brackets { cases: 0, broken: Vec::new(), not_bracketed: Vec::new(), error: None };
    match run.brackets.as_ref()? {
        Err(error) => document.error = Some(error.clone()),
        Ok(report) => {
            for alert in &report.alerts {
                let name = || alert.alert.clone();
                document.cases += alert.cases.len();
                let broken = alert.cases.iter().filter(|case| !case.held());
                document.broken.extend(broken.map(|case| [name(), case.what.to_string()]));
                let gaps =
                    alert.gaps().map(|gap| [name(), gap.what.to_string(), gap.reason.clone()]);
                document.not_bracketed.extend(gaps);
            }
        }
    }
    Some(document)
}
