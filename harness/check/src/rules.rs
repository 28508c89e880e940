//! Checks of rules among each other.

use super::Subject;
use super::expressions::Place;
use super::shape::Known;
use super::tree::Tree;
use monitoring::{Rule, RuleKind};
use prom::problem::{Code, Problem};
use prom::promql::MetricNames;

/// Rules that read what a later rule of their group records, and rules that
/// record the same series.
pub(super) fn order_and_repetition(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for expression in &subject.expressions {
        let Place::Rule { group, rule } = expression.place else { continue };
        let later = group.rules.iter().skip_while(|other| !std::ptr::eq(*other, rule)).skip(1);
        for later in later.filter(|later| is_recording(later)) {
            let reads = |metrics: &MetricNames| match metrics {
                MetricNames::Listed(_) => metrics.may_select(later.name()),
                MetricNames::Pattern(matchers) => {
                    !matchers.is_empty() && metrics.may_select(later.name())
                }
                MetricNames::Variable => false,
            };
            if expression.selectors().iter().any(|selector| reads(&selector.metrics)) {
                let message = format!(
                    "reads {}, which a later rule of group {:?} records: it sees the value of the evaluation before",
                    later.name(),
                    group.name
                );
                problems.push(
                    expression
                        .problem(Code::RuleOrder, &message)
                        .remedy("move the recording rule up"),
                );
            }
        }
    }
    problems.extend(repetitions(subject));
    problems
}

fn repetitions(subject: &Subject<'_>) -> Vec<Problem> {
    let known = Known::of(subject.inputs.rules, &subject.catalogue);
    let shape =
        |rule: &Rule| Tree::of(&rule.expr).map(|tree| known.shape(&tree)).unwrap_or_default();
    let mut problems = Vec::new();
    let mut seen: Vec<&Rule> = Vec::new();
    for file in subject.inputs.rules {
        for rule in
            file.groups.iter().flat_map(|group| &group.rules).filter(|rule| is_recording(rule))
        {
            let same = |other: &&&Rule| other.name() == rule.name() && other.labels == rule.labels;
            for other in seen.iter().filter(same) {
                let message =
                    format!("{} is recorded by two rules with the same labels", rule.name());
                if words(&other.expr) == words(&rule.expr) {
                    problems.push(Problem::new(
                        Code::DuplicateRecording,
                        &file.file,
                        rule.line,
                        message,
                    ));
                    break;
                }
                // One name for several parts is fine where a label keeps them apart.
                let (one, two) = (shape(other), shape(rule));
                let is_apart = |(label, value): (&String, &Option<String>)| {
                    value.is_some()
                        && two.has.get(label).is_some_and(|other| other.is_some() && other != value)
                };
                if one.may.is_some() && one.may == two.may && !one.has.iter().any(is_apart) {
                    let problem = Problem::new(
                        Code::LikelyDuplicateRecording,
                        &file.file,
                        rule.line,
                        message,
                    );
                    problems.push(problem.remedy(
                        "a series of both would have two values: give one another name or label",
                    ));
                    break;
                }
            }
            seen.push(rule);
        }
    }
    problems
}

fn words(expr: &str) -> Vec<&str> {
    expr.split_whitespace().collect()
}

fn is_recording(rule: &Rule) -> bool {
    matches!(rule.kind, RuleKind::Record { .. })
}
