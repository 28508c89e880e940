//! Expressions as text, on one line, as Prometheus prints them; whatever is printed parses to the same tree.
//!
//! Comments, blanks and plus signs are not in the tree, and so not in the text.

use std::fmt::{self, Display, Formatter};

use super::{
    LabelMatcher,
    expr::{Aggregate, At, Binary, Call, Expr, RangeSelector, Selector, Subquery},
    operator::{Grouping, Matching, Side},
};
pub use crate::duration::in_promql as duration;

impl Display for Expr {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Number(number) => match *number {
                _ if number.is_nan() => out.write_str("NaN"),
                f64::INFINITY => out.write_str("Inf"),
                f64::NEG_INFINITY => out.write_str("-Inf"),
                _ => write!(out, "{number}"),
            },
            Expr::Text(text) => out.write_str(&quoted(text)),
            Expr::Select(selector) => selector.fmt(out),
            Expr::Range(range) => range.fmt(out),
            Expr::Subquery(subquery) => subquery.fmt(out),
            Expr::Paren(inner) => write!(out, "({inner})"),
            Expr::Negate(inner) => write!(out, "-{inner}"),
            Expr::Call(call) => call.fmt(out),
            Expr::Aggregate(aggregate) => aggregate.fmt(out),
            Expr::Binary(binary) => binary.fmt(out),
        }
    }
}

impl Display for Selector {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        series(self, out)?;
        when(self.at, self.offset_ms, out)
    }
}

impl Display for RangeSelector {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        series(&self.selector, out)?;
        write!(out, "[{}]", duration(self.window_ms))?;
        when(self.selector.at, self.selector.offset_ms, out)
    }
}

impl Display for Subquery {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let step = self.step_ms.map(duration).unwrap_or_default();
        write!(out, "{}[{}:{step}]", self.expr, duration(self.window_ms))?;
        when(self.at, self.offset_ms, out)
    }
}

impl Display for Call {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{}({})", self.function, list(&self.arguments, ", "))
    }
}

impl Display for Aggregate {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.operator)?;
        match &self.grouping {
            Some(Grouping::Without(names)) => write!(out, " without ({}) ", labels(names))?,
            Some(Grouping::By(names)) if !names.is_empty() => {
                write!(out, " by ({}) ", labels(names))?;
            }
            _ => {}
        }
        out.write_str("(")?;
        if let Some(parameter) = &self.parameter {
            write!(out, "{parameter}, ")?;
        }
        write!(out, "{})", self.expr)
    }
}

impl Display for Binary {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{} {} ", self.left, self.operator)?;
        if self.is_bool {
            out.write_str("bool ")?;
        }
        match &self.matching {
            Some(Matching::On(names)) => write!(out, "on ({}) ", labels(names))?,
            Some(Matching::Ignoring(names)) if !names.is_empty() => {
                write!(out, "ignoring ({}) ", labels(names))?;
            }
            _ => {}
        }
        match &self.many {
            Some((Side::Left, names)) => write!(out, "group_left ({}) ", labels(names))?,
            Some((Side::Right, names)) => write!(out, "group_right ({}) ", labels(names))?,
            None => {}
        }
        match self.fill {
            (Some(left), Some(right)) if left == right => write!(out, "fill ({left}) ")?,
            (left, right) => {
                for (side, value) in [("left", left), ("right", right)] {
                    if let Some(value) = value {
                        write!(out, "fill_{side} ({value}) ")?;
                    }
                }
            }
        }
        write!(out, "{}", self.right)
    }
}

fn series(selector: &Selector, out: &mut Formatter<'_>) -> fmt::Result {
    out.write_str(selector.metric.as_deref().unwrap_or_default())?;
    let matchers = if selector.alternatives.is_empty() {
        let mut all: Vec<String> = selector.matchers.iter().map(LabelMatcher::to_string).collect();
        all.sort();
        all.join(",")
    } else {
        let groups: Vec<String> =
            selector.alternatives.iter().map(|group| list(group, ", ")).collect();
        groups.join(" or ")
    };
    if matchers.is_empty() { Ok(()) } else { write!(out, "{{{matchers}}}") }
}

fn when(at: Option<At>, offset_ms: Option<i64>, out: &mut Formatter<'_>) -> fmt::Result {
    match at {
        Some(At::Start) => out.write_str(" @ start()")?,
        Some(At::End) => out.write_str(" @ end()")?,
        Some(At::Instant(at_ms)) => write!(out, " @ {:.3}", at_ms as f64 / 1000.0)?,
        None => {}
    }
    match offset_ms {
        Some(offset_ms @ ..0) => write!(out, " offset -{}", duration(-offset_ms)),
        Some(offset_ms) => write!(out, " offset {}", duration(offset_ms)),
        None => Ok(()),
    }
}

fn list<T: Display>(all: &[T], between: &str) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

/// The labels of a clause, without its parentheses.
#[must_use]
pub fn labels(names: &[String]) -> String {
    names.iter().map(|name| label(name)).collect::<Vec<_>>().join(", ")
}

/// A label's name, in quotes where it needs them.
pub(super) fn label(name: &str) -> String {
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty();
    if is_plain { name.to_owned() } else { quoted(name) }
}

/// In double quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
