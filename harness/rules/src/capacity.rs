//! What the rules and panels cost a Prometheus that scrapes more: more instances, or more label values.
//!
//! A scenario's samples are stored once, ten times, a hundred times, each time in a fresh engine, and every rule and
//! panel is asked there. What is too slow, for whom, is told as the scale at which it exceeds its budget. Costs are
//! wall time: they differ between machines and runs.

mod grow;
mod scale;

use std::{io, time::Duration};

use sim::time::Nanos;

pub use grow::Growth;
use grow::Original;
use prom::promql;
use proof::verify::{
    Staging, Tools, Verifier, VerifyError,
    question::{Form, Place, Question},
};
pub use scale::{Exceeds, exceeds};
use scenario::Scenario;
use stack::{
    client::{
        prometheus::{ClientError, Prometheus},
        remote_write::{RemoteWriter, WriteError},
    },
    native::{NativePrometheus, StartError},
};

/// A query is asked again until this much time has gone into it, at least once and at most this often.
const PATIENCE: Duration = Duration::from_secs(2);
const REPEATS: usize = 3;

/// What is measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many times as much, in rising order.
    pub scales: Vec<u32>,
    /// What there is more of.
    pub growth: Growth,
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct CapacityReport {
    /// What there was more of.
    pub growth: Growth,
    /// The scenario's name and the time that is stored.
    pub scenario: (String, Nanos),
    /// One for each scale.
    pub scales: Vec<Scale>,
}

/// An engine at one scale.
#[derive(Clone, Debug)]
pub struct Scale {
    /// How many times as much.
    pub factor: u32,
    /// Series stored.
    pub series: usize,
    /// Samples stored.
    pub samples: usize,
    /// Resident memory after all was stored and before anything was asked, in bytes.
    pub memory_loaded: f64,
    /// Resident memory after everything was asked.
    pub memory_asked: f64,
    /// Bytes of its data on disk.
    pub disk: u64,
    /// The rule groups, in the order of the files.
    pub groups: Vec<GroupCost>,
    /// The panels' targets, in the order of the dashboards.
    pub panels: Vec<PanelCost>,
}

/// What one evaluation of a rule group costs.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupCost {
    /// Its name.
    pub group: String,
    /// Its interval in milliseconds.
    pub interval_ms: i64,
    /// Seconds for all of its rules one after the other, as measured.
    pub seconds: f64,
    /// The same with every window full: a window that is longer than what is stored costs in proportion.
    pub full_seconds: f64,
    /// Samples that its rules look at.
    pub samples: u64,
    /// Rules that the engine did not answer in time or at all, with its words.
    pub failed: Vec<(String, String)>,
}

/// What one look at a panel's target costs.
#[derive(Clone, Debug, PartialEq)]
pub struct PanelCost {
    /// The target.
    pub place: Place,
    /// Seconds.
    pub seconds: f64,
    /// Samples that it looks at.
    pub samples: u64,
    /// The engine's words, where it did not answer.
    pub failed: Option<String>,
}

