//! Which variants of `Tree` have been held against an engine with an answer that is not empty.

use std::collections::BTreeMap;

use prom::promql::{
    Grouping,
    condition::{Matching, SetOperation},
    tree::{Function, Operator, Selector, Side, Tree},
};

use crate::evaluate::expressions::{AGGREGATIONS, MAPS, OPERATORS, RANGES, RELATIONS, SETS};

/// How often each was seen.
#[derive(Debug, Default)]
pub(crate) struct Coverage(BTreeMap<String, usize>);

impl Coverage {
    /// Counts all parts of an expression.
    pub(crate) fn add(&mut self, tree: &Tree) {
        match tree {
            Tree::Number(_) => self.count("number"),
            Tree::Time => self.count("time"),
            Tree::Select(selector) => self.selector("select", selector),
            Tree::Timestamp(selector) => self.selector("timestamp", selector),
            Tree::Range { function, selector, .. } => {
                self.selector(&format!("range {function:?}"), selector);
            }
            Tree::Map(function, of) => {
                let name = match function {
                    Function::ClampMin(_) => "ClampMin".to_owned(),
                    Function::ClampMax(_) => "ClampMax".to_owned(),
                    other => format!("{other:?}"),
                };
                self.count(&format!("map {name} {}", kind(of)));
                self.add(of);
            }
            Tree::Quantile(q, of) => {
                self.count(match q {
                    q if *q < 0.0 => "quantile below",
                    q if *q > 1.0 => "quantile above",
                    _ => "quantile",
                });
                self.add(of);
            }
            Tree::Absent(of, labels) => {
                self.count(if labels.is_empty() { "absent" } else { "absent with labels" });
                self.add(of);
            }
            Tree::Vector(of) => self.part("vector", of),
            Tree::Scalar(of) => self.part("scalar", of),
            Tree::Aggregate(aggregation, grouping, of) => {
                let clause = match grouping {
                    Grouping::By(_) => "by",
                    Grouping::Without(_) => "without",
                };
                self.part(&format!("aggregate {aggregation:?} {clause}"), of);
            }
            Tree::Binary { operator, left, right, join } => {
                let many = match &join.many {
                    None => "",
                    Some((Side::Left, _)) => " group_left",
                    Some((Side::Right, _)) => " group_right",
                };
                let sides = format!("{} {}{many}", kind(left), kind(right));
                let operator = match operator {
                    Operator::Filter(relation) => relation.symbol().to_owned(),
                    Operator::Truth(relation) => format!("{} bool", relation.symbol()),
                    other => format!("{other:?}"),
                };
                self.count(&format!("{operator} {sides}"));
                if join.many.as_ref().is_some_and(|(_, copied)| !copied.is_empty()) {
                    self.count(&format!("copied labels{many}"));
                }
                if kind(left) == "vector" && kind(right) == "vector" {
                    self.matching("binary", &join.matching);
                }
                self.add(left);
                self.add(right);
            }
            Tree::Set { operation, left, right, matching } => {
                self.matching(name_of(*operation), matching);
                self.add(left);
                self.add(right);
            }
        }
    }

    fn count(&mut self, part: &str) {
        *self.0.entry(part.to_owned()).or_default() += 1;
    }

    fn part(&mut self, part: &str, of: &Tree) {
        self.count(part);
        self.add(of);
    }

    fn selector(&mut self, part: &str, selector: &Selector) {
        let sign = match selector.offset_ms {
            0 => "now",
            1.. => "past",
            _ => "future",
        };
        self.count(&format!("{part} {sign}"));
    }

    fn matching(&mut self, part: &str, matching: &Matching) {
        self.count(&match matching {
            Matching::On(labels) if labels.is_empty() => format!("{part} on nothing"),
            Matching::On(_) => format!("{part} on"),
            Matching::Ignoring(labels) if labels.is_empty() => part.to_owned(),
            Matching::Ignoring(_) => format!("{part} ignoring"),
        });
    }

    /// How many variants were seen.
    pub(crate) fn seen(&self) -> usize {
        self.0.len()
    }

    /// What should have been seen and was not.
    pub(crate) fn missing(&self) -> Vec<String> {
        expected().into_iter().filter(|part| !self.0.contains_key(part)).collect()
    }
}

fn kind(tree: &Tree) -> &'static str {
    let is_number = match tree {
        Tree::Number(_) | Tree::Time | Tree::Scalar(_) => true,
        Tree::Map(_, of) => kind(of) == "number",
        Tree::Binary { left, right, .. } => kind(left) == "number" && kind(right) == "number",
        _ => false,
    };
    if is_number { "number" } else { "vector" }
}

fn name_of(operation: SetOperation) -> &'static str {
    match operation {
        SetOperation::And => "and",
        SetOperation::Or => "or",
        SetOperation::Unless => "unless",
    }
}

/// All that a plain expression can be made of.
fn expected() -> Vec<String> {
    let mut all: Vec<String> = [
        "number",
        "time",
        "quantile below",
        "quantile",
        "quantile above",
        "absent",
        "absent with labels",
        "vector",
        "scalar",
        "copied labels group_left",
        "copied labels group_right",
        "binary",
        "binary on",
        "binary on nothing",
        "binary ignoring",
        "map Negate number",
    ]
    .map(str::to_owned)
    .into();
    // As the tree calls what the language calls otherwise.
    let ranges = [
        "Rate", "Increase", "Changes", "Resets", "Min", "Max", "Sum", "Avg", "Count", "Last",
        "Present",
    ];
    assert_eq!(ranges.len(), RANGES.len());
    for part in ranges
        .map(|name| format!("range {name}"))
        .iter()
        .map(String::as_str)
        .chain(["select", "timestamp"])
    {
        all.extend(["now", "past", "future"].map(|sign| format!("{part} {sign}")));
    }
    let maps = ["Negate", "Abs", "Ceil", "Floor", "Sqrt", "ClampMin", "ClampMax"];
    assert_eq!(maps.len(), MAPS.len());
    all.extend(maps.map(|name| format!("map {name} vector")));
    let aggregations = ["Sum", "Min", "Max", "Avg", "Count", "Group"];
    assert_eq!(aggregations.len(), AGGREGATIONS.len());
    for name in aggregations {
        all.extend(["by", "without"].map(|clause| format!("aggregate {name} {clause}")));
    }
    let operators = ["Add", "Subtract", "Multiply", "Divide", "Modulo"];
    assert_eq!(operators.len(), OPERATORS.len());
    let sides = [
        "vector vector",
        "vector number",
        "number vector",
        "number number",
        "vector vector group_left",
        "vector vector group_right",
    ];
    for sides in sides {
        all.extend(operators.map(|operator| format!("{operator} {sides}")));
        all.extend(RELATIONS.map(|relation| format!("{relation} bool {sides}")));
        if sides != "number number" {
            all.extend(RELATIONS.map(|relation| format!("{relation} {sides}")));
        }
    }
    for set in SETS {
        all.extend(
            ["", " on", " on nothing", " ignoring"].map(|matching| format!("{set}{matching}")),
        );
    }
    all
}
