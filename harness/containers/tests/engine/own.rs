//! The repository's own `monitoring/docker-compose.yml`: what people start is what boots here.
//!
//! Grafana is left out, because its image cannot be made of this machine's programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use containers::wiring::Peer;
use containers::{Compose, HostPorts, Network, Plan};
use libtest_mimic::Failed;

use crate::Body;
use crate::site::{Host, get_json};
use crate::world::{block_on, engine, ensure, images, until};

pub(crate) const TRIALS: &[(&str, Body)] =
    &[("the_repositorys_own_file_boots_scrapes_the_modules_and_delivers_watchdog", own)];

/// The folder with the compose file.
fn monitoring() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../monitoring")
}

/// Ports at which the configuration of people finds the modules and the receiver of notifications.
const PORTS: [u16; 4] = [8000, 8001, 8002, 5001];
/// The services that have a test image.
const SERVICES: [&str; 2] = ["alertmanager", "prometheus"];
const MODULES: [&str; 3] = ["llm-provider", "prompt-manager", "prompt-security"];

fn own() -> Result<(), Failed> {
    block_on(async {
        let engine = engine().await?;
        let monitoring = fs::canonicalize(monitoring())?;
        let variables = images(&engine).await?.variables();
        let compose = Compose::load(&monitoring.join("docker-compose.yml"), &variables)
            .map_err(|problems| containers::problem::lines(&problems))?;
        let ignored: Vec<_> = compose.ignored.iter().map(|ignored| ignored.key.as_str()).collect();
        let restarts = ["alertmanager.restart", "grafana.restart", "prometheus.restart"];
        let known = ignored.iter().all(|key| restarts.contains(key));
        ensure(known, format!("left out without need: {ignored:?}"))?;

        let network = Network::create(&engine).await?;
        let host = Host::listen(network.listen_address()).await?;
        let copy = tempfile::tempdir()?;
        copy_with_port(&monitoring, copy.path(), host.address.port())?;
        let plan = Plan::new(&compose)
            .only(SERVICES)
            .replace_sources(&monitoring, copy.path(), "other ports")
            .host_ports(HostPorts::Free)
            .health_interval(Duration::from_millis(300));
        let running = network.boot(&plan).await?;
        let prometheus = running.address("prometheus", 9090).await?;
        until("three modules that are up", async || {
            let up = get_json(&format!("http://{prometheus}/api/v1/query?query=up==1")).await?;
            let result = up["data"]["result"].as_array().cloned().unwrap_or_default();
            let jobs: Vec<_> =
                result.iter().filter_map(|one| one["metric"]["job"].as_str()).collect();
            ensure(MODULES.iter().all(|module| jobs.contains(module)), up.to_string())
        })
        .await?;
        until("Watchdog", async || {
            let alerts = host.alerts();
            ensure(alerts.iter().any(|name| name == "Watchdog"), format!("{alerts:?}"))
        })
        .await?;
        let peer = |from: &str, url: String| Peer { from: from.into(), url, named_in: from.into() };
        let of_host = format!("http://host.docker.internal:{}/metrics", host.address.port());
        let peers = [
            peer("prometheus", "http://alertmanager:9093/-/ready".into()),
            peer("alertmanager", of_host),
        ];
        let lost = running.check_wiring(&peers).await?;
        ensure(lost.is_empty(), format!("{lost:?}"))?;
        Ok(running.remove().await?)
    })
}

/// Copies the folders that the services mount, with one port in place of those of the modules and the receiver.
fn copy_with_port(from: &Path, to: &Path, port: u16) -> Result<(), Failed> {
    for entry in fs::read_dir(from)? {
        let (path, to) =
            (entry.as_ref().map_err(ToString::to_string)?.path(), to.join(entry?.file_name()));
        if path.is_dir() {
            fs::create_dir(&to)?;
            copy_with_port(&path, &to, port)?;
            continue;
        }
        let mut text = fs::read_to_string(&path)?;
        for old in PORTS {
            let host = |port: u16| format!("host.docker.internal:{port}");
            text = text.replace(&host(old), &host(port));
        }
        fs::write(to, text)?;
    }
    Ok(())
}
