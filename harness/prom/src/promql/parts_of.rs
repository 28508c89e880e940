//! The parts of an expression: one list of what stands below each kind of node, for every walk over a tree.
//!
//! It must not know what is looked for.

use promql_parser::parser::Expr;

/// The parts of an expression, in the order in which they are written.
pub fn children(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Aggregate(aggregate) => {
            aggregate.param.iter().chain([&aggregate.expr]).map(AsRef::as_ref).collect()
        }
        Expr::Binary(binary) => vec![&binary.lhs, &binary.rhs],
        Expr::Call(call) => call.args.args.iter().map(AsRef::as_ref).collect(),
        Expr::Paren(paren) => vec![&paren.expr],
        Expr::Unary(unary) => vec![&unary.expr],
        Expr::Subquery(subquery) => vec![&subquery.expr],
        Expr::VectorSelector(_)
        | Expr::MatrixSelector(_)
        | Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::Extension(_) => Vec::new(),
    }
}

/// As `children`, in the same order.
pub fn children_mut(expr: &mut Expr) -> Vec<&mut Expr> {
    match expr {
        Expr::Aggregate(aggregate) => {
            aggregate.param.iter_mut().chain([&mut aggregate.expr]).map(AsMut::as_mut).collect()
        }
        Expr::Binary(binary) => vec![&mut binary.lhs, &mut binary.rhs],
        Expr::Call(call) => call.args.args.iter_mut().map(AsMut::as_mut).collect(),
        Expr::Paren(paren) => vec![&mut paren.expr],
        Expr::Unary(unary) => vec![&mut unary.expr],
        Expr::Subquery(subquery) => vec![&mut subquery.expr],
        Expr::VectorSelector(_)
        | Expr::MatrixSelector(_)
        | Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::Extension(_) => Vec::new(),
    }
}
