//! Matchers as Alertmanager writes them: `severity="critical"`, `{a=~"b|c", d!="e"}`.
//!
//! Read the classic way (pkg/labels/parse.go), which 0.25 and 0.26 know alone and which later
//! versions follow wherever their own way would read something else.
//! What a matcher is for is not known here.

use std::fmt;

use prom::promql::{LabelMatcher, MatchOperator};

/// Longer operators first: `=` is also the beginning of `=~`.
const OPERATORS: [MatchOperator; 4] =
    [MatchOperator::Regex, MatchOperator::NotRegex, MatchOperator::NotEqual, MatchOperator::Equal];

/// A condition on one label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matcher {
    /// The label.
    pub name: String,
    inner: LabelMatcher,
}

/// A text that is no matcher.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no matcher such as severity=\"critical\": {text:?}; {reason}")]
pub struct MatcherError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Matcher {
    /// Whether a label with this value satisfies it; an absent label has the value "".
    #[must_use]
    pub fn matches(&self, value: &str) -> bool {
        self.inner.accepts(value)
    }

    /// The values that it names, whether it asks for them or refuses them; `None` if it is a regular
    /// expression that is more than alternatives.
    #[must_use]
    pub fn literals(&self) -> Option<Vec<String>> {
        self.inner.named_values()
    }

    /// Label and value of an equality.
    #[must_use]
    pub fn equality(&self) -> Option<(&str, &str)> {
        let is_equality = self.inner.operator() == MatchOperator::Equal;
        is_equality.then(|| (self.name.as_str(), self.inner.value()))
    }

    pub(super) fn equal(name: &str, value: &str) -> Self {
        Self { name: name.to_owned(), inner: LabelMatcher::equal(name, value) }
    }

    pub(super) fn regex(name: &str, value: &str) -> Result<Self, String> {
        Self::new(name, MatchOperator::Regex, value)
    }

    fn new(name: &str, operator: MatchOperator, value: &str) -> Result<Self, String> {
        let inner = LabelMatcher::new(operator, name, value)?;
        Ok(Self { name: name.to_owned(), inner })
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.inner)
    }
}

/// The matchers of one text: comma-separated, in braces or not.
///
/// # Errors
/// At the first one that is wrong.
pub(super) fn parse(text: &str) -> Result<Vec<Matcher>, MatcherError> {
    let trimmed = text.trim();
    let inside = trimmed.strip_prefix('{').unwrap_or(trimmed);
    let inside = inside.strip_suffix('}').unwrap_or(inside);
    let mut parts = split(inside);
    // One comma at the end is forgiven.
    if parts.last().is_some_and(|part| part.trim().is_empty()) {
        parts.pop();
    }
    let one = |part: &str| {
        matcher(part).map_err(|reason| MatcherError { text: part.trim().to_owned(), reason })
    };
    parts.into_iter().map(one).collect()
}

/// Splits at commas outside quotes.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            '\\' => escaped = !escaped,
            ',' if !quoted => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped &= c == '\\';
    }
    parts.push(&text[start..]);
    parts
}

fn matcher(text: &str) -> Result<Matcher, String> {
    let text = text.trim();
    let in_name = |c: char| c.is_ascii_alphanumeric() || "_:".contains(c);
    let end = text.find(|c| !in_name(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err("a label name comes first, of letters, digits, _ and :".into());
    }
    let rest = rest.trim_start();
    let found = OPERATORS
        .iter()
        .find_map(|operator| Some((rest.strip_prefix(operator.symbol())?, *operator)));
    let (value, operator) = found.ok_or("after the name comes one of =, !=, =~, !~")?;
    Matcher::new(name, operator, &unquoted(value.trim())?)
}

/// The value itself: quotes are optional, and an unknown escape sequence is kept as it is written.
fn unquoted(raw: &str) -> Result<String, String> {
    let (raw, expect_end) = match raw.strip_prefix('"') {
        Some(raw) => (raw, true),
        None => (raw, false),
    };
    let mut value = String::new();
    let mut rest = raw.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some('n') => value.push('\n'),
                Some(c @ ('"' | '\\')) => value.push(c),
                Some(c) => value.extend(['\\', c]),
                None if expect_end => return Err("the value's closing quote is missing".into()),
                None => value.push('\\'),
            },
            '"' if expect_end && rest.as_str().is_empty() => return Ok(value),
            '"' => return Err("a quote stands inside the value; write \\\"".into()),
            c => value.push(c),
        }
    }
    if expect_end { Err("the value's closing quote is missing".into()) } else { Ok(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        parse(text).unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn all_forms_are_read() {
        assert_eq!(shown(r#"severity="critical""#), [r#"severity="critical""#]);
        assert_eq!(shown(" a = b c "), [r#"a="b c""#]);
        assert_eq!(
            shown(r#"{a=~"x|y, z",b!="1",c!~d+,}"#),
            [r#"a=~"x|y, z""#, r#"b!="1""#, r#"c!~"d+""#]
        );
        assert_eq!(shown(""), [""; 0]);
        let literals = |text: &str| parse(text).unwrap()[0].literals();
        assert_eq!(literals("a!~\"x|yz\""), Some(vec!["x".to_owned(), "yz".to_owned()]));
        assert_eq!((literals("a=x"), literals("a=~\"x.*\"")), (Some(vec!["x".to_owned()]), None));
        let [quoted] = &parse(r#"a="x\"y\\z\n\d""#).unwrap()[..] else { panic!("one matcher") };
        assert!(quoted.matches("x\"y\\z\n\\d"), "{quoted}");
    }

    #[test]
    fn regular_expressions_match_the_whole_value() {
        let [either] = &parse(r#"a=~"x|yz""#).unwrap()[..] else { panic!("one matcher") };
        let [neither] = &parse(r#"a!~"x|yz""#).unwrap()[..] else { panic!("one matcher") };
        for (value, expected) in
            [("x", true), ("yz", true), ("xz", false), ("y", false), ("", false)]
        {
            assert_eq!((either.matches(value), neither.matches(value)), (expected, !expected));
        }
    }

    #[test]
    fn errors_quote_the_matcher() {
        let table = [
            ("a=\"1\", =2", "=2", "a label name comes first"),
            ("1a=b", "1a=b", "a label name comes first"),
            ("a", "a", "after the name"),
            ("a=\"b", "a=\"b", "closing quote"),
            ("a=b\"c", "a=b\"c", "inside the value"),
            ("a=~\"(\"", "a=~\"(\"", "illegal regex"),
        ];
        for (text, quoted, reason) in table {
            let error = parse(text).unwrap_err();
            assert_eq!(error.text, quoted);
            assert!(error.reason.contains(reason), "{error}");
        }
    }
}
