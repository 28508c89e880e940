//! The wrappers of which file types are built: values, parts and tables that know their line.
//!
//! Their JSON schema is that of what they hold, so that a file type describes itself to editors.
//! They can only be read by this module's own reader.

use std::{borrow::Cow, fmt, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{node::Scalar, of_key, reader::LOCATED};
use crate::{
    nearest::nearest,
    problem::{Code, Problem},
};

/// What a single value means, and how it is written.
pub trait Meaning: Sized {
    /// The meaning of what stands in the file.
    ///
    /// # Errors
    /// What was expected instead.
    fn read(scalar: &Scalar) -> Result<Self, Flaw>;

    /// How it is written, for editors.
    fn schema() -> Schema;
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// What was expected and what was found: a lowercase fragment without final dot.
    pub message: String,
    /// What to do, where that is not obvious.
    pub remedy: Option<String>,
}

impl Flaw {
    /// "expected …, found …".
    pub fn expected(expected: impl fmt::Display, found: &impl fmt::Display) -> Flaw {
        Flaw { message: format!("expected {expected}, found {found}"), remedy: None }
    }
}

/// A value of a file.
#[derive(Clone, Debug)]
pub struct Field<T> {
    /// Its line, from 1.
    pub line: usize,
    /// The key under which it stands; empty in a list.
    pub key: String,
    /// What it means, or why it means nothing.
    pub value: Result<T, Flaw>,
}

impl<T> Field<T> {
    /// The value; a flaw becomes a problem of `file`.
    pub fn take(self, file: &std::path::Path, problems: &mut Vec<Problem>) -> Option<T> {
        self.value
            .map_err(|flaw| {
                let problem = Problem::new(
                    Code::InvalidValue,
                    file,
                    self.line,
                    of_key(&self.key, flaw.message),
                );
                problems.push(match flaw.remedy {
                    Some(remedy) => problem.remedy(remedy),
                    None => problem,
                });
            })
            .ok()
    }
}

/// A part of a file that has parts itself.
#[derive(Clone, Debug)]
pub struct Part<T> {
    /// Its line, from 1.
    pub line: usize,
    /// What it holds; `None` if it could not be read at all, which the reader noted.
    pub value: Option<T>,
}

/// Keys of a certain kind, each with a value.
#[derive(Clone, Debug)]
pub struct Table<K, V>(pub Vec<(Field<K>, Field<V>)>);

/// The value among `all` with this name, or the flaw with the nearest name.
///
/// # Errors
/// If no value has this name.
pub fn choose<T: Copy>(
    what: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
    scalar: &Scalar,
) -> Result<T, Flaw> {
    let names = all.iter().map(|&value| name(value));
    let expected = names.clone().collect::<Vec<_>>().join(", ");
    let Scalar::Text(text) = scalar else {
        return Err(Flaw::expected(format_args!("a {what} ({expected})"), scalar));
    };
    all.iter().copied().find(|&value| name(value) == text).ok_or_else(|| Flaw {
        message: format!("unknown {what} {text:?}; expected one of {expected}"),
        remedy: nearest(text, names).map(|near| format!("did you mean {near}?")),
    })
}

struct ScalarVisitor<T>(PhantomData<T>);

impl<'de, T: Meaning> Visitor<'de> for ScalarVisitor<T> {
    type Value = Field<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value with its line")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut located: A) -> Result<Field<T>, A::Error> {
        let line = located.next_element::<u64>()?.unwrap_or_default() as usize;
        let key = located.next_element::<String>()?.unwrap_or_default();
        let scalar =
            located.next_element::<Scalar>()?.ok_or_else(|| de::Error::missing_field("value"))?;
        Ok(Field { line, key, value: T::read(&scalar) })
    }
}

impl<'de, T: Meaning> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Field<T>, D::Error> {
        deserializer.deserialize_newtype_struct(LOCATED, ScalarVisitor(PhantomData))
    }
}

/// Reads a [`Part`] whose content is read by a seed, for parts whose keys are not those of a type.
#[derive(Clone, Copy, Debug)]
pub struct PartSeed<S>(pub S);

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for PartSeed<S> {
    type Value = Part<S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a part with its line")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut located: A) -> Result<Self::Value, A::Error> {
        let line = located.next_element::<u64>()?.unwrap_or_default() as usize;
        located.next_element::<String>()?;
        // The reader noted what went wrong.
        Ok(Part { line, value: located.next_element_seed(self.0).ok().flatten() })
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for PartSeed<S> {
    type Value = Part<S::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_newtype_struct(LOCATED, self)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Part<T>, D::Error> {
        PartSeed(PhantomData).deserialize(deserializer)
    }
}

struct TableVisitor<K, V>(PhantomData<(K, V)>);

impl<'de, K: Meaning, V: Meaning> Visitor<'de> for TableVisitor<K, V> {
    type Value = Table<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Table<K, V>, A::Error> {
        let mut table = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            table.push(entry);
        }
        Ok(Table(table))
    }
}

impl<'de, K: Meaning, V: Meaning> Deserialize<'de> for Table<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Table<K, V>, D::Error> {
        deserializer.deserialize_map(TableVisitor(PhantomData))
    }
}

impl<T: Meaning> JsonSchema for Field<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Field".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        T::schema()
    }
}

impl<T: JsonSchema> JsonSchema for Part<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<K: Meaning, V: Meaning> JsonSchema for Table<K, V> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Table".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let (keys, value) = (K::schema(), V::schema());
        match keys.get("enum").and_then(|names| names.as_array()) {
            Some(names) => {
                let properties: serde_json::Map<String, serde_json::Value> = names
                    .iter()
                    .filter_map(|name| Some((name.as_str()?.to_owned(), value.clone().into())))
                    .collect();
                json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
            }
            None => {
                json_schema!({ "type": "object", "propertyNames": keys, "additionalProperties": value })
            }
        }
    }
}
