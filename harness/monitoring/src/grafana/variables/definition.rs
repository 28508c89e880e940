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
pub(crate) const ALL_VALUE: &str = "$__all";

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
    /// Saved selection; `ALL_VALUE` stands for all.
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
        VariableKind::Custom if node.value.get("valuesFormat").is_some_and(|it| it == "json") => {
            json_options(&query)
        }
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
/// Source: `CustomVariable` in scenes packages/scenes/src/variables/variants: entries are found by
/// `(?:\\,|[^,])+` and split by `^\s*(.+)\s:\s(.+)$`, both applied to single lines.
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
    entries.iter().filter(|entry| !entry.is_empty()).map(|entry| custom_value(entry)).collect()
}

/// The value of one entry: what stands behind the last ` : `, if there is a text before it and no line break.
fn custom_value(entry: &str) -> String {
    let is_space = |c: Option<char>| c.is_some_and(char::is_whitespace);
    let split = entry.char_indices().rev().filter(|(_, c)| *c == ':').find_map(|(at, _)| {
        let (text, value) = (&entry[..at], &entry[at + 1..]);
        if !is_space(text.chars().next_back()) || !is_space(value.chars().next()) {
            return None;
        }
        let text = &text[..text.len() - text.chars().next_back()?.len_utf8()];
        let value = &value[value.chars().next()?.len_utf8()..];
        (!text.is_empty() && !value.is_empty() && !entry.contains('\n')).then_some(value)
    });
    split.unwrap_or(entry).trim().to_owned()
}

/// The values of a list that is written as JSON: of texts, or of objects with `value`.
fn json_options(query: &str) -> Vec<String> {
    let list: Vec<Value> = serde_json::from_str(query).unwrap_or_default();
    list.iter().flat_map(|item| texts(item.get("value").unwrap_or(item))).collect()
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
