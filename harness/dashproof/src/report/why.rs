//! An explanation of an alert rule, as text and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{paint::Paint, words};
use prom::series::Labels;
use proof::{
    alert::Episode,
    why::{Explanation, Part, Role, Truth},
};
use scenario::Scenario;
use truth::fact::Expected;

/// Series that are shown of each part.
const SHOWN: usize = 8;
/// Lives that are listed.
const LIVES: usize = 6;
/// Width of a value.
const VALUE: usize = 11;

/// The explanation for people.
#[must_use]
pub fn text(explanation: &Explanation, scenario: &Scenario, paint: Paint) -> String {
    let mut out = String::new();
    let Explanation { rule, epoch_ms, at_ms, .. } = explanation;
    let since = |at: i64| after(at - epoch_ms);
    let line = rule.line.map_or_else(String::new, |line| format!(":{line}"));
    let _ = writeln!(
        out,
        "{} under {} (seed {})",
        paint.strong(&rule.name),
        scenario.name,
        scenario.seed
    );
    let _ = writeln!(
        out,
        "  {}{line}, group {}, evaluated every {}",
        rule.file.display(),
        rule.group,
        words::span(rule.evaluations.interval_ms)
    );
    let when = format!("{} after the start ({})", since(*at_ms), words::instant(*at_ms));
    let _ = writeln!(out, "  at {when}: {}", explanation.choice.as_str());
    let _ = writeln!(out, "  story: {}", story(explanation, scenario));
    out.push('\n');
    states(&mut out, explanation, paint);
    out.push('\n');
    let _ = write!(out, "{:52}", "");
    for at in &explanation.instants {
        let mark = if at == at_ms { format!("▸{}", since(*at)) } else { since(*at) };
        let _ = write!(out, " {:>VALUE$}", mark);
    }
    out.push('\n');
    for part in &explanation.parts {
        self::part(&mut out, part, explanation, paint);
    }
    out
}

/// The incidents under way at the instant, or the nearest before it.
fn story(explanation: &Explanation, scenario: &Scenario) -> String {
    let at = explanation.at_ms - explanation.epoch_ms;
    let ms = |nanos: sim::time::Nanos| nanos.as_millis() as i64;
    let tell = |incident: &sim::incident::Incident, word: &str, since: i64| {
        format!("{} {word} {}", incident.kind.title(), after(since))
    };
    let under_way: Vec<String> = scenario
        .incidents
        .iter()
        .filter(|incident| ms(incident.at) <= at && at <= ms(incident.ends()))
        .map(|incident| tell(incident, "for", at - ms(incident.at)))
        .collect();
    if !under_way.is_empty() {
        return under_way.join(", ");
    }
    let ended = scenario.incidents.iter().filter(|incident| ms(incident.ends()) < at);
    match ended.max_by_key(|incident| ms(incident.ends())) {
        Some(last) => format!("{} ago", tell(last, "ended", at - ms(last.ends()))),
        None => "no incident so far".to_owned(),
    }
}

/// What each alert is at the instant, and its lives.
fn states(out: &mut String, explanation: &Explanation, paint: Paint) {
    let at = explanation.at_ms;
    let since = |at: i64| after(at - explanation.epoch_ms);
    let alive = |life: &Episode| life.pending_ms <= at && life.ended_ms.is_none_or(|end| at < end);
    let mut any = false;
    for (labels, life) in explanation.lives.iter().filter(|(_, life)| alive(life)) {
        any = true;
        let state = match life.firing_ms.filter(|firing| *firing <= at) {
            Some(firing) => paint.bad(&format!("firing since {}", since(firing))),
            None => {
                let left = explanation.rule.timing.for_ms - (at - life.pending_ms);
                let since = since(life.pending_ms);
                paint.doubt(&format!(
                    "pending since {since}, fires in {} if the condition holds",
                    words::span(left)
                ))
            }
        };
        let _ = writeln!(out, "  state  {state}: {labels}");
    }
    if !any {
        let _ = writeln!(out, "  state  {}", paint.good("inactive"));
    }
    for (labels, life) in explanation.lives.iter().take(LIVES) {
        let mut text = format!("pending {}", since(life.pending_ms));
        match life.firing_ms {
            Some(firing) => {
                let _ = write!(text, ", firing {}", since(firing));
            }
            None => text.push_str(", never fired"),
        }
        let _ = match life.ended_ms {
            Some(ended) => write!(text, ", inactive {}", since(ended)),
            None => write!(text, ", still in this state at the end"),
        };
        let _ = writeln!(out, "  life   {text}: {labels}");
    }
    if explanation.lives.len() > LIVES {
        let more = explanation.lives.len() - LIVES;
        let _ = writeln!(out, "  life   and {more} more");
    }
}

