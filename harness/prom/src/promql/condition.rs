//! An alert's expression taken apart at its comparisons: what the engine must be asked, and what is left to decide.
//!
//! `a > 0.1 and on (provider) b > 0.05` is two [`Decision::Ask`]s below two comparisons below one set operation. The
//! engine answers the asked expressions once; comparisons and set operations, whose meaning is plain, are then applied
//! by `campaign::condition` for as many thresholds as wanted. Comparisons inside functions, aggregations or arithmetic
//! stay within the asked expressions.
//! Nothing here evaluates.

use std::collections::BTreeMap;

use super::{
    MetricNames, PromqlError,
    expr::{Binary, Expr},
    operator::{Arithmetic, Matching, Operator, Relation, SetOperation},
    selectors,
};

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
        let parsed = Expr::parse(expression)?;
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
        let expr = expr.bare();
        let found = match expr {
            Expr::Binary(binary) => match binary.operator {
                Operator::Set(operation) => self.set(operation, binary, decides),
                Operator::Compare(relation) => self.comparison(relation, binary, decides),
                Operator::Arithmetic(_) => None,
            },
            _ => None,
        };
        found.unwrap_or_else(|| self.ask(expr))
    }

    fn ask(&mut self, expr: &Expr) -> Decision {
        let text = expr.to_string();
        let known = self.asked.iter().position(|asked| *asked == text);
        Decision::Ask(known.unwrap_or_else(|| {
            self.asked.push(text);
            self.asked.len() - 1
        }))
    }

    fn set(&mut self, operation: SetOperation, binary: &Binary, decides: bool) -> Option<Decision> {
        let matching = binary.plain_matching()?;
        let left = Box::new(self.take(&binary.left, decides));
        let right = self.take(&binary.right, decides && operation == SetOperation::Or);
        Some(Decision::Set { operation, left, right: Box::new(right), matching })
    }

    fn comparison(
        &mut self,
        relation: Relation,
        binary: &Binary,
        decides: bool,
    ) -> Option<Decision> {
        if binary.is_bool {
            return None;
        }
        let (left, right, relation) = match (binary.left.constant(), binary.right.constant()) {
            (Some(_), Some(_)) => return None,
            (Some(_), None) => (&binary.right, &binary.left, relation.mirrored()),
            _ => (&binary.left, &binary.right, relation),
        };
        if !left.is_vector() {
            return None;
        }
        let (value, against) = match right.constant() {
            Some(value) => (value, None),
            None => {
                let (factor, vector) = product(right);
                if binary.many.is_some() || !vector.is_vector() {
                    return None;
                }
                (factor, Some((vector, binary.plain_matching()?)))
            }
        };
        let operand = self.operands.len();
        self.operands.push(Operand {
            name: String::new(),
            left: left.bare().to_string(),
            relation,
            value,
            against: against.as_ref().map(|(vector, _)| vector.bare().to_string()),
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

/// `k * vector`, `vector * k` or a vector alone.
fn product(expr: &Expr) -> (f64, &Expr) {
    let expr = expr.bare();
    if let Expr::Binary(binary) = expr
        && binary.operator == Operator::Arithmetic(Arithmetic::Multiply)
    {
        match (binary.left.constant(), binary.right.constant()) {
            (Some(factor), None) => return (factor, &binary.right),
            (None, Some(factor)) => return (factor, &binary.left),
            _ => {}
        }
    }
    (1.0, expr)
}

#[cfg(test)]
#[path = "condition/tests.rs"]
mod tests;
