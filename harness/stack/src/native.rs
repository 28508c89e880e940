//! A Prometheus of this machine, in a directory of its own, on a free port of 127.0.0.1.
//!
//! Made for both roads. In backfill, samples arrive by remote write, oldest first, days apart, so the head
//! block is long enough that nothing is out of bounds, and nothing is ever too old to be kept.
//! The server and its files are gone once the value is dropped, and when this process dies.
//! It must not know what is written or asked.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use super::contained::Beside;
use super::environment::Environment;
pub use super::launch::StartError;
use super::launch::{Launch, listening};
use super::process::CommandLine;
use super::prometheus_binary::PrometheusBinary;
use super::run_directory::RunDirectory;
use super::server::Server;
use prom::version::Line;

/// Ten times the default: a day of many series in one range.
pub(crate) const MAX_SAMPLES: u64 = 500_000_000;

/// How to start a Prometheus. By default without a configuration, on any port.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The configuration file; an empty one if there is none. Its own directory is where its
    /// relative paths start.
    pub config: Option<PathBuf>,
    /// Samples that are at most this much older than the newest are accepted.
    pub span: Duration,
    /// Where it listens; any free port of 127.0.0.1 if there is none. A restart keeps it.
    pub listen: Option<SocketAddr>,
    /// How long an alert that fires is not sent again; a minute if there is none.
    pub resend_delay: Option<Duration>,
    /// Whether it can be told to read its files again (`/-/reload`), or to end, by whoever reaches its port.
    pub reloads: bool,
    /// Whether it is to scrape each target at the same instants as every other one that is started so. On this machine
    /// each does.
    pub steady: bool,
    /// What runs beside it in containers; servers of this machine are started one by one.
    pub beside: Option<Beside>,
}

/// A running Prometheus. Fields drop in order: the server ends before its directory goes.
#[derive(Debug)]
pub struct NativePrometheus {
    server: Option<Server>,
    directory: RunDirectory,
    binary: Box<PrometheusBinary>,
    command: CommandLine,
    temporary: PathBuf,
    url: String,
    starts: u32,
}

impl NativePrometheus {
    /// Starts `binary` and waits until it answers.
    ///
    /// # Errors
    /// If it cannot be started, ends at once (the configuration is wrong) or does not get ready.
    pub async fn start(
        binary: &PrometheusBinary,
        environment: &Environment,
        options: &Options,
    ) -> Result<Self, StartError> {
        let directory = RunDirectory::create(environment)?;
        let config = config_file(options, directory.path())?;
        let command = command_line(binary, &config, directory.path(), options);
        let temporary = environment.temporary.clone();
        let mut prometheus = Self {
            server: None,
            directory,
            binary: Box::new(binary.clone()),
            command,
            temporary,
            url: String::new(),
            starts: 0,
        };
        prometheus.launch().await?;
        Ok(prometheus)
    }

    /// Starts an empty one that takes samples as old as `span` before the newest, and scrapes and evaluates nothing.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn for_backfill(
        binary: &PrometheusBinary,
        environment: &Environment,
        span: Duration,
    ) -> Result<Self, StartError> {
        let options = Options { span, ..Options::default() };
        Self::start(binary, environment, &options).await
    }

    /// Its base URL, e.g. `http://127.0.0.1:40319`. A restart changes it, unless its address was chosen.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Which line of Prometheus it is.
    #[must_use]
    pub fn line(&self) -> Line {
        self.binary.version.line()
    }

    /// The command line that it was started with.
    #[must_use]
    pub fn command(&self) -> String {
        self.command.to_string()
    }

    /// The number of its process.
    ///
    /// # Panics
    /// After a restart that failed.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.server.as_ref().expect("it runs until it is dropped").pid()
    }

    /// The directory with its data and logs.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The last lines of its log, for the report of a question that it did not answer.
    #[must_use]
    pub fn last_words(&self) -> String {
        self.server.as_ref().map(Server::last_words).unwrap_or_default()
    }

    /// How it ended, with its last words, if it did so without being asked.
    pub fn end_of_its_own(&mut self) -> Option<String> {
        self.server.as_mut()?.end_of_its_own()
    }

    /// Makes it ready to answer fast what was just written, if that needs a restart ([`Self::restart`]).
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn restart_after_backfill(&mut self) -> Result<(), StartError> {
        match self.line() {
            // Right after a backfill, 3.x answers from its out-of-order buffers, ten times slower (measured).
            Line::V3 => self.restart().await,
            Line::V2 => Ok(()),
        }
    }

    /// Ends it and starts it again on the same data, on a new port unless one was chosen.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn restart(&mut self) -> Result<(), StartError> {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
        self.launch().await
    }

    /// As [`Self::restart`], with other options: one that was given its past goes on with a real configuration.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn restart_as(&mut self, options: &Options) -> Result<(), StartError> {
        let directory = self.directory.path();
        let config = config_file(options, directory)?;
        self.command = command_line(&self.binary, &config, directory, options);
        self.restart().await
    }

    /// Ends it and removes its directory.
    pub async fn stop(mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }

    /// Ends it and leaves its directory, with data and logs, to the user.
    pub async fn keep(mut self) -> PathBuf {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
        self.directory.keep()
    }

    async fn launch(&mut self) -> Result<(), StartError> {
        let log = self.directory.path().join(format!("prometheus-{}.log", self.starts));
        self.starts += 1;
        let launch = Launch {
            name: "prometheus",
            command: &self.command,
            directory: self.directory.path(),
            log,
            temporary: &self.temporary,
        };
        let (server, address) = launch.until_ready(readiness).await?;
        self.url = format!("http://{address}");
        self.server = Some(server);
        Ok(())
    }
}

