//! The single values of a contract: how each is written and what an editor offers.

use schemars::{Schema, json_schema};

use super::{AlertClass, Window};
use prom::{
    document::{Flaw, Meaning, Scalar, choose},
    duration,
};

use crate::quantity::Quantity;

/// A number that may be anything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figure(pub(super) f64);
/// A factor that changes something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Multiple(pub(super) f64);
/// A quantile, above 0 and at most 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quantile(pub(super) f64);
/// A bucket bound in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound(pub(super) f64);
/// A number of places behind the decimal point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places(pub(super) f64);
/// A key that is either there and true, or not there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Yes;
/// Whether a zero is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zero {
    Shown,
    Absent,
}

fn number(scalar: &Scalar) -> Option<f64> {
    match scalar {
        Scalar::Integer(value) => Some(*value as f64),
        Scalar::Float(value) => Some(*value),
        _ => None,
    }
}

macro_rules! numbers {
    ($($name:ident, $fits:expr, $expected:literal, $schema:tt;)+) => {$(
        impl Meaning for $name {
            fn read(scalar: &Scalar) -> Result<Self, Flaw> {
                let fits: fn(f64) -> bool = $fits;
                number(scalar).filter(|value| fits(*value)).map($name).ok_or_else(|| Flaw::expected($expected, scalar))
            }

            fn schema() -> Schema {
                json_schema!($schema)
            }
        }
    )+};
}

numbers! {
    Figure, f64::is_finite, "a number", { "type": "number" };
    Multiple, |value| value.is_finite() && value != 0.0, "a factor other than 0, such as 3600", { "type": "number" };
    Quantile, |value| 0.0 < value && value <= 1.0, "a quantile above 0, at most 1", { "type": "number", "exclusiveMinimum": 0, "maximum": 1 };
    Places, |value| value.fract() == 0.0 && (0.0..=20.0).contains(&value), "a whole number from 0 to 20", { "type": "integer", "minimum": 0, "maximum": 20 };
    Bound, |value| 0.0 < value && value.is_finite(), "a bucket bound in seconds", { "type": "number", "exclusiveMinimum": 0 };
}

impl Meaning for AlertClass {
    fn read(scalar: &Scalar) -> Result<AlertClass, Flaw> {
        choose("class", &[AlertClass::Always, AlertClass::Live], AlertClass::name, scalar)
    }

    fn schema() -> Schema {
        json_schema!({ "enum": ["always", "live"] })
    }
}

impl AlertClass {
    /// The name in contracts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            AlertClass::Always => "always",
            AlertClass::Live => "live",
        }
    }
}

impl Meaning for Yes {
    fn read(scalar: &Scalar) -> Result<Yes, Flaw> {
        match scalar {
            Scalar::Bool(true) => Ok(Yes),
            _ => Err(Flaw::expected("true, or no such key", scalar)),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "const": true })
    }
}

impl Meaning for Zero {
    fn read(scalar: &Scalar) -> Result<Zero, Flaw> {
        choose("way with zeros", &[Zero::Shown, Zero::Absent], Zero::name, scalar)
    }

    fn schema() -> Schema {
        json_schema!({ "enum": ["shown", "absent"] })
    }
}

impl Zero {
    fn name(self) -> &'static str {
        match self {
            Zero::Shown => "shown",
            Zero::Absent => "absent",
        }
    }
}

impl Meaning for Quantity {
    fn read(scalar: &Scalar) -> Result<Quantity, Flaw> {
        choose("quantity", Quantity::ALL, Quantity::as_str, scalar)
    }

    fn schema() -> Schema {
        let names: Vec<&str> = Quantity::ALL.iter().map(|quantity| quantity.as_str()).collect();
        json_schema!({ "enum": names })
    }
}

impl Meaning for Window {
    fn read(scalar: &Scalar) -> Result<Window, Flaw> {
        let expected = "rate_interval, interval, range, or a duration such as 5m";
        let Scalar::Text(text) = scalar else { return Err(Flaw::expected(expected, scalar)) };
        match text.as_str() {
            "rate_interval" => Ok(Window::RateInterval),
            "interval" => Ok(Window::Interval),
            "range" => Ok(Window::Range),
            text => match duration::parse(text) {
                Ok(millis) if millis > 0 => Ok(Window::Fixed(millis)),
                _ => Err(Flaw::expected(expected, scalar)),
            },
        }
    }

    fn schema() -> Schema {
        let pattern = "^(rate_interval|interval|range|(\\d+(ms|[smhdwy]))+)$";
        json_schema!({ "type": "string", "pattern": pattern, "examples": ["rate_interval", "5m"] })
    }
}
