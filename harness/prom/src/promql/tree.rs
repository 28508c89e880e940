//! The part of PromQL that `evaluate` computes itself, as a tree without the parser's types.
//!
//! What is not in it (subqueries, `@`, `topk`, label functions, powers and others) has no tree, and a real Prometheus
//! is asked instead. Nothing here evaluates.

use std::collections::{BTreeMap, BTreeSet};

use promql_parser::{
    label::{MatchOp, Matcher},
    parser::{
        self, AggregateExpr, BinModifier, BinaryExpr, Call, Expr, LabelModifier, Offset,
        VectorMatchCardinality, VectorSelector,
        token::{
            T_ADD, T_AVG, T_COUNT, T_DIV, T_GROUP, T_LAND, T_LOR, T_LUNLESS, T_MAX, T_MIN, T_MOD,
            T_MUL, T_SUB, T_SUM,
        },
    },
};

use super::{
    Grouping, LabelMatcher,
    condition::{Matching, Relation, SetOperation, matching},
};

/// An expression.
#[derive(Clone, Debug)]
pub enum Tree {
    /// A number.
    Number(f64),
    /// `time()`.
    Time,
    /// The newest sample of each series.
    Select(Selector),
    /// A function of the samples in a window.
    Range {
        /// Which.
        function: RangeFunction,
        /// Of which series.
        selector: Selector,
        /// The window in milliseconds.
        window_ms: i64,
    },
    /// A function of each value.
    Map(Function, Box<Tree>),
    /// `timestamp` of a selector: when the newest sample was taken.
    Timestamp(Selector),
    /// `histogram_quantile` of classic buckets.
    Quantile(f64, Box<Tree>),
    /// `absent`; the labels are those that the selector within asks for by equality.
    Absent(Box<Tree>, Vec<(String, String)>),
    /// `vector`.
    Vector(Box<Tree>),
    /// `scalar`.
    Scalar(Box<Tree>),
    /// An aggregation.
    Aggregate(Aggregation, Grouping, Box<Tree>),
    /// Arithmetic or a comparison.
    Binary {
        /// Which.
        operator: Operator,
        /// The left side.
        left: Box<Tree>,
        /// The right side.
        right: Box<Tree>,
        /// Which elements belong together, where both sides are vectors.
        join: Join,
    },
    /// `and`, `or` or `unless`.
    Set {
        /// Which.
        operation: SetOperation,
        /// The left side.
        left: Box<Tree>,
        /// The right side.
        right: Box<Tree>,
        /// Which elements belong together.
        matching: Matching,
    },
}

/// Which series, and from when.
#[derive(Clone, Debug)]
pub struct Selector {
    /// All of them hold, `__name__` included.
    pub matchers: Vec<LabelMatcher>,
    /// Shift into the past in milliseconds; negative into the future.
    pub offset_ms: i64,
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
pub enum Function {
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

/// An aggregation without parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregation {
    /// `sum`.
    Sum,
    /// `min`.
    Min,
    /// `max`.
    Max,
    /// `avg`.
    Avg,
    /// `count`.
    Count,
    /// `group`.
    Group,
}

/// An operator that is no set operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`.
    Add,
    /// `-`.
    Subtract,
    /// `*`.
    Multiply,
    /// `/`.
    Divide,
    /// `%`.
    Modulo,
    /// A comparison that filters.
    Filter(Relation),
    /// A comparison with `bool`.
    Truth(Relation),
}

/// Which elements of two vectors belong together, and which labels the result has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// Which labels must agree.
    pub matching: Matching,
    /// `group_left` or `group_right` with the labels that it copies; none of the two is one to one.
    pub many: Option<(Side, Vec<String>)>,
}

/// A side of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Before it.
    Left,
    /// After it.
    Right,
}

impl Tree {
    /// The tree of `expression`; `None` where it does not parse or is more than a tree holds.
    #[must_use]
    pub fn of(expression: &str) -> Option<Tree> {
        tree(&parser::parse(expression).ok()?)
    }

