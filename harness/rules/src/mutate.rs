//! Mutants of a query: the same expression with one mistake that a person could make.
//!
//! Called by the teeth of verification and by `dashproof mutants`: each mutant is asked of the real
//! engine like the original, and a panel whose judgement lets one pass is unproven. A mutant keeps
//! the original's variables (`$__rate_interval`), so that it is interpolated the same way; only a
//! changed window is written out.
//!
//! Invariant: the order is fixed, no two mutants are equal, none equals the original, each is PromQL.
//! It must not know contracts, facts or answers: whether a mutant survives is judged elsewhere.

mod aggregate;
mod binary;
mod call;
mod joined;
mod placeholder;
mod selector;
mod site;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use prom::promql::expr::{Binary, Expr};
use serde::Serialize;

use placeholder::Placeholders;

/// The kind of mistake; the order is that of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MutantKind {
    /// Another function over the same window, such as `irate` for `rate`.
    Function,
    /// Another window: doubled, halved, or fixed where it was a variable.
    Window,
    /// Another quantile.
    Quantile,
    /// Another aggregation, such as `max` for `sum`.
    Aggregation,
    /// A matcher dropped, negated or with another value.
    Matcher,
    /// A sibling metric.
    Metric,
    /// Grouping lost, widened or narrowed.
    Grouping,
    /// A constant dropped, or the whole answer scaled.
    Factor,
    /// A comparison dropped.
    Filter,
    /// Operands of `/` or `-` swapped.
    Operands,
    /// `on` or `ignoring` changed.
    Matching,
    /// An offset added or dropped.
    Offset,
    /// One side of `or`, `and` or `unless` dropped.
    Branch,
}

impl fmt::Display for MutantKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Function => "function",
            Self::Window => "window",
            Self::Quantile => "quantile",
            Self::Aggregation => "aggregation",
            Self::Matcher => "matcher",
            Self::Metric => "metric",
            Self::Grouping => "grouping",
            Self::Factor => "factor",
            Self::Filter => "filter",
            Self::Operands => "operands",
            Self::Matching => "matching",
            Self::Offset => "offset",
            Self::Branch => "branch",
        })
    }
}

/// An expression with one mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// What kind of mistake it is.
    pub kind: MutantKind,
    /// The mistake in words, such as `rate becomes irate`.
    pub description: String,
    /// The mutated expression, with the original's variables.
    pub expr: String,
    /// Why no data can tell it from the original, if the expression alone shows that. A histogram
    /// is taken to have all of its buckets, as any exposition has.
    pub equivalent: Option<&'static str>,
}

/// What is known of the metrics and variables that an expression may name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MutationContext {
    /// The value of each variable outside of strings, by name without `$`: `__rate_interval` is `1m0s`.
    pub variables: BTreeMap<String, String>,
    /// The metrics by name, as they are queried (`x_bucket`, not `x`).
    pub metrics: BTreeMap<String, Metric>,
}

/// What is known of one metric.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metric {
    /// The values of each of its labels.
    pub labels: BTreeMap<String, Vec<String>>,
    /// Metrics with the same labels that could be taken for it.
    pub siblings: Vec<String>,
}

/// Why an expression has no mutants.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MutateError {
    /// The expression, its variables replaced, is not PromQL.
    #[error("`{expr}` is not valid PromQL: {reason}")]
    Syntax {
        /// As given.
        expr: String,
        /// The parser's message.
        reason: String,
    },
    /// A variable outside of a string, of which no value is known.
    #[error("no value is known for the variable {variable} in `{expr}`; add it to the variables")]
    UnknownVariable {
        /// As given.
        expr: String,
        /// As written in the expression.
        variable: String,
    },
}

/// One mistake made in a tree.
struct Edit {
    kind: MutantKind,
    description: String,
    expr: Expr,
    equivalent: Option<&'static str>,
}

impl Edit {
    fn new(kind: MutantKind, description: impl Into<String>, expr: Expr) -> Self {
        Self { kind, description: description.into(), expr, equivalent: None }
    }

    fn equivalent_if(self, provable: bool, reason: &'static str) -> Self {
        Self { equivalent: provable.then_some(reason), ..self }
    }
}

/// All mutants of `expr`, in the order of its parts, those of the whole answer last.
///
/// # Errors
/// If `expr` is not PromQL, or has a variable outside of strings that `context` does not know.
pub fn mutants(expr: &str, context: &MutationContext) -> Result<Vec<Mutant>, MutateError> {
    let (text, placeholders) = Placeholders::substitute(expr, &context.variables)?;
    let root = Expr::parse(&text)
        .map_err(|error| MutateError::Syntax { expr: expr.to_owned(), reason: error.message })?;

    let site = site::Site { context, placeholders: &placeholders };
    let mut edits = walk::everywhere(&root, site::Scope::default(), site);
    edits.extend(scaled(&root));

    let mut seen = BTreeSet::from([root.to_string()]);
    Ok(edits
        .into_iter()
        .filter_map(|edit| {
            let text = edit.expr.to_string();
            // Some mistakes are none that an engine would accept, such as a selector without matchers.
            (Expr::parse(&text).is_ok() && seen.insert(text.clone())).then(|| Mutant {
                kind: edit.kind,
                description: placeholders.restore(&edit.description),
                expr: placeholders.restore(&text),
                equivalent: edit.equivalent,
            })
        })
        .collect())
}

/// A wrong unit or a slight error of the whole answer: percent for a share, minutes, milliseconds.
fn scaled(root: &Expr) -> Vec<Edit> {
    [1.01, 60.0, 1000.0]
        .into_iter()
        .map(|factor| {
            let whole = Expr::Paren(Box::new(root.clone()));
            let product = Binary::product(whole, Expr::Number(factor));
            Edit::new(MutantKind::Factor, format!("answer multiplied by {factor}"), product)
        })
        .collect()
}
