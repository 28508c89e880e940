//! Prometheus' duration grammar: `1h30m`, `90s`, `500ms`, `1y`.
//!
//! Used for configuration and rule files, and to learn which window Prometheus
//! makes of a text that Grafana printed.
//! All values are milliseconds; it is not Go's grammar (`1.5s` is an error here)
//! nor Grafana's (`1M` is an error here).
//!
//! Source of the grammar: prometheus/common `model/time.go`, `ParseDuration` and `String`.

/// Milliseconds of each unit, in the one order in which they may appear.
const UNITS: [(&str, i64); 7] = [
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Why a text is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// The text does not follow the grammar.
    #[error("not a duration: {text:?}; expected for example \"15s\", \"1h30m\" or \"500ms\"")]
    Grammar {
        /// The text as found.
        text: String,
    },
    /// The text follows the grammar and is longer than about 292 years.
    #[error("duration out of range: {text:?}")]
    TooLong {
        /// The text as found.
        text: String,
    },
}

/// Milliseconds of `text`, which is never negative.
///
/// # Errors
/// When the text does not follow the grammar, or does not fit into Go's
/// nanosecond counter as Prometheus keeps it.
pub fn parse(text: &str) -> Result<i64, DurationError> {
    let grammar = || DurationError::Grammar { text: text.to_owned() };
    let too_long = || DurationError::TooLong { text: text.to_owned() };
    if text == "0" {
        return Ok(0);
    }
    if text.is_empty() {
        return Err(grammar());
    }
    let (mut rest, mut total, mut next_unit) = (text, 0_i64, 0);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return Err(grammar());
        }
        let count: i64 = rest[..digits].parse().map_err(|_| too_long())?;
        rest = &rest[digits..];
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, after) = rest.split_at(letters);
        let position = UNITS.iter().position(|(name, _)| *name == unit).filter(|p| *p >= next_unit);
        let position = position.ok_or_else(grammar)?;
        next_unit = position + 1;
        rest = after;
        total = count
            .checked_mul(UNITS[position].1)
            .and_then(|millis| total.checked_add(millis))
            .filter(|millis| *millis <= i64::MAX / 1_000_000)
            .ok_or_else(too_long)?;
    }
    Ok(total)
}

/// `millis` as Prometheus prints it, e.g. `1m30s`; `0s` for zero.
///
/// Years, weeks and days appear only where they divide the value exactly.
pub fn format(millis: i64) -> String {
    with_exact(3, millis)
}

/// `millis` as it is printed within an expression: days may be followed by hours, `1d1h`.
pub fn in_promql(millis: i64) -> String {
    with_exact(2, millis)
}

/// The largest units, as many as `n_exact`, only where they divide the value exactly.
fn with_exact(n_exact: usize, millis: i64) -> String {
    if millis == 0 {
        return "0s".to_owned();
    }
    let mut rest = millis;
    let mut text = String::new();
    for (index, (unit, size)) in UNITS.into_iter().enumerate() {
        let exact_only = index < n_exact;
        if (exact_only && rest % size != 0) || rest < size {
            continue;
        }
        text.push_str(&format!("{}{unit}", rest / size));
        rest %= size;
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    #[test]
    fn reads_the_grammar_of_prometheus() {
        let table = [
            ("0", 0),
            ("0s", 0),
            ("15s", 15_000),
            ("1m0s", 60_000),
            ("1h30m", 5_400_000),
            ("1h0m0s", 3_600_000),
            ("500ms", 500),
            ("1d", 86_400_000),
            ("2w", 1_209_600_000),
            ("1y", 31_536_000_000),
            ("1y2w3d4h5m6s7ms", 33_019_506_007),
            ("90s", 90_000),
        ];
        for (text, millis) in table {
            assert_eq!(parse(text), Ok(millis), "{text}");
        }
    }

    #[test]
    fn refuses_what_prometheus_refuses() {
        for text in ["", "1", "s", "1.5s", "-1s", "1M", "1s1m", "1m1m", "1 m", "1us", "½s"] {
            assert!(matches!(parse(text), Err(DurationError::Grammar { .. })), "{text}");
        }
        for text in ["300y", "99999999999999999999s"] {
            assert!(matches!(parse(text), Err(DurationError::TooLong { .. })), "{text}");
        }
    }

    #[test]
    fn prints_as_prometheus_prints() {
        let table = [
            (0, "0s"),
            (90_000, "1m30s"),
            (86_400_000, "1d"),
            (90_000_000, "25h"),
            (1_500, "1s500ms"),
        ];
        for (millis, text) in table {
            assert_eq!(format(millis), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(millis in any::<u32>()) {
            let millis = i64::from(millis);
            assert_eq!(parse(&format(millis)), Ok(millis));
        }
    }
}
