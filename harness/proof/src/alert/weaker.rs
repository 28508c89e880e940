//! Weaker forms of an alert rule, each of which fires whenever the rule does, and sometimes more.
//!
//! A silence proves something only where a weaker rule would have fired: a near miss. Nothing here asks an engine.

use prom::promql::{
    expr::{Binary, Expr},
    operator::{Operator, Relation, SetOperation},
};

use crate::alert::{AlertRule, Timing};

/// A weaker rule, and in words how it is weaker.
#[derive(Clone, Debug, PartialEq)]
pub struct Weaker {
    /// Such as `without for`.
    pub how: String,
    /// The rule.
    pub rule: AlertRule,
}

/// The rule without `for`; with each threshold halfway to firing; without each guard. An expression that cannot be
/// parsed has no weaker form but the first: the engine says better what is wrong with it.
#[must_use]
pub fn weaker(rule: &AlertRule) -> Vec<Weaker> {
    let mut found = Vec::new();
    if rule.timing.for_ms > 0 {
        let timing = Timing { for_ms: 0, ..rule.timing };
        found.push(Weaker {
            how: "without `for`".to_owned(),
            rule: AlertRule { timing, ..rule.clone() },
        });
    }
    let Ok(expr) = Expr::parse(&rule.expr) else { return found };
    found.extend(loosened(&expr).into_iter().map(|(how, expr)| Weaker {
        how,
        rule: AlertRule { expr: expr.to_string(), ..rule.clone() },
    }));
    found
}

fn loosened(expr: &Expr) -> Vec<(String, Expr)> {
    match expr {
        Expr::Paren(inner) => each(loosened(inner), |inner| Expr::Paren(Box::new(inner))),
        Expr::Binary(binary) => of_binary(binary),
        // A comparison inside a function or an aggregation says what is counted, not when to fire.
        _ => Vec::new(),
    }
}

fn of_binary(binary: &Binary) -> Vec<(String, Expr)> {
    let left = |expr| Expr::Binary(Binary { left: Box::new(expr), ..binary.clone() });
    let right = |expr| Expr::Binary(Binary { right: Box::new(expr), ..binary.clone() });
    let (lhs, rhs) = (binary.left.as_ref(), binary.right.as_ref());
    let mut found = each(loosened(lhs), left);
    match binary.operator {
        Operator::Set(operation @ (SetOperation::And | SetOperation::Unless)) => {
            if operation == SetOperation::And {
                found.extend(each(loosened(rhs), right));
            }
            found.push((format!("without `{} {rhs}`", binary.operator), lhs.clone()));
        }
        Operator::Compare(
            relation @ (Relation::Above | Relation::AtLeast | Relation::Below | Relation::AtMost),
        ) if !binary.is_bool => {
            // In `0.1 < x`, the threshold is on the left.
            let flipped = matches!(lhs, Expr::Number(_));
            let rises = matches!(relation, Relation::Above | Relation::AtLeast) != flipped;
            let threshold = if flipped { lhs } else { rhs };
            if let Some(nearer) = nearer(threshold, rises) {
                let how = format!("with {nearer} in place of {threshold}");
                found.push((how, if flipped { left(nearer) } else { right(nearer) }));
            }
        }
        // The parts of a quotient and the like may hold guards.
        _ => found.extend(each(loosened(rhs), right)),
    }
    found
}

/// A threshold that is met more easily: half of one to exceed; twice one to stay below, a share halfway to 1 at most.
/// `None` for a threshold of 0.
fn nearer(threshold: &Expr, rises: bool) -> Option<Expr> {
    match threshold.bare() {
        Expr::Number(value) => {
            let value = *value;
            let nearer = match rises {
                true => value / 2.0,
                false if (0.0..1.0).contains(&value) => (2.0 * value).min((1.0 + value) / 2.0),
                false => 2.0 * value,
            };
            (value > 0.0 && value.is_finite()).then_some(Expr::Number(nearer))
        }
        other => {
            let factor = Expr::Number(if rises { 0.5 } else { 2.0 });
            Some(Binary::product(factor, Expr::Paren(Box::new(other.clone()))))
        }
    }
}

fn each(found: Vec<(String, Expr)>, whole: impl Fn(Expr) -> Expr) -> Vec<(String, Expr)> {
    found.into_iter().map(|(how, expr)| (how, whole(expr))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use prom::evaluations::Evaluations;

    fn forms(expr: &str, for_ms: i64) -> Vec<String> {
        let rule = AlertRule {
            name: "A".to_owned(),
            expr: expr.to_owned(),
            labels: Default::default(),
            annotations: Default::default(),
            timing: Timing { for_ms, keep_firing_for_ms: 0 },
            evaluations: Evaluations { first_ms: 0, last_ms: 0, interval_ms: 1 },
            group: String::new(),
            file: Default::default(),
            line: None,
        };
        weaker(&rule).into_iter().map(|weaker| weaker.rule.expr).collect()
    }

    #[test]
    fn thresholds_come_nearer_and_guards_go() {
        let expected = [
            "a > 0.1 and on (m) b > 5",
            "a > 0.05 and on (m) b > 5",
            "a > 0.1 and on (m) b > 2.5",
            "a > 0.1",
        ];
        assert_eq!(forms("a > 0.1 and on (m) b > 5", 60_000), expected);
        assert_eq!(forms("a < 0.9", 0), ["a < 0.95"]);
        assert_eq!(forms("a < 0.1", 0), ["a < 0.2"]);
        assert_eq!(forms("20 >= a", 0), ["40 >= a"]);
        assert_eq!(
            forms("(a > 14.4 * b) or c > 2", 0),
            ["(a > 0.5 * (14.4 * b)) or c > 2", "(a > 14.4 * b) or c > 1"]
        );
        assert_eq!(forms("a > 1 unless b > 0", 0), ["a > 0.5 unless b > 0", "a > 1"]);
        assert_eq!(
            forms("a / (b > 0.05) < 0.9", 0),
            ["a / (b > 0.025) < 0.9", "a / (b > 0.05) < 0.95"]
        );
    }

    #[test]
    fn what_has_no_threshold_has_no_nearer_one() {
        assert!(forms("up == 0", 0).is_empty());
        assert!(forms("absent(up)", 0).is_empty());
        assert!(forms("vector(1)", 0).is_empty());
    }
}
