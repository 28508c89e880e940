//! The backend's side: nanoseconds, up to which bounds it rounds, Go's durations.

use super::TABLE;

const MILLISECOND: i64 = 1_000_000;
const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Nanoseconds of an interval's text; `None` where the backend fails.
///
/// A number alone is seconds. A year has 365.25 days and a month a twelfth of it; a
/// product that is too large wraps, as Go's does.
pub fn parse_interval_ns(text: &str) -> Option<i64> {
    let text = text.strip_prefix('<').unwrap_or(text);
    let text = text.strip_suffix('>').unwrap_or(text);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    if is_number(text) {
        return text.parse::<i64>().ok()?.checked_mul(SECOND);
    }
    let calendar = [('d', DAY), ('w', 7 * DAY), ('M', DAY / 4 * 1461 / 12), ('y', DAY / 4 * 1461)];
    for (unit, size) in calendar {
        if let Some(count) = text.strip_suffix(unit).filter(|count| is_number(count)) {
            return Some(count.parse::<i64>().ok()?.wrapping_mul(size));
        }
    }
    go_duration(text)
}

/// Go's `time.ParseDuration`.
fn go_duration(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0_i64;
    while !rest.is_empty() {
        let length = rest.bytes().take_while(|it| it.is_ascii_digit() || *it == b'.').count();
        let (number, after) = rest.split_at(length);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return None;
        }
        let letters = after.find(|it: char| it == '.' || it.is_ascii_digit());
        let (unit, after) = after.split_at(letters.unwrap_or(after.len()));
        let size = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1000,
            "ms" => MILLISECOND,
            "s" => SECOND,
            "m" => 60 * SECOND,
            "h" => 3600 * SECOND,
            _ => return None,
        };
        rest = after;
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        total = total.checked_add(whole.checked_mul(size)?)?.checked_add(part(fraction, size)?)?;
    }
    Some(if negative { -total } else { total })
}

/// The part of a unit that decimals are.
fn part(fraction: &str, size: i64) -> Option<i64> {
    let digits: String = fraction.chars().take(18).collect();
    if digits.is_empty() {
        return Some(0);
    }
    let scale = 10_i128.pow(u32::try_from(digits.len()).ok()?);
    i64::try_from(digits.parse::<i128>().ok()? * i128::from(size) / scale).ok()
}

/// An interval as the backend rounds it: bounds belong to the step below, but the last.
pub fn round_interval_ns(nanoseconds: i64) -> i64 {
    let bound = |milliseconds: f64| milliseconds as i64 * MILLISECOND;
    let (last, steps) = (TABLE[TABLE.len() - 1], &TABLE[..TABLE.len() - 1]);
    let step = steps.iter().find(|(up_to, _)| nanoseconds <= bound(*up_to));
    match step {
        Some((_, rounded)) => bound(*rounded),
        None if nanoseconds < bound(last.0) => bound(last.1),
        None => bound(super::YEAR_MS),
    }
}

/// `$__interval`: one unit, so 90 s is `1m`; below a millisecond `1ms`.
pub fn format_interval_ns(nanoseconds: i64) -> String {
    let units = [
        ("y", 365 * DAY),
        ("d", DAY),
        ("h", 3600 * SECOND),
        ("m", 60 * SECOND),
        ("s", SECOND),
        ("ms", MILLISECOND),
    ];
    match units.iter().find(|(_, size)| nanoseconds >= *size) {
        Some((unit, size)) => format!("{}{unit}", nanoseconds / size),
        None => "1ms".to_owned(),
    }
}

/// `$__rate_interval`: as Go prints a duration, so a minute is `1m0s`.
pub fn duration_string_ns(nanoseconds: i64) -> String {
    if nanoseconds == 0 {
        return "0s".to_owned();
    }
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let size = nanoseconds.unsigned_abs();
    if size < SECOND.unsigned_abs() {
        let (unit, places) = match size {
            0..1000 => ("ns", 0),
            1000..1_000_000 => ("µs", 3),
            _ => ("ms", 6),
        };
        return format!("{sign}{}{unit}", decimal(size, places));
    }
    let seconds = size / SECOND.unsigned_abs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let rest = size % (60 * SECOND.unsigned_abs());
    let mut text = sign.to_owned();
    if hours > 0 {
        text.push_str(&format!("{hours}h"));
    }
    if hours > 0 || minutes > 0 {
        text.push_str(&format!("{minutes}m"));
    }
    format!("{text}{}s", decimal(rest, 9))
}

/// A number with so many of its digits behind the point, without zeros at the end.
fn decimal(number: u64, places: usize) -> String {
    let scale = 10_u64.pow(u32::try_from(places).unwrap_or(0));
    let (whole, rest) = (number / scale, number % scale);
    let fraction = format!("{rest:0places$}");
    let fraction = if rest == 0 { "" } else { fraction.trim_end_matches('0') };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{whole}{point}{fraction}")
}
