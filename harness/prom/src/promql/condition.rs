//! An alert's expression taken apart at its comparisons: what the engine must be asked, and what is left to decide.
//!
//! `a > 0.1 and on (provider) b > 0.05` is two [`Decision::Ask`]s below two comparisons below one set operation. The
//! engine answers the asked expressions once; comparisons and set operations, whose meaning is plain, are then applied
//! by `campaign::condition` for as many thresholds as wanted. Comparisons inside functions, aggregations or arithmetic
//! stay within the asked expressions.
//! Nothing here evaluates.

use std::collections::BTreeMap;

use promql_parser::parser::{
    self, BinModifier, BinaryExpr, Expr, LabelModifier, VectorMatchCardinality,
    token::{T_ADD, T_DIV, T_LAND, T_LOR, T_LUNLESS, T_MOD, T_MUL, T_POW, T_SUB},
    value::ValueType,
};

use super::{MetricNames, PromqlError, selectors};

/// An expression taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// How the answers decide.
    pub decision: Decision,
    /// What the engine is asked; [`Decision::Ask`] counts from the first.
    pub asked: Vec<String>,
    /// The constants that answers are compared with, in the order in which they stand.
    pub operands: Vec<Operand>,
}

/// How answers decide which elements the expression has.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// The answer itself.
    Ask(usize),
    /// The elements of `left` for which the comparison holds.
    Compare {
        /// Which operand it is compared with.
        operand: usize,
        /// What is compared; its labels and values are the result's.
        left: Box<Decision>,
        /// How.
        relation: Relation,
        /// A vector of which each element, times the operand's value, is the right side; else the value alone is.
        against: Option<(Box<Decision>, Matching)>,
    },
    /// Elements of one vector chosen by those of another.
    Set {
        /// Which.
        operation: SetOperation,
        /// The left side.
        left: Box<Decision>,
        /// The right side.
        right: Box<Decision>,
        /// Which elements belong together.
        matching: Matching,
    },
}

/// A comparison that filters.
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

/// Which elements of two vectors belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matching {
    /// Those that agree in these labels.
    On(Vec<String>),
    /// Those that agree in all others, the name aside.
    Ignoring(Vec<String>),
}

/// A constant of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Operand {
    /// What it is called: `threshold` where it is the only one, else the compared metric, else its number from 1.
    pub name: String,
    /// What is compared with it, as written.
    pub left: String,
    /// How.
    pub relation: Relation,
    /// Its value, or the factor of `against`.
    pub value: f64,
    /// The vector that it is a factor of.
    pub against: Option<String>,
    /// Whether what is compared is also the alert's value, so that the constant is where the alert begins, and not a
    /// guard beside it.
    pub decides: bool,
}

impl Relation {
    /// The operator.
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

    pub(super) fn of(symbol: &str) -> Option<Relation> {
        let all = [
            Relation::Above,
            Relation::AtLeast,
            Relation::Below,
            Relation::AtMost,
            Relation::Equal,
            Relation::NotEqual,
        ];
        all.into_iter().find(|relation| relation.symbol() == symbol)
    }

    /// The relation with its sides exchanged.
    fn turned(self) -> Relation {
        match self {
            Relation::Above => Relation::Below,
            Relation::AtLeast => Relation::AtMost,
            Relation::Below => Relation::Above,
            Relation::AtMost => Relation::AtLeast,
            Relation::Equal | Relation::NotEqual => self,
        }
    }
}

impl Decision {
    /// Whether the operand is one of its comparisons'.
    #[must_use]
    pub fn compares(&self, wanted: usize) -> bool {
        match self {
            Decision::Ask(_) => false,
            Decision::Compare { operand, left, against, .. } => {
                *operand == wanted
                    || left.compares(wanted)
                    || against.as_ref().is_some_and(|(vector, _)| vector.compares(wanted))
            }
            Decision::Set { left, right, .. } => left.compares(wanted) || right.compares(wanted),
        }
    }
}

impl Condition {
    /// Takes `expression` apart.
    ///
    /// # Errors
    /// When it does not parse.
    pub fn of(expression: &str) -> Result<Condition, PromqlError> {
        let parsed = parser::parse(expression)
            .map_err(|message| PromqlError { expression: expression.to_owned(), message })?;
        let mut found = Condition::whole(expression);
        found.asked.clear();
        found.decision = found.take(&parsed, true);
        if let Decision::Ask(_) = found.decision {
            // As written, rather than as the parser prints it.
            return Ok(Condition::whole(expression));
        }
        found.name_operands();
        Ok(found)
    }

    /// The expression as one question.
    #[must_use]
    pub fn whole(expression: &str) -> Condition {
        Condition {
            decision: Decision::Ask(0),
            asked: vec![expression.trim().to_owned()],
            operands: Vec::new(),
        }
    }

    /// The operands' values as written.
    #[must_use]
    pub fn values(&self) -> Vec<f64> {
        self.operands.iter().map(|operand| operand.value).collect()
    }

    /// `decides`: the value of `expr` is the alert's, and nothing else is compared with it.
    fn take(&mut self, expr: &Expr, decides: bool) -> Decision {
        match expr {
            Expr::Paren(inner) => self.take(&inner.expr, decides),
            Expr::Binary(binary) => self
                .set(binary, decides)
                .or_else(|| self.comparison(binary, decides))
                .unwrap_or_else(|| self.ask(expr)),
            _ => self.ask(expr),
        }
    }

