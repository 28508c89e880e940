//! A serde deserialiser over [`Node`]s that notes flaws and reads on.
//!
//! It serves the file types of this crate only: structs, lists, tables, [`Field`](super::Field)s and
//! [`Part`](super::Part)s. A struct's unknown keys are noted and skipped; a part that cannot be read is noted and
//! left out. File types therefore give every key an `Option`, and whoever checks them says what is missing.

use std::{cell::RefCell, path::Path};

use serde::{
    de::{self, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor},
    forward_to_deserialize_any,
};

use super::node::{Node, Scalar, Value};
use crate::{
    nearest::nearest,
    problem::{Code, Problem},
};

/// The newtype name by which [`Field`](super::Field) and [`Part`](super::Part) ask for their line.
pub(crate) const LOCATED: &str = "$located";

/// What was wrong so far.
pub(crate) type Notes = RefCell<Vec<Refusal>>;

/// Why something could not be read.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    code: Code,
    line: Option<usize>,
    message: String,
    remedy: Option<String>,
}

impl Refusal {
    pub(crate) fn into_problem(self, file: &Path) -> Problem {
        let problem = Problem::new(self.code, file, self.line, self.message);
        match self.remedy {
            Some(remedy) => problem.remedy(remedy),
            None => problem,
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

impl de::Error for Refusal {
    fn custom<T: std::fmt::Display>(message: T) -> Refusal {
        Refusal { code: Code::WrongType, line: None, message: message.to_string(), remedy: None }
    }
}

/// A place in the tree, and where to note what is wrong there.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a> {
    node: &'a Node,
    /// The key under which the node stands; empty for an item of a list and for the document.
    key: &'a str,
    notes: &'a Notes,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(node: &'a Node, notes: &'a Notes) -> Cursor<'a> {
        Cursor { node, key: "", notes }
    }

    fn refuse(self, expected: &str) -> Refusal {
        let message = format!("expected {expected}, found {}", self.node.value);
        Refusal { code: Code::WrongType, line: Some(self.node.line), message, remedy: None }
    }

    /// The entries of a mapping; nothing at all is an empty one.
    fn entries(self, expected: &str) -> Result<&'a [(Node, Node)], Refusal> {
        match &self.node.value {
            Value::Mapping(entries) => Ok(entries),
            Value::Scalar(Scalar::Nothing) => Ok(&[]),
            _ => Err(self.refuse(expected)),
        }
    }
}

impl<'de> de::Deserializer<'de> for Cursor<'_> {
    type Error = Refusal;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match &self.node.value {
            Value::Scalar(Scalar::Nothing) => visitor.visit_unit(),
            Value::Scalar(Scalar::Bool(value)) => visitor.visit_bool(*value),
            Value::Scalar(Scalar::Integer(value)) => visitor.visit_i128(*value),
            Value::Scalar(Scalar::Float(value)) => visitor.visit_f64(*value),
            Value::Scalar(Scalar::Text(value)) => visitor.visit_str(value),
            Value::Scalar(Scalar::Several(_)) => Err(self.refuse("a single value")),
            Value::List(_) => self.deserialize_seq(visitor),
            Value::Mapping(_) => self.deserialize_map(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        if name == LOCATED {
            return visitor.visit_seq(Located { cursor: self, told: 0 });
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match &self.node.value {
            Value::List(items) => {
                visitor.visit_seq(Items { items: items.iter(), notes: self.notes })
            }
            _ => Err(self.refuse("a list")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let entries = self.entries("a mapping")?;
        visitor.visit_map(Entries {
            entries: entries.iter(),
            value: None,
            known: None,
            notes: self.notes,
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        let entries = self.entries(&match known {
            [] => "an empty mapping".to_owned(),
            known => format!("a mapping with the keys {}", known.join(", ")),
        })?;
        visitor.visit_map(Entries {
            entries: entries.iter(),
            value: None,
            known: Some(known),
            notes: self.notes,
        })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple
        tuple_struct enum identifier ignored_any
    }
}

/// A line, then a key, then the value, whose flaws are noted.
struct Located<'a> {
    cursor: Cursor<'a>,
    told: usize,
}

impl<'de> SeqAccess<'de> for Located<'_> {
    type Error = Refusal;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Refusal> {
        self.told += 1;
        match self.told {
            1 => {
                return seed
                    .deserialize((self.cursor.node.line as u64).into_deserializer())
                    .map(Some);
            }
            2 => return seed.deserialize(self.cursor.key.into_deserializer()).map(Some),
            _ => {}
        }
        seed.deserialize(self.cursor).map(Some).inspect_err(|refusal| {
            let mut refusal = refusal.clone();
            refusal.line.get_or_insert(self.cursor.node.line);
            refusal.message = super::of_key(self.cursor.key, refusal.message);
            self.cursor.notes.borrow_mut().push(refusal);
        })
    }
}

struct Items<'a> {
    items: std::slice::Iter<'a, Node>,
    notes: &'a Notes,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Refusal;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Refusal> {
        self.items.next().map(|node| seed.deserialize(Cursor::new(node, self.notes))).transpose()
    }
}

struct Entries<'a> {
    entries: std::slice::Iter<'a, (Node, Node)>,
    value: Option<(&'a str, &'a Node)>,
    /// The keys that are known; `None` where every key is welcome.
    known: Option<&'static [&'static str]>,
    notes: &'a Notes,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Refusal;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Refusal> {
        for (key, value) in self.entries.by_ref() {
            let text = match &key.value {
                Value::Scalar(Scalar::Text(text)) => text.as_str(),
                _ => "",
            };
            let Some(known) = self.known else {
                self.value = Some((text, value));
                return seed.deserialize(Cursor::new(key, self.notes)).map(Some);
            };
            if known.contains(&text) {
                self.value = Some((text, value));
                return seed.deserialize(text.into_deserializer()).map(Some);
            }
            let message = match known {
                [] => format!("unknown key {}; nothing may stand here", key.value),
                known => format!("unknown key {}; expected one of {}", key.value, known.join(", ")),
            };
            let remedy =
                nearest(text, known.iter().copied()).map(|near| format!("did you mean {near}?"));
            let code = Code::UnknownKey;
            let refusal = Refusal { code, line: Some(key.line), message, remedy };
            self.notes.borrow_mut().push(refusal);
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Refusal> {
        let (key, node) = self.value.take().expect("serde asks for a value after its key");
        seed.deserialize(Cursor { node, key, notes: self.notes })
    }
}
