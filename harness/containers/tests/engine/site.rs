//! The place of one stack: a copy of the compose file with a configuration, and a service of this machine that is
//! scraped and receives notifications.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use containers::{Compose, Engine, Network, Plan, Running};
use libtest_mimic::Failed;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::world;

const COMPOSE: &str = include_str!("fixture/docker-compose.yml");

/// Files of a stack.
pub(crate) struct Site {
    directory: TempDir,
}

impl Site {
    /// The compose file with a configuration that scrapes and notifies `host`.
    pub(crate) fn new(host: SocketAddr) -> Result<Self, Failed> {
        let site = Self { directory: tempfile::tempdir()? };
        let port = host.port();
        site.write("docker-compose.yml", COMPOSE)?;
        site.write(
            "prometheus/prometheus.yml",
            &format!(
                "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\n\
                 rule_files: [rules.yml]\n\
                 alerting: {{alertmanagers: [{{static_configs: [{{targets: ['alertmanager:9093']}}]}}]}}\n\
                 scrape_configs:\n\
                 - job_name: host\n  static_configs: [{{targets: ['host.docker.internal:{port}']}}]\n"
            ),
        )?;
        site.write(
            "prometheus/rules.yml",
            "groups: [{name: g, rules: [{alert: HostSaysSo, expr: host_says == 42}]}]\n",
        )?;
        site.write(
            "alertmanager/alertmanager.yml",
            &format!(
                "route: {{receiver: host, group_wait: 0s}}\n\
                 receivers:\n\
                 - name: host\n  webhook_configs: [{{url: 'http://host.docker.internal:{port}/'}}]\n"
            ),
        )?;
        Ok(site)
    }

    /// A stack that scrapes nobody.
    pub(crate) fn alone() -> Result<Self, Failed> {
        Self::new(SocketAddr::from(([127, 0, 0, 1], 9)))
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn compose_file(&self) -> PathBuf {
        self.path().join("docker-compose.yml")
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), Failed> {
        let file = self.path().join(name);
        fs::create_dir_all(file.parent().ok_or("a file has a directory")?)?;
        Ok(fs::write(file, text)?)
    }

    /// Changes the compose file in one place.
    pub(crate) fn edit(&self, from: &str, to: &str) -> Result<(), Failed> {
        let text = fs::read_to_string(self.compose_file())?;
        world::ensure(text.contains(from), format!("no `{from}` in the compose file"))?;
        self.write("docker-compose.yml", &text.replace(from, to))
    }

    /// The compose file with the images of the tests, and quick health checks.
    pub(crate) async fn plan(&self, engine: &Engine) -> Result<Plan, Failed> {
        let variables = world::images(engine).await?.variables();
        let compose = Compose::load(&self.compose_file(), &variables)
            .map_err(|problems| containers::problem::lines(&problems))?;
        Ok(Plan::new(&compose).health_interval(Duration::from_millis(300)))
    }

    /// Boots everything as the file says.
    pub(crate) async fn boot(&self, engine: &Engine) -> Result<Running, Failed> {
        let plan = self.plan(engine).await?;
        Ok(Network::create(engine).await?.boot(&plan).await?)
    }
}

/// A service of this machine: `/metrics` says 42, `/` keeps what it receives.
pub(crate) struct Host {
    pub(crate) address: SocketAddr,
    received: Arc<Mutex<Vec<Value>>>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Host {
    pub(crate) async fn listen(address: IpAddr) -> Result<Self, Failed> {
        let listener = TcpListener::bind((address, 0)).await?;
        let address = listener.local_addr()?;
        let received = Arc::new(Mutex::new(Vec::new()));
        let keep = |State(received): State<Arc<Mutex<Vec<Value>>>>, body: axum::Json<Value>| async move {
            received.lock().expect("no handler panics").push(body.0);
        };
        let router = Router::new()
            .route("/metrics", get(|| async { "host_says 42\n" }))
            .route("/", post(keep))
            .with_state(Arc::clone(&received));
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, received, server })
    }

    /// The names of alerts in all notifications so far.
    pub(crate) fn alerts(&self) -> Vec<String> {
        let received = self.received.lock().expect("no handler panics");
        let alerts = received.iter().filter_map(|body| body["alerts"].as_array()).flatten();
        let name = |alert: &Value| Some(alert["labels"]["alertname"].as_str()?.to_owned());
        alerts.filter_map(name).collect()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// The text at a URL of this machine, whatever its status.
pub(crate) async fn get_text(url: &str) -> Result<String, String> {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build();
    let client = client.map_err(|error| error.to_string())?;
    let answer = client.get(url).send().await.map_err(|error| format!("{error:?}"))?;
    answer.text().await.map_err(|error| error.to_string())
}

/// The JSON at a URL of this machine.
pub(crate) async fn get_json(url: &str) -> Result<Value, String> {
    let text = get_text(url).await?;
    serde_json::from_str(&text).map_err(|_| format!("{url} says {text}"))
}
