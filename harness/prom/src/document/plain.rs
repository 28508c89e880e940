//! Values that mean what they are: yes or no, text.
//!
//! It must not know which field they are in.

use schemars::{Schema, json_schema};

use super::{
    field::{Flaw, Meaning},
    node::Scalar,
};

/// Whatever stands there, for a value whose meaning is found out later.
impl Meaning for Scalar {
    fn read(scalar: &Scalar) -> Result<Scalar, Flaw> {
        Ok(scalar.clone())
    }

    fn schema() -> Schema {
        json_schema!(true)
    }
}

/// Yes or no.
impl Meaning for bool {
    fn read(scalar: &Scalar) -> Result<bool, Flaw> {
        let Scalar::Bool(value) = scalar else {
            return Err(Flaw::expected("true or false", scalar));
        };
        Ok(*value)
    }

    fn schema() -> Schema {
        json_schema!({ "type": "boolean" })
    }
}

/// Text that says something.
impl Meaning for String {
    fn read(scalar: &Scalar) -> Result<String, Flaw> {
        match scalar {
            Scalar::Text(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
            Scalar::Bool(_) | Scalar::Integer(_) | Scalar::Float(_) => Err(Flaw {
                remedy: Some("put it in quotes".to_owned()),
                ..Flaw::expected("text", scalar)
            }),
            _ => Err(Flaw::expected("text", scalar)),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "minLength": 1 })
    }
}
