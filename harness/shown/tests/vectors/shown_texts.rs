//! Texts of numbers by unit, decimals and mappings; colours by threshold.

use jiff::tz::TimeZone;
use serde_json::{Value, json};
use shown::config::FieldConfig;
use shown::display::{Colour, Display};
use shown::frame::{Field, FieldType, Scalar};
use shown::threshold::{Thresholds, active};

use crate::data::{Held, cases, number, same, scalar};

fn printed(config: FieldConfig, value: &Scalar) -> shown::Printed {
    let mut field = Field::new("Value", FieldType::Number, vec![]);
    field.config = config;
    Display::new(&field, &TimeZone::UTC).print(value)
}

pub(crate) fn display() -> Held {
    let mut held = Held::default();
    for case in cases("shown", "display") {
        let config = FieldConfig {
            unit: case[0].as_str().map(str::to_owned),
            decimals: number(&case[1]),
            ..FieldConfig::default()
        };
        let said = printed(config, &scalar(&case[2])).text;
        held.equal(&case, &said.as_deref().ok(), &case[3].as_str());
    }
    held
}

pub(crate) fn no_value() -> Held {
    let mut held = Held::default();
    for case in cases("shown", "no_value") {
        let config = FieldConfig { no_value: Some("idle".to_owned()), ..FieldConfig::default() };
        let value = match &case[0] {
            Value::String(text) if text.is_empty() => Scalar::from(""),
            other => scalar(other),
        };
        held.equal(&case, &printed(config, &value).text.as_deref().ok(), &case[1].as_str());
    }
    held
}

pub(crate) fn mapped() -> Held {
    let mut held = Held::default();
    for case in cases("shown", "mapped") {
        let defaults = json!({"unit": "none", "mappings": case[0]});
        let value = scalar(&case[1]);
        let said = printed(FieldConfig::of_defaults(&defaults), &value).text;
        let plain = printed(FieldConfig::of_defaults(&json!({"unit": "none"})), &value).text;
        let ok = said.as_deref().ok() == case[2].as_str()
            && case[3].as_bool().unwrap() == (said != plain);
        held.count(ok, &case, (said, plain));
    }
    held
}

pub(crate) fn threshold() -> Held {
    let mut held = Held::default();
    for case in cases("shown", "threshold") {
        let thresholds = Thresholds::read(&json!({"mode": "absolute", "steps": case[0]})).unwrap();
        let said = active(&thresholds.steps, number(&case[1]).unwrap());
        held.equal(&case, &Some(said), &case[2].as_str());
    }
    held
}

pub(crate) fn threshold_percentage() -> Held {
    let mut held = Held::default();
    for case in cases("shown", "threshold_percentage") {
        let mut field =
            Field::new("Value", FieldType::Number, [0.0, 40.0, 200.0].map(Scalar::Number).to_vec());
        field.config = FieldConfig::of_defaults(&json!({
            "min": case[0], "max": case[1],
            "color": {"mode": "thresholds"},
            "thresholds": {"mode": "percentage", "steps": [
                {"color": "green", "value": null},
                {"color": "yellow", "value": 50},
                {"color": "red", "value": 80},
            ]},
        }));
        let said = Display::new(&field, &TimeZone::UTC).print(&scalar(&case[2]));
        let ok = said.colour == Colour::Named(case[3].as_str().unwrap().to_owned())
            && same(said.share.unwrap(), number(&case[4]).unwrap());
        held.count(ok, &case, &said);
    }
    held
}
