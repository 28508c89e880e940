//! Which kinds of parts of plain expressions have been held against an engine with an answer that is not empty.

use std::collections::BTreeMap;

use prom::promql::{
    expr::{Binary, Call, Expr, Selector},
    operator::{Grouping, Matching, Operator, Side},
    plain::{Function, MapFunction},
};

use crate::evaluate::expressions::{AGGREGATIONS, MAPS, OPERATORS, RANGES, RELATIONS, SETS};

/// How often each was seen.
#[derive(Debug, Default)]
pub(crate) struct Coverage(BTreeMap<String, usize>);

impl Coverage {
    /// Counts all parts of an expression.
    pub(crate) fn add(&mut self, expr: &Expr) {
        match expr {
            Expr::Number(_) => self.count("number"),
            Expr::Paren(inner) => self.add(inner),
            Expr::Select(selector) => self.selector("select", selector),
            Expr::Negate(of) => self.map("Negate", of),
            Expr::Call(call) => self.call(call),
            Expr::Aggregate(found) => {
                let clause = match found.labels_left() {
                    Grouping::By(_) => "by",
                    Grouping::Without(_) => "without",
                };
                self.part(&format!("aggregate {:?} {clause}", found.operator), &found.expr);
            }
            Expr::Binary(binary) => self.binary(binary),
            Expr::Range(_) | Expr::Subquery(_) | Expr::Text(_) => {}
        }
    }

    fn call(&mut self, call: &Call) {
        match Function::of(call).expect("the expression is plain") {
            Function::Time => self.count("time"),
            Function::Timestamp(selector) => self.selector("timestamp", selector),
            Function::Range(function, range) => {
                self.selector(&format!("range {function:?}"), &range.selector);
            }
            Function::Map(function, of) => {
                let name = match function {
                    MapFunction::ClampMin(_) => "ClampMin".to_owned(),
                    MapFunction::ClampMax(_) => "ClampMax".to_owned(),
                    other => format!("{other:?}"),
                };
                self.map(&name, of);
            }
            Function::Quantile(q, of) => {
                let which = match q {
                    q if q < 0.0 => "quantile below",
                    q if q > 1.0 => "quantile above",
                    _ => "quantile",
                };
                self.part(which, of);
            }
            Function::Absent(of, labels) => {
                let which = if labels.is_empty() { "absent" } else { "absent with labels" };
                self.part(which, of);
            }
            Function::Vector(of) => self.part("vector", of),
            Function::Scalar(of) => self.part("scalar", of),
        }
    }

    fn map(&mut self, name: &str, of: &Expr) {
        self.part(&format!("map {name} {}", kind(of)), of);
    }

    fn binary(&mut self, binary: &Binary) {
        let join = binary.plain_join().expect("the expression is plain");
        let (left, right) = (binary.left.as_ref(), binary.right.as_ref());
        if let Operator::Set(operation) = binary.operator {
            self.matching(operation.symbol(), &join.matching);
        } else {
            let many = match &join.many {
                None => "",
                Some((Side::Left, _)) => " group_left",
                Some((Side::Right, _)) => " group_right",
            };
            let operator = match binary.operator {
                Operator::Arithmetic(arithmetic) => format!("{arithmetic:?}"),
                other if binary.is_bool => format!("{other} bool"),
                other => other.to_string(),
            };
            self.count(&format!("{operator} {} {}{many}", kind(left), kind(right)));
            if join.many.as_ref().is_some_and(|(_, copied)| !copied.is_empty()) {
                self.count(&format!("copied labels{many}"));
            }
            if left.is_vector() && right.is_vector() {
                self.matching("binary", &join.matching);
            }
        }
        self.add(left);
        self.add(right);
    }

    fn count(&mut self, part: &str) {
        *self.0.entry(part.to_owned()).or_default() += 1;
    }

    fn part(&mut self, part: &str, of: &Expr) {
        self.count(part);
        self.add(of);
    }

    fn selector(&mut self, part: &str, selector: &Selector) {
        let sign = match selector.offset_ms.unwrap_or(0) {
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

fn kind(expr: &Expr) -> &'static str {
    if expr.is_scalar() { "number" } else { "vector" }
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
