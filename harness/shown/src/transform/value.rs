//! Values that JavaScript computes with: null is 0, what is missing NaN, a text the number
//! that it is.

use crate::frame::Scalar;
use crate::number;

/// The number that an arithmetic operator takes.
pub(super) fn weight(value: &Scalar) -> f64 {
    match value {
        Scalar::Null => 0.0,
        Scalar::Text(text) => number::of_text(text),
        other => other.as_number(),
    }
}

/// What tells keys of a map apart: type and text; NaN is itself, and -0 is 0.
pub(super) fn key(value: &Scalar) -> (u8, String) {
    let kind = match value {
        Scalar::Null => 0,
        Scalar::Missing => 4,
        Scalar::Number(_) => 1,
        Scalar::Text(_) => 2,
        Scalar::Bool(_) => 3,
    };
    (kind, value.key())
}
