//! How deep an expression may nest: whoever walks it needs stack for each level.
//!
//! Told from the text, before anybody parses it. What the text means is not known here.

/// An expression with more operators and parentheses is refused.
pub const MOST: usize = 2_000;

/// What to do about one, in words.
pub const REMEDY: &str =
    "more than 2,000 operators and parentheses: record parts of it with rules of their own";

/// Whether a text has more operators and parentheses outside of strings and selectors than an expression may.
#[must_use]
pub fn exceeds(expression: &str) -> bool {
    let mut n = 0;
    let mut quoted: Option<char> = None;
    let (mut escaped, mut in_braces) = (false, false);
    let mut before = ' ';
    for c in expression.chars() {
        match quoted {
            Some(_) if escaped => escaped = false,
            Some(quote) if c == '\\' && quote != '`' => escaped = true,
            Some(quote) if c == quote => quoted = None,
            Some(_) => {}
            None => match c {
                '"' | '\'' | '`' => quoted = Some(c),
                '{' => in_braces = true,
                '}' => in_braces = false,
                _ if in_braces => {}
                '(' | '[' | '+' | '-' | '*' | '/' | '%' | '^' | '=' | '<' | '>' | '!' => n += 1,
                // A set operator stands between blanks; a few names that look like one do no harm.
                'a' | 'o' | 'u' if before.is_whitespace() || before == ')' => n += 1,
                _ => {}
            },
        }
        before = c;
    }
    n > MOST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_and_parentheses_count_and_strings_do_not() {
        let chain = |with: &str, n: usize| vec!["up"; n].join(with);
        for with in [" + ", "+", " or ", " and on () ", " == bool ", " unless "] {
            assert!(!exceeds(&chain(with, 400)), "{with}");
            assert!(exceeds(&chain(with, MOST + 2)), "{with}");
        }
        assert!(exceeds(&format!("{}1{}", "(".repeat(MOST + 1), ")".repeat(MOST + 1))));
        let alternatives = vec!["a+(b)"; MOST].join("|");
        assert!(!exceeds(&format!("up{{job=~\"{alternatives}\"}} > 1")));
        assert!(!exceeds(&format!("label_replace(up, \"x\", '{alternatives}', `y`, \"\\\"+\")")));
    }
}
