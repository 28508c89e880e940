//! Variables of a dashboard (`$__rate_interval`, `${q}`), which no PromQL parser accepts.
//!
//! Put aside before parsing and put back after printing. A variable outside of a string stands for a
//! duration, a number or a name, as its value tells; a placeholder of that kind takes its place, one
//! that occurs nowhere else in the expression.
//! Variables inside strings are left to whoever interpolates them. It must not know what mutants are.

use std::collections::BTreeMap;

use prom::{duration, promql::print};

use super::MutateError;

/// A variable and what stands for it.
#[derive(Debug)]
struct Placeholder {
    /// As written in the expression.
    variable: String,
    /// As the parser's printer prints it.
    printed: String,
    /// The placeholder and the value of a variable that stands for a duration, in milliseconds.
    duration: Option<(i64, i64)>,
}

/// The variables of one expression.
#[derive(Debug, Default)]
pub(super) struct Placeholders(Vec<Placeholder>);

impl Placeholders {
    /// `expr` with placeholders for its variables.
    pub(super) fn substitute(
        expr: &str,
        values: &BTreeMap<String, String>,
    ) -> Result<(String, Self), MutateError> {
        let mut placeholders = Self::default();
        let mut text = String::new();
        let mut rest = expr;
        while let Some(c) = rest.chars().next() {
            let token = match c {
                '"' | '\'' | '`' => &rest[..string_length(rest, c)],
                '#' => &rest[..rest.find('\n').unwrap_or(rest.len())],
                '$' => {
                    let variable = &rest[..variable_length(rest)];
                    text.push_str(placeholders.printed(variable, expr, values)?);
                    rest = &rest[variable.len()..];
                    continue;
                }
                _ => &rest[..c.len_utf8()],
            };
            text.push_str(token);
            rest = &rest[token.len()..];
        }
        Ok((text, placeholders))
    }

    /// `text` with the variables back in their places.
    pub(super) fn restore(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, placeholder| {
            text.replace(&placeholder.printed, &placeholder.variable)
        })
    }

    /// The duration that `duration` stands for, and whether it is a variable; milliseconds.
    pub(super) fn value(&self, duration: i64) -> (i64, bool) {
        let of_variable = self
            .0
            .iter()
            .filter_map(|known| known.duration)
            .find(|&(placeholder, _)| placeholder == duration);
        of_variable.map_or((duration, false), |(_, value)| (value, true))
    }

    fn printed(
        &mut self,
        variable: &str,
        expr: &str,
        values: &BTreeMap<String, String>,
    ) -> Result<&str, MutateError> {
        let known = self.0.iter().position(|placeholder| placeholder.variable == variable);
        let index = match known {
            Some(index) => index,
            None => {
                let name = variable
                    .trim_start_matches(['$', '{'])
                    .split(['}', ':', '.'])
                    .next()
                    .unwrap_or_default();
                let value = values.get(name).ok_or_else(|| MutateError::UnknownVariable {
                    expr: expr.to_owned(),
                    variable: variable.to_owned(),
                })?;
                // `${__range_s}s` is a duration whose unit is written after the variable.
                let unit = variable.rsplit_once('}').map_or("", |(_, unit)| unit);
                self.0.push(Placeholder::new(
                    variable,
                    &format!("{value}{unit}"),
                    expr,
                    self.0.len(),
                ));
                self.0.len() - 1
            }
        };
        Ok(&self.0[index].printed)
    }
}

impl Placeholder {
    fn new(variable: &str, value: &str, expr: &str, index: usize) -> Self {
        let free = |printed: &String| !expr.contains(printed.as_str());
        let numbers = (777_777 + 1000 * index as i64)..;
        let number = value.parse::<f64>().is_ok();
        let duration = duration::parse(value).ok().filter(|millis| !number && *millis > 0);
        let (printed, stands_for) = if let Some(value) = duration {
            numbers
                .map(|n| n * 1000 + 777)
                .map(|placeholder| (print::duration(placeholder), Some((placeholder, value))))
                .find(|(printed, _)| free(printed))
                .expect("an expression is finite")
        } else {
            let print = |n: i64| if number { format!("{n}.125") } else { format!("variable_{n}_") };
            (numbers.map(print).find(free).expect("an expression is finite"), None)
        };
        Self { variable: variable.to_owned(), printed, duration: stands_for }
    }
}

/// Bytes of the string literal at the start of `text`, quotes included.
fn string_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == quote && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && quote != '`' && !escaped;
    }
    text.len()
}

/// Bytes of the variable at the start of `text`: `$name`, or `${name:format}` and a unit after it.
fn variable_length(text: &str) -> usize {
    let word = |text: &str| {
        text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
    };
    match text.find('}') {
        Some(end) if text.starts_with("${") => end + 1 + word(&text[end + 1..]),
        _ => 1 + word(&text[1..]),
    }
}