/// What happens meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapacityNotice {
    /// The scenario is simulated.
    Simulating,
    /// Samples are stored at this scale.
    Storing(u32),
    /// Queries answered at this scale, and of how many.
    Asked(u32, usize, usize),
}

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum CapacityError {
    /// The scenario could not be played.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// No engine.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The engine stores nothing.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The engine does not answer.
    #[error(transparent)]
    Ask(#[from] ClientError),
    /// The engine's data cannot be looked at.
    #[error("cannot measure the engine's data on disk")]
    Disk(#[from] io::Error),
}

/// Measures every rule group and panel at every scale.
///
/// # Errors
/// If an engine cannot be filled or asked. A single query that fails is part of the report.
pub async fn measure(
    verifier: &Verifier,
    scenario: &Scenario,
    plan: &Plan,
    notice: &mut impl FnMut(CapacityNotice),
) -> Result<CapacityReport, CapacityError> {
    notice(CapacityNotice::Simulating);
    let (original, panels) = simulate(verifier, scenario).await?;
    let end_ms = end_ms(scenario);
    let mut scales = Vec::new();
    for &factor in &plan.scales {
        notice(CapacityNotice::Storing(factor));
        let at = At { verifier, scenario, panels: &panels, factor, end_ms };
        scales.push(at.measure(&original, plan.growth, notice).await?);
    }
    let scenario = (scenario.name.clone(), scenario.duration);
    Ok(CapacityReport { growth: plan.growth, scenario, scales })
}

/// A scenario's samples, and the questions of the usual look at every panel.
async fn simulate(
    verifier: &Verifier,
    scenario: &Scenario,
) -> Result<(Original, Vec<Question>), CapacityError> {
    let staged = verifier.stage(scenario, &Staging::default(), &mut |_| ()).await?;
    let (questions, _) = verifier.files.questions(scenario, &staged).await?;
    let client = staged.engine.client();
    let epoch_ms = scenario.epoch.as_millisecond();
    let original = Original::read(&client, epoch_ms, end_ms(scenario), &staged.recorded).await?;
    staged.engine.stop().await;
    Ok((original, questions.into_iter().filter(is_usual_look).collect()))
}

fn end_ms(scenario: &Scenario) -> i64 {
    scenario.epoch.as_millisecond() + scenario.duration.as_millis() as i64
}

/// An engine with a scenario's samples stored `factor` times, and the instant at which they end in Unix milliseconds.
///
/// # Errors
/// If the scenario cannot be played or the engine cannot be filled.
pub async fn fill(
    verifier: &Verifier,
    scenario: &Scenario,
    growth: Growth,
    factor: u32,
) -> Result<(NativePrometheus, i64), CapacityError> {
    let (original, _) = simulate(verifier, scenario).await?;
    let (engine, _) = filled(verifier, scenario, &original, growth, factor).await?;
    Ok((engine, end_ms(scenario)))
}

/// A fresh engine with everything stored `factor` times; how many series and samples that are.
async fn filled(
    verifier: &Verifier,
    scenario: &Scenario,
    original: &Original,
    growth: Growth,
    factor: u32,
) -> Result<(NativePrometheus, (usize, usize)), CapacityError> {
    let span = Duration::from_nanos(scenario.duration.0) + Duration::from_secs(3600);
    let Tools { binary, environment, .. } = &verifier.tools;
    let engine = NativePrometheus::for_backfill(binary, environment, span).await?;
    let stored = original.store(&RemoteWriter::new(engine.url()), growth, factor).await?;
    Ok((engine, stored))
}

/// The look that a person has most of the time, with everything selected.
fn is_usual_look(question: &Question) -> bool {
    question.why == "the last hour" && question.place.selection.is_empty()
}

/// One scale to be measured.
struct At<'a> {
    verifier: &'a Verifier,
    scenario: &'a Scenario,
    panels: &'a [Question],
    factor: u32,
    end_ms: i64,
}

impl At<'_> {
    async fn measure(
        &self,
        original: &Original,
        growth: Growth,
        notice: &mut impl FnMut(CapacityNotice),
    ) -> Result<Scale, CapacityError> {
        let verifier = self.verifier;
        let (mut engine, stored) =
            filled(verifier, self.scenario, original, growth, self.factor).await?;
        let memory = |metrics: std::collections::BTreeMap<String, f64>| {
            metrics.get("process_resident_memory_bytes").copied().unwrap_or(f64::NAN)
        };
        let memory_loaded = memory(Prometheus::new(engine.url()).own_metrics().await?);
        engine.restart_after_backfill().await?;
        let client = Prometheus::new(engine.url());
        let groups: Vec<_> =
            verifier.files.monitoring.rules.iter().flat_map(|file| &file.groups).collect();
        let of = groups.iter().map(|group| group.rules.len()).sum::<usize>() + self.panels.len();
        let mut done = 0;
        let mut asked = || {
            done += 1;
            notice(CapacityNotice::Asked(self.factor, done, of));
        };
        let default_ms = verifier.files.monitoring.config.evaluation_interval_ms;
        let mut measured = Vec::new();
        for group in groups {
            let mut cost = GroupCost {
                group: group.name.clone(),
                interval_ms: group.interval_ms.unwrap_or(default_ms),
                seconds: 0.0,
                full_seconds: 0.0,
                samples: 0,
                failed: Vec::new(),
            };
            for rule in &group.rules {
                match cost_of(&client, &rule.expr, self.end_ms, None).await? {
                    Ok(found) => {
                        cost.seconds += found.0;
                        cost.full_seconds += found.0 * self.fullness(&rule.expr);
                        cost.samples += found.1;
                    }
                    Err(words) => cost.failed.push((rule.name().to_owned(), words)),
                }
                asked();
            }
            measured.push(cost);
        }
        let mut panels = Vec::new();
        for question in self.panels {
            let (at, range) = match question.form {
                Form::Instant(at) => (at, None),
                Form::Range { start_ms, end_ms, step_ms } => (end_ms, Some((start_ms, step_ms))),
            };
            let place = question.place.clone();
            panels.push(match cost_of(&client, &question.expr, at, range).await? {
                Ok((seconds, samples)) => PanelCost { place, seconds, samples, failed: None },
                Err(words) => {
                    PanelCost { place, seconds: f64::INFINITY, samples: 0, failed: Some(words) }
                }
            });
            asked();
        }
        let memory_asked = memory(client.own_metrics().await?);
        let disk = size_of(&engine.directory().join("data"))?;
        engine.stop().await;
        Ok(Scale {
            factor: self.factor,
            series: stored.0,
            samples: stored.1,
            memory_loaded,
            memory_asked,
            disk,
            groups: measured,
            panels,
        })
    }

    /// How many times as long a rule's longest window is as what is stored; at least 1.
    fn fullness(&self, expr: &str) -> f64 {
        let stored = self.scenario.duration.as_millis() as f64;
        let windows = promql::selectors(expr).unwrap_or_default();
        let longest = windows
            .iter()
            .filter_map(|selector| match selector.window {
                Some(promql::RangeWindow::Fixed(millis)) => Some(millis),
                _ => None,
            })
            .max()
            .unwrap_or_default();
        (longest as f64 / stored).max(1.0)
    }
}

/// Seconds (the median of some askings) and samples of a query, or the engine's words where it refuses or gives up.
async fn cost_of(
    client: &Prometheus,
    expr: &str,
    at: i64,
    range: Option<(i64, i64)>,
) -> Result<Result<(f64, u64), String>, CapacityError> {
    let mut seconds = Vec::new();
    let mut samples = 0;
    while seconds.is_empty()
        || (seconds.len() < REPEATS && seconds.iter().sum::<f64>() < PATIENCE.as_secs_f64())
    {
        match client.cost(expr, at, range).await {
            Ok(cost) => {
                seconds.push(cost.seconds);
                samples = cost.samples;
            }
            Err(error) => match error.problem {
                stack::client::prometheus::Problem::Refused { error, .. } => return Ok(Err(error)),
                _ => return Err(error.into()),
            },
        }
    }
    seconds.sort_by(f64::total_cmp);
    Ok(Ok((seconds[seconds.len() / 2], samples)))
}

/// Bytes of all files in a directory.
fn size_of(directory: &std::path::Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let found = entry.metadata()?;
        bytes += if found.is_dir() { size_of(&entry.path())? } else { found.len() };
    }
    Ok(bytes)
}
