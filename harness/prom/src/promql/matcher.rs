//! Matchers on one label: what they ask for, and which values pass.
//!
//! Regular expressions are those of the parser. Whose label it is, is not known here.

use std::fmt;

use super::{is_variable, names::alternatives, parser::Pattern, print};

/// How a matcher compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchOperator {
    /// `=`.
    Equal,
    /// `!=`.
    NotEqual,
    /// `=~`.
    Regex,
    /// `!~`.
    NotRegex,
}

impl MatchOperator {
    /// As it is written.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            MatchOperator::Equal => "=",
            MatchOperator::NotEqual => "!=",
            MatchOperator::Regex => "=~",
            MatchOperator::NotRegex => "!~",
        }
    }

    /// What lets pass what this refuses.
    #[must_use]
    pub const fn negated(self) -> MatchOperator {
        match self {
            MatchOperator::Equal => MatchOperator::NotEqual,
            MatchOperator::NotEqual => MatchOperator::Equal,
            MatchOperator::Regex => MatchOperator::NotRegex,
            MatchOperator::NotRegex => MatchOperator::Regex,
        }
    }

    /// Whether it is `=~` or `!~`.
    #[must_use]
    pub const fn is_regex(self) -> bool {
        matches!(self, MatchOperator::Regex | MatchOperator::NotRegex)
    }
}

/// One matcher on a label.
#[derive(Clone, PartialEq, Eq)]
pub struct LabelMatcher {
    operator: MatchOperator,
    label: String,
    value: String,
    /// Of a regular expression.
    pattern: Option<Pattern>,
}

impl LabelMatcher {
    /// A matcher from its parts.
    ///
    /// # Errors
    /// If `value` should be a regular expression and is none; the message names it.
    pub fn new(operator: MatchOperator, label: &str, value: &str) -> Result<Self, String> {
        let pattern = operator.is_regex().then(|| Pattern::new(value)).transpose()?;
        Ok(Self { operator, label: label.to_owned(), value: value.to_owned(), pattern })
    }

    /// `label="value"`.
    #[must_use]
    pub fn equal(label: &str, value: &str) -> Self {
        let (label, value) = (label.to_owned(), value.to_owned());
        Self { operator: MatchOperator::Equal, label, value, pattern: None }
    }

    /// How it compares.
    #[must_use]
    pub fn operator(&self) -> MatchOperator {
        self.operator
    }

    /// The label.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The value or regular expression as written.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether a label with `value` passes; the empty string stands for no label.
    #[must_use]
    pub fn accepts(&self, value: &str) -> bool {
        let passes = self.pattern.as_ref().map_or(self.value == value, |p| p.is_match(value));
        passes == matches!(self.operator, MatchOperator::Equal | MatchOperator::Regex)
    }

    /// The matcher that lets pass what this one refuses.
    #[must_use]
    pub fn negated(&self) -> Self {
        Self { operator: self.operator.negated(), ..self.clone() }
    }

    /// A dashboard variable decides, so that [`Self::accepts`] means nothing.
    #[must_use]
    pub fn is_variable(&self) -> bool {
        is_variable(&self.value)
    }

    /// The values that an equality or a regular expression of plain alternatives
    /// asks for; `None` for other matchers.
    #[must_use]
    pub fn listed_values(&self) -> Option<Vec<String>> {
        match self.operator {
            MatchOperator::Equal | MatchOperator::Regex => self.named_values(),
            MatchOperator::NotEqual | MatchOperator::NotRegex => None,
        }
    }

    /// The values that it names, whether it asks for them or refuses them; `None` if it is a regular
    /// expression that is more than alternatives.
    #[must_use]
    pub fn named_values(&self) -> Option<Vec<String>> {
        if self.operator.is_regex() {
            alternatives(&self.value)
        } else {
            Some(vec![self.value.clone()])
        }
    }
}

impl fmt::Display for LabelMatcher {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operator, label, value, .. } = self;
        write!(out, "{}{}{}", print::label(label), operator.symbol(), print::quoted(value))
    }
}

impl fmt::Debug for LabelMatcher {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}
