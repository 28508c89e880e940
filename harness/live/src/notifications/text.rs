//! Whether what people read is what a template of a rule gives.
//!
//! Templates are Go templates, which only Prometheus expands; their own words and labels are compared here, and that
//! something sensible stands wherever a value does.

use prom::series::Labels;

/// Whether a text can be what a template gives: its own words in their order, labels filled in, and something sensible
/// wherever a value stands.
pub(super) fn renders(template: &str, labels: &Labels, text: &str) -> bool {
    // Words that must follow each other at once, between places where a value stands.
    let mut words = vec![String::new()];
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((action, after)) = after.split_once("}}") else { return false };
        let last = words.last_mut().expect("there is always one");
        last.push_str(before);
        match action.trim().strip_prefix("$labels.") {
            Some(label) if label.chars().all(|c| c.is_alphanumeric() || c == '_') => {
                // Without such a label people read a hole.
                let Some(value) = labels.get(label) else { return false };
                last.push_str(value);
            }
            _ => words.push(String::new()),
        }
        rest = after;
    }
    words.last_mut().expect("there is always one").push_str(rest);
    let bad = ["<no value>", "<error", "{{", "}}", "%!"].iter().any(|bad| text.contains(bad));
    let Some(mut rest) = text.strip_prefix(words[0].as_str()).filter(|_| !bad) else {
        return false;
    };
    let [_, between @ .., last] = words.as_slice() else { return rest.is_empty() };
    for word in between {
        // A value is at least one character.
        let Some(value) = rest.chars().next() else { return false };
        let after = &rest[value.len_utf8()..];
        let Some(at) = after.find(word.as_str()) else { return false };
        rest = &after[at + word.len()..];
    }
    rest.len() > last.len() && rest.ends_with(last.as_str())
}
