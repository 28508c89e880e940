//! From a command line to a server that is ready.
//!
//! Used by every native server: it starts one, reads its log until the server says where it listens
//! and that it is ready, and keeps the log of one that does not get there.
//! What a log says when the server is ready, the caller knows.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use super::contained::ContainedError;
use super::process::CommandLine;
use super::run_directory::RunDirectoryError;
use super::server::{Server, ServerError};
use crate::poll::{self, Pending, PollError};

/// Ready within 0.1 s on an idle machine; a restarted Prometheus replays what was written.
const READY_CEILING: Duration = Duration::from_secs(120);
const READY_INTERVAL: Duration = Duration::from_millis(5);

/// A server that did not become ready.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its directory could not be made.
    #[error(transparent)]
    Directory(#[from] RunDirectoryError),
    /// The configuration file cannot be used.
    #[error("cannot use {path} as a configuration")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The process could not be started.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// It was to run in a container, and does not.
    #[error(transparent)]
    Contained(#[from] Box<ContainedError>),
    /// It ended before it was ready.
    #[error("`{command}` ended with {status}; its log ({log}) ends with:\n{last_words}")]
    Exited {
        /// The command line.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// Where the whole log is kept.
        log: String,
        /// The end of the log.
        last_words: String,
    },
    /// It runs, but did not become ready.
    #[error(
        "`{command}` was not ready after {waited:.0?} ({status}); its log ({log}) ends with:\n{last_words}"
    )]
    NotReady {
        /// The command line.
        command: String,
        /// How long was waited.
        waited: Duration,
        /// What was missing.
        status: String,
        /// Where the whole log is kept.
        log: String,
        /// The end of the log.
        last_words: String,
    },
}

impl From<ContainedError> for StartError {
    fn from(error: ContainedError) -> StartError {
        StartError::Contained(Box::new(error))
    }
}

/// A server that is to be started.
pub(super) struct Launch<'a> {
    /// Which one, in one small word, for the name of a log that is kept.
    pub(super) name: &'static str,
    pub(super) command: &'a CommandLine,
    /// Its run directory, which `command` must name.
    pub(super) directory: &'a Path,
    pub(super) log: PathBuf,
    /// Where the log of a failed start is kept.
    pub(super) temporary: &'a Path,
}

impl Launch<'_> {
    /// Starts it and waits until `readiness` finds in its log where it listens; until then,
    /// `readiness` says what is missing.
    pub(super) async fn until_ready(
        self,
        readiness: fn(&str) -> Result<String, &'static str>,
    ) -> Result<(Server, String), StartError> {
        self.until_ready_as(|log, _| readiness(log)).await
    }

    /// As [`Launch::until_ready`]; `readiness` is told the process' number too.
    pub(super) async fn until_ready_as(
        self,
        readiness: impl Fn(&str, u32) -> Result<String, &'static str>,
    ) -> Result<(Server, String), StartError> {
        let mut server = Server::start(self.command, self.directory, self.log.clone())?;
        let ready = poll::until(READY_CEILING, READY_INTERVAL, || {
            // The exit comes first: a log read before it might lack the last words.
            let exited = server.exited();
            let answer = readiness(&server.log(), server.pid());
            async move {
                match exited {
                    Some(status) => Err(Pending::Failed(status)),
                    None => answer.map_err(|status| Pending::NotYet { status: status.into() }),
                }
            }
        });
        let failure = match ready.await {
            Ok(address) => return Ok((server, address)),
            Err(failure) => failure,
        };
        let command = self.command.to_string();
        let last_words = server.last_words();
        let log = self.keep_log();
        Err(match failure {
            PollError::Failed(status) => StartError::Exited { command, status, log, last_words },
            PollError::TimedOut { elapsed: waited, status } => {
                StartError::NotReady { command, waited, status, log, last_words }
            }
        })
    }

    /// Moves the log out of the directory that is about to go; says where it is.
    fn keep_log(&self) -> String {
        let kept = tempfile::Builder::new()
            .prefix(&format!("dashproof-{}-", self.name))
            .suffix(".log")
            .tempfile_in(self.temporary)
            .and_then(|file| {
                fs::copy(&self.log, file.path())?;
                file.keep().map_err(|error| error.error)
            });
        match kept {
            Ok((_, path)) => path.display().to_string(),
            Err(error) => format!("lost: {error}"),
        }
    }
}

/// The address in the line that every server of the family logs once its port is open.
pub(super) fn listening(log: &str) -> Option<String> {
    let line = log.lines().find(|line| line.contains(r#"msg="Listening on""#))?;
    let (_, rest) = line.split_once("address=")?;
    Some(rest.split_whitespace().next()?.trim_matches('"').to_owned())
}
