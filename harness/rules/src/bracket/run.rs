//! Cases on the time axis of one Prometheus, and what rules do there.
//!
//! All cases of all rules are laid one after another, further apart than anything looks back, and written at once; a
//! rule is then asked for at the evaluations of each case alone. Recording rules are not evaluated: what they would
//! record is part of the cases. Which behaviour is right, the cases say.

use std::time::Duration;

use serde::Serialize;

use super::{Behaviour, Bracket, Case, Firing, Lack, NotBracketed, What};
use prom::{
    evaluations::Evaluations,
    remote_write::{EncodedLabels, SeriesRef},
    series::Value,
};
use proof::alert::{AlertRule, timeline};
use stack::{
    bounded,
    client::{
        prometheus::{ClientError, Problem, Prometheus},
        remote_write::{RemoteWriter, WriteError},
    },
    environment::Environment,
    native::{NativePrometheus, StartError},
    prometheus_binary::PrometheusBinary,
};

/// Where the time axis begins, 2024-01-01: long enough ago that nothing is written into the future.
const BEGIN_MS: i64 = 1_704_067_200_000;

/// Why cases could not be run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No engine.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The engine stores nothing.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The engine does not answer.
    #[error(transparent)]
    Ask(#[from] ClientError),
}

/// What a rule did in a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Observed {
    /// It was evaluated.
    Behaved(Behaviour),
    /// The engine, or the rule manager, would not evaluate it; in their words.
    Refused(String),
}

/// A case that was run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ran {
    /// What it is about.
    pub what: What,
    /// What the case says.
    pub expected: Behaviour,
    /// What the rule did.
    pub observed: Observed,
}

impl Ran {
    /// Whether the rule did what the case says.
    #[must_use]
    pub fn held(&self) -> bool {
        self.observed == Observed::Behaved(self.expected.clone())
    }
}

/// A rule with all that is known of it at its thresholds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertReport {
    /// The rule's name.
    pub alert: String,
    /// One for each case.
    pub cases: Vec<Ran>,
    /// What could not be bracketed.
    pub not_bracketed: Vec<NotBracketed>,
}

impl AlertReport {
    /// Whether the rule did what every case says.
    #[must_use]
    pub fn held(&self) -> bool {
        self.cases.iter().all(Ran::held)
            && !self.not_bracketed.iter().any(|not| not.lack == Lack::Wrong)
    }
}

/// What became of all cases of all rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BracketReport {
    /// In the order of the rules.
    pub alerts: Vec<AlertReport>,
}

impl BracketReport {
    /// Whether every rule did what every case says.
    #[must_use]
    pub fn held(&self) -> bool {
        self.alerts.iter().all(AlertReport::held)
    }
}

/// An engine that holds the series of all cases.
#[derive(Debug)]
pub struct Staged {
    engine: NativePrometheus,
    client: Prometheus,
    /// For each bracket, the first evaluation of each case, in Unix milliseconds.
    starts: Vec<Vec<i64>>,
}

impl Staged {
    /// Writes all cases into a fresh engine.
    ///
    /// # Errors
    /// If the engine does not start or does not store.
    pub async fn new(
        binary: &PrometheusBinary,
        environment: &Environment,
        brackets: &[Bracket],
    ) -> Result<Staged, RunError> {
        let mut cursor_ms = BEGIN_MS;
        let mut place = |case: &Case| {
            let start_ms = (cursor_ms + case.lead_ms).div_euclid(1000) * 1000 + 1000;
            let last = case.series.iter().filter_map(|series| Some(series.samples.last()?.0)).max();
            let end = case.interval_ms * case.n_evaluations as i64;
            cursor_ms = start_ms + end.max(last.unwrap_or(0)) + 1;
            start_ms
        };
        let starts: Vec<Vec<i64>> =
            brackets.iter().map(|bracket| bracket.cases.iter().map(&mut place).collect()).collect();
        let span = Duration::from_millis((cursor_ms - BEGIN_MS).unsigned_abs());
        let mut engine = NativePrometheus::for_backfill(binary, environment, span).await?;
        let mut session = RemoteWriter::new(engine.url()).session();
        for (bracket, starts) in brackets.iter().zip(&starts) {
            for (case, start_ms) in bracket.cases.iter().zip(starts) {
                let stored: Vec<(EncodedLabels, Vec<(i64, f64)>)> = case
                    .series
                    .iter()
                    .map(|series| {
                        let labels = EncodedLabels::new(&series.labels.iter().collect::<Vec<_>>());
                        let at = |(at, value): &(i64, f64)| (start_ms + at, *value);
                        (labels, series.samples.iter().map(at).collect())
                    })
                    .collect();
                let batch: Vec<SeriesRef<'_>> =
                    stored.iter().map(|(labels, samples)| SeriesRef { labels, samples }).collect();
                session.push(&batch).await?;
            }
        }
        session.finish().await?;
        engine.restart_after_backfill().await?;
        let client = Prometheus::new(engine.url());
        Ok(Staged { engine, client, starts })
    }

