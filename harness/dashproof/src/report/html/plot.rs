//! A [`Picture`] as SVG: what was shown over what happened, with the band that the real events permit.
//!
//! Colour is never the only sign: what was shown is a solid line, what was expected is dashed, what the real events
//! permit is a band, and what broke has a mark of its own. Numbers have fixed digits, so that a run gives the same page.

use std::fmt::Write as _;

use proof::verify::picture::{Column, Curve, Picture, Span};
use sim::incident::Incident;

use super::escape::escape;

/// Colours that stay apart for most eyes (Okabe and Ito 2008); of the middle tone, for light and dark pages.
pub(super) const COLOURS: [&str; 8] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a8a8a", "#b59a00"];

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 18.0;
const BOTTOM: f64 = 26.0;

/// The picture, with the incidents of a story that began at `epoch_ms` as regions.
pub(super) fn svg(picture: &Picture, incidents: &[Incident], epoch_ms: i64, title: &str) -> String {
    let scale = Scale::of(picture, epoch_ms);
    let mut out = format!(
        "<svg class=\"plot\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\n",
        escape(title)
    );
    regions(&mut out, &scale, incidents);
    axes(&mut out, &scale);
    for (nth, curve) in picture.curves.iter().enumerate() {
        draw(&mut out, &scale, curve, COLOURS[nth % COLOURS.len()]);
    }
    for (at, sign) in [(picture.first_ms, "first"), (picture.worst_ms, "worst")] {
        let Some(at) = at.filter(|_| sign == "first" || picture.first_ms != picture.worst_ms)
        else {
            continue;
        };
        let x = scale.at(at);
        let _ = writeln!(
            out,
            "<path class=\"mark\" d=\"M{x:.1} {TOP}V{:.1}\"/><text class=\"mark\" x=\"{x:.1}\" y=\"12\" \
             text-anchor=\"middle\">{sign}</text>",
            HEIGHT - BOTTOM
        );
    }
    out.push_str("</svg>\n");
    out
}

/// From instants and values to places in the picture.
struct Scale {
    from_ms: i64,
    to_ms: i64,
    epoch_ms: i64,
    low: f64,
    high: f64,
}

impl Scale {
    fn of(picture: &Picture, epoch_ms: i64) -> Scale {
        let columns = || picture.curves.iter().flat_map(|curve| &curve.columns);
        let seen = columns().flat_map(|column| [column.shown, column.exact]).flatten();
        let (low, high) = seen.fold((0.0_f64, 0.0_f64), |(low, high), span| {
            (low.min(f64::from(span.0)), high.max(f64::from(span.1)))
        });
        let high = if low < high { high } else { low + 1.0 };
        Scale { from_ms: picture.from_ms, to_ms: picture.to_ms, epoch_ms, low, high: high * 1.05 }
    }

    fn at(&self, at_ms: i64) -> f64 {
        let share = (at_ms - self.from_ms) as f64 / (self.to_ms - self.from_ms).max(1) as f64;
        LEFT + share.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }

    fn column(&self, nth: usize, of: usize) -> f64 {
        let share = nth as f64 / (of.max(2) - 1) as f64;
        LEFT + share * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        let share = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
    }
}

fn regions(out: &mut String, scale: &Scale, incidents: &[Incident]) {
    for incident in incidents {
        let from = scale.epoch_ms + incident.at.as_millis() as i64;
        let to = from + incident.lasts.as_millis() as i64;
        if to < scale.from_ms || scale.to_ms < from {
            continue;
        }
        let (x, end) = (scale.at(from), scale.at(to));
        let _ = writeln!(
            out,
            "<rect class=\"incident\" x=\"{x:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{:.1}\"><title>{}</title></rect>",
            (end - x).max(1.5),
            HEIGHT - TOP - BOTTOM,
            escape(&incident.kind.title())
        );
    }
}

fn axes(out: &mut String, scale: &Scale) {
    for part in 0..=4 {
        let value = scale.low + (scale.high / 1.05 - scale.low) * f64::from(part) / 4.0;
        let y = scale.y(value);
        let _ = writeln!(
            out,
            "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 6.0,
            y + 4.0,
            number(value)
        );
        let at = scale.from_ms + (scale.to_ms - scale.from_ms) * i64::from(part) / 4;
        let anchor = ["start", "middle", "middle", "middle", "end"][part as usize];
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
            scale.at(at),
            HEIGHT - 8.0,
            clock(at - scale.epoch_ms)
        );
    }
}

