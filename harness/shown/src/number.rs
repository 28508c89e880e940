//! Numbers and texts as JavaScript converts them; it must not know what they mean.

/// `String(number)`: the shortest digits that read back as the number.
pub fn to_text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number < 0.0 { "-Infinity" } else { "Infinity" }.to_owned();
    }
    if number == 0.0 {
        return "0".to_owned();
    }
    let (sign, digits, exponent) = shortest(number);
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    // `point`: how many digits stand before the decimal point.
    let point = exponent + 1;
    let text = if (1..=21).contains(&point) {
        if count <= point {
            format!("{digits}{}", zeros(point - count))
        } else {
            let (whole, rest) = digits.split_at(usize::try_from(point).unwrap_or(0));
            format!("{whole}.{rest}")
        }
    } else if (-5..=0).contains(&point) {
        format!("0.{}{digits}", zeros(-point))
    } else {
        scientific(&digits, exponent)
    };
    format!("{sign}{text}")
}

/// `number.toExponential(digits)`; without digits as many as are needed.
pub fn to_exponential(number: f64, fraction: Option<usize>) -> String {
    if !number.is_finite() {
        return to_text(number);
    }
    let text = match fraction {
        Some(fraction) => format!("{number:.fraction$e}"),
        None => format!("{number:e}"),
    };
    let text = text.strip_prefix("-0e").map_or(text.clone(), |rest| format!("0e{rest}"));
    match text.split_once('e') {
        Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
        _ => text,
    }
}

/// Sign, decimal digits and the exponent of the first of them.
///
/// Of two shortest texts that are as near a browser takes the one whose last digit is
/// even, as `serde_json` does and the standard library does not.
fn shortest(number: f64) -> (&'static str, String, i32) {
    let sign = if number < 0.0 { "-" } else { "" };
    let text = serde_json::Number::from_f64(number.abs())
        .map_or_else(|| "0".to_owned(), |number| number.to_string());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let zeros = digits.bytes().take_while(|digit| *digit == b'0').count();
    let digits = digits[zeros..].trim_end_matches('0').to_owned();
    let place = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let exponent: i32 = exponent.trim_start_matches('+').parse().unwrap_or(0);
    (sign, digits, exponent + place(whole.len()) - place(zeros) - 1)
}

fn scientific(digits: &str, exponent: i32) -> String {
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{first}{point}{rest}e{sign}{}", exponent.abs())
}

fn zeros(count: i32) -> String {
    "0".repeat(usize::try_from(count).unwrap_or(0))
}

/// `Number(text)`: NaN of what is no number, 0 of blanks.
pub fn of_text(text: &str) -> f64 {
    let text = text.trim();
    if text.is_empty() {
        return 0.0;
    }
    match text {
        "Infinity" | "+Infinity" => return f64::INFINITY,
        "-Infinity" => return f64::NEG_INFINITY,
        _ => {}
    }
    let radix = |prefix: &str, radix: u32| {
        let digits = text.strip_prefix(&format!("0{prefix}"))?;
        Some(u64::from_str_radix(digits, radix).map_or(f64::NAN, |value| value as f64))
    };
    if let Some(number) = radix("x", 16).or_else(|| radix("b", 2)).or_else(|| radix("o", 8)) {
        return number;
    }
    if decimal_length(text) == text.len() { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

/// `parseFloat(text)`: the number that the text begins with, else NaN.
pub fn parse_float(text: &str) -> f64 {
    let text = text.trim_start();
    for (name, value) in [
        ("Infinity", f64::INFINITY),
        ("+Infinity", f64::INFINITY),
        ("-Infinity", f64::NEG_INFINITY),
    ] {
        if text.starts_with(name) {
            return value;
        }
    }
    text[..decimal_length(text)].parse().unwrap_or(f64::NAN)
}

/// How much of the text's beginning is a decimal number.
fn decimal_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits =
        |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let whole = digits(at);
    at += whole;
    let mut fraction = 0;
    if bytes.get(at) == Some(&b'.') {
        fraction = digits(at + 1);
        if whole + fraction > 0 {
            at += 1 + fraction;
        }
    }
    if whole + fraction == 0 {
        return 0;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits((at + 1 + sign).min(bytes.len()));
        if exponent > 0 {
            at += 1 + sign + exponent;
        }
    }
    at
}

/// `Math.round`: halves go up, so -1234.5 becomes -1234.
pub fn round(number: f64) -> f64 {
    let floor = number.floor();
    if number - floor >= 0.5 { floor + 1.0 } else { floor }
}

/// Whether the number has a place behind the decimal point; `x % 1 !== 0`.
pub fn is_whole(number: f64) -> bool {
    number % 1.0 == 0.0
}

#[cfg(test)]
mod tests {
    use super::{of_text, parse_float, round, to_exponential, to_text};

    #[test]
    fn numbers_are_written_as_a_browser_writes_them() {
        for (number, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1e21, "1e+21"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (1e-6, "0.000001"),
            (1.5e-7, "1.5e-7"),
            (-1234.5, "-1234.5"),
            (0.1, "0.1"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(to_text(number), text);
        }
        assert_eq!(to_exponential(1234.5, None), "1.2345e+3");
        assert_eq!(to_exponential(0.00012, Some(1)), "1.2e-4");
    }

    #[test]
    fn texts_are_read_as_a_browser_reads_them() {
        assert_eq!(of_text(" 12 "), 12.0);
        assert_eq!(of_text(""), 0.0);
        assert_eq!(of_text("0x1f"), 31.0);
        assert_eq!(of_text(".5e1"), 5.0);
        assert!(of_text("1s").is_nan());
        assert!(of_text("inf").is_nan());
        assert!(of_text("e5").is_nan());
        assert_eq!(parse_float("1.5e3 ms"), 1500.0);
        assert_eq!(parse_float("12e"), 12.0);
        assert!(parse_float("ms").is_nan());
        assert_eq!(round(-1234.5), -1234.0);
        assert_eq!(round(0.499_999_999_999_999_94), 0.0);
    }
}
