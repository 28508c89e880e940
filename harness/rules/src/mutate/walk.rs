//! The walk through an expression that makes each possible mistake once.
//!
//! Called by `mutants` with the parsed expression. An edit of a part is an edit of the whole, with that
//! part replaced. It must not know which mistakes there are: the modules of the parts do.

use promql_parser::parser::Expr;
use promql_parser::parser::token::{T_AVG, T_DIV, T_MAX, T_MIN, T_MUL, T_SUM};

use prom::promql::parts_of::{children, children_mut};

use super::placeholder::Placeholders;
use super::{Edit, MutationContext, aggregate, binary, call, joined, selector};

/// What a mistake is made with.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) context: &'a MutationContext,
    pub(super) placeholders: &'a Placeholders,
}

/// What the parts around an expression make of it.
#[derive(Clone, Copy, Default)]
pub(super) struct Scope {
    /// Whether multiplying this part by a positive constant leaves the whole unchanged.
    pub(super) scale_free: bool,
    /// Whether this part is the buckets of a quantile, up to a constant.
    pub(super) is_buckets: bool,
}

/// Every edit of `expr` and of the parts below it, outer parts first.
pub(super) fn everywhere(expr: &Expr, scope: Scope, site: Site<'_>) -> Vec<Edit> {
    let mut edits = match expr {
        Expr::Aggregate(aggregate) => aggregate::edits(aggregate, scope, site),
        Expr::Binary(binary) => binary::edits(binary, scope, site),
        Expr::Call(call) => call::edits(call, scope),
        Expr::VectorSelector(selector) => selector::instant_edits(selector, site),
        Expr::MatrixSelector(selector) => selector::range_edits(selector, site),
        Expr::Subquery(subquery) => selector::subquery_edits(subquery, site),
        Expr::Unary(_)
        | Expr::Paren(_)
        | Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::Extension(_) => Vec::new(),
    };
    for (position, child) in children(expr).into_iter().enumerate() {
        let side = side(expr, position);
        for edit in everywhere(child, child_scope(expr, position, scope), site) {
            let implied = edit.equivalent.is_none()
                && matches!(expr, Expr::Binary(binary) if joined::implies(binary, position, &edit.expr));
            let edit =
                if implied { Edit { equivalent: Some(joined::REASON), ..edit } } else { edit };
            let mut whole = expr.clone();
            *children_mut(&mut whole)[position] = edit.expr;
            let description = format!("{side}{}", edit.description);
            edits.push(Edit { expr: whole, description, ..edit });
        }
    }
    edits
}

/// Where a mistake is, if its words alone could mean either operand.
fn side(parent: &Expr, position: usize) -> String {
    match parent {
        Expr::Binary(binary)
            if children(parent).iter().all(|child| !selectors(child).is_empty()) =>
        {
            format!("{} of {}: ", ["left", "right"][position], binary.op)
        }
        _ => String::new(),
    }
}

fn child_scope(parent: &Expr, position: usize, scope: Scope) -> Scope {
    match parent {
        // Ranks and counts scale alike; only their ratio is used.
        Expr::Call(call) if call.func.name == "histogram_quantile" && position == 1 => {
            Scope { scale_free: true, is_buckets: true }
        }
        Expr::Paren(_) => scope,
        Expr::Aggregate(aggregate)
            if matches!(aggregate.op.id(), T_SUM | T_AVG | T_MIN | T_MAX) =>
        {
            Scope { is_buckets: false, ..scope }
        }
        Expr::Binary(binary) => {
            let factor = match binary.op.id() {
                T_MUL => binary::constant(&binary.rhs).or(binary::constant(&binary.lhs)),
                T_DIV => binary::constant(&binary.rhs),
                _ => None,
            };
            if factor.is_some_and(|factor| factor > 0.0) { scope } else { Scope::default() }
        }
        _ => Scope::default(),
    }
}

/// The selectors below `expr`, in order.
pub(super) fn selectors(expr: &Expr) -> Vec<&promql_parser::parser::VectorSelector> {
    match expr {
        Expr::VectorSelector(selector) => vec![selector],
        Expr::MatrixSelector(selector) => vec![&selector.vs],
        _ => children(expr).into_iter().flat_map(selectors).collect(),
    }
}
