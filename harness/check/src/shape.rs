//! Which labels the elements of an expression can have, and which they surely have.
//!
//! Known from clauses, matchers and recording rules, and from the emitted metrics where there are some. What is not
//! known is never guessed: a label may be there unless it cannot. Values of samples are not known here.

use std::collections::{BTreeMap, BTreeSet};

use monitoring::{RuleFile, RuleKind};
use prom::promql::{Grouping, is_variable};

use super::catalogue::Catalogue;
use super::tree::{Binary, Selector, Tree};

/// The labels of an expression's elements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// All labels that an element can have; `None` where it could have any.
    pub(crate) may: Option<BTreeSet<String>>,
    /// Whether every element has all of `may`, wherever the metrics have the labels at all.
    pub(crate) is_exact: bool,
    /// Labels that every element has, with the value where it is one.
    pub(crate) has: BTreeMap<String, Option<String>>,
}

impl Shape {
    fn none() -> Shape {
        Shape { may: Some(BTreeSet::new()), is_exact: true, has: BTreeMap::new() }
    }

    /// Whether no element can have the label.
    pub(crate) fn lacks(&self, label: &str) -> bool {
        self.may.as_ref().is_some_and(|may| !may.contains(label))
    }

    fn keep(&mut self, keeps: impl Fn(&str) -> bool) {
        if let Some(may) = &mut self.may {
            may.retain(|label| keeps(label));
        }
        self.has.retain(|label, _| keeps(label));
    }

    fn set(&mut self, label: &str, value: Option<&str>) {
        if let Some(may) = &mut self.may {
            may.insert(label.to_owned());
        }
        self.has.insert(label.to_owned(), value.map(str::to_owned));
    }

    /// What holds for the elements of both.
    fn or(self, other: Shape) -> Shape {
        let may = self.may.zip(other.may);
        let is_exact = self.is_exact && other.is_exact && may.as_ref().is_some_and(|(a, b)| a == b);
        let has = self.has.into_iter().filter_map(|(label, value)| {
            let also = other.has.get(&label)?;
            Some((label, value.filter(|value| also.as_ref() == Some(value))))
        });
        Shape {
            may: may.map(|(a, b)| a.union(&b).cloned().collect()),
            is_exact,
            has: has.collect(),
        }
    }
}

/// What is known of series by their names.
#[derive(Debug, Default)]
pub(crate) struct Known {
    recorded: BTreeMap<String, Shape>,
    /// Labels of metrics that modules emit.
    emitted: BTreeMap<String, BTreeSet<String>>,
}

impl Known {
    /// What the rules and the emitted metrics say.
    pub(crate) fn of(rules: &[RuleFile], catalogue: &Catalogue<'_>) -> Known {
        let of_series = |(name, series): (&String, &super::catalogue::Series<'_>)| {
            let labels = series.labels.as_ref()?.keys().map(|label| (*label).to_owned()).collect();
            series.family.is_some().then(|| (name.clone(), labels))
        };
        let mut known = Known {
            recorded: BTreeMap::new(),
            emitted: catalogue.series.iter().filter_map(of_series).collect(),
        };
        // Rules may read each other in any order of files: each round learns from the last one.
        for _ in 0..ROUNDS {
            let found = known.round(rules);
            if found == known.recorded {
                break;
            }
            known.recorded = found;
        }
        known
    }

    fn round(&self, rules: &[RuleFile]) -> BTreeMap<String, Shape> {
        let mut found: BTreeMap<String, Shape> = BTreeMap::new();
        for group in rules.iter().flat_map(|file| &file.groups) {
            for rule in &group.rules {
                let RuleKind::Record { metric } = &rule.kind else { continue };
                let mut shape =
                    Tree::of(&rule.expr).map(|tree| self.shape(&tree)).unwrap_or_default();
                for (label, value) in group.labels.iter().chain(&rule.labels) {
                    shape.set(label, Some(value));
                }
                let shape = match found.remove(metric) {
                    Some(before) => before.or(shape),
                    None => shape,
                };
                found.insert(metric.clone(), shape);
            }
        }
        found
    }

    /// The labels of an expression.
    pub(crate) fn shape(&self, tree: &Tree) -> Shape {
        match tree {
            Tree::Number(_) | Tree::Text(_) => Shape::none(),
            Tree::Select(selector) | Tree::Range(selector, _) => self.selector(selector),
            Tree::Subquery(inner) | Tree::Negate(inner) => self.shape(inner),
            Tree::Call(name, arguments) => self.call(name, arguments),
            Tree::Aggregate { operator, grouping, inner, .. } => {
                self.aggregate(operator, grouping, inner)
            }
            Tree::Binary(binary) => self.binary(binary),
        }
    }

