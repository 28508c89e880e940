//! Alert rules held against their contracts, as far as that is certain without asking anybody: labels, `for`,
//! `keep_firing_for`, runbook, and what their texts name.
//!
//! Conditions are not compared here: an expression can say the same in many ways, and what it does is judged by asking.

use std::{collections::BTreeSet, path::Path};

use super::samples::elements;
use monitoring::{Monitoring, Rule, RuleKind};
use prom::{
    duration,
    problem::{Code, Problem},
};
use truth::contract::{
    Contracts,
    alert::{AlertContract, Number},
};

/// Annotations that people read.
const TEXTS: [&str; 2] = ["summary", "description"];
const RUNBOOK: &str = "runbook_url";

/// What alert rules say otherwise than their contracts.
pub(super) fn against_contracts(monitoring: &Monitoring, contracts: &Contracts) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut raised = BTreeSet::new();
    for file in &monitoring.rules {
        for rule in file.groups.iter().flat_map(|group| &group.rules) {
            let RuleKind::Alert { name, for_ms, keep_firing_for_ms, annotations } = &rule.kind
            else {
                continue;
            };
            raised.insert(name.as_str());
            let Some(contract) = contracts.specified.get(name) else { continue };
            if contract.is_draft {
                continue;
            }
            let mut wrong = labels(rule, contract);
            wrong.extend(spans(contract, *for_ms, *keep_firing_for_ms));
            let coded = |code| move |message: String| (code, message);
            let mut wrong: Vec<(Code, String)> =
                wrong.into_iter().map(coded(Code::AlertDiffers)).collect();
            let text = |name: &str| annotations.get(name).map_or("", String::as_str);
            let said = texts(&TEXTS.map(text).join("\n"), contract);
            wrong.extend(said.into_iter().map(coded(Code::AlertTextDiffers)));
            let runbook = runbook(text(RUNBOOK), name, contract, &monitoring.directory);
            wrong.extend(runbook.map(coded(Code::RunbookDiffers)));
            let (at, line) = contract.place();
            problems.extend(wrong.into_iter().map(|(code, message)| {
                Problem::new(code, &file.file, rule.line, format!("alert {name:?}: {message}"))
                    .remedy(format!("its contract is {}:{line}", at.display()))
            }));
        }
    }
    for (name, contract) in &contracts.specified {
        if !raised.contains(name.as_str()) {
            let (file, line) = contract.place();
            let message = format!("no rule raises {name}, which has a contract");
            problems.push(Problem::new(Code::ContractWithoutAlert, file, line, message));
        }
    }
    problems
}

fn labels(rule: &Rule, contract: &AlertContract) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, value) in &contract.labels {
        match rule.labels.get(name) {
            Some(has) if has == value => {}
            Some(has) => wrong.push(format!("label {name} is {has:?} instead of {value:?}")),
            None => wrong.push(format!("label {name}: {value:?} is missing")),
        }
    }
    let others = rule.labels.keys().filter(|name| !contract.labels.contains_key(*name));
    wrong.extend(others.map(|name| format!("label {name} is not among those of its contract")));
    wrong
}

fn spans(contract: &AlertContract, for_ms: i64, keep_ms: i64) -> Vec<String> {
    [("for", for_ms, contract.for_ms), ("keep_firing_for", keep_ms, contract.keep_firing_for_ms)]
        .into_iter()
        .filter(|(_, is, wanted)| is != wanted)
        .map(|(name, is, wanted)| {
            format!("{name} is {} instead of {}", duration::format(is), duration::format(wanted))
        })
        .collect()
}

