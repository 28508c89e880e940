//! The report for people.

use super::model::{
    AlertsReport, IncidentReport, Quantiles, RuleReport, SettingReport, TrialReport,
};
use prom::duration;
use rules::campaign::interval::Estimate;

use crate::report::{paint::Paint, words};

/// The report.
#[must_use]
pub fn text(report: &AlertsReport, paint: Paint) -> String {
    let mut parts = vec![head(report, paint)];
    match &report.sweep {
        Some(_) => parts.push(sweep(report, paint)),
        None => {
            parts.push(rules(report, paint));
            parts.push(noticed(report, paint));
            parts.push(unnoticed(report, paint));
        }
    }
    parts.push(by_prometheus(report, paint));
    parts.push(full_rate(report, paint));
    parts.push(findings(report, paint));
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

fn head(report: &AlertsReport, paint: Paint) -> String {
    let settings = &report.settings;
    let runs = match report.interrupted {
        true => paint.doubt(&format!(
            "interrupted: {} of {} runs are complete",
            report.complete, report.planned
        )),
        false => words::counted(report.complete, "run"),
    };
    format!(
        "{}\n{runs}: {} of {}{} and {} of each severity of {}{}; {} requests, {} rule evaluations\n\
         samples of modules every {}, `up` as configured; nothing is judged in the first {} of a run\n",
        report.engine,
        words::counted(settings.days as usize, "ordinary day"),
        settings.span,
        traffic(&report.ran.days),
        words::counted(settings.trials as usize, "trial"),
        words::counted(settings.incidents.len(), "incident"),
        // What is the same is said once.
        if report.ran.trials == report.ran.days {
            String::new()
        } else {
            traffic(&report.ran.trials)
        },
        words::count(report.requests),
        words::count(report.evaluations),
        settings.scrape,
        settings.warm_up,
    )
}

fn traffic(profiles: &[&str]) -> String {
    if profiles.is_empty() { String::new() } else { format!(" ({})", profiles.join(", ")) }
}

fn rules(report: &AlertsReport, paint: Paint) -> String {
    let heads = [
        "ordinary days",
        "false alarms/week",
        "[95 %]",
        "days",
        "of time",
        "value nearest to firing (threshold)",
    ];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    rows.extend(report.rules.iter().map(|rule| {
        let normal = &rule.normal;
        let with = normal.days_with.map_or(0.0, |share| share.value * normal.days as f64);
        vec![
            rule.name.clone(),
            normal.per_week.map_or("-".to_owned(), |rate| short(rate.value)),
            normal.per_week.map_or(String::new(), bounds),
            format!("{}/{}", with.round(), normal.days),
            percent(normal.share_of_time),
            furthest(rule),
        ]
    }));
    table(&rows, paint)
}

/// What came nearest to the threshold, beside it.
fn furthest(rule: &RuleReport) -> String {
    let shown = rule.operands.iter().filter_map(|operand| {
        let found = operand.furthest?;
        let name =
            if operand.name == "threshold" { String::new() } else { format!("{}: ", operand.name) };
        Some(format!("{name}{} ({} {})", short(found), operand.relation, operand.value))
    });
    shown.collect::<Vec<_>>().join("; ")
}

fn noticed(report: &AlertsReport, paint: Paint) -> String {
    let heads = [
        "incident", "severity", "rule", "notices", "[95 %]", "after", "p95", "resolves", "p95",
        "again",
    ];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for incident in &report.incidents {
        let mut first = true;
        for (rule, trial) in of_incident(report, incident) {
            let Some(detection) = trial.detection.filter(|found| 0.0 < found.value) else {
                continue;
            };
            let mut row = if first {
                vec![incident.incident.name().to_owned(), incident.severity.to_owned()]
            } else {
                vec![String::new(), String::new()]
            };
            first = false;
            row.push(rule.name.clone());
            row.push(percent(detection.value));
            row.push(percents(detection));
            row.extend(seconds(trial.delay));
            row.extend(if 0 < trial.unresolved && trial.resolution.is_none() {
                ["not seen".to_owned(), String::new()]
            } else {
                seconds(trial.resolution)
            });
            row.push(trial.flapping.map_or(String::new(), |share| match share.value {
                0.0 => "-".to_owned(),
                value => percent(value),
            }));
            rows.push(row);
        }
    }
    if rows.len() == 1 { String::new() } else { table(&rows, paint) }
}

fn of_incident<'a>(
    report: &'a AlertsReport,
    incident: &'a IncidentReport,
) -> impl Iterator<Item = (&'a RuleReport, &'a TrialReport)> {
    report.rules.iter().filter_map(move |rule| {
        let trial = rule.trials.iter().find(|trial| {
            (trial.incident, trial.severity) == (incident.incident, incident.severity)
        })?;
        Some((rule, trial))
    })
}

