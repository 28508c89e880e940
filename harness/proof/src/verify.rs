//! Verification of a monitoring directory under a scenario, on the backfill road.
//!
//! Plays the scenario into a fresh Prometheus, materialises the recording rules, asks every panel and rule, and
//! judges each answer. Progress is told as [`Notice`]s; what broke is a value in the [`ScenarioReport`], never an
//! error. Nothing here prints.

pub mod alerts;
pub mod ask;
pub mod axis;
pub mod bind;
pub mod engine;
mod error;
pub mod evidence;
pub mod look;
pub mod not_emulated;
pub mod question;
mod staging;
pub mod targets;
pub mod wiring;

use std::{collections::BTreeMap, sync::Arc};

use sim::time::Nanos;
use tokio::{sync::Mutex, task::JoinSet};

use monitoring::Monitoring;
use scenario::Scenario;
use stack::{
    client::prometheus::{ClientError, Prometheus},
    environment::Environment,
    prometheus_binary::PrometheusBinary,
};
use truth::{contract::Contracts, oracle::Arithmetic};

use prom::evaluations::Evaluations;

use crate::alert::timeline;
use alerts::{AlertVerdict, told::Routing};
use ask::{Truth, Verdict};
use bind::Unproven;
use look::{Look, Occasion};
use question::{Form, NotAsked, Place, Question};
use targets::Targets;
use wiring::Wiring;

pub use engine::{Engine, EngineChoice};
pub use error::{ModeError, VerifyError};
pub use staging::{Staged, blinds, constants_ms, era, group_offset};

/// Where places say that they are about recording rules.
pub const RECORDING_RULES: &str = "recording rules";

/// Questions under way at once: more gain nothing on two cores.
const AT_ONCE: usize = 4;

/// Everything that stays the same from scenario to scenario.
#[derive(Debug)]
pub struct Verifier {
    /// What is verified.
    pub monitoring: Arc<Monitoring>,
    /// What it must show.
    pub contracts: Arc<Contracts>,
    /// The Prometheus of this machine, whose promtool is asked too; the engine, unless another one was chosen.
    pub binary: PrometheusBinary,
    /// This machine.
    pub environment: Environment,
    /// Only these dashboards, panels or rules are asked (a part of `dashboard/panel`), or all.
    pub only: Option<String>,
    /// Whether the engine's directory stays.
    pub keep: bool,
    /// Which engine each scenario gets.
    pub choice: EngineChoice,
    targets: Mutex<BTreeMap<[u8; 3], Targets>>,
}

/// What happens meanwhile.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// Simulated so far.
    Played {
        /// The time reached.
        reached: Nanos,
        /// The scenario's length.
        of: Nanos,
    },
    /// A recording rule is evaluated.
    Recording(String),
    /// Questions answered so far.
    Asked {
        /// Answered.
        done: usize,
        /// In all.
        of: usize,
    },
    /// The scenario is played again, and why.
    Again(String),
}

/// What became of a scenario.
#[derive(Clone, Debug)]
pub struct ScenarioReport {
    /// Its name.
    pub scenario: String,
    /// Its seed.
    pub seed: u64,
    /// When it began.
    pub epoch: jiff::Timestamp,
    /// One for each question.
    pub verdicts: Vec<Verdict>,
    /// One for each alert of which the scenario expects something.
    pub alerts: Vec<AlertVerdict>,
    /// One for each part of the wiring, where a running stack showed it.
    pub wiring: Vec<Wiring>,
    /// Panels and rules that nobody could judge, and contracts without a panel.
    pub unproven: Vec<Unproven>,
    /// What the configuration was changed in.
    pub changed: Vec<String>,
    /// What is to be known of how it was played.
    pub remarks: Vec<String>,
    /// Simulated requests.
    pub requests: u64,
    /// Simulated events.
    pub events: u64,
    /// Samples stored.
    pub samples: usize,
    /// Where the engine's data is, if it was kept.
    pub kept: Option<std::path::PathBuf>,
}

impl ScenarioReport {
    /// Whether every expectation held and nothing is unproven.
    #[must_use]
    pub fn held(&self) -> bool {
        self.unproven.is_empty()
            && self.verdicts.iter().all(Verdict::held)
            && self.alerts.iter().all(AlertVerdict::held)
            && self.wiring.iter().all(Wiring::held)
    }

