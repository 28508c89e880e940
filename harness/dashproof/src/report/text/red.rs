//! A red subject in full: what was asked, what came, what should have come and why, and how to ask again.

use std::fmt::Write as _;

use proof::verify::{
    ask::Verdict,
    evidence::Evidence,
    question::{Form, Question},
};
use truth::{
    fact::Expected,
    judge::{Breach, TOLERANCE},
};

use crate::report::{
    Run,
    group::{RedUnder, Subject},
    paint::Paint,
    words,
};

/// Sample instants that are listed; of more, the first and the last.
const LISTED: usize = 6;
/// Width of the names on the left.
const NAMES: usize = 8;
/// Width of a list that is wrapped.
const WIDTH: usize = 84;

pub(super) fn block(
    out: &mut String,
    subject: Subject<'_>,
    under: &[RedUnder<'_>],
    run: &Run,
    paint: Paint,
) {
    let Some((first, others)) = under.split_first() else { return };
    let Some(verdict) = first.verdicts.first() else { return };
    let path = paint.strong(&subject.path());
    let name = &first.outcome.scenario.name;
    let _ = writeln!(out, "{} {path} under {name}", paint.bad("✗"));
    let mut lines = Lines::new(out, paint);
    let question = &verdict.question;
    lines.line("query", &question.expr);
    lines.line("asked", &asked(question));
    if !question.place.selection.is_empty() {
        lines.line("selected", &question.place.selection);
    }
    let epoch_ms = first.outcome.scenario.epoch.as_millisecond();
    wrong(&mut lines, verdict, epoch_ms, paint);
    lines.line("truth", &truth(question));
    if let Some(evidence) = &verdict.evidence {
        lines.line("window", &window(evidence));
        for scraped in scraped(evidence) {
            lines.line("scraped", &scraped);
        }
    }
    let seed = first.report.seed;
    let super::super::Stack { name: engine, version, .. } = &run.stack;
    let road = run.replay.road.name();
    lines.line("run", &format!("seed {seed}, {road} mode, {engine} {version}"));
    let replay = run.replay.command(name, seed, &question.place);
    lines.line("replay", &paint.strong(&replay));
    let count = |under: &RedUnder<'_>| {
        format!(
            "{} of {}, {} of {}",
            words::count(under.verdicts.len() as u64),
            words::counted(under.asked, "view"),
            words::count(under.broken as u64),
            words::counted(under.points, "point"),
        )
    };
    lines.line("broken", &count(first));
    let also = others.iter().map(|under| {
        let (red, asked) = (under.verdicts.len(), under.asked);
        format!("{} ({red} of {asked})", under.outcome.scenario.name)
    });
    let mut name = "also";
    for line in wrapped(also) {
        lines.line(std::mem::take(&mut name), &line);
    }
}

/// Words in lines of a width that reads well.
fn wrapped(words: impl Iterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() + 2 <= WIDTH => {
                line.push_str(", ");
                line.push_str(&word);
            }
            Some(line) => {
                line.push(',');
                lines.push(word);
            }
            None => lines.push(word),
        }
    }
    lines
}

/// Lines with their names aligned.
pub(super) struct Lines<'a> {
    out: &'a mut String,
    paint: Paint,
}

