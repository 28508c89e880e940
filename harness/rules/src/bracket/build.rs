//! From the parsed expression to a [`Model`]: which parts can be turned around, and which cannot, by name.
//!
//! Knows the parser's types. What levels are good for is decided elsewhere.

mod leaf;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use promql_parser::{
    label::MatchOp,
    parser::{
        AggregateExpr, BinaryExpr, Call, Expr, LabelModifier, VectorMatchCardinality,
        token::{
            T_ADD, T_AVG, T_COUNT, T_DIV, T_EQLC, T_GROUP, T_GTE, T_GTR, T_LAND, T_LOR, T_LSS,
            T_LTE, T_LUNLESS, T_MAX, T_MIN, T_MUL, T_NEQ, T_SUB, T_SUM,
        },
        value::ValueType,
    },
};

use super::node::{
    Arithmetic, Compare, Comparison, Grouping, Leaf, LeafKind, Matching, Model, Node, SetOperator,
};

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
    let parsed = promql_parser::parser::parse(expr).map_err(BuildError::Parse)?;
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
            Expr::NumberLiteral(number) => Ok(Node::Number(number.val)),
            Expr::Paren(inner) => self.node(&inner.expr, scope),
            Expr::Unary(inner) => Ok(Node::Arithmetic {
                op: Arithmetic::Mul,
                lhs: Box::new(Node::Number(-1.0)),
                rhs: Box::new(self.node(&inner.expr, scope)?),
                matching: Matching::Scalar,
            }),
            Expr::VectorSelector(selector) => {
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
        aggregate: &AggregateExpr,
        expr: &Expr,
        scope: &Scope,
    ) -> Result<Node, BuildError> {
        let (grouping, below) = match &aggregate.modifier {
            None => (Grouping::By(BTreeSet::new()), BTreeSet::new()),
            Some(LabelModifier::Include(labels)) => (Grouping::By(set(labels)), set(labels)),
            Some(LabelModifier::Exclude(labels)) => (Grouping::Without(set(labels)), set(labels)),
        };
        let summed = aggregate.op.id() == T_SUM;
        let mut wanted = scope.wanting(&below);
        if let Grouping::By(kept) = &grouping {
            wanted.wanted.retain(|label| kept.contains(label));
            wanted = wanted.showing(kept);
        }
        let inner = Scope { summed, ..wanted };
        let node = Box::new(self.node(&aggregate.expr, &inner)?);
        match aggregate.op.id() {
            T_SUM | T_AVG | T_MIN | T_MAX => Ok(Node::Grouped(node, grouping)),
            T_COUNT | T_GROUP => Ok(Node::Counted(node, grouping)),
            _ => Err(unknown(expr)),
        }
    }

    fn call(&mut self, call: &Call, expr: &Expr, scope: &Scope) -> Result<Node, BuildError> {
        let arguments = &call.args.args;
        let first = arguments.first().map(AsRef::as_ref);
        match (call.func.name, first) {
            ("vector", Some(inner)) => self.node(inner, scope),
            ("scalar", Some(inner)) => {
                let none = BTreeSet::new();
                let inner = self.node(inner, &scope.showing(&none))?;
                Ok(Node::Grouped(Box::new(inner), Grouping::By(none)))
            }
            ("absent", Some(Expr::VectorSelector(selector))) => {
                let labels = selector.matchers.matchers.iter().filter(|matcher| {
                    matches!(matcher.op, MatchOp::Equal) && matcher.name != "__name__"
                });
                let labels: BTreeMap<String, String> =
                    labels.map(|m| (m.name.clone(), m.value.clone())).collect();
                let inner = self.node(&arguments[0], scope)?;
                Ok(Node::Absent(Box::new(inner), labels))
            }
            ("absent", Some(inner)) => {
                Ok(Node::Absent(Box::new(self.node(inner, scope)?), BTreeMap::new()))
            }
            (name, Some(Expr::MatrixSelector(matrix))) if arguments.len() == 1 => {
                let kind = match name {
                    "rate" | "increase" => LeafKind::Counter,
                    "changes" => LeafKind::Changes,
                    "max_over_time" => LeafKind::Over(Some(true)),
                    "min_over_time" => LeafKind::Over(Some(false)),
                    "avg_over_time" | "last_over_time" => LeafKind::Over(None),
                    _ => return Err(unknown(expr)),
                };
                let window = millis(matrix.range);
                let leaf = self.leaf(&matrix.vs, kind, Some(window), expr.to_string(), scope)?;
                let leaf = Node::Leaf(leaf);
                if name != "increase" {
                    return Ok(leaf);
                }
                Ok(Node::Arithmetic {
                    op: Arithmetic::Mul,
                    lhs: Box::new(leaf),
                    rhs: Box::new(Node::Number(window as f64 / 1000.0)),
                    matching: Matching::Scalar,
                })
            }
            ("histogram_quantile", Some(Expr::NumberLiteral(q))) => {
                self.quantile(q.val, &arguments[1], expr, scope)
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
        let (T_SUM, Some(LabelModifier::Include(labels))) =
            (aggregate.op.id(), &aggregate.modifier)
        else {
            return Err(unknown(expr));
        };
        let Expr::Call(call) = aggregate.expr.as_ref() else { return Err(unknown(expr)) };
        let Some(Expr::MatrixSelector(matrix)) = call.args.args.first().map(AsRef::as_ref) else {
            return Err(unknown(expr));
        };
        if !matches!(call.func.name, "rate" | "increase") || !(0.01..1.0).contains(&q) {
            return Err(unknown(expr));
        }
        let mut by = set(labels);
        by.remove("le");
        let kind = LeafKind::Quantile((q * 1e6).round() as u32);
        let scope = Scope { summed: true, ..scope.wanting(&by).showing(&by) };
        let window = millis(matrix.range);
        let leaf = self.leaf(&matrix.vs, kind, Some(window), expr.to_string(), &scope)?;
        Ok(Node::Grouped(Box::new(Node::Leaf(leaf)), Grouping::By(by)))
    }

    fn binary(
        &mut self,
        binary: &BinaryExpr,
        expr: &Expr,
        scope: &Scope,
    ) -> Result<Node, BuildError> {
        if let Some(node) = self.age(binary, scope)? {
            return Ok(node);
        }
        // A scalar on the left lets the labels of the right side through, and is only known to be one as a constant.
        let is_scalar = |side: &Expr| side.value_type() == ValueType::Scalar;
        if is_scalar(&binary.lhs) && !is_scalar(&binary.rhs) && text(&binary.lhs).contains("scalar")
        {
            return Err(unknown(expr));
        }
        let modifier = binary.modifier.as_ref();
        let named = modifier.and_then(|modifier| modifier.matching.as_ref());
        let on = match named {
            Some(LabelModifier::Include(labels)) => set(labels),
            _ => BTreeSet::new(),
        };
        let vectors =
            [&binary.lhs, &binary.rhs].iter().all(|side| side.value_type() == ValueType::Vector);
        let matching = match (vectors, named, modifier.map(|modifier| &modifier.card)) {
            (false, ..) => Matching::Scalar,
            (_, _, Some(VectorMatchCardinality::ManyToOne(labels))) => Matching::Left(set(labels)),
            (_, _, Some(VectorMatchCardinality::OneToMany(labels))) => Matching::Right(set(labels)),
            (_, Some(LabelModifier::Include(labels)), _) => Matching::On(set(labels)),
            (_, Some(LabelModifier::Exclude(labels)), _) => Matching::Ignoring(set(labels)),
            (_, None, _) => Matching::Ignoring(BTreeSet::new()),
        };
        let inner = scope.wanting(&on);
        let below = Scope { guard: true, ..inner.clone() };
        let is_on = matches!(named, Some(LabelModifier::Include(_)));
        // The one side of a many-to-one operation gives only what the operands are matched by.
        let sides = |scope: &Scope| {
            let shown = if is_on { scope.showing(&on) } else { scope.clone() };
            match &matching {
                Matching::Left(_) => (scope.clone(), shown),
                Matching::Right(_) => (shown, scope.clone()),
                _ => (shown.clone(), shown),
            }
        };
        let comparison = match binary.op.id() {
            T_GTR => Some(Comparison::Greater),
            T_GTE => Some(Comparison::GreaterOrEqual),
            T_LSS => Some(Comparison::Less),
            T_LTE => Some(Comparison::LessOrEqual),
            T_EQLC => Some(Comparison::Equal),
            T_NEQ => Some(Comparison::NotEqual),
            _ => None,
        };
        if let Some(op) = comparison {
            let (left, right) = sides(&below);
            let (lhs, rhs) = (self.node(&binary.lhs, &left)?, self.node(&binary.rhs, &right)?);
            let id = self.n_compares;
            self.n_compares += 1;
            return Ok(Node::Compare(Box::new(Compare {
                id,
                op,
                lhs,
                rhs,
                is_bool: modifier.is_some_and(|modifier| modifier.return_bool),
                matching,
                text: text(expr),
                is_guard: scope.guard,
            })));
        }
        let set_operator = match binary.op.id() {
            T_LAND => Some(SetOperator::And),
            T_LOR => Some(SetOperator::Or),
            T_LUNLESS => Some(SetOperator::Unless),
            _ => None,
        };
        if let Some(op) = set_operator {
            let lhs = Box::new(self.node(&binary.lhs, &inner)?);
            let right = if op == SetOperator::Or { inner } else { sides(&below).1 };
            let rhs = Box::new(self.node(&binary.rhs, &right)?);
            return Ok(Node::Set { op, lhs, rhs, matching, text: text(expr) });
        }
        let op = match binary.op.id() {
            T_ADD => Arithmetic::Add,
            T_SUB => Arithmetic::Sub,
            T_MUL => Arithmetic::Mul,
            T_DIV => Arithmetic::Div,
            _ => return Err(unknown(expr)),
        };
        let (left, right) = sides(&below);
        let lhs = Box::new(self.node(&binary.lhs, &left)?);
        let rhs = Box::new(self.node(&binary.rhs, &right)?);
        Ok(Node::Arithmetic { op, lhs, rhs, matching })
    }

    /// `time() - timestamp(x)`, also of the newest of several series.
    fn age(&mut self, binary: &BinaryExpr, scope: &Scope) -> Result<Option<Node>, BuildError> {
        let is_time = matches!(binary.lhs.as_ref(), Expr::Call(call) if call.func.name == "time");
        if binary.op.id() != T_SUB || !is_time {
            return Ok(None);
        }
        let (stamp, grouping) = match binary.rhs.as_ref() {
            Expr::Aggregate(aggregate) if matches!(aggregate.op.id(), T_MAX | T_MIN) => {
                let grouping = match &aggregate.modifier {
                    None => Grouping::By(BTreeSet::new()),
                    Some(LabelModifier::Include(labels)) => Grouping::By(set(labels)),
                    Some(LabelModifier::Exclude(labels)) => Grouping::Without(set(labels)),
                };
                (aggregate.expr.as_ref(), grouping)
            }
            other => (other, Grouping::Without(BTreeSet::new())),
        };
        let Expr::Call(call) = stamp else { return Ok(None) };
        let Some(Expr::VectorSelector(selector)) = call.args.args.first().map(AsRef::as_ref) else {
            return Ok(None);
        };
        if call.func.name != "timestamp" {
            return Ok(None);
        }
        let below = match &grouping {
            Grouping::By(labels) | Grouping::Without(labels) => labels.clone(),
        };
        let text = Expr::Binary(binary.clone()).to_string();
        let scope = match &grouping {
            Grouping::By(kept) => scope.showing(kept),
            Grouping::Without(_) => scope.clone(),
        };
        let leaf = self.leaf(selector, LeafKind::Age, None, text, &scope.wanting(&below))?;
        Ok(Some(Node::Grouped(Box::new(Node::Leaf(leaf)), grouping)))
    }
}

fn set(labels: &promql_parser::label::Labels) -> BTreeSet<String> {
    labels.labels.iter().cloned().collect()
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn unknown(expr: &Expr) -> BuildError {
    BuildError::Part { part: text(expr) }
}

/// On one line.
fn text(expr: &Expr) -> String {
    expr.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}
