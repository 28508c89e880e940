//! Mistakes in aggregations: another operator or quantile, grouping lost, widened or narrowed.
//!
//! Called by the walk. It must not know what is around the aggregation.

use std::collections::BTreeSet;

use prom::promql::{
    expr::{Aggregate, Expr, Selector},
    operator::{Aggregation, Grouping},
};

use super::site::{Scope, Site};
use super::{Edit, MutantKind, call, selector};

/// The label of a classic histogram's bucket.
const LE: &str = "le";

pub(super) fn edits(aggregate: &Aggregate, scope: Scope, site: Site<'_>) -> Vec<Edit> {
    let mut edits = operator_edits(aggregate, scope);
    if let (Aggregation::Quantile, Some(parameter)) = (aggregate.operator, &aggregate.parameter) {
        edits.extend(call::quantile_edits(parameter, |q| {
            Expr::Aggregate(Aggregate { parameter: Some(Box::new(q)), ..aggregate.clone() })
        }));
    }
    edits.extend(grouping_edits(aggregate, site));
    edits
}

fn operator_edits(aggregate: &Aggregate, scope: Scope) -> Vec<Edit> {
    use Aggregation::{Avg, Bottomk, Count, Max, Min, Sum, Topk};
    let op = aggregate.operator;
    let others: &[Aggregation] = match op {
        Sum | Max | Avg | Min | Count => &[Sum, Max, Avg, Min, Count],
        Topk | Bottomk => &[Topk, Bottomk],
        _ => &[],
    };
    let single = groups_hold_one_series(aggregate);
    let whole = scope.is_buckets && sums_whole_histograms(aggregate);
    let equivalent = |other: Aggregation| match (op, other) {
        (Count, _) | (_, Count) => None,
        _ if single => Some("each group holds one series"),
        (Sum, Avg) | (Avg, Sum) if whole => {
            Some("each bucket has as many series, and a quantile is the same at any scale")
        }
        _ => None,
    };
    others
        .iter()
        .filter(|&&other| other != op)
        .map(|&other| {
            let mutant = Aggregate { operator: other, ..aggregate.clone() };
            let description = format!("{op} becomes {other}");
            let edit = Edit::new(MutantKind::Aggregation, description, Expr::Aggregate(mutant));
            Edit { equivalent: equivalent(other), ..edit }
        })
        .collect()
}

/// Whether the groups hold whole histograms: a target exposes all buckets of one together.
fn sums_whole_histograms(aggregate: &Aggregate) -> bool {
    let Expr::Call(operand) = aggregate.expr.as_ref() else { return false };
    let Some(Grouping::By(kept)) = &aggregate.grouping else { return false };
    let is_le_matched = |selector: &&Selector| selector.written().any(|m| m.label() == LE);
    matches!(operand.function.as_str(), "rate" | "irate" | "increase")
        && kept.iter().any(|label| label == LE)
        && !aggregate.expr.selectors().iter().any(is_le_matched)
}

/// Whether the operand is itself aggregated by labels that this aggregation keeps.
fn groups_hold_one_series(aggregate: &Aggregate) -> bool {
    use Aggregation::{Avg, Count, Max, Min, Quantile, Sum};
    let Expr::Aggregate(inner) = aggregate.expr.bare() else { return false };
    let is_plain = matches!(inner.operator, Sum | Max | Avg | Min | Count | Quantile);
    let left = aggregate.labels_left();
    match inner.labels_left() {
        Grouping::By(kept) => is_plain && kept.iter().all(|label| left.keeps(label)),
        Grouping::Without(_) => false,
    }
}

fn grouping_edits(aggregate: &Aggregate, site: Site<'_>) -> Vec<Edit> {
    let edit = |description: String, grouping: Option<Grouping>| {
        let mutant = Aggregate { grouping, ..aggregate.clone() };
        Edit::new(MutantKind::Grouping, description, Expr::Aggregate(mutant))
    };
    let grouping = aggregate.labels_left();
    let word = match grouping {
        Grouping::By(_) => "by",
        Grouping::Without(_) => "without",
    };
    let labels = grouping.labels();
    let mut edits = Vec::new();
    if aggregate.grouping.is_some() {
        edits.push(edit(format!("grouping {word} ({}) lost", labels.join(", ")), None));
    }
    // Without its only label, `by` groups as if it were lost, `without` as if it kept all.
    if labels.len() > 1 || word == "without" {
        edits.extend(labels.iter().enumerate().map(|(position, label)| {
            let mut kept = labels.to_vec();
            kept.remove(position);
            edit(format!("label {label} dropped from {word}"), Some(grouping.with(kept)))
        }));
    }
    let known = known_labels(aggregate, site);
    edits.extend(known.into_iter().filter(|&label| !labels.contains(label)).map(|label| {
        let widened = labels.iter().chain([label]).cloned().collect();
        edit(format!("label {label} added to {word}"), Some(grouping.with(widened)))
    }));
    edits
}

/// The labels of every metric below the aggregation.
fn known_labels<'a>(aggregate: &Aggregate, site: Site<'a>) -> BTreeSet<&'a String> {
    let below = aggregate.expr.selectors().into_iter();
    let metrics = below.flat_map(|below| selector::metrics(below, site));
    metrics.flat_map(|metric| metric.labels.keys()).collect()
}
