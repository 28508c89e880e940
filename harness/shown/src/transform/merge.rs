//! `merge`: rows of all frames in one, joined where their common fields are equal.

use crate::frame::{Field, Frame, Scalar};
use crate::transform::joined_id;

/// A row: what each field of the result has; `None` where the frame has no such field.
type Row = Vec<Option<Scalar>>;

pub(super) fn merge(frames: Vec<Frame>) -> Vec<Frame> {
    if frames.len() <= 1 {
        return frames;
    }
    let data: Vec<&Frame> = frames.iter().filter(|frame| !frame.fields.is_empty()).collect();
    if data.is_empty() {
        return frames.into_iter().take(1).collect();
    }
    let mut fields: Vec<Field> = Vec::new();
    for field in data.iter().flat_map(|frame| &frame.fields) {
        if !fields.iter().any(|known| known.name == field.name) {
            fields.push(structure(field));
        }
    }
    // Of fields with one name in a frame the last counts.
    let columns: Vec<Vec<Option<usize>>> = data
        .iter()
        .map(|frame| fields.iter().map(|field| last_named(frame, &field.name)).collect())
        .collect();
    let keys: Vec<usize> = data
        .last()
        .into_iter()
        .flat_map(|last| &last.fields)
        .filter_map(|field| fields.iter().position(|known| known.name == field.name))
        .filter(|at| columns.iter().all(|columns| columns[*at].is_some()))
        .collect();
    if keys.is_empty() {
        return frames;
    }
    for row in rows(&data, &columns, &keys) {
        for (field, value) in fields.iter_mut().zip(row) {
            field.values.push(value.unwrap_or(Scalar::Missing));
        }
    }
    let owned: Vec<Frame> = frames.into_iter().filter(|frame| !frame.fields.is_empty()).collect();
    vec![Frame { ref_id: joined_id("merge", &owned), name: None, fields }]
}

/// The field without its values, labels and the dashboard's name.
fn structure(field: &Field) -> Field {
    let mut config = field.config.clone();
    config.display_name = None;
    Field { labels: None, config, values: Vec::new(), range: None, reduced: None, ..field.clone() }
}

fn last_named(frame: &Frame, name: &str) -> Option<usize> {
    frame.fields.iter().rposition(|field| field.name == name)
}

/// The rows in the order in which they were first seen.
fn rows(data: &[&Frame], columns: &[Vec<Option<usize>>], keys: &[usize]) -> Vec<Row> {
    let mut rows: Vec<(String, Row)> = Vec::new();
    for (frame, columns) in data.iter().zip(columns) {
        for at in 0..frame.rows() {
            let value = |column: &Option<usize>| {
                column.map(|column| frame.fields[column].values[at].clone())
            };
            let row: Row = columns.iter().map(value).collect();
            let key: String =
                keys.iter().filter_map(|key| row[*key].as_ref().map(Scalar::key)).collect();
            let mut merged = false;
            for (_, existing) in rows.iter_mut().filter(|(known, _)| *known == key) {
                if is_mergable(existing, &row) {
                    merged = true;
                    for (cell, new) in existing.iter_mut().zip(&row) {
                        if new.is_some() {
                            cell.clone_from(new);
                        }
                    }
                }
            }
            if !merged {
                rows.push((key, row));
            }
        }
    }
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Whether no value contradicts one that is there.
fn is_mergable(existing: &Row, row: &Row) -> bool {
    existing.iter().zip(row).all(|(existing, new)| match (existing, new) {
        (None | Some(Scalar::Null | Scalar::Missing), _) | (_, None) => true,
        (Some(existing), Some(new)) => existing == new,
    })
}
