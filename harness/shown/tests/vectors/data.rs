//! Reading the recorded answers, and counting those that hold.

use std::fmt::Debug;
use std::io::Read as _;
use std::path::Path;

use serde_json::Value;
use shown::Scalar;

/// The content of a file of `tests/data`.
pub(crate) fn read(name: &str) -> Value {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(format!("{name}.json.gz"));
    let packed = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The cases of a member of a file.
pub(crate) fn cases(name: &str, member: &str) -> Vec<Value> {
    read(name)[member].as_array().unwrap().clone()
}

/// The number of a JSON value, also where it is written as a text; `None` of null.
pub(crate) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Null => None,
        Value::Number(number) => number.as_f64(),
        Value::String(text) if text == "-0" => Some(-0.0),
        Value::String(text) => Some(shown::number::of_text(text)),
        other => panic!("not a number: {other}"),
    }
}

/// A value of a field of numbers.
pub(crate) fn scalar(value: &Value) -> Scalar {
    match value {
        Value::Bool(value) => Scalar::Bool(*value),
        other => Scalar::from(number(other)),
    }
}

pub(crate) fn scalars(values: &Value) -> Vec<Scalar> {
    values.as_array().unwrap().iter().map(scalar).collect()
}

/// Whether two numbers are the same to the last bit; NaN is NaN, -0 is not 0.
pub(crate) fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

/// Whether two values are the same; numbers to the last bit.
pub(crate) fn same_scalar(a: &Scalar, b: &Scalar) -> bool {
    match (a, b) {
        (Scalar::Number(a), Scalar::Number(b)) => same(*a, *b),
        (a, b) if a.is_nothing() => b.is_nothing(),
        (a, b) => a == b,
    }
}

/// How many cases there were, and those that do not hold.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) cases: usize,
    pub(crate) failures: Vec<String>,
}

impl Held {
    pub(crate) fn held(&self) -> usize {
        self.cases - self.failures.len()
    }

    /// Counts a case that holds if `ok`; `case` and `said` are shown otherwise.
    pub(crate) fn count(&mut self, ok: bool, case: &Value, said: impl Debug) {
        self.cases += 1;
        if !ok {
            self.failures.push(format!("{case}: {said:?}"));
        }
    }

    /// Counts a case that holds if it says what was recorded.
    pub(crate) fn equal<T: PartialEq + Debug>(&mut self, case: &Value, said: &T, recorded: &T) {
        self.count(said == recorded, case, said);
    }
}
