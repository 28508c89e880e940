//! The plain part of PromQL, evaluated here: an expression at all evaluations of a group at once.
//!
//! Made for campaigns of many runs, of which Prometheus evaluates some and this the rest: `promql::tree` says what is
//! plain, [`store`] holds the samples, [`row`]s are the answers. Arithmetic is the oracle's, so that rates and increases
//! agree with the engine to the last bit; sums of several series, whose order is the engine's own, to a few. [`agreement`]
//! holds one against the other.
//! No server is asked, and nothing is known of rules, alerts or the simulation.

mod aggregate;
pub mod agreement;
pub mod binary;
pub mod matching;
mod range;
pub mod row;
pub mod store;
mod sum;

use std::sync::Arc;

use matching::ManyToMany;
use row::{Row, without_empty};
use store::Store;

use prom::{
    evaluations::Evaluations,
    promql::{
        condition::Relation,
        tree::{Function, Tree},
    },
    series::Labels,
};

/// What an expression is at each evaluation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// A number.
    Scalar(Vec<f64>),
    /// Elements.
    Vector(Vec<Row>),
}

/// Why Prometheus would fail an evaluation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluateError {
    /// Operands that do not match one to one.
    #[error(transparent)]
    ManyToMany(#[from] ManyToMany),
    /// Two elements of a result are the same but for the metric's name, which a function has dropped.
    #[error("two elements have the labels {labels} at once")]
    SameLabels {
        /// Their labels.
        labels: Labels,
    },
    /// An operand has another type than the tree says, which the parser lets pass nowhere.
    #[error("a number stands where a vector should, or the other way round")]
    Type,
}

/// What becomes of that which hangs on the last bits of a sum.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ties {
    /// By how much the rank of quantiles is moved, as a share of all observations: see
    /// [`crate::oracle::histogram_quantile_near`].
    shift: f64,
    /// Whether comparisons of values that may be the same hold, and what may be the same: what is no further apart than
    /// this, or than a share of either that rounding explains.
    hold: Option<(bool, f64)>,
}

impl Ties {
    /// Whether a comparison of these values holds.
    fn holds(self, relation: Relation, left: f64, right: f64) -> bool {
        match self.hold {
            Some((hold, slack)) if agreement::close(left, right, slack) => hold,
            _ => relation.holds(left, right),
        }
    }
}

/// The elements of `tree` at each of `evaluations`, in the order of their labels; those without any value are left out.
///
/// # Errors
/// If Prometheus would fail an evaluation.
pub fn evaluate(
    tree: &Tree,
    store: &mut Store,
    evaluations: Evaluations,
) -> Result<Vec<Row>, EvaluateError> {
    near(tree, store, evaluations, Ties::default())
}

/// As [`evaluate`], with ties decided one way or the other.
pub(crate) fn near(
    tree: &Tree,
    store: &mut Store,
    evaluations: Evaluations,
    ties: Ties,
) -> Result<Vec<Row>, EvaluateError> {
    let value = Evaluator { store, evaluations, ties }.value(tree)?;
    let mut rows = match value {
        Value::Scalar(values) => vec![Row::of_scalar(values)],
        Value::Vector(rows) => without_empty(rows),
    };
    rows.sort_by(|one, other| one.labels.cmp(&other.labels));
    Ok(rows)
}

/// An evaluation under way.
struct Evaluator<'a> {
    store: &'a mut Store,
    evaluations: Evaluations,
    ties: Ties,
}

