//! The syntax tree of PromQL: the one that everybody reads, changes, evaluates and prints.
//!
//! It holds what is written, parentheses included, and nothing of what it means. Every walk over a tree goes by
//! [`Expr::children`] or by what is made of it here.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    LabelMatcher, MatchOperator, PromqlError,
    operator::{Aggregation, Arithmetic, Grouping, Join, Matching, Operator, Side},
    parser,
};

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A number.
    Number(f64),
    /// A text, without its quotes and escapes.
    Text(String),
    /// An instant selector.
    Select(Selector),
    /// A range selector.
    Range(RangeSelector),
    /// An expression evaluated over a window.
    Subquery(Subquery),
    /// In parentheses.
    Paren(Box<Expr>),
    /// After a minus sign; a plus sign leaves no trace.
    Negate(Box<Expr>),
    /// A function.
    Call(Call),
    /// An aggregation.
    Aggregate(Aggregate),
    /// An operator between two expressions.
    Binary(Binary),
}

/// Which series, and from when.
#[derive(Clone, Debug, PartialEq)]
pub struct Selector {
    /// The name before the braces.
    pub metric: Option<String>,
    /// Matchers in the braces, all of which must hold.
    pub matchers: Vec<LabelMatcher>,
    /// Groups of matchers with `or` between them, of which one must hold; then `matchers` is empty.
    pub alternatives: Vec<Vec<LabelMatcher>>,
    /// `offset`: milliseconds into the past, negative into the future.
    pub offset_ms: Option<i64>,
    /// `@`.
    pub at: Option<At>,
}

/// The instant that `@` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// `start()` of the query.
    Start,
    /// `end()` of the query.
    End,
    /// Unix milliseconds.
    Instant(i64),
}

/// The samples of series in a window.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeSelector {
    /// Which series.
    pub selector: Selector,
    /// The window in milliseconds.
    pub window_ms: i64,
}

/// An expression evaluated over a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Subquery {
    /// What is evaluated.
    pub expr: Box<Expr>,
    /// The window in milliseconds.
    pub window_ms: i64,
    /// Between evaluations, in milliseconds, where it is written.
    pub step_ms: Option<i64>,
    /// `offset`: milliseconds into the past, negative into the future.
    pub offset_ms: Option<i64>,
    /// `@`.
    pub at: Option<At>,
}

/// A function with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Its name.
    pub function: String,
    /// What it is given.
    pub arguments: Vec<Expr>,
    /// What it gives.
    pub returns: ValueType,
}

/// An aggregation.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// Which.
    pub operator: Aggregation,
    /// `by` or `without`, where it is written.
    pub grouping: Option<Grouping>,
    /// Such as the number of `topk`.
    pub parameter: Option<Box<Expr>>,
    /// What is aggregated.
    pub expr: Box<Expr>,
}

/// An operator between two expressions.
#[derive(Clone, Debug, PartialEq)]
pub struct Binary {
    /// Which.
    pub operator: Operator,
    /// The left side.
    pub left: Box<Expr>,
    /// The right side.
    pub right: Box<Expr>,
    /// A comparison that answers 0 or 1 instead of filtering.
    pub is_bool: bool,
    /// `on` or `ignoring`, where it is written.
    pub matching: Option<Matching>,
    /// `group_left` or `group_right`, by the side that has many elements for one, with the labels that it copies.
    pub many: Option<(Side, Vec<String>)>,
    /// `fill_left` and `fill_right`: what stands for an element that a side lacks.
    pub fill: (Option<f64>, Option<f64>),
}

/// What kind of value an expression has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// A number.
    Scalar,
    /// Elements with a value each.
    Vector,
    /// Elements with the samples of a window each.
    Matrix,
    /// A text.
    Text,
}

impl Expr {
    /// The tree of `expression`.
    ///
    /// # Errors
    /// When it does not parse.
    pub fn parse(expression: &str) -> Result<Expr, PromqlError> {
        parser::parse(expression)
            .map_err(|message| PromqlError { expression: expression.to_owned(), message })
    }