    /// Whether any panel, rule or alert was judged. Wiring alone is not what anybody asked for.
    #[must_use]
    pub fn judged_anything(&self) -> bool {
        !self.verdicts.is_empty() || !self.alerts.is_empty()
    }
}

impl Verifier {
    /// A verifier of everything in `monitoring` by `contracts`, with the engine `binary`.
    #[must_use]
    pub fn new(
        monitoring: Monitoring,
        contracts: Contracts,
        binary: PrometheusBinary,
        environment: Environment,
    ) -> Verifier {
        Verifier {
            monitoring: Arc::new(monitoring),
            contracts: Arc::new(contracts),
            binary,
            environment,
            only: None,
            keep: false,
            choice: EngineChoice::Native,
            targets: Mutex::default(),
        }
    }

    /// The same verifier of other files, such as a copy of the same ones.
    #[must_use]
    pub fn of(&self, monitoring: Arc<Monitoring>) -> Verifier {
        Verifier {
            monitoring,
            contracts: Arc::clone(&self.contracts),
            binary: self.binary.clone(),
            environment: self.environment.clone(),
            only: self.only.clone(),
            keep: self.keep,
            choice: EngineChoice::Native,
            targets: Mutex::default(),
        }
    }

    /// Verifies under one scenario.
    ///
    /// # Errors
    /// If it could not be judged; a broken expectation is no error.
    pub async fn verify(
        &self,
        scenario: &Scenario,
        notice: &mut impl FnMut(Notice),
    ) -> Result<ScenarioReport, VerifyError> {
        let staged = self.stage(scenario, None, notice).await?;
        let (questions, not_asked) = self.questions(scenario, &staged).await?;
        let (truth, arithmetic) = (Arc::clone(&staged.truth), staged.arithmetic);
        let verdicts =
            ask_all(questions, &staged.engine.client(), arithmetic, &truth, notice).await?;
        let alerts = self.alerts(scenario, &staged).await?;
        let mut report = staged.report;
        report.alerts = alerts;
        report.unproven.retain(|unproven| self.asks(&unproven.place));
        report.unproven.extend(not_asked.into_iter().map(Unproven::from));
        report.verdicts = verdicts;
        if self.keep {
            report.kept = staged.engine.keep().await;
        } else {
            staged.engine.stop().await;
        }
        Ok(report)
    }

    /// What the alerts did in a staged scenario of which it expects something.
    ///
    /// # Errors
    /// If a rule cannot be evaluated.
    pub async fn alerts(
        &self,
        scenario: &Scenario,
        staged: &Staged,
    ) -> Result<Vec<AlertVerdict>, VerifyError> {
        if scenario.alerts.is_empty() {
            return Ok(Vec::new());
        }
        let client = staged.engine.client();
        let mut timelines = Vec::new();
        for rule in staged.alerts.iter().filter(|rule| self.asks(&alerts::place(&rule.name))) {
            timelines.push(timeline(rule, &client).await?);
        }
        let mut verdicts = alerts::judge(scenario, &timelines, &self.contracts.alerts);
        Routing::of(&self.monitoring).judge(&mut verdicts, &timelines);
        verdicts.retain(|verdict| self.asks(&alerts::place(&verdict.alert)));
        alerts::near_misses(&mut verdicts, &client).await?;
        Ok(verdicts)
    }

    /// Every question of every dashboard and recording rule about a staged scenario.
    ///
    /// # Errors
    /// If the engine does not list the values of a dashboard's variables.
    pub async fn questions(
        &self,
        scenario: &Scenario,
        staged: &Staged,
    ) -> Result<(Vec<Question>, Vec<NotAsked>), VerifyError> {
        let (mut questions, not_asked) =
            self.panel_questions(scenario, &self.looks(scenario), &staged.engine.client()).await?;
        questions.extend(self.rule_questions(staged));
        questions.retain(|question| self.asks(&question.place));
        Ok((questions, not_asked))
    }

