//! Frames after each transformation, and what a stat then shows of them.

use jiff::tz::TimeZone;
use serde_json::{Value, json};
use shown::frame::{Field, FieldType, Frame, Labels, Scalar};
use shown::stat::{self, ReduceOptions};
use shown::{NotModelled, name, transform};

use crate::data::{Held, cases, number};

/// Transformations that Grafana's application adds to those of the library that was
/// asked. Of these the library left the frames as they were, which the application does
/// not: the model must refuse them by name.
const OF_THE_APPLICATION: &[&str] =
    &["prepareTimeSeries", "timeSeriesTable", "extractFields", "configFromData"];

fn series(ref_id: &str, name: &str, values: &[Option<f64>]) -> Frame {
    let cells = values.iter().copied().map(Scalar::from).collect();
    let mut field = Field::new("Value", FieldType::Number, cells);
    let labels = match name {
        "openai" | "local" => Labels::from([("provider".to_owned(), name.to_owned())]),
        _ => Labels::new(),
    };
    field.labels = Some(labels);
    field.config.display_name_from_ds = Some(name.to_owned());
    let times = (0..values.len()).map(|at| 1000.0 * at as f64);
    Frame { ref_id: Some(ref_id.into()), name: None, fields: vec![Field::time(times), field] }
}

fn table(ref_id: &str, providers: [&str; 2], values: [f64; 2]) -> Frame {
    Frame {
        ref_id: Some(ref_id.into()),
        name: None,
        fields: vec![
            Field::time([0.0, 0.0]),
            Field::new("provider", FieldType::Text, providers.map(Scalar::from).to_vec()),
            Field::new(
                format!("Value #{ref_id}"),
                FieldType::Number,
                values.map(Scalar::Number).to_vec(),
            ),
        ],
    }
}

fn frames(described: &str) -> Vec<Frame> {
    let all = |values: [f64; 3]| values.map(Some);
    match described {
        "two series of A over time" => vec![
            series("A", "openai", &all([1.0, 5.0, 3.0])),
            series("A", "local", &all([4.0, 2.0, 6.0])),
        ],
        "queries A and B over time" => vec![
            series("A", "requests", &all([10.0, 20.0, 30.0])),
            series("B", "errors", &[Some(1.0), None, Some(3.0)]),
        ],
        "two series of A at an instant, equal values" => {
            vec![series("A", "openai", &[Some(5.0)]), series("A", "local", &[Some(5.0)])]
        }
        "tables A and B" => {
            vec![table("A", ["x", "y"], [1.0, 2.0]), table("B", ["y", "z"], [20.0, 30.0])]
        }
        other => panic!("unknown data: {other}"),
    }
}

/// A value as the recorded answers write it.
fn written(value: &Scalar) -> Value {
    match value {
        Scalar::Null | Scalar::Missing => Value::Null,
        Scalar::Text(text) => json!({"text": text}),
        Scalar::Bool(value) => json!(value),
        Scalar::Number(number) => json!(shown::number::to_text(*number)),
    }
}

fn of_recorded(value: &Value, kind: &str) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::String(text) if kind == "string" => json!({"text": text}),
        other => json!(shown::number::to_text(number(other).unwrap())),
    }
}

fn described(frames: &[Frame]) -> Value {
    let field = |field: &Field, frame: &Frame| {
        let values: Vec<Value> = field.values.iter().map(written).collect();
        json!([name::of_field(field, frame, frames), field.kind.id(), values])
    };
    frames
        .iter()
        .map(|frame| {
            let fields: Vec<Value> = frame.fields.iter().map(|it| field(it, frame)).collect();
            json!([frame.ref_id, fields])
        })
        .collect()
}

fn recorded(frames: &Value) -> Value {
    let field = |field: &Value| {
        let kind = field[1].as_str().unwrap();
        let values = field[2].as_array().unwrap().iter();
        let values: Vec<Value> = values.map(|value| of_recorded(value, kind)).collect();
        json!([field[0], kind, values])
    };
    let frame = |frame: &Value| {
        let fields: Vec<Value> = frame[1].as_array().unwrap().iter().map(field).collect();
        json!([frame[0], fields])
    };
    frames.as_array().unwrap().iter().map(frame).collect()
}

fn titles(frames: &[Frame]) -> Value {
    let options = ReduceOptions::default();
    let shown = stat::values(frames, &options, None, &TimeZone::UTC).unwrap();
    shown
        .iter()
        .map(|single| json!([single.title, shown::number::to_text(single.printed.number)]))
        .collect()
}

pub(crate) fn transformed() -> Held {
    let mut held = Held::default();
    for case in cases("transformed", "cases") {
        let frames = frames(case[0].as_str().unwrap());
        let transformations = case[1].as_array().unwrap();
        let said = transform::apply(frames, transformations, &TimeZone::UTC);
        let refused = transformations
            .iter()
            .filter_map(|transformation| transformation["id"].as_str())
            .find(|id| OF_THE_APPLICATION.contains(id));
        if let Some(id) = refused {
            let named = NotModelled::new(format!("transformations.{id}"));
            held.equal(&case, &said, &Err(named));
            continue;
        }
        let recorded_titles: Value = case[3]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| json!([it[0], shown::number::to_text(number(&it[1]).unwrap())]))
            .collect();
        let said = said.map(|frames| (described(&frames), titles(&frames)));
        held.equal(&case, &said, &Ok((recorded(&case[2]), recorded_titles)));
    }
    held
}
