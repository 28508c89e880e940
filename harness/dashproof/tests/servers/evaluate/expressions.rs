//! Random plain expressions: each kind in turn at the top, any kind below.
//!
//! Operands have labels that mostly match. Where the last bits of a sum would decide (comparisons, rounding, divisors),
//! operands are such that every order of adding gives the same bits, so that every difference is a mistake.

use sim::rng::{Rng, Stream};

use crate::evaluate::leaves::{self, Exactness, Made, Shape, pick};

/// What stands on the two sides of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sides {
    Vectors,
    VectorNumber,
    NumberVector,
    Numbers,
    ManyToOne,
    OneToMany,
}

/// What stands at the top of an expression.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Number,
    Time,
    Select,
    Timestamp,
    Range(&'static str),
    Map(&'static str),
    Quantile,
    Absent,
    Vector,
    Scalar,
    Aggregate(&'static str),
    Operator(&'static str, Sides),
    Filter(&'static str, Sides),
    Truth(&'static str, Sides),
    Set(&'static str),
}

pub(crate) const RANGES: [&str; 11] = [
    "rate",
    "increase",
    "changes",
    "resets",
    "min_over_time",
    "max_over_time",
    "sum_over_time",
    "avg_over_time",
    "count_over_time",
    "last_over_time",
    "present_over_time",
];
pub(crate) const MAPS: [&str; 7] = ["-", "abs", "ceil", "floor", "sqrt", "clamp_min", "clamp_max"];
pub(crate) const AGGREGATIONS: [&str; 6] = ["sum", "min", "max", "avg", "count", "group"];
pub(crate) const OPERATORS: [&str; 5] = ["+", "-", "*", "/", "%"];
pub(crate) const RELATIONS: [&str; 6] = [">", ">=", "<", "<=", "==", "!="];
pub(crate) const SETS: [&str; 3] = ["and", "or", "unless"];
pub(crate) const SIDES: [Sides; 6] = [
    Sides::Vectors,
    Sides::VectorNumber,
    Sides::NumberVector,
    Sides::Numbers,
    Sides::ManyToOne,
    Sides::OneToMany,
];
/// Operators within operators.
const DEPTH: u32 = 4;

/// Every kind.
pub(crate) fn kinds() -> Vec<Kind> {
    let mut kinds =
        vec![Kind::Number, Kind::Time, Kind::Select, Kind::Timestamp, Kind::Quantile, Kind::Absent];
    kinds.extend([Kind::Vector, Kind::Scalar]);
    kinds.extend(RANGES.map(Kind::Range));
    kinds.extend(MAPS.map(Kind::Map));
    kinds.extend(AGGREGATIONS.map(Kind::Aggregate));
    kinds.extend(SETS.map(Kind::Set));
    for sides in SIDES {
        kinds.extend(OPERATORS.map(|operator| Kind::Operator(operator, sides)));
        kinds.extend(RELATIONS.map(|relation| Kind::Truth(relation, sides)));
        if sides != Sides::Numbers {
            kinds.extend(RELATIONS.map(|relation| Kind::Filter(relation, sides)));
        }
    }
    kinds
}

/// How many of a kind make up for how much chance decides within it.
fn share(kind: Kind) -> usize {
    match kind {
        Kind::Number | Kind::Time => 1,
        Kind::Range(_) | Kind::Aggregate(_) | Kind::Absent => 16,
        Kind::Timestamp | Kind::Quantile | Kind::Set(_) => 48,
        _ => 5,
    }
}

/// Several of each kind.
pub(crate) fn expressions(seed: u64) -> Vec<Made> {
    const STREAM: Stream = Stream::named("evaluated expressions");
    let mut grammar = Grammar { rng: Rng::new(seed, STREAM), kinds: kinds() };
    let mut found = Vec::new();
    for kind in kinds() {
        for _ in 0..share(kind) {
            let shape = pick(
                &mut grammar.rng,
                &[Shape::Module, Shape::Instance, Shape::Instance, Shape::Operation],
            );
            let depth = grammar.rng.below(u64::from(DEPTH)) as u32;
            found.push(grammar.of_kind(kind, depth, shape));
        }
    }
    found
}

struct Grammar {
    rng: Rng,
    kinds: Vec<Kind>,
}

impl Grammar {
    /// An expression with this at the top and at most `depth` levels below.
    fn of_kind(&mut self, kind: Kind, depth: u32, shape: Shape) -> Made {
        match kind {
            Kind::Number => leaves::number(&mut self.rng),
            Kind::Time => large("time()".to_owned()),
            Kind::Select => leaves::instant(&mut self.rng, shape),
            Kind::Timestamp => {
                let of = leaves::instant(&mut self.rng, shape).text;
                large(if self.rng.chance(0.2) {
                    format!("timestamp(({of}))")
                } else {
                    format!("timestamp({of})")
                })
            }
            Kind::Range(function) => leaves::range(&mut self.rng, function, shape),
            Kind::Map(function) => self.map(function, depth, shape),
            Kind::Quantile => {
                let q = pick(&mut self.rng, &["0.5", "0.9", "0.99", "0.05", "0", "1", "-1", "1.5"]);
                let buckets = leaves::buckets(&mut self.rng, shape);
                Made::new(format!("histogram_quantile({q}, {buckets})"), Exactness::Rough)
            }
            Kind::Absent => {
                let of = if self.rng.chance(0.5) {
                    let name = pick(&mut self.rng, &["low", "none", "c_total"]);
                    let matchers = pick(&mut self.rng, &["", "{m=\"c\"}", "{m=\"c\",i=\"1\"}"]);
                    format!("{name}{matchers}{}", leaves::offset(&mut self.rng))
                } else {
                    self.exact_vector(depth, shape).text
                };
                Made::new(format!("absent({of})"), Exactness::Whole)
            }
            Kind::Vector => {
                let of = self.scalar(depth);
                Made { text: format!("vector({})", of.text), ..of }
            }
            Kind::Scalar => {
                let of = if self.rng.chance(0.5) {
                    self.vector(depth, Shape::None)
                } else {
                    let metric = pick(&mut self.rng, &["low{m=\"a\"}", "high{m=\"b\"}", "low"]);
                    Made::new(metric.to_owned(), Exactness::Whole)
                };
                Made { text: format!("scalar({})", of.text), ..of }
            }
            Kind::Aggregate(operator) => self.aggregate(operator, depth, shape),
            Kind::Operator(operator, sides) => self.operator(operator, sides, depth, shape),
            Kind::Filter(relation, sides) => {
                let (left, join, right) = self.sides(sides, depth, shape, true);
                let exactness = left.exactness.max(right.exactness);
                let is_large = left.is_large || right.is_large;
                let text = format!("({}) {relation} {join}({})", left.text, right.text);
                Made { text, exactness, is_large }
            }
            Kind::Truth(relation, sides) => {
                let (left, join, right) = self.sides(sides, depth, shape, true);
                let text = format!("({}) {relation} bool {join}({})", left.text, right.text);
                Made::new(text, Exactness::Whole)
            }
            Kind::Set(operation) => self.set(operation, depth, shape),
        }
    }

    /// A vector with the labels of `shape`.
    fn vector(&mut self, depth: u32, shape: Shape) -> Made {
        if depth == 0 {
            return match (shape, self.rng.below(3)) {
                (Shape::None, _) => self.aggregate("sum", 0, shape),
                (_, 0) => {
                    let function = pick(&mut self.rng, &RANGES);
                    leaves::range(&mut self.rng, function, shape)
                }
                _ => leaves::instant(&mut self.rng, shape),
            };
        }
        loop {
            let kind = self.kinds[self.rng.below(self.kinds.len() as u64) as usize];
            let fits = match kind {
                Kind::Number | Kind::Time | Kind::Scalar => false,
                Kind::Operator(_, Sides::Numbers) | Kind::Truth(_, Sides::Numbers) => false,
                Kind::Absent | Kind::Vector => shape == Shape::None,
                Kind::Select | Kind::Timestamp | Kind::Range(_) => shape != Shape::None,
                Kind::Quantile => shape != Shape::Operation,
                _ => true,
            };
            if fits {
                return self.of_kind(kind, depth - 1, shape);
            }
        }
    }

    fn exact_vector(&mut self, depth: u32, shape: Shape) -> Made {
        loop {
            let made = self.vector(depth, shape);
            if made.exactness < Exactness::Rough {
                return made;
            }
        }
    }

    fn scalar(&mut self, depth: u32) -> Made {
        let kind = match self.rng.below(9) {
            8 if depth > 0 => {
                let of = self.scalar(depth - 1);
                return Made { text: format!("-({})", of.text), ..of };
            }
            0 if depth > 0 => Kind::Scalar,
            1 if depth > 0 => Kind::Operator(pick(&mut self.rng, &OPERATORS), Sides::Numbers),
            2 if depth > 0 => Kind::Truth(pick(&mut self.rng, &RELATIONS), Sides::Numbers),
            3 => Kind::Time,
            _ => Kind::Number,
        };
        self.of_kind(kind, depth.saturating_sub(1), Shape::None)
    }

    fn exact_scalar(&mut self, depth: u32) -> Made {
        loop {
            let made = self.scalar(depth);
            if made.exactness < Exactness::Rough {
                return made;
            }
        }
    }

    fn map(&mut self, function: &str, depth: u32, shape: Shape) -> Made {
        let of = match function {
            "ceil" | "floor" | "sqrt" => self.exact_vector(depth, shape),
            _ => self.vector(depth, shape),
        };
        let text = match function {
            "-" => format!("-({})", of.text),
            "clamp_min" | "clamp_max" => {
                let bounds = ["0", "1", "-0.5", "2", "-Inf", "Inf", "NaN"];
                format!("{function}({}, {})", of.text, pick(&mut self.rng, &bounds))
            }
            _ => format!("{function}({})", of.text),
        };
        let least = if function == "sqrt" { Exactness::Exact } else { Exactness::Whole };
        Made { text, exactness: of.exactness.max(least), ..of }
    }

    fn aggregate(&mut self, operator: &str, depth: u32, shape: Shape) -> Made {
        let wider: &[Shape] = match shape {
            Shape::None => &[Shape::Module, Shape::Instance, Shape::Operation],
            Shape::Module => &[Shape::Module, Shape::Instance, Shape::Operation],
            Shape::Instance => &[Shape::Instance, Shape::Operation],
            Shape::Operation => &[Shape::Operation],
        };
        let inner = pick(&mut self.rng, wider);
        let of = self.vector(depth, inner);
        // Sums of instants lose digits.
        let operator =
            if of.is_large && ["sum", "avg"].contains(&operator) { "max" } else { operator };
        let exactness = match (operator, of.exactness) {
            ("sum", Exactness::Whole) | ("count" | "group", _) => Exactness::Whole,
            ("sum" | "avg", _) => Exactness::Rough,
            (_, exactness) => exactness,
        };
        let clause = if self.rng.chance(0.5) {
            format!(" by ({})", shape.labels().join(", "))
        } else if shape == Shape::None && self.rng.chance(0.5) {
            String::new()
        } else {
            format!(" without ({})", inner.labels()[shape.labels().len()..].join(", "))
        };
        let is_large = of.is_large && ["min", "max"].contains(&operator);
        Made { text: format!("{operator}{clause} ({})", of.text), exactness, is_large }
    }

    fn operator(&mut self, operator: &str, sides: Sides, depth: u32, shape: Shape) -> Made {
        // A divisor that is nothing here and almost nothing there would show.
        let exact = ["%", "/"].contains(&operator);
        let (left, join, right) = self.sides(sides, depth, shape, exact);
        let rounds =
            if ["*", "/"].contains(&operator) { Exactness::Exact } else { Exactness::Whole };
        Made {
            text: format!("({}) {operator} {join}({})", left.text, right.text),
            exactness: left.exactness.max(right.exactness).max(rounds),
            is_large: left.is_large || right.is_large,
        }
    }

    /// The left side, the clause that says what belongs together, and the right side.
    fn sides(
        &mut self,
        sides: Sides,
        depth: u32,
        shape: Shape,
        exact: bool,
    ) -> (Made, String, Made) {
        let number = |grammar: &mut Grammar| {
            if exact { grammar.exact_scalar(depth) } else { grammar.scalar(depth) }
        };
        let vector = |grammar: &mut Grammar, shape| {
            if exact { grammar.exact_vector(depth, shape) } else { grammar.vector(depth, shape) }
        };
        match sides {
            Sides::Numbers => (number(self), String::new(), number(self)),
            Sides::VectorNumber => (vector(self, shape), String::new(), number(self)),
            Sides::NumberVector => (number(self), String::new(), vector(self, shape)),
            Sides::Vectors => {
                let (left, right) = (vector(self, shape), vector(self, shape));
                let clause = match self.rng.below(8) {
                    0 => format!("on ({}) ", shape.labels().join(", ")),
                    1 => "ignoring (team) ".to_owned(),
                    // Mostly ambiguous.
                    2 if self.rng.chance(0.3) => "on (m) ".to_owned(),
                    _ => String::new(),
                };
                (left, clause, right)
            }
            Sides::ManyToOne | Sides::OneToMany => {
                let few: &[Shape] = match shape {
                    Shape::None | Shape::Module => &[Shape::None],
                    Shape::Instance => &[Shape::Module],
                    Shape::Operation => &[Shape::Module, Shape::Instance],
                };
                let few = pick(&mut self.rng, few);
                let many = vector(self, shape);
                let (one, copied) = if few == Shape::Module && self.rng.chance(0.3) {
                    let info = pick(&mut self.rng, &["info", "info{m!=\"c\"}", "info{m!=\"c\"}"]);
                    let copied = pick(&mut self.rng, &["team", "team, none", "i", ""]);
                    (Made::new(info.to_owned(), Exactness::Whole), copied)
                } else {
                    (vector(self, few), pick(&mut self.rng, &["", "", "op"]))
                };
                let (left, right, group) = match sides {
                    Sides::ManyToOne => (many, one, "group_left"),
                    _ => (one, many, "group_right"),
                };
                let clause = format!("on ({}) {group} ({copied}) ", few.labels().join(", "));
                (left, clause, right)
            }
        }
    }

    fn set(&mut self, operation: &str, depth: u32, shape: Shape) -> Made {
        let (left, right) = (self.vector(depth, shape), self.vector(depth, shape));
        let clause = pick(
            &mut self.rng,
            &["", "", "", "on (m) ", "on (m, i) ", "on () ", "ignoring (i) ", "ignoring (op, i) "],
        );
        let exactness =
            if operation == "or" { left.exactness.max(right.exactness) } else { left.exactness };
        Made {
            text: format!("({}) {operation} {clause}({})", left.text, right.text),
            exactness,
            is_large: left.is_large || right.is_large,
        }
    }
}

fn large(text: String) -> Made {
    Made { text, exactness: Exactness::Exact, is_large: true }
}
