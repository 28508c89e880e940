//! The mistakes themselves: each place of a rule at which a person could go wrong, changed once.
//!
//! Pure; what is changed stays PromQL. Whether a mistake is noticed is judged elsewhere.

use prom::{
    duration,
    promql::{
        expr::{Aggregate, Binary, Expr, RangeSelector},
        operator::{Operator, Relation, SetOperation},
    },
};
use proof::alert::{AlertRule, Timing};

use super::{Mutant, RuleMutantKind};

/// Every mutant of `rule`, in a fixed order, none equal to it; of an expression that is not PromQL, those of the rest.
#[must_use]
pub fn mutants(rule: &AlertRule) -> Vec<Mutant> {
    let mut found = Vec::new();
    if let Ok(expr) = Expr::parse(&rule.expr) {
        let original = expr.to_string();
        for edit in edits(&expr) {
            let text = edit.expr.to_string();
            // Some mistakes are none that an engine would accept, and some change nothing.
            if text != original && Expr::parse(&text).is_ok() {
                found.push(Mutant {
                    rule: AlertRule { expr: text, ..rule.clone() },
                    kind: edit.kind,
                    what: edit.what,
                    operand: edit.operand,
                });
            }
        }
    }
    found.extend(of_timing(rule));
    for label in rule.labels.keys() {
        let mut labels = rule.labels.clone();
        labels.remove(label);
        found.push(Mutant {
            rule: AlertRule { labels, ..rule.clone() },
            kind: RuleMutantKind::Label,
            what: format!("label {label} of the rule dropped"),
            operand: None,
        });
    }
    found.sort_by_key(|mutant| mutant.kind);
    found
}

fn of_timing(rule: &AlertRule) -> Vec<Mutant> {
    let Timing { for_ms, keep_firing_for_ms } = rule.timing;
    let mutant = |kind, what: String, timing| Mutant {
        rule: AlertRule { timing, ..rule.clone() },
        kind,
        what,
        operand: None,
    };
    let mut found = Vec::new();
    for factor in [0, 4] {
        let how = |name: &str, millis: i64| match factor {
            0 => format!("{name} removed"),
            n => {
                format!("{name}: {} for {}", duration::format(n * millis), duration::format(millis))
            }
        };
        if for_ms > 0 {
            let timing = Timing { for_ms: factor * for_ms, ..rule.timing };
            found.push(mutant(RuleMutantKind::For, how("for", for_ms), timing));
        }
        if keep_firing_for_ms > 0 {
            let keep = keep_firing_for_ms;
            let timing = Timing { keep_firing_for_ms: factor * keep, ..rule.timing };
            let what = how("keep_firing_for", keep);
            found.push(mutant(RuleMutantKind::KeepFiringFor, what, timing));
        }
    }
    found
}

struct Edit {
    kind: RuleMutantKind,
    what: String,
    operand: Option<String>,
    expr: Expr,
}

impl Edit {
    fn new(kind: RuleMutantKind, what: String, expr: Expr) -> Edit {
        Edit { kind, what, operand: None, expr }
    }
}

/// Every edit of `expr` and of the parts below it, outer parts first.
fn edits(expr: &Expr) -> Vec<Edit> {
    let mut found = match expr {
        Expr::Binary(binary) => of_binary(binary),
        Expr::Aggregate(aggregate) => of_aggregate(aggregate),
        Expr::Range(range) => {
            let window_ms = range.window_ms.saturating_mul(2);
            let what = format!("{range} becomes [{}]", duration::format(window_ms));
            let doubled = Expr::Range(RangeSelector { window_ms, ..range.clone() });
            vec![Edit::new(RuleMutantKind::Window, what, doubled)]
        }
        _ => Vec::new(),
    };
    for (position, part) in expr.children().into_iter().enumerate() {
        for edit in edits(part) {
            let whole = expr.with_child(position, edit.expr);
            found.push(Edit { expr: whole, ..edit });
        }
    }
    found
}

