//! `joinByField`: fields of all frames in one, row by row where a common field is equal.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::frame::{Field, FieldType, Frame, Labels, Scalar, VALUE};
use crate::matcher::Matcher;
use crate::transform::value::key;
use crate::transform::{Transformed, filter, joined_id, sorting, text};
use crate::{NotModelled, sort};

/// A join column and the columns that belong to it.
type Table = Vec<Vec<Scalar>>;

/// How many values are looked at to find whether they rise.
const SAMPLES: usize = 50;

pub(super) fn by_field(frames: Vec<Frame>, options: &Value) -> Transformed {
    if frames.len() <= 1 {
        return Ok(frames);
    }
    let matcher = match text(options, "byField") {
        Some(field) => filter::names(vec![field.to_owned()]),
        None if frames[0].time_field().is_some() => Matcher::FirstTime,
        None => return Err(NotModelled::new("transformations.joinByField without a field")),
    };
    let mode = text(options, "mode").unwrap_or("outer");
    Ok(vec![joined(&frames, &matcher, mode)?])
}

/// The frames in one if each has moments by the same name, else as they are.
pub(super) fn ensure_columns(frames: Vec<Frame>) -> Transformed {
    let names: Vec<Option<&str>> =
        frames.iter().map(|frame| frame.time_field().map(|field| field.name.as_str())).collect();
    match names.first() {
        Some(Some(name)) if frames.len() > 1 && names.iter().all(|it| *it == Some(name)) => {
            let matcher = filter::names(vec![(*name).to_owned()]);
            Ok(vec![joined(&frames, &matcher, "outer")?])
        }
        _ => Ok(frames),
    }
}

fn joined(frames: &[Frame], matcher: &Matcher, mode: &str) -> Result<Frame, NotModelled> {
    let mut fields: Vec<Field> = Vec::new();
    let mut tables: Vec<Table> = Vec::new();
    let mut nulls = Vec::new();
    for frame in frames {
        let meant = matcher.of_frame(frame, frames)?;
        let Some(key) = meant.iter().position(|meant| *meant) else { continue };
        let mut table = vec![frame.fields[key].values.clone()];
        if fields.is_empty() {
            fields.push(frame.fields[key].clone());
        }
        for (_, field) in frame.fields.iter().enumerate().filter(|(at, _)| *at != key) {
            nulls.push(Nulls::of(field));
            table.push(field.values.clone());
            fields.push(member(field, frame));
        }
        tables.push(table);
    }
    let columns = if tables.is_empty() {
        Vec::new()
    } else if tables.len() < frames.len() && mode == "inner" {
        vec![Vec::new(); fields.len()]
    } else {
        match mode {
            "inner" => tabular(tables, false),
            "outerTabular" => tabular(tables, true),
            _ => outer(tables, &nulls)?,
        }
    };
    for (field, values) in fields.iter_mut().zip(columns) {
        field.values = values;
    }
    Ok(Frame { ref_id: joined_id("joinByField", frames), name: None, fields })
}

/// A field as a member of the join, which keeps the name of its frame.
fn member(field: &Field, frame: &Frame) -> Field {
    let mut member = field.clone();
    member.range = None;
    let labels: &mut Labels = member.labels.get_or_insert_default();
    if let Some(name) = frame.name.as_ref().filter(|name| !name.is_empty()) {
        if field.name == VALUE {
            member.name.clone_from(name);
        } else {
            labels.entry("name".to_owned()).or_insert_with(|| name.clone());
        }
    }
    member
}

/// What a join makes of null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nulls {
    /// It is as if it were not there.
    Removed,
    /// It stays where it is.
    Retained,
    /// It stays, and rows beside it that have nothing become null.
    Expanded,
}

impl Nulls {
    fn of(field: &Field) -> Self {
        match field.config.custom("spanNulls") {
            Some(Value::Bool(true)) => Self::Removed,
            Some(Value::Number(number)) if number.as_f64() == Some(-1.0) => Self::Retained,
            _ => Self::Expanded,
        }
    }
}

fn expand_nulls(column: &mut [Scalar]) {
    let nulls: Vec<usize> = (0..column.len()).filter(|row| column[*row] == Scalar::Null).collect();
    for at in nulls {
        let before = column[..at].iter().rev().take_while(|value| value.is_nothing()).count();
        let after = column[at..].iter().take_while(|value| value.is_nothing()).count();
        column[at - before..at + after].fill(Scalar::Null);
    }
}

