//! What a stat shows of series, by `reduceOptions`.

use jiff::tz::TimeZone;
use serde_json::{Value, json};
use shown::frame::{Field, FieldType, Frame, Scalar};
use shown::stat::{self, ReduceOptions};

use crate::data::{Held, cases, number, same, scalars};

fn series(name: &str, values: Vec<Scalar>) -> Frame {
    let mut field = Field::new(name, FieldType::Number, values);
    field.config.display_name_from_ds = Some(name.to_owned());
    let times = (0..field.values.len()).map(|at| 1000.0 * at as f64);
    Frame { ref_id: Some("A".into()), name: None, fields: vec![Field::time(times), field] }
}

fn frames(described: &Value) -> Vec<Frame> {
    let one = |value: f64| vec![Scalar::Number(value)];
    match described.as_str() {
        None => vec![series("x", scalars(described))],
        Some("30 series") => (0..30_u8).map(|at| series("x", one(f64::from(at)))).collect(),
        Some("30 rows") => {
            vec![series("x", (0..30_u8).map(|at| Scalar::Number(f64::from(at))).collect())]
        }
        Some(_) => vec![series("x", scalars(&json!([1, 2]))), series("y", scalars(&json!([3, 4])))],
    }
}

pub(crate) fn stat_values() -> Held {
    let mut held = Held::default();
    for case in cases("stat-values", "cases") {
        let options = ReduceOptions::read(&case[1]);
        let said = stat::values(&frames(&case[0]), &options, None, &TimeZone::UTC).unwrap();
        let ok = match &case[2] {
            Value::String(count) => *count == format!("{} numbers", said.len()),
            recorded => {
                let recorded = recorded.as_array().unwrap();
                recorded.len() == said.len()
                    && recorded.iter().zip(&said).all(|(recorded, said)| {
                        recorded[0].as_str() == said.title.as_deref()
                            && recorded[1].as_str() == said.printed.text.as_deref().ok()
                            && same(number(&recorded[2]).unwrap(), said.printed.number)
                    })
            }
        };
        held.count(ok, &case, &said);
    }
    held
}
