//! Matchers that stand on both sides of an operation whose matching makes one of them superfluous.
//!
//! Called by the walk for each mistake below an operation. Only what is certain counts.

use prom::promql::{
    LabelMatcher,
    expr::{Binary, Expr},
    operator::{Aggregation, Operator, SetOperation},
};

/// Why dropping such a matcher is no mistake.
pub(super) const REASON: &str =
    "the other side has the same matcher, and series are matched by its label";

/// Whether `mutant`, in the place of the operand at `position`, lacks nothing but a matcher that the other operand
/// has too, on a label that both keep and by which they are matched.
pub(super) fn implies(operation: &Binary, position: usize, mutant: &Expr) -> bool {
    let sides = [operation.left.as_ref(), operation.right.as_ref()];
    let (side, other) = (sides[position], sides[1 - position]);
    let Some(dropped) = dropped(side, mutant) else { return false };
    let label = dropped.label();
    let others = other.selectors();
    !matches!(operation.operator, Operator::Set(SetOperation::Or | SetOperation::Unless))
        && matched_by(operation, label)
        && keeps(side, label)
        && keeps(other, label)
        && !others.is_empty()
        && others.iter().all(|selector| selector.matchers.contains(dropped))
}

/// The one matcher that `mutant` lacks; `None` if it differs in anything else.
fn dropped<'a>(original: &'a Expr, mutant: &Expr) -> Option<&'a LabelMatcher> {
    let (before, after) = (original.selectors(), mutant.selectors());
    let ([before], [after]) = (&before[..], &after[..]) else { return None };
    let (before, after) = (&before.matchers, &after.matchers);
    let missing = before.iter().find(|matcher| !after.contains(matcher))?;
    let rest = before.iter().filter(|matcher| !std::ptr::eq(*matcher, missing));
    rest.eq(after).then_some(missing)
}

fn matched_by(operation: &Binary, label: &str) -> bool {
    let is_one_to_one = operation.many.is_none() && !matches!(operation.operator, Operator::Set(_));
    is_one_to_one && operation.matching.as_ref().is_none_or(|matching| matching.keeps(label))
}

/// Whether each series of `expr` comes only from series with its own value of `label`.
fn keeps(expr: &Expr, label: &str) -> bool {
    use Aggregation::{Avg, Count, Max, Min, Sum};
    match expr.bare() {
        Expr::Select(_) | Expr::Range(_) => true,
        Expr::Call(call) => match (call.function.as_str(), &call.arguments[..]) {
            ("rate" | "irate" | "increase" | "delta", [argument]) => keeps(argument, label),
            _ => false,
        },
        Expr::Aggregate(aggregate) => {
            matches!(aggregate.operator, Sum | Avg | Min | Max | Count)
                && aggregate.labels_left().keeps(label)
                && keeps(&aggregate.expr, label)
        }
        Expr::Binary(operation) => {
            if operation.right.literal().is_some() {
                keeps(&operation.left, label)
            } else {
                operation.left.literal().is_some() && keeps(&operation.right, label)
            }
        }
        _ => false,
    }
}