fn unnoticed(report: &AlertsReport, paint: Paint) -> String {
    let heads = ["on call", "severity", "any rule", "[95 %]", "alerts", "notifications"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    let mut before = None;
    for incident in &report.incidents {
        let name = if before == Some(incident.incident) { "" } else { incident.incident.name() };
        before = Some(incident.incident);
        rows.push(vec![
            name.to_owned(),
            incident.severity.to_owned(),
            incident.detection.map_or(String::new(), |share| percent(share.value)),
            incident.detection.map_or(String::new(), percents),
            short(incident.alerts),
            short(incident.notifications),
        ]);
    }
    if rows.len() == 1 { String::new() } else { table(&rows, paint) }
}

fn sweep(report: &AlertsReport, paint: Paint) -> String {
    let Some(sweep) = &report.sweep else { return String::new() };
    let axes: Vec<&String> =
        sweep.settings.iter().rev().take(1).flat_map(|setting| setting.set.keys()).collect();
    let mut heads: Vec<String> = axes.iter().map(|name| (*name).clone()).collect();
    let fixed = ["false alarms/week", "[95 %]", "notices", "[95 %]", "severest", "after", "p95"];
    heads.extend(fixed.map(str::to_owned));
    let row = |setting: &SettingReport| {
        let mut row: Vec<String> = axes
            .iter()
            .map(|name| setting.set.get(*name).cloned().unwrap_or_else(|| "as written".to_owned()))
            .collect();
        row.push(setting.per_week.map_or("-".to_owned(), |rate| short(rate.value)));
        row.push(setting.per_week.map_or(String::new(), bounds));
        row.push(setting.detection.map_or("-".to_owned(), |share| percent(share.value)));
        row.push(setting.detection.map_or(String::new(), percents));
        row.push(setting.severest.map_or("-".to_owned(), |share| percent(share.value)));
        row.extend(seconds(setting.delay));
        row
    };
    let mut rows = vec![heads];
    rows.extend(sweep.settings.iter().map(row));
    let about: Vec<&str> = sweep.incidents.iter().map(|trouble| trouble.name()).collect();
    let about = if about.is_empty() { "no incident".to_owned() } else { about.join(", ") };
    format!("{} is about: {about}\n{}", paint.strong(&sweep.rule), table(&rows, paint))
}

fn by_prometheus(report: &AlertsReport, paint: Paint) -> String {
    let found = &report.by_prometheus;
    let all = found.runs == report.complete;
    let mut text = format!("evaluated by Prometheus: {}", words::counted(found.runs, "run"));
    if !all {
        text += match report.full_rate.len() {
            0 => ", the first of each kind".to_owned(),
            n => format!(", the first of each kind, and {n} of them again at the full scrape rate"),
        }
        .as_str();
    }
    if found.compared > 0 {
        let outcome = match found.differences.len() {
            0 => "none differs".to_owned(),
            n => paint.bad(&words::counted(n, "difference")),
        };
        let compared = words::counted(found.compared, "answer");
        text += &format!("; compared with dashproof's own evaluation: {compared}, {outcome}");
    }
    text.push('\n');
    for difference in &found.differences {
        text += &format!("  {}\n", paint.bad(difference));
    }
    if !all && !found.always.is_empty() {
        let always = found.always.join("`, `");
        text += &format!(
            "evaluated by Prometheus in every run, because Dashproof cannot evaluate them: `{always}`\n"
        );
    }
    text
}

fn full_rate(report: &AlertsReport, paint: Paint) -> String {
    let lines = report.full_rate.iter().map(|run| {
        let mut line = format!(
            "at the full scrape rate, {}: {} the same transitions\n",
            run.run,
            words::counted(run.same, "rule") + if run.same == 1 { " has" } else { " have" }
        );
        for difference in &run.differing {
            let what = match difference.apart {
                Some(apart) => format!("at most {} apart", clock(apart)),
                None => format!(
                    "fired {} times, at the full rate {}",
                    difference.fired, difference.fired_at_full_rate
                ),
            };
            line += &format!("  {} {what}\n", paint.doubt(&difference.rule));
        }
        line
    });
    lines.collect()
}

fn findings(report: &AlertsReport, paint: Paint) -> String {
    let lines = report.findings.iter().map(|finding| {
        let sign = if finding.kind.is_wrong() { paint.bad("✗") } else { paint.doubt("?") };
        let line = finding.line.map(|line| format!(":{line}")).unwrap_or_default();
        let place = format!("{}{line}", finding.file.display());
        format!("{sign} {place}: {}: {}\n", finding.rule, finding.message)
    });
    lines.collect()
}

fn bounds(estimate: Estimate) -> String {
    format!("[{}, {}]", short(estimate.low), short(estimate.high))
}

fn percents(estimate: Estimate) -> String {
    format!("[{:.0}, {:.0}]", 100.0 * estimate.low, 100.0 * estimate.high)
}

fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    match percent {
        0.0 => "0 %".to_owned(),
        small if small < 1.0 => format!("{small:.2} %"),
        other => format!("{other:.0} %"),
    }
}

/// Three significant digits.
fn short(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let rounded: f64 = format!("{value:.2e}").parse().unwrap_or(value);
    rounded.to_string()
}

fn clock(seconds: f64) -> String {
    duration::format((seconds * 1000.0).round() as i64)
}

fn seconds(quantiles: Option<Quantiles>) -> [String; 2] {
    // Evaluations lie seconds apart; milliseconds would only distract.
    let clock = |seconds: f64| clock(seconds.round());
    quantiles.map_or_else(Default::default, |found| [clock(found.median), clock(found.p95)])
}

/// Columns under each other, the first row as heads.
fn table(rows: &[Vec<String>], paint: Paint) -> String {
    let n_columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|t| t.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..n_columns).map(width).collect();
    let mut text = String::new();
    for (nth, row) in rows.iter().enumerate() {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        let line = line.trim_end();
        text += &if nth == 0 { paint.faint(line) } else { line.to_owned() };
        text.push('\n');
    }
    text
}