    /// What it is made of.
    #[must_use]
    pub fn below(&self) -> Vec<&Tree> {
        match self {
            Tree::Number(_)
            | Tree::Time
            | Tree::Select(_)
            | Tree::Range { .. }
            | Tree::Timestamp(_) => Vec::new(),
            Tree::Map(_, of)
            | Tree::Quantile(_, of)
            | Tree::Absent(of, _)
            | Tree::Vector(of)
            | Tree::Scalar(of)
            | Tree::Aggregate(_, _, of) => vec![of],
            Tree::Binary { left, right, .. } | Tree::Set { left, right, .. } => vec![left, right],
        }
    }

    /// Whether elements are added below, in whatever order.
    #[must_use]
    pub fn adds(&self) -> bool {
        matches!(self, Tree::Aggregate(Aggregation::Sum | Aggregation::Avg, ..))
            || self.below().into_iter().any(Tree::adds)
    }
}

fn tree(expr: &Expr) -> Option<Tree> {
    Some(match expr {
        Expr::NumberLiteral(number) => Tree::Number(number.val),
        Expr::Paren(inner) => tree(&inner.expr)?,
        Expr::Unary(inner) => Tree::Map(Function::Negate, Box::new(tree(&inner.expr)?)),
        Expr::VectorSelector(selector) => Tree::Select(series(selector)?),
        Expr::Aggregate(aggregation) => aggregate(aggregation)?,
        Expr::Binary(binary) => operator(binary)?,
        Expr::Call(call) => function(call)?,
        Expr::MatrixSelector(_)
        | Expr::Subquery(_)
        | Expr::StringLiteral(_)
        | Expr::Extension(_) => return None,
    })
}

fn series(selector: &VectorSelector) -> Option<Selector> {
    if selector.at.is_some() || !selector.matchers.or_matchers.is_empty() {
        return None;
    }
    let millis = |span: std::time::Duration| i64::try_from(span.as_millis()).ok();
    let offset_ms = match &selector.offset {
        None => 0,
        Some(Offset::Pos(span)) => millis(*span)?,
        Some(Offset::Neg(span)) => -millis(*span)?,
    };
    let name = selector.name.iter().map(|name| Matcher::new(MatchOp::Equal, "__name__", name));
    let all = selector.matchers.matchers.iter().cloned().chain(name);
    let matchers = all.map(|matcher| LabelMatcher { matcher }).collect();
    Some(Selector { matchers, offset_ms })
}

fn aggregate(aggregation: &AggregateExpr) -> Option<Tree> {
    let operator = match aggregation.op.id() {
        T_SUM => Aggregation::Sum,
        T_MIN => Aggregation::Min,
        T_MAX => Aggregation::Max,
        T_AVG => Aggregation::Avg,
        T_COUNT => Aggregation::Count,
        T_GROUP => Aggregation::Group,
        _ => return None,
    };
    let grouping = match &aggregation.modifier {
        Some(LabelModifier::Exclude(labels)) => Grouping::Without(labels.labels.clone()),
        Some(LabelModifier::Include(labels)) => Grouping::By(labels.labels.clone()),
        None => Grouping::By(Vec::new()),
    };
    Some(Tree::Aggregate(operator, grouping, Box::new(tree(&aggregation.expr)?)))
}

fn operator(binary: &BinaryExpr) -> Option<Tree> {
    let (left, right) = (Box::new(tree(&binary.lhs)?), Box::new(tree(&binary.rhs)?));
    let modifier = binary.modifier.as_ref();
    let matching = matching(modifier)?;
    let set = match binary.op.id() {
        T_LAND => Some(SetOperation::And),
        T_LOR => Some(SetOperation::Or),
        T_LUNLESS => Some(SetOperation::Unless),
        _ => None,
    };
    if let Some(operation) = set {
        return Some(Tree::Set { operation, left, right, matching });
    }
    let operator = match binary.op.id() {
        T_ADD => Operator::Add,
        T_SUB => Operator::Subtract,
        T_MUL => Operator::Multiply,
        T_DIV => Operator::Divide,
        T_MOD => Operator::Modulo,
        _ => {
            let relation = Relation::of(&binary.op.to_string())?;
            let truth = modifier.is_some_and(|modifier| modifier.return_bool);
            if truth { Operator::Truth(relation) } else { Operator::Filter(relation) }
        }
    };
    Some(Tree::Binary { operator, left, right, join: Join { matching, many: many(modifier)? } })
}

