//! The operators of PromQL and their clauses: one definition for whoever reads, changes or evaluates an expression.
//!
//! What stands on either side of an operator is not known here.

use std::fmt;

/// Which operator stands between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Arithmetic.
    Arithmetic(Arithmetic),
    /// A comparison, which filters or, with `bool`, answers 0 or 1.
    Compare(Relation),
    /// A set operation.
    Set(SetOperation),
}

impl Operator {
    pub(super) fn named(symbol: &str) -> Option<Operator> {
        let arithmetic = Arithmetic::ALL.into_iter().map(Operator::Arithmetic);
        let relations = Relation::ALL.into_iter().map(Operator::Compare);
        let sets = SetOperation::ALL.into_iter().map(Operator::Set);
        arithmetic.chain(relations).chain(sets).find(|operator| operator.symbol() == symbol)
    }

    /// As it is written.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Operator::Arithmetic(arithmetic) => arithmetic.symbol(),
            Operator::Compare(relation) => relation.symbol(),
            Operator::Set(operation) => operation.symbol(),
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.symbol())
    }
}

/// An operator between numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
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
    /// `^`.
    Power,
    /// `atan2`.
    Atan2,
}

impl Arithmetic {
    const ALL: [Arithmetic; 7] = [
        Arithmetic::Add,
        Arithmetic::Subtract,
        Arithmetic::Multiply,
        Arithmetic::Divide,
        Arithmetic::Modulo,
        Arithmetic::Power,
        Arithmetic::Atan2,
    ];

    /// As it is written.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
            Arithmetic::Modulo => "%",
            Arithmetic::Power => "^",
            Arithmetic::Atan2 => "atan2",
        }
    }

    /// The function of both sides that gives Prometheus' result to the last bit; `None` for `^` and `atan2`, which Go
    /// may round otherwise than we do.
    #[must_use]
    pub fn exact(self) -> Option<fn(f64, f64) -> f64> {
        Some(match self {
            Arithmetic::Add => |left, right| left + right,
            Arithmetic::Subtract => |left, right| left - right,
            Arithmetic::Multiply => |left, right| left * right,
            Arithmetic::Divide => |left, right| left / right,
            Arithmetic::Modulo => |left, right| left % right,
            Arithmetic::Power | Arithmetic::Atan2 => return None,
        })
    }
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `>`.
    Above,
    /// `>=`.
    AtLeast,
    /// `<`.
    Below,
    /// `<=`.
    AtMost,
    /// `==`.
    Equal,
    /// `!=`.
    NotEqual,
}

impl Relation {
    const ALL: [Relation; 6] = [
        Relation::Above,
        Relation::AtLeast,
        Relation::Below,
        Relation::AtMost,
        Relation::Equal,
        Relation::NotEqual,
    ];

    /// As it is written.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Relation::Above => ">",
            Relation::AtLeast => ">=",
            Relation::Below => "<",
            Relation::AtMost => "<=",
            Relation::Equal => "==",
            Relation::NotEqual => "!=",
        }
    }

    /// Whether `left` stands in this relation to `right`.
    #[must_use]
    #[expect(clippy::float_cmp, reason = "PromQL compares exactly")]
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Relation::Above => left > right,
            Relation::AtLeast => left >= right,
            Relation::Below => left < right,
            Relation::AtMost => left <= right,
            Relation::Equal => left == right,
            Relation::NotEqual => left != right,
        }
    }

    /// The relation with its sides exchanged.
    #[must_use]
    pub fn mirrored(self) -> Relation {
        match self {
            Relation::Above => Relation::Below,
            Relation::AtLeast => Relation::AtMost,
            Relation::Below => Relation::Above,
            Relation::AtMost => Relation::AtLeast,
            Relation::Equal | Relation::NotEqual => self,
        }
    }
}

/// `and`, `or` or `unless`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperation {
    /// `and`.
    And,
    /// `or`.
    Or,
    /// `unless`.
    Unless,
}

impl SetOperation {
    const ALL: [SetOperation; 3] = [SetOperation::And, SetOperation::Or, SetOperation::Unless];

