//! The report for people: a table, what is wrong in full, one line that says what it comes to.
//!
//! Called by `verify`; the same run gives the same text but for the seconds. Signs and words carry the meaning,
//! colours only repeat it.

mod alerts;
mod red;
mod table;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::{
    Conclusion, End, GRAFANA, Outcome, Run,
    group::{self, Doubt, Red, RedUnder, Subject},
    paint::Paint,
    words,
};
use prom::problem::{Problem, Severity};
use proof::verify::{
    ScenarioReport,
    alerts::{AlertVerdict, Expected},
    wiring::Wiring,
};

/// How many places a remark names.
const NAMED: usize = 3;

/// The report; `brief` leaves out the table and everything that is as it should be.
#[must_use]
pub fn text(run: &Run, paint: Paint, brief: bool) -> String {
    let mut out = String::new();
    if !brief {
        let stack = &run.stack;
        let _ = writeln!(out, "{}", stack.engine);
        let chosen = format!("stack: {}: {}; judged {}", stack.chosen, stack.why, stack.judged());
        let _ = writeln!(out, "{}", paint.faint(&chosen));
        let _ = writeln!(out, "{}\n", paint.faint(&format!("Grafana: {GRAFANA}")));
        out.push_str(&table::table(run, paint));
        notes(&mut out, run, paint);
    }
    problems(&mut out, run, paint, brief);
    let reds = group::reds(run);
    for red in &reds {
        out.push('\n');
        red::block(&mut out, red.subject, &red.under, run, paint);
    }
    for (outcome, report, _) in run.judged() {
        for verdict in report.alerts.iter().filter(|verdict| !verdict.held()) {
            out.push('\n');
            alerts::block(&mut out, (outcome, report), verdict, run, paint);
        }
    }
    wiring(&mut out, run, paint);
    alerts::brackets(&mut out, run, paint, brief);
    let doubts = group::doubts(run);
    unproven(&mut out, &doubts, run, paint);
    remarks(&mut out, run, paint);
    not_judged(&mut out, run, paint);
    if !out.is_empty() {
        out.push('\n');
    }
    last_line(&mut out, run, &reds, &doubts, paint);
    out
}

/// A red subject under one scenario in full, without colours, for reports that hold text.
#[must_use]
pub fn red(subject: Subject<'_>, under: &RedUnder<'_>, run: &Run) -> String {
    let mut out = String::new();
    red::block(&mut out, subject, std::slice::from_ref(under), run, Paint::PLAIN);
    out
}

/// A broken verdict about an alert in full, without colours, for reports that hold text.
#[must_use]
pub fn alert(of: (&Outcome, &ScenarioReport), verdict: &AlertVerdict, run: &Run) -> String {
    let mut out = String::new();
    alerts::block(&mut out, of, verdict, run, Paint::PLAIN);
    out
}

/// An expectation of an alert in words; `since` tells an instant as a span after the scenario's start.
#[must_use]
pub fn expectation(expected: &Expected, since: &impl Fn(i64) -> String) -> String {
    alerts::expectation(expected, since)
}

fn notes(out: &mut String, run: &Run, paint: Paint) {
    let mut notes = Vec::new();
    let everywhere = changed_everywhere(run);
    notes.extend(everywhere.iter().map(|what| format!("configuration changed in {what}")));
    for outcome in &run.outcomes {
        let name = &outcome.scenario.name;
        for incident in &outcome.cut {
            let at = words::span(incident.at.as_millis() as i64);
            let lasts = words::span(incident.lasts.as_millis() as i64);
            let what = incident.kind.title();
            notes.push(format!("{name}: cut by --duration: {what} at {at} for {lasts}"));
        }
        match &outcome.end {
            End::NotRun { needs, remedy, .. } => {
                notes.push(format!("{name}: not run, needs {needs}: {remedy}"));
            }
            End::Judged { report, .. } => {
                let own = report.changed.iter().filter(|what| !everywhere.contains(what.as_str()));
                notes.extend(own.map(|what| format!("{name}: configuration changed in {what}")));
                let mut blinds: BTreeMap<&str, usize> = BTreeMap::new();
                for blind in report.verdicts.iter().filter_map(|v| v.blind.as_deref()) {
                    *blinds.entry(blind).or_default() += 1;
                }
                for (why, n) in blinds {
                    let n = words::counted(n, "answer");
                    notes.push(format!(
                        "{name}: part of {n} was not compared with the real events: {why}"
                    ));
                }
                let wiring = report.wiring.iter().filter(|wiring| wiring.held());
                let parts: Vec<String> =
                    wiring.map(|wiring| format!("{}: {}", wiring.part, wiring.compared)).collect();
                if !parts.is_empty() {
                    notes.push(format!("{name}: {}", parts.join(" · ")));
                }
                notes.extend(report.remarks.iter().map(|remark| format!("{name}: {remark}")));
                if let Some(kept) = &report.kept {
                    notes.push(format!("{name}: kept {}", kept.display()));
                }
            }
            End::NotJudged { .. } | End::Interrupted => {}
        }
    }
    let silent: Vec<&str> = run
        .judged()
        .filter(|(_, report, _)| report.alerts.is_empty())
        .map(|(outcome, _, _)| outcome.scenario.name.as_str())
        .collect();
    if !run.alerts.is_empty() && !silent.is_empty() {
        notes.push(format!(
            "alerts not judged under {}: the scenario expects nothing of them, or it was cut",
            silent.join(", ")
        ));
    }
    if !run.whole && run.judged().any(|(_, report, _)| !report.alerts.is_empty()) {
        notes.push(
            "to see which alert rules are proven, run all scenarios: `dashproof verify` without names, --only and --duration".to_owned(),
        );
    }
    if !notes.is_empty() {
        out.push('\n');
    }
    for note in notes {
        let _ = writeln!(out, "{}", paint.faint(&note));
    }
}

