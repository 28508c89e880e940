//! Which labels the series of an expression can have.
//!
//! Called where a mistake is one only if some series has another label. Without a doubt or not at all: what is not
//! certain is `None`.

use std::collections::BTreeSet;

use promql_parser::parser::token::{T_BOTTOMK, T_COUNT_VALUES, T_LAND, T_LOR, T_LUNLESS, T_TOPK};
use promql_parser::parser::{Expr, LabelModifier};

use super::{binary, selector, walk::Site};

/// Label names, without the metric's name; `None` where they are not known.
pub(super) fn of(expr: &Expr, site: Site<'_>) -> Option<BTreeSet<String>> {
    match expr {
        Expr::NumberLiteral(_) => Some(BTreeSet::new()),
        Expr::Paren(paren) => of(&paren.expr, site),
        Expr::Unary(unary) => of(&unary.expr, site),
        Expr::VectorSelector(selector) => {
            let metrics = selector::metrics(selector, site);
            let labels = metrics.iter().flat_map(|metric| metric.labels.keys().cloned());
            (!metrics.is_empty()).then(|| labels.collect())
        }
        Expr::Aggregate(aggregate)
            if !matches!(aggregate.op.id(), T_TOPK | T_BOTTOMK | T_COUNT_VALUES) =>
        {
            match &aggregate.modifier {
                None => Some(BTreeSet::new()),
                Some(LabelModifier::Include(kept)) => Some(kept.labels.iter().cloned().collect()),
                Some(LabelModifier::Exclude(_)) => of(&aggregate.expr, site),
            }
        }
        Expr::Binary(operation) => match operation.op.id() {
            T_LOR => Some(&of(&operation.lhs, site)? | &of(&operation.rhs, site)?),
            T_LAND | T_LUNLESS => of(&operation.lhs, site),
            _ if binary::constant(&operation.rhs).is_some() => of(&operation.lhs, site),
            _ if binary::constant(&operation.lhs).is_some() => of(&operation.rhs, site),
            _ => None,
        },
        _ => None,
    }
}
