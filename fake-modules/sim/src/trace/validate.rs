//! Reading a whole trace before anyone relies on it.

use super::{TraceError, TraceSource};
use crate::time::Nanos;

/// What a valid trace holds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct TraceSummary {
    /// How many requests.
    pub rows: u64,
    /// From the first request to the last.
    pub span: Nanos,
}

impl TraceSummary {
    /// Requests per second over the span; infinite if all arrive at once.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.rows as f64 / self.span.as_secs_f64()
    }
}

/// Reads every row.
///
/// # Errors
/// All that is wrong with the trace, in file order, up to `limit` errors (at least one).
pub fn validate(source: &TraceSource, limit: usize) -> Result<TraceSummary, Vec<TraceError>> {
    let rows = source.rows().map_err(|error| vec![error])?;
    let path = rows.path().clone();
    let mut summary = TraceSummary { rows: 0, span: Nanos(0) };
    let mut errors = Vec::new();
    for row in rows {
        match row {
            Ok(row) => summary = TraceSummary { rows: summary.rows + 1, span: row.at },
            Err(error) => errors.push(error),
        }
        if !errors.is_empty() && limit <= errors.len() {
            return Err(errors);
        }
    }
    if !errors.is_empty() {
        Err(errors)
    } else if summary.rows == 0 {
        Err(vec![TraceError::Empty { path }])
    } else {
        Ok(summary)
    }
}
