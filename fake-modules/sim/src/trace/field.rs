//! Reading single values, with what to say when they are wrong; shared by both formats.

use jiff::{Timestamp, civil::DateTime, tz::Offset};

use crate::time::Nanos;

/// A value that is not what it should be; [`super::rows`] adds file and line.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) what: &'static str,
    pub(super) expected: String,
    pub(super) found: String,
}

impl Wrong {
    pub(super) fn new(what: &'static str, expected: &str, found: String) -> Wrong {
        Wrong { what, expected: expected.to_owned(), found }
    }
}

/// The most tokens a row may have, so that the sum of two still fits 32 bits.
const MOST_TOKENS: u64 = i32::MAX as u64;
const TOKENS: &str = "a whole number of tokens from 0 to 2147483647";
const DATE: &str = "a time such as 2023-11-16 18:17:03.9799600, from 1970 to 2554";
const SECONDS: &str = "seconds, 0 or more";

/// `text` in quotes, shortened to what fits a line.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    if text.is_empty() {
        return "nothing".to_owned();
    }
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}

pub(super) fn tokens(what: &'static str, text: &str) -> Result<u32, Wrong> {
    whole_tokens(text.parse().ok()).ok_or_else(|| Wrong::new(what, TOKENS, quoted(text)))
}

pub(super) fn json_tokens(
    what: &'static str,
    value: Option<&serde_json::Value>,
) -> Result<u32, Wrong> {
    whole_tokens(value.and_then(serde_json::Value::as_u64))
        .ok_or_else(|| Wrong::new(what, TOKENS, quoted_json(value)))
}

fn whole_tokens(tokens: Option<u64>) -> Option<u32> {
    tokens.filter(|&tokens| tokens <= MOST_TOKENS).map(|tokens| tokens as u32)
}

/// A date and time, without zone taken as UTC, as nanoseconds since 1970.
pub(super) fn date(what: &'static str, text: &str) -> Result<Nanos, Wrong> {
    // After the date only an offset has a sign, as in the Azure traces of 2024.
    let has_offset =
        text.ends_with('Z') || text.get(10..).is_some_and(|time| time.contains(['+', '-']));
    let instant = if has_offset {
        text.parse::<Timestamp>().ok()
    } else {
        text.parse::<DateTime>().ok().and_then(|local| Offset::UTC.to_timestamp(local).ok())
    };
    instant
        .and_then(|instant| u64::try_from(instant.as_nanosecond()).ok())
        .map(Nanos)
        .ok_or_else(|| Wrong::new(what, DATE, quoted(text)))
}

/// Seconds as a JSON number, or a string that holds one.
pub(super) fn json_seconds(
    what: &'static str,
    value: Option<&serde_json::Value>,
) -> Result<Nanos, Wrong> {
    let number = match value {
        Some(serde_json::Value::String(text)) => text.trim().parse::<f64>().ok(),
        Some(value) => value.as_f64(),
        None => None,
    };
    // Beyond this, nanoseconds would not fit 64 bits.
    const MOST: f64 = 1.8e10;
    number
        .filter(|seconds| (0.0..MOST).contains(seconds))
        .map(Nanos::from_secs_f64)
        .ok_or_else(|| Wrong::new(what, SECONDS, quoted_json(value)))
}

fn quoted_json(value: Option<&serde_json::Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), |value| quoted(&value.to_string()))
}