    /// The parts right below, in the order in which they are written.
    #[must_use]
    pub fn children(&self) -> Vec<&Expr> {
        match self {
            Expr::Aggregate(aggregate) => {
                aggregate.parameter.iter().chain([&aggregate.expr]).map(AsRef::as_ref).collect()
            }
            Expr::Binary(binary) => vec![&binary.left, &binary.right],
            Expr::Call(call) => call.arguments.iter().collect(),
            Expr::Paren(inner) | Expr::Negate(inner) => vec![inner],
            Expr::Subquery(subquery) => vec![&subquery.expr],
            Expr::Select(_) | Expr::Range(_) | Expr::Number(_) | Expr::Text(_) => Vec::new(),
        }
    }

    /// As [`Self::children`], in the same order.
    fn children_mut(&mut self) -> Vec<&mut Expr> {
        match self {
            Expr::Aggregate(aggregate) => {
                let parameter = aggregate.parameter.iter_mut();
                parameter.chain([&mut aggregate.expr]).map(AsMut::as_mut).collect()
            }
            Expr::Binary(binary) => vec![&mut binary.left, &mut binary.right],
            Expr::Call(call) => call.arguments.iter_mut().collect(),
            Expr::Paren(inner) | Expr::Negate(inner) => vec![inner],
            Expr::Subquery(subquery) => vec![&mut subquery.expr],
            Expr::Select(_) | Expr::Range(_) | Expr::Number(_) | Expr::Text(_) => Vec::new(),
        }
    }

    /// The same with another part in the place of the `nth` of [`Self::children`].
    ///
    /// # Panics
    /// If there are not as many.
    #[must_use]
    pub fn with_child(&self, nth: usize, child: Expr) -> Expr {
        let mut whole = self.clone();
        *whole.children_mut().swap_remove(nth) = child;
        whole
    }

    /// This expression and all parts below, the outer ones first.
    #[must_use]
    pub fn all(&self) -> Vec<&Expr> {
        std::iter::once(self).chain(self.children().into_iter().flat_map(Expr::all)).collect()
    }

    /// All selectors, in the order in which they stand.
    #[must_use]
    pub fn selectors(&self) -> Vec<&Selector> {
        let all = self.all().into_iter();
        all.filter_map(|part| match part {
            Expr::Select(selector) => Some(selector),
            Expr::Range(range) => Some(&range.selector),
            _ => None,
        })
        .collect()
    }

    /// Without the parentheses around it.
    #[must_use]
    pub fn bare(&self) -> &Expr {
        match self {
            Expr::Paren(inner) => inner.bare(),
            _ => self,
        }
    }

    /// In parentheses if it could be taken apart by precedence elsewhere.
    #[must_use]
    pub fn grouped(&self) -> Expr {
        match self {
            Expr::Binary(_) | Expr::Negate(_) => Expr::Paren(Box::new(self.clone())),
            _ => self.clone(),
        }
    }

