//! Escaping of texts, by where they are inserted.

/// What addresses carry as it is.
const UNRESERVED: &[u8] = b"-_.~";
/// What a whole address carries besides.
const RESERVED: &[u8] = b";,/?:@&=+$#";
/// What a parameter of a page carries besides.
const OF_PARAMETERS: &[u8] = b"@:$,;";

fn percent(text: &str, kept: impl Fn(u8) -> bool) -> String {
    let mut result = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || UNRESERVED.contains(&byte) || kept(byte) {
            result.push(char::from(byte));
        } else {
            result.push_str(&format!("%{byte:02X}"));
        }
    }
    result
}

/// A part of an address.
pub(super) fn component(text: &str) -> String {
    percent(text, |_| false)
}

/// A whole address.
pub(super) fn uri(text: &str) -> String {
    percent(text, |byte| RESERVED.contains(&byte))
}

/// Name or value of a page's parameter.
pub(super) fn parameter(text: &str) -> String {
    percent(text, |byte| OF_PARAMETERS.contains(&byte))
}

pub(super) fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\'', "&#39;")
        .replace('"', "&quot;")
}

fn escaped(text: &str, is_special: impl Fn(char) -> bool, escape: &str) -> String {
    let mut result = String::new();
    for character in text.chars() {
        if is_special(character) {
            result.push_str(escape);
        }
        result.push(character);
    }
    result
}

/// A regular expression of the text.
pub(super) fn regex(text: &str) -> String {
    escaped(text, |it| r"\^$*+?.()|[]{}/".contains(it), r"\")
}

/// The same inside of a string of an expression, where a backslash is written twice.
pub(super) fn regex_in_string(text: &str) -> String {
    let mut result = String::new();
    for character in text.chars() {
        match character {
            '\\' => result.push_str(r"\\\\"),
            '$' | '^' | '*' | '{' | '}' | '[' | ']' | '\'' | '+' | '?' | '.' | '(' | ')' | '|' => {
                result.push_str(r"\\");
                result.push(character);
            }
            other => result.push(other),
        }
    }
    result
}

/// A string of an expression.
pub(super) fn string(text: &str) -> String {
    text.replace('\\', r"\\").replace('\'', r"\\'")
}

/// A term of Lucene; a number stays as it is.
pub(super) fn lucene(text: &str) -> String {
    if !crate::number::of_text(text).is_nan() {
        return text.to_owned();
    }
    let special = |it: char| it.is_whitespace() || "!*+-=<>&|()[]{}^~?:\\/\"".contains(it);
    escaped(text, special, r"\")
}