    /// As it is written.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            SetOperation::And => "and",
            SetOperation::Or => "or",
            SetOperation::Unless => "unless",
        }
    }
}

/// An aggregation.
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
    /// `stddev`.
    Stddev,
    /// `stdvar`.
    Stdvar,
    /// `topk`.
    Topk,
    /// `bottomk`.
    Bottomk,
    /// `count_values`.
    CountValues,
    /// `quantile`.
    Quantile,
    /// `limitk`.
    Limitk,
    /// `limit_ratio`.
    LimitRatio,
}

impl Aggregation {
    const ALL: [Aggregation; 14] = [
        Aggregation::Sum,
        Aggregation::Min,
        Aggregation::Max,
        Aggregation::Avg,
        Aggregation::Count,
        Aggregation::Group,
        Aggregation::Stddev,
        Aggregation::Stdvar,
        Aggregation::Topk,
        Aggregation::Bottomk,
        Aggregation::CountValues,
        Aggregation::Quantile,
        Aggregation::Limitk,
        Aggregation::LimitRatio,
    ];

    pub(super) fn named(name: &str) -> Option<Aggregation> {
        Aggregation::ALL.into_iter().find(|aggregation| aggregation.name() == name)
    }

    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Aggregation::Sum => "sum",
            Aggregation::Min => "min",
            Aggregation::Max => "max",
            Aggregation::Avg => "avg",
            Aggregation::Count => "count",
            Aggregation::Group => "group",
            Aggregation::Stddev => "stddev",
            Aggregation::Stdvar => "stdvar",
            Aggregation::Topk => "topk",
            Aggregation::Bottomk => "bottomk",
            Aggregation::CountValues => "count_values",
            Aggregation::Quantile => "quantile",
            Aggregation::Limitk => "limitk",
            Aggregation::LimitRatio => "limit_ratio",
        }
    }
}

impl fmt::Display for Aggregation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

/// Which labels an aggregation leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grouping {
    /// These; none where the aggregation has no clause.
    By(Vec<String>),
    /// All but these.
    Without(Vec<String>),
}

impl Grouping {
    /// The labels as written.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        match self {
            Grouping::By(labels) | Grouping::Without(labels) => labels,
        }
    }

    /// Whether a label is left; of the metric's name, which `without` drops too, this says nothing.
    #[must_use]
    pub fn keeps(&self, label: &str) -> bool {
        match self {
            Grouping::By(labels) => labels.iter().any(|by| by == label),
            Grouping::Without(labels) => !labels.iter().any(|without| without == label),
        }
    }

    /// The same clause with other labels.
    #[must_use]
    pub fn with(&self, labels: Vec<String>) -> Grouping {
        match self {
            Grouping::By(_) => Grouping::By(labels),
            Grouping::Without(_) => Grouping::Without(labels),
        }
    }
}

/// Which elements of two vectors belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matching {
    /// Those that agree in these labels.
    On(Vec<String>),
    /// Those that agree in all others, the name aside.
    Ignoring(Vec<String>),
}

impl Matching {
    /// The labels as written.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        match self {
            Matching::On(labels) | Matching::Ignoring(labels) => labels,
        }
    }

    /// Whether elements that belong together agree in a label; of the metric's name, which `ignoring` leaves out too,
    /// this says nothing.
    #[must_use]
    pub fn keeps(&self, label: &str) -> bool {
        match self {
            Matching::On(labels) => labels.iter().any(|on| on == label),
            Matching::Ignoring(labels) => !labels.iter().any(|ignored| ignored == label),
        }
    }

    /// The same clause with other labels.
    #[must_use]
    pub fn with(&self, labels: Vec<String>) -> Matching {
        match self {
            Matching::On(_) => Matching::On(labels),
            Matching::Ignoring(_) => Matching::Ignoring(labels),
        }
    }
}

/// A side of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Before it.
    Left,
    /// After it.
    Right,
}

/// Which elements of two vectors belong together, and which labels the result has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// Which labels must agree.
    pub matching: Matching,
    /// `group_left` or `group_right` with the labels that it copies; none of the two is one to one.
    pub many: Option<(Side, Vec<String>)>,
}
