//! Comparisons and set operations of an alert's expression, applied to what the engine answered.
//!
//! Mirrors `VectorBinop` and `VectorscalarBinop` of Prometheus (`promql/engine.go`) for comparisons, for all evaluations
//! of a group at once. It is given answers and knows no engine; that it decides as the engine would is checked on runs of
//! each campaign.

use prom::promql::{
    condition::Decision,
    operator::{Join, Matching, Relation, SetOperation},
};
use truth::evaluate::{
    binary::between,
    matching::{ManyToMany, set},
    row::{Row, without_empty},
};

/// How operands are applied.
#[derive(Clone, Copy, Debug)]
pub struct Applied<'a> {
    /// The value of each operand.
    pub values: &'a [f64],
    /// Comparisons that let everything pass; where the operand is the factor of a vector, values become multiples of
    /// that vector.
    pub open: Open,
}

/// Which comparisons let everything pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// None: the expression as it is.
    None,
    /// That of one operand; what does not pass through it is left out.
    One(usize),
    /// All of them.
    All,
}

impl Open {
    fn is(self, operand: usize) -> bool {
        match self {
            Open::None => false,
            Open::One(open) => open == operand,
            Open::All => true,
        }
    }
}

/// The elements that the expression has, given the answer to each question.
///
/// # Errors
/// If the engine would fail the evaluation.
pub fn decide(
    decision: &Decision,
    answers: &[Vec<Row>],
    applied: Applied<'_>,
) -> Result<Vec<Row>, ManyToMany> {
    match decision {
        Decision::Ask(nth) => Ok(answers[*nth].clone()),
        Decision::Compare { operand, left, relation, against } => {
            let mut left = decide(left, answers, applied)?;
            let open = applied.open.is(*operand);
            let value = applied.values[*operand];
            match against {
                None if open => {}
                None => left.iter_mut().for_each(|row| {
                    for found in &mut row.values {
                        *found = found.filter(|found| relation.holds(*found, value));
                    }
                }),
                Some((vector, matching)) => {
                    let vector = decide(vector, answers, applied)?;
                    left = compare(&left, &vector, matching, *relation, (!open).then_some(value))?;
                }
            }
            Ok(without_empty(left))
        }
        Decision::Set { operation, left, right, matching } => {
            let branch = one_branch(applied.open, left, right);
            if let Some(branch) = branch.filter(|_| *operation == SetOperation::Or) {
                return decide(branch, answers, applied);
            }
            let left = decide(left, answers, applied)?;
            let right = decide(right, answers, applied)?;
            Ok(without_empty(set(*operation, left, right, matching)))
        }
    }
}

/// The branch of an `or` that the open operand is in: what comes through the other says nothing of it.
fn one_branch<'a>(open: Open, left: &'a Decision, right: &'a Decision) -> Option<&'a Decision> {
    let Open::One(open) = open else { return None };
    match (left.compares(open), right.compares(open)) {
        (true, false) => Some(left),
        (false, true) => Some(right),
        _ => None,
    }
}

/// Elements of `left` for which the comparison with `factor` times the matching element holds; with no factor, every
/// element with a match, as a multiple of it.
fn compare(
    left: &[Row],
    right: &[Row],
    matching: &Matching,
    relation: Relation,
    factor: Option<f64>,
) -> Result<Vec<Row>, ManyToMany> {
    let join = Join { matching: matching.clone(), many: None };
    between(left, right, &join, true, |value, other| match factor {
        Some(factor) => relation.holds(value, factor * other).then_some(value),
        None => Some(value / other),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use prom::promql::condition::Condition;
    use prom::series::Labels;

    fn row(labels: &[(&str, &str)], values: &[Option<f64>]) -> Row {
        let labels: Labels = labels.iter().copied().collect();
        Row { labels: labels.into(), values: values.to_vec() }
    }

    fn decided(expression: &str, answers: &[Vec<Row>], open: Open) -> Vec<Row> {
        let condition = Condition::of(expression).unwrap();
        let values = condition.values();
        decide(&condition.decision, answers, Applied { values: &values, open }).unwrap()
    }

    const M: [(&str, &str); 2] = [("__name__", "a"), ("m", "1")];
    const N: [(&str, &str); 2] = [("__name__", "a"), ("m", "2")];

    #[test]
    fn comparisons_filter_and_open_ones_do_not() {
        let answers = [vec![row(&M, &[Some(1.0), None, Some(3.0), Some(f64::NAN)])]];
        let above = decided("a > 2", &answers, Open::None);
        assert_eq!(above, [row(&M, &[None, None, Some(3.0), None])]);
        let either = [answers[0].clone(), vec![row(&N, &[Some(7.0); 4])]];
        assert_eq!(decided("a > 2 or b > 6", &either, Open::One(1)), either[1]);
        let open = decided("a > 2", &answers, Open::One(0));
        assert_eq!(open[0].values[..3], [Some(1.0), None, Some(3.0)]);
        assert_eq!(decided("a > 9", &answers, Open::None), []);
    }

    #[test]
    fn set_operations_look_at_every_instant() {
        let left = vec![row(&M, &[Some(1.0), Some(1.0), None]), row(&N, &[Some(2.0); 3])];
        let right = vec![row(&[("m", "1"), ("x", "y")], &[Some(0.0), None, Some(0.0)])];
        let answers = [left.clone(), right];
        assert_eq!(
            decided("a and on (m) b", &answers, Open::None),
            [row(&M, &[Some(1.0), None, None])]
        );
        assert_eq!(
            decided("a unless on (m) b", &answers, Open::None),
            [row(&M, &[None, Some(1.0), None]), row(&N, &[Some(2.0); 3])]
        );
        // Without `on`, the label x keeps them apart.
        assert_eq!(decided("a and b", &answers, Open::None), []);
        let either = decided("a or on (m) b", &answers, Open::None);
        assert_eq!(either[..2], left);
        assert_eq!(either[2].values, [None, None, Some(0.0)]);
    }

    #[test]
    fn a_vector_is_compared_with_a_multiple_of_its_match() {
        let left = vec![row(&[("__name__", "a"), ("m", "1"), ("z", "z")], &[Some(3.0), Some(5.0)])];
        let right = vec![row(&M, &[Some(2.0), Some(2.0)]), row(&N, &[Some(0.0); 2])];
        let answers = [left.clone(), right];
        let on = [("m", "1")];
        let found = decided("a > on (m) 2 * b", &answers, Open::None);
        assert_eq!(found, [row(&on, &[None, Some(5.0)])]);
        let open = decided("a > on (m) 2 * b", &answers, Open::One(0));
        assert_eq!(open, [row(&on, &[Some(1.5), Some(2.5)])]);
        // Two that belong to the same element fail the evaluation only where both pass.
        let twice = |other: f64| {
            let answers = [vec![left[0].clone(), row(&M, &[Some(other); 2])], answers[1].clone()];
            let condition = Condition::of("a > on (m) 2 * b").unwrap();
            let applied = Applied { values: &[2.0], open: Open::None };
            decide(&condition.decision, &answers, applied)
        };
        assert_eq!(twice(1.0), Ok(found));
        assert_eq!(twice(9.0), Err(ManyToMany));
    }
}
