//! The syntax tree, walked once: every selector with what stands around it.
//!
//! Parentheses and signs leave no trace. Knows the parser crate's types, which no
//! other module sees.

use std::time::Duration;

use promql_parser::label::Matcher;
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{AtModifier, Expr, LabelModifier, Offset, VectorSelector};

use super::{
    Grouping, LabelMatcher, MetricNames, RangeWindow, SelectorUse, Step, is_variable, template,
};

pub(super) fn selectors(expression: &Expr) -> Vec<SelectorUse> {
    let mut walker = Walker { path: Vec::new(), at_edge: false, found: Vec::new() };
    walker.walk(expression);
    walker.found
}

struct Walker {
    path: Vec<Step>,
    /// A subquery around is read at an edge of the query.
    at_edge: bool,
    found: Vec<SelectorUse>,
}

impl Walker {
    fn walk(&mut self, expression: &Expr) {
        match expression {
            Expr::VectorSelector(selector) => self.selector(selector, None),
            Expr::MatrixSelector(matrix) => {
                self.selector(&matrix.vs, Some(template::window(millis(matrix.range))));
            }
            Expr::Paren(inner) => self.walk(&inner.expr),
            Expr::Unary(inner) => self.walk(&inner.expr),
            Expr::Subquery(inner) => {
                let window = template::window(millis(inner.range));
                let around = self.at_edge;
                self.at_edge |= is_edge(inner.at.as_ref());
                self.below(Step::Subquery(window), [inner.expr.as_ref()]);
                self.at_edge = around;
            }
            Expr::Call(call) => {
                let arguments = call.args.args.iter().map(AsRef::as_ref);
                self.below(Step::Function(call.func.name.to_owned()), arguments);
            }
            Expr::Aggregate(aggregation) => {
                let grouping = match &aggregation.modifier {
                    Some(LabelModifier::Exclude(labels)) => {
                        Grouping::Without(labels.labels.clone())
                    }
                    Some(LabelModifier::Include(labels)) => Grouping::By(labels.labels.clone()),
                    None => Grouping::By(Vec::new()),
                };
                let step = Step::Aggregation { operator: aggregation.op.to_string(), grouping };
                let parameter = aggregation.param.as_deref();
                self.below(step, parameter.into_iter().chain([aggregation.expr.as_ref()]));
            }
            Expr::Binary(binary) => {
                let sides = [binary.lhs.as_ref(), binary.rhs.as_ref()];
                if sides.iter().all(|side| side.value_type() == ValueType::Vector) {
                    self.below(Step::Binary { operator: binary.op.to_string() }, sides);
                } else {
                    sides.into_iter().for_each(|side| self.walk(side));
                }
            }
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
        }
    }

    fn below<'a>(&mut self, step: Step, inner: impl IntoIterator<Item = &'a Expr>) {
        self.path.push(step);
        inner.into_iter().for_each(|expression| self.walk(expression));
        self.path.pop();
    }

    fn selector(&mut self, selector: &VectorSelector, window: Option<RangeWindow>) {
        let all =
            selector.matchers.matchers.iter().chain(selector.matchers.or_matchers.iter().flatten());
        let (on_name, on_labels): (Vec<&Matcher>, Vec<&Matcher>) =
            all.partition(|matcher| matcher.name == "__name__");
        let wrap = |matchers: Vec<&Matcher>| -> Vec<LabelMatcher> {
            matchers.into_iter().map(|matcher| LabelMatcher { matcher: matcher.clone() }).collect()
        };
        self.found.push(SelectorUse {
            metrics: metrics(selector.name.as_ref(), wrap(on_name)),
            matchers: wrap(on_labels),
            window,
            offset_ms: match &selector.offset {
                Some(Offset::Pos(offset)) => millis(*offset),
                Some(Offset::Neg(offset)) => -millis(*offset),
                None => 0,
            },
            at_edge: self.at_edge || is_edge(selector.at.as_ref()),
            path: self.path.clone(),
        });
    }
}

fn is_edge(at: Option<&AtModifier>) -> bool {
    matches!(at, Some(AtModifier::Start | AtModifier::End))
}

fn metrics(name: Option<&String>, matchers: Vec<LabelMatcher>) -> MetricNames {
    if name.is_some_and(|name| is_variable(name)) || matchers.iter().any(LabelMatcher::is_variable)
    {
        return MetricNames::Variable;
    }
    if let Some(name) = name {
        return MetricNames::Listed(vec![name.clone()]);
    }
    match matchers.as_slice() {
        [only] => match only.listed_values() {
            Some(names) => MetricNames::Listed(names),
            None => MetricNames::Pattern(matchers),
        },
        _ => MetricNames::Pattern(matchers),
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
