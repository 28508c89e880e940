//! `transpose` and `groupingToMatrix`: rows as columns.

use serde_json::Value;

use crate::NotModelled;
use crate::frame::{Field, FieldType, Frame, Scalar};
use crate::transform::value::key;
use crate::transform::{Transformed, filter, special, text};
use crate::{matcher::Matcher, name};

pub(super) fn transpose(frames: &[Frame], options: &Value) -> Vec<Frame> {
    let first_name = text(options, "firstFieldName").unwrap_or("Field");
    let rest_name = text(options, "restFieldsName").unwrap_or("Value");
    let empty = special(options);
    frames.iter().map(|frame| turned(frame, frames, (first_name, rest_name), &empty)).collect()
}

fn turned(frame: &Frame, frames: &[Frame], names: (&str, &str), empty: &Scalar) -> Frame {
    let (first_name, rest_name) = names;
    let as_text = |value: &Scalar| match value {
        value if value.is_nothing() => empty.clone(),
        value => Scalar::Text(value.key()),
    };
    let mut turned = Frame { ref_id: None, name: frame.name.clone(), fields: Vec::new() };
    turned.ref_id = Some(format!("transpose-{}", frame.ref_id.as_deref().unwrap_or("undefined")));
    let Some(first) = frame.fields.first() else { return turned };
    let headed = matches!(first.kind, FieldType::Text | FieldType::Time);
    let rest = if headed { &frame.fields[1..] } else { &frame.fields[..] };
    let titles = rest.iter().map(|field| Scalar::Text(name::of_field(field, frame, frames)));
    turned.fields.push(Field::new(first_name, FieldType::Text, titles.collect()));
    let kind = match rest.first() {
        Some(one) if rest.iter().all(|field| field.kind == one.kind) => one.kind,
        _ => FieldType::Text,
    };
    for (row, head) in first.values.iter().enumerate() {
        let cells = rest.iter().map(|field| match kind {
            FieldType::Text => as_text(&field.values[row]),
            _ => field.values[row].clone(),
        });
        let mut column = Field::new(rest_name, kind, cells.collect());
        let (label, value) = match headed {
            true => (first.name.clone(), as_text(head).key()),
            false => ("row".to_owned(), (row + 1).to_string()),
        };
        column.labels = Some([(label, value)].into());
        turned.fields.push(column);
    }
    turned
}

pub(super) fn grouping_to_matrix(frames: Vec<Frame>, options: &Value) -> Transformed {
    let [frame] = frames.as_slice() else { return Ok(frames) };
    let field = |member: &str, default: &str| {
        let wanted = text(options, member).unwrap_or(default).to_owned();
        let matcher: Matcher = filter::names(vec![wanted.clone()]);
        let meant = matcher.of_frame(frame, &frames)?;
        let found = frame.fields.iter().zip(meant).find(|(_, meant)| *meant);
        Ok::<_, NotModelled>((wanted, found.map(|(field, _)| field)))
    };
    let (column_name, column) = field("columnField", "Time")?;
    let (row_name, row) = field("rowField", "Time")?;
    let (_, value) = field("valueField", "Value")?;
    let (Some(column), Some(row), Some(value)) = (column, row, value) else { return Ok(frames) };
    let (columns, rows) = (unique(&column.values), unique(&row.values));
    let empty = special(options);
    let mut first = Field::new(format!("{row_name}\\{column_name}"), row.kind, rows.clone());
    first.config = row.config.clone();
    let mut fields = vec![first];
    for of_column in &columns {
        let cell = |of_row: &Scalar| {
            // Of several values in a cell the last counts.
            let place = (0..value.values.len()).rev().find(|at| {
                column.values[*at].key() == of_column.key() && row.values[*at].key() == of_row.key()
            });
            match place.map(|at| &value.values[at]) {
                Some(Scalar::Null | Scalar::Missing) | None => empty.clone(),
                Some(found) => found.clone(),
            }
        };
        let cells = rows.iter().map(cell).collect();
        let mut field = Field::new(of_column.key(), value.kind, cells);
        field.config = value.config.clone();
        field.config.display_name = None;
        if columns.iter().any(|it| matches!(it, Scalar::Number(_))) {
            field.config.display_name_from_ds = None;
        }
        fields.push(field);
    }
    Ok(vec![Frame { ref_id: None, name: None, fields }])
}

fn unique(values: &[Scalar]) -> Vec<Scalar> {
    let mut seen = Vec::new();
    let mut result = Vec::new();
    for value in values {
        let key = key(value);
        if !seen.contains(&key) {
            seen.push(key);
            result.push(value.clone());
        }
    }
    result
}
