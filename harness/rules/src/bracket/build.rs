//! From the parsed expression to a [`Model`]: which parts can be turned around, and which cannot, by name.
//!
//! What levels are good for is decided elsewhere.

mod leaf;

use std::collections::{BTreeMap, BTreeSet};

use prom::promql::{
    expr::{Aggregate, Binary, Call, Expr},
    operator::{Aggregation, Arithmetic, Grouping, Join, Matching, Operator, SetOperation, Side},
};

use super::node::{Compare, Leaf, LeafKind, Model, Node};

/// A part of an expression that cannot be turned around.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BuildError {
    #[error("the expression is not PromQL: {0}")]
    Parse(String),
    #[error("cannot generate series that give `{part}` a chosen value")]
    Part { part: String },
    #[error("`{selector}` names its metrics by a pattern")]
    Metric { selector: String },
}

/// The model of `expr`.
pub(super) fn model(expr: &str) -> Result<Model, BuildError> {
    let parsed = Expr::parse(expr).map_err(|error| BuildError::Parse(error.message))?;
    let mut builder = Builder { leaves: Vec::new(), n_compares: 0 };
    let root = builder.node(&parsed, &Scope::default())?;
    Ok(Model { root, leaves: builder.leaves })
}

/// What stands around a part.
#[derive(Clone, Default)]
struct Scope {
    wanted: BTreeSet<String>,
    summed: bool,
    guard: bool,
    visible: Option<BTreeSet<String>>,
}

impl Scope {
    /// Of which only these labels are left further out.
    fn showing(&self, labels: &BTreeSet<String>) -> Scope {
        let visible = match &self.visible {
            None => labels.clone(),
            Some(visible) => visible.intersection(labels).cloned().collect(),
        };
        Scope { visible: Some(visible), ..self.clone() }
    }

    fn wanting(&self, labels: &BTreeSet<String>) -> Scope {
        Scope { wanted: self.wanted.union(labels).cloned().collect(), ..self.clone() }
    }
}

struct Builder {
    leaves: Vec<Leaf>,
    n_compares: usize,
}

impl Builder {
    fn node(&mut self, expr: &Expr, scope: &Scope) -> Result<Node, BuildError> {
        match expr {
            Expr::Number(number) => Ok(Node::Number(*number)),
            Expr::Paren(inner) => self.node(inner, scope),
            Expr::Negate(inner) => Ok(Node::Arithmetic {
                op: Arithmetic::Multiply,
                lhs: Box::new(Node::Number(-1.0)),
                rhs: Box::new(self.node(inner, scope)?),
                join: None,
            }),
            Expr::Select(selector) => {
                let text = selector.to_string();
                Ok(Node::Leaf(self.leaf(selector, LeafKind::Gauge, None, text, scope)?))
            }
            Expr::Aggregate(aggregate) => self.aggregate(aggregate, expr, scope),
            Expr::Call(call) => self.call(call, expr, scope),
            Expr::Binary(binary) => self.binary(binary, expr, scope),
            _ => Err(unknown(expr)),
        }
    }

    fn aggregate(
        &mut self,
        aggregate: &Aggregate,
        expr: &Expr,
        scope: &Scope,
    ) -> Result<Node, BuildError> {
        let grouping = aggregate.labels_left();
        let below = set(grouping.labels());
        let summed = aggregate.operator == Aggregation::Sum;
        let mut wanted = scope.wanting(&below);
        if let Grouping::By(kept) = &grouping {
            wanted.wanted.retain(|label| kept.contains(label));
            wanted = wanted.showing(&set(kept));
        }
        let inner = Scope { summed, ..wanted };
        let node = Box::new(self.node(&aggregate.expr, &inner)?);
        use Aggregation::{Avg, Count, Group, Max, Min, Sum};
        match aggregate.operator {
            Sum | Avg | Min | Max => Ok(Node::Grouped(node, grouping)),
            Count | Group => Ok(Node::Counted(node, grouping)),
            _ => Err(unknown(expr)),
        }
    }

