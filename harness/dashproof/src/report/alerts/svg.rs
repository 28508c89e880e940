//! The trade-off curve of a sweep as a picture: false alarms per week against the delay of the severest incidents.
//!
//! One point for each setting, with the interval of its rate; points of one line differ in the first axis only, lines
//! in the others. The scale of false alarms is that of their square root, so that none and many have room. What a
//! setting misses is told by how full its point is.

use std::{collections::BTreeMap, fmt::Write as _};

use super::model::{AlertsReport, SettingReport, SweepReport};

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 520.0;
const LEFT: f64 = 78.0;
const RIGHT: f64 = 180.0;
const TOP: f64 = 66.0;
const BOTTOM: f64 = 60.0;

/// Colours that stay apart for most eyes (Okabe and Ito 2008).
const COLOURS: [&str; 7] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#444444"];

/// The picture; `None` without a sweep.
#[must_use]
pub fn svg(report: &AlertsReport) -> Option<String> {
    let sweep = report.sweep.as_ref()?;
    let scale = Scale::of(sweep);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
         height=\"{HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    let about: Vec<&str> = sweep.incidents.iter().map(|trouble| trouble.name()).collect();
    text(&mut out, (LEFT, 26.0), "font-size=\"17\" font-weight=\"bold\"", &sweep.rule);
    let ran = &report.ran.days;
    let days = format!(
        "{} days{}; incidents: {}",
        report.settings.days,
        if ran.is_empty() { String::new() } else { format!(" of {}", ran.join(", ")) },
        if about.is_empty() { "none is noticed".to_owned() } else { about.join(", ") }
    );
    text(&mut out, (LEFT, 46.0), "fill=\"#555\"", &days);
    axes(&mut out, &scale);
    let (lines, names) = lines(sweep);
    for (nth, (name, settings)) in lines.iter().enumerate() {
        let colour = COLOURS[nth % COLOURS.len()];
        line(&mut out, settings, colour, &scale, &names);
        if !name.is_empty() {
            let y = TOP + 10.0 + 20.0 * nth as f64;
            let x = WIDTH - RIGHT + 18.0;
            let _ =
                writeln!(out, "<circle cx=\"{x}\" cy=\"{}\" r=\"5\" fill=\"{colour}\"/>", y - 4.0);
            text(&mut out, (x + 12.0, y), "", name);
        }
    }
    if let Some(written) = sweep.settings.first() {
        marker(&mut out, written, &scale, lines.len());
    }
    out.push_str("</svg>\n");
    Some(out)
}

/// From seconds and rates to places in the picture.
struct Scale {
    most_seconds: f64,
    most_rate: f64,
}

impl Scale {
    fn of(sweep: &SweepReport) -> Scale {
        let delays = sweep.settings.iter().filter_map(|s| s.delay.map(|delay| delay.median));
        let rates = sweep.settings.iter().filter_map(|s| s.per_week.map(|rate| rate.high));
        Scale {
            most_seconds: nice(delays.fold(60.0, f64::max), 60.0),
            most_rate: nice(rates.fold(1.0, f64::max), 1.0),
        }
    }

    fn x(&self, seconds: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * seconds / self.most_seconds
    }

    fn y(&self, rate: f64) -> f64 {
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (rate / self.most_rate).sqrt()
    }
}

/// The next round number of units at or above a value.
fn nice(value: f64, unit: f64) -> f64 {
    let mut step = unit;
    loop {
        for factor in [1.0, 2.0, 3.0, 5.0] {
            if value <= step * factor {
                return step * factor;
            }
        }
        step *= 10.0;
    }
}

fn axes(out: &mut String, scale: &Scale) {
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    for part in 0..=5 {
        let seconds = scale.most_seconds * f64::from(part) / 5.0;
        let x = scale.x(seconds);
        let _ = writeln!(
            out,
            "<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom}\" stroke=\"#e4e4e4\"/>"
        );
        let minutes = format!("{}", (seconds / 6.0).round() / 10.0);
        text(out, (x, bottom + 18.0), "text-anchor=\"middle\"", &minutes);
    }
    for part in [0.0, 0.02, 0.1, 0.25, 0.5, 1.0] {
        let rate = scale.most_rate * part;
        let y = scale.y(rate);
        let _ = writeln!(
            out,
            "<line x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\" stroke=\"#e4e4e4\"/>"
        );
        let shown = format!("{}", (rate * 100.0).round() / 100.0);
        text(out, (LEFT - 8.0, y + 4.0), "text-anchor=\"end\"", &shown);
    }
    let middle = f64::midpoint(LEFT, right);
    let label = "minutes until the severest incidents are noticed (median)";
    text(out, (middle, HEIGHT - 18.0), "text-anchor=\"middle\"", label);
    let side = f64::midpoint(TOP, bottom);
    let turned = format!("text-anchor=\"middle\" transform=\"rotate(-90 20 {side})\"");
    text(out, (20.0, side), &turned, "false alarms per week, 95 % interval");
}

