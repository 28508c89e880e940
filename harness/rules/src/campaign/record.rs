//! What one run showed: the lives of each rule's alerts under each setting, and how high its values went.
//!
//! From the engine's answers; nothing here asks one.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    condition::{Applied, Open, decide},
    sweep::Setting,
};
use prom::{
    evaluations::Evaluations,
    promql::{condition::Condition, operator::Relation},
    series::Labels,
};
use proof::alert::{AlertRule, Episode, episodes};
use truth::evaluate::row::Row;

/// One run's outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its place in the plan.
    pub run: usize,
    /// One for each rule, in their order.
    pub rules: Vec<RuleRecord>,
    /// Simulated requests.
    pub requests: u64,
    /// Stored samples, those of recording rules aside.
    pub samples: usize,
    /// Answers of Prometheus that our own evaluation was held against.
    pub compared: usize,
    /// Expressions of which the two differ, and where, in words.
    pub differences: Vec<(String, String)>,
}

/// What a rule did in a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleRecord {
    /// When it was evaluated.
    pub evaluations: Evaluations,
    /// Its alerts under each setting; the first is the rule as it is written.
    pub settings: Vec<Vec<Lives>>,
    /// For each operand, the value that came nearest to it or went furthest beyond, where the run is judged and all
    /// else held: the highest for `>`, the lowest for `<`.
    pub extremes: Vec<Option<f64>>,
    /// For each question, whether there ever was an answer.
    pub answered: Vec<bool>,
    /// Those parts of questions without an answer that had a value.
    pub parts: BTreeSet<String>,
    /// Whether the expression had any element with all of its comparisons open: whether its parts ever match.
    pub matched: bool,
    /// Why Prometheus would fail its evaluations, if it would.
    pub failure: Option<String>,
}

impl RuleRecord {
    /// A rule of which Prometheus would fail evaluations, for this reason.
    #[must_use]
    pub fn failing(rule: &AlertRule, condition: &Condition, failure: String) -> RuleRecord {
        RuleRecord {
            evaluations: rule.evaluations,
            settings: Vec::new(),
            extremes: vec![None; condition.operands.len()],
            answered: vec![false; condition.asked.len()],
            parts: BTreeSet::new(),
            matched: false,
            failure: Some(failure),
        }
    }
}

/// An alert and its lives.
#[derive(Clone, Debug, PartialEq)]
pub struct Lives {
    /// Its labels.
    pub labels: Labels,
    /// Its lives.
    pub episodes: Vec<Episode>,
}

/// What `rule` did, given the answers to its condition's questions.
#[must_use]
pub fn record(
    rule: &AlertRule,
    condition: &Condition,
    settings: &[Setting],
    answers: &[Vec<Row>],
    judged_ms: i64,
) -> RuleRecord {
    let mut found = RuleRecord {
        evaluations: rule.evaluations,
        settings: Vec::with_capacity(settings.len()),
        extremes: vec![None; condition.operands.len()],
        answered: answers.iter().map(|rows| !rows.is_empty()).collect(),
        parts: BTreeSet::new(),
        matched: false,
        failure: None,
    };
    // Settings that differ in their durations alone share what was decided.
    let mut decided: Option<(&[f64], Active)> = None;
    for setting in settings {
        if decided.as_ref().is_some_and(|(values, _)| *values != setting.values.as_slice()) {
            decided = None;
        }
        if decided.is_none() {
            let applied = Applied { values: &setting.values, open: Open::None };
            let rows = decide(&condition.decision, answers, applied);
            let active = rows.map_err(|error| error.to_string()).and_then(|r| active(rule, &r));
            match active {
                Ok(active) => decided = Some((&setting.values, active)),
                Err(failure) => {
                    found.failure = Some(failure);
                    return found;
                }
            }
        }
        let active = decided.iter().flat_map(|(_, active)| active);
        let lives = active.map(|(labels, instants)| Lives {
            labels: labels.clone(),
            episodes: episodes(instants.iter().copied(), rule.evaluations, setting.timing),
        });
        found.settings.push(lives.collect());
    }
    let values = condition.values();
    let open = Applied { values: &values, open: Open::All };
    found.matched = found.settings.iter().any(|alerts| !alerts.is_empty())
        || decide(&condition.decision, answers, open).is_ok_and(|rows| !rows.is_empty());
    for (nth, operand) in condition.operands.iter().enumerate() {
        if !operand.decides {
            continue;
        }
        let applied = Applied { values: &values, open: Open::One(nth) };
        if let Ok(rows) = decide(&condition.decision, answers, applied) {
            found.extremes[nth] = extreme(&rows, operand.relation, rule.evaluations, judged_ms);
        }
    }
    found
}

