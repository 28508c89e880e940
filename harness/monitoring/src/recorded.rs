//! Which labels recorded series have, from the expressions of their rules.
//!
//! Only what is certain: a metric of which one label might be missing here is not listed at all.

use std::collections::{BTreeMap, BTreeSet};

use promql_parser::{
    label::MatchOp,
    parser::{
        BinaryExpr, Expr, LabelModifier, VectorMatchCardinality, parse,
        token::{T_AVG, T_COUNT, T_GROUP, T_LAND, T_LOR, T_LUNLESS, T_MAX, T_MIN, T_SUM},
        value::ValueType,
    },
};

use crate::{RuleFile, RuleKind};

/// The label names of every recorded metric, where they are known.
pub type RecordedLabels = BTreeMap<String, BTreeSet<String>>;

/// The label names of every recorded metric of `files` of which all are known.
#[must_use]
pub fn recorded_labels(files: &[RuleFile]) -> RecordedLabels {
    let mut known = RecordedLabels::new();
    let rules = || files.iter().flat_map(|file| &file.groups).flat_map(|group| &group.rules);
    // Rules may read each other in any order of files: each round learns from the last one.
    loop {
        let mut found: BTreeMap<String, Option<BTreeSet<String>>> = BTreeMap::new();
        for rule in rules() {
            let RuleKind::Record { metric } = &rule.kind else { continue };
            let labels = parse(&rule.expr).ok().and_then(|expr| labels_of(&expr, &known));
            let labels = labels.map(|mut labels| {
                labels.extend(rule.labels.keys().cloned());
                labels
            });
            let entry = found.entry(metric.clone()).or_insert_with(|| Some(BTreeSet::new()));
            *entry = match (entry.take(), labels) {
                (Some(before), Some(labels)) => Some(before.union(&labels).cloned().collect()),
                _ => None,
            };
        }
        let found: RecordedLabels =
            found.into_iter().filter_map(|(metric, labels)| Some((metric, labels?))).collect();
        if found == known {
            return known;
        }
        known = found;
    }
}

/// The label names of an expression's elements, as far as those of recorded series tell; `None` where they do not.
#[must_use]
pub fn labels_of(expr: &Expr, known: &RecordedLabels) -> Option<BTreeSet<String>> {
    match expr {
        Expr::NumberLiteral(_) => Some(BTreeSet::new()),
        Expr::Paren(inner) => labels_of(&inner.expr, known),
        Expr::Unary(inner) => labels_of(&inner.expr, known),
        Expr::VectorSelector(selector) => known.get(selector.name.as_ref()?).cloned(),
        Expr::MatrixSelector(matrix) => known.get(matrix.vs.name.as_ref()?).cloned(),
        Expr::Aggregate(aggregate) => {
            let plain = [T_SUM, T_COUNT, T_AVG, T_MIN, T_MAX, T_GROUP];
            if !plain.contains(&aggregate.op.id()) {
                return None;
            }
            let inner = labels_of(&aggregate.expr, known);
            match &aggregate.modifier {
                None => Some(BTreeSet::new()),
                Some(LabelModifier::Include(kept)) => {
                    let kept = kept.labels.iter().cloned();
                    Some(kept.filter(|l| inner.as_ref().is_none_or(|i| i.contains(l))).collect())
                }
                Some(LabelModifier::Exclude(dropped)) => {
                    let mut inner = inner?;
                    inner.retain(|label| !dropped.labels.contains(label));
                    Some(inner)
                }
            }
        }
        Expr::Call(call) => {
            let mut arguments = call.args.args.iter().map(AsRef::as_ref);
            let is_vector = |argument: &&Expr| {
                matches!(argument.value_type(), ValueType::Vector | ValueType::Matrix)
            };
            let vector = arguments.rfind(is_vector);
            match (call.func.name, vector) {
                ("label_replace" | "label_join", _) => None,
                ("absent" | "absent_over_time", Some(argument)) => {
                    let Expr::VectorSelector(selector) = argument else { return None };
                    let equal = selector.matchers.matchers.iter().filter(|matcher| {
                        matches!(matcher.op, MatchOp::Equal) && matcher.name != "__name__"
                    });
                    Some(equal.map(|matcher| matcher.name.clone()).collect())
                }
                ("histogram_quantile", Some(argument)) => {
                    let mut labels = labels_of(argument, known)?;
                    labels.remove("le");
                    Some(labels)
                }
                ("scalar", _) | (_, None) => Some(BTreeSet::new()),
                (_, Some(argument)) => labels_of(argument, known),
            }
        }
        Expr::Binary(binary) => of_binary(binary, known),
        Expr::Subquery(inner) => labels_of(&inner.expr, known),
        Expr::StringLiteral(_) | Expr::Extension(_) => None,
    }
}

fn of_binary(binary: &BinaryExpr, known: &RecordedLabels) -> Option<BTreeSet<String>> {
    let is_vector = |side: &Expr| side.value_type() == ValueType::Vector;
    match (is_vector(&binary.lhs), is_vector(&binary.rhs)) {
        (true, false) => return labels_of(&binary.lhs, known),
        (false, true) => return labels_of(&binary.rhs, known),
        (false, false) => return Some(BTreeSet::new()),
        (true, true) => {}
    }
    let modifier = binary.modifier.as_ref();
    match binary.op.id() {
        T_LAND | T_LUNLESS => return labels_of(&binary.lhs, known),
        T_LOR => {
            let (lhs, rhs) = (labels_of(&binary.lhs, known)?, labels_of(&binary.rhs, known)?);
            return Some(lhs.union(&rhs).cloned().collect());
        }
        _ => {}
    }
    let with = |many: &Expr, included: &promql_parser::label::Labels| {
        let mut labels = labels_of(many, known)?;
        labels.extend(included.labels.iter().cloned());
        Some(labels)
    };
    match modifier.map(|modifier| (&modifier.card, &modifier.matching)) {
        Some((VectorMatchCardinality::ManyToOne(included), _)) => with(&binary.lhs, included),
        Some((VectorMatchCardinality::OneToMany(included), _)) => with(&binary.rhs, included),
        Some((_, Some(LabelModifier::Include(on)))) => Some(on.labels.iter().cloned().collect()),
        Some((_, Some(LabelModifier::Exclude(ignored)))) => {
            let mut labels = labels_of(&binary.lhs, known)?;
            labels.retain(|label| !ignored.labels.contains(label));
            Some(labels)
        }
        _ => labels_of(&binary.lhs, known).or_else(|| labels_of(&binary.rhs, known)),
    }
}
