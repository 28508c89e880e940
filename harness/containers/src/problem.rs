//! A flaw in the compose file or in a plan: where it is, what is wrong, what to do.
//!
//! Readers and checks return these as values, all at once; whoever renders a report decides how they look.
//! This module knows nothing of the kinds of file.

use std::fmt;
use std::path::{Path, PathBuf};

/// One flaw. Displayed as `file:line: message (remedy)`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, as it was named by the caller.
    pub file: PathBuf,
    /// Line in the file, from 1; `None` where the flaw is the file's as a whole.
    pub line: Option<usize>,
    /// What was found and what was expected: a lowercase fragment without final dot.
    pub message: String,
    /// What to do, where that is not obvious.
    pub remedy: Option<String>,
}

impl Problem {
    /// A flaw at `line`, which counts from 1.
    pub fn new(file: &Path, line: impl Into<Option<usize>>, message: impl Into<String>) -> Self {
        let line = line.into().filter(|line| *line > 0);
        Self { file: file.to_owned(), line, message: message.into(), remedy: None }
    }

    /// The same flaw with what to do about it.
    #[must_use]
    pub fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(out, "{line}:")?;
        }
        write!(out, " {}", self.message)?;
        match &self.remedy {
            Some(remedy) => write!(out, " ({remedy})"),
            None => Ok(()),
        }
    }
}

/// Problems as lines of one text.
#[must_use]
pub fn lines(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_file_line_message_and_remedy() {
        let problem = Problem::new(Path::new("a.yml"), 3, "no image").remedy("name one");
        assert_eq!(problem.to_string(), "a.yml:3: no image (name one)");
        let problem = Problem::new(Path::new("a.yml"), 0, "empty");
        assert_eq!(problem.to_string(), "a.yml: empty");
    }
}