/// Time since the story's start: `1:05:00`.
pub(super) fn clock(ms: i64) -> String {
    let (sign, seconds) = (if ms < 0 { "−" } else { "" }, ms.abs() / 1_000);
    format!("{sign}{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// Three digits that count: `0.0137`, `4.75`, `1250`.
pub(super) fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor() as i32;
    let decimals = usize::try_from((2 - magnitude).clamp(0, 9)).unwrap_or_default();
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

fn draw(out: &mut String, scale: &Scale, curve: &Curve, colour: &str) {
    let of = curve.columns.len();
    let places = || curve.columns.iter().enumerate().map(|(nth, c)| (scale.column(nth, of), c));
    let band = |out: &mut String| {
        for run in runs(places(), |column| column.real) {
            let mut d = String::new();
            let there = run.iter().map(|(x, span)| (*x, f64::from(span.1)));
            let back = run.iter().rev().map(|(x, span)| (*x, f64::from(span.0)));
            for (nth, (x, value)) in there.chain(back).enumerate() {
                let step = if nth == 0 { 'M' } else { 'L' };
                let _ = write!(d, "{step}{x:.1} {:.1}", scale.y(value));
            }
            let _ = writeln!(out, "<path class=\"band\" fill=\"{colour}\" d=\"{d}Z\"/>");
        }
    };
    let line = |out: &mut String, class: &str, of: fn(&Column) -> Option<Span>| {
        for run in runs(places(), of) {
            let mut d = String::new();
            for (nth, (x, (low, high))) in run.iter().enumerate() {
                let step = if nth == 0 { 'M' } else { 'L' };
                let (low, high) = (scale.y(f64::from(*low)), scale.y(f64::from(*high)));
                let _ = write!(d, "{step}{x:.1} {low:.1}");
                if (low - high).abs() > 0.5 {
                    let _ = write!(d, "V{high:.1}");
                }
            }
            // A lone point would be no line.
            if run.len() == 1 {
                d.push_str("h2");
            }
            let _ = writeln!(out, "<path class=\"{class}\" stroke=\"{colour}\" d=\"{d}\"/>");
        }
    };
    band(out);
    line(out, "expected", |column| column.exact);
    line(out, "shown", |column| column.shown);
    broken(out, scale, &places().filter(|(_, column)| column.broken).collect::<Vec<_>>());
}

/// Columns with a cross; where more are broken, only a strip at the bottom says so.
const CROSSES: usize = 40;

fn broken(out: &mut String, scale: &Scale, places: &[(f64, &Column)]) {
    let bottom = HEIGHT - BOTTOM;
    let strip: String = places.iter().map(|(x, _)| format!("M{x:.1} {bottom:.1}v5")).collect();
    if !strip.is_empty() {
        let _ = writeln!(out, "<path class=\"broken strip\" d=\"{strip}\"/>");
    }
    for (x, column) in places.iter().filter(|_| places.len() <= CROSSES) {
        let value = column.shown.or(column.exact).map_or(scale.low, |span| f64::from(span.1));
        let (x, y) = (x - 3.0, scale.y(value) - 3.0);
        let _ = writeln!(out, "<path class=\"broken\" d=\"M{x:.1} {y:.1}l6 6m0 -6l-6 6\"/>");
    }
}

/// The stretches of columns that have a value.
fn runs<'a>(
    places: impl Iterator<Item = (f64, &'a Column)>,
    of: impl Fn(&Column) -> Option<Span>,
) -> Vec<Vec<(f64, Span)>> {
    let mut runs: Vec<Vec<(f64, Span)>> = vec![Vec::new()];
    for (x, column) in places {
        match (of(column), runs.last_mut()) {
            (Some(span), Some(run)) => run.push((x, span)),
            (None, Some(run)) if !run.is_empty() => runs.push(Vec::new()),
            _ => {}
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_on_axes_have_three_digits_that_count() {
        let table =
            [(0.0, "0"), (0.013699, "0.0137"), (4.75, "4.75"), (19.968, "20"), (1249.6, "1250")];
        for (value, text) in table {
            assert_eq!(number(value), text);
        }
        assert_eq!(
            (clock(3_661_000), clock(-5_000)),
            ("1:01:01".to_owned(), "−0:00:05".to_owned())
        );
    }

    #[test]
    fn lines_break_where_nothing_is_and_what_broke_is_marked() {
        let column = |shown: Option<f32>, broken| Column {
            shown: shown.map(|value| (value, value)),
            exact: Some((1.0, 1.0)),
            real: Some((0.5, 2.0)),
            broken,
        };
        let columns = vec![column(Some(1.0), false), column(None, true), column(Some(9.0), true)];
        let labels = vec![("a".to_owned(), "<b>".to_owned())];
        let picture = Picture {
            from_ms: 0,
            to_ms: 20,
            curves: vec![Curve { labels, columns }],
            n_left_out: 0,
            first_ms: Some(10),
            worst_ms: Some(20),
        };
        let svg = svg(&picture, &[], 0, "a \"title\"");
        assert_eq!(svg.matches("class=\"shown\"").count(), 2, "{svg}");
        assert_eq!(svg.matches("class=\"expected\"").count(), 1, "{svg}");
        assert_eq!(svg.matches("class=\"broken\"").count(), 2, "{svg}");
        assert_eq!(svg.matches("class=\"broken strip\"").count(), 1, "{svg}");
        assert!(svg.contains(">first<") && svg.contains(">worst<"), "{svg}");
        assert!(svg.contains("aria-label=\"a &quot;title&quot;\""), "{svg}");
    }
}
