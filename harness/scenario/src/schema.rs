//! The JSON schema of scenario files, by which editors complete and check them.
//!
//! It is generated from the file types, so that it cannot say anything else than they do; `scenarios/schema.json` is
//! a committed copy, and a test keeps it current.

use schemars::{Schema, generate::SchemaSettings, transform::Transform};
use serde_json::Value;

use super::file::RawScenario;

/// The JSON schema of scenario files.
#[must_use]
pub fn schema() -> String {
    let mut schema =
        SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<RawScenario>();
    WithoutNull.transform(&mut schema);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    text.push('\n');
    text
}

/// Takes `null` out of what a key may hold: a key is optional because it may be left out.
struct WithoutNull;

impl Transform for WithoutNull {
    fn transform(&mut self, schema: &mut Schema) {
        schemars::transform::transform_subschemas(self, schema);
        let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
            return;
        };
        for property in properties.values_mut() {
            if let Some(Value::Array(types)) = property.get_mut("type") {
                types.retain(|one| one != "null");
                if let [only] = types.as_slice() {
                    property["type"] = only.clone();
                }
            }
            if let Some(Value::Array(values)) = property.get_mut("enum") {
                values.retain(|value| !value.is_null());
            }
            if let Some(Value::Array(alternatives)) = property.get_mut("anyOf") {
                alternatives.retain(|one| one.get("type").is_none_or(|kind| kind != "null"));
                if let [only] = alternatives.as_slice()
                    && let Some(reference) = only.get("$ref").cloned()
                {
                    let property = property.as_object_mut().expect("it has anyOf");
                    property.remove("anyOf");
                    property.insert("$ref".to_owned(), reference);
                }
            }
        }
    }
}
