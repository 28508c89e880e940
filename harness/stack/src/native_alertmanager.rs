//! An Alertmanager of this machine, in a directory of its own, on a free port of 127.0.0.1.
//!
//! It is alone: clustering is off, so that nothing waits for peers and no second port is open.
//! The server and its files are gone once the value is dropped, and when this process dies.
//! It must not know which alerts it is sent.

use std::fs;
use std::net::SocketAddr;
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
    /// None while it is down.
    server: Option<Server>,
    directory: RunDirectory,
    command: CommandLine,
    temporary: PathBuf,
    url: String,
    starts: u32,
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
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::start_at(binary, environment, config, any_port).await
    }

    /// As [`Self::start`], on an address that was chosen.
    ///
    /// # Errors
    /// Likewise, and if the address is in use.
    pub async fn start_at(
        binary: &AlertmanagerBinary,
        environment: &Environment,
        config: &Path,
        listen: SocketAddr,
    ) -> Result<Self, StartError> {
        let directory = RunDirectory::create(environment)?;
        if let Some((below, target)) = binary.needs() {
            link(&directory.path().join(below), &target)?;
        }
        // The server runs in another directory than we do.
        let config = std::path::absolute(config)
            .map_err(|source| StartError::File { path: config.to_owned(), source })?;
        let command = command_line(binary, &config, directory.path(), listen);
        let temporary = environment.temporary.clone();
        let mut alertmanager =
            Self { server: None, directory, command, temporary, url: String::new(), starts: 0 };
        alertmanager.resume().await?;
        Ok(alertmanager)
    }

    /// Starts it again on the same data after [`Self::halt`]; on the same port if one was chosen. One that runs is left
    /// alone.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn resume(&mut self) -> Result<(), StartError> {
        if self.server.is_some() {
            return Ok(());
        }
        let log = match self.starts {
            0 => "alertmanager.log".to_owned(),
            n => format!("alertmanager-{n}.log"),
        };
        self.starts += 1;
        let launch = Launch {
            name: "alertmanager",
            command: &self.command,
            directory: self.directory.path(),
            log: self.directory.path().join(log),
            temporary: &self.temporary,
        };
        let (server, address) = launch.until_ready(readiness).await?;
        self.url = format!("http://{address}");
        self.server = Some(server);
        Ok(())
    }

    /// Ends it and keeps its data for [`Self::resume`].
    pub async fn halt(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }

    /// How it ended, with its last words, if it did so without being asked.
    pub fn end_of_its_own(&mut self) -> Option<String> {
        self.server.as_mut()?.end_of_its_own()
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
    ///
    /// # Panics
    /// While it is halted.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.server.as_ref().expect("it runs until it is halted").pid()
    }

    /// The number of its process; none while it is halted.
    #[must_use]
    pub fn running(&self) -> Option<u32> {
        self.server.as_ref().map(Server::pid)
    }

    /// The directory with its data and log.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What it has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.server.as_ref().map(Server::log).unwrap_or_default()
    }

    /// Ends it and removes its directory.
    pub async fn stop(mut self) {
        self.halt().await;
    }

    /// Ends it and leaves its directory, with data and log, to the user.
    pub async fn keep(mut self) -> PathBuf {
        self.halt().await;
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
fn command_line(
    binary: &AlertmanagerBinary,
    config: &Path,
    directory: &Path,
    listen: SocketAddr,
) -> CommandLine {
    CommandLine::new(&binary.alertmanager)
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.path={}", directory.join("data").display()))
        .arg(format!("--web.listen-address={listen}"))
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
