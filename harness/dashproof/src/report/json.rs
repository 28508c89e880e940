//! The report for programs: one JSON document, described by [`schema`].
//!
//! `schema` is 1 and rises with every change that a reader of the old structure would stumble over; members may be
//! added at any time. The same seed, files and engine give the same bytes: no wall time is in it. Instants are UTC in
//! RFC 3339, spans are Prometheus durations (`1m30s`), numbers that JSON does not have are the texts `NaN`, `+Inf` and
//! `-Inf`.

mod alerts;
mod model;

use std::collections::BTreeMap;

use jiff::Timestamp;
pub(crate) use model::FileProblem;
use model::{
    At, Breach, Document, Engine, Expectation, Legend, Place, Scenario, Stack, State, Tool,
    Unproven, Verdict,
};
use schemars::generate::SchemaSettings;

use super::{End, GRAFANA, Outcome, Run, group, words};
use prom::problem::{Problem, Severity};
use proof::verify::{
    ScenarioReport, ask,
    question::{self, Form},
};
use truth::{fact::Expected, judge};

/// The version of the structure.
pub const SCHEMA: u32 = 1;

/// A run as JSON.
#[must_use]
pub fn json(run: &Run) -> String {
    let conclusion = run.conclusion();
    let document = Document {
        schema: SCHEMA,
        tool: Tool { name: "dashproof", version: env!("CARGO_PKG_VERSION") },
        engine: Engine {
            name: run.stack.name.clone(),
            version: run.stack.version.clone(),
            road: run.replay.road.name(),
        },
        stack: Stack {
            chosen: run.stack.chosen,
            why: run.stack.why.clone(),
            judged: if run.stack.exactly { &["exactly", "truly"] } else { &["truly"] },
        },
        grafana: GRAFANA,
        conclusion: conclusion.name(),
        exit_code: conclusion.exit_code(),
        problems: run.problems.iter().map(problem).collect(),
        unproven: group::doubts(run)
            .into_iter()
            .map(|doubt| Unproven {
                dashboard: doubt.subject.dashboard.to_owned(),
                panel: doubt.subject.panel.to_owned(),
                ref_id: doubt.subject.ref_id.to_owned(),
                reason: doubt.reason.into_owned(),
                scenarios: doubt.scenarios.into_iter().map(str::to_owned).collect(),
            })
            .collect(),
        rules: alerts::rules(run),
        brackets: alerts::brackets(run),
        scenarios: run.outcomes.iter().map(|outcome| scenario(outcome, run)).collect(),
    };
    serde_json::to_string_pretty(&document).expect("its maps have text keys") + "\n"
}

/// The JSON schema of [`json`].
#[must_use]
pub fn schema() -> String {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Document>();
    serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n"
}

/// A file's problem, as `check --format json` shows it too.
pub(crate) fn problem(problem: &Problem) -> FileProblem {
    FileProblem {
        file: problem.file.display().to_string(),
        line: problem.line,
        severity: match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: problem.message.clone(),
        remedy: problem.remedy.clone(),
        code: problem.code.name(),
    }
}

fn scenario(outcome: &Outcome, run: &Run) -> Scenario {
    let scenario = &outcome.scenario;
    let cut = outcome.cut.iter().map(|incident| {
        let at = words::span(incident.at.as_millis() as i64);
        format!("{} at {at}", incident.kind.title())
    });
    let mut document = Scenario {
        name: scenario.name.clone(),
        about: scenario.about.clone(),
        seed: scenario.seed,
        epoch: scenario.epoch.to_string(),
        duration: words::span(scenario.duration.as_millis() as i64),
        cut: cut.collect(),
        state: State::Judged,
        reason: None,
        remedy: None,
        changed: Vec::new(),
        remarks: Vec::new(),
        requests: 0,
        events: 0,
        samples: 0,
        kept: None,
        verdicts: Vec::new(),
        alerts: Vec::new(),
        wiring: Vec::new(),
    };
    match &outcome.end {
        End::Judged { report, .. } => {
            judged(&mut document, report, run);
            document.alerts = alerts::of(scenario, report, run);
            let wiring = report.wiring.iter().map(|wiring| model::Wiring {
                part: wiring.part.to_string(),
                held: wiring.held(),
                compared: wiring.compared.clone(),
                broken: wiring.broken.clone(),
            });
            document.wiring = wiring.collect();
        }
        End::NotRun { needs, remedy, .. } => {
            document.state = State::NotRun;
            document.reason = Some(format!("needs {needs}"));
            document.remedy = Some(remedy.clone());
        }
        End::NotJudged { error, remedy } => {
            document.state = State::NotJudged;
            document.reason = Some(error.clone());
            document.remedy = Some(remedy.clone());
        }
        End::Interrupted => document.state = State::Interrupted,
    }
    document
}

