//! `organize` and `renameByRegex`: which fields there are, in which order, by which name.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use crate::frame::{Field, FieldType, Frame};
use crate::pattern::Pattern;
use crate::transform::{Transformed, filter, flag, text};
use crate::{NotModelled, collate, name};

pub(super) fn organize(frames: Vec<Frame>, options: &Value) -> Transformed {
    let names = |member: &str| -> Vec<String> {
        let members = options.get(member).and_then(Value::as_object).into_iter().flatten();
        members.filter(|(_, on)| is_true(on)).map(|(name, _)| name.clone()).collect()
    };
    let by_names = |names: Vec<String>| (!names.is_empty()).then(|| filter::names(names));
    let include = by_names(names("includeByName"));
    let exclude = by_names(names("excludeByName"));
    let frames = filter::fields(frames, include.as_ref(), exclude.as_ref())?;
    let frames = match text(options, "orderByMode") {
        Some("auto") => ordered_by_name(&frames, options)?,
        _ => ordered(&frames, options.get("indexByName").and_then(Value::as_object)),
    };
    Ok(renamed(frames, options.get("renameByName").and_then(Value::as_object)))
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(value) => *value,
        Value::Null => false,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

/// By the index of each name; fields without one come last.
fn ordered(frames: &[Frame], index: Option<&Map<String, Value>>) -> Vec<Frame> {
    frames
        .iter()
        .map(|frame| {
            let place = |field: &Field| {
                let name = name::of_field(field, frame, frames);
                index.and_then(|index| index.get(&name)?.as_i64()).unwrap_or(i64::MAX)
            };
            let mut fields: Vec<&Field> = frame.fields.iter().collect();
            fields.sort_by_key(|field| place(field));
            Frame { fields: fields.into_iter().cloned().collect(), ..frame.clone() }
        })
        .collect()
}

/// By names and labels; the first field of moments stays the first.
fn ordered_by_name(frames: &[Frame], options: &Value) -> Transformed {
    let rules: Vec<&Value> =
        options.get("orderBy").and_then(Value::as_array).into_iter().flatten().collect();
    let mut result = Vec::with_capacity(frames.len());
    for frame in frames {
        let key = |field: &Field| -> Vec<String> {
            rules
                .iter()
                .map(|rule| match (text(rule, "type"), &field.labels) {
                    (Some("name"), _) => name::of_field(field, frame, frames),
                    (_, Some(labels)) => labels
                        .get(text(rule, "name").unwrap_or_default())
                        .cloned()
                        .unwrap_or_default(),
                    _ => String::new(),
                })
                .collect()
        };
        let mut fields: Vec<(Vec<String>, &Field)> =
            frame.fields.iter().map(|field| (key(field), field)).collect();
        if let Some(text) = fields.iter().flat_map(|(key, _)| key).find(|text| !text.is_ascii()) {
            return Err(NotModelled::new(format!("the order of {text}")));
        }
        let first_time = frame.fields.iter().position(|field| field.kind == FieldType::Time);
        let time = first_time.map(|at| fields.remove(at));
        fields.sort_by(|(a, _), (b, _)| {
            let pairs = a.iter().zip(b).zip(&rules);
            pairs.fold(Ordering::Equal, |order, ((a, b), rule)| {
                let next = || collate::compare_numeric(a, b).unwrap_or(Ordering::Equal);
                order.then_with(|| if flag(rule, "desc") { next().reverse() } else { next() })
            })
        });
        let fields = time.into_iter().chain(fields).map(|(_, field)| field.clone()).collect();
        result.push(Frame { fields, ..frame.clone() });
    }
    Ok(result)
}

fn renamed(frames: Vec<Frame>, names: Option<&Map<String, Value>>) -> Vec<Frame> {
    let Some(names) = names.filter(|names| !names.is_empty()) else { return frames };
    with_names(frames, |old| {
        names.get(old).and_then(Value::as_str).filter(|new| !new.is_empty()).map(str::to_owned)
    })
}

/// The frames with the names that the dashboard gives to some of their fields.
fn with_names(frames: Vec<Frame>, new: impl Fn(&str) -> Option<String>) -> Vec<Frame> {
    frames
        .into_iter()
        .map(|frame| {
            let names: Vec<Option<String>> =
                frame.fields.iter().map(|field| new(&name::of_field(field, &frame, &[]))).collect();
            let mut frame = frame;
            for (field, name) in frame.fields.iter_mut().zip(names) {
                if name.is_some() {
                    field.config.display_name = name;
                }
            }
            frame
        })
        .collect()
}

pub(super) fn rename_by_regex(frames: Vec<Frame>, options: &Value) -> Transformed {
    let regex = options.get("regex").and_then(Value::as_str).unwrap_or("(.*)");
    let with = options.get("renamePattern").and_then(Value::as_str).unwrap_or("$1");
    let pattern = Pattern::of_text(regex)?;
    Ok(with_names(frames, |old| pattern.is_match(old).then(|| pattern.replace(old, with))))
}
