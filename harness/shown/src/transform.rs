//! Transformations of frames, each as the browser applies it, one after the other.
//!
//! One that is not modelled is an error by its name; none is taken for harmless.
//! Source: `transformDataFrame` and the standard transformers of `@grafana/data`.

mod calculate;
mod convert;
mod filter;
mod group;
mod histogram;
mod join;
mod matrix;
mod merge;
mod organize;
mod reduce;
mod rows;
mod sorting;
mod together;
mod value;

use jiff::tz::TimeZone;
use serde_json::Value;

use crate::NotModelled;
use crate::frame::{Field, FieldType, Frame, Scalar};
use crate::matcher::FrameMatcher;

pub(crate) use histogram::{Buckets, build as build_histogram};

/// What a transformation gives.
type Transformed = Result<Vec<Frame>, NotModelled>;

/// The frames after every transformation of a panel; `zone` is that of the reader.
///
/// # Errors
///
/// For a transformation, or an option of one, that is not modelled.
pub fn apply(frames: Vec<Frame>, transformations: &[Value], zone: &TimeZone) -> Transformed {
    let enabled = |config: &&Value| config.get("disabled").and_then(Value::as_bool) != Some(true);
    transformations.iter().filter(enabled).try_fold(frames, |frames, config| {
        let id = config.get("id").and_then(Value::as_str).unwrap_or_default();
        let options = config.get("options").unwrap_or(&Value::Null);
        match matcher(config)? {
            None => one(id, frames, options, zone),
            Some(matcher) => filtered(&matcher, id, frames, options, zone),
        }
    })
}

/// The frames that the transformation is of, where it is not of all.
fn matcher(config: &Value) -> Result<Option<FrameMatcher>, NotModelled> {
    let Some(filter) = config.get("filter").filter(|filter| {
        filter.get("options").is_some_and(|options| !options.is_null() && options != "")
    }) else {
        return Ok(None);
    };
    let id = filter.get("id").and_then(Value::as_str).unwrap_or_default();
    FrameMatcher::read(id, filter.get("options").unwrap_or(&Value::Null)).map(Some)
}

/// Transforms some of the frames; the others keep about their place.
fn filtered(
    matcher: &FrameMatcher,
    id: &str,
    frames: Vec<Frame>,
    options: &Value,
    zone: &TimeZone,
) -> Transformed {
    let mut insert = 0;
    let (mut meant, mut others) = (Vec::new(), Vec::new());
    for (at, frame) in frames.into_iter().enumerate() {
        if matcher.matches(&frame) {
            meant.push(frame);
        } else {
            // The first place counts, but the browser takes place 0 for none.
            if insert == 0 {
                insert = at;
            }
            others.push(frame);
        }
    }
    let mut result = one(id, meant, options, zone)?;
    let insert = insert.min(result.len());
    result.splice(insert..insert, others);
    Ok(result)
}

fn one(id: &str, frames: Vec<Frame>, options: &Value, zone: &TimeZone) -> Transformed {
    match id {
        "calculateField" => calculate::calculate(frames, options),
        "concatenate" => Ok(together::concatenate(frames, options)),
        "convertFieldType" => convert::convert_field_type(frames, options, zone),
        "filterByRefId" => filter::by_ref_id(frames, options),
        "filterByValue" => filter::by_value(frames, options),
        "filterFieldsByName" => filter::fields_by_name(frames, options),
        "formatTime" => convert::format_time(frames, options, zone),
        "groupBy" => group::group_by(&frames, options),
        "groupingToMatrix" => matrix::grouping_to_matrix(frames, options),
        "histogram" => histogram::histogram(frames, options),
        "joinByField" | "seriesToColumns" => join::by_field(frames, options),
        "labelsToFields" => Ok(rows::labels_to_fields(frames, options)),
        "limit" => Ok(sorting::limit(frames, options)),
        "merge" => Ok(merge::merge(frames)),
        "organize" => organize::organize(frames, options),
        "reduce" => reduce::reduce(frames, options),
        "renameByRegex" => organize::rename_by_regex(frames, options),
        "seriesToRows" => rows::series_to_rows(frames),
        "sortBy" => sorting::sort_by(frames, options),
        "transpose" => Ok(matrix::transpose(&frames, options)),
        _ => Err(NotModelled::new(format!("transformations.{id}"))),
    }
}

/// The ids that frames answer, behind the name of what made one of them.
fn joined_id(name: &str, frames: &[Frame]) -> Option<String> {
    let ids: Vec<&str> =
        frames.iter().map(|frame| frame.ref_id.as_deref().unwrap_or_default()).collect();
    Some(format!("{name}-{}", ids.join("-")))
}

/// A member that is a text, unless it is empty.
fn text<'a>(options: &'a Value, name: &str) -> Option<&'a str> {
    options.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn flag(options: &Value, name: &str) -> bool {
    options.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// A number, also one that is written as a text; `None` of what is none and of 0.
fn number(options: &Value, name: &str) -> Option<f64> {
    let number = crate::config::numeric(options.get(name)?)?;
    (number != 0.0).then_some(number)
}

/// The type that the first value that is there has.
fn guessed_type(field: &Field) -> FieldType {
    if matches!(field.name.to_lowercase().as_str(), "date" | "time") {
        return FieldType::Time;
    }
    match field.values.iter().find(|value| !value.is_nothing()) {
        Some(Scalar::Number(_)) => FieldType::Number,
        Some(Scalar::Bool(_)) => FieldType::Bool,
        Some(Scalar::Text(text)) if is_number(text) => FieldType::Number,
        Some(Scalar::Text(text)) if matches!(text.to_lowercase().as_str(), "true" | "false") => {
            FieldType::Bool
        }
        Some(Scalar::Text(_)) => FieldType::Text,
        Some(Scalar::Null | Scalar::Missing) | None => FieldType::Other,
    }
}

fn is_number(text: &str) -> bool {
    let text = text.trim();
    text.eq_ignore_ascii_case("nan")
        || (!text.is_empty()
            && !text.starts_with('+')
            && text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
            && !crate::number::of_text(text).is_nan())
}

/// `emptyValue` of an option: what stands where there is no value.
fn special(options: &Value) -> Scalar {
    match text(options, "emptyValue") {
        Some("null") => Scalar::Null,
        Some("zero") => Scalar::Number(0.0),
        Some("true") => Scalar::Bool(true),
        Some("false") => Scalar::Bool(false),
        _ => Scalar::from(""),
    }
}
