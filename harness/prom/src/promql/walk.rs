//! Every selector of an expression with what stands around it.
//!
//! Parentheses and signs leave no trace.

use super::{
    LabelMatcher, MetricNames, RangeWindow, SelectorUse, Step,
    expr::{At, Expr, Selector},
    is_variable, template,
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
        let step = match expression {
            Expr::Select(selector) => return self.selector(selector, None),
            Expr::Range(range) => {
                return self.selector(&range.selector, Some(template::window(range.window_ms)));
            }
            Expr::Subquery(inner) => Some(Step::Subquery(template::window(inner.window_ms))),
            Expr::Call(call) => Some(Step::Function(call.function.clone())),
            Expr::Aggregate(aggregate) => Some(Step::Aggregation {
                operator: aggregate.operator.to_string(),
                grouping: aggregate.labels_left(),
            }),
            Expr::Binary(binary) if binary.left.is_vector() && binary.right.is_vector() => {
                Some(Step::Binary { operator: binary.operator.to_string() })
            }
            Expr::Binary(_)
            | Expr::Paren(_)
            | Expr::Negate(_)
            | Expr::Number(_)
            | Expr::Text(_) => None,
        };
        let around = (self.path.len(), self.at_edge);
        self.at_edge |= matches!(expression, Expr::Subquery(inner) if is_edge(inner.at));
        self.path.extend(step);
        expression.children().into_iter().for_each(|part| self.walk(part));
        self.path.truncate(around.0);
        self.at_edge = around.1;
    }

    fn selector(&mut self, selector: &Selector, window: Option<RangeWindow>) {
        let all = selector.written().cloned();
        let (on_name, on_labels) = all.partition(|matcher| matcher.label() == "__name__");
        self.found.push(SelectorUse {
            metrics: metrics(selector.metric.as_ref(), on_name),
            matchers: on_labels,
            window,
            offset_ms: selector.offset_ms.unwrap_or(0),
            at_edge: self.at_edge || is_edge(selector.at),
            path: self.path.clone(),
        });
    }
}

fn is_edge(at: Option<At>) -> bool {
    matches!(at, Some(At::Start | At::End))
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
