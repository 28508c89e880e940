//! A flaw in a file that a user wrote: where it is, what is wrong, what to do.
//!
//! Parsers and static checks return these as values, all of a file at once;
//! whoever renders a report decides how they look.
//! This module knows nothing of the kinds of file.

use std::fmt;
use std::path::{Path, PathBuf};

/// How much a [`Problem`] matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth a look; nothing is wrong for certain.
    Warning,
    /// What is shown will be wrong or missing.
    Error,
}

/// One flaw. Displayed as `file:line: message (remedy)`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, as it was named to the parser.
    pub file: PathBuf,
    /// Line in the file, from 1; `None` where the flaw is the file's as a whole.
    pub line: Option<usize>,
    /// How much it matters.
    pub severity: Severity,
    /// What was found and what was expected: a lowercase fragment without final dot.
    pub message: String,
    /// What to do, where that is not obvious.
    pub remedy: Option<String>,
}

impl Problem {
    /// A flaw that makes what is shown wrong or missing.
    pub fn error(file: &Path, line: impl Into<Option<usize>>, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line: line.into(),
            severity: Severity::Error,
            message: message.into(),
            remedy: None,
        }
    }

    /// A flaw that is worth a look.
    pub fn warning(
        file: &Path,
        line: impl Into<Option<usize>>,
        message: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Warning, ..Self::error(file, line, message) }
    }

    /// The same flaw with what to do about it.
    #[must_use]
    pub fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        write!(f, " {}", self.message)?;
        match &self.remedy {
            Some(remedy) => write!(f, " ({remedy})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_file_line_message_and_remedy() {
        let problem = Problem::error(Path::new("a.yml"), 3, "no uid").remedy("add one");
        assert_eq!(problem.to_string(), "a.yml:3: no uid (add one)");
        let problem = Problem::warning(Path::new("a.yml"), None, "empty");
        assert_eq!(problem.to_string(), "a.yml: empty");
    }
}