fn part(out: &mut String, part: &Part, explanation: &Explanation, paint: Paint) {
    let indent = "  ".repeat(part.depth + 1);
    let _ = writeln!(
        out,
        "{indent}{} {}",
        paint.faint(word(part.role)),
        paint.strong(&words::one_line(&part.expr))
    );
    if let Some(truth) = &part.truth {
        let at = after(truth.recorded_ms - explanation.epoch_ms);
        let text = format!("ledger: {}, recorded at {at}", truth.fact);
        let _ = writeln!(out, "{indent}    {}", paint.faint(&text));
    }
    if part.series.is_empty() {
        let _ = writeln!(out, "{indent}    {}", paint.doubt("no series"));
    }
    for (labels, values) in part.series.iter().take(SHOWN) {
        let name = format!("{indent}    {}", labels.without("__name__"));
        let _ = write!(out, "{name:52}");
        for value in values {
            let text = value.map_or_else(|| "·".to_owned(), figure);
            let _ = write!(out, " {text:>VALUE$}");
        }
        out.push('\n');
        if let Some(truth) = &part.truth
            && let Some(told) = told(truth, labels)
        {
            let _ = writeln!(out, "{indent}      {}", paint.faint(&format!("ledger: {told}")));
        }
    }
    if part.series.len() > SHOWN {
        let _ = writeln!(out, "{indent}    and {} more series", part.series.len() - SHOWN);
    }
}

fn word(role: Role) -> &'static str {
    match role {
        Role::Whole => "all of",
        Role::Measured => "measured",
        Role::Threshold => "threshold",
        Role::Condition => "and only if",
        Role::Exception => "unless",
        Role::Branch => "either",
        Role::Operand => "from",
    }
}

/// A span to the second: evaluations lie where their group's offset puts them.
fn after(ms: i64) -> String {
    words::span((ms + 500).div_euclid(1000) * 1000)
}

fn figure(value: f64) -> String {
    words::numbers(&[value]).swap_remove(0)
}

/// The ledger's view of the series with these labels.
fn told(truth: &Truth, labels: &Labels) -> Option<String> {
    let same = |of: &truth::fact::Labels| {
        let named = labels.iter().filter(|(name, _)| *name != "__name__");
        named.eq(of.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    };
    let (_, expected) = truth.series.iter().find(|(of, _)| same(of))?;
    Some(match expected {
        Expected::Absent => "no sample".to_owned(),
        Expected::Legal { real, or_absent } => {
            let texts = words::numbers(&[real.0, real.1]);
            let or_none = if *or_absent { ", or no sample" } else { "" };
            format!("possible given the real events: {} to {}{or_none}", texts[0], texts[1])
        }
        Expected::Value { exact, real } => {
            let texts = words::numbers(&[exact.0, real.0, real.1]);
            format!("{}; possible given the real events: {} to {}", texts[0], texts[1], texts[2])
        }
    })
}

/// The explanation for programs.
#[must_use]
pub fn json(explanations: &[Explanation], scenario: &Scenario) -> String {
    let all: Vec<Value> = explanations.iter().map(|one| of_rule(one, scenario)).collect();
    serde_json::to_string_pretty(&json!({ "schema": 1, "explanations": all }))
        .expect("its maps have text keys")
        + "\n"
}

fn of_rule(explanation: &Explanation, scenario: &Scenario) -> Value {
    let rule = &explanation.rule;
    let labels = |labels: &Labels| -> Value {
        labels
            .iter()
            .map(|(n, v)| (n.to_owned(), json!(v)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let number = |value: &Option<f64>| match value {
        Some(value) if value.is_finite() => json!(value),
        Some(value) => json!(figure(*value)),
        None => Value::Null,
    };
    let lives: Vec<Value> = explanation
        .lives
        .iter()
        .map(|(of, life)| {
            json!({ "labels": labels(of), "pending_ms": life.pending_ms, "firing_ms": life.firing_ms, "ended_ms": life.ended_ms })
        })
        .collect();
    let parts: Vec<Value> = explanation
        .parts
        .iter()
        .map(|part| {
            let series: Vec<Value> = part
                .series
                .iter()
                .map(|(of, values)| {
                    json!({
                        "labels": labels(of),
                        "values": values.iter().map(number).collect::<Vec<_>>(),
                        "ledger": part.truth.as_ref().and_then(|truth| told(truth, of)),
                    })
                })
                .collect();
            json!({ "depth": part.depth, "role": word(part.role), "expr": part.expr, "series": series })
        })
        .collect();
    json!({
        "alert": rule.name,
        "scenario": scenario.name,
        "seed": scenario.seed,
        "file": rule.file.display().to_string(),
        "line": rule.line,
        "epoch_ms": explanation.epoch_ms,
        "at_ms": explanation.at_ms,
        "chosen": explanation.choice.as_str(),
        "instants_ms": explanation.instants,
        "lives": lives,
        "parts": parts,
    })
}
