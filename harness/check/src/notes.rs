//! What is worth a look in expressions that are right: one note for each kind, with its places.

use monitoring::grafana::dashboard::QueryKind;

use super::Subject;
use super::expressions::{Expression, Place};
use super::tree::{Binary, Tree};

/// A kind of note: what it is, and whether a part of an expression is one.
type Kind = (&'static str, fn(&Expression<'_>, &Tree) -> bool);

const KINDS: [Kind; 7] = [
    ("`or vector(0)`: a source that is gone looks like a healthy 0", or_nothing),
    ("divisions whose right side can be 0, so that the answer is NaN or +Inf", may_divide_by_zero),
    ("clamp_min on a denominator: below it a ratio no longer says how bad it is", clamped),
    ("`=` with a variable that can have several values: write =~", equals_many),
    ("topk or bottomk over a range: more series than that are drawn", top_of_range),
    ("hour() and its like: UTC, whatever the browser shows", clock),
    ("absent: an alert has only the labels that the selector asks for by `=`", absent),
];

/// All notes on expressions.
pub(super) fn all(subject: &Subject<'_>) -> Vec<(&'static str, Vec<String>)> {
    let of = |(what, is_one): &Kind| {
        let places = subject.expressions.iter().filter(|expression| {
            expression
                .tree()
                .is_some_and(|tree| tree.all().into_iter().any(|part| is_one(expression, part)))
        });
        let places: Vec<String> = places
            .map(|place| match place.line {
                Some(line) => format!("{}:{line}: {}", place.file.display(), place.owner),
                None => format!("{}: {}", place.file.display(), place.owner),
            })
            .collect();
        (!places.is_empty()).then_some((*what, places))
    };
    KINDS.iter().filter_map(of).collect()
}

fn or_nothing(_: &Expression<'_>, tree: &Tree) -> bool {
    let Tree::Binary(Binary { operator, right, .. }) = tree else { return false };
    let zero = |arguments: &[Tree]| matches!(arguments, [only] if only.constant() == Some(0.0));
    operator == "or"
        && matches!(right.as_ref(), Tree::Call(name, arguments) if name == "vector" && zero(arguments))
}

fn may_divide_by_zero(_: &Expression<'_>, tree: &Tree) -> bool {
    let Tree::Binary(Binary { operator, right, .. }) = tree else { return false };
    let mut parts = right.all().into_iter();
    let is_guarded = parts.any(|part| match part {
        Tree::Binary(binary) => binary.is_comparison(),
        Tree::Call(name, _) => name == "clamp_min",
        _ => false,
    });
    operator == "/" && right.is_vector() && !is_guarded && right.all().into_iter().any(is_rate)
}

fn is_rate(tree: &Tree) -> bool {
    matches!(tree, Tree::Call(name, _) if matches!(name.as_str(), "rate" | "increase" | "irate"))
}

fn clamped(_: &Expression<'_>, tree: &Tree) -> bool {
    let Tree::Binary(Binary { operator, right, .. }) = tree else { return false };
    operator == "/"
        && right
            .all()
            .into_iter()
            .any(|part| matches!(part, Tree::Call(name, _) if name == "clamp_min"))
}

fn equals_many(expression: &Expression<'_>, tree: &Tree) -> bool {
    let Place::Target { dashboard, target, .. } = expression.place else { return false };
    let (Tree::Select(selector) | Tree::Range(selector, _)) = tree else { return false };
    let many = dashboard.variables.iter().filter(|variable| variable.multi || variable.include_all);
    let mut many = many.flat_map(|variable| {
        [format!("\"${}\"", variable.name), format!("\"${{{}}}\"", variable.name)]
    });
    let is_equality =
        selector.matchers.iter().any(|matcher| matcher.is_equality && matcher.is_variable);
    is_equality && many.any(|quoted| target.expr.contains(&format!("={quoted}")))
}

fn top_of_range(expression: &Expression<'_>, tree: &Tree) -> bool {
    let Place::Target { target, panel, .. } = expression.place else { return false };
    let is_top = matches!(tree, Tree::Aggregate { operator, .. } if matches!(operator.as_str(), "topk" | "bottomk"));
    is_top
        && target.kind != QueryKind::Instant
        && matches!(panel.kind.as_str(), "timeseries" | "graph")
}

fn clock(_: &Expression<'_>, tree: &Tree) -> bool {
    let is_clock = |name: &str| matches!(name, "hour" | "day_of_week" | "day_of_month" | "minute");
    matches!(tree, Tree::Call(name, arguments) if is_clock(name) && arguments.is_empty())
}

fn absent(expression: &Expression<'_>, tree: &Tree) -> bool {
    let is_rule = matches!(expression.place, Place::Rule { .. });
    is_rule && matches!(tree, Tree::Call(name, _) if name == "absent" || name == "absent_over_time")
}
