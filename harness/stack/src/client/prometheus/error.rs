//! What can go wrong between a question and its answer.
//!
//! Raised by the query client; every error names the URL, what was asked there and Prometheus' own
//! words where it spoke. A wrong number is no error here: answers are judged elsewhere.

use std::fmt;

/// A question without a usable answer.
#[derive(Debug)]
pub struct ClientError {
    /// Where it was asked.
    pub url: String,
    /// The query with its instants, or the parameters; empty if there were none.
    pub asked: String,
    /// What went wrong.
    pub problem: Problem,
}

/// What went wrong with a question.
#[derive(Debug)]
pub enum Problem {
    /// The server could not be reached, or broke off.
    Unreachable {
        /// The HTTP client's error.
        source: reqwest::Error,
    },
    /// Prometheus says no.
    Refused {
        /// The HTTP status.
        status: u16,
        /// Prometheus' `errorType`, e.g. `bad_data` or `execution`.
        error_type: String,
        /// Prometheus' `error`.
        error: String,
    },
    /// Something else listens at the URL.
    NotPrometheus {
        /// The HTTP status.
        status: u16,
        /// The content type of the answer.
        content_type: String,
        /// The beginning of the answer.
        body: String,
    },
    /// The frame is right, the data is not of the expected shape.
    Unexpected {
        /// What was not as expected.
        reason: String,
    },
}

impl ClientError {
    /// Whether Prometheus understood the question and could not evaluate it.
    #[must_use]
    pub fn is_execution(&self) -> bool {
        matches!(&self.problem, Problem::Refused { error_type, .. } if error_type == "execution")
    }

    pub(super) fn unreachable(url: &str, asked: &str, source: reqwest::Error) -> Self {
        // The URL is already named, and a query string would repeat the question.
        let source = source.without_url();
        Self { url: url.into(), asked: asked.into(), problem: Problem::Unreachable { source } }
    }

    pub(super) fn unexpected(url: &str, asked: &str, reason: String) -> Self {
        Self { url: url.into(), asked: asked.into(), problem: Problem::Unexpected { reason } }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, asked, problem } = self;
        match problem {
            Problem::Unreachable { .. } => write!(out, "no answer from {url}")?,
            Problem::Refused { status, error_type, error } => {
                write!(out, "{url} refuses with HTTP {status}, {error_type}: {error}")?;
            }
            Problem::NotPrometheus { status, content_type, body } => write!(
                out,
                "{url} does not answer like a Prometheus: HTTP {status}, {content_type}: {body:?}"
            )?,
            Problem::Unexpected { reason } => {
                write!(out, "{url} answers with data that is not understood: {reason}")?;
            }
        }
        if asked.is_empty() { Ok(()) } else { write!(out, " (asked: {asked})") }
    }
}

impl std::error::Error for ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.problem {
            Problem::Unreachable { source } => Some(source),
            Problem::Refused { .. }
            | Problem::NotPrometheus { .. }
            | Problem::Unexpected { .. } => None,
        }
    }
}
