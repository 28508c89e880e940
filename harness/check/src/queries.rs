//! Checks of what functions are applied to: rates of counters, quantiles of buckets.

use super::Subject;
use super::catalogue::SeriesKind;
use prom::problem::{Code, Problem};
use prom::promql::{SelectorUse, Step};

/// Functions that take decreases for resets.
const FOR_COUNTERS: [&str; 3] = ["rate", "increase", "irate"];

/// Functions that take resets for decreases.
const FOR_GAUGES: [&str; 4] = ["delta", "idelta", "deriv", "predict_linear"];

/// Counter functions over gauges and sums, gauge functions over counters.
pub(super) fn counters_and_gauges(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for expression in &subject.expressions {
        for selector in expression.selectors() {
            if let Some((function, operator)) = rate_of_aggregate(selector) {
                let message = format!(
                    "{function} over a subquery of {operator}: a reset or a lost series of one instance distorts all"
                );
                problems.push(
                    expression
                        .problem(Code::RateOfAggregate, &message)
                        .remedy(format!("write {operator}({function}(…))")),
                );
            }
            let Some(function) = innermost_function(selector) else { continue };
            for (name, series) in subject.catalogue.selected(&selector.metrics) {
                let is_counter = matches!(series.kind, SeriesKind::Counter | SeriesKind::Bucket);
                // What is recorded is judged by what records it.
                let is_gauge = series.kind == SeriesKind::Gauge;
                if FOR_COUNTERS.contains(&function) && is_gauge {
                    let message = format!("{function} over {name}, which is no counter");
                    problems.push(expression.problem(Code::RateOfGauge, &message));
                } else if FOR_GAUGES.contains(&function) && is_counter {
                    let message = format!(
                        "{function} over {name}, which is a counter: restarts look like decreases"
                    );
                    problems.push(
                        expression
                            .problem(Code::DeltaOfCounter, &message)
                            .remedy("use rate or increase"),
                    );
                }
            }
        }
    }
    problems
}

/// `histogram_quantile` over something else than rates of buckets by `le`.
pub(super) fn histograms(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for expression in &subject.expressions {
        for selector in expression.selectors() {
            let quantile = |step: &Step| *step == Step::Function("histogram_quantile".to_owned());
            let Some(at) = selector.path.iter().position(quantile) else { continue };
            let inside = &selector.path[at + 1..];
            for (name, series) in subject.catalogue.selected(&selector.metrics) {
                if matches!(series.kind, SeriesKind::Counter | SeriesKind::Gauge) {
                    let message = format!("histogram_quantile over {name}, which has no buckets");
                    problems.push(expression.problem(Code::QuantileWithoutBuckets, &message));
                }
            }
            let rated = inside.iter().any(|step| {
                matches!(step, Step::Function(name) if FOR_COUNTERS.contains(&name.as_str()))
            });
            let raw_buckets = subject.catalogue.selected(&selector.metrics);
            if !rated && raw_buckets.iter().any(|(_, series)| series.kind == SeriesKind::Bucket) {
                let message = "histogram_quantile over buckets since the start of the process";
                problems.push(
                    expression
                        .problem(Code::QuantileSinceStart, message)
                        .remedy("take the rate of the buckets first"),
                );
            }
        }
    }
    problems
}

/// The function directly around a range selector.
fn innermost_function(selector: &SelectorUse) -> Option<&str> {
    selector.window?;
    match selector.path.last() {
        Some(Step::Function(function)) => Some(function),
        _ => None,
    }
}

/// A counter function around a subquery with an aggregation in it.
fn rate_of_aggregate(selector: &SelectorUse) -> Option<(&str, &str)> {
    selector.path.windows(2).enumerate().find_map(|(at, pair)| {
        let [Step::Function(function), Step::Subquery(_)] = pair else { return None };
        let inside = selector.path[at + 2..].iter().find_map(|step| match step {
            Step::Aggregation { operator, .. } => Some(operator.as_str()),
            _ => None,
        });
        FOR_COUNTERS.contains(&function.as_str()).then_some(function.as_str()).zip(inside)
    })
}