impl<'a> Lines<'a> {
    pub(super) fn new(out: &'a mut String, paint: Paint) -> Lines<'a> {
        Lines { out, paint }
    }

    pub(super) fn line(&mut self, name: &str, text: &str) {
        let name = self.paint.faint(&format!("{name:NAMES$}"));
        let _ = writeln!(self.out, "    {name}  {text}");
    }
}

fn asked(question: &Question) -> String {
    let when = match question.form {
        Form::Instant(at) => format!("at {}", words::instant(at)),
        Form::Range { start_ms, end_ms, step_ms } => format!(
            "{} to {} every {}",
            words::instant(start_ms),
            words::instant_near(end_ms, start_ms),
            words::span(step_ms),
        ),
    };
    format!("{when}: {}", question.why)
}

fn truth(question: &Question) -> String {
    match question.window_ms {
        0 => question.fact.to_string(),
        window => format!("{} over {}", question.fact, words::span(window)),
    }
}

fn wrong(lines: &mut Lines<'_>, verdict: &Verdict, epoch_ms: i64, paint: Paint) {
    if let Some(refused) = &verdict.refused {
        lines.line("answer", &format!("refused by Prometheus: {}", paint.bad(refused)));
    }
    if let Some(breach) = verdict.finding.breaches.first() {
        let offset = words::span(breach.at_ms - epoch_ms);
        lines.line("series", &words::series(&breach.labels));
        lines.line("at", &format!("{}, {offset} after the start", words::instant(breach.at_ms)));
        let (observed, expected) = values(breach);
        let kind = words::breach(breach.kind);
        lines.line("observed", &format!("{} ({kind})", paint.bad(&observed)));
        lines.line("expected", &expected);
        let labels = verdict.evidence.as_ref().and_then(|evidence| evidence.labels.as_ref());
        if let Some((wanted, found)) = labels {
            let list = |names: &[String]| match names {
                [] => "none".to_owned(),
                names => names.join(", "),
            };
            let text = format!("{} where there should be {}", list(found), list(wanted));
            lines.line("labels", &paint.bad(&text));
        }
    }
    if let Some((shown, wanted)) = &verdict.misnamed {
        let text = format!("series shown as {shown:?}, should be {wanted:?}");
        lines.line("legend", &paint.bad(&text));
    }
}

/// What came and what should have come, in as many digits as tell them apart.
fn values(breach: &Breach) -> (String, String) {
    let observed = breach.observed;
    let none = || "no sample".to_owned();
    match breach.expected {
        Some(Expected::Value { exact, real }) => {
            let (exact, real) = (narrowed(exact), narrowed(real));
            let figures = [exact.0, exact.1, real.0, real.1];
            let all: Vec<f64> = figures.into_iter().chain(observed).collect();
            let texts = words::numbers(&all);
            let observed = texts.get(4).cloned().unwrap_or_else(none);
            let exact = between(&texts[0], &texts[1]);
            let real = between(&texts[2], &texts[3]);
            let expected = if exact == real {
                format!("{exact}, both from the samples and from the real events")
            } else {
                format!("{exact} from the samples; {real} possible given the real events")
            };
            (observed, expected)
        }
        Some(Expected::Legal { real, or_absent }) => {
            let real = narrowed(real);
            let all: Vec<f64> = [real.0, real.1].into_iter().chain(observed).collect();
            let texts = words::numbers(&all);
            let or_none = if or_absent { ", or no sample" } else { "" };
            let expected = format!(
                "{} possible given the real events{or_none}",
                between(&texts[0], &texts[1])
            );
            (texts.get(2).cloned().unwrap_or_else(none), expected)
        }
        other => {
            let text = |value: f64| words::numbers(&[value]).swap_remove(0);
            let expected = match other {
                Some(_) => "no sample",
                None if words::is_stranger(breach) => {
                    "no such series, or no sample at this instant"
                }
                None => "each series once",
            };
            (observed.map_or_else(none, text), expected.to_owned())
        }
    }
}

/// Ends that differ by no more than rounding are one number to a reader.
fn narrowed((low, high): (f64, f64)) -> (f64, f64) {
    if high - low <= TOLERANCE * high.abs() { (high, high) } else { (low, high) }
}

fn between(low: &str, high: &str) -> String {
    if low == high { low.to_owned() } else { format!("{low} to {high}") }
}

fn window(evidence: &Evidence) -> String {
    if evidence.from_ms == evidence.at_ms {
        return "the latest sample".to_owned();
    }
    let from = words::instant(evidence.from_ms);
    format!("{from} to {}", words::instant_near(evidence.at_ms, evidence.from_ms))
}

/// When each module copy was sampled.
fn scraped(evidence: &Evidence) -> impl Iterator<Item = String> {
    evidence.samples.iter().map(|(instance, instants)| {
        let name = match instance.replica {
            0 => instance.module.to_string(),
            nth => format!("{} ({nth})", instance.module),
        };
        format!("{name} {}", sampled(instants, evidence.from_ms))
    })
}

fn sampled(instants: &[i64], day_ms: i64) -> String {
    let near = |instant: &i64| words::instant_near(*instant, day_ms);
    match instants {
        [] => "never".to_owned(),
        [first, .., last] if instants.len() > LISTED => {
            let n = words::count(instants.len() as u64);
            format!("{n} times from {} to {}", near(first), near(last))
        }
        all => all.iter().map(near).collect::<Vec<_>>().join(" "),
    }
}
