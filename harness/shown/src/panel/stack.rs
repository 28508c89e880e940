//! Where series are drawn: on each other, as shares of their sum, negated, or constant.
//!
//! Source: `getStackingGroups` and `preparePlotData2` of `@grafana/ui`.

use std::collections::BTreeMap;

use crate::NotModelled;
use crate::frame::{Field, Scalar};

/// How many values are looked at to find whether a series is negative.
const SAMPLES: usize = 100;

/// The numbers at which each series is drawn, in the order of its own moments.
pub(super) fn drawings(series: &[(&Field, &Field)]) -> Result<Vec<Vec<Option<f64>>>, NotModelled> {
    let times = all_times(series);
    // The rows of all series beside each other, with nothing where one has no moment.
    let mut rows: Vec<Vec<Option<f64>>> = Vec::new();
    for (time, field) in series {
        let mut row = vec![None; times.len()];
        for (moment, value) in time.values.iter().zip(&field.values) {
            if let (Some(at), Some(number)) = (place(&times, moment), weight(value)) {
                row[at] = Some(number);
            }
        }
        transform(field, &mut row)?;
        rows.push(row);
    }
    for group in groups(series) {
        stack(&group, &mut rows);
    }
    Ok(series
        .iter()
        .zip(rows)
        .map(|((time, _), row)| {
            let at = |moment: &Scalar| place(&times, moment).and_then(|at| row[at]);
            time.values.iter().map(at).collect()
        })
        .collect())
}

fn all_times(series: &[(&Field, &Field)]) -> Vec<f64> {
    let moments = series.iter().flat_map(|(time, _)| &time.values);
    let mut times: Vec<f64> = moments.filter_map(Scalar::number).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    times
}

fn place(times: &[f64], moment: &Scalar) -> Option<usize> {
    times.binary_search_by(|time| time.total_cmp(&moment.as_number())).ok()
}

fn weight(value: &Scalar) -> Option<f64> {
    match value {
        Scalar::Number(number) => Some(*number),
        Scalar::Bool(value) => Some(f64::from(u8::from(*value))),
        _ => None,
    }
}

/// What `custom.transform` makes of a row.
fn transform(field: &Field, row: &mut [Option<f64>]) -> Result<(), NotModelled> {
    match field.config.custom_text("transform") {
        None | Some("") => {}
        Some("negative-Y") => row.iter_mut().flatten().for_each(|value| *value = -*value),
        Some("constant") => {
            // The first value is drawn as a line through the whole panel.
            let first = row.iter().copied().flatten().next();
            row.fill(first);
        }
        Some(other) => {
            return Err(NotModelled::new(format!("custom.transform {other}")));
        }
    }
    Ok(())
}

/// Series that stand on each other.
struct Group {
    members: Vec<usize>,
    percent: bool,
    up: bool,
}

fn groups(series: &[(&Field, &Field)]) -> Vec<Group> {
    let mut groups: BTreeMap<(bool, String), Group> = BTreeMap::new();
    for (at, (_, field)) in series.iter().enumerate() {
        let config = &field.config;
        let mode = config.custom_text("stacking.mode").unwrap_or("none");
        if mode == "none" {
            continue;
        }
        let up = goes_up(field);
        let text = |path: &str| config.custom_text(path).unwrap_or_default();
        let style = text("drawStyle");
        let form = match style {
            "bars" => config.custom("barAlignment").map(ToString::to_string),
            "line" => Some(text("lineInterpolation").to_owned()),
            _ => None,
        };
        let key = format!(
            "{mode}|{}|{:?}|{:?}|{:?}|{}|{}|{style}|{form:?}",
            text("stacking.group"),
            config.unit,
            config.min,
            config.max,
            text("axisLabel"),
            text("axisPlacement"),
        );
        let group = groups.entry((up, key)).or_insert_with(|| Group {
            members: Vec::new(),
            percent: mode == "percent",
            up,
        });
        group.members.push(at);
    }
    groups.into_values().collect()
}

/// Whether a series is drawn upwards: its values are not mostly negative, or are negated.
fn goes_up(field: &Field) -> bool {
    let there = |value: &Scalar| !value.is_nothing();
    let first = field.values.iter().position(there).unwrap_or(0);
    let last = field.values.iter().rposition(there).map_or(0, |last| last + 1);
    let part = field.values.get(first..last).unwrap_or_default();
    let sample = part.iter().step_by((part.len() / SAMPLES).max(1)).filter_map(Scalar::number);
    let balance: i64 = sample
        .map(|number| match number {
            number if number < 0.0 || (number == 0.0 && number.is_sign_negative()) => -1,
            number if number > 0.0 => 1,
            _ => 0,
        })
        .sum();
    (balance < 0) == (field.config.custom_text("transform") == Some("negative-Y"))
}

fn stack(group: &Group, rows: &mut [Vec<Option<f64>>]) {
    let length = rows.first().map_or(0, Vec::len);
    let any: Vec<bool> =
        (0..length).map(|at| group.members.iter().any(|row| rows[*row][at].is_some())).collect();
    let mut sums = vec![0.0; length];
    for member in &group.members {
        for (at, sum) in sums.iter_mut().enumerate() {
            let cell = &mut rows[*member][at];
            match cell {
                Some(value) => {
                    *sum += *value;
                    *cell = Some(*sum);
                }
                None if any[at] => *cell = Some(*sum),
                None => {}
            }
        }
    }
    if !group.percent {
        return;
    }
    let direction = if group.up { 1.0 } else { -1.0 };
    for member in &group.members {
        for (at, sum) in sums.iter().enumerate() {
            if let Some(value) = &mut rows[*member][at] {
                *value = if *sum == 0.0 { 0.0 } else { direction * (*value / sum) };
            }
        }
    }
}
