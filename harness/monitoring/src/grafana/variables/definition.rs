//! A variable as its dashboard defines it.
//!
//! Made by the dashboard reader only; options of query variables come from
//! Prometheus and are not known here.

use prom::problem::Code;
use serde_json::Value;

use super::{query::VariableQuery, sort::VariableSort};
use crate::grafana::{
    fields::{Node, Notes},
    reference::{self, DatasourceRef},
};

/// The value that stands for "all options".
pub const ALL_VALUE: &str = "$__all";

/// One entry of `templating.list`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Line in the file, from 1.
    pub line: Option<usize>,
    /// Name without `$`.
    pub name: String,
    /// Where its options come from.
    pub kind: VariableKind,
    /// The definition as written: a query, a list, a plugin type, a value.
    pub query: String,
    /// Where a query variable is asked.
    pub datasource: Option<DatasourceRef>,
    /// Several values may be selected.
    pub multi: bool,
    /// "All" may be selected.
    pub include_all: bool,
    /// Inserted as it is for "All" instead of all options.
    pub all_value: Option<String>,
    /// Saved selection; [`ALL_VALUE`] stands for all.
    pub current: Vec<String>,
    /// Filter and capture over a query's results; empty for none.
    pub regex: String,
    /// Order of a query's results.
    pub sort: VariableSort,
    /// Options as saved, without "All"; of custom and interval variables, as defined.
    pub options: Vec<String>,
    /// The variable as written, for whoever judges all of its members.
    pub json: Value,
}

/// Where a variable's options come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariableKind {
    /// A query to a data source.
    Query,
    /// A list in the definition.
    Custom,
    /// The uids of data sources of one plugin type.
    Datasource,
    /// A list of durations.
    Interval,
    /// One hidden value.
    Constant,
    /// Whatever a person types.
    Textbox,
    /// Label filters that are added to every query.
    AdHoc,
    /// A kind that is not emulated.
    Other,
}

impl Variable {
    /// What a query variable asks Prometheus; `None` for other kinds.
    pub fn prometheus_query(&self) -> Option<VariableQuery> {
        (self.kind == VariableKind::Query).then(|| VariableQuery::parse(&self.query))
    }
}

/// Reads one entry of `templating.list`.
pub(crate) fn variable(node: &Node<'_>, notes: &mut Notes<'_>) -> Variable {
    let name = node.text_or_empty("name", notes);
    if name.is_empty() {
        notes.problem(Code::MissingKey, &node.pointer, "variable has no name");
    }
    let kind = match node.text("type", notes).as_deref() {
        Some("query") => VariableKind::Query,
        Some("custom") => VariableKind::Custom,
        Some("datasource") => VariableKind::Datasource,
        Some("interval") => VariableKind::Interval,
        Some("constant") => VariableKind::Constant,
        Some("textbox") => VariableKind::Textbox,
        Some("adhoc") => VariableKind::AdHoc,
        Some(_) => VariableKind::Other,
        None => {
            notes.problem(
                Code::MissingKey,
                &node.pointer,
                format!("variable {name:?} has no type"),
            );
            VariableKind::Other
        }
    };
    let query = match node.get("query").map(|node| node.value) {
        Some(Value::String(query)) => query.clone(),
        // Newer query variables hold an object whose `query` is the text form.
        Some(query) => query.get("query").and_then(Value::as_str).unwrap_or_default().to_owned(),
        None => String::new(),
    };
    let options = match kind {
        VariableKind::Custom | VariableKind::Interval => custom_options(&query),
        VariableKind::Constant => vec![query.clone()],
        _ => {
            let options = node.objects("options", notes);
            let values = options.iter().filter_map(|node| node.value.get("value").map(texts));
            values.flatten().filter(|value| value != ALL_VALUE).collect()
        }
    };
    Variable {
        line: node.line(notes),
        name,
        kind,
        query,
        datasource: reference::datasource(node, notes),
        multi: node.flag("multi", notes),
        include_all: node.flag("includeAll", notes),
        all_value: node.text("allValue", notes).filter(|value| !value.is_empty()),
        current: node.path(&["current", "value"]).map(|node| texts(node.value)).unwrap_or_default(),
        regex: node.text_or_empty("regex", notes),
        sort: VariableSort::numbered(node.whole("sort", notes)),
        options,
        json: node.value.clone(),
    }
}

/// A value that is one string or a list of strings.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::Number(number) => vec![number.to_string()],
        _ => Vec::new(),
    }
}

/// The values of `a, b : 2, c\,d`: an entry may be `text : value`, and `\,` is a comma.
///
/// Source: `CustomVariable` in scenes packages/scenes/src/variables/variants.
fn custom_options(query: &str) -> Vec<String> {
    let mut entries = vec![String::new()];
    let mut characters = query.chars().peekable();
    while let Some(character) = characters.next() {
        let entry = entries.last_mut().expect("the list starts with one entry and only grows");
        match character {
            '\\' if characters.peek() == Some(&',') => entry.extend(characters.next()),
            ',' => entries.push(String::new()),
            other => entry.push(other),
        }
    }
    let value = |entry: &String| match entry.rsplit_once(" : ") {
        Some((text, value)) if !text.trim().is_empty() && !value.is_empty() => {
            value.trim().to_owned()
        }
        _ => entry.trim().to_owned(),
    };
    entries.iter().filter(|entry| !entry.is_empty()).map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_lists_have_texts_values_and_escaped_commas() {
        let table: [(&str, &[&str]); 4] = [
            ("a,b, c", &["a", "b", "c"]),
            ("One : 1, Two : 2", &["1", "2"]),
            (r"a\,b,c", &["a,b", "c"]),
            ("", &[]),
        ];
        for (query, values) in table {
            assert_eq!(custom_options(query), values, "{query}");
        }
    }
}
