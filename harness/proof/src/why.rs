//! Why an alert did, or did not, fire: its expression taken apart at one instant of a scenario.
//!
//! Every part of the expression is asked of the engine around the instant; where a part is a recorded series with a
//! contract, the simulation's ledger says what it should be. Nothing here judges or prints.

mod instant;
mod parts;

use std::collections::BTreeMap;

use prom::series::{Labels, Value};
use scenario::Scenario;
use stack::client::prometheus::{ClientError, Prometheus};
use truth::fact::{Expectation, Expected};

use crate::{
    alert::{AlertRule, Episode, Timeline, TimelineError, timeline},
    verify::{
        Notice, Staged, Staging, Verifier, VerifyError, alerts, ask, bind,
        question::{Form, Question},
    },
};
pub use instant::Choice;
pub use parts::{Role, parts};

/// Evaluations shown before and after the instant.
pub const AROUND: i64 = 2;

/// What is known of a rule at an instant.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The rule.
    pub rule: AlertRule,
    /// The scenario's start in Unix milliseconds.
    pub epoch_ms: i64,
    /// The evaluation that is explained, in Unix milliseconds.
    pub at_ms: i64,
    /// Why this one.
    pub choice: Choice,
    /// The evaluations that are shown, in order; `at_ms` is among them.
    pub instants: Vec<i64>,
    /// Every life of its alerts in the whole scenario.
    pub lives: Vec<(Labels, Episode)>,
    /// The parts of the expression, each before those that it is made of.
    pub parts: Vec<Part>,
}

/// A part of an expression.
#[derive(Clone, Debug)]
pub struct Part {
    /// How deep it lies; the whole is at 0.
    pub depth: usize,
    /// The part as PromQL.
    pub expr: String,
    /// What it does in the whole.
    pub role: Role,
    /// Its series in the order of labels, each with its value at each instant.
    pub series: Vec<(Labels, Vec<Option<f64>>)>,
    /// What the ledger says, where the part is a recorded series: when it was recorded, and each series by the
    /// engine's arithmetic (lowest, highest) and by the real events.
    pub truth: Option<Truth>,
}

/// What the ledger says of a recorded series.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// The latest evaluation of the recording rule, in Unix milliseconds.
    pub recorded_ms: i64,
    /// What it is about, in the application's terms.
    pub fact: String,
    /// By series.
    pub series: Vec<(truth::fact::Labels, Expected)>,
}

/// Why nothing can be explained.
#[derive(Debug, thiserror::Error)]
pub enum WhyError {
    /// The scenario could not be played.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The rule has no timeline.
    #[error(transparent)]
    Timeline(#[from] TimelineError),
    /// The engine does not answer.
    #[error(transparent)]
    Ask(#[from] ClientError),
    /// No rule raises such an alert.
    #[error("no rule raises the alert `{0}`")]
    Unknown(String),
    /// The scenario is too short.
    #[error("the rule is not evaluated once in the scenario")]
    NeverEvaluated,
}

/// Explains the rules of this name (there is one for each rule) at the instant `at_ms` after the start, or at the most
/// telling one.
///
/// # Errors
/// If the scenario cannot be played, or there is no such rule.
pub async fn explain(
    verifier: &Verifier,
    scenario: &Scenario,
    alert: &str,
    at_ms: Option<i64>,
    notice: &mut impl FnMut(Notice),
) -> Result<Vec<Explanation>, WhyError> {
    let named = verifier.files.monitoring.rules.iter().flat_map(|file| &file.groups);
    if !named.flat_map(|group| &group.rules).any(|rule| rule.name() == alert) {
        return Err(WhyError::Unknown(alert.to_owned()));
    }
    let staged = verifier.stage(scenario, &Staging::default(), notice).await?;
    let mut found = Vec::new();
    for rule in staged.alerts.iter().filter(|rule| rule.name == alert) {
        found.push(explain_one(verifier, scenario, &staged, rule, at_ms).await?);
    }
    staged.engine.stop().await;
    if found.is_empty() { Err(WhyError::Unknown(alert.to_owned())) } else { Ok(found) }
}

async fn explain_one(
    verifier: &Verifier,
    scenario: &Scenario,
    staged: &Staged,
    rule: &AlertRule,
    at_ms: Option<i64>,
) -> Result<Explanation, WhyError> {
    let engine = staged.engine.client();
    let evaluations = rule.evaluations;
    if evaluations.last_ms < evaluations.first_ms {
        return Err(WhyError::NeverEvaluated);
    }
    let timeline = timeline(rule, &engine).await?;
    let epoch_ms = scenario.epoch.as_millisecond();
    let (at_ms, choice) = match at_ms {
        Some(at) => (instant::snapped(epoch_ms + at, evaluations), Choice::Asked),
        None => instant::most_telling(rule, &timeline, scenario, &engine).await?,
    };
    let step = evaluations.interval_ms;
    let instants: Vec<i64> = (-AROUND..=AROUND)
        .map(|nth| at_ms + nth * step)
        .filter(|at| (evaluations.first_ms..=evaluations.last_ms).contains(at))
        .collect();
    let mut found = Vec::new();
    for part in parts(&rule.expr) {
        let series = asked(&engine, &part.expr, &instants, step).await?;
        let truth =
            part.recorded.as_deref().and_then(|record| truth(verifier, staged, record, at_ms));
        found.push(Part { depth: part.depth, expr: part.expr, role: part.role, series, truth });
    }
    let lives = lives(&timeline);
    Ok(Explanation { rule: rule.clone(), epoch_ms, at_ms, choice, instants, lives, parts: found })
}

fn lives(timeline: &Timeline) -> Vec<(Labels, Episode)> {
    let each = timeline.alerts.iter();
    each.flat_map(|alert| alert.episodes.iter().map(|life| (alert.labels.clone(), *life))).collect()
}

/// The series of an expression, each with its value at each of the instants.
async fn asked(
    engine: &Prometheus,
    expr: &str,
    instants: &[i64],
    step: i64,
) -> Result<Vec<(Labels, Vec<Option<f64>>)>, ClientError> {
    let (Some(&first), Some(&last)) = (instants.first(), instants.last()) else {
        return Ok(Vec::new());
    };
    let answer = engine.query_range(expr, first, last, step).await?;
    let Value::Matrix(series) = answer.value else { return Ok(Vec::new()) };
    let mut found: Vec<(Labels, Vec<Option<f64>>)> = series
        .into_iter()
        .map(|series| {
            let points: BTreeMap<i64, f64> = series.points.into_iter().collect();
            (series.labels, instants.iter().map(|at| points.get(at).copied()).collect())
        })
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(found)
}

/// What the ledger says of a recorded series at its latest evaluation.
fn truth(verifier: &Verifier, staged: &Staged, record: &str, at_ms: i64) -> Option<Truth> {
    let contract = verifier.files.contracts.rules.get(record)?;
    let evaluations = staged.recorded.get(record)?;
    let recorded_ms = instant::snapped(at_ms, *evaluations);
    let question = Question {
        place: alerts::place(record),
        expr: record.to_owned(),
        form: Form::Instant(recorded_ms),
        fact: contract.fact.clone(),
        window_ms: bind::fixed_window_ms(contract.over)?,
        legend: None,
        why: String::new(),
    };
    let point =
        |Expectation { labels, points }: Expectation| points.first().map(|point| (labels, *point));
    let expected = ask::expected(&question, staged.arithmetic, &staged.truth);
    let series = expected.into_iter().filter_map(point).collect();
    Some(Truth { recorded_ms, fact: contract.fact.to_string(), series })
}