fn many(modifier: Option<&BinModifier>) -> Option<Option<(Side, Vec<String>)>> {
    Some(match modifier.map(|modifier| &modifier.card) {
        None | Some(VectorMatchCardinality::OneToOne) => None,
        Some(VectorMatchCardinality::ManyToOne(labels)) => {
            Some((Side::Left, labels.labels.clone()))
        }
        Some(VectorMatchCardinality::OneToMany(labels)) => {
            Some((Side::Right, labels.labels.clone()))
        }
        Some(VectorMatchCardinality::ManyToMany) => return None,
    })
}

fn function(call: &Call) -> Option<Tree> {
    let arguments: Vec<&Expr> = call.args.args.iter().map(|argument| bare(argument)).collect();
    let number = |nth: usize| match arguments.get(nth)? {
        Expr::NumberLiteral(number) => Some(number.val),
        Expr::Unary(inner) => match bare(&inner.expr) {
            Expr::NumberLiteral(number) => Some(-number.val),
            _ => None,
        },
        _ => None,
    };
    let argument = |nth: usize| Some(Box::new(tree(arguments.get(nth)?)?));
    Some(match (call.func.name, arguments.as_slice()) {
        ("time", []) => Tree::Time,
        ("timestamp", [Expr::VectorSelector(selector)]) => Tree::Timestamp(series(selector)?),
        ("histogram_quantile", [_, _]) => Tree::Quantile(number(0)?, argument(1)?),
        ("vector", [_]) => Tree::Vector(argument(0)?),
        ("scalar", [_]) => Tree::Scalar(argument(0)?),
        ("absent", [_]) => Tree::Absent(argument(0)?, asked_labels(arguments[0])),
        ("abs", [_]) => Tree::Map(Function::Abs, argument(0)?),
        ("ceil", [_]) => Tree::Map(Function::Ceil, argument(0)?),
        ("floor", [_]) => Tree::Map(Function::Floor, argument(0)?),
        ("sqrt", [_]) => Tree::Map(Function::Sqrt, argument(0)?),
        ("clamp_min", [_, _]) => Tree::Map(Function::ClampMin(number(1)?), argument(0)?),
        ("clamp_max", [_, _]) => Tree::Map(Function::ClampMax(number(1)?), argument(0)?),
        (name, [Expr::MatrixSelector(matrix)]) => Tree::Range {
            function: RangeFunction::named(name)?,
            selector: series(&matrix.vs)?,
            window_ms: i64::try_from(matrix.range.as_millis()).ok()?,
        },
        _ => return None,
    })
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

fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(inner) => bare(&inner.expr),
        _ => expr,
    }
}

/// Mirrors `createLabelsForAbsentFunction` of Prometheus' `promql/functions.go`: a label that a selector asks for by
/// equality, unless a later matcher speaks of it too.
fn asked_labels(expr: &Expr) -> Vec<(String, String)> {
    let Expr::VectorSelector(selector) = expr else { return Vec::new() };
    let mut seen = BTreeSet::new();
    let mut asked = BTreeMap::new();
    for matcher in selector.matchers.matchers.iter().filter(|matcher| matcher.name != "__name__") {
        // An empty value is no label.
        if matcher.op == MatchOp::Equal && seen.insert(&matcher.name) && !matcher.value.is_empty() {
            asked.insert(matcher.name.clone(), matcher.value.clone());
        } else {
            asked.remove(&matcher.name);
        }
    }
    asked.into_iter().collect()
}

#[cfg(test)]
mod tests;
