//! What a running rule manager recorded, against the ledger.
//!
//! Two steps, because an evaluation may come while a scrape is under way whose samples bear an earlier timestamp: each
//! rule's expression is asked again at its own evaluations, when everything is stored, and judged by its contract; and
//! what was recorded must be that answer, or, where a scrape was under way, mostly what the real events permit.

use std::collections::{BTreeMap, BTreeSet};

use super::collect::Collected;
use monitoring::{Monitoring, Rule, RuleKind};
use prom::{
    evaluations::Evaluations,
    promql,
    series::{Answer, Labels, Series, Value},
};
use proof::verify::{
    RECORDING_RULES,
    ask::{self, Truth, Verdict},
    bind,
    look::Occasion,
    question::{Form, Place, Question},
};
use stack::client::prometheus::{ClientError, Prometheus};
use truth::{contract::Contracts, oracle::Arithmetic};

/// From a scrape's end until its samples can be read, at the most, on a busy machine.
const COMMIT_MS: i64 = 400;

/// When each group that records something was evaluated, by recorded metric.
#[must_use]
pub fn evaluations(
    monitoring: &Monitoring,
    collected: &Collected,
) -> BTreeMap<String, Evaluations> {
    let default_ms = monitoring.config.evaluation_interval_ms;
    let mut found = BTreeMap::new();
    for group in monitoring.rules.iter().flat_map(|file| &file.groups) {
        let interval_ms = group.interval_ms.unwrap_or(default_ms).max(1);
        let records: BTreeSet<&str> =
            group.rules.iter().filter(|rule| records(rule)).map(Rule::name).collect();
        let samples = records.iter().filter_map(|record| collected.recorded.get(*record)).flatten();
        let instants: BTreeSet<i64> =
            samples.flat_map(|series| series.points.iter().map(|(at, _)| *at)).collect();
        let (Some(&first_ms), Some(&last_ms)) = (instants.first(), instants.last()) else {
            continue;
        };
        let evaluations = Evaluations { first_ms, last_ms, interval_ms };
        found.extend(records.into_iter().map(|record| (record.to_owned(), evaluations)));
    }
    found
}

fn records(rule: &Rule) -> bool {
    matches!(rule.kind, RuleKind::Record { .. })
}

/// What was recorded, judged.
#[derive(Debug, Default)]
pub struct Judged {
    /// On each recorded metric that has a contract, by its expression.
    pub verdicts: Vec<Verdict>,
    /// What was recorded otherwise than its expression gives, or than the real events permit.
    pub broken: Vec<String>,
    /// Values that were compared bit by bit, as no scrape was under way, and those that were only judged by the real
    /// events.
    pub compared: (usize, usize),
    /// Metrics of which nothing was recorded.
    pub missing: Vec<String>,
}

