//! Why a scenario could not be judged, on whichever road.
//!
//! What can be done about it, the command line knows.

use super::targets::TargetsError;
use scenario::SourceError;
use stack::{
    client::{prometheus::ClientError, remote_write::WriteError},
    external::ExternalError,
    native::StartError,
};

use crate::{alert::TimelineError, backfill::rules};

/// Why a scenario could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Its traffic could not be made.
    #[error("scenario `{scenario}` has no traffic")]
    Source {
        /// The scenario.
        scenario: String,
        /// Why.
        #[source]
        source: SourceError,
    },
    /// A trace ended with an error on the way.
    #[error("the trace of scenario `{scenario}` cannot be replayed: {error}")]
    Trace {
        /// The scenario.
        scenario: String,
        /// The trace's own error with file and line.
        error: String,
    },
    /// The targets are not known.
    #[error(transparent)]
    Targets(#[from] TargetsError),
    /// No engine.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A database of somebody else's cannot be used.
    #[error(transparent)]
    External(#[from] ExternalError),
    /// It answered that it stored samples, and does not show them.
    #[error(
        "{url} took samples of {at} and shows {shown} of {written} series `up` there: it may drop what is older than its retention"
    )]
    Dropped {
        /// Where.
        url: String,
        /// The first instant of the scenario.
        at: jiff::Timestamp,
        /// Series that it shows.
        shown: usize,
        /// Series that were written.
        written: usize,
    },
    /// The engine stores nothing.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The recording rules could not be evaluated.
    #[error(transparent)]
    Rules(#[from] rules::RuleError),
    /// An alert rule could not be evaluated.
    #[error(transparent)]
    Alerts(#[from] TimelineError),
    /// The engine does not answer.
    #[error(transparent)]
    Ask(#[from] ClientError),
    /// The scenario could not be played live.
    #[error(transparent)]
    Live(#[from] ModeError),
}

/// An error of another mode than virtual time, with what can be done about it: only that mode knows.
#[derive(Debug)]
pub struct ModeError {
    /// What went wrong.
    pub error: Box<dyn std::error::Error + Send + Sync>,
    /// What can be done: an imperative fragment.
    pub remedy: &'static str,
}

impl std::fmt::Display for ModeError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(out)
    }
}

impl std::error::Error for ModeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}