    /// Every question of every dashboard at the given looks at a scenario that an engine has seen.
    ///
    /// # Errors
    /// If the engine does not list the values of a dashboard's variables.
    pub async fn panel_questions(
        &self,
        scenario: &Scenario,
        looks: &[Look],
        client: &Prometheus,
    ) -> Result<(Vec<Question>, Vec<NotAsked>), VerifyError> {
        let epoch_ms = scenario.epoch.as_millisecond();
        let end_ms = epoch_ms + scenario.duration.as_millis() as i64;
        let mut questions = Vec::new();
        let mut not_asked = Vec::new();
        for dashboard in &self.monitoring.dashboards {
            let Some(contract) = self.contracts.dashboards.get(&dashboard.uid) else { continue };
            let (options, failed) = bind::options(dashboard, client, epoch_ms, end_ms).await?;
            not_asked.extend(failed);
            let (asked, failed) = question::of_dashboard(
                dashboard,
                contract,
                self.monitoring.time_interval(),
                &options,
                looks,
            );
            questions.extend(asked);
            not_asked.extend(failed);
        }
        questions.retain(|question| self.asks(&question.place));
        not_asked.retain(|failed| self.asks(&failed.place));
        Ok((questions, not_asked))
    }

    /// Whether a place is among those that are asked about. What is wrong with scraping concerns all of them.
    #[must_use]
    pub fn asks(&self, place: &Place) -> bool {
        let path = || format!("{}/{}", place.dashboard, place.panel);
        let only = self.only.as_ref();
        place.dashboard == bind::SCRAPING || only.is_none_or(|only| path().contains(only.as_str()))
    }

    /// When, and over which ranges, every panel is asked.
    #[must_use]
    pub fn looks(&self, scenario: &Scenario) -> Vec<Look> {
        let epoch_ms = scenario.epoch.as_millisecond();
        let intervals = self.monitoring.config.jobs.iter().map(|job| job.scrape_interval_ms);
        let scrape_ms = intervals.min().unwrap_or(15_000);
        look::looks(epoch_ms, scenario.duration, &scenario.edges(), scrape_ms)
    }

    fn rule_questions(&self, staged: &Staged) -> Vec<Question> {
        let ask = |(record, contract): (&String, &truth::contract::TargetContract)| {
            let evaluations = staged.recorded.get(record)?;
            let Evaluations { first_ms, last_ms, interval_ms } = *evaluations;
            // A range of at most 11,000 points is asked at once; longer ones are thinned, never cut.
            let thinned = 1 + (last_ms - first_ms) / interval_ms / 10_000;
            Some(Question {
                place: Place {
                    dashboard: RECORDING_RULES.to_owned(),
                    panel: record.clone(),
                    ref_id: String::new(),
                    selection: String::new(),
                },
                expr: record.clone(),
                form: Form::Range {
                    start_ms: first_ms,
                    end_ms: last_ms,
                    step_ms: interval_ms * thinned,
                },
                fact: contract.fact.clone(),
                window_ms: bind::fixed_window_ms(contract.over)?,
                legend: None,
                why: Occasion::EveryEvaluation,
            })
        };
        self.contracts.rules.iter().filter_map(ask).collect()
    }
}

/// Asks all questions, some at once; verdicts come in the order of the questions.
///
/// # Errors
/// If the engine cannot be reached.
pub async fn ask_all(
    questions: Vec<Question>,
    client: &Prometheus,
    arithmetic: Arithmetic,
    truth: &Arc<Truth>,
    notice: &mut impl FnMut(Notice),
) -> Result<Vec<Verdict>, ClientError> {
    let of = questions.len();
    let mut waiting = questions.into_iter().enumerate();
    let mut under_way = JoinSet::new();
    let mut verdicts: Vec<Option<Verdict>> = (0..of).map(|_| None).collect();
    let mut done = 0;
    loop {
        while under_way.len() < AT_ONCE
            && let Some((index, question)) = waiting.next()
        {
            let (client, truth) = (client.clone(), Arc::clone(truth));
            under_way.spawn(async move {
                (index, ask::ask(question, &client, arithmetic, &truth).await)
            });
        }
        let Some(joined) = under_way.join_next().await else { break };
        let (index, verdict) = joined.expect("asking does not panic and is not cancelled");
        verdicts[index] = Some(verdict?);
        done += 1;
        notice(Notice::Asked { done, of });
    }
    Ok(verdicts.into_iter().flatten().collect())
}
