//! Red verdicts in words, complete enough to act on without running anything again.

use dashproof::{
    judge::BreachKind,
    report::{End, Outcome, Run, paint::Paint, replay::Replay, text},
    scenario::Scenario,
    verify::{ScenarioReport, Verifier, ask::Verdict, bind::Unproven},
};

/// The report on what broke or was not proven under a scenario, or nothing where everything held.
pub(crate) fn broken<'a>(
    verifier: &Verifier,
    scenario: &Scenario,
    verdicts: impl Iterator<Item = &'a Verdict>,
    unproven: impl Iterator<Item = &'a Unproven>,
) -> Option<String> {
    let report = ScenarioReport {
        scenario: scenario.name.clone(),
        seed: scenario.seed,
        verdicts: verdicts.cloned().collect(),
        unproven: unproven.cloned().collect(),
        changed: Vec::new(),
        requests: 0,
        events: 0,
        samples: 0,
        kept: None,
    };
    if report.held() {
        return None;
    }
    let end = End::Judged { report, seconds: 0.0 };
    let run = Run {
        engine: verifier.binary.to_string(),
        version: verifier.binary.version.to_string(),
        problems: Vec::new(),
        outcomes: vec![Outcome { scenario: scenario.clone(), cut: Vec::new(), end }],
        interrupted: false,
        replay: Replay::default(),
    };
    Some(text::text(&run, Paint::PLAIN, true))
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
            BreachKind::Duplicate => "duplicate",
        })
        .chain(verdict.refused.as_ref().map(|_| "refused"))
        .chain(verdict.misnamed.as_ref().map(|_| "misnamed"))
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}
