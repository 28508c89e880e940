//! `filterByRefId`, `filterFieldsByName` and `filterByValue`: some frames, fields or rows.

use serde_json::Value;

use crate::frame::{Field, Frame, Scalar};
use crate::matcher::{FrameMatcher, Matcher};
use crate::pattern::Pattern;
use crate::transform::{Transformed, flag, text};
use crate::{NotModelled, name, number};

pub(super) fn by_ref_id(frames: Vec<Frame>, options: &Value) -> Transformed {
    let matcher = |name: &str| text(options, name).map(FrameMatcher::of_ref_id).transpose();
    let (include, exclude) = (matcher("include")?, matcher("exclude")?);
    let keeps = |frame: &Frame| {
        !exclude.as_ref().is_some_and(|exclude| exclude.matches(frame))
            && include.as_ref().is_none_or(|include| include.matches(frame))
    };
    Ok(frames.into_iter().filter(keeps).collect())
}

/// Fields by any of several names.
pub(super) fn names(names: Vec<String>) -> Matcher {
    Matcher::Names { names, exclude: false }
}

pub(super) fn fields_by_name(frames: Vec<Frame>, options: &Value) -> Transformed {
    let by_variable = flag(options, "byVariable");
    let matcher = |name: &str| match options.get(name) {
        Some(options) if !options.is_null() => name_matcher(options, by_variable),
        _ => Ok(None),
    };
    fields(frames, matcher("include")?.as_ref(), matcher("exclude")?.as_ref())
}

fn name_matcher(options: &Value, by_variable: bool) -> Result<Option<Matcher>, NotModelled> {
    if let (true, Some(variable)) = (by_variable, text(options, "variable")) {
        let inside = variable.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
        let listed = inside.unwrap_or(variable).split(',').map(str::to_owned).collect();
        return Ok(Some(names(listed)));
    }
    let listed = options.get("names").and_then(Value::as_array).is_some_and(|it| !it.is_empty());
    match (listed, text(options, "pattern")) {
        (false, None) => Ok(None),
        (true, None) => Matcher::read("byNames", options),
        (false, Some(pattern)) => Matcher::read("byRegexp", &Value::from(pattern)),
        (true, Some(_)) => Matcher::read("byRegexpOrNames", options),
    }
}

/// The fields that are meant; a frame without any is left out.
pub(super) fn fields(
    frames: Vec<Frame>,
    include: Option<&Matcher>,
    exclude: Option<&Matcher>,
) -> Transformed {
    if include.is_none() && exclude.is_none() {
        return Ok(frames);
    }
    let mut result = Vec::new();
    for frame in &frames {
        let mut fields = Vec::new();
        for field in &frame.fields {
            let excluded = match exclude {
                Some(exclude) => exclude.matches(field, frame, &frames)?,
                None => false,
            };
            let included = match include {
                Some(include) => include.matches(field, frame, &frames)?,
                None => true,
            };
            if included && !excluded {
                fields.push(field.clone());
            }
        }
        if !fields.is_empty() {
            result.push(Frame { fields, ..frame.clone() });
        }
    }
    Ok(result)
}

pub(super) fn by_value(frames: Vec<Frame>, options: &Value) -> Transformed {
    let filters = options.get("filters").and_then(Value::as_array);
    let Some(filters) = filters.filter(|filters| !filters.is_empty()) else { return Ok(frames) };
    let all = text(options, "match") == Some("all");
    let exclude = text(options, "type").is_some_and(|kind| kind != "include");
    let mut result = Vec::with_capacity(frames.len());
    for frame in &frames {
        let tests: Vec<(Option<&Field>, Test)> = filters
            .iter()
            .map(|filter| {
                let wanted = filter.get("fieldName").and_then(Value::as_str);
                // Of fields with one name the last counts.
                let field =
                    frame.fields.iter().rev().find(|field| {
                        wanted == Some(name::of_field(field, frame, &frames).as_str())
                    });
                Ok((field, Test::read(filter.get("config").unwrap_or(&Value::Null))?))
            })
            .collect::<Result<_, NotModelled>>()?;
        let keeps = |row: usize| {
            let mut passed = tests.iter().map(|(field, test)| {
                field.is_some_and(|field| field.values.get(row).is_some_and(|it| test.passes(it)))
            });
            let matching = if all { passed.all(|it| it) } else { passed.any(|it| it) };
            matching != exclude
        };
        let rows: Vec<usize> = (0..frame.rows()).filter(|row| keeps(*row)).collect();
        let mut kept = frame.clone();
        for field in &mut kept.fields {
            field.reduced = None;
            field.values = rows.iter().map(|row| field.values[*row].clone()).collect();
        }
        result.push(kept);
    }
    Ok(result)
}