/// What the texts lack, and labels in them that no alert of the rule has.
fn texts(text: &str, contract: &AlertContract) -> Vec<String> {
    let mut wrong = Vec::new();
    let used: BTreeSet<&str> = used(text);
    for name in contract.names.iter().filter(|name| !used.contains(name.as_str())) {
        wrong.push(format!("neither summary nor description names {name}"));
    }
    if let Some(number) = contract.number {
        let filter = match number {
            Number::Share => Some("humanizePercentage"),
            Number::Seconds => Some("humanizeDuration"),
            Number::Usd | Number::Count => None,
        };
        let values: Vec<&str> =
            pipelines(text).filter(|inside| inside.contains("$value")).collect();
        match filter {
            _ if values.is_empty() => {
                wrong.push(format!("neither summary nor description gives its {}", number.name()));
            }
            Some(filter) if !values.iter().all(|inside| inside.contains(filter)) => {
                wrong.push(format!("its {} is not written by {filter}", number.name()));
            }
            None if values
                .iter()
                .any(|inside| inside.contains("humanizeP") || inside.contains("humanizeD")) =>
            {
                wrong.push(format!("its {} is written as a share or a duration", number.name()));
            }
            _ => {}
        }
        if number == Number::Usd && !text.contains("USD") {
            wrong.push("its unit, USD, is not in the text".to_owned());
        }
    }
    // What a target or the monitoring system itself adds is not known to the contract.
    if let Some(each) = contract.each() {
        let has = |name: &str| {
            each.iter().any(|label| label == name) || contract.labels.contains_key(name)
        };
        let lacks = used.iter().filter(|name| !has(name));
        wrong.extend(lacks.map(|name| format!("its texts name {name}, a label that it never has")));
    } else if contract.branches.iter().filter_map(|branch| branch.first()).all(|first| {
        matches!(
            first.subject,
            truth::contract::alert::Subject::Level(_)
                | truth::contract::alert::Subject::Changes(..)
        )
    }) {
        let known: BTreeSet<String> = contract
            .branches
            .iter()
            .filter_map(|branch| branch.first())
            .flat_map(|first| elements(first).into_iter().flatten().map(|(name, _)| name))
            .chain(["job".to_owned()])
            .chain(contract.labels.keys().cloned())
            .collect();
        let lacks = used.iter().filter(|name| !known.contains(**name));
        wrong
            .extend(lacks.map(|name| format!("its texts name {name}, a label that no target has")));
    }
    wrong
}

/// What stands between `{{` and `}}`.
fn pipelines(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}").map(|(inside, _)| inside))
}

/// The labels that templates read.
fn used(text: &str) -> BTreeSet<&str> {
    const LABELS: &str = "$labels.";
    let mut found = BTreeSet::new();
    for inside in pipelines(text) {
        for (at, _) in inside.match_indices(LABELS) {
            let rest = &inside[at + LABELS.len()..];
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            found.insert(&rest[..end.unwrap_or(rest.len())]);
        }
    }
    found
}

/// A runbook that is another, is not there, or is about another alert.
fn runbook(
    written: &str,
    alert: &str,
    contract: &AlertContract,
    directory: &Path,
) -> Option<String> {
    let wanted = contract.runbook.as_deref()?;
    if written != wanted {
        return Some(format!("{RUNBOOK} is {written:?} instead of {wanted:?}"));
    }
    if wanted.contains("://") {
        return None;
    }
    match std::fs::read_to_string(directory.join(wanted)) {
        Err(error) => Some(format!("{wanted} cannot be read: {error}")),
        Ok(text) if !text.contains(alert) => Some(format!("{wanted} does not name it")),
        Ok(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contract(body: &str) -> AlertContract {
        let text = format!(
            "specifications:\n  A:\n    when: [[{{ rate: [llm_provider.requests], by: [provider], over: 5m, above: 1 }}]]\n    labels: {{ severity: warning }}\n{body}"
        );
        let (mut contracts, mut problems) = (Contracts::default(), Vec::new());
        contracts.add(Path::new("c.yaml"), &text, &mut problems);
        assert_eq!(problems, []);
        contracts.specified.remove("A").expect("it was read")
    }

    #[test]
    fn texts_name_what_the_contract_asks_for_and_no_label_that_is_never_there() {
        let contract = contract("    names: [provider]\n    number: share\n");
        let share = "{{ $value | humanizePercentage }}";
        assert_eq!(texts(&format!("{{{{ $labels.provider }}}}: {share}"), &contract), [""; 0]);
        let wrong = texts(&format!("{{{{ $labels.vendor }}}}: {share}"), &contract);
        let expected = [
            "neither summary nor description names provider",
            "its texts name vendor, a label that it never has",
        ];
        assert_eq!(wrong, expected);
        let wrong = texts("{{ $labels.provider }}: {{ $value }}", &contract);
        assert_eq!(wrong, ["its share is not written by humanizePercentage"]);
        let wrong = texts("{{ $labels.provider }}", &contract);
        assert_eq!(wrong, ["neither summary nor description gives its share"]);
    }

    #[test]
    fn spans_are_those_of_the_contract() {
        let contract = contract("    for: 5m\n");
        assert_eq!(spans(&contract, 300_000, 0), [""; 0]);
        let wrong = ["for is 1s instead of 5m", "keep_firing_for is 1m instead of 0s"];
        assert_eq!(spans(&contract, 1_000, 60_000), wrong);
    }
}
