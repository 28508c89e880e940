//! Helpers for readers of a tree: they take what has the right shape, and note what has not.
//!
//! Nothing stops at the first problem. This module must not know what a key means.

use std::fmt;
use std::path::{Path, PathBuf};

use super::interpolate::Variables;
use super::node::{Entry, Node, Value};
use crate::problem::Problem;

/// Something that the file says and that is left out here on purpose. Displayed as `file:line: what (why)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// The file, as it was named by the caller.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The path of the key, e.g. `prometheus.restart`.
    pub key: String,
    /// Why nothing that is tested depends on it.
    pub why: &'static str,
}

impl fmt::Display for Ignored {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {} ({})", self.file.display(), self.line, self.key, self.why)
    }
}

/// What has been found so far, and where it is being read.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) file: &'a Path,
    /// The directory of the file: relative sources of mounts begin there.
    pub(crate) directory: &'a Path,
    pub(crate) variables: &'a Variables,
    pub(crate) problems: Vec<Problem>,
    pub(crate) ignored: Vec<Ignored>,
}

impl Reader<'_> {
    /// Notes that `what` is wrong.
    pub(crate) fn wrong(&mut self, line: usize, what: &str, message: impl fmt::Display) {
        self.problems.push(Problem::new(self.file, line, format!("{what}: {message}")));
    }

    /// Notes that `what` is wrong, and what to do.
    pub(crate) fn wrong_with_remedy(
        &mut self,
        line: usize,
        what: &str,
        message: impl fmt::Display,
        remedy: impl Into<String>,
    ) {
        let problem = Problem::new(self.file, line, format!("{what}: {message}"));
        self.problems.push(problem.remedy(remedy));
    }

    /// Notes that `what` is left out.
    pub(crate) fn ignore(&mut self, line: usize, what: impl Into<String>, why: &'static str) {
        self.ignored.push(Ignored { file: self.file.to_owned(), line, key: what.into(), why });
    }

    fn unexpected(&mut self, node: &Node, what: &str, expected: &str) {
        let remedy = matches!(node.value, Value::Bool(_) | Value::Fraction(_));
        let message = format!("expected {expected}, found {}", node.kind());
        if remedy {
            self.wrong_with_remedy(node.line, what, message, "write it in quotes");
        } else {
            self.wrong(node.line, what, message);
        }
    }

    /// A text or an integer.
    pub(crate) fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        match &node.value {
            Value::Text(text) => Some(text),
            _ => {
                self.unexpected(node, what, "a text");
                None
            }
        }
    }

    /// A text that something is made of.
    pub(crate) fn parsed<T, E: fmt::Display>(
        &mut self,
        node: &Node,
        what: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(node, what)?;
        match parse(text) {
            Ok(value) => Some(value),
            Err(message) => {
                self.wrong(node.line, what, message);
                None
            }
        }
    }

    /// A truth value, also as a text, which a variable leaves behind.
    pub(crate) fn truth(&mut self, node: &Node, what: &str) -> Option<bool> {
        match &node.value {
            Value::Bool(truth) => Some(*truth),
            Value::Text(text) if text == "true" => Some(true),
            Value::Text(text) if text == "false" => Some(false),
            _ => {
                let message = format!("expected true or false, found {}", node.kind());
                self.wrong(node.line, what, message);
                None
            }
        }
    }

    /// The items of a list; nothing where it is none.
    pub(crate) fn items<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        match &node.value {
            Value::List(items) => items,
            _ => {
                self.unexpected(node, what, "a list");
                &[]
            }
        }
    }

    /// The entries of a map; nothing where it is none. A key without a value is an empty map.
    pub(crate) fn entries<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Entry] {
        match &node.value {
            Value::Map(entries) => entries,
            Value::Null => &[],
            _ => {
                self.unexpected(node, what, "a map");
                &[]
            }
        }
    }

    /// The texts of a list.
    pub(crate) fn texts(&mut self, node: &Node, what: &str) -> Vec<String> {
        let items = self.items(node, what);
        items.iter().filter_map(|item| self.text(item, what).map(str::to_owned)).collect()
    }

    /// A key that has no meaning here.
    pub(crate) fn unknown(&mut self, entry: &Entry, inside: &str, known: &[&str]) {
        let what = format!("{inside}.{}", entry.key);
        let remedy = format!("what is read there: {}", known.join(", "));
        self.wrong_with_remedy(entry.line, &what, "this key is not read", remedy);
    }
}
