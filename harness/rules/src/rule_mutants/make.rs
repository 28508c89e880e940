//! The mistakes themselves: each place of a rule at which a person could go wrong, changed once.
//!
//! Pure; what is changed stays PromQL. Whether a mistake is noticed is judged elsewhere.

use std::time::Duration;

use promql_parser::{
    label::Labels,
    parser::{
        AggregateExpr, BinModifier, BinaryExpr, Expr, LabelModifier, MatrixSelector, NumberLiteral,
        ParenExpr, parse,
        token::{
            T_EQLC, T_GTE, T_GTR, T_LAND, T_LOR, T_LSS, T_LTE, T_LUNLESS, T_MUL, T_NEQ, TokenId,
            TokenType,
        },
        value::ValueType,
    },
};

use super::{Mutant, RuleMutantKind};
use prom::duration;
use proof::alert::{AlertRule, Timing};

use prom::promql::parts_of::{children, children_mut};

/// Every mutant of `rule`, in a fixed order, none equal to it; of an expression that is not PromQL, those of the rest.
#[must_use]
pub fn mutants(rule: &AlertRule) -> Vec<Mutant> {
    let mut found = Vec::new();
    if let Ok(expr) = parse(&rule.expr) {
        let original = expr.to_string();
        for edit in edits(&expr) {
            let text = edit.expr.to_string();
            // Some mistakes are none that an engine would accept, and some change nothing.
            if text != original && parse(&text).is_ok() {
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
        Expr::MatrixSelector(matrix) => {
            let range = matrix.range * 2;
            let what = format!("{matrix} becomes [{}]", shown(range));
            let doubled = Expr::MatrixSelector(MatrixSelector { range, ..matrix.clone() });
            vec![Edit::new(RuleMutantKind::Window, what, doubled)]
        }
        _ => Vec::new(),
    };
    for (position, part) in children(expr).into_iter().enumerate() {
        for edit in edits(part) {
            let mut whole = expr.clone();
            *children_mut(&mut whole)[position] = edit.expr;
            found.push(Edit { expr: whole, ..edit });
        }
    }
    found
}

fn of_binary(binary: &BinaryExpr) -> Vec<Edit> {
    let mut found = Vec::new();
    let op = binary.op.id();
    let dropped = |kind, rest: &Expr| {
        let side = if std::ptr::eq(rest, binary.lhs.as_ref()) {
            format!("`{} {}` dropped", binary.op, line(&binary.rhs))
        } else {
            format!("`{} {}` dropped", line(&binary.lhs), binary.op)
        };
        Edit::new(kind, side, rest.clone())
    };
    match op {
        T_LAND | T_LUNLESS => found.push(dropped(RuleMutantKind::Guard, &binary.lhs)),
        T_LOR => {
            found.push(dropped(RuleMutantKind::Branch, &binary.lhs));
            found.push(dropped(RuleMutantKind::Branch, &binary.rhs));
        }
        _ if binary.op.is_comparison_operator() => {
            let is_constant = |expr: &Expr| expr.value_type() == ValueType::Scalar;
            let (kept, threshold) = if is_constant(&binary.lhs) {
                (&binary.rhs, &binary.lhs)
            } else {
                (&binary.lhs, &binary.rhs)
            };
            found.push(dropped(RuleMutantKind::Guard, kept));
            for factor in [0.5, 2.0] {
                let scaled = Expr::Binary(BinaryExpr {
                    op: TokenType::new(T_MUL),
                    lhs: Box::new(grouped(threshold)),
                    rhs: Box::new(Expr::NumberLiteral(NumberLiteral::new(factor))),
                    modifier: None,
                });
                let zero = matches!(threshold.as_ref(), Expr::NumberLiteral(n) if n.val == 0.0);
                let mut changed = binary.clone();
                if is_constant(&binary.lhs) {
                    changed.lhs = Box::new(grouped(&scaled));
                } else {
                    changed.rhs = Box::new(grouped(&scaled));
                }
                if !zero {
                    let what = format!("threshold {} times {factor}", line(threshold));
                    found.push(Edit::new(RuleMutantKind::Threshold, what, Expr::Binary(changed)));
                }
            }
            for (kind, other) in others(op) {
                let op = TokenType::new(other);
                let what = format!("{} becomes {op}: {}", binary.op, line_of(binary));
                let changed = Expr::Binary(BinaryExpr { op, ..binary.clone() });
                let operand = (kind == RuleMutantKind::Boundary).then(|| line_of(binary));
                found.push(Edit { operand, ..Edit::new(kind, what, changed) });
            }
        }
        _ => {}
    }
    found.extend(of_matching(binary));
    found
}

/// What a comparison could be mistaken for.
fn others(op: TokenId) -> Vec<(RuleMutantKind, TokenId)> {
    use RuleMutantKind::{Boundary, Comparison};
    match op {
        T_GTR => vec![(Comparison, T_LSS), (Boundary, T_GTE)],
        T_GTE => vec![(Comparison, T_LTE), (Boundary, T_GTR)],
        T_LSS => vec![(Comparison, T_GTR), (Boundary, T_LTE)],
        T_LTE => vec![(Comparison, T_GTE), (Boundary, T_LSS)],
        T_EQLC => vec![(Comparison, T_NEQ)],
        T_NEQ => vec![(Comparison, T_EQLC)],
        _ => Vec::new(),
    }
}

fn of_matching(binary: &BinaryExpr) -> Vec<Edit> {
    let Some(modifier) = &binary.modifier else { return Vec::new() };
    let Some(matching) = &modifier.matching else { return Vec::new() };
    without_each(matching)
        .into_iter()
        .map(|(label, matching)| {
            let modifier = Some(BinModifier { matching: Some(matching), ..modifier.clone() });
            let what = format!("label {label} of the matching of {} dropped", binary.op);
            let changed = Expr::Binary(BinaryExpr { modifier, ..binary.clone() });
            Edit::new(RuleMutantKind::Label, what, changed)
        })
        .collect()
}

fn of_aggregate(aggregate: &AggregateExpr) -> Vec<Edit> {
    let Some(grouping) = &aggregate.modifier else { return Vec::new() };
    without_each(grouping)
        .into_iter()
        .map(|(label, grouping)| {
            let what = format!("label {label} of the grouping of {} dropped", aggregate.op);
            let modifier = Some(grouping);
            let changed = Expr::Aggregate(AggregateExpr { modifier, ..aggregate.clone() });
            Edit::new(RuleMutantKind::Label, what, changed)
        })
        .collect()
}

/// The labels without each of them in turn.
fn without_each(modifier: &LabelModifier) -> Vec<(String, LabelModifier)> {
    let labels = &modifier.labels().labels;
    let without = |position: usize| {
        let mut rest = labels.clone();
        let label = rest.remove(position);
        let rest = Labels { labels: rest };
        let modifier = match modifier {
            LabelModifier::Include(_) => LabelModifier::Include(rest),
            LabelModifier::Exclude(_) => LabelModifier::Exclude(rest),
        };
        (label, modifier)
    };
    (0..labels.len()).map(without).collect()
}

/// In parentheses if it could be taken apart by precedence elsewhere.
fn grouped(expr: &Expr) -> Expr {
    match expr {
        Expr::Binary(_) | Expr::Unary(_) => Expr::Paren(ParenExpr { expr: Box::new(expr.clone()) }),
        _ => expr.clone(),
    }
}

fn line_of(binary: &BinaryExpr) -> String {
    line(&Expr::Binary(binary.clone()))
}

/// On one line, as cases name it.
fn line(expr: &Expr) -> String {
    expr.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shown(range: Duration) -> String {
    duration::format(i64::try_from(range.as_millis()).unwrap_or(i64::MAX))
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
