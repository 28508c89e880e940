//! Which elements of two vectors belong together, for all evaluations at once.
//!
//! Mirrors `VectorAnd`, `VectorOr`, `VectorUnless` and the signatures of `VectorBinop` of Prometheus
//! (`promql/engine.go`).

use std::collections::BTreeMap;

use super::row::Row;
use prom::{
    promql::operator::{Matching, SetOperation},
    series::Labels,
};

const NAME: &str = "__name__";

/// Two elements of one side belong to the same element of the other, for which Prometheus fails the evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an operator between two vectors finds several elements with the same labels on one side")]
pub struct ManyToMany;

/// The result of a set operation.
pub fn set(
    operation: SetOperation,
    mut left: Vec<Row>,
    right: Vec<Row>,
    matching: &Matching,
) -> Vec<Row> {
    match operation {
        SetOperation::And | SetOperation::Unless => {
            let there = presence(&right, matching);
            for row in &mut left {
                let there = there.get(&signature(&row.labels, matching));
                for (nth, value) in row.values.iter_mut().enumerate() {
                    let matched = there.is_some_and(|there| there[nth]);
                    if matched != (operation == SetOperation::And) {
                        *value = None;
                    }
                }
            }
            left
        }
        SetOperation::Or => {
            let there = presence(&left, matching);
            for mut row in right {
                if let Some(there) = there.get(&signature(&row.labels, matching)) {
                    for (value, there) in row.values.iter_mut().zip(there) {
                        *value = value.filter(|_| !there);
                    }
                }
                // A series that comes from both sides at different instants is one.
                match left.iter_mut().find(|known| known.labels == row.labels) {
                    Some(known) => fill(&mut known.values, &row.values),
                    None => left.push(row),
                }
            }
            left
        }
    }
}

/// A column of values, one for each evaluation.
pub(crate) type Column = Vec<Option<f64>>;

/// Whether both have a value at any evaluation.
pub fn overlap(one: &[Option<f64>], other: &[Option<f64>]) -> bool {
    one.iter().zip(other).any(|(one, other)| one.is_some() && other.is_some())
}

/// Fills gaps of one column from another.
pub fn fill(known: &mut [Option<f64>], others: &[Option<f64>]) {
    for (value, other) in known.iter_mut().zip(others) {
        *value = value.or(*other);
    }
}

/// At which instants there is any element of a signature.
fn presence(rows: &[Row], matching: &Matching) -> BTreeMap<Labels, Vec<bool>> {
    let mut found: BTreeMap<Labels, Vec<bool>> = BTreeMap::new();
    for row in rows {
        let there = found
            .entry(signature(&row.labels, matching))
            .or_insert_with(|| vec![false; row.values.len()]);
        for (there, value) in there.iter_mut().zip(&row.values) {
            *there |= value.is_some();
        }
    }
    found
}

/// The labels by which an element is matched.
pub fn signature(labels: &Labels, matching: &Matching) -> Labels {
    let counts = |name: &str| match matching {
        Matching::On(names) => names.iter().any(|on| on == name),
        Matching::Ignoring(names) => name != NAME && !names.iter().any(|ignored| ignored == name),
    };
    labels.iter().filter(|(name, _)| counts(name)).collect()
}
