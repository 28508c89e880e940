//! Frames as the plugin of Prometheus makes them of an answer, for the targets of a panel.

use serde_json::Value;
use shown::frame::{Field, FieldType, Frame, Labels, Scalar};

/// The answers: a busy one, one with gaps, NaN and small numbers, and one without series.
pub(crate) fn answers(panel: &Value) -> Vec<Vec<Frame>> {
    let busy: &[(&str, &[Option<f64>])] = &[
        ("azure_openai", &[Some(3.0), Some(5.5), Some(4.0), Some(6.25)]),
        ("local", &[Some(0.0), Some(1.0), Some(0.5), Some(2.0)]),
        ("openai", &[Some(120.0), Some(90.0), Some(1500.75), Some(110.5)]),
    ];
    let sparse: &[(&str, &[Option<f64>])] = &[
        ("local", &[Some(0.25), None, Some(0.0), None]),
        ("openai", &[Some(1.0), Some(0.004), Some(3.0), Some(f64::NAN)]),
    ];
    let targets = panel["targets"].as_array().unwrap();
    [busy, sparse, &[]]
        .iter()
        .map(|series| {
            targets
                .iter()
                .enumerate()
                .flat_map(|(at, target)| {
                    // Each target has numbers of its own.
                    frames(target, series, 1.0 + 10.0 * at as f64, targets.len())
                })
                .collect()
        })
        .collect()
}

fn frames(
    target: &Value,
    series: &[(&str, &[Option<f64>])],
    factor: f64,
    targets: usize,
) -> Vec<Frame> {
    let ref_id = target["refId"].as_str().unwrap_or("A");
    let instant = target["instant"].as_bool().unwrap_or(false);
    let shown = |values: &[Option<f64>]| -> Vec<Option<f64>> {
        let last = values.iter().rev().flatten().next().copied();
        let values = if instant { vec![last] } else { values.to_vec() };
        values.into_iter().map(|value| value.map(|value| value * factor)).collect()
    };
    let cells = |values: Vec<Option<f64>>| values.into_iter().map(Scalar::from).collect();
    let times = |rows: usize| (0..rows).map(|at| 15_000.0 * at as f64);
    if target["format"] == "table" {
        let rows: Vec<(f64, &str, Option<f64>)> = series
            .iter()
            .flat_map(|(name, values)| {
                let values = shown(values);
                times(values.len())
                    .zip(values)
                    .map(|(time, value)| (time, *name, value))
                    .collect::<Vec<_>>()
            })
            .collect();
        let name = if targets > 1 { format!("Value #{ref_id}") } else { "Value".to_owned() };
        return vec![Frame {
            ref_id: Some(ref_id.to_owned()),
            name: None,
            fields: vec![
                Field::time(rows.iter().map(|row| row.0)),
                Field::new(
                    "provider",
                    FieldType::Text,
                    rows.iter().map(|row| Scalar::from(row.1)).collect(),
                ),
                Field::new(name, FieldType::Number, cells(rows.iter().map(|row| row.2).collect())),
            ],
        }];
    }
    series
        .iter()
        .map(|(name, values)| {
            let values = shown(values);
            let mut field = Field::new("Value", FieldType::Number, Vec::new());
            let time = Field::time(times(values.len()));
            field.values = cells(values);
            field.labels = Some(Labels::from([("provider".to_owned(), (*name).to_owned())]));
            field.config.display_name_from_ds = match target["legendFormat"].as_str() {
                Some("__auto") => None,
                Some("{{provider}}") => Some((*name).to_owned()),
                _ => Some(format!("{{provider=\"{name}\"}}")),
            };
            Frame { ref_id: Some(ref_id.to_owned()), name: None, fields: vec![time, field] }
        })
        .collect()
}
