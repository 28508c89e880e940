//! What an alert did as lanes over a story's time: what was expected above, what happened below, incidents behind.

use std::fmt::Write as _;

use proof::verify::alerts::{AlertVerdict, Expected};
use sim::incident::Incident;

use super::{escape::escape, plot::clock};

const WIDTH: f64 = 760.0;
const LEFT: f64 = 90.0;
const RIGHT: f64 = 12.0;
const LANE: f64 = 18.0;
/// Lives that have a lane; the rest are counted.
const LIVES: usize = 12;

/// The lanes of an alert in a story that began at `epoch_ms` and lasted `duration_ms`.
pub(super) fn svg(
    verdict: &AlertVerdict,
    incidents: &[Incident],
    epoch_ms: i64,
    duration_ms: i64,
) -> String {
    let at = |ms: i64| {
        let share = (ms - epoch_ms) as f64 / duration_ms.max(1) as f64;
        LEFT + share.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    };
    let end_ms = epoch_ms + duration_ms;
    let lives = verdict.fired.iter().take(LIVES);
    let n_lanes = verdict.expected.len() + lives.len().max(1);
    let height = LANE * n_lanes as f64 + 30.0;
    let mut out = format!(
        "<svg class=\"plot lanes\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\">\n",
        escape(&format!("when {} was expected to fire, and when it did", verdict.alert))
    );
    for incident in incidents {
        let from = epoch_ms + incident.at.as_millis() as i64;
        let (x, end) = (at(from), at(from + incident.lasts.as_millis() as i64));
        let _ = writeln!(
            out,
            "<rect class=\"incident\" x=\"{x:.1}\" y=\"4\" width=\"{:.1}\" height=\"{:.1}\"><title>{}</title></rect>",
            (end - x).max(1.5),
            height - 30.0,
            escape(&incident.kind.title())
        );
    }
    let mut y = 4.0;
    let mut lane = |out: &mut String, name: &str, bars: &[(f64, f64, &str, String)]| {
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 8.0,
            y + 13.0,
            escape(name)
        );
        for (from, to, class, title) in bars {
            let _ = writeln!(
                out,
                "<rect class=\"{class}\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"><title>{}</title></rect>",
                y + 3.0,
                (to - from).max(1.5),
                LANE - 6.0,
                escape(title)
            );
        }
        y += LANE;
    };
    for expected in &verdict.expected {
        let bars = match expected {
            Expected::Fires { from_ms, until_ms, resolved_ms, .. } => {
                let begun = until_ms.unwrap_or(end_ms);
                let over = resolved_ms.unwrap_or(end_ms).max(begun);
                vec![
                    (at(*from_ms), at(begun), "window", "may begin to fire".to_owned()),
                    (at(begun), at(over), "fires", "fires, or is over".to_owned()),
                ]
            }
            Expected::Always => vec![(at(epoch_ms), at(end_ms), "fires", "fires".to_owned())],
            Expected::Silent | Expected::NothingElse | Expected::Specified { .. } => Vec::new(),
        };
        lane(&mut out, expected_name(expected), &bars);
    }
    for (labels, life) in lives {
        let since = |ms: i64| clock(ms - epoch_ms);
        let end = life.ended_ms.unwrap_or(end_ms);
        let firing = life.firing_ms.unwrap_or(end);
        let bars = [
            (
                at(life.pending_ms),
                at(firing),
                "pending",
                format!("pending from {}", since(life.pending_ms)),
            ),
            (
                at(firing),
                at(end),
                "firing",
                format!("firing {} to {}: {labels}", since(firing), since(end)),
            ),
        ];
        lane(&mut out, "happened", &bars);
    }
    if verdict.fired.is_empty() {
        lane(&mut out, "never fired", &[]);
    }
    for part in 0..=4_i32 {
        let ms = duration_ms * i64::from(part) / 4;
        let anchor = ["start", "middle", "middle", "middle", "end"][part as usize];
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
            at(epoch_ms + ms),
            height - 8.0,
            clock(ms)
        );
    }
    out.push_str("</svg>\n");
    out
}

fn expected_name(expected: &Expected) -> &'static str {
    match expected {
        Expected::Fires { .. } => "expected",
        Expected::Silent => "silent",
        Expected::NothingElse => "else silent",
        Expected::Always => "always",
        Expected::Specified { .. } => "as specified",
    }
}
