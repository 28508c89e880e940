//! Mistakes between operands: a constant, filter or branch dropped, operands swapped, matching changed.
//!
//! Called by the walk. Of what is around the operation, it knows only whether scale matters there.

use prom::promql::{
    expr::{Binary, Expr},
    labels::label_names,
    operator::{Arithmetic, Matching, Operator, SetOperation},
    print,
};

use super::site::{Scope, Site};
use super::{Edit, MutantKind, selector};

pub(super) fn edits(binary: &Binary, scope: Scope, site: Site<'_>) -> Vec<Edit> {
    let mut edits = operand_edits(binary, scope);
    edits.extend(matching_edits(binary, site));
    edits
}

fn operand_edits(binary: &Binary, scope: Scope) -> Vec<Edit> {
    let (left, right) = (binary.left.as_ref(), binary.right.as_ref());
    let op = binary.operator;
    let kept_left = |kind| Edit::new(kind, format!("`{op} {right}` dropped"), left.clone());
    let kept_right = |kind| Edit::new(kind, format!("`{left} {op}` dropped"), right.clone());
    match op {
        Operator::Compare(_) if left.literal().is_some() => vec![kept_right(MutantKind::Filter)],
        Operator::Compare(_) => vec![kept_left(MutantKind::Filter)],
        Operator::Set(SetOperation::Or) => {
            vec![kept_left(MutantKind::Branch), kept_right(MutantKind::Branch)]
        }
        Operator::Set(SetOperation::And | SetOperation::Unless) => {
            vec![kept_left(MutantKind::Branch)]
        }
        Operator::Arithmetic(
            how @ (Arithmetic::Add
            | Arithmetic::Subtract
            | Arithmetic::Multiply
            | Arithmetic::Divide),
        ) => {
            let multiplies = how == Arithmetic::Multiply;
            let scales = (multiplies || how == Arithmetic::Divide) && scope.scale_free;
            let reason = "a quantile is the same at any scale";
            let mut edits = Vec::new();
            if right.literal().is_some() {
                edits.push(kept_left(MutantKind::Factor).equivalent_if(scales, reason));
            }
            if left.literal().is_some() {
                let dropped = kept_right(MutantKind::Factor);
                edits.push(dropped.equivalent_if(scales && multiplies, reason));
            }
            if matches!(how, Arithmetic::Divide | Arithmetic::Subtract) {
                let swapped = Binary {
                    left: Box::new(right.grouped()),
                    right: Box::new(left.grouped()),
                    ..binary.clone()
                };
                let description = format!("operands of {op} swapped");
                edits.push(Edit::new(MutantKind::Operands, description, Expr::Binary(swapped)));
            }
            edits
        }
        Operator::Arithmetic(_) => Vec::new(),
    }
}

fn matching_edits(binary: &Binary, site: Site<'_>) -> Vec<Edit> {
    let Some(matching) = &binary.matching else { return Vec::new() };
    let labels = matching.labels();
    let (word, inverse, inverted) = match matching {
        Matching::On(_) => ("on", "ignoring", Matching::Ignoring(labels.to_vec())),
        Matching::Ignoring(_) => ("ignoring", "on", Matching::On(labels.to_vec())),
    };
    let written = print::labels(labels);
    let edit = |how: String, matching: Option<Matching>| {
        let mutant = Expr::Binary(Binary { matching, ..binary.clone() });
        Edit::new(MutantKind::Matching, format!("{word} ({written}) {how}"), mutant)
    };
    let only_these = |side: &Expr| {
        label_names(side, &|selector| selector::labels(selector, site))
            .is_some_and(|found| found.iter().all(|label| labels.contains(label)))
    };
    let changes_nothing = word == "on" && only_these(&binary.left) && only_these(&binary.right);
    let mut edits = vec![
        edit("dropped".to_owned(), None)
            .equivalent_if(changes_nothing, "no series of either side has another label"),
        edit(format!("becomes {inverse}"), Some(inverted)),
    ];
    edits.extend((0..labels.len()).map(|position| {
        let mut kept = labels.to_vec();
        let label = kept.remove(position);
        edit(format!("without {label}"), Some(matching.with(kept)))
    }));
    edits
}
