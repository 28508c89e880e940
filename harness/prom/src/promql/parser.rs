//! The parser: the one module that knows the crate that it comes from, and turns its tree into ours.
//!
//! What an expression is asked about is not known here.

use std::time::{Duration, SystemTime};

use promql_parser::{
    label::{MatchOp, Matcher},
    parser::{
        self as theirs, AtModifier, BinaryExpr, LabelModifier, Offset, VectorMatchCardinality,
        VectorSelector,
        token::{T_EQL_REGEX, TokenType},
        value::ValueType as TheirType,
    },
};

use super::{
    LabelMatcher, MatchOperator,
    expr::{Aggregate, At, Binary, Call, Expr, RangeSelector, Selector, Subquery, ValueType},
    operator::{Aggregation, Grouping, Matching, Operator, Side},
};

/// Parses `text`; the error is the parser's message.
pub(super) fn parse(text: &str) -> Result<Expr, String> {
    expr(theirs::parse(text)?)
}

/// A regular expression that holds for a whole value, as the parser compiles it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Matcher);

impl Pattern {
    /// The error is the parser's message.
    pub(super) fn new(pattern: &str) -> Result<Pattern, String> {
        Ok(Pattern(Matcher::new_matcher(T_EQL_REGEX, String::new(), pattern.to_owned())?))
    }

    pub(super) fn is_match(&self, value: &str) -> bool {
        self.0.is_match(value)
    }
}

fn expr(parsed: theirs::Expr) -> Result<Expr, String> {
    Ok(match parsed {
        theirs::Expr::NumberLiteral(number) => Expr::Number(number.val),
        theirs::Expr::StringLiteral(text) => Expr::Text(text.val),
        theirs::Expr::VectorSelector(found) => Expr::Select(selector(found)?),
        theirs::Expr::MatrixSelector(matrix) => Expr::Range(RangeSelector {
            selector: selector(matrix.vs)?,
            window_ms: millis(matrix.range),
        }),
        theirs::Expr::Subquery(subquery) => Expr::Subquery(Subquery {
            expr: Box::new(expr(*subquery.expr)?),
            window_ms: millis(subquery.range),
            step_ms: subquery.step.map(millis),
            offset_ms: subquery.offset.as_ref().map(offset),
            at: subquery.at.as_ref().map(at),
        }),
        theirs::Expr::Paren(inner) => Expr::Paren(Box::new(expr(*inner.expr)?)),
        theirs::Expr::Unary(inner) => Expr::Negate(Box::new(expr(*inner.expr)?)),
        theirs::Expr::Call(call) => Expr::Call(Call {
            function: call.func.name.to_owned(),
            arguments: call
                .args
                .args
                .into_iter()
                .map(|arg| expr(*arg))
                .collect::<Result<_, _>>()?,
            returns: value_type(call.func.return_type),
        }),
        theirs::Expr::Aggregate(aggregate) => Expr::Aggregate(Aggregate {
            operator: Aggregation::named(&aggregate.op.to_string())
                .ok_or_else(|| unknown(aggregate.op))?,
            grouping: aggregate.modifier.map(|modifier| match modifier {
                LabelModifier::Include(labels) => Grouping::By(labels.labels),
                LabelModifier::Exclude(labels) => Grouping::Without(labels.labels),
            }),
            parameter: aggregate.param.map(|param| expr(*param)).transpose()?.map(Box::new),
            expr: Box::new(expr(*aggregate.expr)?),
        }),
        theirs::Expr::Binary(found) => Expr::Binary(binary(found)?),
        theirs::Expr::Extension(_) => return Err("not a part of PromQL".to_owned()),
    })
}

fn binary(parsed: BinaryExpr) -> Result<Binary, String> {
    let operator = Operator::named(&parsed.op.to_string()).ok_or_else(|| unknown(parsed.op))?;
    let plain = Binary::plain(operator, expr(*parsed.lhs)?, expr(*parsed.rhs)?);
    let Some(modifier) = parsed.modifier else { return Ok(plain) };
    Ok(Binary {
        is_bool: modifier.return_bool,
        matching: modifier.matching.map(|matching| match matching {
            LabelModifier::Include(labels) => Matching::On(labels.labels),
            LabelModifier::Exclude(labels) => Matching::Ignoring(labels.labels),
        }),
        many: match modifier.card {
            VectorMatchCardinality::ManyToOne(labels) => Some((Side::Left, labels.labels)),
            VectorMatchCardinality::OneToMany(labels) => Some((Side::Right, labels.labels)),
            // Many to many is what a set operation is.
            VectorMatchCardinality::OneToOne | VectorMatchCardinality::ManyToMany => None,
        },
        fill: (modifier.fill_values.lhs, modifier.fill_values.rhs),
        ..plain
    })
}

fn selector(parsed: VectorSelector) -> Result<Selector, String> {
    let all = |matchers: Vec<Matcher>| matchers.iter().map(matcher).collect();
    Ok(Selector {
        metric: parsed.name,
        matchers: all(parsed.matchers.matchers)?,
        alternatives: parsed.matchers.or_matchers.into_iter().map(all).collect::<Result<_, _>>()?,
        offset_ms: parsed.offset.as_ref().map(offset),
        at: parsed.at.as_ref().map(at),
    })
}

fn matcher(parsed: &Matcher) -> Result<LabelMatcher, String> {
    let operator = match parsed.op {
        MatchOp::Equal => MatchOperator::Equal,
        MatchOp::NotEqual => MatchOperator::NotEqual,
        MatchOp::Re(_) => MatchOperator::Regex,
        MatchOp::NotRe(_) => MatchOperator::NotRegex,
    };
    LabelMatcher::new(operator, &parsed.name, &parsed.value)
}

fn value_type(found: TheirType) -> ValueType {
    match found {
        TheirType::Scalar => ValueType::Scalar,
        TheirType::Vector => ValueType::Vector,
        TheirType::Matrix => ValueType::Matrix,
        TheirType::String => ValueType::Text,
    }
}

fn offset(parsed: &Offset) -> i64 {
    match parsed {
        Offset::Pos(span) => millis(*span),
        Offset::Neg(span) => -millis(*span),
    }
}

fn at(parsed: &AtModifier) -> At {
    match parsed {
        AtModifier::Start => At::Start,
        AtModifier::End => At::End,
        AtModifier::At(instant) => At::Instant(
            instant
                .duration_since(SystemTime::UNIX_EPOCH)
                .map_or_else(|before| -millis(before.duration()), millis),
        ),
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

fn unknown(op: TokenType) -> String {
    format!("unknown operator {op}")
}

#[cfg(test)]
mod tests;
