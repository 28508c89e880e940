//! How stat, gauge, bar gauge, pie chart, legends and footers make one value of many.
//!
//! It must not know panels. Source: `reduceField` of `@grafana/data`.

mod order;
mod standard;

use crate::config::NullValueMode;
use crate::frame::Field;
use crate::{NotModelled, Scalar};
use standard::Standard;

/// One of Grafana's reducers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reducer {
    /// The id in `calcs`.
    pub id: &'static str,
    /// The heading that the browser has for it.
    pub name: &'static str,
    alias: &'static str,
    /// Whether the browser computes it by itself when it is asked for alone.
    own: bool,
    /// Whether its result has the unit of the values.
    pub keeps_unit: bool,
}

const fn of(id: &'static str, name: &'static str, own: bool, keeps_unit: bool) -> Reducer {
    Reducer { id, name, alias: "", own, keeps_unit }
}

const fn aliased(id: &'static str, alias: &'static str, name: &'static str, own: bool) -> Reducer {
    Reducer { id, name, alias, own, keeps_unit: true }
}

/// All but the percentiles and the lists of values.
const REDUCERS: &[Reducer] = &[
    aliased("lastNotNull", "current", "Last *", true),
    of("last", "Last", true, true),
    of("firstNotNull", "First *", true, true),
    of("first", "First", true, true),
    of("min", "Min", false, true),
    of("max", "Max", false, true),
    aliased("mean", "avg", "Mean", false),
    of("median", "Median", true, true),
    of("variance", "Variance", true, true),
    of("stdDev", "StdDev", true, true),
    aliased("sum", "total", "Total", false),
    of("count", "Count", false, false),
    of("countAll", "Count all", true, false),
    of("range", "Range", false, true),
    of("delta", "Delta", false, true),
    of("step", "Step", false, true),
    of("diff", "Difference", false, true),
    of("logmin", "Min (above zero)", false, true),
    of("allIsZero", "All Zeros", false, true),
    of("allIsNull", "All Nulls", false, false),
    of("changeCount", "Change Count", true, false),
    of("distinctCount", "Distinct Count", true, false),
    of("diffperc", "Difference percent", false, false),
];

/// The ids of reducers that give a list, which nothing here shows.
const LISTS: &[&str] = &["allValues", "uniqueValues"];

/// A reducer that was found: one of the list, or a percentile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// One of the list.
    Named(&'static Reducer),
    /// The value at a share of 1 to 99 percent of the sorted values.
    Percentile(u8),
}

impl Found {
    /// The reducer of an id or of an old alias: `current` is `lastNotNull`.
    ///
    /// # Errors
    ///
    /// For one that makes a list.
    pub fn with_alias(id: &str) -> Result<Option<Self>, NotModelled> {
        if LISTS.contains(&id) {
            return Err(NotModelled::new(format!("the reducer {id}")));
        }
        let named = REDUCERS
            .iter()
            .find(|reducer| reducer.id == id || (!id.is_empty() && reducer.alias == id));
        Ok(named.map(Self::Named).or_else(|| percentile(id).map(Self::Percentile)))
    }

    /// The reducer's own id.
    pub fn id(self) -> String {
        match self {
            Self::Named(reducer) => reducer.id.to_owned(),
            Self::Percentile(percent) => format!("p{percent}"),
        }
    }

    /// The heading that the browser has for it.
    pub fn name(self) -> String {
        match self {
            Self::Named(reducer) => reducer.name.to_owned(),
            Self::Percentile(percent) => {
                let ending = match (percent, percent % 10) {
                    (4..=20, _) => "th",
                    (_, 1) => "st",
                    (_, 2) => "nd",
                    (_, 3) => "rd",
                    _ => "th",
                };
                format!("{percent}{ending} %")
            }
        }
    }

    /// Whether the result has the unit of the values.
    pub fn keeps_unit(self) -> bool {
        match self {
            Self::Named(reducer) => reducer.keeps_unit,
            Self::Percentile(_) => true,
        }
    }

    fn is_own(self) -> bool {
        match self {
            Self::Named(reducer) => reducer.own,
            Self::Percentile(_) => true,
        }
    }
}

fn percentile(id: &str) -> Option<u8> {
    let digits = id.strip_prefix('p')?;
    let percent: u8 = digits.parse().ok()?;
    ((1..=99).contains(&percent) && digits == percent.to_string()).then_some(percent)
}

