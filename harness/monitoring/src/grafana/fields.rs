//! Reading members of a JSON object and noting every one that has the wrong type.
//!
//! Grafana tolerates much in a dashboard file; what it would misread silently is
//! a problem here, with the member's line. A `null` counts as absent.
//! Used by the readers of dashboards and of their variables; knows neither.

use std::path::Path;

use serde_json::{Map, Value};

use super::lines::Lines;
use prom::problem::{Code, Problem};

/// What has been found wrong in one file so far.
pub(crate) struct Notes<'a> {
    pub(crate) file: &'a Path,
    pub(crate) lines: &'a Lines,
    pub(crate) problems: Vec<Problem>,
}

impl Notes<'_> {
    pub(crate) fn problem(&mut self, code: Code, pointer: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(code, self.file, self.lines.at(pointer), message));
    }
}

/// One JSON object and where it stands.
#[derive(Clone)]
pub(crate) struct Node<'a> {
    pub(crate) value: &'a Value,
    pub(crate) pointer: String,
}

impl<'a> Node<'a> {
    pub(crate) fn get(&self, key: &str) -> Option<Node<'a>> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(Node { value, pointer: format!("{}/{key}", self.pointer) })
    }

    /// The value below `keys`, one after the other.
    pub(crate) fn path(&self, keys: &[&str]) -> Option<Node<'a>> {
        keys.iter().try_fold(self.clone(), |node, key| node.get(key))
    }

    pub(crate) fn line(&self, notes: &Notes<'_>) -> Option<usize> {
        notes.lines.at(&self.pointer)
    }

    /// A string member.
    pub(crate) fn text(&self, key: &str, notes: &mut Notes<'_>) -> Option<String> {
        self.typed(key, "a string", notes, |value| value.as_str().map(str::to_owned))
    }

    /// A string member; empty where absent.
    pub(crate) fn text_or_empty(&self, key: &str, notes: &mut Notes<'_>) -> String {
        self.text(key, notes).unwrap_or_default()
    }

    /// A boolean member; false where absent.
    pub(crate) fn flag(&self, key: &str, notes: &mut Notes<'_>) -> bool {
        self.typed(key, "true or false", notes, Value::as_bool).unwrap_or(false)
    }

    /// A whole number.
    pub(crate) fn whole(&self, key: &str, notes: &mut Notes<'_>) -> Option<i64> {
        self.typed(key, "a whole number", notes, Value::as_i64)
    }

    /// A whole number that is not negative and fits 32 bits.
    pub(crate) fn count(&self, key: &str, notes: &mut Notes<'_>) -> Option<u32> {
        self.typed(key, "a whole number from 0", notes, |value| {
            value.as_u64().and_then(|number| u32::try_from(number).ok())
        })
    }

    /// The objects of a list; anything else in it is a problem.
    pub(crate) fn objects(&self, key: &str, notes: &mut Notes<'_>) -> Vec<Node<'a>> {
        let list = self.typed(key, "a list", notes, Value::as_array);
        let pointer = format!("{}/{key}", self.pointer);
        let mut objects = Vec::new();
        for (index, value) in list.into_iter().flatten().enumerate() {
            let node = Node { value, pointer: format!("{pointer}/{index}") };
            if value.is_object() {
                objects.push(node);
            } else {
                notes.problem(
                    Code::WrongType,
                    &node.pointer,
                    format!("expected an object in {key:?}, found {}", kind(value)),
                );
            }
        }
        objects
    }

    /// The strings of a list.
    pub(crate) fn texts(&self, key: &str, notes: &mut Notes<'_>) -> Vec<String> {
        let texts = self.typed(key, "a list of strings", notes, |value| {
            let list = value.as_array()?;
            list.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        });
        texts.unwrap_or_default()
    }

    pub(crate) fn members(&self) -> Option<&'a Map<String, Value>> {
        self.value.as_object()
    }

    fn typed<T>(
        &self,
        key: &str,
        expected: &str,
        notes: &mut Notes<'_>,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Option<T> {
        let node = self.get(key)?;
        let read = read(node.value);
        if read.is_none() {
            let found = kind(node.value);
            notes.problem(
                Code::WrongType,
                &node.pointer,
                format!("expected {expected} for {key:?}, found {found}"),
            );
        }
        read
    }
}

/// The JSON type of a value, for messages.
pub(crate) fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => format!("{value}"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the string {text:?}"),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
