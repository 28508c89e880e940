//! Operators of one and of two fields.

use serde_json::Value;

use super::{NONE, operand};
use crate::frame::{FieldType, Frame, Scalar};
use crate::transform::text;
use crate::transform::value::weight;
use crate::{NotModelled, name, number};

/// One side of an operator.
pub(super) enum Operand {
    /// A field by its name.
    Field(String),
    /// A number as it is written.
    Fixed(String),
    /// Every field of a type.
    Type,
}

impl Operand {
    /// The name or number as the dashboard writes it.
    pub(super) fn written(&self) -> String {
        match self {
            Self::Field(text) | Self::Fixed(text) => text.clone(),
            Self::Type => String::new(),
        }
    }

    fn read(value: Option<&Value>, names: &[&str]) -> Self {
        match value {
            Some(Value::String(text)) => {
                let is_number = !number::of_text(text).is_nan();
                if is_number && !names.contains(&text.as_str()) {
                    Self::Fixed(text.clone())
                } else {
                    Self::Field(text.clone())
                }
            }
            Some(Value::Object(members)) => match members.get("matcher") {
                Some(matcher) if matcher.get("id").and_then(Value::as_str) == Some("byType") => {
                    Self::Type
                }
                Some(matcher) => {
                    Self::Field(text(matcher, "options").unwrap_or_default().to_owned())
                }
                None => Self::Fixed(match members.get("fixed") {
                    Some(Value::String(text)) => text.clone(),
                    Some(Value::Number(number)) => number.to_string(),
                    _ => String::new(),
                }),
            },
            _ => Self::Fixed(String::new()),
        }
    }
}

/// Left side, operator and right side.
pub(super) fn read(binary: &Value, frames: &[Frame]) -> (Operand, String, Operand) {
    let names: Vec<&str> =
        frames.iter().flat_map(|frame| &frame.fields).map(|field| field.name.as_str()).collect();
    let operator = text(binary, "operator").unwrap_or("+").to_owned();
    let side = |name: &str| Operand::read(binary.get(name), &names);
    (side("left"), operator, side("right"))
}

/// Whether the right side is a number, which needs no other frame.
pub(super) fn is_fixed(options: &Value) -> bool {
    let text = match options.get("binary").and_then(|binary| binary.get("right")) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(members)) => match members.get("fixed") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(_)) => return true,
            _ => return false,
        },
        _ => return false,
    };
    !number::of_text(&text).is_nan()
}

pub(super) fn binary(
    frame: &Frame,
    frames: &[Frame],
    options: &Value,
) -> Result<Option<Vec<Scalar>>, NotModelled> {
    let (left, operator, right) = read(options.get("binary").unwrap_or(NONE), frames);
    if matches!(left, Operand::Type) {
        return Err(NotModelled::new("transformations.calculateField over all fields of a type"));
    }
    let sides = operand(&left, frame, frames).zip(operand(&right, frame, frames));
    let Some((left, right)) = sides else { return Ok(None) };
    let is_text = |value: &Scalar| matches!(value, Scalar::Text(_));
    if operator == "+" && left.iter().chain(&right).any(is_text) {
        return Err(NotModelled::new("transformations.calculateField over texts"));
    }
    let apply = |a: f64, b: f64| {
        Some(match operator.as_str() {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" => a / b,
            _ => return None,
        })
    };
    Ok(left
        .iter()
        .zip(&right)
        .map(|(a, b)| apply(weight(a), weight(b)).map(Scalar::Number))
        .collect())
}

pub(super) fn unary(frame: &Frame, frames: &[Frame], options: &Value) -> Option<Vec<Scalar>> {
    let unary = options.get("unary").unwrap_or(NONE);
    let wanted = text(unary, "fieldName").unwrap_or_default();
    let operator = text(unary, "operator").unwrap_or("abs");
    // Of fields with one name the last counts.
    let field = frame.fields.iter().rev().find(|field| {
        field.kind == FieldType::Number && name::of_field(field, frame, frames) == wanted
    })?;
    if field.values.is_empty() {
        return None;
    }
    let sum: f64 = field.values.iter().filter_map(Scalar::number).filter(|it| it.is_finite()).sum();
    let total = if sum == 0.0 { 1.0 } else { sum };
    let apply = |value: f64| {
        Some(match operator {
            "abs" => value.abs(),
            "exp" => libm::exp(value),
            "ln" => libm::log(value),
            "round" => number::round(value),
            "floor" => value.floor(),
            "ceil" => value.ceil(),
            "percent" => value / total,
            _ => return None,
        })
    };
    field.values.iter().map(|value| apply(weight(value)).map(Scalar::Number)).collect()
}
