//! `reduce`: one row for each field, or one row for each frame.

use serde_json::Value;

use crate::frame::{Field, FieldType, Frame, Scalar};
use crate::matcher::Matcher;
use crate::reduce::{self as reducers, Found};
use crate::transform::{Transformed, flag, guessed_type, joined_id, text};
use crate::{NotModelled, name};

pub(super) fn reduce(frames: Vec<Frame>, options: &Value) -> Transformed {
    let ids: Vec<&str> = match options.get("reducers") {
        None => vec!["max"],
        Some(ids) => ids.as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
    };
    if ids.is_empty() {
        return Ok(frames);
    }
    // An id that is no reducer's is left out; an old alias is the reducer that it was.
    let found: Vec<Found> = ids
        .iter()
        .map(|id| Found::with_alias(id))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
        .collect();
    let by_fields = text(options, "mode") == Some("reduceFields");
    let matcher = match options.get("fields").filter(|fields| fields.is_object()) {
        Some(fields) => {
            let id = text(fields, "id").unwrap_or_default();
            let matcher = Matcher::read(id, fields.get("options").unwrap_or(&Value::Null))?;
            Some(matcher.ok_or_else(|| NotModelled::new(format!("the matcher {id}")))?)
        }
        None => None,
    };
    let with_time = by_fields && flag(options, "includeTimeField");
    let is_meant = |field: &Field, frame: &Frame| match &matcher {
        Some(matcher) => matcher.matches(field, frame, &frames),
        None => Ok(with_time || field.kind != FieldType::Time),
    };
    if by_fields {
        return fields(&frames, &found, is_meant);
    }
    rows(&frames, &found, flag(options, "labelsToFields"), is_meant)
}

fn results(field: &Field, found: &[Found]) -> Result<Vec<Scalar>, NotModelled> {
    let ids: Vec<String> = found.iter().map(|found| found.id()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let results = reducers::all(field, &ids)?;
    Ok(results.into_iter().map(|result| result.unwrap_or(Scalar::Missing)).collect())
}

/// Each field that is meant becomes one of a single value for each reducer.
fn fields(
    frames: &[Frame],
    found: &[Found],
    is_meant: impl Fn(&Field, &Frame) -> Result<bool, NotModelled>,
) -> Transformed {
    let mut result = Vec::new();
    for frame in frames {
        let mut fields = Vec::new();
        for field in &frame.fields {
            if !is_meant(field, frame)? {
                continue;
            }
            for (reducer, value) in found.iter().zip(results(field, found)?) {
                let mut labels = field.labels.clone().unwrap_or_default();
                if found.len() > 1 {
                    labels.insert("reducer".to_owned(), reducer.name());
                }
                let kind = match reducer.id().as_str() {
                    "first" | "firstNotNull" | "last" | "lastNotNull" => field.kind,
                    _ => FieldType::Number,
                };
                let labels = Some(labels);
                fields.push(Field {
                    kind,
                    labels,
                    reduced: None,
                    values: vec![value],
                    range: None,
                    ..field.clone()
                });
            }
        }
        if !fields.is_empty() {
            result.push(Frame { fields, ..frame.clone() });
        }
    }
    Ok(result)
}

/// Each field that is meant becomes a row, with a column for each reducer.
fn rows(
    frames: &[Frame],
    found: &[Found],
    labels_to_fields: bool,
    is_meant: impl Fn(&Field, &Frame) -> Result<bool, NotModelled>,
) -> Transformed {
    let mut label_names: Vec<&String> = Vec::new();
    if labels_to_fields {
        let labels =
            frames.iter().flat_map(|frame| &frame.fields).filter_map(|it| it.labels.as_ref());
        for label in labels.flat_map(|labels| labels.keys()) {
            if !label_names.contains(&label) {
                label_names.push(label);
            }
        }
    }
    let mut merged: Option<Frame> = None;
    for frame in frames {
        let mut reduced = Frame { ref_id: joined_id("reduce", frames), name: None, fields: vec![] };
        reduced.fields.push(Field::new("Field", FieldType::Text, vec![]));
        let texts = label_names.iter().map(|name| Field::new(*name, FieldType::Text, vec![]));
        reduced.fields.extend(texts);
        let columns = found.iter().map(|it| Field::new(it.name(), FieldType::Other, vec![]));
        reduced.fields.extend(columns);
        for field in &frame.fields {
            if is_meant(field, frame)? {
                let name = match labels_to_fields {
                    true => field.name.clone(),
                    false => name::of_field(field, frame, frames),
                };
                let labels = label_names.iter().map(|label| {
                    let value = field.labels.as_ref().and_then(|labels| labels.get(*label));
                    value.map_or(Scalar::Missing, |value| Scalar::Text(value.clone()))
                });
                let numbers = results(field, found)?.into_iter().map(|it| match it {
                    Scalar::Null => Scalar::Number(f64::NAN),
                    it => it,
                });
                let row = std::iter::once(Scalar::Text(name)).chain(labels).chain(numbers);
                for (column, value) in reduced.fields.iter_mut().zip(row) {
                    column.values.push(value);
                }
            }
        }
        for column in reduced.fields.iter_mut().filter(|it| it.kind == FieldType::Other) {
            column.kind = guessed_type(column);
        }
        match &mut merged {
            None => merged = Some(reduced),
            Some(base) => append(base, &reduced),
        }
    }
    Ok(merged.into_iter().collect())
}

/// Adds rows to columns of the same name and type; the first always fits.
fn append(base: &mut Frame, more: &Frame) {
    for (at, column) in base.fields.iter_mut().enumerate() {
        for (other_at, other) in more.fields.iter().enumerate() {
            let first = at == 0 && other_at == 0;
            if first || (column.kind == other.kind && column.name == other.name) {
                column.values.extend(other.values.iter().cloned());
            }
        }
    }
}
