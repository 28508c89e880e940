//! Mistakes in aggregations: another operator or quantile, grouping lost, widened or narrowed.
//!
//! Called by the walk. It must not know what is around the aggregation.

use std::collections::BTreeSet;

use promql_parser::label::{BUCKET_LABEL, Labels};
use promql_parser::parser::token::{
    T_AVG, T_BOTTOMK, T_COUNT, T_MAX, T_MIN, T_QUANTILE, T_SUM, T_TOPK, TokenId, TokenType,
};
use promql_parser::parser::{AggregateExpr, Expr, LabelModifier, VectorSelector};

use super::walk::{Scope, Site, selectors};
use super::{Edit, MutantKind, call, selector};

pub(super) fn edits(aggregate: &AggregateExpr, scope: Scope, site: Site<'_>) -> Vec<Edit> {
    let mut edits = operator_edits(aggregate, scope);
    if let (T_QUANTILE, Some(param)) = (aggregate.op.id(), &aggregate.param) {
        edits.extend(call::quantile_edits(param, |param| {
            Expr::Aggregate(AggregateExpr { param: Some(Box::new(param)), ..aggregate.clone() })
        }));
    }
    edits.extend(grouping_edits(aggregate, site));
    edits
}

fn operator_edits(aggregate: &AggregateExpr, scope: Scope) -> Vec<Edit> {
    let op = aggregate.op.id();
    let others: &[TokenId] = match op {
        T_SUM | T_MAX | T_AVG | T_MIN | T_COUNT => &[T_SUM, T_MAX, T_AVG, T_MIN, T_COUNT],
        T_TOPK | T_BOTTOMK => &[T_TOPK, T_BOTTOMK],
        _ => &[],
    };
    let single = groups_hold_one_series(aggregate);
    let whole = scope.is_buckets && sums_whole_histograms(aggregate);
    let equivalent = |other: TokenId| match (op, other) {
        (T_COUNT, _) | (_, T_COUNT) => None,
        _ if single => Some("each group holds one series"),
        (T_SUM, T_AVG) | (T_AVG, T_SUM) if whole => {
            Some("each bucket has as many series, and a quantile is the same at any scale")
        }
        _ => None,
    };
    others
        .iter()
        .filter(|&&other| other != op)
        .map(|&other| {
            let mutant = AggregateExpr { op: TokenType::new(other), ..aggregate.clone() };
            let description = format!("{} becomes {}", aggregate.op, mutant.op);
            let edit = Edit::new(MutantKind::Aggregation, description, Expr::Aggregate(mutant));
            Edit { equivalent: equivalent(other), ..edit }
        })
        .collect()
}

/// Whether the groups hold whole histograms: a target exposes all buckets of one together.
fn sums_whole_histograms(aggregate: &AggregateExpr) -> bool {
    let Expr::Call(operand) = aggregate.expr.as_ref() else { return false };
    let Some(LabelModifier::Include(kept)) = &aggregate.modifier else { return false };
    let is_le_matched =
        |selector: &&VectorSelector| !selector.matchers.find_matchers(BUCKET_LABEL).is_empty();
    matches!(operand.func.name, "rate" | "irate" | "increase")
        && kept.labels.iter().any(|label| label == BUCKET_LABEL)
        && !selectors(&aggregate.expr).iter().any(is_le_matched)
}

/// Whether the operand is itself aggregated by labels that this aggregation keeps.
fn groups_hold_one_series(aggregate: &AggregateExpr) -> bool {
    let mut operand = aggregate.expr.as_ref();
    while let Expr::Paren(paren) = operand {
        operand = &paren.expr;
    }
    let Expr::Aggregate(inner) = operand else { return false };
    let is_plain = matches!(inner.op.id(), T_SUM | T_MAX | T_AVG | T_MIN | T_COUNT | T_QUANTILE);
    let kept = match &inner.modifier {
        None => Some(&[][..]),
        Some(LabelModifier::Include(labels)) => Some(&labels.labels[..]),
        Some(LabelModifier::Exclude(_)) => None,
    };
    let keeps = |label: &String| match &aggregate.modifier {
        None => false,
        Some(LabelModifier::Include(labels)) => labels.labels.contains(label),
        Some(LabelModifier::Exclude(labels)) => !labels.labels.contains(label),
    };
    is_plain && kept.is_some_and(|kept| kept.iter().all(keeps))
}

fn grouping_edits(aggregate: &AggregateExpr, site: Site<'_>) -> Vec<Edit> {
    let edit = |description: String, modifier: Option<LabelModifier>| {
        let mutant = AggregateExpr { modifier, ..aggregate.clone() };
        Edit::new(MutantKind::Grouping, description, Expr::Aggregate(mutant))
    };
    let (word, labels, with): (_, &[String], fn(Labels) -> LabelModifier) = match &aggregate
        .modifier
    {
        None => ("by", &[], LabelModifier::Include),
        Some(LabelModifier::Include(labels)) => ("by", &labels.labels, LabelModifier::Include),
        Some(LabelModifier::Exclude(labels)) => ("without", &labels.labels, LabelModifier::Exclude),
    };
    let mut edits = Vec::new();
    if aggregate.modifier.is_some() {
        edits.push(edit(format!("grouping {word} ({}) lost", labels.join(", ")), None));
    }
    // Without its only label, `by` groups as if it were lost, `without` as if it kept all.
    if labels.len() > 1 || word == "without" {
        edits.extend(labels.iter().enumerate().map(|(position, label)| {
            let mut kept = labels.to_vec();
            kept.remove(position);
            edit(format!("label {label} dropped from {word}"), Some(with(Labels { labels: kept })))
        }));
    }
    edits.extend(
        known_labels(aggregate, site).into_iter().filter(|&label| !labels.contains(label)).map(
            |label| {
                let widened = labels.iter().chain([label]).cloned().collect();
                edit(
                    format!("label {label} added to {word}"),
                    Some(with(Labels { labels: widened })),
                )
            },
        ),
    );
    edits
}

/// The labels of every metric below the aggregation.
fn known_labels<'a>(aggregate: &AggregateExpr, site: Site<'a>) -> BTreeSet<&'a String> {
    let metrics =
        selectors(&aggregate.expr).into_iter().flat_map(|below| selector::metrics(below, site));
    metrics.flat_map(|metric| metric.labels.keys()).collect()
}
