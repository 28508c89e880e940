//! What of a variable is inserted: its value, a member of it, its text, its address.

use serde_json::Value;

use super::{Bound, encode};
use crate::number;
use crate::variable::{ALL, ALL_TEXT, Choice, Chosen};

/// A value before it is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Inserted {
    /// None, of which nothing is written.
    Nothing,
    /// A text.
    Text(String),
    /// A number: a moment.
    Number(f64),
    /// A list; `None` of a member that an option does not have.
    List(Vec<Option<String>>),
}

impl Inserted {
    /// The value as JavaScript writes it.
    pub(super) fn written(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number::to_text(*number),
            Self::List(values) => join(values, ","),
        }
    }
}

/// The texts of a list with something between them; of none nothing.
pub(super) fn join(values: &[Option<String>], separator: &str) -> String {
    let texts: Vec<&str> =
        values.iter().map(|value| value.as_deref().unwrap_or_default()).collect();
    texts.join(separator)
}

/// A value that is written, with what formats ask of its variable.
#[derive(Debug)]
pub(super) struct Variable<'a> {
    pub(super) name: &'a str,
    pub(super) value: Inserted,
    /// The text; absent where it is the value.
    pub(super) text: Option<String>,
    /// The variable as the address of a page has it.
    pub(super) url: Option<String>,
}

pub(super) fn of<'a>(bound: &'a Bound, path: Option<&str>) -> Variable<'a> {
    let all = bound.value.is_all();
    let value = match (&bound.value, all) {
        (_, true) => list(bound.options.iter().map(|option| &option.value)),
        (Chosen::One(value), _) => Inserted::Text(value.clone()),
        (Chosen::Many(values), _) => list(values.iter()),
    };
    let text = match (all, path, &bound.text) {
        (true, ..) => ALL_TEXT.to_owned(),
        (_, Some(path), _) => member_text(bound, path),
        (_, None, Chosen::One(text)) => text.clone(),
        (_, None, Chosen::Many(texts)) => texts.join(" + "),
    };
    let value = match path {
        None => value,
        Some(path) => member(bound, &value, path),
    };
    let url = path.is_none().then(|| parameter(bound));
    Variable { name: &bound.name, value, text: Some(text), url }
}

fn list<'a>(values: impl Iterator<Item = &'a String>) -> Inserted {
    Inserted::List(values.cloned().map(Some).collect())
}

fn option<'a>(bound: &'a Bound, value: &str) -> Option<&'a Choice> {
    bound.options.iter().find(|option| option.value == value)
}

/// A member of an option's properties; of an option that is none the value itself.
fn property(bound: &Bound, value: &str, path: &str) -> Option<String> {
    if option(bound, value).is_none() {
        return Some(value.to_owned());
    }
    let (_, properties) = bound.properties.iter().find(|(of, _)| of == value)?;
    let names = path.split(['.', '[', ']', '"', '\'']).filter(|name| !name.is_empty());
    let found = names.fold(Some(properties), |found, name| match found? {
        Value::Array(values) => values.get(name.parse::<usize>().ok()?),
        other => other.get(name),
    })?;
    Some(match found {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}

/// The place in a list that a path begins with.
fn place(path: &str, length: usize) -> Option<usize> {
    let digits = path.bytes().take_while(u8::is_ascii_digit).count();
    path[..digits].parse::<usize>().ok().filter(|at| *at < length)
}

fn member(bound: &Bound, value: &Inserted, path: &str) -> Inserted {
    match value {
        Inserted::List(values) => match place(path, values.len()) {
            Some(at) => values[at].clone().map_or(Inserted::Nothing, Inserted::Text),
            None => Inserted::List(
                values.iter().map(|value| property(bound, value.as_deref()?, path)).collect(),
            ),
        },
        Inserted::Text(text) => {
            property(bound, text, path).map_or(Inserted::Nothing, Inserted::Text)
        }
        other => other.clone(),
    }
}

fn member_text(bound: &Bound, path: &str) -> String {
    match &bound.value {
        Chosen::Many(values) => match place(path, values.len()) {
            Some(at) => option(bound, &values[at])
                .map_or_else(|| values[at].clone(), |option| option.text.clone()),
            None => {
                let members: Vec<String> = values
                    .iter()
                    .map(|value| property(bound, value, path).unwrap_or_default())
                    .collect();
                members.join(" + ")
            }
        },
        Chosen::One(value) => match option(bound, value) {
            Some(_) => property(bound, value, path).unwrap_or_else(|| "undefined".to_owned()),
            None => match &bound.text {
                Chosen::One(text) => text.clone(),
                Chosen::Many(texts) => texts.join(" + "),
            },
        },
    }
}

/// `var-name=value`, once for each of several values.
pub(super) fn parameter(bound: &Bound) -> String {
    if bound.skip_url {
        return String::new();
    }
    let values = match &bound.value {
        Chosen::One(value) => vec![value.clone()],
        Chosen::Many(values) if values.len() > 1 => values.clone(),
        Chosen::Many(values) => vec![values.join(",")],
    };
    let name = encode::parameter(&format!("var-{}", bound.name));
    let pairs: Vec<String> =
        values.iter().map(|value| format!("{name}={}", encode::parameter(value))).collect();
    pairs.join("&")
}

/// Every variable as the address of a page has it.
pub(super) fn all_parameters(variables: &[Bound]) -> String {
    let is_empty = |bound: &Bound| matches!(&bound.value, Chosen::One(value) if value.is_empty());
    let parameters: Vec<String> = variables
        .iter()
        .filter(|bound| !bound.skip_url && !is_empty(bound))
        .map(|bound| match bound.value.is_all() {
            true => parameter(&Bound { value: Chosen::One(ALL.to_owned()), ..bound.clone() }),
            false => parameter(bound),
        })
        .collect();
    parameters.join("&")
}
