//! `sortBy` and `limit`: the rows of each frame in another order, and only some of them.

use std::cmp::Ordering;

use serde_json::Value;

use crate::frame::{FieldType, Frame, Scalar};
use crate::transform::{Transformed, flag};
use crate::{NotModelled, collate, config, name, sort};

/// How many rows are left where nothing is said.
const LIMIT: f64 = 10.0;

/// Only the first of several fields counts.
pub(super) fn sort_by(frames: Vec<Frame>, options: &Value) -> Transformed {
    let Some(by) = options.get("sort").and_then(Value::as_array).and_then(|sort| sort.first())
    else {
        return Ok(frames);
    };
    let index = by.get("index").and_then(Value::as_u64).and_then(|at| usize::try_from(at).ok());
    let field = by.get("field").and_then(Value::as_str);
    frames
        .into_iter()
        .map(|frame| {
            let named = || {
                let is = |at: &usize| {
                    Some(name::of_field(&frame.fields[*at], &frame, &[])).as_deref() == field
                };
                (0..frame.fields.len()).find(is)
            };
            match index.or_else(named) {
                Some(at) => sorted(frame, at, flag(by, "desc")),
                None => Ok(frame),
            }
        })
        .collect()
}

/// The frame with its rows in the order of one field.
pub(super) fn sorted(mut frame: Frame, at: usize, reverse: bool) -> Result<Frame, NotModelled> {
    let Some(field) = frame.fields.get(at) else { return Ok(frame) };
    let mut order: Vec<usize> = (0..field.values.len()).collect();
    match field.kind {
        FieldType::Number | FieldType::Time => {
            let weight = |row: &usize| match &field.values[*row] {
                Scalar::Null => 0.0,
                other => other.as_number(),
            };
            sort::by_weight(&mut order, weight, reverse).map_err(|_strange| {
                NotModelled::new("the order of 64 rows and more with NaN among them")
            })?;
        }
        FieldType::Text => {
            let compared = compare_texts(&field.values)?;
            order.sort_by(|a, b| compared(*a, *b, reverse));
        }
        FieldType::Bool => order.sort_by(|a, b| {
            let truthy = |row: usize| field.values[row] == Scalar::Bool(true);
            let (a, b) = if reverse { (*b, *a) } else { (*a, *b) };
            truthy(b).cmp(&truthy(a))
        }),
        FieldType::Other => {
            if reverse {
                order.reverse();
            }
        }
    }
    for field in &mut frame.fields {
        field.values = order.iter().map(|row| field.values[*row].clone()).collect();
    }
    Ok(frame)
}

/// Compares rows of texts; those without one come last.
fn compare_texts(
    values: &[Scalar],
) -> Result<impl Fn(usize, usize, bool) -> Ordering + '_, NotModelled> {
    let texts: Vec<String> = values.iter().map(Scalar::as_text).collect();
    if let Some(text) = texts.iter().find(|text| !text.is_ascii()) {
        return Err(NotModelled::new(format!("the order of {text}")));
    }
    Ok(move |a: usize, b: usize, reverse: bool| {
        let (a, b) = if reverse { (b, a) } else { (a, b) };
        let (a, b) = (&texts[a], &texts[b]);
        match (a.is_empty(), b.is_empty()) {
            (false, false) => collate::compare(a, b).unwrap_or(Ordering::Equal),
            (a, b) => a.cmp(&b),
        }
    })
}

pub(super) fn limit(frames: Vec<Frame>, options: &Value) -> Vec<Frame> {
    let limit = options.get("limitField").and_then(config::numeric).unwrap_or(LIMIT).trunc();
    frames
        .into_iter()
        .map(|mut frame| {
            let rows = frame.rows();
            if (rows as f64) <= limit {
                return frame;
            }
            let count = (limit.abs() as usize).min(rows);
            for field in &mut frame.fields {
                field.reduced = None;
                if limit >= 0.0 {
                    field.values.truncate(count);
                } else {
                    field.values.drain(..rows - count);
                }
            }
            frame
        })
        .collect()
}
