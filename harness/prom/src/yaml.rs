//! Reading YAML with line numbers: lines, errors and durations.
//!
//! Used by every reader of a YAML file in this crate; knows no file kind.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde_saphyr::{Location, Spanned};

use crate::duration;
use crate::problem::{Code, Problem};

/// Reads `text`; `file` is only for messages.
///
/// # Errors
/// The one syntax or type error at which reading stopped.
pub fn parse<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T, Vec<Problem>> {
    serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().as_ref().and_then(line);
        let message = error.without_snippet().to_string();
        vec![Problem::new(
            Code::MalformedYaml,
            file,
            line,
            format!("not as expected: {}", without_position(&message)),
        )]
    })
}

/// The line of a location, from 1; `None` where it is unknown.
pub fn line(location: &Location) -> Option<usize> {
    usize::try_from(location.line()).ok().filter(|line| *line > 0)
}

/// The crate ends its messages with the position, which a problem has itself, or
/// with advice for programmers.
fn without_position(message: &str) -> &str {
    let end =
        [" at line ", ", set DuplicateKeyPolicy"].iter().filter_map(|tail| message.find(tail));
    &message[..end.min().unwrap_or(message.len())]
}

/// The milliseconds of a Prometheus duration under `key`; one that cannot be read
/// is noted and counts as absent.
pub fn duration_ms(
    file: &Path,
    value: Option<&Spanned<String>>,
    key: &str,
    problems: &mut Vec<Problem>,
) -> Option<i64> {
    let value = value?;
    match duration::parse(&value.value) {
        Ok(millis) => Some(millis),
        Err(error) => {
            problems.push(Problem::new(
                Code::InvalidDuration,
                file,
                line(&value.referenced),
                format!("{key}: {error}"),
            ));
            None
        }
    }
}
#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn syntax_and_type_errors_have_a_line_and_no_second_position() {
        let table = [
            ("a:\n\tb: 2\n", "x.yml:2: not as expected: tabs disallowed"),
            ("a: 1\na: 2\n", "x.yml:2: not as expected: duplicate mapping key: a"),
            ("a: 1\nb: many\n", "x.yml:2: not as expected: invalid u64"),
            ("- 1\n", "x.yml:1: not as expected: expected mapping"),
        ];
        for (text, message) in table {
            let result: Result<BTreeMap<String, u64>, _> = parse(Path::new("x.yml"), text);
            let problem = result.unwrap_err().remove(0).to_string();
            assert!(problem.starts_with(message), "{problem}");
            assert!(!problem.contains("at line") && !problem.contains("Policy"), "{problem}");
        }
    }
}