/// What the configuration was changed in under every scenario, where there are several.
fn changed_everywhere(run: &Run) -> BTreeSet<&str> {
    let mut all = run.judged().map(|(_, report, _)| -> BTreeSet<&str> {
        report.changed.iter().map(String::as_str).collect()
    });
    let first = all.next().unwrap_or_default();
    let mut n_others = 0;
    let common = all.fold(first, |common, other| {
        n_others += 1;
        common.intersection(&other).copied().collect()
    });
    if n_others == 0 { BTreeSet::new() } else { common }
}

fn problems(out: &mut String, run: &Run, paint: Paint, brief: bool) {
    let (errors, warnings): (Vec<&Problem>, Vec<&Problem>) =
        run.problems.iter().partition(|problem| problem.severity == Severity::Error);
    if !errors.is_empty() {
        out.push('\n');
    }
    for error in errors {
        let _ = writeln!(out, "{} {}", paint.bad("✗"), error.coded());
    }
    if !warnings.is_empty() && !brief {
        let n = words::counted(warnings.len(), "warning");
        let text = format!("{n} about the files: see `dashproof check`");
        let _ = writeln!(out, "\n{}", paint.faint(&text));
    }
}

/// What is wrong between modules, servers and people.
fn wiring(out: &mut String, run: &Run, paint: Paint) {
    for (outcome, report, _) in run.judged() {
        for wiring in report.wiring.iter().filter(|wiring| !wiring.held()) {
            let subject = paint.strong(&format!("wiring/{}", wiring.part));
            let name = &outcome.scenario.name;
            let _ = writeln!(out, "\n{} {subject} under {name}", paint.bad("✗"));
            for line in &wiring.broken {
                let _ = writeln!(out, "    {line}");
            }
        }
    }
}