impl Evaluator<'_> {
    fn value(&mut self, tree: &Tree) -> Result<Value, EvaluateError> {
        Ok(match tree {
            Tree::Number(number) => Value::Scalar(vec![*number; self.evaluations.count()]),
            Tree::Time => Value::Scalar(self.evaluations.instants().map(seconds).collect()),
            Tree::Select(selector) => Value::Vector(self.store.levels(selector, self.evaluations)),
            Tree::Timestamp(selector) => {
                let rows = self.store.timestamps(selector, self.evaluations);
                Value::Vector(nameless(rows)?)
            }
            Tree::Range { function, selector, window_ms } => {
                let found = self.store.over(*function, selector, *window_ms, self.evaluations);
                Value::Vector(if function.keeps_name() { found } else { unique(found)? })
            }
            Tree::Map(function, of) => self.map(*function, of)?,
            Tree::Quantile(q, of) => {
                let buckets = self.vector(of)?;
                let found = aggregate::quantile(self.store.era(), *q, &buckets, self.ties.shift);
                Value::Vector(nameless(found)?)
            }
            Tree::Absent(of, labels) => {
                let found = self.vector(of)?;
                let there = |nth: usize| found.iter().any(|row| row.values[nth].is_some());
                let values = (0..self.evaluations.count()).map(|nth| (!there(nth)).then_some(1.0));
                let labels = Arc::new(labels.iter().cloned().collect());
                Value::Vector(vec![Row { labels, values: values.collect() }])
            }
            Tree::Vector(of) => Value::Vector(vec![Row::of_scalar(self.scalar(of)?)]),
            Tree::Scalar(of) => {
                let found = self.vector(of)?;
                let only = |nth: usize| {
                    let mut there = found.iter().filter_map(|row| row.values[nth]);
                    there.next().filter(|_| there.next().is_none()).unwrap_or(f64::NAN)
                };
                Value::Scalar((0..self.evaluations.count()).map(only).collect())
            }
            Tree::Aggregate(aggregation, grouping, of) => {
                let rows = self.vector(of)?;
                let era = self.store.era();
                Value::Vector(aggregate::aggregate(era, *aggregation, grouping, &rows))
            }
            Tree::Binary { operator, left, right, join } => {
                let ties = if left.adds() || right.adds() { self.ties } else { Ties::default() };
                let (left, right) = (self.value(left)?, self.value(right)?);
                binary::binary(*operator, left, right, join, ties)?
            }
            Tree::Set { operation, left, right, matching } => {
                let (left, right) = (self.vector(left)?, self.vector(right)?);
                Value::Vector(matching::set(*operation, left, right, matching))
            }
        })
    }

    fn map(&mut self, function: Function, of: &Tree) -> Result<Value, EvaluateError> {
        Ok(match self.value(of)? {
            Value::Scalar(values) => {
                Value::Scalar(values.into_iter().map(|value| apply(function, value)).collect())
            }
            Value::Vector(mut rows) => {
                for value in rows.iter_mut().flat_map(|row| &mut row.values) {
                    *value = value.map(|value| apply(function, value));
                }
                Value::Vector(nameless(rows)?)
            }
        })
    }

    fn vector(&mut self, tree: &Tree) -> Result<Vec<Row>, EvaluateError> {
        match self.value(tree)? {
            Value::Vector(rows) => Ok(rows),
            Value::Scalar(_) => Err(EvaluateError::Type),
        }
    }

    fn scalar(&mut self, tree: &Tree) -> Result<Vec<f64>, EvaluateError> {
        match self.value(tree)? {
            Value::Scalar(values) => Ok(values),
            Value::Vector(_) => Err(EvaluateError::Type),
        }
    }
}

fn seconds(at_ms: i64) -> f64 {
    at_ms as f64 / 1000.0
}

fn apply(function: Function, value: f64) -> f64 {
    match function {
        Function::Negate => -value,
        Function::Abs => value.abs(),
        Function::Ceil => value.ceil(),
        Function::Floor => value.floor(),
        Function::Sqrt => value.sqrt(),
        Function::ClampMin(low) => greater(value, low),
        // Lesser of two is greater of their opposites.
        Function::ClampMax(high) => -greater(-value, -high),
    }
}

/// Go's `math.Max`: an infinity that wins, wins over a NaN too, which wins over all else; 0 is greater than -0.
fn greater(one: f64, other: f64) -> f64 {
    match () {
        () if one == f64::INFINITY || other == f64::INFINITY => f64::INFINITY,
        () if one.is_nan() || other.is_nan() => f64::NAN,
        () if one > other || one == other && one.is_sign_positive() => one,
        () => other,
    }
}

/// Rows without their metric's name.
fn nameless(mut rows: Vec<Row>) -> Result<Vec<Row>, EvaluateError> {
    for row in &mut rows {
        if row.labels.metric_name().is_some() {
            row.labels = Arc::new(row.labels.without("__name__"));
        }
    }
    unique(rows)
}

/// Rows of which several may have the same labels, as one each; that is an error where they have values at once.
fn unique(mut rows: Vec<Row>) -> Result<Vec<Row>, EvaluateError> {
    if rows.len() < 2 {
        return Ok(rows);
    }
    rows.sort_by(|one, other| one.labels.cmp(&other.labels));
    let mut found: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows {
        match found.last_mut().filter(|last| last.labels == row.labels) {
            Some(last) if matching::overlap(&last.values, &row.values) => {
                return Err(EvaluateError::SameLabels { labels: row.labels.as_ref().clone() });
            }
            Some(last) => matching::fill(&mut last.values, &row.values),
            None => found.push(row),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
