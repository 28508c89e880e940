//! Which labels the elements of an expression can have, as far as those of its selectors are known.
//!
//! Only what is certain: an element has no label that is not listed, and what is not known is `None`. Values are not
//! known here.

use std::collections::BTreeSet;

use super::{
    expr::{Aggregate, Binary, Call, Expr, Selector},
    operator::{Aggregation, Grouping, Matching, Operator, SetOperation, Side},
};

/// Label names, without the metric's name.
pub type LabelNames = BTreeSet<String>;

/// The label names of an expression's elements; `known` tells those of the series that a selector selects.
pub fn label_names(
    expr: &Expr,
    known: &dyn Fn(&Selector) -> Option<LabelNames>,
) -> Option<LabelNames> {
    match expr {
        Expr::Number(_) => Some(LabelNames::new()),
        Expr::Text(_) => None,
        Expr::Paren(inner) | Expr::Negate(inner) => label_names(inner, known),
        Expr::Subquery(subquery) => label_names(&subquery.expr, known),
        Expr::Select(selector) => known(selector),
        Expr::Range(range) => known(&range.selector),
        Expr::Aggregate(aggregate) => of_aggregate(aggregate, known),
        Expr::Call(call) => of_call(call, known),
        Expr::Binary(binary) => of_binary(binary, known),
    }
}

fn of_aggregate(
    aggregate: &Aggregate,
    known: &dyn Fn(&Selector) -> Option<LabelNames>,
) -> Option<LabelNames> {
    match aggregate.operator {
        Aggregation::Topk
        | Aggregation::Bottomk
        | Aggregation::Limitk
        | Aggregation::LimitRatio
        | Aggregation::CountValues => return None,
        Aggregation::Sum
        | Aggregation::Min
        | Aggregation::Max
        | Aggregation::Avg
        | Aggregation::Count
        | Aggregation::Group
        | Aggregation::Stddev
        | Aggregation::Stdvar
        | Aggregation::Quantile => {}
    }
    let inner = label_names(&aggregate.expr, known);
    match aggregate.labels_left() {
        Grouping::By(kept) => {
            let is_there = |label: &String| inner.as_ref().is_none_or(|i| i.contains(label));
            Some(kept.into_iter().filter(is_there).collect())
        }
        grouping @ Grouping::Without(_) => {
            let mut inner = inner?;
            inner.retain(|label| grouping.keeps(label));
            Some(inner)
        }
    }
}

fn of_call(call: &Call, known: &dyn Fn(&Selector) -> Option<LabelNames>) -> Option<LabelNames> {
    match (call.function.as_str(), call.last_vector()) {
        ("label_replace" | "label_join", _) => None,
        ("absent" | "absent_over_time", Some(argument)) => match argument {
            Expr::Select(_) => Some(argument.absent_labels().into_keys().collect()),
            _ => None,
        },
        ("histogram_quantile", Some(argument)) => {
            let mut labels = label_names(argument, known)?;
            labels.remove("le");
            Some(labels)
        }
        ("scalar", _) | (_, None) => Some(LabelNames::new()),
        (_, Some(argument)) => label_names(argument, known),
    }
}

fn of_binary(
    binary: &Binary,
    known: &dyn Fn(&Selector) -> Option<LabelNames>,
) -> Option<LabelNames> {
    let (left, right) = (|| label_names(&binary.left, known), || label_names(&binary.right, known));
    match (binary.left.is_vector(), binary.right.is_vector()) {
        (true, false) => return left(),
        (false, true) => return right(),
        (false, false) => return Some(LabelNames::new()),
        (true, true) => {}
    }
    match binary.operator {
        Operator::Set(SetOperation::And | SetOperation::Unless) => return left(),
        Operator::Set(SetOperation::Or) => return Some(&left()? | &right()?),
        Operator::Arithmetic(_) | Operator::Compare(_) => {}
    }
    if let Some((side, copied)) = &binary.many {
        let mut labels = if *side == Side::Left { left()? } else { right()? };
        labels.extend(copied.iter().cloned());
        return Some(labels);
    }
    match &binary.matching {
        Some(Matching::On(on)) => Some(on.iter().cloned().collect()),
        Some(ignoring @ Matching::Ignoring(_)) => {
            let mut labels = left()?;
            labels.retain(|label| ignoring.keeps(label));
            Some(labels)
        }
        None => left().or_else(right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(expression: &str) -> Option<String> {
        let known = |selector: &Selector| match selector.metric.as_deref() {
            Some("a") => Some(["x", "y", "le"].map(str::to_owned).into()),
            Some("b") => Some(["x", "z"].map(str::to_owned).into()),
            _ => None,
        };
        let found = label_names(&Expr::parse(expression).unwrap(), &known)?;
        Some(found.into_iter().collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn labels_follow_clauses_and_nothing_is_guessed() {
        let table = [
            ("a", Some("le x y")),
            ("rate(a[5m])", Some("le x y")),
            ("unknown", None),
            ("sum(unknown)", Some("")),
            ("sum by (x, q) (unknown)", Some("q x")),
            ("sum by (x, q) (a)", Some("x")),
            ("quantile without (x) (0.9, a)", Some("le y")),
            ("topk(1, a)", None),
            ("count_values(\"v\", a)", None),
            ("histogram_quantile(0.9, rate(a[5m]))", Some("x y")),
            ("absent(a{q=\"1\", r=~\"2\"})", Some("q")),
            ("label_replace(a, \"q\", \"$1\", \"x\", \".*\")", None),
            ("scalar(a)", Some("")),
            ("2 * -(b)", Some("x z")),
            ("a and unknown", Some("le x y")),
            ("a or b", Some("le x y z")),
            ("a + on (x) b", Some("x")),
            ("a + ignoring (y, le) b", Some("x")),
            ("a + on (x) group_left (z) b", Some("le x y z")),
            ("a > on (x) group_right () b", Some("x z")),
            ("unknown + b", Some("x z")),
        ];
        for (expression, expected) in table {
            assert_eq!(names(expression).as_deref(), expected, "{expression}");
        }
    }
}
