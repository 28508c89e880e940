//! The plain part of PromQL, evaluated here: an expression at all evaluations of a group at once.
//!
//! Made for campaigns of many runs, of which Prometheus evaluates some and this the rest: `promql::plain` says what is
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
        expr::{Binary, Call, Expr},
        operator::{Operator, Relation},
        plain::{self, Function, MapFunction, Plain},
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
    /// An operand has another type than its place asks for, which the parser lets pass nowhere.
    #[error("a number stands where a vector should, or the other way round")]
    Type,
    /// A part is not plain, which no expression is made of that is.
    #[error("`{part}` is not evaluated here")]
    NotPlain {
        /// The part.
        part: String,
    },
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

/// The elements of `plain` at each of `evaluations`, in the order of their labels; those without any value are left out.
///
/// # Errors
/// If Prometheus would fail an evaluation.
pub fn evaluate(
    plain: &Plain,
    store: &mut Store,
    evaluations: Evaluations,
) -> Result<Vec<Row>, EvaluateError> {
    near(plain.expr(), store, evaluations, Ties::default())
}

/// As [`evaluate`], of a part of a plain expression, with ties decided one way or the other.
pub(crate) fn near(
    expr: &Expr,
    store: &mut Store,
    evaluations: Evaluations,
    ties: Ties,
) -> Result<Vec<Row>, EvaluateError> {
    let value = Evaluator { store, evaluations, ties }.value(expr)?;
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

fn not_plain(expr: &Expr) -> EvaluateError {
    EvaluateError::NotPlain { part: expr.to_string() }
}

impl Evaluator<'_> {
    fn value(&mut self, expr: &Expr) -> Result<Value, EvaluateError> {
        Ok(match expr {
            Expr::Paren(inner) => self.value(inner)?,
            Expr::Number(number) => Value::Scalar(vec![*number; self.evaluations.count()]),
            Expr::Select(selector) => Value::Vector(self.store.levels(selector, self.evaluations)),
            Expr::Negate(of) => self.map(MapFunction::Negate, of)?,
            Expr::Call(call) => self.call(call)?.ok_or_else(|| not_plain(expr))?,
            Expr::Aggregate(found) => {
                let rows = self.vector(&found.expr)?;
                let (era, left) = (self.store.era(), found.labels_left());
                let rows = aggregate::aggregate(era, found.operator, &left, &rows);
                Value::Vector(rows.ok_or_else(|| not_plain(expr))?)
            }
            Expr::Binary(binary) => self.binary(binary, expr)?,
            Expr::Range(_) | Expr::Subquery(_) | Expr::Text(_) => return Err(not_plain(expr)),
        })
    }

    /// `None` where the function is not plain.
    fn call(&mut self, call: &Call) -> Result<Option<Value>, EvaluateError> {
        let Some(function) = Function::of(call) else { return Ok(None) };
        Ok(Some(match function {
            Function::Time => Value::Scalar(self.evaluations.instants().map(seconds).collect()),
            Function::Timestamp(selector) => {
                let rows = self.store.timestamps(selector, self.evaluations);
                Value::Vector(nameless(rows)?)
            }
            Function::Range(function, range) => {
                let found = self.store.over(function, range, self.evaluations);
                Value::Vector(if function.keeps_name() { found } else { unique(found)? })
            }
            Function::Map(function, of) => self.map(function, of)?,
            Function::Quantile(q, of) => {
                let buckets = self.vector(of)?;
                let found = aggregate::quantile(self.store.era(), q, &buckets, self.ties.shift);
                Value::Vector(nameless(found)?)
            }
            Function::Absent(of, labels) => {
                let found = self.vector(of)?;
                let there = |nth: usize| found.iter().any(|row| row.values[nth].is_some());
                let values = (0..self.evaluations.count()).map(|nth| (!there(nth)).then_some(1.0));
                let labels = Arc::new(labels.into_iter().collect());
                Value::Vector(vec![Row { labels, values: values.collect() }])
            }
            Function::Vector(of) => Value::Vector(vec![Row::of_scalar(self.scalar(of)?)]),
            Function::Scalar(of) => {
                let found = self.vector(of)?;
                let only = |nth: usize| {
                    let mut there = found.iter().filter_map(|row| row.values[nth]);
                    there.next().filter(|_| there.next().is_none()).unwrap_or(f64::NAN)
                };
                Value::Scalar((0..self.evaluations.count()).map(only).collect())
            }
        }))
    }

    fn binary(&mut self, binary: &Binary, expr: &Expr) -> Result<Value, EvaluateError> {
        let join = binary.plain_join().ok_or_else(|| not_plain(expr))?;
        let (left, right) = (binary.left.as_ref(), binary.right.as_ref());
        if let Operator::Set(operation) = binary.operator {
            let (left, right) = (self.vector(left)?, self.vector(right)?);
            return Ok(Value::Vector(matching::set(operation, left, right, &join.matching)));
        }
        let applied = binary::Applied::of(binary).ok_or_else(|| not_plain(expr))?;
        let adds = plain::adds(left) || plain::adds(right);
        let ties = if adds { self.ties } else { Ties::default() };
        binary::binary(applied, self.value(left)?, self.value(right)?, &join, ties)
    }

    fn map(&mut self, function: MapFunction, of: &Expr) -> Result<Value, EvaluateError> {
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

    fn vector(&mut self, expr: &Expr) -> Result<Vec<Row>, EvaluateError> {
        match self.value(expr)? {
            Value::Vector(rows) => Ok(rows),
            Value::Scalar(_) => Err(EvaluateError::Type),
        }
    }

    fn scalar(&mut self, expr: &Expr) -> Result<Vec<f64>, EvaluateError> {
        match self.value(expr)? {
            Value::Scalar(values) => Ok(values),
            Value::Vector(_) => Err(EvaluateError::Type),
        }
    }
}

fn seconds(at_ms: i64) -> f64 {
    at_ms as f64 / 1000.0
}

fn apply(function: MapFunction, value: f64) -> f64 {
    match function {
        MapFunction::Negate => -value,
        MapFunction::Abs => value.abs(),
        MapFunction::Ceil => value.ceil(),
        MapFunction::Floor => value.floor(),
        MapFunction::Sqrt => value.sqrt(),
        MapFunction::ClampMin(low) => greater(value, low),
        // Lesser of two is greater of their opposites.
        MapFunction::ClampMax(high) => -greater(-value, -high),
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
