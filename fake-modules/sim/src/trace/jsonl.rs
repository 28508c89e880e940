//! One JSON object per line: `timestamp` in seconds (number or string), `input_length`, `output_length`.
//!
//! The form of the RAGPulse and Mooncake traces. A `session_id` is used if there is one; other keys are ignored.

use serde::Deserialize;
use serde_json::Value;

use super::{
    field::{self, Wrong},
    parsed::Parsed,
};
use crate::rng;

/// Values of any type, so that a wrong one can be shown.
#[derive(Deserialize)]
struct Object {
    timestamp: Option<Value>,
    input_length: Option<Value>,
    output_length: Option<Value>,
    session_id: Option<Value>,
}

pub(super) fn parse(line: &str) -> Result<Parsed, Wrong> {
    let not_an_object =
        |why: &str| Wrong::new("row", "a JSON object", format!("{}{why}", field::quoted(line)));
    // A derived struct would take an array for its fields in order.
    if !line.starts_with('{') {
        return Err(not_an_object(""));
    }
    let object: Object = serde_json::from_str(line).map_err(|error| {
        not_an_object(&format!(": {error}").replace(" at line 1 column ", " at byte "))
    })?;
    Ok(Parsed {
        time: field::json_seconds("timestamp", object.timestamp.as_ref())?,
        time_name: "timestamp",
        input_tokens: field::json_tokens("input_length", object.input_length.as_ref())?,
        output_tokens: field::json_tokens("output_length", object.output_length.as_ref())?,
        session: object.session_id.map(|id| match id {
            Value::String(id) => rng::fnv1a(id.as_bytes()),
            other => rng::fnv1a(other.to_string().as_bytes()),
        }),
    })
}
