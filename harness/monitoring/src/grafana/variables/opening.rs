//! What is chosen in a variable when its dashboard is opened, and what its regular expression makes of a list.
//!
//! Sources: `MultiValueVariable.validateAndUpdate`, `IntervalVariable` and `metricNamesToVariableValues` in scenes
//! packages/scenes/src/variables/variants. It must not know how a choice is written into a text.

use fancy_regex::Regex;

use super::definition::{ALL_VALUE, Variable, VariableKind};
use super::interpolate::Selection;
use crate::grafana::interval::{round, text};

/// How a saved choice names the interval that follows from the range; a name may follow.
const AUTO: &str = "$__auto";

/// An option: what is read, and what is inserted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableOption {
    /// As it is read in the list.
    pub text: String,
    /// As it is inserted.
    pub value: String,
}

impl From<String> for VariableOption {
    fn from(value: String) -> Self {
        Self { text: value.clone(), value }
    }
}

/// What is chosen when the dashboard is opened over a range: what was saved and still is an option, else the first
/// option, else All.
pub fn opened(variable: &Variable, options: &[String], range_ms: i64) -> Selection {
    let one = |value: String| Selection::Values(vec![value]);
    let saved = variable.current.first().filter(|value| !value.is_empty());
    match variable.kind {
        // Whatever was typed; the list is what was typed last.
        VariableKind::Textbox => {
            return one(saved.cloned().unwrap_or_else(|| variable.query.clone()));
        }
        VariableKind::Constant => return one(variable.query.clone()),
        VariableKind::Interval => {
            return one(match saved {
                Some(saved) if saved.starts_with(AUTO) => automatic(variable, range_ms),
                Some(saved) if options.contains(saved) => saved.clone(),
                _ => options.first().cloned().unwrap_or_default(),
            });
        }
        _ => {}
    }
    if variable.include_all
        && (options.is_empty() || variable.current.iter().any(|value| value == ALL_VALUE))
    {
        return Selection::All;
    }
    let mut left: Vec<String> =
        variable.current.iter().filter(|value| options.contains(value)).cloned().collect();
    if left.is_empty() {
        left.extend(options.first().cloned());
    }
    if !variable.multi {
        left.truncate(1);
        if left.is_empty() {
            left.push(String::new());
        }
    }
    Selection::Values(left)
}

/// The interval that an interval variable has by itself: the range in `auto_count` steps, rounded, `auto_min` at least.
fn automatic(variable: &Variable, range_ms: i64) -> String {
    let count = variable.json.get("auto_count").and_then(serde_json::Value::as_i64);
    let least = variable.json.get("auto_min").and_then(serde_json::Value::as_str);
    automatic_interval(range_ms, count.unwrap_or(30), least.unwrap_or("10s"))
}

/// The text of a range in `count` steps, rounded as the browser does, at least `least`.
pub(crate) fn automatic_interval(range_ms: i64, count: i64, least: &str) -> String {
    let least = text::browser_ms(least).unwrap_or(0);
    text::one_unit(round::browser(range_ms, count.max(1)).max(least))
}

/// An expression that is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no regular expression that can be read")]
pub struct PatternError(String);

/// What a variable's `regex` makes of the values that were found; all of them where it is empty.
///
/// A group gives the value; groups named `text` and `value` give each. An expression without slashes must fit whole.
///
/// # Errors
/// If the expression cannot be read.
pub fn filtered(values: &[String], regex: &str) -> Result<Vec<VariableOption>, PatternError> {
    if regex.is_empty() {
        return Ok(unique(values.iter().cloned().map(VariableOption::from).collect()));
    }
    let error = || PatternError(regex.to_owned());
    let (pattern, flags) = match regex.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')) {
        Some((pattern, flags)) => (pattern.to_owned(), flags),
        None => (format!("^{regex}$"), ""),
    };
    let known: String = flags.chars().filter(|flag| "ims".contains(*flag)).collect();
    if flags.chars().any(|flag| !"gimsu".contains(flag)) {
        return Err(error());
    }
    let pattern = if known.is_empty() { pattern } else { format!("(?{known}){pattern}") };
    let pattern = Regex::new(&pattern).map_err(|_| error())?;
    let mut found = Vec::new();
    for value in values {
        let all =
            pattern.captures_iter(value).collect::<Result<Vec<_>, _>>().map_err(|_| error())?;
        let Some(first) = all.first() else { continue };
        let named = |name: &str| first.name(name).map(|group| group.as_str().to_owned());
        match (named("text"), named("value")) {
            (Some(text), Some(value)) => found.push(VariableOption { text, value }),
            (Some(only), None) | (None, Some(only)) => found.push(only.into()),
            (None, None) if first.len() > 1 => {
                let many = if flags.contains('g') { all.len() } else { 1 };
                let groups = all.iter().take(many).filter_map(|captures| captures.get(1));
                found.extend(groups.map(|group| group.as_str().to_owned().into()));
            }
            (None, None) => found.push(value.clone().into()),
        }
    }
    Ok(unique(found))
}

fn unique(options: Vec<VariableOption>) -> Vec<VariableOption> {
    let mut kept: Vec<VariableOption> = Vec::new();
    for option in options {
        if !kept.iter().any(|other| other.value == option.value) {
            kept.push(option);
        }
    }
    kept
}
