//! The part of PromQL that `truth::evaluate` computes itself.
//!
//! What is not plain (subqueries, `@`, `topk`, label functions, powers and others) a real Prometheus is asked instead.
//! Nothing here evaluates.

use std::collections::BTreeMap;

use super::{
    expr::{Call, Expr, RangeSelector, Selector},
    operator::{Aggregation, Operator},
};

/// An expression of which every part is plain.
#[derive(Clone, Debug, PartialEq)]
pub struct Plain(Expr);

impl Plain {
    /// `expression`, if it parses and is plain.
    #[must_use]
    pub fn of(expression: &str) -> Option<Plain> {
        Expr::parse(expression).ok().filter(is_plain).map(Plain)
    }

    /// Its tree.
    #[must_use]
    pub fn expr(&self) -> &Expr {
        &self.0
    }
}

/// A call of a plain function.
#[derive(Clone, Debug, PartialEq)]
pub enum Function<'a> {
    /// `time()`.
    Time,
    /// `timestamp` of a selector: when the newest sample was taken.
    Timestamp(&'a Selector),
    /// A function of the samples in a window.
    Range(RangeFunction, &'a RangeSelector),
    /// A function of each value.
    Map(MapFunction, &'a Expr),
    /// `histogram_quantile` of classic buckets.
    Quantile(f64, &'a Expr),
    /// `absent` with the labels that it gives.
    Absent(&'a Expr, BTreeMap<String, String>),
    /// `vector`.
    Vector(&'a Expr),
    /// `scalar`.
    Scalar(&'a Expr),
}

/// A function of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeFunction {
    /// `rate`.
    Rate,
    /// `increase`.
    Increase,
    /// `changes`.
    Changes,
    /// `resets`.
    Resets,
    /// `min_over_time`.
    Min,
    /// `max_over_time`.
    Max,
    /// `sum_over_time`.
    Sum,
    /// `avg_over_time`.
    Avg,
    /// `count_over_time`.
    Count,
    /// `last_over_time`, which alone keeps the metric's name.
    Last,
    /// `present_over_time`.
    Present,
}

/// A function of one value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MapFunction {
    /// A minus sign.
    Negate,
    /// `abs`.
    Abs,
    /// `ceil`.
    Ceil,
    /// `floor`.
    Floor,
    /// `sqrt`.
    Sqrt,
    /// `clamp_min`.
    ClampMin(f64),
    /// `clamp_max`.
    ClampMax(f64),
}

impl<'a> Function<'a> {
    /// What a call is; `None` where it is not plain. What it is given may still not be.
    #[must_use]
    pub fn of(call: &'a Call) -> Option<Function<'a>> {
        let arguments: Vec<&Expr> = call.arguments.iter().map(Expr::bare).collect();
        let map = |function| Some(Function::Map(function, arguments[0]));
        match (call.function.as_str(), arguments.as_slice()) {
            ("time", []) => Some(Function::Time),
            ("timestamp", [Expr::Select(selector)]) => Some(Function::Timestamp(selector)),
            ("histogram_quantile", [q, of]) => Some(Function::Quantile(number(q)?, of)),
            ("vector", [of]) => Some(Function::Vector(of)),
            ("scalar", [of]) => Some(Function::Scalar(of)),
            ("absent", [of]) => Some(Function::Absent(of, of.absent_labels())),
            ("abs", [_]) => map(MapFunction::Abs),
            ("ceil", [_]) => map(MapFunction::Ceil),
            ("floor", [_]) => map(MapFunction::Floor),
            ("sqrt", [_]) => map(MapFunction::Sqrt),
            ("clamp_min", [_, low]) => map(MapFunction::ClampMin(number(low)?)),
            ("clamp_max", [_, high]) => map(MapFunction::ClampMax(number(high)?)),
            (name, [Expr::Range(range)]) => {
                Some(Function::Range(RangeFunction::named(name)?, range))
            }
            _ => None,
        }
    }
}

/// A number literal, also with a sign.
fn number(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Negate(inner) => Some(-inner.literal()?),
        _ => expr.literal(),
    }
}

impl RangeFunction {
    /// Whether the metric's name stays.
    #[must_use]
    pub fn keeps_name(self) -> bool {
        self == RangeFunction::Last
    }

    fn named(name: &str) -> Option<RangeFunction> {
        Some(match name {
            "rate" => RangeFunction::Rate,
            "increase" => RangeFunction::Increase,
            "changes" => RangeFunction::Changes,
            "resets" => RangeFunction::Resets,
            "min_over_time" => RangeFunction::Min,
            "max_over_time" => RangeFunction::Max,
            "sum_over_time" => RangeFunction::Sum,
            "avg_over_time" => RangeFunction::Avg,
            "count_over_time" => RangeFunction::Count,
            "last_over_time" => RangeFunction::Last,
            "present_over_time" => RangeFunction::Present,
            _ => return None,
        })
    }
}

/// The parts of a plain expression that have a value of their own and decide about its value: selectors that a function
/// reads and numbers that it is given are left out, and parentheses passed by.
#[must_use]
pub fn below(expr: &Expr) -> Vec<&Expr> {
    let parts = match expr.bare() {
        Expr::Call(call) => match Function::of(call) {
            Some(
                Function::Map(_, of)
                | Function::Quantile(_, of)
                | Function::Absent(of, _)
                | Function::Vector(of)
                | Function::Scalar(of),
            ) => vec![of],
            Some(Function::Time | Function::Timestamp(_) | Function::Range(..)) | None => {
                Vec::new()
            }
        },
        other => other.children(),
    };
    parts.into_iter().map(Expr::bare).collect()
}

/// Whether elements are added within, in whatever order.
#[must_use]
pub fn adds(expr: &Expr) -> bool {
    let own = matches!(
        expr,
        Expr::Aggregate(found) if matches!(found.operator, Aggregation::Sum | Aggregation::Avg)
    );
    own || expr.children().into_iter().any(adds)
}

fn is_plain(expr: &Expr) -> bool {
    let own = match expr.bare() {
        Expr::Number(_) | Expr::Negate(_) => true,
        Expr::Select(selector) => is_plain_selector(selector),
        Expr::Call(call) => match Function::of(call) {
            None => false,
            Some(Function::Timestamp(selector)) => is_plain_selector(selector),
            Some(Function::Range(_, range)) => is_plain_selector(&range.selector),
            Some(_) => true,
        },
        Expr::Aggregate(aggregate) => is_plain_aggregation(aggregate.operator),
        Expr::Binary(binary) => {
            let operator = match binary.operator {
                Operator::Arithmetic(arithmetic) => arithmetic.exact().is_some(),
                Operator::Compare(_) | Operator::Set(_) => true,
            };
            operator && binary.plain_matching().is_some()
        }
        Expr::Range(_) | Expr::Subquery(_) | Expr::Text(_) | Expr::Paren(_) => false,
    };
    own && below(expr).into_iter().all(is_plain)
}

fn is_plain_selector(selector: &Selector) -> bool {
    selector.at.is_none() && selector.alternatives.is_empty()
}

/// Those without parameters whose arithmetic is known.
fn is_plain_aggregation(aggregation: Aggregation) -> bool {
    use Aggregation::{Avg, Count, Group, Max, Min, Sum};
    matches!(aggregation, Sum | Min | Max | Avg | Count | Group)
}

#[cfg(test)]
mod tests;