/// The instants at which each alert's condition holds.
type Active = Vec<(Labels, Vec<i64>)>;

fn active(rule: &AlertRule, rows: &[Row]) -> Result<Active, String> {
    let Evaluations { first_ms, interval_ms, .. } = rule.evaluations;
    let mut alerts: BTreeMap<Labels, Vec<i64>> = BTreeMap::new();
    for row in rows {
        let labels = rule.alert_labels(&row.labels).map_err(|error| error.to_string())?;
        let there = row.values.iter().enumerate().filter(|(_, value)| value.is_some());
        let instants = there.map(|(nth, _)| first_ms + nth as i64 * interval_ms);
        alerts.entry(labels).or_default().extend(instants);
    }
    for (labels, instants) in &mut alerts {
        instants.sort_unstable();
        if instants.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(format!(
                "two elements have the labels {labels} at once: Prometheus would fail the evaluation"
            ));
        }
    }
    Ok(alerts.into_iter().collect())
}

fn extreme(
    rows: &[Row],
    relation: Relation,
    evaluations: Evaluations,
    judged_ms: i64,
) -> Option<f64> {
    let skipped = (judged_ms - evaluations.first_ms).max(0) / evaluations.interval_ms;
    let judged = rows.iter().flat_map(|row| row.values.iter().skip(skipped as usize).flatten());
    let numbers = judged.copied().filter(|value| !value.is_nan());
    match relation {
        Relation::Above | Relation::AtLeast => numbers.reduce(f64::max),
        Relation::Below | Relation::AtMost => numbers.reduce(f64::min),
        Relation::Equal | Relation::NotEqual => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use proof::alert;

    use crate::campaign::sweep;

    #[test]
    fn settings_differ_in_threshold_and_duration() {
        let text = "groups:
- name: g
  rules:
  - { alert: A, expr: a > 2, for: 1m }
";
        let file = monitoring::rules::parse(Path::new("r.yml"), text).unwrap();
        let rules = alert::alert_rules(&[file], 60_000, (-1, 300_000), |_, _, _| 0);
        let condition = Condition::of("a > 2").unwrap();
        let axes = ["threshold=2..4/3".parse().unwrap(), "for=0s..1m/2".parse().unwrap()];
        let settings = sweep::settings("A", &condition, rules[0].timing, 60_000, &axes).unwrap();
        let values = [1.0, 3.0, 5.0, 3.0, 1.0, 9.0].map(Some).to_vec();
        let answers = [vec![Row { labels: Labels::default().into(), values }]];
        let found = record(&rules[0], &condition, &settings, &answers, 120_000);
        let firings: Vec<Vec<i64>> = found
            .settings
            .iter()
            .map(|alerts| {
                let all = alerts.iter().flat_map(|lives| &lives.episodes);
                all.filter_map(|episode| Some(episode.firing_ms? / 60_000)).collect()
            })
            .collect();
        // As written, then thresholds 2, 3 and 4, each without and with a minute.
        let expected: [&[i64]; 7] = [&[2], &[1, 5], &[2], &[2, 5], &[], &[2, 5], &[]];
        assert_eq!(firings, expected);
        assert_eq!(found.extremes, [Some(9.0)]);
    }
}
