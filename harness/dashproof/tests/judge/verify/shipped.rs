//! Every shipped scenario, one trial for each dashboard, one for the recording rules, one for the alerts; and one for
//! the proof of all alert rules.
//!
//! A scenario is staged and judged once, by the first of its trials; the others wait for it. Trials stand in the order
//! of dashboards, so that threads begin with different scenarios. A few scenarios are also judged on the line of
//! Prometheus that was not found first.

use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
    time::Instant,
};

use libtest_mimic::{Failed, Trial};
use prom::version::Line;
use proof::verify::{RECORDING_RULES, ScenarioReport, Verifier, alerts::ALERTS, question::Place};
use scenario::Scenario;

use crate::verify::{bench, lines, red};

/// Judged on both lines: all series, copies, resets, and scrapes that meet the ends of windows.
const BOTH_LINES: [&str; 4] = ["every-series-distinct", "two-replicas", "restart", "traffic-stop"];

type Report = Arc<OnceLock<Result<ScenarioReport, String>>>;

pub(crate) fn trials() -> Vec<Trial> {
    match named() {
        Ok(trials) => trials,
        // What keeps every trial from being made is itself a trial.
        Err(problems) => {
            vec![Trial::test("the shipped files load", || Err(Failed::from(problems)))]
        }
    }
}

fn named() -> Result<Vec<Trial>, String> {
    let dashboards = dashboards()?;
    let (ready, missing): (Vec<_>, Vec<_>) =
        bench::scenarios()?.into_iter().partition(|scenario| scenario.needs().is_none());
    let stages: Vec<Stage> = ready.into_iter().map(Stage::from).collect();
    let mut trials = Vec::new();
    for dashboard in &dashboards {
        for stage in &stages {
            let name = format!("{}::{dashboard}", stage.scenario.name);
            let (stage, dashboard) = (stage.clone(), dashboard.clone());
            trials.push(Trial::test(name, move || stage.judge(&dashboard)));
        }
    }
    let expecting = stages.iter().filter(|stage| !stage.scenario.alerts.is_empty()).cloned();
    trials.extend(expecting.map(|stage| {
        let name = format!("{}::{ALERTS}", stage.scenario.name);
        Trial::test(name, move || stage.judge_alerts())
    }));
    let all = stages.clone();
    trials.push(Trial::test("every alert rule is proven", move || proven(&all)));
    let both = stages.iter().filter(|stage| BOTH_LINES.contains(&stage.scenario.name.as_str()));
    trials.extend(both.flat_map(|stage| on_both_lines(stage, &dashboards)));
    for scenario in missing {
        let trace = scenario.needs().expect("it was found to need one");
        let name = format!(
            "{} (not run: needs {} in the directory DASHPROOF_TRACES)",
            scenario.name, trace.file
        );
        let source = trace.source.clone();
        let absent = move || Err(Failed::from(format!("the trace can be had from {source}")));
        trials.push(Trial::test(name, absent).with_ignored_flag(true));
    }
    Ok(trials)
}

/// Fails unless each alert rule is fired by a scenario, and nearly fired by another.
fn proven(stages: &[Stage]) -> Result<(), Failed> {
    let mut outcomes = Vec::new();
    for stage in stages {
        let report = stage.report.get_or_init(|| stage.verify()).as_ref()?.clone();
        outcomes.push((stage.scenario.as_ref().clone(), report));
    }
    let unproven = red::unproven(&*bench::verifier()?, outcomes);
    if unproven.is_empty() { Ok(()) } else { Err(Failed::from(unproven.join("\n"))) }
}

/// Everything that a verdict can stand under.
fn dashboards() -> Result<BTreeSet<String>, String> {
    let (monitoring, contracts) = (bench::monitoring()?, bench::contracts()?);
    let shown = monitoring.dashboards.into_iter().map(|dashboard| dashboard.uid);
    Ok(shown.chain(contracts.dashboards.into_keys()).chain([RECORDING_RULES.to_owned()]).collect())
}

/// A scenario on one Prometheus.
#[derive(Clone)]
struct Stage {
    scenario: Arc<Scenario>,
    /// The one that is found first, or another one of this line.
    line: Option<Line>,
    report: Report,
}

impl From<Scenario> for Stage {
    fn from(scenario: Scenario) -> Stage {
        Stage { scenario: Arc::new(scenario), line: None, report: Report::default() }
    }
}

/// The trials of one scenario on either line; the line that was found first is not judged again.
fn on_both_lines(stage: &Stage, dashboards: &BTreeSet<String>) -> Vec<Trial> {
    let (first, report) = (stage.clone(), Report::default());
    let trials = |dashboard: &String| {
        let (first, report, dashboard) = (first.clone(), Arc::clone(&report), dashboard.clone());
        let name = format!("{}::{dashboard}", first.scenario.name);
        lines::on_each_line(&name, move |binary| {
            let line = binary.version.line();
            if bench::verifier()?.tools.binary.version.line() == line {
                first.judge(&dashboard)
            } else {
                let (scenario, report) = (Arc::clone(&first.scenario), Arc::clone(&report));
                Stage { scenario, line: Some(line), report }.judge(&dashboard)
            }
        })
    };
    dashboards.iter().flat_map(trials).collect()
}

impl Stage {
    /// Fails unless everything of this dashboard held, and something was asked.
    fn judge(&self, dashboard: &str) -> Result<(), Failed> {
        let report = self.report.get_or_init(|| self.verify()).as_ref()?;
        let mut verdicts =
            report.verdicts.iter().filter(|verdict| verdict.question.place.dashboard == dashboard);
        let judged = |place: &Place| {
            report
                .verdicts
                .iter()
                .any(|verdict| verdict.question.place.dashboard == place.dashboard)
        };
        // What is of no dashboard stands with the rules, so that nothing is lost.
        let unproven = report.unproven.iter().filter(|unproven| {
            unproven.place.dashboard == dashboard
                || (dashboard == RECORDING_RULES && !judged(&unproven.place))
        });
        let verifier = self.verifier()?;
        if let Some(broken) = red::broken(&verifier, &self.scenario, verdicts.clone(), unproven) {
            return Err(Failed::from(broken));
        }
        if verdicts.all(|verdict| verdict.finding.values == 0) {
            return Err(Failed::from(format!(
                "nothing of {dashboard} was asked: no number was expected"
            )));
        }
        Ok(())
    }

    /// Fails unless every alert did what the scenario expects, and some alert was expected to do something.
    fn judge_alerts(&self) -> Result<(), Failed> {
        let report = self.report.get_or_init(|| self.verify()).as_ref()?;
        if report.alerts.is_empty() {
            return Err(Failed::from("no alert was judged"));
        }
        match red::alerts(&*self.verifier()?, &self.scenario, report) {
            Some(broken) => Err(Failed::from(broken)),
            None => Ok(()),
        }
    }

    fn verifier(&self) -> Result<Arc<Verifier>, String> {
        self.line.map_or_else(bench::verifier, bench::verifier_of)
    }

    fn verify(&self) -> Result<ScenarioReport, String> {
        let verifier = self.verifier()?;
        let began = Instant::now();
        let report = bench::run(verifier.verify(&self.scenario, &mut |_| ()))
            .map_err(|error| bench::chain(&error))?;
        eprintln!(
            "{}: {} requests, {} samples, {} verdicts on Prometheus {} in {:.1} s",
            self.scenario.name,
            report.requests,
            report.samples,
            report.verdicts.len(),
            verifier.tools.binary.version,
            began.elapsed().as_secs_f64(),
        );
        Ok(report)
    }
}