/// The configuration file, as an absolute path: the server runs in another directory than we do.
fn config_file(options: &Options, directory: &Path) -> Result<PathBuf, StartError> {
    match &options.config {
        Some(config) => std::path::absolute(config)
            .map_err(|source| StartError::File { path: config.clone(), source }),
        None => {
            let path = directory.join("prometheus.yml");
            fs::write(&path, "")
                .map_err(|source| StartError::File { path: path.clone(), source })?;
            Ok(path)
        }
    }
}

/// The flags are those that 2.42 and 3.x share. Debian's builds differ from upstream in their
/// default paths, so every path is given.
fn command_line(
    binary: &PrometheusBinary,
    config: &Path,
    directory: &Path,
    options: &Options,
) -> CommandLine {
    let block = format!("{}h", block_hours(options.span));
    let listen = options.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)));
    let resend = options.resend_delay;
    let resend = resend.map(|delay| format!("--rules.alert.resend-delay={}ms", delay.as_millis()));
    let path = |flag: &str, path: &Path| format!("--{flag}={}", path.display());
    CommandLine::new(&binary.prometheus)
        .arg(path("config.file", config))
        .arg(path("storage.tsdb.path", &directory.join("data")))
        .arg("--storage.tsdb.retention.time=100y")
        .arg(format!("--storage.tsdb.min-block-duration={block}"))
        .arg(format!("--storage.tsdb.max-block-duration={block}"))
        .arg(format!("--web.listen-address={listen}"))
        .arg("--web.enable-remote-write-receiver")
        .args(options.reloads.then_some("--web.enable-lifecycle"))
        .args(resend)
        .arg(path("web.console.templates", &directory.join("consoles")))
        .arg(path("web.console.libraries", &directory.join("console_libraries")))
        .arg(format!("--query.max-samples={MAX_SAMPLES}"))
        .directory(directory)
}

/// The head accepts samples up to half a block older than its newest
/// (`Head.appendableMinValidTime` in Prometheus' `tsdb/head_append.go`), and is cut only once it
/// spans one and a half blocks. Never less than two days, the length that was measured.
pub(crate) fn block_hours(span: Duration) -> u64 {
    (2 * span.as_secs().div_ceil(3600) + 2).max(48)
}

/// The address on which it listens, once it is ready; until then, what is missing.
/// Both lines of Prometheus log these words, in different frames.
fn readiness(log: &str) -> Result<String, &'static str> {
    let address = listening(log).ok_or("not listening")?;
    if log.contains("Server is ready to receive web requests") {
        Ok(address)
    } else {
        Err("listening, but not ready")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_the_logs_of_both_lines() {
        let v2 = "ts=2026-01-01T00:00:00Z caller=web.go:503 level=info component=web \
                  msg=\"Start listening for connections\" address=127.0.0.1:0\n\
                  ts=2026-01-01T00:00:00Z caller=tls_config.go:232 level=info component=web \
                  msg=\"Listening on\" address=127.0.0.1:34423\n";
        let v3 = "time=2026-01-01T00:00:00Z level=INFO source=tls_config.go:379 \
                  msg=\"Listening on\" component=web address=127.0.0.1:34423\n";
        for log in [v2, v3] {
            assert_eq!(readiness(log), Err("listening, but not ready"));
            let ready = format!("{log}msg=\"Server is ready to receive web requests.\"\n");
            assert_eq!(readiness(&ready), Ok("127.0.0.1:34423".into()));
        }
        assert_eq!(readiness(""), Err("not listening"));
    }

    #[test]
    fn a_block_is_twice_the_span_and_at_least_two_days() {
        let hours = |hours: u64| block_hours(Duration::from_secs(hours * 3600));
        assert_eq!([hours(1), hours(23), hours(24), hours(72)], [48, 48, 50, 146]);
    }
}
