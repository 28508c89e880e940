//! The duration texts of Grafana: three grammars and two ways to print.
//!
//! The browser reads one number and one unit and ignores the rest; the backend
//! reads Go's grammar with days to years added; it prints `$__interval` with one
//! unit and `$__rate_interval` as Go does.
//! Knows nothing of panels or queries.

/// Milliseconds of an interval text as the browser reads it; `None` where it throws.
///
/// A bare number is seconds; decimals and everything after the first unit are
/// dropped (`1m30s` is one minute, `1.5s` one second).
/// Source: `intervalToMs` and `describeInterval` in
/// packages/grafana-data/src/datetime/rangeutil.ts.
pub fn browser_ms(text: &str) -> Option<i64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let count: i64 = text[..digits].parse().ok()?;
    let mut rest = &text[digits..];
    if let Some(fraction) = rest.strip_prefix('.') {
        let decimals = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if decimals == 0 {
            return None;
        }
        rest = &fraction[decimals..];
    }
    let unit = match rest.as_bytes() {
        // The number zero is false to the browser, so that "0" is not unit-less to it.
        [] if count != 0 => 1_000,
        [b'm', b's', ..] => 1,
        [b's', ..] => 1_000,
        [b'm', ..] => 60_000,
        [b'h', ..] => 3_600_000,
        [b'd', ..] => 86_400_000,
        [b'w', ..] => 604_800_000,
        [b'M', ..] => 2_592_000_000,
        [b'y', ..] => 31_536_000_000,
        _ => return None,
    };
    count.checked_mul(unit)
}

/// Nanoseconds of an interval text as the backend reads it; `None` where it fails.
///
/// Source: `ParseIntervalStringToTimeDuration` and `ParseDuration` in
/// grafana-plugin-sdk-go backend/gtime/gtime.go, `ParseDuration` in Go's time package.
pub fn backend_ns(text: &str) -> Option<i64> {
    // Grafana allows ">10s" and "<10s" and drops the first sign of either kind.
    let text = text.replacen('<', "", 1).replacen('>', "", 1);
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse::<i64>().ok()?.checked_mul(1_000_000_000);
    }
    const DAY_NS: i64 = 86_400_000_000_000;
    // A year has 365.25 days and a month a twelfth of it, whatever the calendar says.
    let calendar =
        [('d', DAY_NS), ('w', 7 * DAY_NS), ('M', DAY_NS / 4 * 1461 / 12), ('y', DAY_NS / 4 * 1461)];
    for (unit, size) in calendar {
        let count = text.strip_suffix(unit).filter(|n| n.bytes().all(|b| b.is_ascii_digit()));
        if let Some(count) = count.filter(|count| !count.is_empty()) {
            return count.parse::<i64>().ok()?.checked_mul(size);
        }
    }
    go_duration_ns(&text)
}

/// Go's `time.ParseDuration` for durations that are not negative.
fn go_duration_ns(text: &str) -> Option<i64> {
    if text == "0" {
        return Some(0);
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest.is_empty() {
        return None;
    }
    let mut total = 0_i64;
    while !rest.is_empty() {
        let number = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let (whole, fraction) = rest[..number].split_once('.').unwrap_or((&rest[..number], ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return None;
        }
        rest = &rest[number..];
        let letters = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
        let size: i64 = match &rest[..letters] {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        rest = &rest[letters..];
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let mut part = size;
        let mut below_one = 0_i64;
        for digit in fraction.bytes() {
            part /= 10;
            below_one += i64::from(digit - b'0') * part;
        }
        total = total.checked_add(whole.checked_mul(size)?)?.checked_add(below_one)?;
    }
    Some(total)
}

/// `$__interval`: one unit, truncated, so 90 s prints as `1m` and 36 h as `1d`.
///
/// Source: `FormatInterval` in grafana-plugin-sdk-go backend/gtime/gtime.go.
pub(crate) fn one_unit(millis: i64) -> String {
    let units = [
        ("y", 31_536_000_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
        ("ms", 1),
    ];
    match units.into_iter().find(|(_, size)| millis >= *size) {
        Some((unit, size)) => format!("{}{unit}", millis / size),
        None => "1ms".to_owned(),
    }
}

/// `$__rate_interval`: as Go prints a duration, so one minute is `1m0s`.
///
/// Source: `Duration.String` in Go's time package. `millis` must not be negative.
pub(crate) fn go_print(millis: i64) -> String {
    if millis == 0 {
        return "0s".to_owned();
    }
    if millis < 1_000 {
        return format!("{millis}ms");
    }
    let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
    let (seconds, rest) = (millis / 1_000 % 60, millis % 1_000);
    let mut text = String::new();
    if hours > 0 {
        text.push_str(&format!("{hours}h"));
    }
    if hours > 0 || minutes > 0 {
        text.push_str(&format!("{minutes}m"));
    }
    text.push_str(&seconds.to_string());
    if rest > 0 {
        text.push_str(format!(".{rest:03}").trim_end_matches('0'));
    }
    text.push('s');
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::proptest;

    use super::*;

    #[test]
    fn the_browser_reads_one_number_and_one_unit() {
        let table = [
            ("15s", Some(15_000)),
            ("15", Some(15_000)),
            ("1m30s", Some(60_000)),
            ("1.5s", Some(1_000)),
            ("500ms", Some(500)),
            ("1M", Some(2_592_000_000)),
            ("2h", Some(7_200_000)),
            ("0", None),
            ("0s", Some(0)),
            ("", None),
            ("s", None),
            ("$x", None),
            (">10s", None),
        ];
        for (text, millis) in table {
            assert_eq!(browser_ms(text), millis, "{text}");
        }
    }

    #[test]
    fn the_backend_reads_go_durations_and_calendar_units() {
        const S: i64 = 1_000_000_000;
        let table = [
            ("15s", Some(15 * S)),
            ("15", Some(15 * S)),
            (">10s", Some(10 * S)),
            ("1m30s", Some(90 * S)),
            ("1.5s", Some(S * 3 / 2)),
            ("100us", Some(100_000)),
            ("1d", Some(86_400 * S)),
            ("1M", Some(2_629_800 * S)),
            ("1y", Some(31_557_600 * S)),
            ("1d12h", None),
            ("0s", Some(0)),
            ("", None),
            ("s", None),
            ("1.2.3s", None),
            ("$x", None),
        ];
        for (text, nanos) in table {
            assert_eq!(backend_ns(text), nanos, "{text}");
        }
    }

    #[test]
    fn interval_prints_one_unit_and_rate_interval_prints_like_go() {
        let table = [
            (15_000, "15s", "15s"),
            (60_000, "1m", "1m0s"),
            (90_000, "1m", "1m30s"),
            (5_400_000, "1h", "1h30m0s"),
            (129_600_000, "1d", "36h0m0s"),
            (500, "500ms", "500ms"),
            (1_500, "1s", "1.5s"),
            (75_050, "1m", "1m15.05s"),
            (0, "1ms", "0s"),
        ];
        for (millis, interval, rate_interval) in table {
            assert_eq!(one_unit(millis), interval, "{millis}");
            assert_eq!(go_print(millis), rate_interval, "{millis}");
        }
    }

    proptest! {
        #[test]
        fn go_reads_back_what_go_prints(millis in 0_i64..1_000_000_000_000) {
            assert_eq!(backend_ns(&go_print(millis)), Some(millis * 1_000_000));
        }
    }
}
