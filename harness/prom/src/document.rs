//! YAML files that people write, read so that every flaw is found at once, each with its line.
//!
//! First the text becomes a tree of [`Node`]s, which knows the line of everything; then serde fills file types from
//! it. A file type wraps each value in [`Field`] and each part in [`Part`]: what is wrong inside is noted and the
//! rest is read on. Unknown keys are noted with the nearest known one.
//! Scenario files and contracts are the callers. Nothing here knows what a key means.

mod field;
mod node;
mod plain;
mod reader;

pub use field::{Field, Flaw, Meaning, Part, PartSeed, Table, choose};
pub use node::{Node, Scalar, Value};

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::problem::{Code, Problem};

/// A YAML text as a tree in which everything knows its line.
///
/// # Errors
/// The line, where the parser knows it, and why the text is not YAML.
pub fn tree(text: &str) -> Result<Node, (Option<usize>, String)> {
    Node::parse(text).map_err(|error| (error.line, error.message))
}

/// A file type read from a text, with everything that was wrong with its structure.
///
/// Flaws of single values are still inside their [`Field`]s; [`Field::take`] brings them out.
///
/// # Errors
/// If the text is not YAML, or is not a mapping at all.
pub fn read<T: DeserializeOwned>(file: &Path, text: &str) -> Result<(T, Vec<Problem>), Problem> {
    let root = Node::parse(text).map_err(|error| {
        Problem::new(Code::MalformedYaml, file, error.line, error.message)
            .remedy("in YAML, keys are unique, indentation is by spaces, and text with \": \" in it is quoted")
    })?;
    let notes = reader::Notes::default();
    let value = T::deserialize(reader::Cursor::new(&root, &notes));
    let mut problems: Vec<Problem> =
        notes.into_inner().into_iter().map(|note| note.into_problem(file)).collect();
    match value {
        Ok(value) => Ok((value, problems)),
        Err(refusal) => Err(refusal.into_problem(file)).inspect_err(|_| problems.clear()),
    }
}

/// A message about what stands under a key.
fn of_key(key: &str, message: String) -> String {
    if key.is_empty() { message } else { format!("{key}: {message}") }
}
