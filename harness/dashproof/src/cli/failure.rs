//! One error of the command as a whole: what could not be done, and what to do about it.

use std::{error::Error, fmt, path::Path};

use prom::problem::Problem;

/// Why a command could not be carried out. Displayed with its remedy on lines of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong: a lowercase fragment.
    pub message: String,
    /// What to do, a line for each way.
    pub remedy: String,
}

impl Failure {
    /// The exit code of a command that could not be carried out.
    pub const EXIT_CODE: u8 = 2;

    /// A failure with what to do about it.
    pub fn new(message: impl Into<String>, remedy: impl Into<String>) -> Failure {
        Failure { message: message.into(), remedy: remedy.into() }
    }

    /// Files that cannot be read, with everything that is wrong with them.
    #[must_use]
    pub fn of_files(what: &str, problems: &[Problem]) -> Failure {
        let lines: Vec<String> =
            problems.iter().map(|problem| format!("\n  {}", problem.coded())).collect();
        let message = format!("{what} cannot be read:{}", lines.concat());
        Failure::new(message, "correct the files; `dashproof check` lists all problems at once")
    }

    /// A file that cannot be written.
    #[must_use]
    pub fn of_writing(path: &Path, error: &std::io::Error) -> Failure {
        let message = format!("cannot write {}: {error}", path.display());
        Failure::new(
            message,
            "name a file in a directory that exists and that you may write: --output FILE",
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)?;
        for line in self.remedy.lines() {
            write!(out, "\n  hint: {line}")?;
        }
        Ok(())
    }
}

impl Error for Failure {}

/// An error with its causes on one line, each once.
#[must_use]
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Transparent errors say the same as their source.
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
