//! Wiring that is lost on the way into containers, each found and named with its place.

use std::{fs, path::Path};

use libtest_mimic::{Failed, Trial};
use live::stack::{LiveStack, StackPlan};
use monitoring::Monitoring;
use stack::{backend::Stack, contained::Containers, prometheus_binary::PrometheusBinary};
use testkit::{
    contained::{environment_of, in_containers},
    lines::block_on,
};

use crate::{
    contained::{cache, root},
    stories::{bench, roads::copy},
};

/// A name, what is changed in a copy, and the words that must be said.
type Mistake = (&'static str, fn(&Path) -> std::io::Result<()>, &'static [&'static str]);

pub(crate) fn trials() -> Vec<Trial> {
    let mistakes: [Mistake; 6] = [
        (
            "a_wrong_service_name",
            |copy| {
                replace(copy, "prometheus/prometheus.yml", "alertmanager:9093", "alertmanagr:9094")
            },
            &["prometheus/prometheus.yml:", "prometheus finds no `alertmanagr`"],
        ),
        (
            "a_host_gateway_that_is_missing",
            |copy| {
                let hosts = "    extra_hosts: ['host.docker.internal:host-gateway']\n";
                replace(copy, "docker-compose.yml", hosts, "")
            },
            &["docker-compose.yml:", "prometheus has no name for this machine", "extra_hosts"],
        ),
        (
            "a_port_that_is_not_published",
            |copy| replace(copy, "docker-compose.yml", ":-9090}:9090", ":-9090}:9091"),
            &["docker-compose.yml:", "prometheus publishes no port 9090"],
        ),
        (
            "a_mount_that_is_missing",
            |copy| {
                let mount = "      - ./alertmanager:/etc/alertmanager:ro\n";
                replace(
                    copy,
                    "docker-compose.yml",
                    mount,
                    "      - ./routes:/etc/alertmanager:ro\n",
                )
            },
            &[
                "docker-compose.yml:",
                "routes is to be mounted at /etc/alertmanager and does not exist",
            ],
        ),
        (
            "a_container_that_is_unhealthy",
            |copy| {
                replace(copy, "docker-compose.yml", "9090/-/ready", "9090/-/reddy")?;
                replace(copy, "docker-compose.yml", "start_period: 60s", "start_period: 0s")?;
                replace(copy, "docker-compose.yml", "retries: 6", "retries: 1")
            },
            &["prometheus is unhealthy", "404", "the last lines of prometheus:"],
        ),
        (
            "a_configuration_that_prometheus_refuses",
            |copy| replace(copy, "prometheus/rules/recording.yml", "groups:", "groups: 1\nx:"),
            &["prometheus ended with exit code", "recording.yml"],
        ),
    ];
    let trial = |(name, edit, words): Mistake| {
        in_containers(&format!("lost_wiring::{name}"), move |binary| lost(binary, edit, words))
    };
    mistakes.into_iter().flat_map(trial).collect()
}

/// All occurrences, of which there must be one.
fn replace(directory: &Path, file: &str, from: &str, to: &str) -> std::io::Result<()> {
    let file = directory.join(file);
    let text = fs::read_to_string(&file)?;
    assert!(text.contains(from), "no `{from}` in {}", file.display());
    fs::write(file, text.replace(from, to))
}

fn lost(
    binary: &PrometheusBinary,
    edit: fn(&Path) -> std::io::Result<()>,
    words: &[&str],
) -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    copy(&root().join("monitoring"), directory.path())?;
    // Mistakes in what is read before anything is started stand in the folder, the others in the deployed copy.
    let compose = directory.path().join("docker-compose.yml");
    let before = fs::read_to_string(&compose)?;
    edit(directory.path())?;
    let in_compose = before != fs::read_to_string(&compose)?;
    let told = block_on(async {
        let environment = environment_of(binary, &cache()).await?;
        let site = match Containers::find(directory.path(), &environment, None).await {
            Ok(site) => site,
            Err(error) => return Ok(error.to_string()),
        };
        let shipped =
            if in_compose { directory.path().to_owned() } else { root().join("monitoring") };
        let monitoring = Monitoring::load(&shipped).expect("as shipped");
        let edit = |copy: &Path| if in_compose { Ok(()) } else { edit(copy) };
        let stack = Stack::Containers(site);
        let plan = StackPlan {
            monitoring: &monitoring,
            stack: &stack,
            ports: [0; 2],
            grafana: None,
            environment: &environment,
            targets: Vec::new(),
            cadence: None,
            edit: Some(&edit),
        };
        match LiveStack::start(plan).await {
            Ok(running) => {
                let lost = running.servers().lost().join("\n");
                running.stop().await;
                Ok(lost)
            }
            Err(error) => Ok::<_, String>(bench::chain(&error)),
        }
    })?;
    let missing: Vec<_> = words.iter().filter(|word| !told.contains(**word)).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("no {missing:?} in\n{told}").into()) }
}
