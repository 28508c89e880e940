//! What an alert rule does over time, asked of the real engine.
//!
//! The expression is asked at every evaluation of the rule's group, and the state machine is run over the answer for
//! each set of labels. Whether that is what should happen is judged elsewhere.

use std::collections::BTreeMap;

use prom::series::{Labels, Series, Value};
use stack::client::prometheus::{ClientError, Prometheus};

use crate::alert::{AlertRule, Episode, episodes, rule::TemplateError};

/// One alert: what its expression was, and its lives.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertSeries {
    /// The alert's labels, `alertname` and those of the rule included.
    pub labels: Labels,
    /// The expression's value at each evaluation at which it has one.
    pub values: Vec<(i64, f64)>,
    /// Its lives in the order of time.
    pub episodes: Vec<Episode>,
}

/// A rule with its alerts, sorted by labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// The rule.
    pub rule: AlertRule,
    /// Its alerts, also those that were only pending.
    pub alerts: Vec<AlertSeries>,
}

/// Why a rule has no timeline.
#[derive(Debug, thiserror::Error)]
pub enum TimelineError {
    /// The engine did not answer.
    #[error("alert rule `{rule}` could not be evaluated")]
    Ask {
        /// The rule.
        rule: String,
        /// Why.
        #[source]
        source: Box<ClientError>,
    },
    /// A label of the rule cannot be told.
    #[error("alert rule `{rule}` is not emulated")]
    Template {
        /// The rule.
        rule: String,
        /// Why.
        #[source]
        source: TemplateError,
    },
    /// Two elements raise one alert, for which the rule manager fails the whole evaluation.
    #[error(
        "alert rule `{rule}` yields two elements with the labels {labels} at once: Prometheus would fail its evaluation"
    )]
    SameLabels {
        /// The rule.
        rule: String,
        /// The alert's labels.
        labels: Labels,
    },
}

impl Timeline {
    /// Every life that fired, with its alert's labels, in the order of labels and time.
    pub fn firings(&self) -> impl Iterator<Item = (&Labels, Episode)> {
        self.alerts.iter().flat_map(|alert| {
            let fired = alert.episodes.iter().filter(|episode| episode.firing_ms.is_some());
            fired.map(|episode| (&alert.labels, *episode))
        })
    }

    /// Whether it ever fired.
    #[must_use]
    pub fn fired(&self) -> bool {
        self.firings().next().is_some()
    }
}

/// Asks `engine` for the rule's expression at all its evaluations.
///
/// # Errors
/// If the engine refuses it, or the rule manager would.
pub async fn timeline(rule: &AlertRule, engine: &Prometheus) -> Result<Timeline, TimelineError> {
    let evaluations = rule.evaluations;
    if evaluations.last_ms < evaluations.first_ms {
        return Ok(Timeline { rule: rule.clone(), alerts: Vec::new() });
    }
    let answer = engine
        .query_range_in_parts(
            &rule.expr,
            evaluations.first_ms,
            evaluations.last_ms,
            evaluations.interval_ms,
        )
        .await
        .map_err(|source| TimelineError::Ask {
            rule: rule.name.clone(),
            source: Box::new(source),
        })?;
    let Value::Matrix(series) = answer.value else { unreachable!("a range query is a matrix") };
    of_series(rule, series)
}

/// The timeline of a rule whose expression was answered with `series` at its evaluations.
///
/// # Errors
/// If the rule manager would fail an evaluation, or a label cannot be told.
pub fn of_series(rule: &AlertRule, series: Vec<Series>) -> Result<Timeline, TimelineError> {
    let mut alerts: BTreeMap<Labels, Vec<(i64, f64)>> = BTreeMap::new();
    for Series { labels, points } in series {
        let labels = rule
            .alert_labels(&labels)
            .map_err(|source| TimelineError::Template { rule: rule.name.clone(), source })?;
        alerts.entry(labels).or_default().extend(points);
    }
    let mut found = Vec::with_capacity(alerts.len());
    for (labels, mut values) in alerts {
        values.sort_by_key(|(at, _)| *at);
        if values.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(TimelineError::SameLabels { rule: rule.name.clone(), labels });
        }
        let active = values.iter().map(|(at, _)| *at);
        let episodes = episodes(active, rule.evaluations, rule.timing);
        found.push(AlertSeries { labels, values, episodes });
    }
    Ok(Timeline { rule: rule.clone(), alerts: found })
}