fn unproven(out: &mut String, doubts: &[Doubt<'_>], run: &Run, paint: Paint) {
    let judged = run.judged().count();
    if !doubts.is_empty() {
        out.push('\n');
    }
    for doubt in doubts {
        let path = paint.strong(&doubt.subject.path());
        let _ = write!(out, "{} {path} {}", paint.doubt("? unproven"), doubt.reason);
        if doubt.scenarios.len() < judged {
            let names: Vec<&str> = doubt.scenarios.iter().copied().collect();
            let _ = write!(out, " (under {})", names.join(", "));
        }
        out.push('\n');
    }
}

fn remarks(out: &mut String, run: &Run, paint: Paint) {
    let remarks = group::remarks(run);
    if !remarks.is_empty() {
        out.push('\n');
    }
    for (remark, subjects) in remarks {
        let named: Vec<String> =
            subjects.iter().take(NAMED).map(|subject| subject.path()).collect();
        let more = match subjects.len().saturating_sub(NAMED) {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let places = format!("{}{more}", named.join(", "));
        let _ = writeln!(out, "{} {remark}: {places}", paint.doubt("! Prometheus remarks"));
    }
}

fn not_judged(out: &mut String, run: &Run, paint: Paint) {
    for outcome in &run.outcomes {
        if let End::NotJudged { error, remedy } = &outcome.end {
            let name = paint.strong(&outcome.scenario.name);
            let _ = writeln!(out, "\n{} {name}: {error}", paint.bad("✗ not judged"));
            for line in remedy.lines() {
                let _ = writeln!(out, "    {line}");
            }
        }
    }
    let played: Vec<&str> =
        run.judged().map(|(outcome, _, _)| outcome.scenario.name.as_str()).collect();
    if !played.is_empty() && !run.judged_anything() {
        let sign = paint.bad("✗ nothing was judged");
        let under = played.join(", ");
        let _ = writeln!(out, "\n{sign}: no panel, rule or alert was judged under {under}");
        let _ = writeln!(
            out,
            "    widen --only, or play another scenario: alerts are judged only where a scenario expects something of them"
        );
    }
}

fn last_line(out: &mut String, run: &Run, reds: &[Red<'_>], doubts: &[Doubt<'_>], paint: Paint) {
    let asked: BTreeSet<Subject<'_>> = run
        .judged()
        .flat_map(|(_, report, _)| &report.verdicts)
        .map(|verdict| Subject::at(&verdict.question.place))
        .collect();
    let points: usize = run
        .judged()
        .flat_map(|(_, report, _)| &report.verdicts)
        .map(|verdict| verdict.finding.points)
        .sum();
    let (judged, of) = (run.judged().count(), run.outcomes.len());
    let scenarios = words::counted(judged, "scenario");
    let mut parts = vec![format!(
        "{} under {scenarios}, {}",
        match asked.len() {
            1 => "1 query".to_owned(),
            n => format!("{n} queries"),
        },
        words::counted(points, "point")
    )];
    let alerts: BTreeSet<&str> = run
        .judged()
        .flat_map(|(_, report, _)| &report.alerts)
        .map(|verdict| verdict.alert.as_str())
        .collect();
    let mut red_alerts: BTreeSet<&str> = BTreeSet::new();
    let mut under: BTreeSet<&str> = BTreeSet::new();
    for (outcome, report, _) in run.judged() {
        for verdict in report.alerts.iter().filter(|verdict| !verdict.held()) {
            red_alerts.insert(&verdict.alert);
            under.insert(&outcome.scenario.name);
        }
    }
    let red_under =
        reds.iter().flat_map(|red| &red.under).map(|under| under.outcome.scenario.name.as_str());
    under.extend(red_under);
    match (alerts.len(), red_alerts.len()) {
        (0, _) => {}
        (n, 0) => parts.insert(0, words::counted(n, "alert")),
        (n, red) => parts.insert(0, format!("{red} of {}", words::counted(n, "alert"))),
    }
    let wires = || run.judged().flat_map(|(_, report, _)| &report.wiring);
    match (wires().count(), wires().filter(|wiring| !wiring.held()).count()) {
        (0, _) => {}
        (n, 0) if under.is_empty() => parts.insert(0, format!("{n} parts of the wiring")),
        (n, red) => parts.insert(0, format!("{red} of {n} parts of the wiring")),
    }
    for (outcome, report, _) in run.judged() {
        if !report.wiring.iter().all(Wiring::held) {
            under.insert(&outcome.scenario.name);
        }
    }
    if !under.is_empty() {
        let (red, asked, under) = (reds.len(), asked.len(), under.len());
        let last = parts.len() - 1;
        parts[last] = format!("{red} of {asked} queries, under {under} of {scenarios}");
    }
    let ends = |is: fn(&End) -> bool| run.outcomes.iter().filter(|o| is(&o.end)).count();
    for (n, what) in [
        (run.errors(), "errors in files"),
        (doubts.len(), "unproven"),
        (ends(|end| matches!(end, End::NotJudged { .. })), "not judged"),
        (ends(|end| matches!(end, End::NotRun { .. })), "not run"),
    ] {
        if n > 0 {
            parts.push(format!("{n} {what}"));
        }
    }
    let conclusion = run.conclusion();
    let word = match conclusion {
        Conclusion::Held => paint.good("✓ held"),
        Conclusion::Broke => paint.bad("✗ broken"),
        Conclusion::NotJudged => paint.bad("✗ not judged"),
        Conclusion::Interrupted => {
            parts.insert(0, format!("{judged} of {} judged", words::counted(of, "scenario")));
            paint.doubt("interrupted")
        }
    };
    let parts = parts.join(" · ").replace("1 errors", "1 error");
    let _ = writeln!(out, "{word}: {parts} · exit {}", conclusion.exit_code());
}
