//! An expression taken apart into what can be asked for by itself.

use prom::promql::{
    Expr,
    operator::{Operator, SetOperation},
};

/// A part that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartOf {
    /// How deep it lies; the whole is at 0.
    pub depth: usize,
    /// As PromQL.
    pub expr: String,
    /// What it does in the whole.
    pub role: Role,
    /// The metric, where the part is a plain selector.
    pub recorded: Option<String>,
}

/// What a part does in the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The whole expression.
    Whole,
    /// The left side of a comparison: what is measured.
    Measured,
    /// The right side of a comparison, where it is no plain number.
    Threshold,
    /// The right side of `and`: what must be there too.
    Condition,
    /// The right side of `unless`: what must not be there.
    Exception,
    /// One of several that each suffice.
    Branch,
    /// Anything else that the part above is computed from.
    Operand,
}

/// The parts of an expression, each before those that it is made of. Numbers, strings and ranges are left out: they
/// have no value of their own at an instant. Nothing where it cannot be parsed.
#[must_use]
pub fn parts(expr: &str) -> Vec<PartOf> {
    let mut found = Vec::new();
    if let Ok(expr) = Expr::parse(expr) {
        collect(&expr, 0, Role::Whole, &mut found);
    }
    found
}

fn collect(expr: &Expr, depth: usize, role: Role, found: &mut Vec<PartOf>) {
    let expr = expr.bare();
    let recorded = match expr {
        Expr::Number(_) | Expr::Text(_) | Expr::Range(_) => return,
        Expr::Select(selector) => selector.metric.clone(),
        _ => None,
    };
    found.push(PartOf { depth, expr: expr.to_string(), role, recorded });
    let mut below = |expr: &Expr, role| collect(expr, depth + 1, role, found);
    match expr {
        Expr::Binary(binary) => {
            let (left, right) = match binary.operator {
                Operator::Set(SetOperation::And) => (role_of_kept(role), Role::Condition),
                Operator::Set(SetOperation::Unless) => (role_of_kept(role), Role::Exception),
                Operator::Set(SetOperation::Or) => (Role::Branch, Role::Branch),
                Operator::Compare(_) => (Role::Measured, Role::Threshold),
                Operator::Arithmetic(_) => (Role::Operand, Role::Operand),
            };
            below(&binary.left, left);
            below(&binary.right, right);
        }
        Expr::Aggregate(aggregate) => below(&aggregate.expr, Role::Operand),
        // What is evaluated over a window is not what it is at the instant.
        Expr::Subquery(_) => {}
        other => other.children().into_iter().for_each(|part| below(part, Role::Operand)),
    }
}

/// The left side of `and` and `unless` is what the whole yields.
fn role_of_kept(role: Role) -> Role {
    match role {
        Role::Condition | Role::Exception => Role::Operand,
        kept => kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_taken_apart_from_the_outside_in() {
        let found = parts(
            "(r > on (m) (14.4 * b) and on (m) sum by (m) (rate(x[1h])) >= 50) or absent(up)",
        );
        let shown: Vec<(usize, &str, Role)> =
            found.iter().map(|part| (part.depth, part.expr.as_str(), part.role)).collect();
        let expected = [
            (1, "r > on (m) (14.4 * b) and on (m) sum by (m) (rate(x[1h])) >= 50", Role::Branch),
            (2, "r > on (m) (14.4 * b)", Role::Branch),
            (3, "r", Role::Measured),
            (3, "14.4 * b", Role::Threshold),
            (4, "b", Role::Operand),
            (2, "sum by (m) (rate(x[1h])) >= 50", Role::Condition),
            (3, "sum by (m) (rate(x[1h]))", Role::Measured),
            (4, "rate(x[1h])", Role::Operand),
            (1, "absent(up)", Role::Branch),
            (2, "up", Role::Operand),
        ];
        assert_eq!(shown[1..], expected);
        assert_eq!(shown[0].2, Role::Whole);
        assert_eq!(found[3].recorded.as_deref(), Some("r"));
    }
}
