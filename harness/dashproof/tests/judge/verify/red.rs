//! Red verdicts in words, complete enough to act on without running anything again.

use dashproof::report::{End, Outcome, Run, Stack, paint::Paint, proven, replay::Replay, text};
use proof::verify::{ScenarioReport, Verifier, ask::Verdict, bind::Unproven};
use scenario::Scenario;
use truth::judge::BreachKind;

/// The report on what broke or was not proven under a scenario, or nothing where everything held.
pub(crate) fn broken<'a>(
    verifier: &Verifier,
    scenario: &Scenario,
    verdicts: impl Iterator<Item = &'a Verdict>,
    unproven: impl Iterator<Item = &'a Unproven>,
) -> Option<String> {
    let report = ScenarioReport {
        epoch: scenario.epoch,
        scenario: scenario.name.clone(),
        seed: scenario.seed,
        verdicts: verdicts.cloned().collect(),
        wiring: Vec::new(),
        alerts: Vec::new(),
        unproven: unproven.cloned().collect(),
        changed: Vec::new(),
        remarks: Vec::new(),
        requests: 0,
        events: 0,
        samples: 0,
        kept: None,
    };
    if report.held() {
        return None;
    }
    let run = run(verifier, vec![(scenario.clone(), report)], false);
    Some(text::text(&run, Paint::PLAIN, true))
}

/// The report on alerts that did not do what the scenario expects, or nothing where all did.
pub(crate) fn alerts(
    verifier: &Verifier,
    scenario: &Scenario,
    report: &ScenarioReport,
) -> Option<String> {
    let report = ScenarioReport { verdicts: Vec::new(), unproven: Vec::new(), ..report.clone() };
    if report.held() {
        return None;
    }
    let run = run(verifier, vec![(scenario.clone(), report)], false);
    Some(text::text(&run, Paint::PLAIN, true))
}

/// The alert rules that a run over all scenarios leaves unproven, with what each lacks.
pub(crate) fn unproven(
    verifier: &Verifier,
    reports: Vec<(Scenario, ScenarioReport)>,
) -> Vec<String> {
    let run = run(verifier, reports, true);
    let unproven = proven::unproven(&run).into_iter();
    unproven.map(|(alert, lacks)| format!("{alert}: {lacks}")).collect()
}

fn run(verifier: &Verifier, reports: Vec<(Scenario, ScenarioReport)>, whole: bool) -> Run {
    let outcome = |(scenario, report)| Outcome {
        scenario,
        cut: Vec::new(),
        end: End::Judged { report, seconds: 0.0 },
    };
    Run {
        stack: Stack::native(&verifier.tools.binary, "no other was asked for".to_owned()),
        problems: Vec::new(),
        outcomes: reports.into_iter().map(outcome).collect(),
        alerts: proven::rules(&verifier.files.monitoring, &verifier.files.contracts),
        brackets: None,
        whole,
        interrupted: false,
        replay: Replay::default(),
    }
}

/// What turned a verdict red, for a table.
pub(crate) fn kinds(verdict: &Verdict) -> Vec<&'static str> {
    let mut kinds: Vec<&str> = verdict
        .finding
        .breaches
        .iter()
        .map(|breach| match breach.kind {
            BreachKind::Missing => "missing",
            BreachKind::Unexpected => "unexpected",
            BreachKind::Inexact => "inexact",
            BreachKind::Untrue => "untrue",
            BreachKind::Impossible => "impossible",
            BreachKind::Duplicate => "duplicate",
        })
        .chain(verdict.refused.as_ref().map(|_| "refused"))
        .chain(verdict.misnamed.as_ref().map(|_| "misnamed"))
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}