fn of_binary(binary: &Binary) -> Vec<Edit> {
    let mut found = Vec::new();
    let (op, left, right) = (binary.operator, binary.left.as_ref(), binary.right.as_ref());
    let without_right =
        |kind| Edit::new(kind, format!("`{op} {}` dropped", line(right)), left.clone());
    let without_left =
        |kind| Edit::new(kind, format!("`{} {op}` dropped", line(left)), right.clone());
    match op {
        Operator::Set(SetOperation::And | SetOperation::Unless) => {
            found.push(without_right(RuleMutantKind::Guard));
        }
        Operator::Set(SetOperation::Or) => {
            found.push(without_right(RuleMutantKind::Branch));
            found.push(without_left(RuleMutantKind::Branch));
        }
        Operator::Compare(relation) => {
            let is_left = left.is_scalar();
            let threshold = if is_left { left } else { right };
            let guard = RuleMutantKind::Guard;
            found.push(if is_left { without_left(guard) } else { without_right(guard) });
            let zero = matches!(threshold, Expr::Number(number) if *number == 0.0);
            for factor in [0.5, 2.0].into_iter().filter(|_| !zero) {
                let scaled = Binary::product(threshold.grouped(), Expr::Number(factor)).grouped();
                let mut changed = binary.clone();
                let side = if is_left { &mut changed.left } else { &mut changed.right };
                **side = scaled;
                let what = format!("threshold {} times {factor}", line(threshold));
                found.push(Edit::new(RuleMutantKind::Threshold, what, Expr::Binary(changed)));
            }
            for (kind, other) in others(relation) {
                let operator = Operator::Compare(other);
                let what = format!("{op} becomes {operator}: {}", line_of(binary));
                let changed = Expr::Binary(Binary { operator, ..binary.clone() });
                let operand = (kind == RuleMutantKind::Boundary).then(|| line_of(binary));
                found.push(Edit { operand, ..Edit::new(kind, what, changed) });
            }
        }
        Operator::Arithmetic(_) => {}
    }
    found.extend(of_matching(binary));
    found
}

/// What a comparison could be mistaken for.
fn others(relation: Relation) -> Vec<(RuleMutantKind, Relation)> {
    use RuleMutantKind::{Boundary, Comparison};
    match relation {
        Relation::Above => vec![(Comparison, Relation::Below), (Boundary, Relation::AtLeast)],
        Relation::AtLeast => vec![(Comparison, Relation::AtMost), (Boundary, Relation::Above)],
        Relation::Below => vec![(Comparison, Relation::Above), (Boundary, Relation::AtMost)],
        Relation::AtMost => vec![(Comparison, Relation::AtLeast), (Boundary, Relation::Below)],
        Relation::Equal => vec![(Comparison, Relation::NotEqual)],
        Relation::NotEqual => vec![(Comparison, Relation::Equal)],
    }
}

fn of_matching(binary: &Binary) -> Vec<Edit> {
    let Some(matching) = &binary.matching else { return Vec::new() };
    let edit = |(label, rest): (String, Vec<String>)| {
        let what = format!("label {label} of the matching of {} dropped", binary.operator);
        let matching = Some(matching.with(rest));
        let changed = Expr::Binary(Binary { matching, ..binary.clone() });
        Edit::new(RuleMutantKind::Label, what, changed)
    };
    without_each(matching.labels()).map(edit).collect()
}

fn of_aggregate(aggregate: &Aggregate) -> Vec<Edit> {
    let Some(grouping) = &aggregate.grouping else { return Vec::new() };
    let edit = |(label, rest): (String, Vec<String>)| {
        let what = format!("label {label} of the grouping of {} dropped", aggregate.operator);
        let grouping = Some(grouping.with(rest));
        let changed = Expr::Aggregate(Aggregate { grouping, ..aggregate.clone() });
        Edit::new(RuleMutantKind::Label, what, changed)
    };
    without_each(grouping.labels()).map(edit).collect()
}

/// Each of the labels, and those that are left without it.
fn without_each(labels: &[String]) -> impl Iterator<Item = (String, Vec<String>)> {
    (0..labels.len()).map(|position| {
        let mut rest = labels.to_vec();
        (rest.remove(position), rest)
    })
}

fn line_of(binary: &Binary) -> String {
    line(&Expr::Binary(binary.clone()))
}

/// On one line, as cases name it.
fn line(expr: &Expr) -> String {
    expr.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use proof::alert::alert_rules;

    #[test]
    fn every_place_is_changed_once() {
        let text = "groups:
- name: g
  rules:
  - alert: A
    expr: 'sum by (p) (rate(x[5m])) / (sum by (p) (rate(y[5m])) > 0.1) >= 2 or z == 0 unless on (p) up'
    for: 1m
    keep_firing_for: 2m
    labels: { severity: page }
";
        let file = monitoring::rules::parse(Path::new("r.yml"), text).unwrap();
        let rule = alert_rules(&[file], 30_000, (0, 0), |_, _, _| 0).remove(0);
        let found = mutants(&rule);
        let count = |kind| found.iter().filter(|mutant| mutant.kind == kind).count();
        let counts = [
            RuleMutantKind::Threshold,
            RuleMutantKind::Comparison,
            RuleMutantKind::Boundary,
            RuleMutantKind::Window,
            RuleMutantKind::For,
            RuleMutantKind::KeepFiringFor,
            RuleMutantKind::Guard,
            RuleMutantKind::Branch,
            RuleMutantKind::Label,
        ]
        .map(count);
        // Twice zero is zero: `== 0` has no other threshold.
        assert_eq!(counts, [4, 3, 2, 2, 2, 2, 4, 2, 4]);
        let mut changed: Vec<String> = found.iter().map(|m| format!("{:?}", m.rule)).collect();
        changed.sort();
        changed.dedup();
        assert_eq!(changed.len(), found.len());
        assert!(found.iter().all(|mutant| mutant.rule != rule));
    }
}
