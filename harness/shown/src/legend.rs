//! A legend's template with labels, and label values in quotes, as Grafana's backend
//! writes them. It must not know panels.
//!
//! Source: the documented pattern `\{\{\s*(.+?)\s*\}\}`, Go's `regexp` and `%q`.

use std::sync::LazyLock;

use fancy_regex::Regex;

use crate::frame::Labels;

/// `\s` of Go is of ASCII, and a dot is no line break.
static LABEL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\{\{[\t\n\f\r ]*(.+?)[\t\n\f\r ]*\}\}").ok());

/// What Go prints as it is: letters, marks, numbers, punctuation, symbols and the blank.
static PRINTED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$").ok());

/// The template with `{{ label }}` replaced by the label's value, or by nothing.
pub fn filled(template: &str, labels: &Labels) -> String {
    let Some(pattern) = LABEL.as_ref() else { return template.to_owned() };
    let mut result = String::new();
    let mut from = 0;
    for captures in pattern.captures_iter(template).map_while(Result::ok) {
        let (Some(whole), Some(label)) = (captures.get(0), captures.get(1)) else { continue };
        result.push_str(&template[from..whole.start()]);
        result.push_str(labels.get(label.as_str()).map_or("", String::as_str));
        from = whole.end();
    }
    result.push_str(&template[from..]);
    result
}

/// The text in quotes, with what cannot be printed escaped.
pub fn quoted(text: &str) -> String {
    let mut result = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => result.push_str("\\\""),
            '\\' => result.push_str("\\\\"),
            '\u{7}' => result.push_str("\\a"),
            '\u{8}' => result.push_str("\\b"),
            '\u{c}' => result.push_str("\\f"),
            '\n' => result.push_str("\\n"),
            '\r' => result.push_str("\\r"),
            '\t' => result.push_str("\\t"),
            '\u{b}' => result.push_str("\\v"),
            other if is_printed(other) => result.push(other),
            other if other < '\u{80}' => result.push_str(&format!("\\x{:02x}", u32::from(other))),
            other if other < '\u{10000}' => {
                result.push_str(&format!("\\u{:04x}", u32::from(other)));
            }
            other => result.push_str(&format!("\\U{:08x}", u32::from(other))),
        }
    }
    result.push('"');
    result
}

fn is_printed(character: char) -> bool {
    let mut buffer = [0; 4];
    let text: &str = character.encode_utf8(&mut buffer);
    PRINTED.as_ref().is_some_and(|pattern| pattern.is_match(text).unwrap_or(false))
}
