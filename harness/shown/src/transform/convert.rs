//! `convertFieldType` and `formatTime`: values as another type.

use jiff::tz::TimeZone;
use serde_json::Value;

use crate::frame::{Field, FieldType, Frame, Scalar};
use crate::transform::{Transformed, filter, text};
use crate::{NotModelled, name, number, unit};

pub(super) fn convert_field_type(
    mut frames: Vec<Frame>,
    options: &Value,
    zone: &TimeZone,
) -> Transformed {
    for conversion in options.get("conversions").and_then(Value::as_array).into_iter().flatten() {
        let Some(target) = text(conversion, "targetField") else { continue };
        let matcher = filter::names(vec![target.to_owned()]);
        let meant: Vec<Vec<bool>> = frames
            .iter()
            .map(|frame| matcher.of_frame(frame, &frames))
            .collect::<Result<_, _>>()?;
        for (frame, meant) in frames.iter_mut().zip(meant) {
            for (field, _) in frame.fields.iter_mut().zip(meant).filter(|(_, meant)| *meant) {
                convert(field, conversion, zone)?;
            }
        }
    }
    Ok(frames)
}

fn convert(field: &mut Field, conversion: &Value, zone: &TimeZone) -> Result<(), NotModelled> {
    let Some(kind) = text(conversion, "destinationType") else { return Ok(()) };
    let values = field.values.iter();
    let values = match kind {
        "number" => values.map(to_number).collect(),
        "boolean" => values.map(|value| Scalar::Bool(is_true(value))).collect(),
        "string" if field.kind == FieldType::Time => {
            let zone = zone_of(text(conversion, "timezone"), zone)?;
            moments(field, text(conversion, "dateFormat"), &zone)?
        }
        "string" if field.kind == FieldType::Text => {
            let quoted = |value: &Scalar| match value {
                Scalar::Text(text) => Scalar::Text(Value::from(text.as_str()).to_string()),
                Scalar::Missing => Scalar::Missing,
                other => Scalar::Text(other.key()),
            };
            values.map(quoted).collect()
        }
        "string" if field.kind != FieldType::Other => {
            values.map(|value| Scalar::Text(value.key())).collect()
        }
        // Numbers are taken for moments as they are.
        "time" if matches!(field.values.first(), Some(Scalar::Number(_))) => field.values.clone(),
        _ => {
            return Err(NotModelled::new(format!(
                "transformations.convertFieldType from {} to {kind}",
                field.kind.id()
            )));
        }
    };
    if kind == "time" && text(conversion, "dateFormat") == Some("X") {
        return Err(NotModelled::new("transformations.convertFieldType of seconds"));
    }
    field.kind = FieldType::parse(kind).unwrap_or(FieldType::Other);
    field.values = values;
    Ok(())
}

fn to_number(value: &Scalar) -> Scalar {
    let number = match value {
        Scalar::Null | Scalar::Missing => f64::NAN,
        Scalar::Text(text) if text.is_empty() => f64::NAN,
        Scalar::Text(text) => number::of_text(&text.replace(',', "")),
        other => other.as_number(),
    };
    Scalar::from(Some(number).filter(|number| number.is_finite()))
}

fn is_true(value: &Scalar) -> bool {
    match value {
        Scalar::Null | Scalar::Missing => false,
        Scalar::Number(number) => *number != 0.0 && !number.is_nan(),
        Scalar::Text(text) => !text.is_empty(),
        Scalar::Bool(value) => *value,
    }
}

/// The reader's time zone, UTC, or one by its name.
fn zone_of(name: Option<&str>, reader: &TimeZone) -> Result<TimeZone, NotModelled> {
    match name {
        None | Some("browser" | "") => Ok(reader.clone()),
        Some("utc" | "UTC") => Ok(TimeZone::UTC),
        Some(name) => {
            TimeZone::get(name).map_err(|_error| NotModelled::new(format!("the time zone {name}")))
        }
    }
}

fn moments(
    field: &Field,
    format: Option<&str>,
    zone: &TimeZone,
) -> Result<Vec<Scalar>, NotModelled> {
    let format = format.ok_or_else(|| NotModelled::new("a time without a format"))?;
    field
        .values
        .iter()
        .map(|value| {
            let milliseconds = value.number().unwrap_or(f64::NAN);
            unit::format_time(milliseconds, format, zone).map(Scalar::Text)
        })
        .collect()
}

pub(super) fn format_time(frames: Vec<Frame>, options: &Value, zone: &TimeZone) -> Transformed {
    let wanted = text(options, "timeField").unwrap_or_default();
    let zone = zone_of(text(options, "timezone"), zone)?;
    let meant = |frame: &Frame, frames: &[Frame]| -> Vec<bool> {
        let is = |field: &Field| name::of_field(field, frame, frames) == wanted;
        frame.fields.iter().map(is).collect()
    };
    let meant: Vec<Vec<bool>> = frames.iter().map(|frame| meant(frame, &frames)).collect();
    let mut frames = frames;
    for (frame, meant) in frames.iter_mut().zip(meant) {
        for (field, _) in frame.fields.iter_mut().zip(meant).filter(|(_, meant)| *meant) {
            if field.kind != FieldType::Time {
                return Err(NotModelled::new("transformations.formatTime of what is no time"));
            }
            field.values = moments(field, text(options, "outputFormat"), &zone)?;
            field.kind = FieldType::Text;
        }
    }
    Ok(frames)
}