    fn selector(&self, selector: &Selector) -> Shape {
        let recorded = selector.metric.as_ref().and_then(|name| self.recorded.get(name).cloned());
        let mut shape = recorded.unwrap_or_else(|| Shape {
            may: selector.metric.as_ref().and_then(|name| self.emitted.get(name).cloned()),
            is_exact: false,
            has: BTreeMap::new(),
        });
        for matcher in
            selector.matchers.iter().filter(|matcher| !matcher.is_variable && !matcher.takes_none)
        {
            let value = matcher.is_equality.then_some(matcher.value.as_str());
            // A label that nobody has selects nothing, which others say.
            if !shape.lacks(&matcher.label)
                && (value.is_some() || !shape.has.contains_key(&matcher.label))
            {
                shape.set(&matcher.label, value);
            }
        }
        shape
    }

    fn call(&self, name: &str, arguments: &[Tree]) -> Shape {
        let text = |index: usize| match arguments.get(index) {
            Some(Tree::Text(text)) if !is_variable(text) => Some(text.as_str()),
            _ => None,
        };
        match name {
            "scalar" | "time" | "pi" | "vector" => Shape::none(),
            "absent" | "absent_over_time" => absent(arguments.first()),
            "label_replace" | "label_join" => {
                let mut shape =
                    arguments.first().map(|inner| self.shape(inner)).unwrap_or_default();
                match text(1) {
                    Some(label) => {
                        if let Some(may) = &mut shape.may {
                            may.insert(label.to_owned());
                        }
                        shape.has.remove(label);
                        shape.is_exact = false;
                    }
                    None => shape = Shape::default(),
                }
                shape
            }
            "histogram_quantile" | "histogram_fraction" => {
                let inner = arguments.iter().rfind(|argument| argument.is_vector());
                let mut shape = inner.map(|inner| self.shape(inner)).unwrap_or_default();
                shape.keep(|label| label != "le");
                shape
            }
            "info" => Shape::default(),
            _ => {
                let vector = arguments.iter().find(|argument| argument.is_vector());
                vector.map_or_else(Shape::none, |inner| self.shape(inner))
            }
        }
    }

    fn aggregate(&self, operator: &str, grouping: &Grouping, inner: &Tree) -> Shape {
        let mut shape = self.shape(inner);
        if matches!(operator, "topk" | "bottomk" | "limitk" | "limit_ratio") {
            return shape;
        }
        match grouping {
            Grouping::By(labels) if labels.iter().any(|label| is_variable(label)) => {
                return Shape::default();
            }
            Grouping::By(labels) => {
                let of =
                    |label: &&String| shape.may.as_ref().is_none_or(|may| may.contains(*label));
                let may: BTreeSet<String> = labels.iter().filter(of).cloned().collect();
                // Of elements that are not all alike, some may lack a label.
                let is_one = |selector: &&Selector| selector.metric.is_some();
                shape.is_exact |= shape.may.is_none() && inner.selectors().iter().all(is_one);
                shape.may = Some(may);
                shape.has.retain(|label, _| labels.contains(label));
            }
            Grouping::Without(labels) => {
                shape.keep(|label| !labels.iter().any(|dropped| dropped == label))
            }
        }
        if operator == "count_values" {
            shape.may = None;
        }
        shape
    }

    fn binary(&self, binary: &Binary) -> Shape {
        match (binary.left.is_vector(), binary.right.is_vector()) {
            (true, false) => return self.shape(&binary.left),
            (false, true) => return self.shape(&binary.right),
            (false, false) => return Shape::none(),
            (true, true) => {}
        }
        let (left, right) = (self.shape(&binary.left), self.shape(&binary.right));
        match binary.operator.as_str() {
            "and" | "unless" => return left,
            "or" => return left.or(right),
            _ => {}
        }
        if let Some((is_left, copied)) = &binary.group {
            let (mut many, one) = if *is_left { (left, right) } else { (right, left) };
            for label in copied {
                let value = one.has.get(label).cloned().flatten();
                if one.has.contains_key(label) {
                    many.set(label, value.as_deref());
                } else if let Some(may) = &mut many.may {
                    may.insert(label.clone());
                    many.is_exact = false;
                }
            }
            return many;
        }
        let may = match (&left.may, &right.may) {
            (Some(a), Some(b)) => Some(a.intersection(b).cloned().collect()),
            (Some(a), None) | (None, Some(a)) => Some(a.clone()),
            (None, None) => None,
        };
        let mut has = left.has.clone();
        has.extend(right.has.clone());
        let mut shape = Shape { may, is_exact: left.is_exact || right.is_exact, has };
        match &binary.on {
            Some(on) => {
                let both = |label: &&String| !left.lacks(label) && !right.lacks(label);
                shape.may = Some(on.iter().filter(both).cloned().collect());
                shape.is_exact = true;
                shape.has.retain(|label, _| on.contains(label));
            }
            None if binary.ignoring.is_empty() => {}
            None => {
                // What one side alone has is ignored or breaks the match.
                shape.may = match (left.may, right.may) {
                    (None, None) => None,
                    (Some(a), _) | (_, Some(a)) => Some(a),
                };
                shape.keep(|label| !binary.ignoring.iter().any(|ignored| ignored == label));
            }
        }
        shape
    }
}