    /// The value of a number literal, also in parentheses.
    #[must_use]
    pub fn literal(&self) -> Option<f64> {
        match self.bare() {
            Expr::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The value of an expression of numbers alone, where it is the same everywhere to the last bit.
    #[must_use]
    pub fn constant(&self) -> Option<f64> {
        match self {
            Expr::Number(number) => Some(*number),
            Expr::Paren(inner) => inner.constant(),
            Expr::Negate(inner) => Some(-inner.constant()?),
            Expr::Binary(Binary { operator: Operator::Arithmetic(how), left, right, .. }) => {
                let (left, right) = (left.constant()?, right.constant()?);
                Some(how.exact()?(left, right))
            }
            _ => None,
        }
    }

    /// What kind of value it has.
    #[must_use]
    pub fn value_type(&self) -> ValueType {
        match self {
            Expr::Number(_) => ValueType::Scalar,
            Expr::Text(_) => ValueType::Text,
            Expr::Select(_) | Expr::Aggregate(_) => ValueType::Vector,
            Expr::Range(_) | Expr::Subquery(_) => ValueType::Matrix,
            Expr::Paren(inner) | Expr::Negate(inner) => inner.value_type(),
            Expr::Call(call) => call.returns,
            Expr::Binary(binary) => match (binary.left.value_type(), binary.right.value_type()) {
                (ValueType::Scalar, ValueType::Scalar) => ValueType::Scalar,
                _ => ValueType::Vector,
            },
        }
    }

    /// Whether it has elements with a value each.
    #[must_use]
    pub fn is_vector(&self) -> bool {
        self.value_type() == ValueType::Vector
    }

    /// The labels that `absent` of it gives: those that a selector asks for by equality.
    ///
    /// Mirrors `createLabelsForAbsentFunction` of Prometheus' `promql/functions.go`: a label that a later matcher
    /// speaks of too is left out, and an empty value is no label.
    #[must_use]
    pub fn absent_labels(&self) -> BTreeMap<String, String> {
        let Expr::Select(selector) = self.bare() else { return BTreeMap::new() };
        let (mut seen, mut asked) = (BTreeSet::new(), BTreeMap::new());
        for matcher in selector.matchers.iter().filter(|matcher| matcher.label() != "__name__") {
            let (label, value) = (matcher.label(), matcher.value());
            let is_equal = matcher.operator() == MatchOperator::Equal;
            if is_equal && seen.insert(label) && !value.is_empty() {
                asked.insert(label.to_owned(), value.to_owned());
            } else {
                asked.remove(label);
            }
        }
        asked
    }

    /// Whether its value is a number.
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        self.value_type() == ValueType::Scalar
    }
}

impl Selector {
    /// All matchers that are written, those of alternatives too.
    pub fn written(&self) -> impl Iterator<Item = &LabelMatcher> {
        self.matchers.iter().chain(self.alternatives.iter().flatten())
    }
}

impl Call {
    /// The first argument with elements.
    #[must_use]
    pub fn first_vector(&self) -> Option<&Expr> {
        self.vectors().next()
    }

    /// The last argument with elements.
    #[must_use]
    pub fn last_vector(&self) -> Option<&Expr> {
        self.vectors().last()
    }

    fn vectors(&self) -> impl Iterator<Item = &Expr> {
        let has_elements =
            |of: &&Expr| matches!(of.value_type(), ValueType::Vector | ValueType::Matrix);
        self.arguments.iter().filter(has_elements)
    }
}

impl Aggregate {
    /// Which labels are left.
    #[must_use]
    pub fn labels_left(&self) -> Grouping {
        self.grouping.clone().unwrap_or(Grouping::By(Vec::new()))
    }
}

impl Binary {
    /// An operator without clauses.
    #[must_use]
    pub fn plain(operator: Operator, left: Expr, right: Expr) -> Binary {
        let (left, right) = (Box::new(left), Box::new(right));
        Binary {
            operator,
            left,
            right,
            is_bool: false,
            matching: None,
            many: None,
            fill: (None, None),
        }
    }

    /// `left * right`.
    #[must_use]
    pub fn product(left: Expr, right: Expr) -> Expr {
        Expr::Binary(Binary::plain(Operator::Arithmetic(Arithmetic::Multiply), left, right))
    }

    /// How elements are matched; `None` where it is more than plain labels.
    #[must_use]
    pub fn plain_matching(&self) -> Option<Matching> {
        if self.fill != (None, None) {
            return None;
        }
        let matching = self.matching.clone().unwrap_or(Matching::Ignoring(Vec::new()));
        (!matching.labels().iter().any(|label| label == "__name__")).then_some(matching)
    }

    /// As [`Self::plain_matching`], with the labels of the result.
    #[must_use]
    pub fn plain_join(&self) -> Option<Join> {
        Some(Join { matching: self.plain_matching()?, many: self.many.clone() })
    }
}
