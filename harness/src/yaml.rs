//! Reading YAML with line numbers: the one place that knows the YAML crate's errors.
//!
//! Used by every reader of a YAML file in this crate; knows no file kind.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde_saphyr::Location;

use crate::problem::Problem;

/// Reads `text`; `file` is only for messages.
///
/// # Errors
/// The one syntax or type error at which reading stopped.
pub(crate) fn parse<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T, Vec<Problem>> {
    serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().as_ref().and_then(line);
        let message = error.without_snippet().to_string();
        vec![Problem::error(file, line, format!("not as expected: {}", without_position(&message)))]
    })
}

/// The line of a location, from 1; `None` where it is unknown.
pub(crate) fn line(location: &Location) -> Option<usize> {
    usize::try_from(location.line()).ok().filter(|line| *line > 0)
}

/// The crate ends or starts its messages with the position, which a problem has itself.
fn without_position(message: &str) -> &str {
    message.split(" at line ").next().unwrap_or(message)
}