type Lines<'a> = BTreeMap<usize, (String, Vec<&'a SettingReport>)>;

/// Settings that differ in one axis only, with what the others are; and that axis.
fn lines(sweep: &SweepReport) -> (Vec<(String, Vec<&SettingReport>)>, String) {
    let swept = sweep.settings.iter().skip(1);
    let mut axes: Vec<&String> =
        sweep.settings.last().map(|setting| setting.set.keys().collect()).unwrap_or_default();
    // Durations make the lines, what is compared the points along them.
    axes.sort_by_key(|name| matches!(name.as_str(), "for" | "keep_firing_for"));
    let along = axes.first().map(|name| (*name).clone()).unwrap_or_default();
    let mut lines: Lines<'_> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    for setting in swept {
        let others = axes
            .iter()
            .skip(1)
            .filter_map(|name| Some(format!("{name} {}", setting.set.get(*name)?)));
        let name = others.collect::<Vec<_>>().join(", ");
        let nth = order.iter().position(|known| *known == name).unwrap_or_else(|| {
            order.push(name.clone());
            order.len() - 1
        });
        lines.entry(nth).or_insert_with(|| (name, Vec::new())).1.push(setting);
    }
    (lines.into_values().collect(), along)
}

fn line(out: &mut String, settings: &[&SettingReport], colour: &str, scale: &Scale, along: &str) {
    let at = |setting: &SettingReport| {
        Some((scale.x(setting.delay?.median), scale.y(setting.per_week?.value)))
    };
    let places: Vec<String> = settings
        .iter()
        .filter_map(|setting| at(setting).map(|(x, y)| format!("{x:.1},{y:.1}")))
        .collect();
    let places = places.join(" ");
    let _ = writeln!(out, "<polyline points=\"{places}\" fill=\"none\" stroke=\"{colour}\"/>");
    let mut labels: Vec<(f64, f64)> = Vec::new();
    for setting in settings {
        let (Some((x, y)), Some(rate)) = (at(setting), setting.per_week) else { continue };
        let (low, high) = (scale.y(rate.low), scale.y(rate.high));
        let noticed = setting.detection.map_or(0.0, |share| share.value);
        let _ = writeln!(
            out,
            "<line x1=\"{x:.1}\" y1=\"{low:.1}\" x2=\"{x:.1}\" y2=\"{high:.1}\" stroke=\"{colour}\" \
             stroke-opacity=\"0.35\"/>\n<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\" stroke=\"{colour}\" \
             fill=\"{colour}\" fill-opacity=\"{noticed:.2}\"/>"
        );
        // Where points crowd, their order along the line tells which is which.
        let is_free =
            labels.iter().all(|(of_x, of_y)| 34.0 < (x - of_x).abs() || 11.0 < (y - of_y).abs());
        if let Some(value) = setting.set.get(along).filter(|_| is_free) {
            labels.push((x, y));
            text(out, (x + 8.0, y - 6.0), "font-size=\"10\" fill=\"#555\"", value);
        }
    }
}

/// The rule as it is written.
fn marker(out: &mut String, written: &SettingReport, scale: &Scale, nth: usize) {
    let (Some(delay), Some(rate)) = (written.delay, written.per_week) else { return };
    let cross = |x: f64, y: f64| {
        format!(
            "<path d=\"M{:.1} {y:.1}h18M{x:.1} {:.1}v18\" stroke=\"black\" stroke-width=\"1.5\"/>\n",
            x - 9.0,
            y - 9.0
        )
    };
    out.push_str(&cross(scale.x(delay.median), scale.y(rate.value)));
    let (x, y) = (WIDTH - RIGHT + 18.0, TOP + 10.0 + 20.0 * nth as f64);
    out.push_str(&cross(x, y - 4.0));
    text(out, (x + 14.0, y), "", "as it is written");
    text(
        out,
        (WIDTH - RIGHT + 9.0, y + 22.0),
        "font-size=\"10\" fill=\"#555\"",
        "the more a point is filled,",
    );
    text(
        out,
        (WIDTH - RIGHT + 9.0, y + 35.0),
        "font-size=\"10\" fill=\"#555\"",
        "the more incidents are noticed",
    );
}

fn text(out: &mut String, (x, y): (f64, f64), attributes: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" {attributes}>{words}</text>");
}
