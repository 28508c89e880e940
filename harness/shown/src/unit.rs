//! The text of a number in a unit, as `getValueFormat` of `@grafana/data` writes it.
//!
//! It must not know fields or panels. Which unit scales how is data, in `units.tsv`;
//! what is in the data as `special` and not written here is not modelled.

mod date;
mod duration;
mod fixed;
mod scaled;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::tz::TimeZone;

use crate::{NotModelled, number};
use fixed::to_fixed;

pub use date::{FULL, FULL_MS, format as format_time};
pub(crate) use fixed::change;

/// A number's text in three parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parts {
    /// What stands before: a currency, a minus.
    pub prefix: String,
    /// The digits.
    pub text: String,
    /// What stands behind: a unit with its blank.
    pub suffix: String,
}

impl Parts {
    fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    fn before(suffix: impl Into<String>, text: impl Into<String>) -> Self {
        Self { text: text.into(), suffix: suffix.into(), ..Self::default() }
    }

    /// The whole text.
    pub fn joined(&self) -> String {
        format!("{}{}{}", self.prefix, self.text, self.suffix)
    }
}

/// How the units of the data scale.
#[derive(Debug, Clone, Copy)]
enum Scale {
    /// Not at all, behind a blank.
    Fixed(&'static str),
    /// By 1000 with SI prefixes, from the given one on.
    Si(&'static str, i32),
    /// By 1024 with binary prefixes, from the given one on.
    Binary(&'static str, i32),
    /// By 1000 to K, M, B, T, after a symbol.
    Currency(&'static str),
    /// By 1000 to K, M, B, T, before a symbol.
    CurrencySuffix(&'static str),
    /// By 1000 to K, M, B, T, before a blank and the unit.
    Count(&'static str),
    /// Written by its own rules.
    Special,
}

/// Every unit id that Grafana has.
static UNITS: LazyLock<BTreeMap<&'static str, Scale>> = LazyLock::new(|| {
    include_str!("units.tsv")
        .lines()
        .map(|line| {
            let mut columns = line.split('\t');
            let mut next = || columns.next().unwrap_or_default();
            let (id, kind, unit, offset) = (next(), next(), next(), next());
            let offset = || offset.parse().unwrap_or(0);
            let scale = match kind {
                "fixed" => Scale::Fixed(unit),
                "si" => Scale::Si(unit, offset()),
                "binary" => Scale::Binary(unit, offset()),
                "currency" => Scale::Currency(unit),
                "currency-suffix" => Scale::CurrencySuffix(unit),
                "count" => Scale::Count(unit),
                _ => Scale::Special,
            };
            (id, scale)
        })
        .collect()
});

/// The text of a number in the unit of an id.
///
/// `decimals`: places behind the point, else as many as the number needs. `zone` is that
/// of the reader, for moments in milliseconds since 1970 UTC; `milliseconds`: whether the
/// time of a time axis shows them.
///
/// # Errors
///
/// For a unit that is not modelled.
pub fn format(
    id: &str,
    value: f64,
    decimals: Option<f64>,
    zone: &TimeZone,
    milliseconds: bool,
) -> Result<Parts, NotModelled> {
    let Some(scale) = UNITS.get(id) else { return custom(id, value, decimals, zone) };
    Ok(match *scale {
        Scale::Fixed(unit) => Parts::before(format!(" {unit}"), to_fixed(value, decimals)),
        Scale::Si(unit, offset) => scaled::si(unit, offset, value, decimals),
        Scale::Binary(unit, offset) => scaled::binary(unit, offset, value, decimals),
        Scale::Currency(symbol) => scaled::currency(symbol, false, value, decimals),
        Scale::CurrencySuffix(symbol) => scaled::currency(symbol, true, value, decimals),
        Scale::Count(unit) => scaled::count(unit, value, decimals),
        Scale::Special => return special(id, value, decimals, zone, milliseconds),
    })
}

fn special(
    id: &str,
    value: f64,
    decimals: Option<f64>,
    zone: &TimeZone,
    milliseconds: bool,
) -> Result<Parts, NotModelled> {
    let moment = |pattern: &str| date::format(value, pattern, zone).map(Parts::plain);
    Ok(match id {
        "none" => Parts::plain(to_fixed(value, decimals)),
        "string" => Parts::plain(number::to_text(value)),
        "short" => scaled::short(value, decimals),
        "percent" => Parts::before("%", to_fixed(value, decimals)),
        "percentunit" => Parts::before("%", to_fixed(100.0 * value, decimals)),
        "sci" => Parts::plain(number::to_exponential(value, places(decimals))),
        "locale" => Parts::plain(fixed::grouped(value, places(decimals))),
        "bool" => boolean(value, "True", "False"),
        "bool_yes_no" => boolean(value, "Yes", "No"),
        "bool_on_off" => boolean(value, "On", "Off"),
        "dateTimeAsIso" => moment(date::ISO)?,
        "dateTimeAsUS" => moment(date::US)?,
        "dateTimeAsSystem" => moment(if milliseconds { FULL_MS } else { FULL })?,
        _ => match duration::format(id, value, decimals) {
            Some(parts) => parts?,
            None => return Err(NotModelled::new(format!("the unit {id}"))),
        },
    })
}

/// A unit that Grafana does not have: a pattern of its own, or its id behind the number.
fn custom(
    id: &str,
    value: f64,
    decimals: Option<f64>,
    zone: &TimeZone,
) -> Result<Parts, NotModelled> {
    let suffix = |unit: &str| {
        let suffix = if unit.is_empty() { String::new() } else { format!(" {unit}") };
        Parts::before(suffix, to_fixed(value, decimals))
    };
    if id == "farenheit" {
        return Ok(suffix("°F"));
    }
    let Some((key, unit)) = id.split_once(':').filter(|(key, _)| !key.is_empty()) else {
        return Ok(suffix(id));
    };
    Ok(match key {
        "prefix" => {
            Parts { prefix: unit.to_owned(), text: to_fixed(value, decimals), ..Parts::default() }
        }
        "suffix" => suffix(unit),
        "time" => Parts::plain(date::format(value, unit, zone)?),
        "si" => {
            let (unit, offset) = scaled::si_offset(unit);
            scaled::si(unit, offset, value, decimals)
        }
        "count" => scaled::count(unit, value, decimals),
        "currency" if unit.starts_with("financial") => {
            return Err(NotModelled::new(format!("the unit {id}")));
        }
        "currency" => scaled::currency(unit, false, value, decimals),
        "bool" => {
            let (yes, no) = unit.split_once('/').unwrap_or((unit, "-"));
            boolean(value, yes, no)
        }
        _ => suffix(id),
    })
}

fn boolean(value: f64, yes: &str, no: &str) -> Parts {
    Parts::plain(if value == 0.0 || value.is_nan() { no } else { yes })
}

/// Places as a count, of those that are one.
fn places(decimals: Option<f64>) -> Option<usize> {
    decimals.filter(|decimals| (0.0..=100.0).contains(decimals)).map(|decimals| decimals as usize)
}
