//! The report as one page: what it comes to, what broke with its plots, what held on demand, and what it rests on.
//!
//! One self-contained file without any network: it is evidence on its own. The same run gives the same page; nothing of
//! the wall clock is in it. Everything that comes from files of others is escaped.

mod escape;
mod held;
mod lanes;
mod matrix;
mod plot;

use std::{collections::BTreeMap, fmt::Write as _};

use proof::verify::{ScenarioReport, picture::Picture};
use truth::fact::words::pairs;

use self::{escape::escape, held::Plots};
use super::{
    Conclusion, Outcome, Run,
    group::{self, Subject},
    paint::Paint,
    text, words,
};

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// The page.
#[must_use]
pub fn html(run: &Run) -> String {
    let mut plots = Plots::default();
    let mut out = String::new();
    let (sign, class, word) = match run.conclusion() {
        Conclusion::Held => ("✓", "good", "held"),
        Conclusion::Broke => ("✗", "bad", "broken or unproven"),
        Conclusion::NotJudged => ("?", "doubt", "not judged"),
        Conclusion::Interrupted => ("?", "doubt", "interrupted"),
    };
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{sign} Dashproof: {word}</title>\n<style>\n{STYLE}</style></head><body>\n\
         <h1>Dashproof</h1>\n<p class=\"verdict {class}\">{sign} {word}</p>\n"
    );
    summary(&mut out, run);
    out.push_str("<h2>Scenarios</h2>\n<div class=\"scroll\">\n");
    out.push_str(&matrix::table(run));
    out.push_str("</div>\n");
    broken(&mut out, run);
    unproven(&mut out, run);
    out.push_str("<h2>What was judged</h2>\n");
    for (outcome, report, _) in run.judged() {
        scenario(&mut out, outcome, report, &mut plots);
    }
    out.push_str("<h2>The whole report as text</h2>\n<details><summary>show</summary>\n<pre>");
    out.push_str(&escape(&text::text(run, Paint::PLAIN, true)));
    out.push_str("</pre></details>\n");
    let blob = plots.blob();
    let _ = write!(
        out,
        "<script type=\"text/plain\" id=\"plots\">{blob}</script>\n<script>\n{SCRIPT}</script>\n</body></html>\n"
    );
    out
}

fn summary(out: &mut String, run: &Run) {
    let reports = || run.judged().map(|(_, report, _)| report);
    let points: usize =
        reports().flat_map(|report| &report.verdicts).map(|verdict| verdict.finding.points).sum();
    let answers: usize = reports().map(|report| report.verdicts.len()).sum();
    let alerts: usize = reports().map(|report| report.alerts.len()).sum();
    let _ = writeln!(
        out,
        "<p>{} judged: {} with {}, {}.</p>",
        words::counted(run.judged().count(), "scenario"),
        words::counted(answers, "answer"),
        words::counted(points, "point"),
        words::counted(alerts, "alert verdict"),
    );
    let stack = &run.stack;
    let seeds: Vec<String> = reports().map(|r| format!("{} {}", r.scenario, r.seed)).collect();
    let rows = [
        ("engine", format!("{} {} ({})", stack.name, stack.version, stack.chosen)),
        ("judged", stack.judged().to_owned()),
        ("Grafana", super::GRAFANA.to_owned()),
        ("mode", run.replay.road.name().to_owned()),
        ("Dashproof", env!("CARGO_PKG_VERSION").to_owned()),
        ("seeds", seeds.join(", ")),
    ];
    out.push_str("<details><summary>What this rests on</summary><table>\n");
    for (name, value) in rows {
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{name}</th><td style=\"white-space:normal\">{}</td></tr>",
            escape(&value)
        );
    }
    out.push_str("</table>\n<ul>\n");
    let mut changed: Vec<&str> =
        reports().flat_map(|report| &report.changed).map(String::as_str).collect();
    changed.sort_unstable();
    changed.dedup();
    for what in changed {
        let _ = writeln!(out, "<li>configuration changed in {}</li>", escape(what));
    }
    out.push_str("</ul></details>\n");
}

