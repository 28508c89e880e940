//! Matchers that stand on both sides of an operation whose matching makes one of them superfluous.
//!
//! Called by the walk for each mistake below an operation. Only what is certain counts.

use promql_parser::label::Matcher;
use promql_parser::parser::token::{T_AVG, T_COUNT, T_LOR, T_LUNLESS, T_MAX, T_MIN, T_SUM};
use promql_parser::parser::{BinaryExpr, Expr, LabelModifier, VectorMatchCardinality};

use super::{binary, walk::selectors};

/// Why dropping such a matcher is no mistake.
pub(super) const REASON: &str =
    "the other side has the same matcher, and series are matched by its label";

/// Whether `mutant`, in the place of the operand at `position`, lacks nothing but a matcher that the other operand
/// has too, on a label that both keep and by which they are matched.
pub(super) fn implies(operation: &BinaryExpr, position: usize, mutant: &Expr) -> bool {
    let sides = [operation.lhs.as_ref(), operation.rhs.as_ref()];
    let (side, other) = (sides[position], sides[1 - position]);
    let Some(dropped) = dropped(side, mutant) else { return false };
    let others = selectors(other);
    let has = |matchers: &[Matcher]| matchers.iter().any(|matcher| same(matcher, dropped));
    !matches!(operation.op.id(), T_LOR | T_LUNLESS)
        && matched_by(operation, &dropped.name)
        && keeps(side, &dropped.name)
        && keeps(other, &dropped.name)
        && !others.is_empty()
        && others.iter().all(|selector| has(&selector.matchers.matchers))
}

/// The one matcher that `mutant` lacks; `None` if it differs in anything else.
fn dropped<'a>(original: &'a Expr, mutant: &Expr) -> Option<&'a Matcher> {
    let (before, after) = (selectors(original), selectors(mutant));
    let ([before], [after]) = (&before[..], &after[..]) else { return None };
    let (before, after) = (&before.matchers.matchers, &after.matchers.matchers);
    let missing = before.iter().find(|matcher| !after.iter().any(|kept| same(kept, matcher)))?;
    let rest = before.iter().filter(|matcher| !std::ptr::eq(*matcher, missing));
    let equal = rest.clone().count() == after.len() && rest.zip(after).all(|(a, b)| same(a, b));
    equal.then_some(missing)
}

fn same(one: &Matcher, other: &Matcher) -> bool {
    one.to_string() == other.to_string()
}

fn matched_by(operation: &BinaryExpr, label: &String) -> bool {
    let Some(modifier) = &operation.modifier else { return true };
    let matches = match &modifier.matching {
        None => true,
        Some(LabelModifier::Include(labels)) => labels.labels.contains(label),
        Some(LabelModifier::Exclude(labels)) => !labels.labels.contains(label),
    };
    matches && modifier.card == VectorMatchCardinality::OneToOne
}

/// Whether each series of `expr` comes only from series with its own value of `label`.
fn keeps(expr: &Expr, label: &String) -> bool {
    match expr {
        Expr::Paren(paren) => keeps(&paren.expr, label),
        Expr::VectorSelector(_) | Expr::MatrixSelector(_) => true,
        Expr::Call(call) => match (call.func.name, &call.args.args[..]) {
            ("rate" | "irate" | "increase" | "delta", [argument]) => keeps(argument, label),
            _ => false,
        },
        Expr::Aggregate(aggregate) => {
            let by = match &aggregate.modifier {
                None => false,
                Some(LabelModifier::Include(labels)) => labels.labels.contains(label),
                Some(LabelModifier::Exclude(labels)) => !labels.labels.contains(label),
            };
            by && matches!(aggregate.op.id(), T_SUM | T_AVG | T_MIN | T_MAX | T_COUNT)
                && keeps(&aggregate.expr, label)
        }
        Expr::Binary(operation) => {
            if binary::constant(&operation.rhs).is_some() {
                keeps(&operation.lhs, label)
            } else {
                binary::constant(&operation.lhs).is_some() && keeps(&operation.rhs, label)
            }
        }
        _ => false,
    }
}
