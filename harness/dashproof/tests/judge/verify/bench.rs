//! What the trials share: one runtime, the verifiers, and the right to use the machine.
//!
//! A server must not outlive the thread that started it, so all run on one runtime that lives as long as the process.
//! At most two scenarios are judged side by side: each takes a core, and memory.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use modules::lie::Lie;
use monitoring::Monitoring;
use prom::{problem::Problem, version::Line};
use proof::verify::{self, Staged, Staging, Verifier, ask::Verdict, question::Question};
use scenario::{Overrides, Scenario, load_dir};
use stack::prometheus_binary::{PrometheusBinary, Wanted};
use tokio::{runtime::Runtime, sync::Semaphore};
use truth::contract::Contracts;

use crate::verify::lines;

/// Scenarios under way at once.
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

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What a user deploys.
pub(crate) fn monitoring() -> Result<Monitoring, String> {
    Monitoring::load(&root().join("monitoring")).map_err(|problems| listed(&problems))
}

/// What it must show.
pub(crate) fn contracts() -> Result<Contracts, String> {
    Contracts::load_dir(&root().join("scenarios/contracts")).map_err(|problems| listed(&problems))
}

/// The verifier with the Prometheus that is found first; made once, the first run on a machine may fetch it.
pub(crate) fn verifier() -> Result<Arc<Verifier>, String> {
    static FOUND: OnceLock<Result<Arc<Verifier>, String>> = OnceLock::new();
    let find = || {
        let binary =
            lines::block_on(PrometheusBinary::provide(&Wanted::Any, &lines::environment()));
        verifier_with(binary.map_err(|error| chain(&error))?)
    };
    FOUND.get_or_init(find).clone()
}

/// A verifier, or why there is none.
type Found = Result<Arc<Verifier>, String>;

/// The verifiers with the Prometheus of either line, or why there is none.
pub(crate) fn verifier_of(line: Line) -> Result<Arc<Verifier>, String> {
    static FOUND: OnceLock<Vec<(Line, Found)>> = OnceLock::new();
    let each = |(line, binary): &(Line, Result<PrometheusBinary, String>)| {
        let first = verifier().ok().filter(|first| first.tools.binary.version.line() == *line);
        let other = || binary.clone().and_then(verifier_with);
        (*line, first.map_or_else(other, Ok))
    };
    let found = FOUND.get_or_init(|| lines::lines().iter().map(each).collect());
    let of_line = found.iter().find(|(found, _)| *found == line);
    of_line.expect("both lines were looked for").1.clone()
}

fn verifier_with(binary: PrometheusBinary) -> Result<Arc<Verifier>, String> {
    Ok(Arc::new(Verifier::new(monitoring()?, contracts()?, binary, lines::environment())))
}

/// The shipped scenarios, with the traces that are at hand.
pub(crate) fn scenarios() -> Result<Vec<Scenario>, String> {
    let (scenarios, problems) = load_dir(&root().join("scenarios"));
    if !problems.is_empty() {
        return Err(listed(&problems));
    }
    let trace_dir = std::env::var_os("DASHPROOF_TRACES").map(PathBuf::from);
    let trace_dir = trace_dir.unwrap_or_else(|| root().join("../shared/traces"));
    let overrides = Overrides { trace_dir: Some(trace_dir), ..Overrides::default() };
    Ok(scenarios.into_iter().map(|scenario| scenario.with(&overrides).0).collect())
}

/// The shipped scenario of this name.
pub(crate) fn scenario(name: &str) -> Result<Scenario, String> {
    let found = scenarios()?.into_iter().find(|scenario| scenario.name == name);
    found.ok_or_else(|| format!("no scenario is called `{name}`"))
}

/// A scenario in an engine, ready to be asked; `lie` is told by one of the modules.
pub(crate) async fn stage(
    verifier: &Verifier,
    scenario: &Scenario,
    lie: Option<Lie>,
) -> Result<Staged, String> {
    let staging = Staging { lie, ..Staging::default() };
    verifier.stage(scenario, &staging, &mut |_| ()).await.map_err(|error| chain(&error))
}

/// The verdicts on the questions, in their order.
pub(crate) async fn answers(
    questions: Vec<Question>,
    staged: &Staged,
) -> Result<Vec<Verdict>, String> {
    let client = staged.engine.client();
    let verdicts =
        verify::ask_all(questions, &client, staged.arithmetic, &staged.truth, &mut |_| ()).await;
    verdicts.map_err(|error| chain(&error))
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