    /// What a rule, or another version of it, does in a case of the bracket `nth`.
    ///
    /// # Errors
    /// If the engine does not answer; that it refuses the expression is an answer.
    pub async fn ask(
        &self,
        rule: &AlertRule,
        nth: usize,
        case: usize,
        n_evaluations: usize,
    ) -> Result<Observed, ClientError> {
        ask(&self.client, rule, self.starts[nth][case], n_evaluations).await
    }

    /// The engine, for questions of one's own.
    #[must_use]
    pub fn client(&self) -> &Prometheus {
        &self.client
    }

    /// The first evaluation of a case of the bracket `nth`, in Unix milliseconds.
    #[must_use]
    pub fn start_ms(&self, nth: usize, case: usize) -> i64 {
        self.starts[nth][case]
    }

    /// Ends the engine.
    pub async fn stop(self) {
        self.engine.stop().await;
    }

    /// What each rule does in each of the cases that are `asked`: (rule, bracket, case, evaluations). Answers come in
    /// the order of the questions.
    ///
    /// # Errors
    /// As [`Staged::ask`].
    pub async fn ask_all(
        &self,
        asked: &[(&AlertRule, usize, usize, usize)],
        answered: impl FnMut(usize),
    ) -> Result<Vec<Observed>, ClientError> {
        let asked = asked.iter().map(|(rule, nth, case, n)| {
            let (client, rule) = (self.client.clone(), (*rule).clone());
            let (start_ms, n) = (self.starts[*nth][*case], *n);
            async move { ask(&client, &rule, start_ms, n).await }
        });
        bounded::all(asked, answered).await
    }
}

/// What a rule does at the evaluations of a case that begins at `start_ms`.
pub(crate) async fn ask(
    client: &Prometheus,
    rule: &AlertRule,
    start_ms: i64,
    n_evaluations: usize,
) -> Result<Observed, ClientError> {
    let interval_ms = rule.evaluations.interval_ms;
    let last_ms = start_ms + interval_ms * (n_evaluations as i64 - 1);
    let answer = client.query_range_in_parts(&rule.expr, start_ms, last_ms, interval_ms).await;
    let series = match answer {
        Ok(answer) => match answer.value {
            Value::Matrix(series) => series,
            Value::Scalar { .. } | Value::Vector(_) => Vec::new(),
        },
        // An engine without the time to answer has said nothing of the rule.
        Err(ClientError { problem: Problem::Refused { error, error_type, .. }, .. })
            if matches!(error_type.as_str(), "bad_data" | "execution") =>
        {
            return Ok(Observed::Refused(format!("{error_type}: {error}")));
        }
        Err(error) => return Err(error),
    };
    let evaluations = Evaluations { first_ms: start_ms, last_ms, interval_ms };
    let rule = AlertRule { evaluations, ..rule.clone() };
    let timeline = match timeline::of_series(&rule, series) {
        Ok(timeline) => timeline,
        Err(error) => return Ok(Observed::Refused(error.to_string())),
    };
    let nth = |at: i64| usize::try_from((at - start_ms) / interval_ms).unwrap_or_default();
    let mut firings: Vec<Firing> = timeline
        .firings()
        .filter_map(|(labels, episode)| {
            let from = nth(episode.firing_ms?);
            Some(Firing { labels: labels.to_string(), from, until: episode.ended_ms.map(nth) })
        })
        .collect();
    firings.sort();
    Ok(Observed::Behaved(Behaviour { firings }))
}

/// Runs all cases of `brackets`, each of which was made from the rule at its place in `rules`.
///
/// # Errors
/// If they could not be run; a rule that does something else is no error.
pub async fn run(
    rules: &[AlertRule],
    brackets: Vec<Bracket>,
    binary: &PrometheusBinary,
    environment: &Environment,
    answered: impl FnMut(usize),
) -> Result<BracketReport, RunError> {
    let staged = Staged::new(binary, environment, &brackets).await?;
    let asked: Vec<_> = brackets
        .iter()
        .enumerate()
        .flat_map(|(nth, bracket)| {
            let cases = bracket.cases.iter().enumerate();
            cases.map(move |(case, of)| (&rules[nth], nth, case, of.n_evaluations))
        })
        .collect();
    let mut observed = staged.ask_all(&asked, answered).await?.into_iter();
    staged.stop().await;
    let alerts = brackets.into_iter().map(|bracket| {
        let cases = bracket.cases.into_iter().zip(&mut observed);
        let ran = |(case, observed): (Case, Observed)| Ran {
            what: case.what,
            expected: case.expected,
            observed,
        };
        let cases = cases.map(ran).collect();
        AlertReport { alert: bracket.alert, cases, not_bracketed: bracket.not_bracketed }
    });
    Ok(BracketReport { alerts: alerts.collect() })
}
