//! Digits of a number that is not scaled: places behind the point, and thousands apart.

use crate::number;

/// The digits with the given places, or with as many as three significant digits need.
pub(super) fn to_fixed(value: f64, decimals: Option<f64>) -> String {
    if value.is_infinite() {
        return if value < 0.0 { "-∞" } else { "∞" }.to_owned();
    }
    let decimals = decimals.unwrap_or_else(|| needed(value));
    if value == 0.0 {
        let places = decimals.clamp(0.0, 100.0) as usize;
        return format!("{:.places$}", 0.0);
    }
    let factor = if decimals == 0.0 { 1.0 } else { libm::pow(10.0, decimals.max(0.0)) };
    let text = number::to_text(number::round(value * factor) / factor);
    if text.contains('e') {
        return text;
    }
    let precision = text.split_once('.').map_or(0.0, |(_, fraction)| fraction.len() as f64);
    if precision < decimals {
        // The browser takes the zeros from the digits of the factor.
        let zeros: String =
            number::to_text(factor).chars().skip(1).take((decimals - precision) as usize).collect();
        let point = if precision == 0.0 { "." } else { "" };
        return format!("{text}{point}{zeros}");
    }
    text
}

/// How many places a number needs: none of a whole one, else for about three digits.
fn needed(value: f64) -> f64 {
    let size = value.abs();
    let mut places = 1.0 - (libm::log(size) / std::f64::consts::LN_10).floor();
    if size / libm::pow(10.0, -places) > 2.25 {
        places += 1.0;
    }
    if number::is_whole(value) {
        places = 0.0;
    }
    // NaN has none: `max` leaves the other operand.
    places.max(0.0)
}

/// Digits in groups of three, as English writes them; at most three places, or as given.
pub(super) fn grouped(value: f64, places: Option<usize>) -> String {
    if value.is_infinite() {
        return to_fixed(value, None);
    }
    if value.is_nan() {
        return "NaN".to_owned();
    }
    let text = decimal(value.abs(), places.unwrap_or(3));
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut digits = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            digits.push(',');
        }
        digits.push(digit);
    }
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    let sign = if value.is_sign_negative() { "-" } else { "" };
    format!("{sign}{digits}{point}{fraction}")
}

/// A change in percent, of three significant digits, as a stat writes it beside its value.
pub(crate) fn change(percent: f64) -> String {
    if !percent.is_finite() {
        return format!(
            "{}%",
            if percent.is_nan() { "NaN".to_owned() } else { to_fixed(percent, None) }
        );
    }
    let rounded: f64 = format!("{percent:.2e}").parse().unwrap_or(percent);
    format!("{}%", grouped(rounded, Some(20)))
}

/// The shortest decimal digits of a number, rounded half up at the places.
fn decimal(value: f64, places: usize) -> String {
    let shortest = format!("{value}");
    let (whole, fraction) = shortest.split_once('.').unwrap_or((&shortest, ""));
    if fraction.len() <= places {
        return shortest.clone();
    }
    let mut digits: Vec<u8> =
        whole.bytes().chain(fraction.bytes().take(places)).map(|byte| byte - b'0').collect();
    if fraction.as_bytes()[places] >= b'5' {
        let mut at = digits.len();
        loop {
            if at == 0 {
                digits.insert(0, 1);
                break;
            }
            at -= 1;
            if digits[at] < 9 {
                digits[at] += 1;
                break;
            }
            digits[at] = 0;
        }
    }
    let split = digits.len() - places;
    let text =
        |digits: &[u8]| -> String { digits.iter().map(|digit| char::from(b'0' + digit)).collect() };
    format!("{}.{}", text(&digits[..split]), text(&digits[split..]))
}
