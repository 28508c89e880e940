//! Mistakes between operands: a constant, filter or branch dropped, operands swapped, matching changed.
//!
//! Called by the walk. Of what is around the operation, it knows only whether scale matters there.

use promql_parser::label::Labels;
use promql_parser::parser::token::{T_ADD, T_DIV, T_LAND, T_LOR, T_LUNLESS, T_MUL, T_SUB};
use promql_parser::parser::{BinModifier, BinaryExpr, Expr, LabelModifier, ParenExpr};

use super::walk::{Scope, Site};
use super::{Edit, MutantKind, labels};

pub(super) fn edits(binary: &BinaryExpr, scope: Scope, site: Site<'_>) -> Vec<Edit> {
    let mut edits = operand_edits(binary, scope);
    edits.extend(matching_edits(binary, site));
    edits
}

fn operand_edits(binary: &BinaryExpr, scope: Scope) -> Vec<Edit> {
    let (lhs, rhs) = (binary.lhs.as_ref(), binary.rhs.as_ref());
    let op = binary.op.id();
    let kept_left = |kind| Edit::new(kind, format!("`{} {rhs}` dropped", binary.op), lhs.clone());
    let kept_right = |kind| Edit::new(kind, format!("`{lhs} {}` dropped", binary.op), rhs.clone());
    match op {
        _ if binary.op.is_comparison_operator() => {
            vec![if constant(lhs).is_some() {
                kept_right(MutantKind::Filter)
            } else {
                kept_left(MutantKind::Filter)
            }]
        }
        T_LOR => vec![kept_left(MutantKind::Branch), kept_right(MutantKind::Branch)],
        T_LAND | T_LUNLESS => vec![kept_left(MutantKind::Branch)],
        T_ADD | T_SUB | T_MUL | T_DIV => {
            let scales = matches!(op, T_MUL | T_DIV) && scope.scale_free;
            let reason = "a quantile is the same at any scale";
            let mut edits = Vec::new();
            if constant(rhs).is_some() {
                edits.push(kept_left(MutantKind::Factor).equivalent_if(scales, reason));
            }
            if constant(lhs).is_some() {
                edits.push(
                    kept_right(MutantKind::Factor).equivalent_if(scales && op == T_MUL, reason),
                );
            }
            if matches!(op, T_DIV | T_SUB) {
                let swapped = BinaryExpr {
                    lhs: Box::new(grouped(rhs)),
                    rhs: Box::new(grouped(lhs)),
                    ..binary.clone()
                };
                let description = format!("operands of {} swapped", binary.op);
                edits.push(Edit::new(MutantKind::Operands, description, Expr::Binary(swapped)));
            }
            edits
        }
        _ => Vec::new(),
    }
}

fn matching_edits(binary: &BinaryExpr, site: Site<'_>) -> Vec<Edit> {
    let Some(modifier) = &binary.modifier else { return Vec::new() };
    let Some(matching) = &modifier.matching else { return Vec::new() };
    let (word, inverse) =
        if matching.is_include() { ("on", "ignoring") } else { ("ignoring", "on") };
    let labels = matching.labels();
    let with = |word: &str, labels: Labels| match word {
        "on" => Some(LabelModifier::Include(labels)),
        _ => Some(LabelModifier::Exclude(labels)),
    };
    let edit = |how: String, matching: Option<LabelModifier>| {
        let modifier = Some(BinModifier { matching, ..modifier.clone() });
        let mutant = Expr::Binary(BinaryExpr { modifier, ..binary.clone() });
        Edit::new(MutantKind::Matching, format!("{word} ({labels}) {how}"), mutant)
    };
    let only_these = |side: &Expr| {
        labels::of(side, site).is_some_and(|found| found.iter().all(|l| labels.labels.contains(l)))
    };
    let changes_nothing =
        matching.is_include() && only_these(&binary.lhs) && only_these(&binary.rhs);
    let mut edits = vec![
        edit("dropped".to_owned(), None)
            .equivalent_if(changes_nothing, "no series of either side has another label"),
        edit(format!("becomes {inverse}"), with(inverse, labels.clone())),
    ];
    edits.extend((0..labels.labels.len()).map(|position| {
        let mut kept = labels.clone();
        let label = kept.labels.remove(position);
        edit(format!("without {label}"), with(word, kept))
    }));
    edits
}

/// The value of a number literal, also in parentheses.
pub(super) fn constant(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::NumberLiteral(number) => Some(number.val),
        Expr::Paren(paren) => constant(&paren.expr),
        _ => None,
    }
}

/// In parentheses if it could be disassembled by precedence elsewhere.
fn grouped(expr: &Expr) -> Expr {
    match expr {
        Expr::Binary(_) | Expr::Unary(_) => Expr::Paren(ParenExpr { expr: Box::new(expr.clone()) }),
        _ => expr.clone(),
    }
}
