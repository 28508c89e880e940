//! `seriesToRows` and `labelsToFields`: names and labels of series as columns.

use serde_json::Value;

use crate::frame::{Field, FieldType, Frame, Labels, Scalar, TIME, VALUE};
use crate::name;
use crate::transform::{Transformed, joined_id, sorting, text};

/// How many moments are looked at to find whether they rise.
const COMPARED: usize = 100;

pub(super) fn series_to_rows(frames: Vec<Frame>) -> Transformed {
    if frames.is_empty() {
        return Ok(frames);
    }
    let data: Vec<Frame> = frames.into_iter().filter(|frame| frame.rows() > 0).collect();
    if !data.iter().all(is_time_series) {
        return Ok(data);
    }
    let mut fields: Vec<Field> = Vec::new();
    for field in data.iter().flat_map(|frame| &frame.fields) {
        let name = if field.kind == FieldType::Time { TIME } else { VALUE };
        if fields.iter().any(|known| known.name == name) {
            continue;
        }
        fields.push(structure(field, name));
        if name == TIME {
            fields.push(Field::new("Metric", FieldType::Text, Vec::new()));
        }
    }
    for frame in &data {
        let time = frame.fields.iter().rposition(|field| field.kind == FieldType::Time);
        let metric = name::of_frame(frame);
        let value = usize::from(time == Some(0));
        for row in 0..frame.rows() {
            for field in &mut fields {
                let at = |column: Option<usize>| {
                    let value = column.and_then(|column| frame.fields.get(column)?.values.get(row));
                    value.cloned().unwrap_or(Scalar::Missing)
                };
                let cell = match field.name.as_str() {
                    TIME => at(time),
                    VALUE => at(Some(value)),
                    _ => Scalar::Text(metric.clone()),
                };
                field.values.push(cell);
            }
        }
    }
    let frame = Frame { ref_id: joined_id("seriesToRows", &data), name: None, fields };
    Ok(vec![sorting::sorted(frame, 0, true)?])
}

fn structure(field: &Field, name: &str) -> Field {
    let mut config = field.config.clone();
    config.display_name = None;
    config.display_name_from_ds = None;
    Field {
        name: name.to_owned(),
        labels: None,
        config,
        values: Vec::new(),
        range: None,
        reduced: None,
        kind: field.kind,
    }
}

/// Whether a frame has moments that rise, and a number.
fn is_time_series(frame: &Frame) -> bool {
    let rises = |field: &Field| {
        let moments = field.values.iter().take(COMPARED);
        let mut greatest: Option<f64> = None;
        field.kind == FieldType::Time
            && moments.into_iter().all(|moment| {
                let moment = moment.number();
                let is_later = greatest.is_none() || moment > greatest;
                greatest = moment;
                is_later
            })
    };
    frame.fields.len() >= 2
        && frame.fields.iter().any(rises)
        && frame.fields.iter().any(|field| field.kind == FieldType::Number)
}

pub(super) fn labels_to_fields(frames: Vec<Frame>, options: &Value) -> Vec<Frame> {
    let kept: Option<Vec<&str>> = options
        .get("keepLabels")
        .and_then(Value::as_array)
        .map(|labels| labels.iter().filter_map(Value::as_str).collect());
    if text(options, "mode") == Some("rows") {
        return label_rows(&frames, kept.as_deref());
    }
    let kept = kept.filter(|labels| !labels.is_empty());
    let value_label = text(options, "valueLabel");
    frames.into_iter().map(|frame| label_columns(frame, kept.as_deref(), value_label)).collect()
}

/// Each label of a frame's fields becomes a column for each of its values.
fn label_columns(mut frame: Frame, kept: Option<&[&str]>, value_label: Option<&str>) -> Frame {
    let rows = frame.rows();
    let mut columns: Vec<(String, Vec<String>)> = Vec::new();
    for field in &mut frame.fields {
        let Some(labels) = field.labels.take() else { continue };
        field.config.display_name = None;
        field.config.display_name_from_ds = None;
        for (label, value) in labels {
            if kept.is_some_and(|kept| !kept.contains(&label.as_str())) {
                continue;
            }
            if value_label == Some(label.as_str()) {
                field.name = value;
                continue;
            }
            match columns.iter_mut().find(|(known, _)| *known == label) {
                Some((_, values)) if values.contains(&value) => {}
                Some((_, values)) => values.push(value),
                None => columns.push((label, vec![value])),
            }
        }
    }
    for (label, values) in columns {
        for value in values {
            let cells = vec![Scalar::Text(value); rows];
            frame.fields.push(Field::new(label.clone(), FieldType::Text, cells));
        }
    }
    frame
}

/// Each field with labels becomes a table of them.
fn label_rows(frames: &[Frame], kept: Option<&[&str]>) -> Vec<Frame> {
    let mut result = Vec::new();
    for frame in frames {
        for field in &frame.fields {
            let Some(labels) = &field.labels else { continue };
            let (names, values) = listed(labels, kept);
            if names.is_empty() {
                continue;
            }
            result.push(Frame {
                ref_id: frame.ref_id.clone(),
                name: Some(name::of_field(field, frame, frames)),
                fields: vec![
                    Field::new("label", FieldType::Text, names),
                    Field::new("value", FieldType::Text, values),
                ],
            });
        }
    }
    result
}

fn listed(labels: &Labels, kept: Option<&[&str]>) -> (Vec<Scalar>, Vec<Scalar>) {
    let text = |text: &String| Scalar::Text(text.clone());
    match kept {
        None => labels.iter().map(|(name, value)| (text(name), text(value))).unzip(),
        Some(kept) => kept
            .iter()
            .map(|name| (Scalar::from(*name), labels.get(*name).map_or(Scalar::Missing, text)))
            .unzip(),
    }
}
