//! Alerts that did not do what a scenario expects, in full.

use std::fmt::Write as _;

use super::red::Lines;
use proof::{
    alert::AlertRule,
    verify::{
        ScenarioReport,
        alerts::{self, AlertVerdict, Expected},
    },
};
use rules::bracket::Lack;
use truth::fact::words::pairs;

use crate::report::{Outcome, Run, paint::Paint, words};

/// Lives that are listed.
const LISTED: usize = 4;

/// A broken verdict about an alert: the rule, what was expected, what it did, how to ask why.
pub(super) fn block(
    out: &mut String,
    (outcome, report): (&Outcome, &ScenarioReport),
    verdict: &AlertVerdict,
    run: &Run,
    paint: Paint,
) {
    let path = paint.strong(&format!("{}/{}", alerts::ALERTS, verdict.alert));
    let name = &outcome.scenario.name;
    let _ = writeln!(out, "{} {path} under {name}", paint.bad("✗"));
    let mut lines = Lines::new(out, paint);
    for rule in &verdict.rules {
        lines.line("rule", &place(rule));
        lines.line("query", &words::one_line(&rule.expr));
        lines.line("timing", &timing(rule));
    }
    let epoch_ms = outcome.scenario.epoch.as_millisecond();
    let since = |at: i64| words::span(at - epoch_ms);
    for expected in &verdict.expected {
        lines.line("expected", &expectation(expected, &since));
    }
    for wrong in &verdict.broken {
        lines.line("observed", &paint.bad(wrong));
    }
    for (labels, life) in verdict.fired.iter().take(LISTED) {
        let fires = life.firing_ms.map_or_else(String::new, since);
        let until = life.ended_ms.map_or_else(|| "the end".to_owned(), since);
        lines.line("fired", &format!("{fires} to {until} after the start: {labels}"));
    }
    if verdict.fired.len() > LISTED {
        lines
            .line("", &format!("and {} more", words::count((verdict.fired.len() - LISTED) as u64)));
    }
    let super::super::Stack { name: engine, version, .. } = &run.stack;
    let road = run.replay.road.name();
    lines.line("run", &format!("seed {}, {road} mode, {engine} {version}", report.seed));
    let replay = run.replay.command(name, report.seed, &alerts::place(&verdict.alert));
    lines.line("replay", &paint.strong(&replay));
}

/// Alert rules that do not do at their thresholds what their own expressions say; and, unless `brief`, how many cases
/// there are.
pub(super) fn brackets(out: &mut String, run: &Run, paint: Paint, brief: bool) {
    let report = match &run.brackets {
        None => return,
        Some(Err(error)) => {
            let _ =
                writeln!(out, "\n{} thresholds of alert rules: {error}", paint.bad("✗ not judged"));
            return;
        }
        Some(Ok(report)) => report,
    };
    let cases = || report.alerts.iter().flat_map(|alert| &alert.cases);
    let gaps = report.alerts.iter().map(|alert| alert.gaps().count()).sum::<usize>();
    if !brief {
        let cases = cases().count();
        let alerts = report.alerts.iter().filter(|alert| !alert.by_contract).count();
        let text = format!(
            "alert rules at their thresholds: {} of {alerts} rules and their contracts, {gaps} without a case: see `dashproof bracket`",
            words::counted(cases, "case"),
        );
        let _ = writeln!(out, "\n{}", paint.faint(&text));
    }
    for alert in report.alerts.iter().filter(|alert| !alert.held()) {
        let path = paint.strong(&format!("{}/{}", alerts::ALERTS, alert.alert));
        let of =
            if alert.by_contract { "the thresholds of its contract" } else { "its thresholds" };
        let _ = writeln!(out, "\n{} {path} at {of}", paint.bad("✗"));
        let mut lines = Lines::new(out, paint);
        for case in alert.cases.iter().filter(|case| !case.held()) {
            lines.line("case", &case.what.to_string());
            lines.line("expected", &case.expected.to_string());
            lines.line("observed", &paint.bad(&case.observed.to_string()));
        }
        for gap in alert.gaps().filter(|gap| gap.lack == Lack::Wrong) {
            lines.line("wrong", &paint.bad(&format!("{}: {}", gap.what, gap.reason)));
        }
        let by = if alert.by_contract { " --contracts" } else { "" };
        lines.line("replay", &paint.strong(&format!("dashproof bracket {}{by}", alert.alert)));
    }
}

/// `rules/alerts.yml:12, group slo`.
fn place(rule: &AlertRule) -> String {
    let line = rule.line.map_or_else(String::new, |line| format!(":{line}"));
    format!("{}{line}, group {}", rule.file.display(), rule.group)
}

fn timing(rule: &AlertRule) -> String {
    let mut text = format!("evaluated every {}", words::span(rule.evaluations.interval_ms));
    for (name, ms) in
        [("for", rule.timing.for_ms), ("keep_firing_for", rule.timing.keep_firing_for_ms)]
    {
        if ms > 0 {
            let _ = write!(text, ", {name} {}", words::span(ms));
        }
    }
    text
}

/// An expectation in words; `since` tells an instant as a span after the scenario's start.
pub(super) fn expectation(expected: &Expected, since: &impl Fn(i64) -> String) -> String {
    match expected {
        Expected::Fires { labels, from_ms, until_ms, resolved_ms, told } => {
            let mut text = format!("fires from {} on", since(*from_ms));
            if let Some(until) = until_ms {
                let _ = write!(text, ", by {}", since(*until));
            }
            if let Some(resolved) = resolved_ms {
                let _ = write!(text, ", resolved by {}", since(*resolved));
            }
            if !labels.is_empty() {
                let _ = write!(text, ", with {}", pairs(labels));
            }
            if let Some(told) = told {
                let _ = write!(text, ", notifies receiver {told}");
            }
            text
        }
        Expected::Silent => "silent".to_owned(),
        Expected::NothingElse => "nothing else fires".to_owned(),
        Expected::Always => "fires at every evaluation".to_owned(),
        Expected::Specified { evaluations } => {
            let n = words::counted(*evaluations, "evaluation");
            format!("what its contract says, at each of {n}")
        }
    }
}
