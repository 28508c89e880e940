//! `groupBy`: one row for each combination of some fields' values.

use serde_json::{Map, Value};

use crate::frame::{Field, FieldType, Frame, Scalar, TIME, VALUE};
use crate::transform::{Transformed, filter, text};
use crate::{NotModelled, name, reduce};

pub(super) fn group_by(frames: &[Frame], options: &Value) -> Transformed {
    let empty = Map::new();
    let rules = options.get("fields").and_then(Value::as_object).unwrap_or(&empty);
    let keys: Vec<String> = rules
        .iter()
        .filter(|(_, rule)| text(rule, "operation") == Some("groupby"))
        .map(|(name, _)| name.clone())
        .collect();
    if keys.is_empty() {
        return Ok(frames.to_vec());
    }
    let matcher = filter::names(keys.clone());
    let mut result = Vec::new();
    for frame in frames {
        let names: Vec<String> =
            frame.fields.iter().map(|field| name_of(field, frame, frames, &keys)).collect();
        let meant = matcher.of_frame(frame, frames)?;
        if !meant.contains(&true) {
            continue;
        }
        let groups = Groups::new(frame, &meant);
        let mut fields = Vec::new();
        for (at, field) in frame.fields.iter().enumerate().filter(|(at, _)| meant[*at]) {
            let values = groups.values(frame, &names, at).into_iter();
            let first = |values: Vec<Scalar>| values.into_iter().next().unwrap_or(Scalar::Null);
            let values = values.map(first).collect();
            fields.push(Field {
                labels: None,
                reduced: None,
                range: None,
                values,
                ..field.clone()
            });
        }
        for (at, field) in frame.fields.iter().enumerate() {
            let rule = rules.get(&names[at]).or_else(|| rules.get(&field.name));
            let columns = groups.values(frame, &names, at);
            for aggregation in rule.map(aggregations).unwrap_or_default() {
                fields.push(aggregated(field, &names[at], &aggregation, &columns)?);
            }
        }
        result.push(Frame { ref_id: frame.ref_id.clone(), name: None, fields });
    }
    Ok(result)
}

/// The name as the browser asks for it here: without its frame, unless it asked before.
fn name_of(field: &Field, frame: &Frame, frames: &[Frame], keys: &[String]) -> String {
    if frames.len() == 1 && !keys.contains(&field.name) {
        return name::of_field(field, frame, frames);
    }
    match field.config.display_name.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => name.to_owned(),
        None if !field.name.is_empty() => field.name.clone(),
        None if field.kind == FieldType::Time => TIME.to_owned(),
        None => VALUE.to_owned(),
    }
}

/// The reducers of a rule; a field that is grouped by may only be counted.
fn aggregations(rule: &Value) -> Vec<String> {
    let ids: Vec<String> = rule
        .get("aggregations")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    match text(rule, "operation") {
        Some("aggregate") => ids,
        Some("groupby") if ids == ["count"] => ids,
        _ => Vec::new(),
    }
}

/// The rows of each group, in the order in which groups were first seen.
struct Groups {
    rows: Vec<(String, Vec<usize>)>,
}

impl Groups {
    fn new(frame: &Frame, meant: &[bool]) -> Self {
        let mut rows: Vec<(String, Vec<usize>)> = Vec::new();
        for row in 0..frame.rows() {
            let texts: Vec<String> = frame
                .fields
                .iter()
                .zip(meant)
                .filter(|(_, meant)| **meant)
                .map(|(field, _)| match &field.values[row] {
                    value if value.is_nothing() => String::new(),
                    value => value.key(),
                })
                .collect();
            let key = texts.join(",");
            match rows.iter_mut().find(|(known, _)| *known == key) {
                Some((_, rows)) => rows.push(row),
                None => rows.push((key, vec![row])),
            }
        }
        Self { rows }
    }

    /// The values of a field in each group, together with those of fields of its name.
    fn values(&self, frame: &Frame, names: &[String], at: usize) -> Vec<Vec<Scalar>> {
        let same: Vec<&Field> = frame
            .fields
            .iter()
            .zip(names)
            .filter(|(_, name)| **name == names[at])
            .map(|(field, _)| field)
            .collect();
        let cells = |rows: &Vec<usize>| {
            rows.iter()
                .flat_map(|row| same.iter().map(|field| field.values[*row].clone()))
                .collect()
        };
        self.rows.iter().map(|(_, rows)| cells(rows)).collect()
    }
}

fn aggregated(
    field: &Field,
    name: &str,
    reducer: &str,
    groups: &[Vec<Scalar>],
) -> Result<Field, NotModelled> {
    let values = groups
        .iter()
        .map(|values| {
            let group = Field { values: values.clone(), reduced: None, ..field.clone() };
            Ok(reduce::one(&group, reducer)?.unwrap_or(Scalar::Missing))
        })
        .collect::<Result<_, NotModelled>>()?;
    let kind = match reducer {
        "count" | "distinctCount" | "changeCount" | "countAll" => FieldType::Number,
        "allIsNull" | "allIsZero" => FieldType::Bool,
        _ => field.kind,
    };
    Ok(Field::new(format!("{name} ({reducer})"), kind, values))
}
