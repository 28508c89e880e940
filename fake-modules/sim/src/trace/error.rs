//! What can be wrong with a trace.

use std::{io, path::PathBuf};

use crate::time::Nanos;

/// A trace that cannot be replayed, with the place where it fails.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The file cannot be opened.
    #[error("cannot open trace {}", path.display())]
    Open {
        /// The trace.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Reading fails, or the compressed data are broken.
    #[error("{}:{line}: cannot read this line", path.display())]
    Read {
        /// The trace.
        path: PathBuf,
        /// The line that could not be read, from 1.
        line: u64,
        /// Why.
        source: io::Error,
    },
    /// A line beyond any sensible length.
    #[error("{}:{line}: expected lines of at most {limit} bytes, found a longer one", path.display())]
    LongLine {
        /// The trace.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The longest line that is read, in bytes.
        limit: usize,
    },
    /// A line that says something other than it should.
    #[error("{}:{line}: {what}: expected {expected}, found {found}", path.display())]
    Line {
        /// The trace.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The field, or a name for the whole line.
        what: &'static str,
        /// What should stand there.
        expected: String,
        /// What stands there, shortened.
        found: String,
    },
    /// A row that lies before the one it follows.
    #[error(
        "{}:{line}: {what}: expected a time not before that of line {after_line}, found one {} s earlier",
        path.display(), by.as_secs_f64()
    )]
    Backwards {
        /// The trace.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The field that holds the time.
        what: &'static str,
        /// The line of the row before it.
        after_line: u64,
        /// How far the time goes back.
        by: Nanos,
    },
    /// A trace without rows.
    #[error("{}: expected at least one row, found none", path.display())]
    Empty {
        /// The trace.
        path: PathBuf,
    },
    /// No row lies in the time window asked for.
    #[error(
        "{}: expected rows from {} s on{}, found none; the last row is at {} s",
        path.display(), from.as_secs_f64(), before(*to), last.as_secs_f64()
    )]
    EmptyWindow {
        /// The trace.
        path: PathBuf,
        /// The start of the window, since the first row.
        from: Nanos,
        /// The end of the window, since the first row.
        to: Option<Nanos>,
        /// The last row that was read.
        last: Nanos,
    },
}

fn before(to: Option<Nanos>) -> String {
    to.map_or_else(String::new, |to| format!(" and before {} s", to.as_secs_f64()))
}

impl TraceError {
    /// What the user can do, where there is something general to say.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            TraceError::Read { source, .. } if source.kind() == io::ErrorKind::UnexpectedEof => {
                Some("the compressed file is cut short: download it again")
            }
            TraceError::Read { source, .. }
                if matches!(
                    source.kind(),
                    io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
                ) =>
            {
                Some("the compressed file is damaged: download it again")
            }
            TraceError::Backwards { .. } => {
                Some("sort the rows by time, or declare that the trace joins several recordings")
            }
            TraceError::EmptyWindow { .. } => {
                Some("times of the window count from the first row of the trace")
            }
            _ => None,
        }
    }
}
