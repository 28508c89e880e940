//! The walk through an expression that makes each possible mistake once.
//!
//! Called by `mutants` with the parsed expression. An edit of a part is an edit of the whole, with that
//! part replaced. It must not know which mistakes there are: the modules of the parts do.

use prom::promql::{
    expr::Expr,
    operator::{Aggregation, Arithmetic, Operator},
};

use super::site::{Scope, Site};
use super::{Edit, aggregate, binary, call, joined, selector};

/// Every edit of `expr` and of the parts below it, outer parts first.
pub(super) fn everywhere(expr: &Expr, scope: Scope, site: Site<'_>) -> Vec<Edit> {
    let mut edits = match expr {
        Expr::Aggregate(aggregate) => aggregate::edits(aggregate, scope, site),
        Expr::Binary(binary) => binary::edits(binary, scope, site),
        Expr::Call(call) => call::edits(call, scope),
        Expr::Select(selector) => selector::instant_edits(selector, site),
        Expr::Range(range) => selector::range_edits(range, site),
        Expr::Subquery(subquery) => selector::subquery_edits(subquery, site),
        Expr::Negate(_) | Expr::Paren(_) | Expr::Number(_) | Expr::Text(_) => Vec::new(),
    };
    for (position, child) in expr.children().into_iter().enumerate() {
        let side = side(expr, position);
        for edit in everywhere(child, child_scope(expr, position, scope), site) {
            let implied = edit.equivalent.is_none()
                && matches!(expr, Expr::Binary(binary) if joined::implies(binary, position, &edit.expr));
            let edit =
                if implied { Edit { equivalent: Some(joined::REASON), ..edit } } else { edit };
            let description = format!("{side}{}", edit.description);
            let whole = expr.with_child(position, edit.expr);
            edits.push(Edit { expr: whole, description, ..edit });
        }
    }
    edits
}

/// Where a mistake is, if its words alone could mean either operand.
fn side(parent: &Expr, position: usize) -> String {
    match parent {
        Expr::Binary(binary)
            if parent.children().iter().all(|child| !child.selectors().is_empty()) =>
        {
            format!("{} of {}: ", ["left", "right"][position], binary.operator)
        }
        _ => String::new(),
    }
}

fn child_scope(parent: &Expr, position: usize, scope: Scope) -> Scope {
    match parent {
        // Ranks and counts scale alike; only their ratio is used.
        Expr::Call(call) if call.function == "histogram_quantile" && position == 1 => {
            Scope { scale_free: true, is_buckets: true }
        }
        Expr::Paren(_) => scope,
        Expr::Aggregate(aggregate)
            if matches!(
                aggregate.operator,
                Aggregation::Sum | Aggregation::Avg | Aggregation::Min | Aggregation::Max
            ) =>
        {
            Scope { is_buckets: false, ..scope }
        }
        Expr::Binary(binary) => {
            let (left, right) = (binary.left.literal(), binary.right.literal());
            let factor = match binary.operator {
                Operator::Arithmetic(Arithmetic::Multiply) => right.or(left),
                Operator::Arithmetic(Arithmetic::Divide) => right,
                _ => None,
            };
            if factor.is_some_and(|factor| factor > 0.0) { scope } else { Scope::default() }
        }
        _ => Scope::default(),
    }
}
