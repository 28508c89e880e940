//! Reading the recorded files, and counting what holds.

use std::{fs::File, io::Read, path::Path};

use flate2::read::GzDecoder;
use serde_json::Value;

/// How many cases of one thing there are, and which do not hold.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) what: &'static str,
    pub(crate) cases: usize,
    pub(crate) failures: Vec<String>,
}

impl Held {
    pub(crate) fn new(what: &'static str) -> Held {
        Held { what, cases: 0, failures: Vec::new() }
    }

    pub(crate) fn held(&self) -> usize {
        self.cases - self.failures.len()
    }

    /// Counts a case that holds if both are equal.
    #[expect(clippy::needless_pass_by_value, reason = "callers make these for it alone")]
    pub(crate) fn equal<T: PartialEq + std::fmt::Debug>(
        &mut self,
        case: &str,
        recorded: T,
        predicted: T,
    ) {
        self.cases += 1;
        if recorded != predicted {
            self.failures.push(format!(
                "{case}, {}:\n  recorded  {recorded:?}\n  predicted {predicted:?}",
                self.what
            ));
        }
    }
}

/// The JSON of a recorded file.
pub(crate) fn read(name: &str) -> Value {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(format!("{name}.json.gz"));
    let mut text = String::new();
    GzDecoder::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

pub(crate) fn whole(value: &Value) -> i64 {
    value.as_i64().unwrap()
}
