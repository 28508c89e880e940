//! A flaw in a file that a user wrote: where it is, what is wrong, what to do.
//!
//! Parsers and static checks return these as values, all of a file at once;
//! whoever renders a report decides how they look.
//! What kinds of problem there are is one table, [`Code`]. Readers of files are not known here.

mod code;

pub use code::Code;

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

/// One flaw. Displayed as `file:line: message (remedy)`; [`Problem::coded`] shows its code too.
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
    /// What kind of flaw it is.
    pub code: Code,
}

impl Problem {
    /// A flaw of this kind, which says how much it matters.
    pub fn new(
        code: Code,
        file: &Path,
        line: impl Into<Option<usize>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            file: file.to_owned(),
            line: line.into(),
            severity: code.severity(),
            message: message.into(),
            remedy: None,
            code,
        }
    }

    /// The same flaw with what to do about it.
    #[must_use]
    pub fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }

    /// Displayed as `file:line: message [code] (remedy)`.
    #[must_use]
    pub fn coded(&self) -> impl fmt::Display {
        fmt::from_fn(|f| self.show(f, true))
    }

    fn show(&self, f: &mut fmt::Formatter<'_>, with_code: bool) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        write!(f, " {}", self.message)?;
        if with_code {
            write!(f, " [{}]", self.code)?;
        }
        match &self.remedy {
            Some(remedy) => write!(f, " ({remedy})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show(f, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_file_line_message_and_remedy() {
        let code = Code::DashboardWithoutUid;
        let problem = Problem::new(code, Path::new("a.yml"), 3, "no uid").remedy("add one");
        assert_eq!(problem.to_string(), "a.yml:3: no uid (add one)");
        let coded = "a.yml:3: no uid [dashboard-without-uid] (add one)";
        assert_eq!(problem.coded().to_string(), coded);
        let problem = Problem::new(Code::NoUnit, Path::new("a.yml"), None, "empty");
        assert_eq!(problem.to_string(), "a.yml: empty");
        assert_eq!(problem.coded().to_string(), "a.yml: empty [no-unit]");
        assert_eq!(problem.severity, Severity::Warning);
    }
}