    fn call(&mut self, call: &Call, expr: &Expr, scope: &Scope) -> Result<Node, BuildError> {
        let arguments = &call.arguments;
        match (call.function.as_str(), arguments.first()) {
            ("vector", Some(inner)) => self.node(inner, scope),
            ("scalar", Some(inner)) => {
                let inner = self.node(inner, &scope.showing(&BTreeSet::new()))?;
                Ok(Node::Grouped(Box::new(inner), Grouping::By(Vec::new())))
            }
            ("absent", Some(inner @ Expr::Select(_))) => {
                let found = self.node(inner, scope)?;
                Ok(Node::Absent(Box::new(found), inner.absent_labels()))
            }
            ("absent", Some(inner)) => {
                Ok(Node::Absent(Box::new(self.node(inner, scope)?), BTreeMap::new()))
            }
            (name, Some(Expr::Range(range))) if arguments.len() == 1 => {
                let kind = match name {
                    "rate" | "increase" => LeafKind::Counter,
                    "changes" => LeafKind::Changes,
                    "max_over_time" => LeafKind::Over(Some(true)),
                    "min_over_time" => LeafKind::Over(Some(false)),
                    "avg_over_time" | "last_over_time" => LeafKind::Over(None),
                    _ => return Err(unknown(expr)),
                };
                let (selector, window) = (&range.selector, range.window_ms);
                let leaf = self.leaf(selector, kind, Some(window), expr.to_string(), scope)?;
                let leaf = Node::Leaf(leaf);
                if name != "increase" {
                    return Ok(leaf);
                }
                Ok(Node::Arithmetic {
                    op: Arithmetic::Multiply,
                    lhs: Box::new(leaf),
                    rhs: Box::new(Node::Number(window as f64 / 1000.0)),
                    join: None,
                })
            }
            ("histogram_quantile", Some(Expr::Number(q))) => {
                self.quantile(*q, &arguments[1], expr, scope)
            }
            _ => Err(unknown(expr)),
        }
    }

    /// `histogram_quantile(q, sum by (le, …) (rate(…)))`.
    fn quantile(
        &mut self,
        q: f64,
        buckets: &Expr,
        expr: &Expr,
        scope: &Scope,
    ) -> Result<Node, BuildError> {
        let Expr::Aggregate(aggregate) = buckets else { return Err(unknown(expr)) };
        let (Aggregation::Sum, Some(Grouping::By(labels))) =
            (aggregate.operator, &aggregate.grouping)
        else {
            return Err(unknown(expr));
        };
        let Expr::Call(call) = aggregate.expr.as_ref() else { return Err(unknown(expr)) };
        let Some(Expr::Range(range)) = call.arguments.first() else {
            return Err(unknown(expr));
        };
        if !matches!(call.function.as_str(), "rate" | "increase") || !(0.01..1.0).contains(&q) {
            return Err(unknown(expr));
        }
        let mut by = set(labels);
        by.remove("le");
        let kind = LeafKind::Quantile((q * 1e6).round() as u32);
        let scope = Scope { summed: true, ..scope.wanting(&by).showing(&by) };
        let window = Some(range.window_ms);
        let leaf = self.leaf(&range.selector, kind, window, expr.to_string(), &scope)?;
        let grouping = Grouping::By(by.into_iter().collect());
        Ok(Node::Grouped(Box::new(Node::Leaf(leaf)), grouping))
    }

