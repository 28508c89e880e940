//! Regular expressions that are nothing but alternatives of plain texts.
//!
//! `(a|b)_total|c` stands for three names; knowing them lets a check name the one
//! that nobody emits. Anything else has no list.

/// More alternatives than anyone writes by hand.
const MOST: usize = 1_000;

/// The texts that `pattern` stands for; `None` when it is more than alternatives.
pub fn alternatives(pattern: &str) -> Option<Vec<String>> {
    let (texts, rest) = choice(pattern)?;
    rest.is_empty().then_some(texts)
}

/// `sequence ("|" sequence)*`, up to a closing parenthesis or the end.
fn choice(pattern: &str) -> Option<(Vec<String>, &str)> {
    let (mut texts, mut rest) = sequence(pattern)?;
    while let Some(after) = rest.strip_prefix('|') {
        let (more, after) = sequence(after)?;
        texts.extend(more);
        rest = after;
    }
    Some((texts, rest))
}

/// `(text | "(" choice ")")*`.
fn sequence(pattern: &str) -> Option<(Vec<String>, &str)> {
    let mut texts = vec![String::new()];
    let mut rest = pattern;
    loop {
        let next = rest.chars().next();
        let parts = match next {
            None | Some('|' | ')') => return Some((texts, rest)),
            Some('(') => {
                let inside = rest[1..].strip_prefix("?:").unwrap_or(&rest[1..]);
                let (parts, after) = choice(inside)?;
                rest = after.strip_prefix(')')?;
                parts
            }
            Some('\\') => {
                let escaped = rest[1..].chars().next().filter(|c| c.is_ascii_punctuation())?;
                rest = &rest[1 + escaped.len_utf8()..];
                vec![escaped.to_string()]
            }
            Some('.' | '*' | '+' | '?' | '[' | ']' | '{' | '}' | '^' | '$') => return None,
            Some(plain) => {
                rest = &rest[plain.len_utf8()..];
                vec![plain.to_string()]
            }
        };
        if rest.starts_with(['*', '+', '?', '{']) || texts.len() * parts.len() > MOST {
            return None;
        }
        texts = texts
            .iter()
            .flat_map(|text| parts.iter().map(move |part| format!("{text}{part}")))
            .collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_alternatives_are_listed_and_nothing_else() {
        let table: [(&str, Option<&[&str]>); 13] = [
            ("up", Some(&["up"])),
            ("a|b", Some(&["a", "b"])),
            ("(a|b)_total", Some(&["a_total", "b_total"])),
            ("(?:a|b)_(x|y)|c", Some(&["a_x", "a_y", "b_x", "b_y", "c"])),
            ("a(|_b)", Some(&["a", "a_b"])),
            (r"10\.24", Some(&["10.24"])),
            ("", Some(&[""])),
            ("a.*", None),
            ("a+", None),
            ("[ab]", None),
            ("(a|b", None),
            ("a)", None),
            (r"\d", None),
        ];
        for (pattern, texts) in table {
            let found = alternatives(pattern);
            let expected = texts.map(|texts| texts.iter().map(|t| (*t).to_owned()).collect());
            assert_eq!(found, expected, "{pattern}");
        }
    }
}
