//! Quantiles of buckets without bounds, and averages of quantiles.

use prom::problem::{Code, Problem};

use super::Subject;
use super::shape::Known;
use super::tree::{Matched, Tree};

/// `histogram_quantile` of classic buckets whose label `le` is gone.
pub(super) fn without_bounds(subject: &Subject<'_>) -> Vec<Problem> {
    let known = Known::of(subject.inputs.rules, &subject.catalogue);
    let mut problems = Vec::new();
    for expression in &subject.expressions {
        for part in expression.tree().into_iter().flat_map(Tree::all) {
            let Tree::Call(function, arguments) = part else { continue };
            let (true, Some(inner)) = (function == "histogram_quantile", arguments.get(1)) else {
                continue;
            };
            // Native histograms have no buckets with a label.
            let is_bucket =
                |name: &Option<String>| name.as_ref().is_some_and(|name| name.ends_with("_bucket"));
            let selectors = inner.selectors();
            let all = !selectors.is_empty()
                && selectors.iter().any(|selector| is_bucket(&selector.metric));
            if all && known.shape(inner).lacks("le") {
                let dropping = inner.all().into_iter().find_map(|tree| match tree {
                    Tree::Aggregate { operator, .. } => Some(operator.as_str()),
                    _ => None,
                });
                let message = format!(
                    "histogram_quantile over {} that drops the label \"le\"",
                    dropping.unwrap_or("an expression")
                );
                problems.push(
                    expression
                        .problem(Code::QuantileWithoutLe, &message)
                        .remedy("add le to the by clause"),
                );
            }
        }
    }
    problems
}

/// Averages and sums of quantiles, which are quantiles of nothing.
pub(super) fn averaged(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for expression in &subject.expressions {
        for part in expression.tree().into_iter().flat_map(Tree::all) {
            let Tree::Aggregate { operator, inner, .. } = part else { continue };
            if !matches!(operator.as_str(), "avg" | "sum") {
                continue;
            }
            let is_quantile = match inner.as_ref() {
                Tree::Call(name, _) => name == "histogram_quantile",
                Tree::Select(selector) => selector.matchers.iter().any(of_summary),
                _ => false,
            };
            if is_quantile {
                let message =
                    format!("{operator} of quantiles: the result is the quantile of nothing");
                problems.push(expression.problem(Code::AveragedQuantiles, &message).remedy(
                    "sum the rates of the buckets by le, then take one quantile; or use max",
                ));
            }
        }
    }
    problems
}

fn of_summary(matcher: &Matched) -> bool {
    matcher.label == "quantile"
        && matcher.is_equality
        && matcher.value.parse::<f64>().is_ok_and(|q| q > 0.0 && q < 1.0)
}
