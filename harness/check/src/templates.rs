//! Templates of alerts and legends: labels that the expression cannot have, values in labels.
//!
//! In a template `$labels` are those of the expression's element, without the rule's own (`rules/alerting.go` of
//! Prometheus). Texts are not expanded here.

use std::collections::BTreeSet;

use monitoring::RuleKind;
use prom::problem::{Code, Problem};

use super::Subject;
use super::expressions::{Expression, Place};
use super::shape::{Known, Shape};
use super::tree::Tree;

/// Labels in annotations, labels and legends that are always empty; labels that change with the value.
pub(super) fn labels_and_values(subject: &Subject<'_>) -> Vec<Problem> {
    let known = Known::of(subject.inputs.rules, &subject.catalogue);
    let mut problems = Vec::new();
    for expression in &subject.expressions {
        let Some(tree) = expression.tree() else { continue };
        let shape = known.shape(tree);
        match expression.place {
            Place::Rule { rule, .. } => {
                let RuleKind::Alert { annotations, for_ms, .. } = &rule.kind else { continue };
                for (name, text) in annotations.iter().chain(&rule.labels) {
                    problems.extend(empty_labels(expression, &shape, name, text));
                }
                for (name, text) in &rule.labels {
                    problems.extend(value_in_label(expression, tree, name, text, *for_ms));
                }
            }
            Place::Target { target, .. } => {
                problems.extend(empty_legend(expression, &shape, &target.legend_format));
            }
            Place::Other => {}
        }
    }
    problems
}

fn empty_labels(
    expression: &Expression<'_>,
    shape: &Shape,
    place: &str,
    text: &str,
) -> Vec<Problem> {
    let names: BTreeSet<&str> = actions(text).into_iter().flat_map(labels_of).collect();
    let is_empty =
        |name: &&str| shape.lacks(name) && *name != "__name__" && !is_asked_first(text, name);
    let has = match shape.may.iter().flatten().cloned().collect::<Vec<_>>() {
        all if all.is_empty() => "the expression has no labels".to_owned(),
        all => format!("the expression has {}", all.join(", ")),
    };
    let problem = |name: &str| {
        let message = format!("{place}: $labels.{name} is always empty");
        expression.problem(Code::EmptyTemplateLabel, &message).remedy(&*has)
    };
    names.into_iter().filter(is_empty).map(problem).collect()
}

/// `{{ if $labels.x }}` knows that there may be none.
fn is_asked_first(text: &str, name: &str) -> bool {
    let asks = |action: &&&str| action.starts_with("if ") || action.starts_with("with ");
    actions(text).iter().filter(asks).any(|action| labels_of(action).contains(&name))
}

fn empty_legend(expression: &Expression<'_>, shape: &Shape, legend: &str) -> Vec<Problem> {
    let names = legend.split("{{").skip(1).filter_map(|rest| Some(rest.split_once("}}")?.0.trim()));
    let is_name = |name: &&str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let empty = names.filter(is_name).filter(|name| shape.lacks(name) && *name != "__name__");
    let has = shape.may.iter().flatten().cloned().collect::<Vec<_>>().join(", ");
    empty
        .map(|name| {
            let message = format!("legend: {{{{{name}}}}} is always empty");
            let remedy = if has.is_empty() {
                "the expression has no labels".to_owned()
            } else {
                format!("the expression has {has}")
            };
            expression.problem(Code::EmptyLegend, &message).remedy(remedy)
        })
        .collect()
}

fn value_in_label(
    expression: &Expression<'_>,
    tree: &Tree,
    name: &str,
    text: &str,
    for_ms: i64,
) -> Option<Problem> {
    let actions = actions(text);
    // A condition on the value may give the same text for all values.
    if actions.iter().any(|action| action.starts_with("if ")) || is_constant(tree) {
        return None;
    }
    let printed =
        actions.iter().any(|action| action.contains("$value") || action.contains(".Value"));
    printed.then(|| {
        let message = if for_ms > 0 {
            format!("label {name:?} changes with the value: each value is another alert, and `for` begins anew: it never fires while the value changes")
        } else {
            format!("label {name:?} changes with the value: each value is another alert")
        };
        expression.problem(Code::ValueInLabel, &message).remedy("put {{ $value }} into an annotation")
    })
}

/// Whether each element has the same value whenever there is one.
fn is_constant(tree: &Tree) -> bool {
    match tree {
        Tree::Call(name, _) => matches!(name.as_str(), "absent" | "absent_over_time"),
        Tree::Binary(binary) if binary.operator == "==" => {
            binary.is_bool || binary.left.constant().is_some() || binary.right.constant().is_some()
        }
        Tree::Binary(binary) if binary.operator == "and" || binary.operator == "unless" => {
            is_constant(&binary.left)
        }
        Tree::Aggregate { operator, .. } => operator == "group",
        _ => false,
    }
}

/// What stands in `{{ }}`.
fn actions(text: &str) -> Vec<&str> {
    let inside = text.split("{{").skip(1).filter_map(|rest| Some(rest.split_once("}}")?.0));
    inside.map(|action| action.trim_matches(['-', ' ', '\n', '\t'])).collect()
}

/// The labels that an action names: `$labels.name`, `index $labels "name"`. (`.Labels` may be those of a query.)
fn labels_of(action: &str) -> Vec<&str> {
    let name = |rest: &str| {
        rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())
    };
    let dotted = action.split("$labels.").skip(1).map(|rest| &rest[..name(rest)]);
    let indexed =
        action.split("index $labels \"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0));
    dotted.chain(indexed).filter(|name| !name.is_empty()).collect()
}
