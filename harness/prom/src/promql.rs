//! PromQL: one syntax tree ([`expr`]) with its operators, and what an expression asks for: metrics, matchers, windows,
//! groupings.
//!
//! The parser's own types stay within `parser`. [`selectors`] is for the static checks; nothing here evaluates, and the
//! oracle must not use it, as it may not read a panel's expression.
//! Expressions may still hold Grafana's variables: they are replaced by markers,
//! and what they touch is reported as unknown rather than guessed.

pub mod condition;
pub mod expr;
pub mod labels;
mod matcher;
mod names;
pub mod nesting;
pub mod operator;
mod parser;
pub mod parts;
pub mod plain;
pub mod print;
mod template;
mod walk;

pub use expr::Expr;
pub use matcher::{LabelMatcher, MatchOperator};
pub use names::alternatives;
pub use operator::Grouping;

/// One series selector of an expression and what stands around it.
#[derive(Debug, Clone)]
pub struct SelectorUse {
    /// Which metrics it selects.
    pub metrics: MetricNames,
    /// Matchers on other labels than the name.
    pub matchers: Vec<LabelMatcher>,
    /// The window of a range selector.
    pub window: Option<RangeWindow>,
    /// Shift into the past in milliseconds; negative into the future.
    pub offset_ms: i64,
    /// Whether it, or a subquery around it, is read `@ start()` or `@ end()` of the query.
    pub at_edge: bool,
    /// What stands around it, from the outside in.
    pub path: Vec<Step>,
}

impl SelectorUse {
    /// What a rule, which is evaluated at one instant after the other, reads otherwise than a query over all of them at
    /// once: the edges of a query are each evaluation's own instant, and what is yet to come is not there.
    #[must_use]
    pub fn unlike_a_rule(&self) -> Option<&'static str> {
        match self {
            SelectorUse { at_edge: true, .. } => Some("`@ start()` or `@ end()`"),
            SelectorUse { offset_ms: ..0, .. } => Some("a negative offset"),
            _ => None,
        }
    }
}

/// The metrics that a selector names.
#[derive(Debug, Clone)]
pub enum MetricNames {
    /// By name, or by a regular expression that is plain alternatives of names.
    Listed(Vec<String>),
    /// By matchers on `__name__`, or by other labels alone (no matchers).
    Pattern(Vec<LabelMatcher>),
    /// By a dashboard variable.
    Variable,
}

impl MetricNames {
    /// Whether the selector can select the metric; true where it is not known.
    pub fn may_select(&self, metric: &str) -> bool {
        match self {
            Self::Listed(names) => names.iter().any(|name| name == metric),
            Self::Pattern(matchers) => matchers.iter().all(|matcher| matcher.accepts(metric)),
            Self::Variable => true,
        }
    }
}

/// The window of a range selector or subquery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeWindow {
    /// Milliseconds.
    Fixed(i64),
    /// `$__interval`.
    Interval,
    /// `$__rate_interval`.
    RateInterval,
    /// `$__range`.
    Range,
    /// A dashboard variable.
    Variable,
}

/// Something around a selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A function.
    Function(String),
    /// An aggregation.
    Aggregation {
        /// Operator, e.g. `sum`.
        operator: String,
        /// Which labels are left.
        grouping: Grouping,
    },
    /// A subquery.
    Subquery(RangeWindow),
    /// An operator between two vectors: labels above may be the other side's.
    Binary {
        /// Operator, e.g. `/`.
        operator: String,
    },
}

/// An expression that is no PromQL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not PromQL: {message}")]
pub struct PromqlError {
    /// The expression as written.
    pub expression: String,
    /// The parser's message.
    pub message: String,
}

/// All series selectors of `expression`, in the order in which they stand.
///
/// # Errors
/// When the expression does not parse.
pub fn selectors(expression: &str) -> Result<Vec<SelectorUse>, PromqlError> {
    let parsed = template::parse(expression)
        .map_err(|message| PromqlError { expression: expression.to_owned(), message })?;
    Ok(walk::selectors(&parsed))
}

/// The tree of `expression`, in which markers stand for dashboard variables ([`is_variable`], [`window`]).
///
/// # Errors
/// When it does not parse.
pub fn tree_of(expression: &str) -> Result<Expr, PromqlError> {
    template::parse(expression)
        .map_err(|message| PromqlError { expression: expression.to_owned(), message })
}

/// What a window of a tree of [`tree_of`] stands for, from its milliseconds.
#[must_use]
pub fn window(millis: i64) -> RangeWindow {
    template::window(millis)
}

/// The metrics that `expression` selects; none where it does not parse, which the engine will say better.
#[must_use]
pub fn metrics_read(expression: &str) -> Vec<MetricNames> {
    let selectors = selectors(expression).unwrap_or_default();
    selectors.into_iter().map(|selector| selector.metrics).collect()
}

/// Whether a dashboard variable is part of `text`, a label or value of a selector.
pub fn is_variable(text: &str) -> bool {
    text.contains(template::VARIABLE)
}

#[cfg(test)]
mod tests;
