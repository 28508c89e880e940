//! Every shipped scenario of a few hours, thinned, with the shipped rules.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use libtest_mimic::{Failed, Trial};
use monitoring::{Monitoring, RuleKind};
use proof::{
    export::{Confirmation, unit_test},
    verify::Verifier,
};
use scenario::{Scenario, load_dir};
use sim::time::Nanos;
use stack::prometheus_binary::PrometheusBinary;
use truth::contract::Contracts;

use crate::crosscheck::{chain, lines};

/// Long enough for the windows of most rules; promtool takes seconds for each hour.
const LONGEST: Nanos = Nanos(4 * Nanos::HOUR.0);
const INTERVAL_MS: i64 = 30_000;
/// Confirmed on both lines: counters that begin anew, and targets that go away.
const BOTH_LINES: [&str; 2] = ["restart", "module-down"];

pub(crate) fn trials() -> Vec<Trial> {
    let (scenarios, problems) = load_dir(&root().join("scenarios"));
    if !problems.is_empty() {
        let problems = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        return vec![Trial::test("the shipped scenarios load", || Err(Failed::from(problems)))];
    }
    let short = scenarios.into_iter().filter(|s| s.needs().is_none() && s.duration <= LONGEST);
    let of = |scenario: Scenario| {
        let both = BOTH_LINES.contains(&scenario.name.as_str());
        let name = format!("shipped::{}", scenario.name);
        let trials = lines::on_each_line(&name, move |binary| {
            lines::block_on(confirmed(binary.clone(), &scenario)).map_err(Failed::from)
        });
        // The first is that of 2.x.
        trials.into_iter().take(if both { 2 } else { 1 })
    };
    short.flat_map(of).collect()
}

#[expect(clippy::print_stderr, reason = "which rules were confirmed belongs to a test's output")]
async fn confirmed(binary: PrometheusBinary, scenario: &Scenario) -> Result<(), String> {
    let environment = lines::environment();
    let verifier = Verifier::new(monitoring()?, contracts()?, binary, environment.clone());
    let mut test = unit_test(&verifier, scenario, INTERVAL_MS, &mut |_| ())
        .await
        .map_err(|error| chain(&error))?;
    let confirmation =
        test.confirm(&verifier.tools.binary, &environment).await.map_err(|error| chain(&error))?;
    let all = verifier.files.monitoring.rules.iter().flat_map(|file| &file.groups);
    let n_alerts = all
        .flat_map(|group| &group.rules)
        .filter(|rule| matches!(rule.kind, RuleKind::Alert { .. }))
        .count();
    let left_out: Vec<&String> = test.left_out.keys().collect();
    eprintln!(
        "{}: {} of {n_alerts} alert rules confirmed, {} fired; left out: {left_out:?}",
        scenario.name,
        test.timelines.len(),
        test.timelines.iter().filter(|timeline| timeline.fired()).count(),
    );
    match confirmation {
        Confirmation::Confirmed if 2 * test.timelines.len() >= n_alerts => Ok(()),
        Confirmation::Confirmed => {
            Err("more than half of the alert rules were left out".to_owned())
        }
        Confirmation::Differs(said) => Err(said),
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn monitoring() -> Result<Monitoring, String> {
    static LOADED: OnceLock<Result<Monitoring, String>> = OnceLock::new();
    let load = || Monitoring::load(&root().join("monitoring")).map_err(|p| format!("{p:?}"));
    LOADED.get_or_init(load).clone()
}

fn contracts() -> Result<Contracts, String> {
    Contracts::load_dir(&root().join("scenarios/contracts")).map_err(|p| format!("{p:?}"))
}
