//! The two files of a unit test, in JSON, which is YAML too.
//!
//! Annotations are left out: they are no part of an alert's state. Durations are whole milliseconds, so that nothing
//! is rounded.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::UnitTest;
use monitoring::{Rule, RuleFile, RuleKind};
use prom::series::Labels;

use crate::alert::{Episode, Timeline};

/// The name of the file with the rules.
pub(crate) const RULES_FILE: &str = "rules.json";
/// The name of the file with samples and expectations.
pub const TEST_FILE: &str = "test.json";

/// The rules of all files in one, each group under a name of its own.
#[must_use]
pub(crate) fn rules_file(files: &[RuleFile]) -> String {
    let groups: Vec<Value> = named_groups(files)
        .map(|(name, rules)| json!({ "name": name, "rules": rules.iter().map(rule).collect::<Vec<_>>() }))
        .collect();
    text(&json!({ "groups": groups }))
}

fn named_groups(files: &[RuleFile]) -> impl Iterator<Item = (String, &[Rule])> {
    let groups = files.iter().flat_map(|file| &file.groups);
    groups.enumerate().map(|(nth, group)| (format!("{nth}-{}", group.name), &group.rules[..]))
}

fn rule(rule: &Rule) -> Value {
    let mut written = json!({ "expr": rule.expr });
    match &rule.kind {
        RuleKind::Record { metric } => written["record"] = json!(metric),
        RuleKind::Alert { name, for_ms, keep_firing_for_ms, .. } => {
            written["alert"] = json!(name);
            if *for_ms > 0 {
                written["for"] = json!(ms(*for_ms));
            }
            if *keep_firing_for_ms > 0 {
                written["keep_firing_for"] = json!(ms(*keep_firing_for_ms));
            }
        }
    }
    if !rule.labels.is_empty() {
        written["labels"] = json!(rule.labels);
    }
    written
}

/// Samples, and the state of every alert at every evaluation.
#[must_use]
pub(crate) fn test_file(test: &UnitTest) -> String {
    // Recording rules first: what alerts read is then of the same evaluation, as it is where the engine was asked.
    let (alerts, records): (Vec<_>, Vec<_>) = named_groups(&test.rules).partition(|(_, rules)| {
        rules.iter().any(|rule| matches!(rule.kind, RuleKind::Alert { .. }))
    });
    let order: Vec<String> = records.into_iter().chain(alerts).map(|(name, _)| name).collect();
    let series: Vec<Value> = test
        .series
        .iter()
        .map(|series| json!({ "series": series.labels.to_string(), "values": series.values }))
        .collect();
    let interval = ms(test.interval_ms);
    text(&json!({
        "rule_files": [RULES_FILE],
        "evaluation_interval": interval,
        "group_eval_order": order,
        "tests": [{ "interval": interval, "input_series": series, "promql_expr_test": expectations(test) }],
    }))
}

fn expectations(test: &UnitTest) -> Vec<Value> {
    let mut instants: BTreeMap<i64, Vec<Value>> = BTreeMap::new();
    for Timeline { rule, alerts } in &test.timelines {
        let evaluations = rule.evaluations;
        let step = usize::try_from(evaluations.interval_ms).unwrap_or(1);
        for at in (evaluations.first_ms..=evaluations.last_ms).step_by(step) {
            let samples = instants.entry(at).or_default();
            for alert in alerts {
                let state = alert.episodes.iter().find_map(|life| state(life, at));
                samples.extend(state.map(|state| sample(&alert.labels, state)));
            }
        }
    }
    let test_at = |(at, samples): (i64, Vec<Value>)| json!({ "expr": "ALERTS", "eval_time": ms(at - test.epoch_ms), "exp_samples": samples });
    instants.into_iter().map(test_at).collect()
}

/// What `ALERTS` says of one life at an evaluation.
fn state(life: &Episode, at: i64) -> Option<&'static str> {
    if at < life.pending_ms || life.ended_ms.is_some_and(|ended| at >= ended) {
        return None;
    }
    Some(if life.firing_ms.is_some_and(|firing| at >= firing) { "firing" } else { "pending" })
}

fn sample(labels: &Labels, state: &str) -> Value {
    let own = labels.iter().chain([("__name__", "ALERTS"), ("alertstate", state)]);
    let labels: Labels = own.collect();
    json!({ "labels": labels.to_string(), "value": 1 })
}

fn ms(duration: i64) -> String {
    format!("{duration}ms")
}

fn text(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("its maps have text keys") + "\n"
}
