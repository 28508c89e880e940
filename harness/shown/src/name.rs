//! The name of a field as it is shown: of the dashboard, of the data source, or made of
//! metric and labels. It must not know what is done with the name.
//!
//! Source: `getFieldDisplayName` of `@grafana/data`.

use crate::frame::{Field, FieldType, Frame, Labels, TIME, VALUE};

/// The name of a field of a frame.
///
/// `frames`: the frames that it is told apart from; with one or none only its own
/// labels count.
pub fn of_field(field: &Field, frame: &Frame, frames: &[Frame]) -> String {
    if let Some(name) = field.config.display_name.as_deref().filter(|name| !name.is_empty()) {
        return name.to_owned();
    }
    if let Some(name) = field.config.display_name_from_ds.as_deref().filter(|name| !name.is_empty())
    {
        return name.to_owned();
    }
    if field.kind == FieldType::Time && field.labels.is_none() {
        return if field.name.is_empty() { TIME.to_owned() } else { field.name.clone() };
    }
    let frame_name = frame.name.as_deref().filter(|name| !name.is_empty());
    let differ = frames.windows(2).any(|pair| pair[0].name != pair[1].name);
    let mut parts: Vec<String> = Vec::new();
    let mut told_apart = false;
    if let Some(name) = frame_name.filter(|_| differ) {
        parts.push(name.to_owned());
        told_apart = true;
    }
    if !field.name.is_empty() && field.name != VALUE {
        parts.push(field.name.clone());
    }
    if let Some(labels) = &field.labels {
        let part = match only_label(if frames.is_empty() {
            std::slice::from_ref(frame)
        } else {
            frames
        }) {
            Some(label) => labels.get(label).cloned().unwrap_or_default(),
            None => braced(labels),
        };
        if !part.is_empty() {
            parts.push(part);
            told_apart = true;
        }
    }
    if let Some(name) = frame_name.filter(|_| !told_apart && field.name == VALUE) {
        parts.push(name.to_owned());
    }
    let name = match parts.is_empty() {
        false => parts.join(" "),
        true if field.name.is_empty() => VALUE.to_owned(),
        true => field.name.clone(),
    };
    if name == field.name { unique(field, frame) } else { name }
}

/// The name of a frame: its own, that of its only value, or of all its values.
pub fn of_frame(frame: &Frame) -> String {
    if let Some(name) = frame.name.as_deref().filter(|name| !name.is_empty()) {
        return name.to_owned();
    }
    let names: Vec<String> = frame
        .fields
        .iter()
        .filter(|field| field.kind != FieldType::Time)
        .map(|field| of_field(field, frame, &[]))
        .collect();
    match (names.len(), &frame.ref_id) {
        (1.., _) => names.join(", "),
        (0, _) if !frame.fields.is_empty() => String::new(),
        (_, Some(id)) => format!("Series ({id})"),
        (_, None) => "Series (undefined)".to_owned(),
    }
}

/// The label that every field of every frame has and no other; `None` of none or many.
fn only_label(frames: &[Frame]) -> Option<&str> {
    let mut names = frames
        .iter()
        .flat_map(|frame| &frame.fields)
        .filter_map(|field| field.labels.as_ref())
        .flat_map(Labels::keys);
    let first = names.next()?;
    names.all(|name| name == first).then_some(first.as_str())
}

/// `{a="1", b="2"}`, nothing escaped; empty without labels.
pub fn braced(labels: &Labels) -> String {
    if labels.is_empty() { String::new() } else { format!("{{{}}}", listed(labels)) }
}

/// `a="1", b="2"`, nothing escaped.
pub fn listed(labels: &Labels) -> String {
    let pairs: Vec<String> =
        labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    pairs.join(", ")
}

/// The name, numbered where another field of the frame has the same.
fn unique(field: &Field, frame: &Frame) -> String {
    let same = |other: &&Field| other.name == field.name;
    let Some(place) = frame.fields.iter().position(|other| std::ptr::eq(other, field)) else {
        let others = frame.fields.iter().filter(same).count();
        return if others == 0 { field.name.clone() } else { format!("{} {others}", field.name) };
    };
    let before = frame.fields[..place].iter().filter(same).count();
    let after = frame.fields[place + 1..].iter().any(|other| other.name == field.name);
    match (before, after) {
        (0, false) => field.name.clone(),
        (0, true) => format!("{} 1", field.name),
        (before, _) => format!("{} {}", field.name, before + 1),
    }
}
