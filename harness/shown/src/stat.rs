//! Which values stat, gauge, bar gauge and pie chart show of frames, by `reduceOptions`.
//!
//! It must not know how each of them draws a value.
//! Source: `getFieldDisplayValues` of `@grafana/data`.

use jiff::tz::TimeZone;
use serde_json::Value;

use crate::display::{Colour, Display, Printed};
use crate::frame::{Field, FieldType, Frame, Scalar};
use crate::pattern::Pattern;
use crate::{NotModelled, name, reduce};

/// How many values are shown where `limit` says nothing.
pub const LIMIT: usize = 25;

/// `reduceOptions` of a panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReduceOptions {
    /// The reducers by id; the last value where there is none.
    pub calcs: Vec<String>,
    /// Which fields: an expression of names, empty for all numbers.
    pub fields: String,
    /// Whether each row is shown.
    pub values: bool,
    /// How many values are shown.
    pub limit: usize,
}

impl Default for ReduceOptions {
    /// What a panel has that says nothing.
    fn default() -> Self {
        Self {
            calcs: vec!["lastNotNull".to_owned()],
            fields: String::new(),
            values: false,
            limit: LIMIT,
        }
    }
}

impl ReduceOptions {
    /// Of the member `reduceOptions`.
    pub fn read(options: &Value) -> Self {
        let default = Self::default();
        let calcs = options.get("calcs").and_then(Value::as_array);
        let limit = options.get("limit").and_then(Value::as_f64).filter(|limit| *limit > 0.0);
        Self {
            calcs: calcs.map_or(default.calcs, |ids| {
                ids.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }),
            fields: options.get("fields").and_then(Value::as_str).unwrap_or_default().to_owned(),
            values: options.get("values").and_then(Value::as_bool).unwrap_or(false),
            limit: limit.map_or(LIMIT, |limit| limit.ceil() as usize),
        }
    }
}

/// A value with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Single {
    /// The name; absent where nothing is shown but that there is no data.
    pub title: Option<String>,
    /// The value.
    pub printed: Printed,
    /// Last minus first in percent of the first, of the values that were reduced.
    pub change: Option<f64>,
}

/// The values that are shown; one without a title where there is none at all.
///
/// `no_data`: the text for that case, `noValue` of the panel's defaults.
///
/// # Errors
///
/// For an expression or a reducer that is not modelled.
pub fn values(
    frames: &[Frame],
    options: &ReduceOptions,
    no_data: Option<&str>,
    zone: &TimeZone,
) -> Result<Vec<Single>, NotModelled> {
    let shown = Shown::new(options)?;
    let mut singles = Vec::new();
    for frame in frames {
        for field in &frame.fields {
            if singles.len() >= options.limit && options.values {
                return Ok(singles);
            }
            if !shown.has(field, frame, frames) {
                continue;
            }
            if options.values {
                let room = options.limit - singles.len();
                for row in 0..field.values.len().min(room) {
                    singles.push(of_row(field, frame, row, zone));
                }
            } else {
                singles.extend(of_field(field, frame, frames, &shown.calcs, zone)?);
            }
        }
    }
    if singles.is_empty() {
        singles.push(nothing(no_data));
    }
    Ok(singles)
}

struct Shown<'a> {
    pattern: Option<Pattern>,
    calcs: Vec<&'a str>,
}

impl<'a> Shown<'a> {
    fn new(options: &'a ReduceOptions) -> Result<Self, NotModelled> {
        let pattern = match options.fields.as_str() {
            "" => None,
            expression => Some(Pattern::of_text(expression)?),
        };
        if pattern.as_ref().is_some_and(Pattern::is_global) {
            return Err(NotModelled::new("options.reduceOptions.fields with flag g"));
        }
        let mut calcs: Vec<&str> = options.calcs.iter().map(String::as_str).collect();
        if calcs.is_empty() {
            calcs.push("last");
        }
        Ok(Self { pattern, calcs })
    }

    fn has(&self, field: &Field, frame: &Frame, frames: &[Frame]) -> bool {
        match &self.pattern {
            Some(pattern) => pattern.is_match(&name::of_field(field, frame, frames)),
            None => field.kind == FieldType::Number,
        }
    }
}

fn of_field(
    field: &Field,
    frame: &Frame,
    frames: &[Frame],
    calcs: &[&str],
    zone: &TimeZone,
) -> Result<Vec<Single>, NotModelled> {
    let display = Display::new(field, zone);
    let change = match reduce::one(field, "diffperc")? {
        Some(Scalar::Number(number)) => Some(number),
        _ => None,
    };
    let title = name::of_field(field, frame, frames);
    let results = reduce::all(field, calcs)?;
    Ok(results
        .into_iter()
        .map(|result| Single {
            title: Some(title.clone()),
            printed: display.print(&result.unwrap_or(Scalar::Missing)),
            change,
        })
        .collect())
}

fn of_row(field: &Field, frame: &Frame, row: usize, zone: &TimeZone) -> Single {
    let value = field.values.get(row).unwrap_or(&Scalar::Missing);
    Single {
        title: Some(row_title(field, frame, row, zone)),
        printed: Display::new(field, zone).print(value),
        change: None,
    }
}

/// The texts of the row, and the name of the field where they do not say which it is.
fn row_title(field: &Field, frame: &Frame, row: usize, zone: &TimeZone) -> String {
    if let Some(name) = field.config.display_name.as_deref().filter(|name| !name.is_empty()) {
        return name.to_owned();
    }
    let mut parts = Vec::new();
    let mut numbers = 0;
    for other in frame.fields.iter().filter(|other| !std::ptr::eq(*other, field)) {
        match other.kind {
            FieldType::Text => {
                let value = other.values.get(row).unwrap_or(&Scalar::Missing);
                let text = Display::new(other, zone).print(value).text.unwrap_or_default();
                if !text.is_empty() {
                    parts.push(text);
                }
            }
            FieldType::Number => numbers += 1,
            _ => {}
        }
    }
    if numbers > 0 || parts.is_empty() {
        parts.push(name::of_field(field, frame, &[]));
    }
    parts.join(" ")
}

fn nothing(no_data: Option<&str>) -> Single {
    let text = no_data.filter(|text| !text.is_empty()).unwrap_or("No data").to_owned();
    Single {
        title: None,
        printed: Printed {
            text: Ok(text),
            number: 0.0,
            colour: Colour::Named(crate::threshold::FALLBACK.to_owned()),
            share: None,
        },
        change: None,
    }
}
