//! Arithmetic and comparisons between numbers and vectors.
//!
//! Mirrors `VectorBinop`, `VectorscalarBinop` and `scalarBinop` of Prometheus' `promql/engine.go`.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    EvaluateError, Ties, Value,
    matching::{Column, ManyToMany, fill, overlap, signature},
    nameless,
    row::Row,
};
use prom::{
    promql::{
        expr::Binary,
        operator::{Join, Matching, Operator, Relation, Side},
    },
    series::Labels,
};

const NAME: &str = "__name__";

/// What an operator does with two values.
#[derive(Clone, Copy, Debug)]
pub(super) enum Applied {
    /// Arithmetic.
    Function(fn(f64, f64) -> f64),
    /// A comparison that filters.
    Filter(Relation),
    /// A comparison with `bool`.
    Truth(Relation),
}

impl Applied {
    /// `None` for a set operation, and for what is not plain.
    pub(super) fn of(binary: &Binary) -> Option<Applied> {
        match binary.operator {
            Operator::Arithmetic(arithmetic) => arithmetic.exact().map(Applied::Function),
            Operator::Compare(relation) if binary.is_bool => Some(Applied::Truth(relation)),
            Operator::Compare(relation) => Some(Applied::Filter(relation)),
            Operator::Set(_) => None,
        }
    }
}

/// The value of an operator at each evaluation.
pub(super) fn binary(
    operator: Applied,
    left: Value,
    right: Value,
    join: &Join,
    ties: Ties,
) -> Result<Value, EvaluateError> {
    let applied = |left: f64, right: f64| applied(operator, left, right, ties);
    Ok(match (left, right) {
        (Value::Scalar(left), Value::Scalar(right)) => {
            let pairs = left.iter().zip(&right);
            // The parser lets no filter pass between two numbers.
            let values = pairs.map(|(left, right)| applied(*left, *right));
            Value::Scalar(values.collect::<Option<_>>().ok_or(EvaluateError::Type)?)
        }
        (Value::Vector(rows), Value::Scalar(numbers)) => {
            Value::Vector(with_number(operator, rows, |nth, value| applied(value, numbers[nth]))?)
        }
        (Value::Scalar(numbers), Value::Vector(rows)) => {
            Value::Vector(with_number(operator, rows, |nth, value| match operator {
                // A filter leaves what the vector has.
                Applied::Filter(relation) => {
                    ties.holds(relation, numbers[nth], value).then_some(value)
                }
                _ => applied(numbers[nth], value),
            })?)
        }
        (Value::Vector(left), Value::Vector(right)) => {
            let keeps_name = keeps_name(operator);
            Value::Vector(between(&left, &right, join, keeps_name, applied)?)
        }
    })
}

/// `None` where a filter lets nothing pass.
fn applied(operator: Applied, left: f64, right: f64, ties: Ties) -> Option<f64> {
    Some(match operator {
        Applied::Function(function) => function(left, right),
        Applied::Filter(relation) => return ties.holds(relation, left, right).then_some(left),
        Applied::Truth(relation) => f64::from(u8::from(ties.holds(relation, left, right))),
    })
}

fn with_number(
    operator: Applied,
    mut rows: Vec<Row>,
    value: impl Fn(usize, f64) -> Option<f64>,
) -> Result<Vec<Row>, EvaluateError> {
    for row in &mut rows {
        for (nth, found) in row.values.iter_mut().enumerate() {
            *found = found.and_then(|found| value(nth, found));
        }
    }
    if keeps_name(operator) { Ok(rows) } else { nameless(rows) }
}

fn keeps_name(operator: Applied) -> bool {
    matches!(operator, Applied::Filter(_))
}

/// The elements of two vectors that belong together, with the `value` of a left and a right one, if they have any.
///
/// # Errors
/// If Prometheus would fail an evaluation, as it is not clear which belong together.
pub fn between(
    left: &[Row],
    right: &[Row],
    join: &Join,
    keeps_name: bool,
    value: impl Fn(f64, f64) -> Option<f64>,
) -> Result<Vec<Row>, ManyToMany> {
    let swapped = matches!(join.many, Some((Side::Right, _)));
    let (many, one) = if swapped { (right, left) } else { (left, right) };
    let one =
        by_signature(one, &join.matching, |nth| many.iter().any(|row| row.values[nth].is_some()))?;
    let mut found: BTreeMap<Labels, Column> = BTreeMap::new();
    // Which instants of a signature already have an element, where it may have but one.
    let mut taken: BTreeMap<&Labels, Column> = BTreeMap::new();
    for row in many {
        let signature = signature(&row.labels, &join.matching);
        let Some((signature, others)) = one.get_key_value(&signature) else { continue };
        for other in others {
            let (left, right) = if swapped { (*other, row) } else { (row, *other) };
            let pairs = left.values.iter().zip(&right.values);
            let values: Column = pairs.map(|(left, right)| value((*left)?, (*right)?)).collect();
            if values.iter().all(Option::is_none) {
                continue;
            }
            if join.many.is_none() {
                add(&mut taken, signature, &values)?;
            }
            let labels = result(keeps_name, &row.labels, &other.labels, join);
            add(&mut found, labels, &values)?;
        }
    }
    let row = |(labels, values)| Row { labels: Arc::new(labels), values };
    Ok(found.into_iter().map(row).collect())
}

fn add<K: Ord>(found: &mut BTreeMap<K, Column>, key: K, values: &Column) -> Result<(), ManyToMany> {
    match found.get_mut(&key) {
        Some(known) if overlap(known, values) => return Err(ManyToMany),
        Some(known) => fill(known, values),
        None => {
            found.insert(key, values.clone());
        }
    }
    Ok(())
}

/// The rows of each signature, of which only one may have a value at any instant.
///
/// Where there is nothing to match with (`meets`), the engine does not look.
fn by_signature<'a>(
    rows: &'a [Row],
    matching: &Matching,
    meets: impl Fn(usize) -> bool,
) -> Result<BTreeMap<Labels, Vec<&'a Row>>, ManyToMany> {
    let mut found: BTreeMap<Labels, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        let known = found.entry(signature(&row.labels, matching)).or_default();
        let twice = |other: &Row| {
            let both = |nth: &usize| other.values[*nth].is_some() && row.values[*nth].is_some();
            (0..row.values.len()).filter(both).any(&meets)
        };
        if known.iter().any(|known| twice(known)) {
            return Err(ManyToMany);
        }
        known.push(row);
    }
    Ok(found)
}

/// `resultMetric`.
fn result(keeps_name: bool, many: &Labels, one: &Labels, join: &Join) -> Labels {
    let Some((_, copied)) = &join.many else {
        let stays = |name: &str| match &join.matching {
            Matching::On(names) => names.iter().any(|on| on == name),
            Matching::Ignoring(names) => {
                (name != NAME || keeps_name) && !names.iter().any(|other| other == name)
            }
        };
        return many.iter().filter(|(name, _)| stays(name)).collect();
    };
    let stays =
        |name: &str| (name != NAME || keeps_name) && !copied.iter().any(|copied| copied == name);
    let own = many.iter().filter(|(name, _)| stays(name));
    let others = copied.iter().filter_map(|name| Some((name.as_str(), one.get(name)?)));
    own.chain(others).collect()
}