fn broken(out: &mut String, run: &Run) {
    let reds = group::reds(run);
    let alerts = || {
        run.judged().flat_map(|(outcome, report, _)| {
            let red = report.alerts.iter().filter(|verdict| !verdict.held());
            red.map(move |verdict| (outcome, report, verdict))
        })
    };
    if reds.is_empty() && alerts().next().is_none() {
        return;
    }
    out.push_str(
        "<h2 id=\"broken\">Broken</h2>\n<p class=\"faint\">In a plot, a solid line is what is shown. A dashed line is what \
         Prometheus' arithmetic gives for what happened. A band is what the real events permit. Shaded times are \
         incidents. ✗ and the strip at the bottom mark what broke.</p>\n",
    );
    for red in &reds {
        for under in &red.under {
            let path = red.subject.path();
            let name = &under.outcome.scenario.name;
            let _ = writeln!(out, "<article><h3>✗ {} under {}</h3>", escape(&path), escape(name));
            // The text below is of the first view, the longest one shows how it came about.
            let mut pictured: Vec<&Picture> =
                under.verdicts.iter().filter_map(|verdict| verdict.picture.as_deref()).collect();
            let longest = pictured.iter().copied().max_by_key(|p| p.to_ms - p.from_ms);
            pictured.truncate(1);
            pictured.extend(longest.filter(|longest| pictured[0] != *longest));
            for picture in pictured {
                let title = format!("{path} under {name}: shown over expected");
                drawn(out, picture, under.outcome, &title);
            }
            let _ = writeln!(
                out,
                "<pre>{}</pre></article>",
                escape(&text::red(red.subject, under, run))
            );
        }
    }
    for (outcome, report, verdict) in alerts() {
        let story = &outcome.scenario;
        let _ = writeln!(
            out,
            "<article><h3>✗ alerts/{} under {}</h3>",
            escape(&verdict.alert),
            escape(&story.name)
        );
        let epoch_ms = story.epoch.as_millisecond();
        let duration_ms = story.duration.as_millis() as i64;
        out.push_str(&lanes::svg(verdict, &story.incidents, epoch_ms, duration_ms));
        let text = text::alert((outcome, report), verdict, run);
        let _ = writeln!(out, "<pre>{}</pre></article>", escape(&text));
    }
}

/// A plot with its legend.
fn drawn(out: &mut String, picture: &Picture, outcome: &Outcome, title: &str) {
    let story = &outcome.scenario;
    out.push_str(&plot::svg(picture, &story.incidents, story.epoch.as_millisecond(), title));
    out.push_str("<ul class=\"legend\">");
    for (nth, curve) in picture.curves.iter().enumerate() {
        let colour = plot::COLOURS[nth % plot::COLOURS.len()];
        let name = pairs(&curve.labels);
        let name = if name.is_empty() { "(no labels)" } else { &name };
        let _ = write!(out, "<li><i style=\"background:{colour}\"></i>{}</li>", escape(name));
    }
    if picture.n_left_out > 0 {
        let _ = write!(out, "<li>and {} more</li>", picture.n_left_out);
    }
    out.push_str("</ul>\n");
}

fn unproven(out: &mut String, run: &Run) {
    let doubts = group::doubts(run);
    if doubts.is_empty() {
        return;
    }
    out.push_str("<h2 id=\"unproven\">Unproven</h2>\n<ul>\n");
    for doubt in &doubts {
        let _ = writeln!(
            out,
            "<li><strong>? {}</strong>: {} <span class=\"faint\">({})</span></li>",
            escape(&doubt.subject.path()),
            escape(&doubt.reason),
            words::counted(doubt.scenarios.len(), "scenario")
        );
    }
    out.push_str("</ul>\n");
}

/// Everything that was judged under one scenario, folded away.
fn scenario(out: &mut String, outcome: &Outcome, report: &ScenarioReport, plots: &mut Plots) {
    let story = &outcome.scenario;
    let epoch_ms = story.epoch.as_millisecond();
    let duration_ms = story.duration.as_millis() as i64;
    let incidents: Vec<serde_json::Value> = story
        .incidents
        .iter()
        .map(|incident| {
            let from = incident.at.as_millis() as i64;
            let to = from + incident.lasts.as_millis() as i64;
            serde_json::json!({ "from": from, "to": to, "name": incident.kind.title() })
        })
        .collect();
    let name = escape(&story.name);
    let _ = writeln!(
        out,
        "<section id=\"scenario-{name}\" data-incidents=\"{}\"><details><summary><strong>{name}</strong> \
         <span class=\"faint\">{}</span></summary>",
        escape(&serde_json::Value::from(incidents).to_string()),
        escape(story.about.trim())
    );
    let mut subjects: BTreeMap<Subject<'_>, (bool, Option<&Picture>)> = BTreeMap::new();
    for verdict in &report.verdicts {
        let entry = subjects.entry(Subject::at(&verdict.question.place)).or_insert((true, None));
        entry.0 &= verdict.held();
        let picture = verdict.picture.as_deref().filter(|_| verdict.held());
        entry.1 = entry.1.or(picture);
    }
    for (subject, (held, picture)) in subjects {
        let (sign, class) = if held { ("✓", "good") } else { ("✗", "bad") };
        let path = escape(&subject.path()).into_owned();
        let _ = match picture {
            Some(picture) => writeln!(
                out,
                "<details data-plot=\"{}\"><summary><span class=\"{class}\">{sign}</span> {path}</summary></details>",
                plots.add(picture, epoch_ms)
            ),
            None => writeln!(out, "<div><span class=\"{class}\">{sign}</span> {path}</div>"),
        };
    }
    for verdict in &report.alerts {
        let (sign, class) = if verdict.held() { ("✓", "good") } else { ("✗", "bad") };
        let _ = write!(
            out,
            "<details><summary><span class=\"{class}\">{sign}</span> alerts/{}</summary>",
            escape(&verdict.alert)
        );
        out.push_str(&lanes::svg(verdict, &story.incidents, epoch_ms, duration_ms));
        out.push_str("</details>\n");
    }
    out.push_str("</details></section>\n");
}