/// A test of one value.
enum Test {
    Null(bool),
    Order(&'static str, Value),
    Equal(bool, Value),
    Between(f64, f64),
    Regex(Pattern),
    Substring(bool, String),
}

impl Test {
    fn read(config: &Value) -> Result<Self, NotModelled> {
        let id = config.get("id").and_then(Value::as_str).unwrap_or_default();
        let options = config.get("options").unwrap_or(&Value::Null);
        let value = || options.get("value").cloned().unwrap_or(Value::Null);
        let word = || value().as_str().unwrap_or_default().to_owned();
        let end = |name: &str| match options.get(name) {
            Some(Value::Number(number)) => number.as_f64().unwrap_or(f64::NAN),
            Some(Value::String(text)) => number::parse_float(text).trunc(),
            _ => f64::NAN,
        };
        Ok(match id {
            "isNull" => Self::Null(true),
            "isNotNull" => Self::Null(false),
            "greater" => Self::Order(">", value()),
            "greaterOrEqual" => Self::Order(">=", value()),
            "lower" => Self::Order("<", value()),
            "lowerOrEqual" => Self::Order("<=", value()),
            "equal" => Self::Equal(true, value()),
            "notEqual" => Self::Equal(false, value()),
            "between" => Self::Between(end("from"), end("to")),
            "regex" => Self::Regex(Pattern::of_pattern(&word())?),
            "substring" => Self::Substring(true, word()),
            "notSubstring" => Self::Substring(false, word()),
            _ => return Err(NotModelled::new(format!("the value filter {id}"))),
        })
    }

    fn passes(&self, value: &Scalar) -> bool {
        // Null counts as 0, and what is no number is in no order.
        let weight = match value {
            Scalar::Null => 0.0,
            Scalar::Text(text) => number::of_text(text),
            other => other.as_number(),
        };
        match self {
            Self::Null(null) => value.is_nothing() == *null,
            Self::Order(..) | Self::Between(..) if weight.is_nan() => false,
            Self::Order(order, bound) => {
                let bound = of_json(bound);
                match *order {
                    ">" => weight > bound,
                    ">=" => weight >= bound,
                    "<" => weight < bound,
                    _ => weight <= bound,
                }
            }
            Self::Between(from, to) => weight > *from && weight < *to,
            Self::Equal(equal, other) => is_equal(value, other) == *equal,
            Self::Regex(pattern) => !value.is_nothing() && pattern.is_match(&value.key()),
            Self::Substring(contains, part) => match (value, part.is_empty()) {
                (_, true) => *contains,
                (Scalar::Text(text), false) if !text.is_empty() => {
                    text.to_lowercase().contains(&part.to_lowercase()) == *contains
                }
                _ => false,
            },
        }
    }
}

fn of_json(value: &Value) -> f64 {
    match value {
        Value::Number(number) => number.as_f64().unwrap_or(f64::NAN),
        Value::String(text) => number::of_text(text),
        Value::Null => 0.0,
        Value::Bool(value) => f64::from(u8::from(*value)),
        _ => f64::NAN,
    }
}

/// JavaScript's `==`.
fn is_equal(value: &Scalar, other: &Value) -> bool {
    match (value, other) {
        (Scalar::Null | Scalar::Missing, other) => other.is_null(),
        (_, Value::Null) => false,
        (Scalar::Text(text), Value::String(other)) => text == other,
        (Scalar::Text(text), other) => number::of_text(text) == of_json(other),
        (value, other) => value.as_number() == of_json(other),
    }
}
