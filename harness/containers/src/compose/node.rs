//! A YAML document as a tree in which every key and value knows its line.
//!
//! Compose files have many shapes for one thing, so that a tree is read first and given a meaning later.
//! This module must not know what a key means.

use std::fmt;
use std::path::Path;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use crate::problem::Problem;

/// A value and the line on which it begins, from 1; 0 where the parser does not tell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) line: usize,
    pub(crate) value: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// A text, or an integer as its digits.
    Text(String),
    /// A number with a fraction: how it was written is lost.
    Fraction(f64),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key of a map, in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) line: usize,
    pub(crate) node: Node,
}

impl Node {
    /// Reads one document; `file` is only for messages.
    pub(crate) fn parse(file: &Path, text: &str) -> Result<Self, Problem> {
        let tree: Spanned<Value> = serde_saphyr::from_str(text).map_err(|error| {
            let line = error.location().and_then(|location| usize::try_from(location.line()).ok());
            let message = error.without_snippet().to_string();
            Problem::new(file, line, format!("not as expected: {}", without_position(&message)))
        })?;
        Ok(tree.into())
    }

    /// What kind of value it is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a truth value",
            Value::Text(_) => "a text",
            Value::Fraction(_) => "a number with a fraction",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

/// The parser ends its messages with the position, which a problem has itself, or with advice for programmers.
fn without_position(message: &str) -> &str {
    let end =
        [" at line ", ", set DuplicateKeyPolicy"].iter().filter_map(|tail| message.find(tail));
    &message[..end.min().unwrap_or(message.len())]
}

fn line(location: serde_saphyr::Location) -> usize {
    usize::try_from(location.line()).unwrap_or_default()
}

impl From<Spanned<Value>> for Node {
    fn from(spanned: Spanned<Value>) -> Self {
        Self { line: line(spanned.referenced), value: spanned.value }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a text, a number, a truth value, a list or a map")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Text(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Text(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Fraction(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut nodes = Vec::new();
        while let Some(item) = list.next_element::<Spanned<Value>>()? {
            nodes.push(item.into());
        }
        Ok(Value::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, value)) = map.next_entry::<Spanned<String>, Spanned<Value>>()? {
            entries.push(Entry { line: line(key.referenced), key: key.value, node: value.into() });
        }
        Ok(Value::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Node, String> {
        Node::parse(Path::new("c.yml"), text).map_err(|problem| problem.to_string())
    }

    fn flat(node: &Node, prefix: &str, found: &mut Vec<String>) {
        match &node.value {
            Value::Map(entries) => {
                for entry in entries {
                    flat(&entry.node, &format!("{prefix}/{}@{}", entry.key, entry.line), found);
                }
            }
            Value::List(items) => {
                for item in items {
                    flat(item, &format!("{prefix}[]"), found);
                }
            }
            value => found.push(format!("{prefix} {value:?}@{}", node.line)),
        }
    }

    #[test]
    fn each_key_and_value_has_its_line() {
        let text = "a: 1\nb:\n  - x\n  - true\n  - ~\nc: {d: '2',\n  e: 1.5}\n";
        let mut found = Vec::new();
        flat(&parse(text).unwrap(), "", &mut found);
        assert_eq!(
            found,
            [
                "/a@1 Text(\"1\")@1",
                "/b@2[] Text(\"x\")@3",
                "/b@2[] Bool(true)@4",
                "/b@2[] Null@5",
                "/c@6/d@6 Text(\"2\")@6",
                "/c@6/e@7 Fraction(1.5)@7",
            ]
        );
    }

    #[test]
    fn anchors_and_merge_keys_are_resolved() {
        let text = "x-log: &log\n  driver: local\na:\n  <<: *log\n  tag: t\nb: *log\n";
        let mut found = Vec::new();
        flat(&parse(text).unwrap(), "", &mut found);
        assert!(found.iter().any(|line| line.starts_with("/a@3/driver")), "{found:?}");
        assert!(found.iter().any(|line| line.starts_with("/b@6/driver")), "{found:?}");
    }

    #[test]
    fn a_broken_document_is_named_with_its_line_once() {
        let table = [
            ("a:\n\tb: 2\n", "c.yml:2: not as expected: tabs disallowed"),
            ("a: 1\na: 2\n", "c.yml:2: not as expected: duplicate mapping key: a"),
        ];
        for (text, message) in table {
            let problem = parse(text).unwrap_err();
            assert!(problem.starts_with(message), "{problem}");
            assert!(!problem.contains("at line"), "{problem}");
        }
    }
}
