//! What the alerts did in a scenario, and whether that is what the scenario expects.
//!
//! [`judge`] is pure: timelines and expectations in, verdicts out. `near_misses` asks the engine once more whether a
//! silence was a near one, and `told` says whom an alert reaches. How a timeline comes about is not known here.

pub mod specified;
pub mod told;

use std::collections::BTreeMap;

use prom::{duration, series::Labels};
use scenario::{AlertExpectation, Scenario};
use stack::client::prometheus::Prometheus;
use truth::{contract::AlertClass, fact::words::pairs};

use crate::{
    alert::{AlertRule, Episode, Timeline, TimelineError, timeline, weaker::weaker},
    verify::question::Place,
};

/// Where places say that they are about alerts.
pub const ALERTS: &str = "alerts";

/// The place of an alert in reports.
#[must_use]
pub fn place(alert: &str) -> Place {
    Place {
        dashboard: ALERTS.to_owned(),
        panel: alert.to_owned(),
        ref_id: String::new(),
        selection: String::new(),
    }
}

/// What one alert was to do in a scenario, and what it did.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertVerdict {
    /// Its name.
    pub alert: String,
    /// The rules of that name.
    pub rules: Vec<AlertRule>,
    /// What the scenario expects of it.
    pub expected: Vec<Expected>,
    /// Each life that fired, with its labels.
    pub fired: Vec<(Labels, Episode)>,
    /// The last evaluation, in Unix milliseconds.
    pub last_ms: i64,
    /// What is wrong, one line for each expectation that broke.
    pub broken: Vec<String>,
    /// How a weaker rule is weaker that would have fired, where the alert was to be silent and was.
    pub near: Option<String>,
}

/// What is expected of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It fires.
    Fires {
        /// With these labels among its own.
        labels: Vec<(String, String)>,
        /// Not before this instant, in Unix milliseconds.
        from_ms: i64,
        /// Not after this instant.
        until_ms: Option<i64>,
        /// It has ended at this instant.
        resolved_ms: Option<i64>,
        /// This receiver is told of it.
        told: Option<String>,
    },
    /// It never fires.
    Silent,
    /// It does not fire beyond what else is expected.
    NothingElse,
    /// It fires at every evaluation.
    Always,
    /// It is what its contract says, at every evaluation.
    Specified {
        /// How many there are.
        evaluations: usize,
    },
}

impl AlertVerdict {
    /// Whether it did what was expected.
    #[must_use]
    pub fn held(&self) -> bool {
        self.broken.is_empty()
    }

    /// Whether it was to fire and did.
    #[must_use]
    pub fn fired_as_expected(&self) -> bool {
        self.held()
            && self.expected.iter().any(|expected| matches!(expected, Expected::Fires { .. }))
    }

    /// Whether it was to be silent, by name.
    #[must_use]
    pub fn is_to_be_silent(&self) -> bool {
        self.expected.contains(&Expected::Silent)
    }
}

/// Judges what the rules did in a scenario by what it expects; nothing where it expects nothing of alerts.
#[must_use]
pub fn judge(
    scenario: &Scenario,
    timelines: &[Timeline],
    classes: &BTreeMap<String, AlertClass>,
) -> Vec<AlertVerdict> {
    let mut verdicts: BTreeMap<&str, AlertVerdict> = BTreeMap::new();
    for timeline in timelines {
        let verdict = verdicts
            .entry(&timeline.rule.name)
            .or_insert_with(|| unjudged(&timeline.rule.name, timeline.rule.evaluations.last_ms));
        verdict.rules.push(timeline.rule.clone());
        verdict.fired.extend(timeline.firings().map(|(labels, life)| (labels.clone(), life)));
    }
    let otherwise = scenario.alerts.contains(&AlertExpectation::SilentOtherwise);
    for expectation in &scenario.alerts {
        let (alert, expected) = match expectation {
            AlertExpectation::Fires { alert, .. } => (alert, fires(scenario, expectation)),
            AlertExpectation::Silent { alert, .. } => (alert, Some(Expected::Silent)),
            AlertExpectation::SilentOtherwise => continue,
        };
        let verdict = verdicts.entry(alert).or_insert_with(|| unjudged(alert, 0));
        verdict.expected.extend(expected);
    }
    for verdict in verdicts.values_mut() {
        match classes.get(&verdict.alert) {
            Some(AlertClass::Always) => verdict.expected.push(Expected::Always),
            _ if otherwise && !verdict.is_to_be_silent() => {
                verdict.expected.push(Expected::NothingElse);
            }
            _ => {}
        }
        verdict.broken = broken(verdict);
    }
    verdicts.into_values().filter(|verdict| !verdict.expected.is_empty()).collect()
}

fn unjudged(alert: &str, last_ms: i64) -> AlertVerdict {
    AlertVerdict {
        alert: alert.to_owned(),
        rules: Vec::new(),
        expected: Vec::new(),
        fired: Vec::new(),
        last_ms,
        broken: Vec::new(),
        near: None,
    }
}

