//! Variables in a compose file: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:?message}`,
//! `${NAME?message}`, and `$$` for a dollar sign.
//!
//! What Compose v2 knows beyond that (`${NAME:+x}`, variables inside of a default) is refused by name, because
//! docker-compose 1.29 does not know it. A variable that is not set and has no default is an error here, where Compose
//! warns and goes on with an empty text.
//! This module must not know where variables come from.

use std::collections::BTreeMap;
use std::path::Path;

use super::node::{Node, Value};
use crate::problem::Problem;

/// Values by name.
pub type Variables = BTreeMap<String, String>;

/// Replaces the variables in all texts of a tree; keys stay as they are.
pub(crate) fn tree(
    node: &mut Node,
    variables: &Variables,
    file: &Path,
    problems: &mut Vec<Problem>,
) {
    match &mut node.value {
        Value::Text(text) => match self::text(text, variables) {
            Ok(replaced) => *text = replaced,
            Err(message) => problems.push(Problem::new(file, node.line, message)),
        },
        Value::List(items) => {
            for item in items {
                tree(item, variables, file, problems);
            }
        }
        Value::Map(entries) => {
            for entry in entries {
                tree(&mut entry.node, variables, file, problems);
            }
        }
        Value::Null | Value::Bool(_) | Value::Fraction(_) => {}
    }
}

/// One text with its variables replaced.
fn text(text: &str, variables: &Variables) -> Result<String, String> {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        replaced.push_str(&rest[..dollar]);
        rest = &rest[dollar + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            replaced.push('$');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('{') {
            let end = after.find('}').ok_or_else(|| format!("`${{` without `}}` in `{text}`"))?;
            replaced.push_str(&braced(&after[..end], variables)?);
            rest = &after[end + 1..];
        } else {
            let name = &rest[..name_length(rest)];
            if name.is_empty() {
                return Err(format!("a single `$` in `{text}`; `$$` is a dollar sign"));
            }
            replaced.push_str(set(name, variables)?);
            rest = &rest[name.len()..];
        }
    }
    replaced.push_str(rest);
    Ok(replaced)
}

/// What stands between braces.
fn braced(inside: &str, variables: &Variables) -> Result<String, String> {
    let name = &inside[..name_length(inside)];
    let operation = &inside[name.len()..];
    if name.is_empty() {
        return Err(format!("`${{{inside}}}` begins with no name of a variable"));
    }
    if operation.contains("${") {
        return Err(format!(
            "the default of `{name}` has a variable in it, which docker-compose 1.29 does not know"
        ));
    }
    let value = variables.get(name).map(String::as_str);
    let filled = value.filter(|value| !value.is_empty());
    let (value, fallback) = match operation.as_bytes() {
        [] => return Ok(set(name, variables)?.to_owned()),
        [b':', b'-', ..] => (filled, Ok(&operation[2..])),
        [b'-', ..] => (value, Ok(&operation[1..])),
        [b':', b'?', ..] => (filled, Err(&operation[2..])),
        [b'?', ..] => (value, Err(&operation[1..])),
        [b':', b'+', ..] | [b'+', ..] => {
            return Err(format!(
                "`${{{inside}}}` has an alternative (`+`), which docker-compose 1.29 does not know"
            ));
        }
        _ => return Err(format!("`${{{inside}}}` has an operation that no Compose knows")),
    };
    match (value, fallback) {
        (Some(value), _) => Ok(value.to_owned()),
        (None, Ok(default)) => Ok(default.to_owned()),
        (None, Err(message)) => Err(format!("the variable `{name}` must be set: {message}")),
    }
}

fn set<'a>(name: &str, variables: &'a Variables) -> Result<&'a str, String> {
    let value = variables.get(name).map(String::as_str);
    value.ok_or_else(|| format!("the variable `{name}` is not set and has no default"))
}

/// How many bytes at the beginning are a name.
fn name_length(text: &str) -> usize {
    let part = |(at, c): (usize, char)| {
        c == '_' || c.is_ascii_alphabetic() || (at > 0 && c.is_ascii_digit())
    };
    text.char_indices().take_while(|found| part(*found)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        [("A", "one"), ("EMPTY", "")].map(|(name, value)| (name.into(), value.into())).into()
    }

    #[test]
    fn each_form_gives_what_compose_gives() {
        let table = [
            ("plain", "plain"),
            ("$A", "one"),
            ("$A-x", "one-x"),
            ("${A}/${A}", "one/one"),
            ("${A:-two}", "one"),
            ("${B:-two:3-x}", "two:3-x"),
            ("${B-two}", "two"),
            ("${EMPTY:-two}", "two"),
            ("${EMPTY-two}", ""),
            ("${B:-}", ""),
            ("$$A costs $$5", "$A costs $5"),
            ("http://localhost:${PORT:-9090}/", "http://localhost:9090/"),
        ];
        for (written, expected) in table {
            assert_eq!(text(written, &variables()).as_deref(), Ok(expected), "{written}");
        }
    }

    #[test]
    fn what_cannot_be_replaced_is_named() {
        let table = [
            ("$B", "the variable `B` is not set and has no default"),
            ("${B}", "the variable `B` is not set and has no default"),
            ("${B:?say which}", "the variable `B` must be set: say which"),
            ("${EMPTY:?say which}", "the variable `EMPTY` must be set: say which"),
            ("${A:+x}", "an alternative (`+`), which docker-compose 1.29 does not know"),
            ("${B:-${A}}", "the default of `B` has a variable in it"),
            ("${A", "`${` without `}`"),
            ("${}", "no name of a variable"),
            ("${A!x}", "an operation that no Compose knows"),
            ("5$", "a single `$`"),
        ];
        for (written, message) in table {
            let error = text(written, &variables()).unwrap_err();
            assert!(error.contains(message), "{written}: {error}");
        }
    }

    #[test]
    fn values_are_replaced_with_their_line_and_keys_are_not() {
        let mut node = Node::parse(Path::new("c"), "$A: [$A,\n  $B]\n").unwrap();
        let mut problems = Vec::new();
        tree(&mut node, &variables(), Path::new("c"), &mut problems);
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].line, Some(2));
        let Value::Map(entries) = &node.value else { panic!("{node:?}") };
        assert_eq!(entries[0].key, "$A");
        let Value::List(items) = &entries[0].node.value else { panic!("{node:?}") };
        assert_eq!(items[0].value, Value::Text("one".into()));
    }
}
