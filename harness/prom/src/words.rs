//! Numbers, instants and spans as a person reads them.
//!
//! Instants are UTC. Numbers are shortened as far as they stay apart from what they are compared with.
//! It must not know what is counted.

use jiff::Timestamp;

use crate::duration;

/// Digits that a number has at first; more where two numbers would look alike.
const DIGITS: usize = 6;

/// `1,204,311`.
#[must_use]
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An expression on one line, as far as it can be: white space between words becomes one blank.
#[must_use]
pub fn one_line(expr: &str) -> String {
    expr.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `3 panels`, `1 panel`.
#[must_use]
pub fn counted(n: usize, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(n as u64))
}

/// A number with at least that many significant digits, as Prometheus writes what is none.
fn with_digits(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{value:.*e}", digits - 1);
    let exponent: i32 =
        scientific.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or_default();
    if !(-5..15).contains(&exponent) {
        return scientific;
    }
    let decimals = usize::try_from(digits as i32 - 1 - exponent).unwrap_or(0);
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// Numbers that are compared with each other: each as short as it can be while different ones look different.
#[must_use]
pub fn numbers(values: &[f64]) -> Vec<String> {
    let texts = |digits| -> Vec<String> {
        values.iter().map(|&value| with_digits(value, digits)).collect()
    };
    let apart = |texts: &[String]| {
        (0..values.len()).all(|i| {
            (0..i).all(|j| values[i].total_cmp(&values[j]).is_eq() || texts[i] != texts[j])
        })
    };
    (DIGITS..17).map(texts).find(|texts| apart(texts)).unwrap_or_else(|| texts(17))
}

/// `2026-01-05 00:41:30Z`, with milliseconds where there are any.
#[must_use]
pub fn instant(unix_ms: i64) -> String {
    format!("{}Z", local(unix_ms))
}

/// `00:41:30Z`, or the whole instant if it is on another day than `day_ms`.
#[must_use]
pub fn instant_near(unix_ms: i64, day_ms: i64) -> String {
    const DAY_MS: i64 = 86_400_000;
    let same_day = unix_ms.div_euclid(DAY_MS) == day_ms.div_euclid(DAY_MS);
    let text = instant(unix_ms);
    match text.split_once(' ') {
        Some((_, time)) if same_day => time.to_owned(),
        _ => text,
    }
}

fn local(unix_ms: i64) -> String {
    match Timestamp::from_millisecond(unix_ms) {
        Ok(at) => {
            let digits = if unix_ms % 1000 == 0 { 0 } else { 3 };
            format!("{at:.digits$}").replace('T', " ").trim_end_matches('Z').to_owned()
        }
        Err(_) => format!("{unix_ms} ms"),
    }
}

/// `1h30m`; `-5m` before zero.
#[must_use]
pub fn span(millis: i64) -> String {
    let sign = if millis < 0 { "-" } else { "" };
    format!("{sign}{}", duration::format(millis.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_stay_apart() {
        let table: [(&[f64], &[&str]); 6] = [
            (&[0.45114321987, 0.5], &["0.451143", "0.5"]),
            (&[1.00000001, 1.0], &["1.00000001", "1"]),
            (&[3600.0, 1_234_567.0], &["3600", "1234567"]),
            (&[0.0, f64::NAN, f64::INFINITY], &["0", "NaN", "+Inf"]),
            (&[1.5e-7, -2e20], &["1.50000e-7", "-2.00000e20"]),
            (&[0.1 + 0.2, 0.3], &["0.30000000000000004", "0.29999999999999999"]),
        ];
        for (values, texts) in table {
            assert_eq!(numbers(values), texts);
        }
        assert_eq!(
            (count(1_204_311), count(999), count(1000)),
            ("1,204,311".into(), "999".into(), "1,000".into())
        );
    }

    #[test]
    fn instants_are_utc_and_name_the_day_where_it_matters() {
        let at = 1_767_573_690_250;
        assert_eq!(instant(at), "2026-01-05 00:41:30.250Z");
        assert_eq!(instant_near(at, at + 1), "00:41:30.250Z");
        assert_eq!(instant_near(at, at + 86_400_000), "2026-01-05 00:41:30.250Z");
        assert_eq!((span(90_000), span(-300_000)), ("1m30s".into(), "-5m".into()));
    }
}
