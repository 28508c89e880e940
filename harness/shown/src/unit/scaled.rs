//! Digits of a number that is scaled by thousands until few are left.

use crate::unit::Parts;
use crate::unit::fixed::to_fixed;

const SI: [&str; 14] = ["f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E", "Z", "Y"];
/// Where in [`SI`] no prefix is.
const SI_NONE: i32 = 5;
const BINARY: [&str; 9] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];
const COUNT: [&str; 5] = ["", "K", "M", "B", "T"];
const SHORT: [&str; 9] = ["", " K", " Mil", " Bil", " Tri", " Quadr", " Quint", " Sext", " Sept"];

/// Scales by a factor; `names` of the powers, `offset` which of them power 0 is.
///
/// The suffix is absent of what is no finite number.
fn scale(
    factor: f64,
    names: &[String],
    offset: i32,
    value: f64,
    decimals: Option<f64>,
) -> (String, Option<String>) {
    if !value.is_finite() {
        return (if value.is_nan() { "NaN".to_owned() } else { to_fixed(value, None) }, None);
    }
    let count = i32::try_from(names.len()).unwrap_or(i32::MAX);
    let power = if value == 0.0 {
        0
    } else {
        (libm::log10(value.abs()) / libm::log10(factor)).floor() as i32
    };
    let name = (offset + power).clamp(0, count - 1);
    let size = libm::pow(factor, f64::from(power.clamp(-offset, count - offset - 1)));
    let suffix = names.get(usize::try_from(name).unwrap_or(0)).cloned();
    (to_fixed(value / size, decimals), suffix)
}

fn parts((text, suffix): (String, Option<String>)) -> Parts {
    Parts { text, suffix: suffix.unwrap_or_default(), ..Parts::default() }
}

fn named(prefixes: &[&str], unit: &str) -> Vec<String> {
    prefixes.iter().map(|prefix| format!(" {prefix}{unit}")).collect()
}

pub(super) fn si(unit: &str, offset: i32, value: f64, decimals: Option<f64>) -> Parts {
    parts(scale(1000.0, &named(&SI, unit), SI_NONE + offset, value, decimals))
}

pub(super) fn binary(unit: &str, offset: i32, value: f64, decimals: Option<f64>) -> Parts {
    parts(scale(1024.0, &named(&BINARY, unit), offset, value, decimals))
}

/// The unit and the prefix that it begins with: `mW` is W, three powers of ten below.
pub(super) fn si_offset(unit: &str) -> (&str, i32) {
    let first = unit.chars().next().map(|first| if first == 'μ' { 'µ' } else { first });
    let place = first
        .and_then(|first| SI.iter().position(|prefix| prefix.chars().eq(std::iter::once(first))));
    match (place, unit.chars().next()) {
        (Some(place), Some(first)) => {
            (&unit[first.len_utf8()..], i32::try_from(place).unwrap_or(0) - SI_NONE)
        }
        _ => (unit, 0),
    }
}

pub(super) fn short(value: f64, decimals: Option<f64>) -> Parts {
    parts(scale(1000.0, &SHORT.map(str::to_owned), 0, value, decimals))
}

pub(super) fn count(unit: &str, value: f64, decimals: Option<f64>) -> Parts {
    let (text, suffix) = scale(1000.0, &COUNT.map(str::to_owned), 0, value, decimals);
    // Of an infinite number the browser writes the missing suffix by its name.
    let suffix = suffix.unwrap_or_else(|| "undefined".to_owned());
    Parts { text, suffix: format!("{suffix} {unit}"), ..Parts::default() }
}

pub(super) fn currency(symbol: &str, behind: bool, value: f64, decimals: Option<f64>) -> Parts {
    let (text, suffix) = scale(1000.0, &COUNT.map(str::to_owned), 0, value.abs(), decimals);
    let minus = if value < 0.0 { "-" } else { "" };
    if behind {
        let suffix = suffix.map(|suffix| format!("{suffix}{symbol}")).unwrap_or_default();
        return Parts { prefix: minus.to_owned(), text, suffix };
    }
    Parts { prefix: format!("{minus}{symbol}"), text, suffix: suffix.unwrap_or_default() }
}
