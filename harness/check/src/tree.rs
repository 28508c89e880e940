//! An expression as the checks read it: without parentheses, and with what each selector selects.
//!
//! Dashboard variables are markers in it. What an expression means is not known here.

use prom::promql::{
    self, Expr, Grouping, MatchOperator, MetricNames, RangeWindow, expr,
    operator::{Matching, Side},
};

/// An expression.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Number(f64),
    Text(String),
    Select(Selector),
    Range(Selector, RangeWindow),
    Subquery(Box<Tree>),
    Negate(Box<Tree>),
    Call(String, Vec<Tree>),
    Aggregate {
        operator: String,
        grouping: Grouping,
        parameter: Option<Box<Tree>>,
        inner: Box<Tree>,
    },
    Binary(Binary),
}

/// Which series.
#[derive(Clone, Debug)]
pub(crate) struct Selector {
    /// The one name that it selects, where there is one and no variable in it.
    pub(crate) metric: Option<String>,
    pub(crate) matchers: Vec<Matched>,
}

/// One matcher, on another label than the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matched {
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) is_equality: bool,
    /// Whether a series without the label passes.
    pub(crate) takes_none: bool,
    pub(crate) is_variable: bool,
}

/// An operator between two expressions.
#[derive(Clone, Debug)]
pub(crate) struct Binary {
    pub(crate) operator: String,
    pub(crate) left: Box<Tree>,
    pub(crate) right: Box<Tree>,
    pub(crate) is_bool: bool,
    pub(crate) on: Option<Vec<String>>,
    pub(crate) ignoring: Vec<String>,
    /// The labels that `group_left` (true) or `group_right` copies.
    pub(crate) group: Option<(bool, Vec<String>)>,
}

impl Tree {
    /// The tree of an expression; `None` where it does not parse.
    pub(crate) fn of(expression: &str) -> Option<Tree> {
        let uses = promql::selectors(expression).ok()?;
        let tree = promql::tree_of(expression).ok()?;
        let mut names = uses.into_iter().map(|selector| selector.metrics);
        build(&tree, &mut names)
    }

    /// What is right below.
    pub(crate) fn below(&self) -> Vec<&Tree> {
        match self {
            Tree::Number(_) | Tree::Text(_) | Tree::Select(_) | Tree::Range(..) => Vec::new(),
            Tree::Subquery(inner) | Tree::Negate(inner) => vec![inner],
            Tree::Call(_, arguments) => arguments.iter().collect(),
            Tree::Aggregate { parameter, inner, .. } => {
                parameter.iter().map(AsRef::as_ref).chain([inner.as_ref()]).collect()
            }
            Tree::Binary(binary) => vec![&binary.left, &binary.right],
        }
    }

    /// This and all below, the outer ones first.
    pub(crate) fn all(&self) -> Vec<&Tree> {
        std::iter::once(self).chain(self.below().into_iter().flat_map(Tree::all)).collect()
    }

    /// All selectors.
    pub(crate) fn selectors(&self) -> Vec<&Selector> {
        let found = self.all().into_iter().filter_map(|tree| match tree {
            Tree::Select(selector) | Tree::Range(selector, _) => Some(selector),
            _ => None,
        });
        found.collect()
    }

    /// Whether it has elements, rather than being a number or a text.
    pub(crate) fn is_vector(&self) -> bool {
        match self {
            Tree::Number(_) | Tree::Text(_) => false,
            Tree::Select(_) | Tree::Range(..) | Tree::Subquery(_) | Tree::Aggregate { .. } => true,
            Tree::Negate(inner) => inner.is_vector(),
            Tree::Call(name, _) => !matches!(name.as_str(), "scalar" | "time" | "pi"),
            Tree::Binary(binary) => binary.left.is_vector() || binary.right.is_vector(),
        }
    }

    /// The value of an expression of numbers alone.
    pub(crate) fn constant(&self) -> Option<f64> {
        match self {
            Tree::Number(number) => Some(*number),
            Tree::Negate(inner) => Some(-inner.constant()?),
            Tree::Binary(Binary { operator, left, right, .. }) => {
                let (left, right) = (left.constant()?, right.constant()?);
                match operator.as_str() {
                    "+" => Some(left + right),
                    "-" => Some(left - right),
                    "*" => Some(left * right),
                    "/" => Some(left / right),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

impl Binary {
    pub(crate) fn is_comparison(&self) -> bool {
        matches!(self.operator.as_str(), ">" | ">=" | "<" | "<=" | "==" | "!=")
    }
}

type Names<'a> = &'a mut dyn Iterator<Item = MetricNames>;

/// `names` gives what each selector selects, in the order in which they stand.
fn build(expr: &Expr, names: Names<'_>) -> Option<Tree> {
    Some(match expr {
        Expr::Number(number) => Tree::Number(*number),
        Expr::Text(text) => Tree::Text(text.clone()),
        Expr::Select(selector) => Tree::Select(series(selector, names)?),
        Expr::Range(range) => {
            Tree::Range(series(&range.selector, names)?, promql::window(range.window_ms))
        }
        Expr::Paren(inner) => build(inner, names)?,
        Expr::Negate(inner) => Tree::Negate(Box::new(build(inner, names)?)),
        Expr::Subquery(inner) => Tree::Subquery(Box::new(build(&inner.expr, names)?)),
        Expr::Call(call) => {
            let arguments = call.arguments.iter().map(|argument| build(argument, names));
            Tree::Call(call.function.clone(), arguments.collect::<Option<_>>()?)
        }
        Expr::Aggregate(aggregate) => {
            let parameter = match &aggregate.parameter {
                Some(parameter) => Some(Box::new(build(parameter, names)?)),
                None => None,
            };
            let inner = Box::new(build(&aggregate.expr, names)?);
            let operator = aggregate.operator.to_string();
            Tree::Aggregate { operator, grouping: aggregate.labels_left(), parameter, inner }
        }
        Expr::Binary(binary) => {
            let (on, ignoring) = match &binary.matching {
                Some(Matching::On(labels)) => (Some(labels.clone()), Vec::new()),
                Some(Matching::Ignoring(labels)) => (None, labels.clone()),
                None => (None, Vec::new()),
            };
            let many = binary.many.as_ref();
            Tree::Binary(Binary {
                operator: binary.operator.to_string(),
                left: Box::new(build(&binary.left, names)?),
                right: Box::new(build(&binary.right, names)?),
                is_bool: binary.is_bool,
                on,
                ignoring,
                group: many.map(|(side, labels)| (*side == Side::Left, labels.clone())),
            })
        }
    })
}

fn series(selector: &expr::Selector, names: Names<'_>) -> Option<Selector> {
    let names = names.next()?;
    // Alternatives with `or` ask for one thing or another: nothing is certain of any.
    let written = selector.matchers.iter().filter(|matcher| matcher.label() != "__name__");
    let matchers = written.map(|matcher| Matched {
        label: matcher.label().to_owned(),
        value: matcher.value().to_owned(),
        is_equality: matcher.operator() == MatchOperator::Equal,
        takes_none: matcher.accepts(""),
        is_variable: matcher.is_variable(),
    });
    let matchers = matchers.collect();
    let metric = match &names {
        MetricNames::Listed(names) => match &names[..] {
            [only] => Some(only.clone()),
            _ => None,
        },
        _ => None,
    };
    Some(Selector { metric, matchers })
}
