//! Checks of labels: matched or grouped by, but not there; values never emitted.
//!
//! Judged for every metric that a selector selects and whose labels are known;
//! results of recording rules are not. Above `label_replace` and operators
//! between vectors labels are not followed.

use std::collections::{BTreeMap, BTreeSet};

use super::Subject;
use super::emitted::LabelValues;
use super::expressions::Expression;
use prom::problem::{Code, Problem};
use prom::promql::{self, Grouping, LabelMatcher, MetricNames, SelectorUse, Step};

/// The label that holds the name of a series.
const NAME: &str = "__name__";

type Labels<'a> = BTreeMap<&'a str, LabelValues>;

/// Matchers and groupings that ask for labels or values that do not exist.
pub(super) fn matchers_and_groupings(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for expression in &subject.expressions {
        for selector in expression.selectors() {
            // Other patterns select series by their labels, whatever the name.
            if !matches!(selector.metrics, MetricNames::Listed(_)) {
                continue;
            }
            for (name, series) in subject.catalogue.selected(&selector.metrics) {
                let Some(labels) = &series.labels else { continue };
                for matcher in selector.matchers.iter().filter(|matcher| !matcher.is_variable()) {
                    problems.extend(match_label(expression, name, labels, matcher));
                }
                problems.extend(groupings(expression, name, labels, selector));
            }
        }
    }
    problems
}

fn match_label(
    expression: &Expression<'_>,
    name: &str,
    labels: &Labels<'_>,
    matcher: &LabelMatcher,
) -> Option<Problem> {
    let label = matcher.label();
    let Some(values) = labels.get(label) else {
        let all: Vec<_> = labels.keys().copied().collect();
        let has = format!("it has {}", all.join(", "));
        return Some(if matcher.accepts("") {
            expression
                .problem(
                    Code::NeedlessMatcher,
                    &format!("{matcher:?} excludes nothing: {name} has no label {label:?}"),
                )
                .remedy(has)
        } else {
            expression
                .problem(
                    Code::UnknownLabel,
                    &format!("{matcher:?} selects nothing: {name} has no label {label:?}"),
                )
                .remedy(has)
        });
    };
    let LabelValues::Of(values) = values else { return None };
    let known: Vec<_> = values.iter().map(String::as_str).collect();
    let has = format!("it has {}", known.join(", "));
    if !values.iter().any(|value| matcher.accepts(value)) {
        return Some(
            expression
                .problem(Code::UnknownLabelValue, &format!("{matcher:?} selects nothing of {name}"))
                .remedy(has),
        );
    }
    let listed = matcher.listed_values().unwrap_or_default();
    let missing = listed.into_iter().find(|value| !value.is_empty() && !values.contains(value));
    missing.map(|value| {
        expression
            .problem(
                Code::UnknownLabelValue,
                &format!("{matcher:?}: {name} never has {label}={value:?}"),
            )
            .remedy(has)
    })
}

/// Follows the labels from the selector outwards.
fn groupings(
    expression: &Expression<'_>,
    name: &str,
    labels: &Labels<'_>,
    selector: &SelectorUse,
) -> Vec<Problem> {
    // Every series has a name, until an aggregation drops it; where a function does, an aggregation by it is no slip.
    let mut left: BTreeSet<&str> = labels.keys().copied().chain([NAME]).collect();
    let mut problems = Vec::new();
    for step in selector.path.iter().rev() {
        match step {
            Step::Binary { .. } => break,
            Step::Function(function) if changes_labels(function) => break,
            Step::Function(_) | Step::Subquery(_) => {}
            Step::Aggregation { operator, .. } if operator == "count_values" => break,
            Step::Aggregation { operator, grouping } => {
                let (Grouping::By(wanted) | Grouping::Without(wanted)) = grouping;
                let is_by = matches!(grouping, Grouping::By(_));
                // A label that is a dashboard variable is not known.
                let missing = wanted
                    .iter()
                    .filter(|label| !left.contains(label.as_str()) && !promql::is_variable(label));
                for label in missing {
                    let clause = if is_by { "by" } else { "without" };
                    let message = format!(
                        "{operator} {clause} ({label}): {name} has no label {label:?} here"
                    );
                    let all: Vec<_> = left.iter().copied().filter(|label| *label != NAME).collect();
                    let code = match is_by {
                        true => Code::UnknownGroupingLabel,
                        false => Code::NeedlessGroupingLabel,
                    };
                    let problem = expression.problem(code, &message);
                    problems.push(problem.remedy(format!("it has {}", all.join(", "))));
                }
                if !matches!(operator.as_str(), "topk" | "bottomk" | "limitk" | "limit_ratio") {
                    left.retain(|label| wanted.iter().any(|wanted| wanted == label) == is_by);
                }
            }
        }
    }
    problems
}

fn changes_labels(function: &str) -> bool {
    matches!(
        function,
        "label_replace" | "label_join" | "absent" | "absent_over_time" | "scalar" | "info"
    )
}