    fn binary(&mut self, binary: &Binary, expr: &Expr, scope: &Scope) -> Result<Node, BuildError> {
        if let Some(node) = self.age(binary, scope)? {
            return Ok(node);
        }
        let (left, right) = (binary.left.as_ref(), binary.right.as_ref());
        // A scalar on the left lets the labels of the right side through, and is only known to be one as a constant.
        if left.is_scalar() && !right.is_scalar() && text(left).contains("scalar") {
            return Err(unknown(expr));
        }
        let named = binary.matching.as_ref();
        let is_on = matches!(named, Some(Matching::On(_)));
        let on = named.filter(|_| is_on).map_or_else(BTreeSet::new, |on| set(on.labels()));
        let join = (left.is_vector() && right.is_vector()).then(|| Join {
            matching: named.cloned().unwrap_or(Matching::Ignoring(Vec::new())),
            many: binary.many.clone(),
        });
        let inner = scope.wanting(&on);
        let below = Scope { guard: true, ..inner.clone() };
        // The one side of a many-to-one operation gives only what the operands are matched by.
        let sides = |scope: &Scope| {
            let shown = if is_on { scope.showing(&on) } else { scope.clone() };
            match join.as_ref().and_then(|join| join.many.as_ref()) {
                Some((Side::Left, _)) => (scope.clone(), shown),
                Some((Side::Right, _)) => (shown, scope.clone()),
                None => (shown.clone(), shown),
            }
        };
        match binary.operator {
            Operator::Compare(op) => {
                let (of_left, of_right) = sides(&below);
                let (lhs, rhs) = (self.node(left, &of_left)?, self.node(right, &of_right)?);
                let id = self.n_compares;
                self.n_compares += 1;
                Ok(Node::Compare(Box::new(Compare {
                    id,
                    op,
                    lhs,
                    rhs,
                    is_bool: binary.is_bool,
                    join,
                    text: text(expr),
                    is_guard: scope.guard,
                })))
            }
            Operator::Set(op) => {
                let lhs = Box::new(self.node(left, &inner)?);
                let of_right = if op == SetOperation::Or { inner } else { sides(&below).1 };
                let rhs = Box::new(self.node(right, &of_right)?);
                Ok(Node::Set { op, lhs, rhs, join, text: text(expr) })
            }
            Operator::Arithmetic(
                op @ (Arithmetic::Add
                | Arithmetic::Subtract
                | Arithmetic::Multiply
                | Arithmetic::Divide),
            ) => {
                let (of_left, of_right) = sides(&below);
                let lhs = Box::new(self.node(left, &of_left)?);
                let rhs = Box::new(self.node(right, &of_right)?);
                Ok(Node::Arithmetic { op, lhs, rhs, join })
            }
            Operator::Arithmetic(_) => Err(unknown(expr)),
        }
    }

    /// `time() - timestamp(x)`, also of the newest of several series.
    fn age(&mut self, binary: &Binary, scope: &Scope) -> Result<Option<Node>, BuildError> {
        let is_time = matches!(binary.left.as_ref(), Expr::Call(call) if call.function == "time");
        if binary.operator != Operator::Arithmetic(Arithmetic::Subtract) || !is_time {
            return Ok(None);
        }
        let (stamp, grouping) = match binary.right.as_ref() {
            Expr::Aggregate(aggregate)
                if matches!(aggregate.operator, Aggregation::Max | Aggregation::Min) =>
            {
                (aggregate.expr.as_ref(), aggregate.labels_left())
            }
            other => (other, Grouping::Without(Vec::new())),
        };
        let Expr::Call(call) = stamp else { return Ok(None) };
        let Some(Expr::Select(selector)) = call.arguments.first() else { return Ok(None) };
        if call.function != "timestamp" {
            return Ok(None);
        }
        let below = set(grouping.labels());
        let scope = match &grouping {
            Grouping::By(_) => scope.showing(&below),
            Grouping::Without(_) => scope.clone(),
        };
        let scope = scope.wanting(&below);
        let leaf = self.leaf(selector, LeafKind::Age, None, binary.to_string(), &scope)?;
        Ok(Some(Node::Grouped(Box::new(Node::Leaf(leaf)), grouping)))
    }
}

fn set(labels: &[String]) -> BTreeSet<String> {
    labels.iter().cloned().collect()
}

fn unknown(expr: &Expr) -> BuildError {
    BuildError::Part { part: text(expr) }
}

/// On one line.
fn text(expr: &Expr) -> String {
    expr.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}
