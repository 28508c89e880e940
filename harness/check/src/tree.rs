//! An expression as the checks read it: a tree without the parser's types, and without parentheses.
//!
//! Dashboard variables are markers in it. What an expression means is not known here.

use promql_parser::label::MatchOp;
use promql_parser::parser::{self, LabelModifier, VectorMatchCardinality};

use prom::promql::{self, Grouping, LabelMatcher, MetricNames, RangeWindow};

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
    /// Which metrics, for the catalogue.
    pub(crate) names: MetricNames,
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
    /// As it is written.
    pub(crate) text: String,
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
        let mut names = uses.into_iter().map(|selector| (selector.metrics, selector.matchers));
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
    pub(crate) fn is_set(&self) -> bool {
        matches!(self.operator.as_str(), "and" | "or" | "unless")
    }

    pub(crate) fn is_comparison(&self) -> bool {
        matches!(self.operator.as_str(), ">" | ">=" | "<" | "<=" | "==" | "!=")
    }
}

type Names<'a> = &'a mut dyn Iterator<Item = (MetricNames, Vec<LabelMatcher>)>;

/// `names` gives what each selector selects, in the order in which they stand.
fn build(expr: &parser::Expr, names: Names<'_>) -> Option<Tree> {
    use parser::Expr;
    Some(match expr {
        Expr::NumberLiteral(number) => Tree::Number(number.val),
        Expr::StringLiteral(text) => Tree::Text(text.val.clone()),
        Expr::VectorSelector(selector) => Tree::Select(series(selector, names)?),
        Expr::MatrixSelector(matrix) => {
            let millis = i64::try_from(matrix.range.as_millis()).unwrap_or(i64::MAX);
            Tree::Range(series(&matrix.vs, names)?, promql::window(millis))
        }
        Expr::Paren(inner) => build(&inner.expr, names)?,
        Expr::Unary(inner) => Tree::Negate(Box::new(build(&inner.expr, names)?)),
        Expr::Subquery(inner) => Tree::Subquery(Box::new(build(&inner.expr, names)?)),
        Expr::Call(call) => {
            let arguments = call.args.args.iter().map(|argument| build(argument, names));
            Tree::Call(call.func.name.to_owned(), arguments.collect::<Option<_>>()?)
        }
        Expr::Aggregate(aggregate) => {
            let parameter = match &aggregate.param {
                Some(parameter) => Some(Box::new(build(parameter, names)?)),
                None => None,
            };
            let grouping = match &aggregate.modifier {
                Some(LabelModifier::Exclude(labels)) => Grouping::Without(labels.labels.clone()),
                Some(LabelModifier::Include(labels)) => Grouping::By(labels.labels.clone()),
                None => Grouping::By(Vec::new()),
            };
            let inner = Box::new(build(&aggregate.expr, names)?);
            Tree::Aggregate { operator: aggregate.op.to_string(), grouping, parameter, inner }
        }
        Expr::Binary(binary) => {
            let modifier = binary.modifier.as_ref();
            let (mut on, mut ignoring) = (None, Vec::new());
            match modifier.and_then(|modifier| modifier.matching.as_ref()) {
                Some(LabelModifier::Include(labels)) => on = Some(labels.labels.clone()),
                Some(LabelModifier::Exclude(labels)) => ignoring.clone_from(&labels.labels),
                None => {}
            }
            let group = match modifier.map(|modifier| &modifier.card) {
                Some(VectorMatchCardinality::ManyToOne(labels)) => {
                    Some((true, labels.labels.clone()))
                }
                Some(VectorMatchCardinality::OneToMany(labels)) => {
                    Some((false, labels.labels.clone()))
                }
                _ => None,
            };
            Tree::Binary(Binary {
                operator: binary.op.to_string(),
                left: Box::new(build(&binary.lhs, names)?),
                right: Box::new(build(&binary.rhs, names)?),
                is_bool: modifier.is_some_and(|modifier| modifier.return_bool),
                on,
                ignoring,
                group,
            })
        }
        Expr::Extension(_) => return None,
    })
}

fn series(selector: &parser::VectorSelector, names: Names<'_>) -> Option<Selector> {
    let (names, matchers) = names.next()?;
    // Alternatives with `or` ask for one thing or another: nothing is certain of any.
    let is_plain = selector.matchers.or_matchers.is_empty();
    let written = selector.matchers.matchers.iter().filter(|matcher| matcher.name != "__name__");
    let matchers = written.zip(matchers).filter(|_| is_plain).map(|(written, matcher)| Matched {
        label: written.name.clone(),
        value: written.value.clone(),
        is_equality: written.op == MatchOp::Equal,
        takes_none: matcher.accepts(""),
        is_variable: matcher.is_variable(),
        text: format!("{matcher:?}"),
    });
    let matchers = matchers.collect();
    let metric = match &names {
        MetricNames::Listed(names) => match &names[..] {
            [only] => Some(only.clone()),
            _ => None,
        },
        _ => None,
    };
    Some(Selector { metric, names, matchers })
}
