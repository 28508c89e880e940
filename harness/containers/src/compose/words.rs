//! Splits a command as a shell does: words, quotes, backslashes; nothing is expanded.
//!
//! Compose does this with a command that is written as one text. It must not know what the words are for.

/// The words of `text`, or why it has none.
pub(crate) fn split(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), found) if open == found => quote = None,
            (Some('\''), found) => word.get_or_insert_default().push(found),
            // Between double quotes a backslash escapes only what would be special there.
            (Some(_), '\\') => match characters.next() {
                Some(escaped @ ('"' | '\\')) => word.get_or_insert_default().push(escaped),
                Some(other) => word.get_or_insert_default().extend(['\\', other]),
                None => return Err(format!("a backslash at the end of `{text}`")),
            },
            (None, '\\') => match characters.next() {
                Some(escaped) => word.get_or_insert_default().push(escaped),
                None => return Err(format!("a backslash at the end of `{text}`")),
            },
            (None, open @ ('\'' | '"')) => {
                word.get_or_insert_default();
                quote = Some(open);
            }
            (None, space) if space.is_whitespace() => words.extend(word.take()),
            (_, found) => word.get_or_insert_default().push(found),
        }
    }
    match quote {
        Some(open) => Err(format!("a {open} that is not closed in `{text}`")),
        None => Ok(words.into_iter().chain(word).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_a_shell_makes_of_them() {
        let table: [(&str, &[&str]); 6] = [
            ("", &[]),
            ("  --a=b   c ", &["--a=b", "c"]),
            ("sh -c 'echo \"x\"; true'", &["sh", "-c", "echo \"x\"; true"]),
            (r#"a "b \" \\ \n" c\ d"#, &["a", r#"b " \ \n"#, "c d"]),
            ("''", &[""]),
            ("a''b\"c d\"", &["abc d"]),
        ];
        for (text, words) in table {
            assert_eq!(split(text).unwrap(), words, "{text}");
        }
    }

    #[test]
    fn what_is_not_closed_is_named() {
        assert!(split("a 'b").unwrap_err().contains("not closed"));
        assert!(split("a \"b").unwrap_err().contains("not closed"));
        assert!(split("a \\").unwrap_err().contains("backslash"));
    }
}
