//! Joins whose sides can never match, and those that fail with a second copy of a service.
//!
//! What a label's values are is not known here, but where a matcher or a rule fixes them.

use prom::problem::{Code, Problem};

use super::Subject;
use super::expressions::Expression;
use super::shape::{Known, Shape};
use super::tree::{Binary, Tree};

/// Operators whose sides have labels or values that keep them apart, in panels and in rules.
pub(super) fn never(subject: &Subject<'_>) -> Vec<Problem> {
    let known = Known::of(subject.inputs.rules, &subject.catalogue);
    let mut problems = Vec::new();
    for expression in &subject.expressions {
        let Some(tree) = expression.tree() else { continue };
        for part in tree.all() {
            if let Tree::Binary(binary) = part
                && binary.left.is_vector()
                && binary.right.is_vector()
            {
                problems.extend(apart(expression, binary, &known));
                problems.extend(replicas(expression, binary, &known));
            }
        }
    }
    problems
}

fn apart(expression: &Expression<'_>, binary: &Binary, known: &Known) -> Option<Problem> {
    if binary.operator == "or" {
        return None;
    }
    let (left, right) = (known.shape(&binary.left), known.shape(&binary.right));
    let compared = |label: &str| match &binary.on {
        Some(on) => on.iter().any(|on| on == label),
        None => !binary.ignoring.iter().any(|ignored| ignored == label),
    };
    let effect = if binary.operator == "unless" {
        "nothing is ever taken away"
    } else {
        "nothing ever matches"
    };
    for (label, value) in left.has.iter().filter(|(label, _)| compared(label)) {
        if let (Some(value), Some(Some(other))) = (value, right.has.get(label))
            && value != other
        {
            let message = format!(
                "{}: the left side has {label}={value:?}, the right side {label}={other:?}: {effect}",
                binary.operator
            );
            return Some(expression.problem(Code::SidesNeverMatch, &message).remedy(format!(
                "write ignoring ({label}), or on (…) with the labels that are equal"
            )));
        }
    }
    // Labels in `on` are judged by the check that names them.
    if binary.on.is_some() {
        return None;
    }
    let alone = |one: &Shape, other: &Shape| -> Vec<String> {
        let sure = one.has.keys().filter(|label| other.lacks(label) && compared(label));
        let exact = one
            .may
            .iter()
            .flatten()
            .filter(|label| one.is_exact && other.lacks(label) && compared(label));
        let mut found: Vec<String> = sure.chain(exact).cloned().collect();
        found.sort();
        found.dedup();
        found
    };
    let (of_left, of_right) = (alone(&left, &right), alone(&right, &left));
    // `group_left` alone matches by all labels, too.
    if !of_left.is_empty() || !of_right.is_empty() {
        let side = |labels: &[String], name: &str| match labels {
            [] => None,
            labels => Some(format!("only the {name} side has {}", labels.join(", "))),
        };
        let sides: Vec<String> =
            side(&of_left, "left").into_iter().chain(side(&of_right, "right")).collect();
        let message = format!("{}: {}: {effect}", binary.operator, sides.join(", "));
        return Some(
            expression
                .problem(Code::SidesNeverMatch, &message)
                .remedy("write on (…) with the labels that both sides have"),
        );
    }
    if binary.group.is_some() || left.may.is_some() || right.may.is_some() {
        return None;
    }
    // Labels that each side alone asks for, of different metrics: most metrics lack the other's.
    let asked = |one: &Shape, other: &Shape| -> Vec<String> {
        one.has
            .keys()
            .filter(|label| !other.has.contains_key(*label) && compared(label))
            .cloned()
            .collect()
    };
    let (of_left, of_right) = (asked(&left, &right), asked(&right, &left));
    if of_left.is_empty() || of_right.is_empty() || share_a_metric(binary) {
        return None;
    }
    let message = format!(
        "{}: the left side asks for {}, the right side for {}; without on (…) all labels must be equal, so that probably nothing matches",
        binary.operator,
        of_left.join(", "),
        of_right.join(", ")
    );
    Some(
        expression
            .problem(Code::SidesRarelyMatch, &message)
            .remedy("write on (…) with the labels that both sides have"),
    )
}

fn share_a_metric(binary: &Binary) -> bool {
    let names = |tree: &Tree| -> Vec<Option<String>> {
        tree.selectors().iter().map(|selector| selector.metric.clone()).collect()
    };
    let right = names(&binary.right);
    names(&binary.left).iter().any(|name| name.is_none() || right.contains(name))
        || right.contains(&None)
}

/// Labels that tell copies of a service apart.
const OF_A_COPY: [&str; 9] =
    ["instance", "pod", "pod_name", "node", "host", "hostname", "container", "uid", "id"];

/// `group_left` whose one side has an element for each copy of a service.
fn replicas(expression: &Expression<'_>, binary: &Binary, known: &Known) -> Option<Problem> {
    let (is_left, _) = binary.group.as_ref()?;
    let one = if *is_left { &binary.right } else { &binary.left };
    let Tree::Select(selector) = one.as_ref() else { return None };
    let name = selector.metric.as_ref().filter(|name| name.ends_with("_build_info"))?;
    let on = binary.on.as_ref()?;
    let tells_apart = |label: &String| OF_A_COPY.contains(&label.as_str());
    if on.iter().any(tells_apart) || known.shape(one).lacks("instance") {
        return None;
    }
    let all = on.join(", ");
    let message = format!(
        "on ({all}) does not tell instances apart: with a second copy, or during a rollout, {name} has several series for one match, and the evaluation fails"
    );
    Some(
        expression
            .problem(Code::JoinOfCopies, &message)
            .remedy(format!("write on ({all}, instance), or max by ({all}, …) ({name})")),
    )
}