/// The instants of an expectation: it counts from the first incident's start, and from the last one's end.
fn fires(scenario: &Scenario, expectation: &AlertExpectation) -> Option<Expected> {
    let AlertExpectation::Fires { within, labels, resolves, told, .. } = expectation else {
        return None;
    };
    let epoch_ms = scenario.epoch.as_millisecond();
    let at = |nanos: sim::time::Nanos| epoch_ms + nanos.as_millis() as i64;
    let begins = scenario.incidents.iter().map(|incident| at(incident.at)).min();
    let ends = scenario.incidents.iter().map(|incident| at(incident.ends())).max();
    let (from_ms, ends) = (begins.unwrap_or(epoch_ms), ends.unwrap_or(epoch_ms));
    Some(Expected::Fires {
        labels: labels.clone(),
        from_ms,
        until_ms: within.map(|within| from_ms + within.as_millis() as i64),
        resolved_ms: resolves.map(|resolves| ends + resolves.as_millis() as i64),
        told: told.as_ref().map(|receiver| receiver.name.clone()),
    })
}

fn broken(verdict: &AlertVerdict) -> Vec<String> {
    if verdict.rules.is_empty() {
        return vec!["no rule raises it: correct the name in the scenario".to_owned()];
    }
    let mut wrong = Vec::new();
    let mut accounted = vec![false; verdict.fired.len()];
    for expected in &verdict.expected {
        match expected {
            Expected::Fires { labels, from_ms, until_ms, resolved_ms, .. } => {
                let has = |fired: &Labels| labels.iter().all(|(n, v)| fired.get(n) == Some(v));
                let mut in_time = false;
                let mut first_late = None;
                for (index, (found, life)) in verdict.fired.iter().enumerate() {
                    let Some(firing) = life.firing_ms.filter(|_| has(found)) else { continue };
                    accounted[index] = true;
                    if firing < *from_ms {
                        wrong.push(format!(
                            "fired {} before anything went wrong: {found}",
                            span(from_ms - firing)
                        ));
                    } else if until_ms.is_none_or(|until| firing <= until) {
                        in_time = true;
                    } else {
                        first_late = first_late.into_iter().chain([firing]).min();
                    }
                    if let Some(resolved) = resolved_ms
                        && life.ended_ms.is_none_or(|ended| ended > *resolved)
                    {
                        wrong.push(match life.ended_ms {
                            Some(ended) => {
                                format!("resolved {} too late: {found}", span(ended - resolved))
                            }
                            None => format!("still fires at the end: {found}"),
                        });
                    }
                }
                if !in_time {
                    wrong.push(match (first_late, until_ms) {
                        (Some(firing), Some(until)) => {
                            format!("fired {} too late{}", span(firing - until), with(labels))
                        }
                        _ => format!("did not fire{}", with(labels)),
                    });
                }
            }
            Expected::Silent => {
                let fired = verdict.fired.iter();
                wrong.extend(fired.map(|(labels, _)| format!("fired: {labels}")));
            }
            Expected::Always => {
                let first_ms = verdict.rules.iter().map(|rule| rule.evaluations.first_ms).min();
                let always = verdict
                    .fired
                    .iter()
                    .any(|(_, life)| life.ended_ms.is_none() && life.firing_ms == first_ms);
                if !always {
                    wrong.push("must fire at every evaluation and did not".to_owned());
                }
            }
            // Judged beside this, with the truth at hand.
            Expected::NothingElse | Expected::Specified { .. } => {}
        }
    }
    if verdict.expected.contains(&Expected::NothingElse) {
        let strangers = verdict.fired.iter().zip(accounted).filter(|(_, accounted)| !accounted);
        wrong.extend(
            strangers.map(|((labels, _), _)| format!("fired, and was not expected to: {labels}")),
        );
    }
    wrong.sort();
    wrong.dedup();
    wrong
}

/// The labels that an expectation names, if any: ` with name=value, …`.
fn with(labels: &[(String, String)]) -> String {
    if labels.is_empty() { String::new() } else { format!(" with {}", pairs(labels)) }
}

fn span(ms: i64) -> String {
    duration::format(ms)
}

/// Finds for each alert that was to be silent, and was, a weaker rule that would have fired.
///
/// # Errors
/// If the engine does not answer.
pub(crate) async fn near_misses(
    verdicts: &mut [AlertVerdict],
    engine: &Prometheus,
) -> Result<(), TimelineError> {
    let silent = verdicts.iter_mut().filter(|verdict| verdict.held() && verdict.is_to_be_silent());
    for verdict in silent {
        'found: for rule in &verdict.rules {
            for weaker in weaker(rule) {
                if timeline(&weaker.rule, engine).await?.fired() {
                    verdict.near = Some(weaker.how);
                    break 'found;
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
