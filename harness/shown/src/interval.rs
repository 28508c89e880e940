//! Intervals: what the browser and Grafana's backend read, round and print.
//!
//! The browser reads one number and one unit and ignores the rest; the backend reads Go's
//! durations and whole days to years. It must not know panels or queries.
//!
//! Sources: `rangeUtil` of `@grafana/data`; `gtime` of Grafana's Go SDK; Go's `time`.

mod backend;

use crate::number;

pub use backend::{duration_string_ns, format_interval_ns, parse_interval_ns, round_interval_ns};

/// Below which interval in milliseconds, and what it is rounded to.
const TABLE: [(f64, f64); 29] = [
    (10.0, 1.0),
    (15.0, 10.0),
    (35.0, 20.0),
    (75.0, 50.0),
    (150.0, 100.0),
    (350.0, 200.0),
    (750.0, 500.0),
    (1500.0, 1e3),
    (3500.0, 2e3),
    (7500.0, 5e3),
    (12_500.0, 1e4),
    (17_500.0, 15e3),
    (25e3, 2e4),
    (45e3, 3e4),
    (9e4, 6e4),
    (21e4, 12e4),
    (45e4, 3e5),
    (75e4, 6e5),
    (105e4, 9e5),
    (15e5, 12e5),
    (27e5, 18e5),
    (54e5, 36e5),
    (9e6, 72e5),
    (162e5, 108e5),
    (324e5, 216e5),
    (864e5, 432e5),
    (6048e5, 864e5),
    (18_144e5, 6048e5),
    (36_288e5, 2592e6),
];
const YEAR_MS: f64 = 31_536e6;

/// An interval in milliseconds as the browser rounds it.
pub fn round(milliseconds: f64) -> f64 {
    TABLE.iter().find(|(below, _)| milliseconds < *below).map_or(YEAR_MS, |(_, rounded)| *rounded)
}

/// Milliseconds of an interval's text; `None` where the browser throws.
///
/// A number alone is seconds. Only the first number and unit count, without decimals:
/// `1m30s` is one minute, `1.5s` one second.
pub fn to_ms(text: &str) -> Option<f64> {
    let whole = number::of_text(text);
    if whole != 0.0 && !whole.is_nan() {
        return Some(leading_integer(text) * 1000.0);
    }
    let (count, rest) = leading_number(text)?;
    let units = [
        ("ms", 1.0),
        ("M", 2592e6),
        ("w", 6048e5),
        ("d", 864e5),
        ("h", 36e5),
        ("m", 6e4),
        ("s", 1e3),
        ("y", YEAR_MS),
    ];
    let (_, size) = units.iter().find(|(unit, _)| rest.starts_with(unit))?;
    Some(size * leading_integer(count))
}

/// The number that a text begins with, and what follows it.
fn leading_number(text: &str) -> Option<(&str, &str)> {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let sign = usize::from(text.starts_with('-'));
    let mut end = sign + digits(sign);
    if end == sign {
        return None;
    }
    if text[end..].starts_with('.') {
        let decimals = digits(end + 1);
        if decimals == 0 {
            return None;
        }
        end += 1 + decimals;
    }
    Some(text.split_at(end))
}

/// `parseInt(text, 10)`.
fn leading_integer(text: &str) -> f64 {
    let text = text.trim_start();
    let sign = usize::from(text.starts_with(['-', '+']));
    let digits = text[sign..].bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 { f64::NAN } else { text[..sign + digits].parse().unwrap_or(f64::NAN) }
}

/// Seconds with one unit: 90 s is `1m`.
pub fn to_hms(seconds: f64) -> String {
    const YEAR: f64 = 31_536e3;
    let parts = [
        (seconds / YEAR, "y"),
        (seconds % YEAR / 86_400.0, "d"),
        (seconds % YEAR % 86_400.0 / 3600.0, "h"),
        (seconds % YEAR % 86_400.0 % 3600.0 / 60.0, "m"),
        (seconds % YEAR % 86_400.0 % 3600.0 % 60.0, "s"),
        (seconds * 1000.0, "ms"),
    ];
    parts
        .iter()
        .map(|(size, unit)| (size.floor(), unit))
        .find(|(size, _)| *size != 0.0 && !size.is_nan())
        .map_or_else(
            || "less than a millisecond".to_owned(),
            |(size, unit)| format!("{}{unit}", number::to_text(size)),
        )
}

/// The interval of a time range in so many points, in milliseconds and as a text; `None`
/// where the browser throws at the least interval.
pub fn calculate(range_ms: f64, points: f64, least: Option<&str>) -> Option<(f64, String)> {
    let least = match least.filter(|least| !least.is_empty()) {
        Some(least) => to_ms(least)?,
        None => 1.0,
    };
    let rounded = round(range_ms / points);
    let milliseconds = if least > rounded { least } else { rounded };
    Some((milliseconds, to_hms(milliseconds / 1000.0)))
}

/// What a panel asks for: interval in milliseconds, its text, and the number of points.
///
/// `points`: `maxDataPoints` of the panel, or its width; 500 where neither is known.
/// `panel_least` comes before `source_least`, that of the data source. `None` where the
/// browser throws.
pub fn request(
    range_ms: f64,
    points: Option<f64>,
    panel_least: Option<&str>,
    source_least: Option<&str>,
) -> Option<(f64, String, f64)> {
    let points = points.filter(|points| *points > 0.0).unwrap_or(500.0);
    let least = panel_least.filter(|least| !least.is_empty()).or(source_least);
    let (milliseconds, text) = calculate(range_ms, points, least)?;
    Some((milliseconds, text, points))
}