    fn ask(&mut self, expr: &Expr) -> Decision {
        let text = text(expr);
        let known = self.asked.iter().position(|asked| *asked == text);
        Decision::Ask(known.unwrap_or_else(|| {
            self.asked.push(text);
            self.asked.len() - 1
        }))
    }

    fn set(&mut self, binary: &BinaryExpr, decides: bool) -> Option<Decision> {
        let operation = match binary.op.id() {
            T_LAND => SetOperation::And,
            T_LOR => SetOperation::Or,
            T_LUNLESS => SetOperation::Unless,
            _ => return None,
        };
        let matching = matching(binary.modifier.as_ref())?;
        let left = Box::new(self.take(&binary.lhs, decides));
        let right = self.take(&binary.rhs, decides && operation == SetOperation::Or);
        Some(Decision::Set { operation, left, right: Box::new(right), matching })
    }

    fn comparison(&mut self, binary: &BinaryExpr, decides: bool) -> Option<Decision> {
        let relation = Relation::of(&binary.op.to_string())?;
        if binary.modifier.as_ref().is_some_and(|modifier| modifier.return_bool) {
            return None;
        }
        let (left, right, relation) = match (constant(&binary.lhs), constant(&binary.rhs)) {
            (Some(_), Some(_)) => return None,
            (Some(_), None) => (&binary.rhs, &binary.lhs, relation.turned()),
            _ => (&binary.lhs, &binary.rhs, relation),
        };
        if left.value_type() != ValueType::Vector {
            return None;
        }
        let (value, against) = match constant(right) {
            Some(value) => (value, None),
            None => {
                let (factor, vector) = product(right)?;
                let one_to_one = binary
                    .modifier
                    .as_ref()
                    .is_none_or(|modifier| modifier.card == VectorMatchCardinality::OneToOne);
                if !one_to_one || vector.value_type() != ValueType::Vector {
                    return None;
                }
                (factor, Some((vector, matching(binary.modifier.as_ref())?)))
            }
        };
        let operand = self.operands.len();
        self.operands.push(Operand {
            name: String::new(),
            left: text(left),
            relation,
            value,
            against: against.as_ref().map(|(vector, _)| text(vector)),
            decides,
        });
        let left = Box::new(self.take(left, false));
        let against =
            against.map(|(vector, matching)| (Box::new(self.take(vector, false)), matching));
        Some(Decision::Compare { operand, left, relation, against })
    }

    fn name_operands(&mut self) {
        if let [only] = self.operands.as_mut_slice() {
            only.name = "threshold".to_owned();
            return;
        }
        let metric = |operand: &Operand| {
            let found = selectors(&operand.left).ok()?;
            match found.as_slice() {
                [only] => match &only.metrics {
                    MetricNames::Listed(names) if names.len() == 1 => Some(names[0].clone()),
                    _ => None,
                },
                _ => None,
            }
        };
        let names: Vec<Option<String>> = self.operands.iter().map(metric).collect();
        let mut times: BTreeMap<&String, usize> = BTreeMap::new();
        for name in names.iter().flatten() {
            *times.entry(name).or_default() += 1;
        }
        for (nth, (operand, name)) in self.operands.iter_mut().zip(&names).enumerate() {
            let unique = name.as_ref().filter(|name| times[name] == 1);
            operand.name = unique.cloned().unwrap_or_else(|| (nth + 1).to_string());
        }
    }
}

/// The text of a part, without the parentheses around it.
fn text(expr: &Expr) -> String {
    match expr {
        Expr::Paren(inner) => text(&inner.expr),
        _ => expr.to_string(),
    }
}

/// The value of an expression of numbers alone.
fn constant(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::NumberLiteral(number) => Some(number.val),
        Expr::Paren(inner) => constant(&inner.expr),
        Expr::Unary(inner) => Some(-constant(&inner.expr)?),
        Expr::Binary(binary) => {
            let (left, right) = (constant(&binary.lhs)?, constant(&binary.rhs)?);
            match binary.op.id() {
                T_ADD => Some(left + right),
                T_SUB => Some(left - right),
                T_MUL => Some(left * right),
                T_DIV => Some(left / right),
                T_MOD => Some(left % right),
                // Go's power function may round otherwise than ours.
                T_POW => None,
                _ => None,
            }
        }
        _ => None,
    }
}

/// `k * vector`, `vector * k` or a vector alone.
fn product(expr: &Expr) -> Option<(f64, &Expr)> {
    match expr {
        Expr::Paren(inner) => product(&inner.expr),
        Expr::Binary(binary) if binary.op.id() == T_MUL => {
            match (constant(&binary.lhs), constant(&binary.rhs)) {
                (Some(factor), None) => Some((factor, &binary.rhs)),
                (None, Some(factor)) => Some((factor, &binary.lhs)),
                _ => Some((1.0, expr)),
            }
        }
        _ => Some((1.0, expr)),
    }
}

/// How elements are matched; `None` where it is more than plain labels.
pub(super) fn matching(modifier: Option<&BinModifier>) -> Option<Matching> {
    let Some(modifier) = modifier else { return Some(Matching::Ignoring(Vec::new())) };
    if modifier.fill_values.lhs.is_some() || modifier.fill_values.rhs.is_some() {
        return None;
    }
    let labels = modifier.matching.as_ref().map(|matching| matching.labels().labels.clone());
    let labels = labels.unwrap_or_default();
    if labels.iter().any(|label| label == "__name__") {
        return None;
    }
    Some(match modifier.matching {
        Some(LabelModifier::Include(_)) => Matching::On(labels),
        _ => Matching::Ignoring(labels),
    })
}

#[cfg(test)]
#[path = "condition/tests.rs"]
mod tests;