fn judged(document: &mut Scenario, report: &ScenarioReport, run: &Run) {
    document.changed.clone_from(&report.changed);
    document.remarks.clone_from(&report.remarks);
    document.requests = report.requests;
    document.events = report.events;
    document.samples = report.samples;
    document.kept = report.kept.as_ref().map(|path| path.display().to_string());
    let name = document.name.clone();
    document.verdicts =
        report.verdicts.iter().map(|v| verdict(v, &name, report.seed, run)).collect();
}

fn verdict(verdict: &ask::Verdict, scenario: &str, seed: u64, run: &Run) -> Verdict {
    let question = &verdict.question;
    let replay = || run.replay.command(scenario, seed, &question.place);
    Verdict {
        place: place(&question.place),
        why: question.why.clone(),
        query: question.expr.clone(),
        at: match question.form {
            Form::Instant(at) => At::Instant { at: rfc3339(at) },
            Form::Range { start_ms, end_ms, step_ms } => At::Range {
                start: rfc3339(start_ms),
                end: rfc3339(end_ms),
                step: words::span(step_ms),
            },
        },
        truth: question.fact.to_string(),
        window: words::span(question.window_ms),
        held: verdict.held(),
        points: verdict.finding.points,
        values: verdict.finding.values,
        broken: verdict.finding.broken,
        refused: verdict.refused.clone(),
        legend: verdict.misnamed.clone().map(|(shown, expected)| Legend { shown, expected }),
        remarks: verdict.remarks.clone(),
        judged_only_exactly: verdict.blind.clone(),
        breaches: verdict.finding.breaches.iter().map(breach).collect(),
        samples: verdict.evidence.as_ref().map(|evidence| {
            let name = |replica: u8, module: &str| format!("{module}/{replica}");
            let times = |times: &Vec<i64>| times.iter().map(|at| rfc3339(*at)).collect();
            let samples = evidence.samples.iter();
            samples
                .map(|(i, taken)| (name(i.replica, &i.module.to_string()), times(taken)))
                .collect::<BTreeMap<String, Vec<String>>>()
        }),
        replay: (!verdict.held()).then(replay),
    }
}

fn place(place: &question::Place) -> Place {
    Place {
        dashboard: place.dashboard.clone(),
        panel: place.panel.clone(),
        ref_id: place.ref_id.clone(),
        selection: place.selection.clone(),
    }
}

fn breach(breach: &judge::Breach) -> Breach {
    Breach {
        kind: words::breach(breach.kind).to_owned(),
        series: breach.labels.iter().cloned().collect(),
        at: rfc3339(breach.at_ms),
        observed: breach.observed.map(model::Figure),
        expected: match breach.expected {
            Some(Expected::Value { exact, real }) => Some(Expectation {
                exact: Some([exact.0, exact.1].map(model::Figure)),
                real: [real.0, real.1].map(model::Figure),
            }),
            Some(Expected::Legal { real, .. }) => {
                Some(Expectation { exact: None, real: [real.0, real.1].map(model::Figure) })
            }
            Some(Expected::Absent) | None => None,
        },
    }
}

fn rfc3339(unix_ms: i64) -> String {
    Timestamp::from_millisecond(unix_ms).map_or_else(|_| unix_ms.to_string(), |at| at.to_string())
}
