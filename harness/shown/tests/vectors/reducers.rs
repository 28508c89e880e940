//! Every reducer over nulls, NaN, infinities, signed zeros and huge numbers.

use serde_json::Value;
use shown::config::NullValueMode;
use shown::frame::{Field, FieldType};
use shown::{Scalar, reduce};

use crate::data::{Held, read, same_scalar, scalar, scalars};

fn said(values: &Value, mode: NullValueMode, id: &str) -> Scalar {
    let mut field = Field::new("Value", FieldType::Number, scalars(values));
    field.config.null_value_mode = mode;
    reduce::one(&field, id).unwrap().unwrap_or(Scalar::Null)
}

pub(crate) fn reducers() -> Held {
    let file = read("reducers");
    let ids: Vec<&str> =
        file["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    let mut held = Held::default();
    for case in file["cases"].as_array().unwrap() {
        for (id, recorded) in ids.iter().zip(case[1].as_array().unwrap()) {
            let said = said(&case[0], NullValueMode::Ignore, id);
            held.count(same_scalar(&said, &scalar(recorded)), &case[0], (id, &said, recorded));
        }
    }
    held
}

pub(crate) fn null_value_modes() -> Held {
    let ids = ["mean", "min", "max", "sum", "count", "lastNotNull", "diff", "delta"];
    let mut held = Held::default();
    for case in read("reducers")["null_value_modes"].as_array().unwrap() {
        let mode = match case[0].as_str().unwrap() {
            "connected" => NullValueMode::Ignore,
            "null as zero" => NullValueMode::AsZero,
            other => panic!("the null value mode {other}"),
        };
        for (id, recorded) in ids.iter().zip(case[2].as_array().unwrap()) {
            let said = said(&case[1], mode, id);
            held.count(same_scalar(&said, &scalar(recorded)), case, (id, &said, recorded));
        }
    }
    held
}
