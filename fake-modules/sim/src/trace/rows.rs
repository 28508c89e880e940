//! The rows of one pass over a trace, checked one by one.
//!
//! After a bad row the next one is read all the same, so that [`super::validate`] can collect errors;
//! who replays stops at the first. A failure to read ends the rows.

use std::{
    fmt,
    io::{BufRead, BufReader, Read},
    path::PathBuf,
};

use super::{
    TraceError,
    clock::{Backwards, Clock},
    csv::Columns,
    field::{self, Wrong},
    jsonl,
};
use crate::time::Nanos;

/// The longest line that is read, in bytes.
const LONGEST_LINE: usize = 1 << 20;

/// One recorded request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// Its line in the file, from 1.
    pub line: u64,
    /// When it arrived, since the first row.
    pub at: Nanos,
    /// Tokens of the prompt.
    pub input_tokens: u32,
    /// Tokens of the answer; 0 where the recorded request failed.
    pub output_tokens: u32,
    /// A hash of its session's name, if it has one.
    pub session: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
enum Format {
    Csv(Columns),
    Jsonl,
}

/// The rows of a trace, or what is wrong with them, in file order.
pub struct Rows {
    path: PathBuf,
    text: BufReader<Box<dyn Read + Send>>,
    format: Format,
    /// The line being read, and its number from 1.
    buffer: Vec<u8>,
    line: u64,
    /// The first line of a JSONL trace is a row already.
    line_is_unread: bool,
    clock: Clock,
    ended: bool,
}

impl Rows {
    pub(super) fn new(
        path: PathBuf,
        text: BufReader<Box<dyn Read + Send>>,
        joined: bool,
    ) -> Result<Rows, TraceError> {
        let mut rows = Rows {
            path,
            text,
            format: Format::Jsonl,
            buffer: Vec::new(),
            line: 0,
            line_is_unread: false,
            clock: Clock::new(joined),
            ended: false,
        };
        if !rows.read_line()? {
            return Err(TraceError::Empty { path: rows.path });
        }
        let header = rows.text_of_line().and_then(|line| {
            if line.starts_with('{') {
                Ok(Format::Jsonl)
            } else {
                Columns::of_header(line).map(Format::Csv)
            }
        });
        rows.format = header.map_err(|wrong| rows.error(wrong))?;
        rows.line_is_unread = matches!(rows.format, Format::Jsonl);
        Ok(rows)
    }

    /// The trace's name in errors.
    pub(super) fn path(&self) -> &PathBuf {
        &self.path
    }

    /// Reads the next line that is not blank; false at the end.
    fn read_line(&mut self) -> Result<bool, TraceError> {
        loop {
            self.line += 1;
            self.buffer.clear();
            let mut bounded = self.text.by_ref().take(LONGEST_LINE as u64 + 1);
            let n_bytes = bounded.read_until(b'\n', &mut self.buffer).map_err(|source| {
                self.ended = true;
                TraceError::Read { path: self.path.clone(), line: self.line, source }
            })?;
            if n_bytes == 0 {
                return Ok(false);
            }
            if LONGEST_LINE < n_bytes {
                self.ended = true;
                return Err(TraceError::LongLine {
                    path: self.path.clone(),
                    line: self.line,
                    limit: LONGEST_LINE,
                });
            }
            if !self.buffer.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }

    /// The line without its end, and the first without a byte order mark.
    fn text_of_line(&self) -> Result<&str, Wrong> {
        let line = std::str::from_utf8(&self.buffer).map_err(|_| {
            Wrong::new("row", "UTF-8 text", field::quoted(&String::from_utf8_lossy(&self.buffer)))
        })?;
        let line = if self.line == 1 { line.trim_start_matches('\u{feff}') } else { line };
        Ok(line.trim())
    }

    fn row_of_line(&mut self) -> Result<Row, TraceError> {
        let parsed = self.text_of_line().and_then(|line| match self.format {
            Format::Csv(columns) => columns.parse(line),
            Format::Jsonl => jsonl::parse(line),
        });
        let parsed = parsed.map_err(|wrong| self.error(wrong))?;
        let at =
            self.clock.place(parsed.time, self.line).map_err(|Backwards { by, after_line }| {
                let (path, line, what) = (self.path.clone(), self.line, parsed.time_name);
                TraceError::Backwards { path, line, what, after_line, by }
            })?;
        Ok(Row {
            line: self.line,
            at,
            input_tokens: parsed.input_tokens,
            output_tokens: parsed.output_tokens,
            session: parsed.session,
        })
    }

    fn error(&self, Wrong { what, expected, found }: Wrong) -> TraceError {
        TraceError::Line { path: self.path.clone(), line: self.line, what, expected, found }
    }
}

impl Iterator for Rows {
    type Item = Result<Row, TraceError>;

    fn next(&mut self) -> Option<Result<Row, TraceError>> {
        if self.ended {
            return None;
        }
        if !std::mem::take(&mut self.line_is_unread) {
            match self.read_line() {
                Ok(true) => {}
                Ok(false) => {
                    self.ended = true;
                    return None;
                }
                Err(error) => return Some(Err(error)),
            }
        }
        Some(self.row_of_line())
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("path", &self.path)
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}
