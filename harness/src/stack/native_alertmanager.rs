//! An Alertmanager of this machine, in a directory of its own, on a free port of 127.0.0.1.
//!
//! It is alone: clustering is off, so that nothing waits for peers and no second port is open.
//! The server and its files are gone once the value is dropped, and when this process dies.
//! It must not know which alerts it is sent.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::alertmanager_binary::AlertmanagerBinary;
use super::environment::Environment;
pub use super::launch::StartError;
use super::launch::{Launch, listening};
use super::process::CommandLine;
use super::run_directory::{RunDirectory, RunDirectoryError};
use super::server::Server;

/// A running Alertmanager. Fields drop in order: the server ends before its directory goes.
#[derive(Debug)]
pub struct NativeAlertmanager {
    server: Server,
    directory: RunDirectory,
    command: CommandLine,
    url: String,
}

impl NativeAlertmanager {
    /// Starts `binary` with a configuration file, whose own directory is where its relative paths
    /// start, and waits until it listens.
    ///
    /// # Errors
    /// If it cannot be started, ends at once (the configuration is wrong) or does not listen.
    pub async fn start(
        binary: &AlertmanagerBinary,
        environment: &Environment,
        config: &Path,
    ) -> Result<Self, StartError> {
        let directory = RunDirectory::create(environment)?;
        if let Some((below, target)) = binary.needs() {
            link(&directory.path().join(below), &target)?;
        }
        // The server runs in another directory than we do.
        let config = std::path::absolute(config)
            .map_err(|source| StartError::File { path: config.to_owned(), source })?;
        let command = command_line(binary, &config, directory.path());
        let launch = Launch {
            name: "alertmanager",
            command: &command,
            directory: directory.path(),
            log: directory.path().join("alertmanager.log"),
            temporary: &environment.temporary,
        };
        let (server, address) = launch.until_ready(readiness).await?;
        Ok(Self { server, directory, command, url: format!("http://{address}") })
    }

    /// Its base URL, e.g. `http://127.0.0.1:40319`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The command line that it was started with.
    #[must_use]
    pub fn command(&self) -> String {
        self.command.to_string()
    }

    /// The number of its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// The directory with its data and log.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The last lines of its log.
    #[must_use]
    pub fn last_words(&self) -> String {
        self.server.last_words()
    }

    /// What it has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.server.log()
    }

    /// Ends it and removes its directory.
    pub async fn stop(self) {
        self.server.stop().await;
    }

    /// Ends it and leaves its directory, with data and log, to the user.
    pub async fn keep(self) -> PathBuf {
        self.server.stop().await;
        self.directory.keep()
    }
}

/// A symbolic link, with the directories above it.
fn link(path: &Path, target: &Path) -> Result<(), RunDirectoryError> {
    let made =
        path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| symlink(target, path));
    made.map_err(|source| RunDirectoryError { path: path.to_owned(), source })
}

/// The flags are those that 0.25 and later share. Debian's builds differ from upstream in their
/// default paths, so every path is given.
fn command_line(binary: &AlertmanagerBinary, config: &Path, directory: &Path) -> CommandLine {
    CommandLine::new(&binary.alertmanager)
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.path={}", directory.join("data").display()))
        .arg("--web.listen-address=127.0.0.1:0")
        .arg("--cluster.listen-address=")
        .directory(directory)
}

/// The address on which it listens. It is ready then: its configuration is read and its handlers are
/// in place before the port is opened (`run` in Alertmanager's cmd/alertmanager/main.go), and
/// without a cluster there is nothing to settle.
fn readiness(log: &str) -> Result<String, &'static str> {
    listening(log).ok_or("not listening")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_the_logs_of_both_lines() {
        let old = "ts=2026-01-01T00:00:00.000Z caller=tls_config.go:232 level=info \
                   msg=\"Listening on\" address=127.0.0.1:34423\n";
        let new = "time=2026-01-01T00:00:00.000Z level=INFO source=tls_config.go:354 \
                   msg=\"Listening on\" address=127.0.0.1:34423\n";
        for log in [old, new] {
            assert_eq!(readiness(log), Ok("127.0.0.1:34423".into()));
        }
        assert_eq!(readiness("msg=\"Loading configuration file\"\n"), Err("not listening"));
    }
}
