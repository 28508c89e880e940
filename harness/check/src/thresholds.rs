//! Comparisons that never or always hold, and units that show a share a hundred times too low or too high.

use prom::problem::{Code, Problem};

use super::Subject;
use super::bounds::{Bounds, Recorded};
use super::expressions::{Expression, Place};
use super::tree::{Binary, Tree};

/// Thresholds beyond what an expression can be.
pub(super) fn never_and_always(subject: &Subject<'_>) -> Vec<Problem> {
    let recorded = Recorded::of(subject.inputs.rules);
    let mut problems = Vec::new();
    for expression in &subject.expressions {
        let Some(tree) = expression.tree() else { continue };
        for part in tree.all() {
            let Tree::Binary(binary) = part else { continue };
            if binary.is_comparison() && !binary.is_bool {
                problems.extend(comparison(expression, binary, &recorded));
            }
        }
    }
    problems
}

fn comparison(
    expression: &Expression<'_>,
    binary: &Binary,
    recorded: &Recorded<'_>,
) -> Option<Problem> {
    let (of, threshold, operator) = match (binary.left.constant(), binary.right.constant()) {
        (None, Some(threshold)) => (&binary.left, threshold, binary.operator.as_str()),
        (Some(threshold), None) => (&binary.right, threshold, turned(&binary.operator)),
        _ => return None,
    };
    let (low, high) = recorded.bounds(of);
    let (never, always) = match operator {
        ">" => (threshold >= high, threshold < low),
        ">=" => (threshold > high, threshold <= low),
        "<" => (threshold <= low, threshold > high),
        "<=" => (threshold < low, threshold >= high),
        "==" => (threshold < low || threshold > high, false),
        _ => (false, false),
    };
    let within = within((low, high));
    if never {
        let message = format!("{operator} {threshold} never holds: the expression is {within}");
        return Some(
            expression
                .problem(Code::NeverHolds, &message)
                .remedy("correct the threshold; a share is not a percentage"),
        );
    }
    // A comparison that always holds may be there for its labels.
    let is_share = low == 0.0 && high == 1.0;
    (always && is_share).then(|| {
        let message = format!("{operator} {threshold} always holds: the expression is {within}");
        expression.problem(Code::AlwaysHolds, &message)
    })
}

fn within((low, high): Bounds) -> String {
    match (low.is_finite(), high.is_finite()) {
        (true, true) if low == high => format!("always {low}"),
        (true, true) => format!("between {low} and {high}"),
        (true, false) => format!("at least {low}"),
        (false, true) => format!("at most {high}"),
        (false, false) => "anything".to_owned(),
    }
}

fn turned(operator: &str) -> &str {
    match operator {
        ">" => "<",
        ">=" => "<=",
        "<" => ">",
        "<=" => ">=",
        other => other,
    }
}

/// Shares shown in percent, and percentages shown as shares.
pub(super) fn units(subject: &Subject<'_>) -> Vec<Problem> {
    let recorded = Recorded::of(subject.inputs.rules);
    let mut problems = Vec::new();
    for expression in &subject.expressions {
        let Place::Target { panel, .. } = expression.place else { continue };
        let Some(tree) = expression.tree() else { continue };
        // Overrides may give a target a unit of its own.
        let in_override =
            panel.overrides.iter().flat_map(|found| &found.properties).any(|(id, _)| id == "unit");
        let Some(unit) =
            panel.field.unit.as_deref().filter(|_| !in_override && panel.targets.len() == 1)
        else {
            continue;
        };
        let bounds = recorded.bounds(tree);
        let message = match (unit, bounds) {
            ("percent", (0.0, 1.0)) => {
                "the expression is a share, at most 1: the unit \"percent\" shows it a hundred times too low"
            }
            ("percentunit", (0.0, 100.0)) => {
                "the expression is a percentage, at most 100: the unit \"percentunit\" shows it a hundred times too high"
            }
            _ => continue,
        };
        let remedy = if unit == "percent" {
            "set the unit to percentunit"
        } else {
            "set the unit to percent"
        };
        problems.push(expression.problem(Code::UnitOfShare, message).remedy(remedy));
    }
    problems
}
