//! The options of a custom variable: a list with commas, or JSON.

use serde_json::Value;

use crate::NotModelled;
use crate::variable::Choice;

/// The options of a list: `a, One : 1`. A comma behind a backslash is part of an option.
pub fn custom(list: &str) -> Vec<Choice> {
    let mut parts = vec![String::new()];
    let mut characters = list.chars().peekable();
    while let Some(character) = characters.next() {
        let last = parts.len() - 1;
        match character {
            '\\' if characters.peek() == Some(&',') => {
                characters.next();
                parts[last].push(',');
            }
            ',' => parts.push(String::new()),
            other => parts[last].push(other),
        }
    }
    parts.iter().filter(|part| !part.is_empty()).map(|part| one(part)).collect()
}

/// `text : value` with a blank on both sides of the last such colon, on one line.
fn one(part: &str) -> Choice {
    let trimmed = part.trim_start();
    // The text has a character at least, which may be one of the blanks before it.
    let skipped = part.len() - trimmed.len();
    let breaks = |text: &str| text.contains(['\n', '\r', '\u{2028}', '\u{2029}']);
    let colons: Vec<usize> = part.match_indices(':').map(|(at, _)| at).collect();
    for at in colons.into_iter().rev() {
        let before = part[..at].chars().next_back().filter(|it| it.is_whitespace());
        let after = part[at + 1..].chars().next().filter(|it| it.is_whitespace());
        let (Some(before), Some(after)) = (before, after) else { continue };
        let text = &part[..at - before.len_utf8()];
        let value = &part[at + 1 + after.len_utf8()..];
        let inside = text.get(skipped..).filter(|it| !it.is_empty()).unwrap_or(text);
        if text.is_empty() || value.is_empty() || breaks(inside) || breaks(value) {
            continue;
        }
        return Choice { text: text.trim().to_owned(), value: value.trim().to_owned() };
    }
    Choice::of(part.trim())
}

/// The options of a JSON list of objects with `value` and perhaps `text`.
///
/// # Errors
///
/// For what is no such list, of which the browser makes an error.
pub fn custom_json(list: &str) -> Result<Vec<Choice>, NotModelled> {
    let refused = || NotModelled::new("a custom variable whose JSON is no list of objects");
    if list.is_empty() {
        return Ok(Vec::new());
    }
    let parsed: Value = serde_json::from_str(list).map_err(|_error| refused())?;
    let written = |value: Option<&Value>| match value {
        None => "undefined".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let is_false = |value: &Value| {
        matches!(value, Value::Null | Value::Bool(false))
            || value == ""
            || value.as_f64() == Some(0.0)
    };
    parsed
        .as_array()
        .ok_or_else(refused)?
        .iter()
        .map(|option| {
            let members = option.as_object().ok_or_else(refused)?;
            let text = members.get("text").filter(|text| !is_false(text));
            Ok(Choice {
                text: written(text.or_else(|| members.get("value"))).trim().to_owned(),
                value: written(members.get("value")).trim().to_owned(),
            })
        })
        .collect()
}
