//! Mistakes in calls: another function over the same window, another quantile.
//!
//! Called by the walk, and by aggregations for their quantile. It must not know what is around the call.

use prom::promql::expr::{Call, Expr};

use super::site::Scope;
use super::{Edit, MutantKind};

pub(super) fn edits(call: &Call, scope: Scope) -> Vec<Edit> {
    let name = call.function.as_str();
    // Each has the same argument types as what it stands for.
    let others: &[&'static str] = match name {
        "rate" => &["irate", "increase"],
        "irate" | "increase" => &["rate"],
        "delta" => &["increase"],
        "avg_over_time" => &["max_over_time"],
        "max_over_time" => &["min_over_time"],
        "min_over_time" => &["max_over_time"],
        "sum_over_time" => &["avg_over_time"],
        "count_over_time" => &["sum_over_time"],
        _ => &[],
    };
    let scales = |other: &str| matches!((name, other), ("rate", "increase") | ("increase", "rate"));
    let mut edits: Vec<Edit> = others
        .iter()
        .map(|&other| {
            let mutant = Call { function: other.to_owned(), ..call.clone() };
            Edit::new(MutantKind::Function, format!("{name} becomes {other}"), Expr::Call(mutant))
                .equivalent_if(
                    scope.scale_free && scales(other),
                    "a quantile is the same at any scale",
                )
        })
        .collect();
    if let ("histogram_quantile", Some(q)) = (name, call.arguments.first()) {
        edits.extend(quantile_edits(q, |q| {
            let mut mutant = call.clone();
            mutant.arguments[0] = q;
            Expr::Call(mutant)
        }));
    }
    edits
}

/// The common quantiles that `q`, a constant, is not.
pub(super) fn quantile_edits(q: &Expr, with: impl Fn(Expr) -> Expr) -> Vec<Edit> {
    let Some(q) = q.literal() else { return Vec::new() };
    [0.5, 0.9, 0.95, 0.99]
        .into_iter()
        .filter(|&other| other != q)
        .map(|other| {
            let mutant = with(Expr::Number(other));
            Edit::new(MutantKind::Quantile, format!("quantile {q} becomes {other}"), mutant)
        })
        .collect()
}
