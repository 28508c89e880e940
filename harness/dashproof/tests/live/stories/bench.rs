//! The shipped files and a live road over them, for every test here.

use std::path::PathBuf;

use dashproof::report::{
    Conclusion, End, Outcome, Run, Stack,
    paint::Paint,
    replay::{Replay, Road},
    text,
};
use live::{LiveError, LiveRoad, SHORT, stall};
use monitoring::Monitoring;
use proof::verify::{ScenarioReport, Verifier, VerifyError};
use scenario::Scenario;
use stack::{alertmanager_binary::AlertmanagerBinary, prometheus_binary::PrometheusBinary};
use truth::contract::Contracts;

use crate::live_stack::running::native;
use crate::stories::{
    alertmanagers::alertmanagers,
    lines::{block_on, environment},
};

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A story of `scenarios/live/`.
pub(crate) fn story(name: &str) -> Result<Scenario, String> {
    let file = root().join(format!("scenarios/live/{name}.yaml"));
    Scenario::load(&file)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

/// An Alertmanager of the same generation as the Prometheus.
pub(crate) fn alertmanager(prometheus: &PrometheusBinary) -> Result<AlertmanagerBinary, String> {
    let newest = prometheus.version.major > 2;
    let (_, found) = &alertmanagers()[usize::from(newest)];
    found.clone()
}

pub(crate) fn road(binary: &PrometheusBinary) -> Result<LiveRoad, String> {
    let told = |problems: Vec<prom::problem::Problem>| {
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let monitoring = Monitoring::load(&root().join("monitoring")).map_err(told)?;
    let contracts = Contracts::load_dir(&root().join("scenarios/contracts")).map_err(told)?;
    Ok(LiveRoad {
        verifier: Verifier::new(monitoring, contracts, binary.clone(), environment()),
        stack: native(binary, Some(&alertmanager(binary)?)),
        short: SHORT,
        edit: None,
    })
}

pub(crate) fn play(road: &LiveRoad, story: &Scenario) -> Result<ScenarioReport, String> {
    block_on(road.verify(story, &mut |_| ())).map_err(|error| match &error {
        VerifyError::Live(mode)
            if matches!(mode.error.downcast_ref(), Some(LiveError::Stalled { .. })) =>
        {
            format!("not judged: {}; {}", chain(&error), stall::REMEDY)
        }
        _ => chain(&error),
    })
}

/// The whole report as people see it, where something broke.
pub(crate) fn told(road: &LiveRoad, story: &Scenario, report: ScenarioReport) -> String {
    let held = report.held();
    let outcome = Outcome {
        scenario: Scenario { epoch: report.epoch, ..story.clone() },
        cut: Vec::new(),
        end: End::Judged { report, seconds: 0.0 },
    };
    let run = Run {
        stack: Stack::native(&road.verifier.tools.binary, "a test".to_owned()),
        problems: Vec::new(),
        outcomes: vec![outcome],
        alerts: Vec::new(),
        brackets: None,
        whole: false,
        interrupted: false,
        replay: Replay { road: Road::Live, flags: Vec::new() },
    };
    assert_eq!(run.conclusion() == Conclusion::Held, held);
    text::text(&run, Paint::PLAIN, false)
}

pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text += &format!(": {source}");
        next = source.source();
    }
    text
}
