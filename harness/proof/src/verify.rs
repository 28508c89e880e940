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
mod files;
pub mod look;
pub mod not_emulated;
pub mod picture;
pub mod question;
mod staging;
pub mod targets;
pub mod wiring;

use std::{collections::BTreeMap, sync::Arc};

use sim::time::Nanos;
use tokio::sync::Mutex;

use monitoring::Monitoring;
use scenario::Scenario;
use stack::{
    bounded,
    client::prometheus::{ClientError, Prometheus},
    environment::Environment,
    prometheus_binary::PrometheusBinary,
};
use truth::{contract::Contracts, oracle::Arithmetic};

use alerts::AlertVerdict;
use ask::{Truth, Verdict};
use bind::Unproven;
use question::Question;
use targets::Targets;
use wiring::Wiring;

pub use engine::{Engine, EngineChoice, era};
pub use error::{ModeError, VerifyError};
pub use files::Files;
pub use staging::{Staged, Staging, blinds, constants_ms, group_offset};

/// Where places say that they are about recording rules.
pub const RECORDING_RULES: &str = "recording rules";

/// Everything that stays the same from scenario to scenario.
#[derive(Debug)]
pub struct Verifier {
    /// What is verified.
    pub files: Files,
    /// With what.
    pub tools: Tools,
    /// By the number of copies of each module.
    targets: Mutex<BTreeMap<[u8; 3], Targets>>,
}

/// The programs and servers of a verification.
#[derive(Clone, Debug)]
pub struct Tools {
    /// The Prometheus of this machine, whose promtool is asked too; the engine, unless another one was chosen.
    pub binary: PrometheusBinary,
    /// This machine.
    pub environment: Environment,
    /// Which engine each scenario gets.
    pub choice: EngineChoice,
    /// Whether the engine's directory stays.
    pub keep: bool,
    /// Whether what holds is kept as a picture too; what breaks always is.
    pub pictures: bool,
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
    /// A verifier of everything in `monitoring` by `contracts`, in fresh engines of `binary` that leave nothing behind.
    #[must_use]
    pub fn new(
        monitoring: Monitoring,
        contracts: Contracts,
        binary: PrometheusBinary,
        environment: Environment,
    ) -> Verifier {
        let choice = EngineChoice::Native;
        Verifier {
            files: Files::new(monitoring, contracts),
            tools: Tools { binary, environment, choice, keep: false, pictures: false },
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
        let staged = self.stage(scenario, &Staging::default(), notice).await?;
        let (questions, not_asked) = self.files.questions(scenario, &staged).await?;
        let (truth, arithmetic) = (Arc::clone(&staged.truth), staged.arithmetic);
        let verdicts =
            ask_all(questions, &staged.engine.client(), arithmetic, &truth, notice).await?;
        let alerts = self.files.alerts(scenario, &staged).await?;
        let mut report = staged.report;
        report.alerts = alerts;
        report.unproven.retain(|unproven| self.files.asks(&unproven.place));
        report.unproven.extend(not_asked.into_iter().map(Unproven::from));
        report.verdicts = verdicts;
        if self.tools.keep {
            report.kept = staged.engine.keep().await;
        } else {
            staged.engine.stop().await;
        }
        Ok(report)
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
    let asked = questions.into_iter().map(|question| {
        let (client, truth) = (client.clone(), Arc::clone(truth));
        async move { ask::ask(question, &client, arithmetic, &truth).await }
    });
    let mut verdicts = bounded::all(asked, |done| notice(Notice::Asked { done, of })).await?;
    keep_longest(&mut verdicts);
    Ok(verdicts)
}

/// Of all pictures of a place that hold, only the one of the longest range with everything selected stays: many views
/// show the same, and each takes memory.
fn keep_longest(verdicts: &mut [Verdict]) {
    let length = |verdict: &Verdict| {
        verdict.picture.as_ref().map_or(0, |picture| picture.to_ms - picture.from_ms)
    };
    let counts = |verdict: &Verdict| verdict.held() && verdict.question.place.selection.is_empty();
    let mut longest: BTreeMap<question::Place, i64> = BTreeMap::new();
    for verdict in verdicts.iter().filter(|verdict| counts(verdict)) {
        let known = longest.entry(verdict.question.place.clone()).or_default();
        *known = length(verdict).max(*known);
    }
    for verdict in verdicts.iter_mut().filter(|verdict| verdict.held()) {
        let place = &verdict.question.place;
        let stays = counts(verdict) && longest.get(place) == Some(&length(verdict));
        if !stays {
            verdict.picture = None;
        }
    }
}
