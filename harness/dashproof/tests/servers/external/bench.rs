//! What the trials share: databases, verifiers that use them, the command, and one runtime.
//!
//! A server must not outlive the thread that started it, so all run on one runtime that lives as long as the process.

use std::{
    error::Error,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
    time::Duration,
};

use libtest_mimic::{Failed, Trial};
use monitoring::Monitoring;
use proof::verify::{EngineChoice, Verifier};
use scenario::{Overrides, Scenario, load_dir};
use sim::time::Nanos;
use stack::{
    client::endpoint::Endpoint,
    external::External,
    native::{NativePrometheus, Options},
    prometheus_binary::{PrometheusBinary, Wanted},
    victoria_metrics::{self, VictoriaMetrics},
};
use tokio::{runtime::Runtime, sync::Semaphore};
use truth::contract::Contracts;

use crate::external::lines::{self, environment};

/// Databases under way at once.
const SIDE_BY_SIDE: usize = 2;

/// Runs something that takes a core, once there is room for it.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    static ROOM: Semaphore = Semaphore::const_new(SIDE_BY_SIDE);
    let runtime = RUNTIME.get_or_init(|| Runtime::new().expect("a runtime can be built"));
    runtime.block_on(async {
        let _room = ROOM.acquire().await.expect("the semaphore is never closed");
        future.await
    })
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The shipped files.
pub(crate) fn monitoring() -> Monitoring {
    Monitoring::load(&root().join("monitoring")).expect("the shipped files are right")
}

fn contracts() -> Contracts {
    Contracts::load_dir(&root().join("scenarios/contracts")).expect("the contracts are right")
}

/// The shipped scenario of this name.
pub(crate) fn scenario(name: &str) -> Scenario {
    let (found, _) = load_dir(&root().join("scenarios"));
    found.into_iter().find(|scenario| scenario.name == name).expect("it is shipped")
}

/// The same, cut to some minutes.
pub(crate) fn short(name: &str, minutes: u64) -> Scenario {
    let duration = Some(Nanos(minutes * Nanos::MINUTE.0));
    scenario(name).with(&Overrides { duration, ..Overrides::default() }).0
}

/// A verifier of `monitoring` that uses the engine of this choice.
pub(crate) fn verifier(
    monitoring: Monitoring,
    binary: &PrometheusBinary,
    choice: EngineChoice,
) -> Verifier {
    let mut verifier = Verifier::new(monitoring, contracts(), binary.clone(), environment());
    verifier.tools.choice = choice;
    verifier
}

/// The choice of the database at `url`.
pub(crate) async fn external(url: &str) -> Result<EngineChoice, String> {
    let found = External::find(Endpoint::new(url)).await;
    found.map(EngineChoice::External).map_err(|error| chain(&error))
}

/// The Prometheus that is found first, whose promtool every verification asks.
pub(crate) fn prometheus() -> Result<PrometheusBinary, String> {
    static FOUND: OnceLock<Result<PrometheusBinary, String>> = OnceLock::new();
    let find = || {
        let found = lines::block_on(PrometheusBinary::provide(&Wanted::Any, &environment()));
        found.map_err(|error| chain(&error))
    };
    FOUND.get_or_init(find).clone()
}

/// A fresh Prometheus that takes samples of any age within `days`.
pub(crate) async fn fresh(
    binary: &PrometheusBinary,
    days: u64,
) -> Result<NativePrometheus, String> {
    let span = Duration::from_secs(days * 86_400);
    let (environment, options) =
        (environment(), Options { config: None, span, ..Options::default() });
    let started = NativePrometheus::start(binary, &environment, &options).await;
    started.map_err(|error| chain(&error))
}

/// A fresh VictoriaMetrics that keeps samples for `retention`.
pub(crate) async fn victoria(retention: &str) -> Result<VictoriaMetrics, String> {
    let program = program()?;
    let started = VictoriaMetrics::start(&program, &environment(), retention).await;
    started.map_err(|error| chain(&error))
}

fn program() -> Result<PathBuf, String> {
    static FOUND: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let find = || {
        let found = lines::block_on(victoria_metrics::provide(&Wanted::Any, &environment()));
        found.map_err(|error| chain(&error))
    };
    FOUND.get_or_init(find).clone()
}

/// A trial that needs VictoriaMetrics. Where there is none, its name says so; `DASHPROOF_REQUIRE_LINES` with any value
/// makes that a failure.
pub(crate) fn on_victoria<F>(name: &str, body: F) -> Trial
where
    F: FnOnce() -> Result<(), Failed> + Send + 'static,
{
    match program() {
        Ok(_) => Trial::test(format!("VictoriaMetrics::{name}"), body),
        Err(reason) => {
            let required =
                std::env::var("DASHPROOF_REQUIRE_LINES").is_ok_and(|lines| !lines.is_empty());
            let name = format!("VictoriaMetrics::{name} (not run: none to be had here)");
            Trial::test(name, move || Err(reason.into())).with_ignored_flag(!required)
        }
    }
}

/// What a call of the command left behind.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    /// Both outputs.
    pub(crate) text: String,
}

/// Calls the command with variables of its own.
pub(crate) fn dashproof(arguments: &[&str], variables: &[(&str, &str)]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dashproof"));
    command.args(arguments).envs(variables.iter().copied()).current_dir(root());
    let Output { status, stdout, stderr } = command.output().expect("the command can be started");
    let text = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    Said { code: status.code(), text }
}

/// Exit code and texts in both outputs.
#[track_caller]
pub(crate) fn expect(said: &Said, code: i32, texts: &[&str]) {
    assert_eq!(said.code, Some(code), "{}", said.text);
    for text in texts {
        assert!(said.text.contains(text), "{text:?} is not in\n{}", said.text);
    }
}
