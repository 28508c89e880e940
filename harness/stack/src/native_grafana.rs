//! A Grafana of this machine, in a directory of its own, on a free port of 127.0.0.1.
//!
//! Nothing of it leaves the machine: no analytics, no update checks, no gravatar, no plugin catalogue, no external
//! snapshots. Its database is new each time, and its password known to nobody else.
//! It must not know what its dashboards show.

mod find;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use monitoring::files;
use prom::problem::{Code, Problem};

use super::client::endpoint::{Credentials, Endpoint, Secret};
use super::deploy::grafana::{datasources_at, providers_at};
use super::environment::Environment;
use super::launch::Launch;
pub use super::launch::StartError;
use super::process::CommandLine;
use super::run_directory::{RunDirectory, RunDirectoryError};
use super::server::Server;
pub use find::{GrafanaBinary, NotFound};

/// The user of a database that is new.
const USER: &str = "admin";

/// A running Grafana. Fields drop in order: the server ends before its directory goes.
#[derive(Debug)]
pub struct NativeGrafana {
    server: Server,
    directory: RunDirectory,
    monitoring: PathBuf,
    command: CommandLine,
    endpoint: Endpoint,
}

/// A Grafana that did not start.
#[derive(Debug, thiserror::Error)]
pub enum GrafanaError {
    /// It did not get ready.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A provisioning file cannot be used.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Files(Vec<Problem>),
}

impl From<RunDirectoryError> for GrafanaError {
    fn from(error: RunDirectoryError) -> GrafanaError {
        GrafanaError::Start(error.into())
    }
}

impl NativeGrafana {
    /// Starts `binary` with the provisioning and dashboards of a monitoring directory, its data source at
    /// `prometheus` (a base URL), and waits until it listens. What loads in the background may come later.
    ///
    /// # Errors
    /// If a file cannot be used, or it does not get ready: Grafana's own last words.
    pub async fn start(
        binary: &GrafanaBinary,
        environment: &Environment,
        monitoring: &Path,
        prometheus: &str,
    ) -> Result<Self, GrafanaError> {
        let directory = RunDirectory::create(environment)?;
        let monitoring = std::path::absolute(monitoring)
            .map_err(|source| StartError::File { path: monitoring.to_owned(), source })?;
        let password = password()
            .map_err(|source| StartError::File { path: "/dev/urandom".into(), source })?;
        write(&directory.path().join("password"), &password)?;
        provision(directory.path(), &monitoring, prometheus)?;
        let command = command_line(binary, directory.path());
        let launch = Launch {
            name: "grafana",
            command: &command,
            directory: directory.path(),
            log: directory.path().join("grafana.log"),
            temporary: &environment.temporary,
        };
        let (server, address) = launch.until_ready(readiness).await?;
        let mut endpoint = Endpoint::new(&format!("http://{address}"));
        let password = Secret::new(password).expect("it is made of letters and digits");
        endpoint.credentials = Credentials::Basic { user: USER.to_owned(), password };
        Ok(Self { server, directory, monitoring, command, endpoint })
    }

    /// Where it is reached, and as whom.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Writes the data source file anew, with another Prometheus; Grafana reads it when it is told to.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn point_at(&self, prometheus: &str) -> Result<(), GrafanaError> {
        provision(self.directory.path(), &self.monitoring, prometheus)
    }

    /// The command line that it was started with.
    #[must_use]
    pub fn command(&self) -> String {
        self.command.to_string()
    }

    /// What it has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.server.log()
    }

    /// How it ended, with its last words, if it did so without being asked.
    pub fn end_of_its_own(&mut self) -> Option<String> {
        self.server.end_of_its_own()
    }

    /// Ends it and removes its directory.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

/// A password of 128 random bits.
fn password() -> io::Result<String> {
    use std::io::Read;
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn write(path: &Path, text: &str) -> Result<(), StartError> {
    let made =
        path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text));
    made.map_err(|source| StartError::File { path: path.to_owned(), source })
}

/// The provisioning below a run directory.
fn provision(directory: &Path, monitoring: &Path, prometheus: &str) -> Result<(), GrafanaError> {
    let shipped = monitoring.join("grafana/provisioning");
    let dashboards = monitoring.join("grafana/dashboards");
    let read = |file: &Path| {
        let unread = |error| {
            vec![Problem::new(Code::UnreadableFile, file, None, format!("cannot be read: {error}"))]
        };
        fs::read_to_string(file).map_err(|error| GrafanaError::Files(unread(error)))
    };
    for (kind, name) in [("datasources", true), ("dashboards", false)] {
        for file in files::expand(&shipped.join(kind), "*.y*ml") {
            let text = read(&file)?;
            let copy = if name {
                datasources_at(&file, &text, prometheus)
            } else {
                providers_at(&file, &text, &dashboards)
            };
            let place = directory.join("provisioning").join(kind);
            let name = file.file_name().unwrap_or_default();
            write(&place.join(name), &copy.map_err(GrafanaError::Files)?)?;
        }
    }
    Ok(())
}

/// Settings are given as `cfg:`, which is stronger than variables of whoever runs this.
fn command_line(binary: &GrafanaBinary, directory: &Path) -> CommandLine {
    let path = |name: &str| directory.join(name).display().to_string();
    let settings = [
        ("paths.data", path("data")),
        ("paths.logs", path("logs")),
        ("paths.plugins", path("plugins")),
        ("paths.provisioning", path("provisioning")),
        ("server.protocol", "http".to_owned()),
        ("server.http_addr", "127.0.0.1".to_owned()),
        ("server.http_port", "0".to_owned()),
        ("server.serve_from_sub_path", "false".to_owned()),
        ("security.admin_user", USER.to_owned()),
        // The password itself would be seen by everybody who lists processes.
        ("security.admin_password", format!("$__file{{{}}}", path("password"))),
        ("security.disable_gravatar", "true".to_owned()),
        ("analytics.reporting_enabled", "false".to_owned()),
        ("analytics.check_for_updates", "false".to_owned()),
        ("analytics.check_for_plugin_updates", "false".to_owned()),
        ("analytics.feedback_links_enabled", "false".to_owned()),
        ("plugins.plugin_admin_enabled", "false".to_owned()),
        ("plugins.public_key_retrieval_disabled", "true".to_owned()),
        ("snapshots.external_enabled", "false".to_owned()),
        ("news.news_feed_enabled", "false".to_owned()),
        ("auth.anonymous.enabled", "false".to_owned()),
        ("users.allow_sign_up", "false".to_owned()),
        ("log.mode", "console".to_owned()),
        ("log.level", "info".to_owned()),
    ];
    binary
        .command()
        .args(settings.map(|(name, value)| format!("cfg:{name}={value}")))
        .directory(directory)
}

/// The address on which it listens; its database is migrated before that.
fn readiness(log: &str) -> Result<String, &'static str> {
    let line = log.lines().find(|line| line.contains(r#"msg="HTTP Server Listen""#));
    let (_, rest) = line.and_then(|line| line.split_once("address=")).ok_or("not listening")?;
    let address = rest.split_whitespace().next().ok_or("not listening")?;
    Ok(address.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests;