/// Every value of the join columns, in order, with what each table has there.
pub(super) fn outer(tables: Vec<Table>, nulls: &[Nulls]) -> Result<Table, NotModelled> {
    let first = tables.first().and_then(|table| table.first());
    if tables.iter().all(|table| table.first() == first) {
        let mut columns: Table = Vec::new();
        for (at, table) in tables.into_iter().enumerate() {
            columns.extend(table.into_iter().skip(usize::from(at > 0)));
        }
        return in_order(columns);
    }
    let mut places: BTreeMap<(u8, String), usize> = BTreeMap::new();
    let mut values: Vec<Scalar> = Vec::new();
    for value in tables.iter().filter_map(|table| table.first()).flatten() {
        places.entry(key(value)).or_insert_with(|| {
            values.push(value.clone());
            values.len() - 1
        });
    }
    let weight = |value: &Scalar| super::value::weight(value);
    sort::by_weight(&mut values, weight, false)
        .or_else(|strange| {
            // Texts are in no order, which leaves them as they came.
            let texts = values.iter().all(|value| matches!(value, Scalar::Text(_)));
            if texts { Ok(()) } else { Err(strange) }
        })
        .map_err(|_strange| NotModelled::new("a join of 64 rows and more by NaN"))?;
    let places: BTreeMap<(u8, String), usize> =
        values.iter().enumerate().map(|(at, value)| (key(value), at)).collect();
    let mut columns = vec![values];
    let rows = columns[0].len();
    let mut nulls = nulls.iter();
    for table in &tables {
        let Some((keys, rest)) = table.split_first() else { continue };
        for column in rest {
            let nulls = nulls.next().copied().unwrap_or(Nulls::Expanded);
            let mut aligned = vec![Scalar::Missing; rows];
            for (value, of) in column.iter().zip(keys) {
                if let Some(place) = places.get(&key(of))
                    && !(nulls == Nulls::Removed && *value == Scalar::Null)
                {
                    aligned[*place] = value.clone();
                }
            }
            if nulls == Nulls::Expanded {
                expand_nulls(&mut aligned);
            }
            columns.push(aligned);
        }
    }
    Ok(columns)
}

/// Rows in the order of the first column, unless it seems to rise already.
fn in_order(columns: Table) -> Result<Table, NotModelled> {
    let Some(first) = columns.first() else { return Ok(columns) };
    if first.iter().any(|value| matches!(value, Scalar::Text(_))) || seems_to_rise(first) {
        return Ok(columns);
    }
    let fields = columns.into_iter().map(|it| Field::new("", FieldType::Number, it)).collect();
    let frame = Frame { fields, ..Frame::default() };
    Ok(sorting::sorted(frame, 0, false)?.fields.into_iter().map(|field| field.values).collect())
}

/// Whether a sample of the values rises.
fn seems_to_rise(values: &[Scalar]) -> bool {
    let there = |value: &Scalar| !value.is_nothing();
    let (Some(first), Some(last)) = (values.iter().position(there), values.iter().rposition(there))
    else {
        return true;
    };
    if last <= first {
        return true;
    }
    let stride = ((last - first + 1) / SAMPLES).max(1);
    let sample = values[first..=last].iter().step_by(stride).filter(|value| there(value));
    let numbers: Vec<f64> = sample.map(Scalar::as_number).collect();
    !numbers.windows(2).any(|pair| pair[1] <= pair[0])
}

/// Rows of the second table beside those of the first that have its key; with `outer`
/// also the rows without one.
fn tabular(tables: Vec<Table>, outer: bool) -> Table {
    let mut tables = tables.into_iter();
    let mut left = tables.next().unwrap_or_default();
    for right in tables {
        let rows = paired(&left[0], &right[0], outer);
        let cell = |column: &[Scalar], row: Option<usize>| {
            row.and_then(|row| column.get(row)).cloned().unwrap_or(Scalar::Null)
        };
        let keys = rows.iter().map(|(l, r)| match l {
            Some(_) => cell(&left[0], *l),
            None => cell(&right[0], *r),
        });
        let mut columns = vec![keys.collect::<Vec<_>>()];
        let of_left = left[1..].iter().map(|it| rows.iter().map(|(l, _)| cell(it, *l)).collect());
        columns.extend(of_left);
        let of_right = right[1..].iter().map(|it| rows.iter().map(|(_, r)| cell(it, *r)).collect());
        columns.extend(of_right);
        left = columns;
    }
    left
}

fn paired(left: &[Scalar], right: &[Scalar], outer: bool) -> Vec<(Option<usize>, Option<usize>)> {
    let mut index: Vec<(String, Vec<usize>)> = Vec::new();
    for (at, value) in right.iter().enumerate() {
        let key = value.key();
        match index.iter_mut().find(|(known, _)| *known == key) {
            Some((_, rows)) => rows.push(at),
            None => index.push((key, vec![at])),
        }
    }
    let mut matched = Vec::new();
    let mut alone = Vec::new();
    let mut seen = Vec::new();
    for (at, value) in left.iter().enumerate() {
        let rows = index.iter().find(|(key, _)| !value.is_nothing() && *key == value.key());
        match rows {
            Some((key, rows)) => {
                matched.extend(rows.iter().map(|row| (Some(at), Some(*row))));
                // The browser remembers a key by its type and asks for it as a text.
                if matches!(value, Scalar::Text(_)) {
                    seen.push(key.clone());
                }
            }
            None if outer => alone.push((Some(at), None)),
            None => {}
        }
    }
    matched.extend(alone);
    if outer {
        // Whole numbers come first among the keys of an object.
        let whole = |key: &str| key.parse::<u32>().ok().filter(|it| it.to_string() == key);
        index.sort_by_key(|(key, _)| whole(key).map_or(u64::MAX, u64::from));
        for (_, rows) in index.iter().filter(|(key, _)| !seen.contains(key)) {
            matched.extend(rows.iter().map(|row| (None, Some(*row))));
        }
    }
    matched
}
