//! A VictoriaMetrics of this machine, in a directory of its own, on a free port of 127.0.0.1.
//!
//! For tests of databases that are not Prometheus: no command starts one. It is found or fetched like Prometheus, and
//! keeps samples of any age. It must not know what is written or asked.

use std::path::PathBuf;

use super::{
    binary::Product, environment::Environment, launch::Launch, port, process::CommandLine,
    run_directory::RunDirectory, server::Server,
};
pub use super::{
    binary::{ProvisionError, Wanted},
    launch::StartError,
};

static VICTORIA_METRICS: Product = Product {
    name: "VictoriaMetrics",
    programs: &["victoria-metrics", "victoria-metrics-prod"],
    companion: None,
    packages: &[("victoria-metrics", "victoria-metrics")],
    compiled_in: None,
    oldest: None,
    remedies: &[
        "put `victoria-metrics` on PATH, or name the program: DASHPROOF_VICTORIA_METRICS",
        "or, on Debian or Ubuntu with a network, let Dashproof fetch the distribution's package \
         into its cache (DASHPROOF_CACHE, else ~/.cache/dashproof); no root is needed",
    ],
};

/// Finds or fetches the program. A fetch needs the network and some seconds.
///
/// # Errors
/// If there is none: every attempt and its remedy.
pub async fn provide(
    wanted: &Wanted,
    environment: &Environment,
) -> Result<PathBuf, ProvisionError> {
    let found =
        VICTORIA_METRICS.provide(wanted, environment.victoria_metrics.as_ref(), environment);
    Ok(found.await?.program)
}

/// A running VictoriaMetrics. Fields drop in order: the server ends before its directory goes.
#[derive(Debug)]
pub struct VictoriaMetrics {
    server: Server,
    directory: RunDirectory,
    url: String,
}

impl VictoriaMetrics {
    /// Starts `program`, which keeps samples for `retention` (such as `100y`), and waits until it listens.
    ///
    /// # Errors
    /// If it cannot be started, or ends at once.
    pub async fn start(
        program: &PathBuf,
        environment: &Environment,
        retention: &str,
    ) -> Result<Self, StartError> {
        let directory = RunDirectory::create(environment)?;
        let command = CommandLine::new(program)
            .arg(format!("-storageDataPath={}", directory.path().join("data").display()))
            .arg(format!("-retentionPeriod={retention}"))
            .arg("-httpListenAddr=127.0.0.1:0")
            .directory(directory.path());
        let launch = Launch {
            name: "victoria-metrics",
            command: &command,
            directory: directory.path(),
            log: directory.path().join("victoria-metrics.log"),
            temporary: &environment.temporary,
        };
        let (server, address) = launch.until_ready_as(readiness).await?;
        Ok(Self { server, directory, url: format!("http://{address}") })
    }

    /// Its base URL, e.g. `http://127.0.0.1:40319`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The number of its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// Ends it and removes its directory.
    pub async fn stop(self) {
        self.server.stop().await;
        drop(self.directory);
    }
}

/// The address on which it listens. Its log says only that it starts to, on port 0: the kernel knows which one that is.
fn readiness(log: &str, pid: u32) -> Result<String, &'static str> {
    if !log.contains("starting http server at") {
        return Err("not listening");
    }
    let port = port::of_process(pid).into_iter().next().ok_or("not listening yet")?;
    Ok(format!("127.0.0.1:{port}"))
}
