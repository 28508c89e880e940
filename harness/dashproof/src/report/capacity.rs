//! What a capacity measurement found, as text and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{paint::Paint, words};
use rules::capacity::{CapacityReport, Exceeds, GroupCost, PanelCost, Scale, exceeds};

/// What may be spent.
#[derive(Clone, Copy, Debug)]
pub struct Budgets {
    /// The share of its interval that a rule group may take.
    pub group: f64,
    /// Seconds that a look at a panel's target may take.
    pub panel: f64,
}

/// Panels that are listed, the slowest.
const LISTED: usize = 12;
/// Width of a figure.
const FIGURE: usize = 10;

/// Whether everything stays within its budget at the largest scale.
#[must_use]
pub fn fits(report: &CapacityReport, budgets: Budgets) -> bool {
    let unmet = |exceeds: Exceeds| !matches!(exceeds, Exceeds::NotUpTo(_));
    !groups(report, budgets).into_iter().any(|(_, found)| unmet(found))
        && !panels(report, budgets).into_iter().any(|(_, found)| unmet(found))
}

/// Each group with its costs at every scale, and where it exceeds its budget.
fn groups(report: &CapacityReport, budgets: Budgets) -> Vec<(Vec<&GroupCost>, Exceeds)> {
    let n_groups = report.scales.first().map_or(0, |scale| scale.groups.len());
    (0..n_groups)
        .map(|nth| {
            let costs: Vec<&GroupCost> = report.scales.iter().map(|s| &s.groups[nth]).collect();
            let seconds = |cost: &GroupCost| {
                if cost.failed.is_empty() { cost.full_seconds } else { f64::INFINITY }
            };
            let points: Vec<(f64, f64)> = report
                .scales
                .iter()
                .zip(&costs)
                .map(|(scale, cost)| (f64::from(scale.factor), seconds(cost)))
                .collect();
            let budget = costs[0].interval_ms as f64 / 1000.0 * budgets.group;
            let found = exceeds(&points, budget);
            (costs, found)
        })
        .collect()
}

/// Each target with its costs at every scale, and where it exceeds its budget; the slowest first.
fn panels(report: &CapacityReport, budgets: Budgets) -> Vec<(Vec<&PanelCost>, Exceeds)> {
    let n_panels = report.scales.first().map_or(0, |scale| scale.panels.len());
    let mut found: Vec<(Vec<&PanelCost>, Exceeds)> = (0..n_panels)
        .map(|nth| {
            let costs: Vec<&PanelCost> = report.scales.iter().map(|s| &s.panels[nth]).collect();
            let points: Vec<(f64, f64)> = report
                .scales
                .iter()
                .zip(&costs)
                .map(|(scale, cost)| (f64::from(scale.factor), cost.seconds))
                .collect();
            let exceeds = exceeds(&points, budgets.panel);
            (costs, exceeds)
        })
        .collect();
    let slowest = |costs: &[&PanelCost]| costs.last().map_or(0.0, |cost| cost.seconds);
    found.sort_by(|(one, _), (other, _)| slowest(other).total_cmp(&slowest(one)));
    found
}

/// The report for people.
#[must_use]
pub fn text(report: &CapacityReport, budgets: Budgets, paint: Paint) -> String {
    let mut out = String::new();
    let (scenario, span) = &report.scenario;
    let span = words::span(span.as_millis() as i64);
    let _ = writeln!(out, "{span} of {scenario}, stored with more {}\n", report.growth);
    let scales: Vec<String> = report.scales.iter().map(|s| format!("{}x", s.factor)).collect();
    head(&mut out, "Prometheus", &scales, "", paint);
    let mut figures = |name: &str, of: fn(&Scale) -> String| {
        row(&mut out, name, report.scales.iter().map(of), "");
    };
    figures("series", |s| words::count(s.series as u64));
    figures("samples", |s| words::count(s.samples as u64));
    figures("memory when loaded, MB", |s| format!("{:.0}", s.memory_loaded / 1e6));
    figures("memory when asked, MB", |s| format!("{:.0}", s.memory_asked / 1e6));
    figures("data on disk, MB", |s| format!("{:.0}", s.disk as f64 / 1e6));
    let title = "Rule groups: seconds for one evaluation, with full windows";
    head(&mut out, title, &scales, "exceeds", paint);
    for (costs, found) in groups(report, budgets) {
        let name = format!("{} (every {})", costs[0].group, words::span(costs[0].interval_ms));
        let of = |cost: &&GroupCost| match cost.failed.is_empty() {
            true => seconds(cost.full_seconds),
            false => "failed".to_owned(),
        };
        row(&mut out, &name, costs.iter().map(of), &verdict(found, paint));
        for (rule, said) in costs.iter().flat_map(|cost| &cost.failed) {
            let _ = writeln!(out, "    {}", paint.bad(&format!("{rule}: {said}")));
        }
    }
    let all = panels(report, budgets);
    let title = format!(
        "Panels: seconds to load one, the slowest {} of {}",
        LISTED.min(all.len()),
        all.len()
    );
    head(&mut out, &title, &scales, "exceeds", paint);
    for (costs, found) in all.iter().take(LISTED) {
        let place = &costs[0].place;
        let name = format!("{}/{} {}", place.dashboard, place.panel, place.ref_id);
        let of = |cost: &&PanelCost| match cost.failed {
            None => seconds(cost.seconds),
            Some(_) => "failed".to_owned(),
        };
        row(&mut out, &name, costs.iter().map(of), &verdict(*found, paint));
        for said in costs.iter().filter_map(|cost| cost.failed.as_ref()) {
            let _ = writeln!(out, "    {}", paint.bad(said));
        }
    }
    let share = budgets.group * 100.0;
    let _ = writeln!(
        out,
        "\nBudgets: {share:.0} % of a group's interval, {} s for a panel. Costs of windows longer than {span} are extrapolated.",
        budgets.panel
    );
    let _ = writeln!(
        out,
        "{}",
        if fits(report, budgets) {
            paint.good("✓ within budget at every scale")
        } else {
            paint.bad("✗ over budget: see `exceeds`")
        }
    );
    out
}

