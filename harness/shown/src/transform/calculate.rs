//! `calculateField`: a field more, computed from others row by row.

mod operator;
mod window;

use serde_json::Value;

use crate::config::NullValueMode;
use crate::frame::{Field, FieldType, Frame, Scalar};
use crate::matcher::Matcher;
use crate::reduce::{self, Found};
use crate::transform::{Transformed, filter, flag, join, number, text};
use crate::{NotModelled, name};
use operator::Operand;

/// What nothing is said of.
const NONE: &Value = &Value::Null;

pub(super) fn calculate(frames: Vec<Frame>, options: &Value) -> Transformed {
    let mode = text(options, "mode").unwrap_or("reduceRow");
    let as_series = options.get("timeSeries") != Some(&Value::Bool(false));
    let fixed = mode == "binary" && operator::is_fixed(options);
    let frames = if as_series && !fixed { join::ensure_columns(frames)? } else { frames };
    if mode == "index" {
        return Ok(frames.into_iter().map(|frame| indexed(frame, options)).collect());
    }
    let mut result = Vec::with_capacity(frames.len());
    for frame in &frames {
        let values = match mode {
            "reduceRow" => Some(reduced(frame, &frames, options)?),
            "binary" => operator::binary(frame, &frames, options)?,
            "unary" => operator::unary(frame, &frames, options),
            "cumulativeFunctions" => window::cumulative(frame, &frames, options)?,
            "windowFunctions" => window::moving(frame, &frames, options)?,
            _ => return Ok(frames),
        };
        let replace = flag(options, "replaceFields");
        let Some(values) = values else {
            if !replace {
                result.push(frame.clone());
            }
            continue;
        };
        let mut field = Field::new(named(options, mode, &frames)?, FieldType::Number, values);
        field.config.display_name = text(options, "alias").map(str::to_owned);
        let mut frame = frame.clone();
        if replace {
            let time = frame.time_field().filter(|_| as_series).cloned();
            frame.fields = time.into_iter().collect();
        }
        frame.fields.push(field);
        result.push(frame);
    }
    Ok(result)
}

/// The number of each row, or its share of all rows.
fn indexed(mut frame: Frame, options: &Value) -> Frame {
    let rows = frame.rows();
    let share = flag(options.get("index").unwrap_or(NONE), "asPercentile");
    let value = |row: usize| {
        let row = row as f64;
        Scalar::Number(if share { row / rows as f64 } else { row })
    };
    let alias = options.get("alias").and_then(Value::as_str).unwrap_or("Row");
    let mut field = Field::new(alias, FieldType::Number, (0..rows).map(value).collect());
    if share {
        field.config.unit = Some("percentunit".to_owned());
    }
    if flag(options, "replaceFields") {
        frame.fields.clear();
    }
    frame.fields.push(field);
    frame
}

/// A reducer over the values of each row.
fn reduced(frame: &Frame, frames: &[Frame], options: &Value) -> Result<Vec<Scalar>, NotModelled> {
    let options = options.get("reduce").unwrap_or(NONE);
    let id = text(options, "reducer").unwrap_or("sum");
    let listed = options.get("include").and_then(Value::as_array).filter(|it| !it.is_empty());
    let matcher = match listed {
        Some(names) => {
            filter::names(names.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        }
        None => Matcher::Type(Some(FieldType::Number)),
    };
    let mode = match text(options, "nullValueMode") {
        Some("connected") => NullValueMode::Ignore,
        Some("null as zero") => NullValueMode::AsZero,
        _ => NullValueMode::Kept,
    };
    let meant = matcher.of_frame(frame, frames)?;
    let columns: Vec<&Field> = frame
        .fields
        .iter()
        .zip(meant)
        .filter(|(_, meant)| *meant)
        .map(|(field, _)| field)
        .collect();
    if columns.is_empty() {
        return Err(NotModelled::new("transformations.calculateField of no field"));
    }
    let mut row = Field::new("row", FieldType::Number, Vec::new());
    row.config.null_value_mode = mode;
    (0..frame.rows())
        .map(|at| {
            row.values = columns.iter().map(|column| column.values[at].clone()).collect();
            Ok(reduce::one(&row, id)?.unwrap_or(Scalar::Missing))
        })
        .collect()
}

/// The name that the field has without an alias.
fn named(options: &Value, mode: &str, frames: &[Frame]) -> Result<String, NotModelled> {
    if let Some(alias) = text(options, "alias") {
        return Ok(alias.to_owned());
    }
    let of = |member: &str| options.get(member).unwrap_or(NONE);
    let word = |options: &Value, name: &str| text(options, name).unwrap_or_default().to_owned();
    let called = |options: &Value, name: &str| match text(options, name) {
        Some(field) => format!("({field})"),
        None => String::new(),
    };
    Ok(match mode {
        "cumulativeFunctions" => {
            let of = of("cumulative");
            format!("cumulative {}{}", word(of, "reducer"), called(of, "field"))
        }
        "windowFunctions" => {
            let of = of("window");
            let (alignment, reducer) = (word(of, "windowAlignment"), word(of, "reducer"));
            format!("{alignment} moving {reducer}{}", called(of, "field"))
        }
        "unary" => format!("{}{}", word(of("unary"), "operator"), called(of("unary"), "fieldName")),
        "binary" => {
            let (left, operator, right) = operator::read(of("binary"), frames);
            match (left.written(), right.written()) {
                (left, right) if left.contains('$') || right.contains('$') => String::new(),
                (left, right) if left.is_empty() || right.is_empty() => String::new(),
                (left, right) => format!("{left} {operator} {right}"),
            }
        }
        _ => {
            let id = text(of("reduce"), "reducer").unwrap_or("sum");
            Found::with_alias(id)?.map_or_else(|| "math".to_owned(), Found::name)
        }
    })
}

/// The values of the field that an operand names, or its number in each row.
fn operand(operand: &Operand, frame: &Frame, frames: &[Frame]) -> Option<Vec<Scalar>> {
    if let Operand::Field(wanted) = operand {
        let field = frame.fields.iter().find(|it| name::of_field(it, frame, frames) == *wanted);
        if let Some(field) = field {
            let number = |value: &Scalar| match value {
                Scalar::Bool(value) => Scalar::Number(f64::from(u8::from(*value))),
                other => other.clone(),
            };
            return Some(field.values.iter().map(number).collect());
        }
    }
    let number = crate::number::parse_float(&operand.written());
    (!number.is_nan()).then(|| vec![Scalar::Number(number); frame.rows()])
}

/// The first field that is meant: by name, else the first of numbers.
fn selected<'a>(
    frame: &'a Frame,
    frames: &[Frame],
    options: &Value,
) -> Result<Option<&'a Field>, NotModelled> {
    let matcher = match text(options, "field") {
        Some(field) => filter::names(vec![field.to_owned()]),
        None => Matcher::Type(Some(FieldType::Number)),
    };
    let meant = matcher.of_frame(frame, frames)?;
    Ok(frame.fields.iter().zip(meant).find(|(_, meant)| *meant).map(|(field, _)| field))
}

/// How many rows a window has.
fn window_size(options: &Value, rows: usize) -> Result<usize, NotModelled> {
    let size = number(options, "windowSize").unwrap_or(0.1);
    if size <= 0.0 {
        return Err(NotModelled::new("transformations.calculateField with such a window"));
    }
    let of = if text(options, "windowSizeMode").unwrap_or("percentage") == "percentage" {
        rows as f64
    } else {
        1.0
    };
    Ok((size * of).ceil() as usize)
}
