//! Variables of a dashboard as Grafana opens them: which options there are, in which
//! order, and which of them is chosen.
//!
//! It must not know who answers their queries. Source: the variables of
//! `@grafana/scenes`.

mod custom;
mod opened;
mod options;

pub use custom::{custom, custom_json};
pub use opened::{Chosen, Saved, opened};
pub use options::{of_answers, sorted};

use crate::NotModelled;
use crate::interval;

/// The value that stands for every option.
pub const ALL: &str = "$__all";
/// The text of it.
pub const ALL_TEXT: &str = "All";

/// An option of a variable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Choice {
    /// What a person reads.
    pub text: String,
    /// What is inserted.
    pub value: String,
}

impl Choice {
    /// An option whose text is its value.
    pub fn of(value: impl Into<String>) -> Self {
        let value = value.into();
        Self { text: value.clone(), value }
    }
}

/// The window of an interval variable that is on "Auto".
///
/// `range_ms`: how long the time range is; `count`: into how many steps it is divided;
/// `min`: the least step as a text.
///
/// # Errors
///
/// Where the browser cannot read the least step.
pub fn auto_interval(range_ms: f64, count: f64, min: &str) -> Result<String, NotModelled> {
    let refused = || NotModelled::new(format!("auto_min {min}"));
    let (_, text) = interval::calculate(range_ms, count, Some(min)).ok_or_else(refused)?;
    Ok(text)
}