/// The verdicts on all recorded metrics that have a contract, and what was recorded otherwise than asked later.
///
/// # Errors
/// If Prometheus does not answer.
pub async fn verdicts(
    monitoring: &Monitoring,
    contracts: &Contracts,
    collected: &Collected,
    recorded: &BTreeMap<String, Evaluations>,
    (arithmetic, truth): (Arithmetic, &Truth),
    client: &Prometheus,
) -> Result<Judged, ClientError> {
    let mut judged = Judged::default();
    let mut rules: BTreeMap<&str, Vec<(&Rule, &str)>> = BTreeMap::new();
    for group in monitoring.rules.iter().flat_map(|file| &file.groups) {
        for rule in group.rules.iter().filter(|rule| records(rule)) {
            rules.entry(rule.name()).or_default().push((rule, &group.name));
        }
    }
    for (record, contract) in &contracts.rules {
        let Some(own) = rules.get(record.as_str()) else { continue };
        let Some(evaluations) = recorded.get(record) else {
            judged.missing.push(record.clone());
            continue;
        };
        let Some(window_ms) = bind::fixed_window_ms(contract.over) else { continue };
        let Evaluations { first_ms, last_ms, interval_ms } = *evaluations;
        let mut series = Vec::new();
        for (rule, _) in own {
            let answer = client.query_range(&rule.expr, first_ms, last_ms, interval_ms).await?;
            let Value::Matrix(found) = answer.value else { continue };
            series.extend(
                found
                    .into_iter()
                    .map(|one| Series { labels: labelled(rule, &one.labels), points: one.points }),
            );
        }
        let waits = own.iter().any(|(rule, group)| {
            promql::metrics_read(&rule.expr).iter().any(|read| {
                let mut read = rules.iter().filter(|(name, _)| read.may_select(name));
                read.any(|(_, of)| of.iter().any(|(_, other)| other != group))
            })
        });
        let question = Question {
            place: Place {
                dashboard: RECORDING_RULES.to_owned(),
                panel: record.clone(),
                ref_id: String::new(),
                selection: String::new(),
            },
            expr: own.iter().map(|(rule, _)| rule.expr.trim()).collect::<Vec<_>>().join("\n"),
            form: Form::Range { start_ms: first_ms, end_ms: last_ms, step_ms: interval_ms },
            fact: contract.fact.clone(),
            window_ms,
            legend: None,
            why: Occasion::RuleManager,
        };
        if let Some(stored) = collected.recorded.get(record) {
            let contested = |at: i64| waits || contested(collected, at);
            judged.broken.extend(differs(record, &series, stored, &contested));
            let n_values = stored.iter().map(|one| one.points.len()).sum::<usize>();
            let free = |one: &Series| one.points.iter().filter(|(at, _)| !contested(*at)).count();
            let n_free = stored.iter().map(free).sum::<usize>();
            judged.compared.0 += n_free;
            judged.compared.1 += n_values - n_free;
            let verdict = ask::judged(
                question.clone(),
                answer(stored.clone()),
                Arithmetic::Unmodelled,
                truth,
            );
            // A value that lacks the scrape under way may lie outside for once, above all when there are few.
            let finding = &verdict.finding;
            if finding.points < 2 * finding.broken {
                judged.broken.push(format!(
                    "{record} was recorded with values that the real events do not allow, at {} of {} evaluations: is its group delayed, or does it read rules that come later?",
                    finding.broken, finding.points
                ));
            }
        }
        judged.verdicts.push(ask::judged(question, answer(series), arithmetic, truth));
    }
    Ok(judged)
}

fn answer(series: Vec<Series>) -> Answer {
    Answer { value: Value::Matrix(series), warnings: Vec::new(), infos: Vec::new() }
}

fn labelled(rule: &Rule, found: &Labels) -> Labels {
    let mut all: BTreeMap<&str, &str> =
        found.iter().filter(|(name, _)| *name != "__name__").collect();
    all.extend(rule.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    all.into_iter().collect()
}

/// Whether a scrape may have been under way at an evaluation, with a timestamp before it.
fn contested(collected: &Collected, at: i64) -> bool {
    collected.durations.values().any(|series| {
        let nth = series.points.partition_point(|(sample, _)| *sample <= at);
        let Some((sample, seconds)) = nth.checked_sub(1).and_then(|nth| series.points.get(nth))
        else {
            return false;
        };
        at <= sample + (seconds * 1000.0) as i64 + COMMIT_MS
    })
}

/// Where what was recorded is not what the expression gives, but for contested instants.
fn differs(
    record: &str,
    asked: &[Series],
    stored: &[Series],
    contested: &impl Fn(i64) -> bool,
) -> Option<String> {
    let points = |series: &[Series]| -> BTreeMap<(Labels, i64), f64> {
        let of = |one: &Series| {
            let labels = one.labels.without("__name__");
            one.points
                .iter()
                .map(move |(at, value)| ((labels.clone(), *at), *value))
                .collect::<Vec<_>>()
        };
        series.iter().flat_map(of).collect()
    };
    let (asked, stored) = (points(asked), points(stored));
    let wrong = stored.iter().find_map(|(key, value)| {
        let same = asked.get(key).is_some_and(|other| {
            other.to_bits() == value.to_bits() || (other.is_nan() && value.is_nan())
        });
        (!same && !contested(key.1)).then(|| (key, *value, asked.get(key).copied()))
    });
    let ((labels, at), value, other) = wrong?;
    let other = other.map_or("nothing".to_owned(), |other| other.to_string());
    Some(format!(
        "{record}{labels} was recorded as {value} at {at}, but its expression gives {other}"
    ))
}
