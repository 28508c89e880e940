//! The file `.env` beside a compose file: `NAME=value` lines, `#` comments, quotes around a value.
//!
//! It must not know which variables are used.

use std::fs;
use std::io;
use std::path::Path;

use super::interpolate::Variables;
use crate::problem::Problem;

/// The variables of a file; none where there is no such file.
pub(super) fn read(file: &Path) -> Result<Variables, Problem> {
    match fs::read_to_string(file) {
        Ok(text) => parse(file, &text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Variables::new()),
        Err(error) => Err(Problem::new(file, None, error.to_string())),
    }
}

fn parse(file: &Path, text: &str) -> Result<Variables, Problem> {
    let mut variables = Variables::new();
    for (line, written) in text.lines().enumerate() {
        let written = written.trim();
        if written.is_empty() || written.starts_with('#') {
            continue;
        }
        let (name, value) = written.split_once('=').ok_or_else(|| {
            Problem::new(file, line + 1, format!("`{written}` is not `NAME=value`"))
        })?;
        let value = value.trim();
        let quoted =
            |quote: char| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        let value = quoted('"').or_else(|| quoted('\'')).unwrap_or(value);
        variables.insert(name.trim().to_owned(), value.to_owned());
    }
    Ok(variables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_names_and_values() {
        let text = "# ports\nA=1\n\nB = 'x y'\nC=\"z\"\nD=a=b\nE=\n";
        let found = parse(Path::new(".env"), text).unwrap();
        let found: Vec<_> =
            found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, [("A", "1"), ("B", "x y"), ("C", "z"), ("D", "a=b"), ("E", "")]);
        let problem = parse(Path::new(".env"), "A=1\nB\n").unwrap_err();
        assert_eq!(problem.to_string(), ".env:2: `B` is not `NAME=value`");
    }
}