fn head(out: &mut String, title: &str, scales: &[String], last: &str, paint: Paint) {
    if !out.ends_with("\n\n") {
        out.push('\n');
    }
    let mut line = format!("{title:56}");
    for scale in scales {
        let _ = write!(line, " {scale:>FIGURE$}");
    }
    let _ = writeln!(out, "{}", paint.faint(format!("{line}  {last}").trim_end()));
}

fn row(out: &mut String, name: &str, figures: impl Iterator<Item = String>, last: &str) {
    let _ = write!(out, "  {name:54}");
    for figure in figures {
        let _ = write!(out, " {figure:>FIGURE$}");
    }
    let _ = writeln!(out, "{}", if last.is_empty() { String::new() } else { format!("  {last}") });
}

fn verdict(exceeds: Exceeds, paint: Paint) -> String {
    match exceeds {
        Exceeds::NotUpTo(_) => paint.good(&exceeds.to_string()),
        Exceeds::At(_) | Exceeds::FromTheStart => paint.bad(&exceeds.to_string()),
    }
}

fn seconds(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 0.1 => format!("{seconds:.4}"),
        seconds if seconds < 10.0 => format!("{seconds:.2}"),
        seconds => format!("{seconds:.0}"),
    }
}

/// The report for programs.
#[must_use]
pub fn json(report: &CapacityReport, budgets: Budgets) -> String {
    let number = |value: f64| if value.is_finite() { json!(value) } else { Value::Null };
    let at = |found: Exceeds| match found {
        Exceeds::FromTheStart => json!({ "at": report.scales.first().map(|s| s.factor) }),
        Exceeds::At(scale) => json!({ "at": scale }),
        Exceeds::NotUpTo(scale) => json!({ "not_up_to": scale }),
    };
    let scales: Vec<Value> = report
        .scales
        .iter()
        .map(|scale| {
            json!({
                "factor": scale.factor,
                "series": scale.series,
                "samples": scale.samples,
                "memory_loaded_bytes": number(scale.memory_loaded),
                "memory_asked_bytes": number(scale.memory_asked),
                "disk_bytes": scale.disk,
            })
        })
        .collect();
    let groups: Vec<Value> = groups(report, budgets)
        .into_iter()
        .map(|(costs, found)| {
            json!({
                "group": costs[0].group,
                "interval_seconds": costs[0].interval_ms as f64 / 1000.0,
                "seconds": costs.iter().map(|cost| number(cost.seconds)).collect::<Vec<_>>(),
                "seconds_windows_full": costs.iter().map(|cost| number(cost.full_seconds)).collect::<Vec<_>>(),
                "samples": costs.iter().map(|cost| cost.samples).collect::<Vec<_>>(),
                "failed": costs.iter().flat_map(|cost| &cost.failed).map(|(rule, said)| json!({ "rule": rule, "error": said })).collect::<Vec<_>>(),
                "exceeds": at(found),
            })
        })
        .collect();
    let panels: Vec<Value> = panels(report, budgets)
        .into_iter()
        .map(|(costs, found)| {
            json!({
                "dashboard": costs[0].place.dashboard,
                "panel": costs[0].place.panel,
                "ref_id": costs[0].place.ref_id,
                "seconds": costs.iter().map(|cost| number(cost.seconds)).collect::<Vec<_>>(),
                "samples": costs.iter().map(|cost| cost.samples).collect::<Vec<_>>(),
                "exceeds": at(found),
            })
        })
        .collect();
    let document = json!({
        "schema": 1,
        "scenario": report.scenario.0,
        "span": words::span(report.scenario.1.as_millis() as i64),
        "growth": report.growth.to_string(),
        "budgets": { "group_share_of_interval": budgets.group, "panel_seconds": budgets.panel },
        "fits": fits(report, budgets),
        "scales": scales,
        "groups": groups,
        "panels": panels,
    });
    serde_json::to_string_pretty(&document).expect("its maps have text keys") + "\n"
}