/// More rounds than rules read each other in a chain.
const ROUNDS: usize = 20;

/// As `createLabelsForAbsentFunction` of Prometheus' `promql/functions.go`: what the selector asks for by equality.
fn absent(argument: Option<&Tree>) -> Shape {
    let mut shape = Shape::none();
    let (Some(Tree::Select(selector)) | Some(Tree::Range(selector, _))) = argument else {
        return shape;
    };
    for matcher in &selector.matchers {
        let alone =
            selector.matchers.iter().filter(|other| other.label == matcher.label).count() == 1;
        if matcher.is_equality && alone && !matcher.value.is_empty() {
            let value = (!matcher.is_variable).then_some(matcher.value.as_str());
            shape.set(&matcher.label, value);
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{EmittedMetrics, Inputs};
    use monitoring::rules;

    fn shown(expr: &str) -> String {
        let text = "groups:\n- name: g\n  labels: { team: t }\n  rules:\n  - { record: 'a:b', expr: 'sum by (a, b) (x)', labels: { window: 5m } }\n  - { record: 'c:d', expr: 'sum by (a) (a:b)' }\n";
        let rules = [rules::parse(Path::new("r.yml"), text).unwrap()];
        let prometheus =
            monitoring::config::parse(Path::new("p.yml"), "scrape_configs: []\n").unwrap();
        let emitted = EmittedMetrics::default();
        let inputs = Inputs {
            dashboards: &[],
            datasources: &[],
            prometheus: &prometheus,
            rules: &rules,
            emitted: &emitted,
        };
        let known = Known::of(&rules, &Catalogue::of(&inputs));
        let shape = known.shape(&Tree::of(expr).unwrap());
        let may =
            shape.may.map_or("*".to_owned(), |may| may.into_iter().collect::<Vec<_>>().join(","));
        let has = shape.has.into_iter().map(|(label, value)| match value {
            Some(value) => format!("{label}={value}"),
            None => label,
        });
        format!("{may} has {}", has.collect::<Vec<_>>().join(","))
    }

    #[test]
    fn labels_are_followed_through_every_kind_of_expression() {
        let table = [
            ("x", "* has "),
            ("rate(x{a=\"1\", b=~\".+\", c!=\"1\", d=\"\", e=~\"$v\"}[5m])", "* has a=1,b"),
            ("sum by (a, b) (x{a=\"1\"})", "a,b has a=1"),
            ("sum without (a) (a:b)", "b,team,window has team=t,window=5m"),
            ("c:d", "a,team has team=t"),
            ("sum(x) / 3", " has "),
            ("x > 3", "* has "),
            ("topk(3, a:b)", "a,b,team,window has team=t,window=5m"),
            ("absent(x{a=\"1\", b=~\"2\"})", "a has a=1"),
            ("absent(x == 1)", " has "),
            ("histogram_quantile(0.9, sum by (a, le) (x))", "a has "),
            ("label_replace(sum by (a) (x), \"n\", \"$1\", \"a\", \"(.*)\")", "a,n has "),
            ("sum by (a) (x) and on (b) y", "a has "),
            ("sum by (a) (x{a=\"1\"}) or sum by (b) (y)", "a,b has "),
            ("x * on (a) y", "a has "),
            ("sum by (a) (x) * on (a) group_left (c) y{c=\"2\"}", "a,c has c=2"),
            ("sum by (a) (x) / ignoring (b) sum by (a, b) (y)", "a has "),
            ("vector(1)", " has "),
        ];
        for (expr, expected) in table {
            assert_eq!(shown(expr), expected, "{expr}");
        }
    }
}
