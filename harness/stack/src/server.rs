//! One server process: its log, its watchdog, its end.
//!
//! Used by whatever runs a server in a run directory. The process is ended and waited for in every
//! case: politely by `stop`, at once by a drop (also one by a panic), by the watchdog if
//! we are killed. It must not know which server it is.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::process::{CommandLine, ProcessError, last_lines};
use super::watchdog::Watchdog;
use crate::poll::{self, Pending};

/// How long a server may take to end itself.
const STOP_CEILING: Duration = Duration::from_secs(15);
const STOP_INTERVAL: Duration = Duration::from_millis(5);
/// How much of the log an error shows, in lines.
const SHOWN_LINES: usize = 15;

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    log: PathBuf,
    // Dropped last: it watches until the child is waited for.
    _watchdog: Watchdog,
}

/// A server that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The log could not be written.
    #[error("cannot write the log {path}")]
    Log {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The process, or the shell that watches over it, could not be started.
    #[error(transparent)]
    Process(ProcessError),
}

impl Server {
    /// Starts `command`, which must name a path in `directory`, with both outputs to `log`.
    pub(super) fn start(
        command: &CommandLine,
        directory: &Path,
        log: PathBuf,
    ) -> Result<Self, ServerError> {
        let unwritable = |source| ServerError::Log { path: log.clone(), source };
        let file = File::create(&log).map_err(unwritable)?;
        let both = file.try_clone().map_err(unwritable)?;
        let child = command.spawn(Stdio::null(), file.into(), both.into());
        let mut child = child.map_err(ServerError::Process)?;
        match Watchdog::start(child.id(), directory) {
            Ok(watchdog) => Ok(Self { child, log, _watchdog: watchdog }),
            Err(error) => {
                end(&mut child);
                Err(ServerError::Process(error))
            }
        }
    }

    /// The process' number.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has logged so far; bytes that are not UTF-8 are replaced.
    pub(super) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// The last lines of the log, for an error text.
    pub(super) fn last_words(&self) -> String {
        last_lines(&self.log(), SHOWN_LINES)
    }

    /// How it ended and its last words, if it has ended.
    pub(super) fn end_of_its_own(&mut self) -> Option<String> {
        let status = self.exited()?;
        Some(format!("ended with {status}; its log ends with:\n{}", self.last_words()))
    }

    /// Its exit status, if it has ended.
    pub(super) fn exited(&mut self) -> Option<ExitStatus> {
        // Waiting for a child of ours fails only if it was waited for already.
        self.child.try_wait().ok().flatten()
    }

    /// Asks it to end, waits, and kills it if it does not.
    pub(super) async fn stop(mut self) {
        if self.exited().is_none() {
            // Not waited for yet, so the number is still its own.
            let _ = kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGTERM);
        }
        let ended = poll::until(STOP_CEILING, STOP_INTERVAL, || {
            let ended = self.exited();
            async move { ended.ok_or_else(|| Pending::<()>::NotYet { status: "still running".into() }) }
        });
        // Killed by the drop, if the wait was in vain.
        let _ = ended.await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Kills and waits; a process that has ended and was waited for is left alone.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