/// The results of several reducers in the order of their ids.
///
/// `None` where there is nothing to show: an id that is no reducer's, and an old alias,
/// whose result the browser files under another name.
///
/// # Errors
///
/// For a reducer that makes a list, and for a percentile or median of 64 values and more
/// with NaN among them, whose order is an accident of the sorting.
pub fn all(field: &Field, ids: &[&str]) -> Result<Vec<Option<Scalar>>, NotModelled> {
    let found: Vec<Option<Found>> =
        ids.iter().map(|id| Found::with_alias(id)).collect::<Result<_, _>>()?;
    let known: Vec<Found> = found.iter().flatten().copied().collect();
    let alone = matches!(known.as_slice(), [only] if only.is_own());
    if let Some(values) = &field.reduced {
        let kept = Standard::of(&Field { values: values.clone(), reduced: None, ..field.clone() });
        let results: Option<Vec<Scalar>> = ids.iter().map(|id| kept.result(id)).collect();
        if let Some(results) = results {
            return Ok(results.into_iter().map(Some).collect());
        }
    }
    let standard = Standard::of(field);
    ids.iter()
        .zip(&found)
        .map(|(id, found)| match found {
            Some(reducer) if reducer.id() == *id => {
                result(*reducer, field, &standard, alone).map(Some)
            }
            _ => Ok(None),
        })
        .collect()
}

/// The result of one reducer that is asked for alone; see [`all`].
///
/// # Errors
///
/// As [`all`].
pub fn one(field: &Field, id: &str) -> Result<Option<Scalar>, NotModelled> {
    Ok(all(field, &[id])?.into_iter().next().flatten())
}

fn result(
    reducer: Found,
    field: &Field,
    standard: &Standard,
    alone: bool,
) -> Result<Scalar, NotModelled> {
    let values = &field.values;
    let mode = field.config.null_value_mode;
    if values.is_empty() {
        return Ok(match reducer.id().as_str() {
            "sum" | "count" | "countAll" => Scalar::Number(0.0),
            "allIsZero" => Scalar::Bool(false),
            "allIsNull" => Scalar::Bool(true),
            _ => Scalar::Missing,
        });
    }
    let reducer = match reducer {
        Found::Percentile(percent) => {
            return order::percentile(values, f64::from(percent) / 100.0, mode);
        }
        Found::Named(reducer) => reducer,
    };
    if let Some(scalar) = standard.result(reducer.id).filter(|_| !(alone && reducer.own)) {
        return Ok(scalar);
    }
    Ok(match reducer.id {
        "lastNotNull" => present(values.iter().rev()),
        "last" => values.last().cloned().unwrap_or(Scalar::Missing),
        "firstNotNull" => present(values.iter()),
        "first" => values.first().cloned().unwrap_or(Scalar::Null),
        "median" => return order::median(values, mode),
        "variance" => Scalar::Number(standard::variance(field)),
        "stdDev" => Scalar::Number(standard::variance(field).sqrt()),
        "countAll" => Scalar::Number(count(values.len())),
        "changeCount" => Scalar::Number(count(changes(values, mode))),
        "distinctCount" => Scalar::Number(count(distinct(values, mode))),
        _ => Scalar::Null,
    })
}

fn present<'a>(mut values: impl Iterator<Item = &'a Scalar>) -> Scalar {
    values.find(|value| value.is_present()).cloned().unwrap_or(Scalar::Null)
}

pub(crate) fn count(number: usize) -> f64 {
    number as f64
}

/// The values as the null value mode has them; what is missing is not null.
fn under(values: &[Scalar], mode: NullValueMode) -> impl Iterator<Item = Scalar> + '_ {
    values.iter().filter_map(move |value| match (value, mode) {
        (Scalar::Null, NullValueMode::Ignore) => None,
        (Scalar::Null, NullValueMode::AsZero) => Some(Scalar::Number(0.0)),
        (value, _) => Some(value.clone()),
    })
}

/// How often a value differs from the one before; NaN always does.
fn changes(values: &[Scalar], mode: NullValueMode) -> usize {
    let values: Vec<Scalar> = under(values, mode).collect();
    values.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

/// How many values there are; NaN is one, and -0 is 0.
fn distinct(values: &[Scalar], mode: NullValueMode) -> usize {
    let mut seen: Vec<(u8, String)> = under(values, mode)
        .map(|value| {
            let kind = match value {
                Scalar::Null => 0,
                Scalar::Missing => 4,
                Scalar::Number(_) => 1,
                Scalar::Text(_) => 2,
                Scalar::Bool(_) => 3,
            };
            (kind, value.key())
        })
        .collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len()
}
