//! What an expression is made of, to ask which part of it has no value.
//!
//! Nothing here evaluates.

use std::collections::BTreeSet;

use super::expr::{Binary, Expr};

/// A part of an expression that needs others to have a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parts {
    /// Two vectors that must match: an operator between them.
    Joined {
        /// The operator.
        operator: String,
        /// The left side.
        left: String,
        /// The right side.
        right: String,
    },
    /// A selector, or something that has no vector below it.
    One(String),
}

/// What the outermost need of `expression` is: functions, aggregations, constants and signs around it are passed by.
/// `None` where it does not parse.
#[must_use]
pub fn parts(expression: &str) -> Option<Parts> {
    Expr::parse(expression).ok().map(|expr| of(&expr))
}

/// Everything below `expression` that may have to be asked to find out which part of it has no value: both sides of each
/// join, and the selectors at the ends.
#[must_use]
pub fn all(expression: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![expression.to_owned()];
    while let Some(expression) = waiting.pop() {
        match parts(&expression) {
            Some(Parts::Joined { left, right, .. }) => {
                for side in [left, right] {
                    if found.insert(side.clone()) {
                        waiting.push(side);
                    }
                }
            }
            Some(Parts::One(part)) => drop(found.insert(part)),
            None => drop(found.insert(expression)),
        }
    }
    found
}

fn of(expr: &Expr) -> Parts {
    let below = match expr {
        Expr::Paren(inner) | Expr::Negate(inner) => Some(inner.as_ref()),
        Expr::Aggregate(aggregate) => Some(aggregate.expr.as_ref()),
        Expr::Subquery(subquery) => Some(subquery.expr.as_ref()),
        // A range has no value of its own that could be asked for: whether the series is there, an instant tells.
        Expr::Range(range) => return Parts::One(range.selector.to_string()),
        Expr::Call(call) => call.first_vector(),
        Expr::Binary(binary) => return joined(binary),
        Expr::Select(_) | Expr::Number(_) | Expr::Text(_) => None,
    };
    below.map_or_else(|| Parts::One(expr.to_string()), of)
}

fn joined(binary: &Binary) -> Parts {
    match (binary.left.is_vector(), binary.right.is_vector()) {
        (true, true) => Parts::Joined {
            operator: binary.operator.to_string(),
            left: binary.left.bare().to_string(),
            right: binary.right.bare().to_string(),
        },
        (false, true) => of(&binary.right),
        _ => of(&binary.left),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(operator: &str, left: &str, right: &str) -> Parts {
        let [operator, left, right] = [operator, left, right].map(str::to_owned);
        Parts::Joined { operator, left, right }
    }

    #[test]
    fn the_outermost_join_is_found() {
        assert_eq!(parts("1 - a / (b > 0)"), Some(join("/", "a", "b > 0")));
        assert_eq!(parts("sum(max(a) * on (m) b)"), Some(join("*", "max(a)", "b")));
        assert_eq!(
            parts("sum by (m) (rate(a{x=\"y\"}[5m]))"),
            Some(Parts::One("a{x=\"y\"}".into()))
        );
        assert_eq!(parts("b > 0"), Some(Parts::One("b".into())));
        assert_eq!(parts("histogram_quantile(0.9, a)"), Some(Parts::One("a".into())));
        assert_eq!(parts("vector(1)"), Some(Parts::One("vector(1)".into())));
        assert_eq!(parts("("), None);
    }

    #[test]
    fn whatever_may_be_asked_is_among_all_parts() {
        let expected = ["a", "a + c", "b > 0", "b", "c"].map(str::to_owned);
        assert_eq!(all("1 - (a + c) / (b > 0)"), BTreeSet::from(expected));
        assert_eq!(all("max(a)"), BTreeSet::from(["a".to_owned()]));
    }
}
