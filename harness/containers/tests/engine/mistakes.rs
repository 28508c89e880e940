//! Each mistake in a file, and each refusal of an engine, with the words that name it.

use std::net::TcpListener;

use containers::wiring::Peer;
use containers::{Cause, Compose, Network, Plan, Running, StartError};
use libtest_mimic::Failed;

use crate::Body;
use crate::site::Site;
use crate::world::{block_on, engine, ensure};

pub(crate) const TRIALS: &[(&str, Body)] = &[
    ("a_missing_mount_is_named_with_its_line", missing_mount),
    ("a_directory_on_a_file_is_named_as_a_mount", directory_on_file),
    ("a_wrong_service_name_is_named_with_the_right_ones", wrong_name),
    ("an_unpublished_port_is_named_with_its_service", unpublished),
    ("a_published_port_without_a_listener_is_named", nobody_behind),
    ("a_host_gateway_that_does_not_resolve_is_named", no_gateway),
    ("a_host_on_which_nobody_listens_is_named_with_the_address_to_use", deaf_host),
    ("an_unhealthy_service_is_named_with_its_last_check", unhealthy),
    ("a_service_that_ends_is_named_with_the_logs_of_all", ended),
    ("a_dependency_without_a_health_check_is_named", no_health_check),
    ("a_missing_image_is_named_and_not_pulled", missing_image),
    ("a_taken_port_is_named_with_its_container", taken_port),
    ("a_port_taken_by_another_process_is_named", taken_by_process),
];

/// The error of a boot that must fail; its stack must be gone.
async fn failure(site: &Site, change: impl FnOnce(Plan) -> Plan) -> Result<StartError, Failed> {
    let engine = engine().await?;
    let plan = change(site.plan(&engine).await?);
    match Network::create(&engine).await?.boot(&plan).await {
        Ok(_) => Err("the stack started".into()),
        Err(error) => Ok(error),
    }
}

fn says(text: &str, words: &[&str]) -> Result<(), Failed> {
    let missing: Vec<_> = words.iter().filter(|word| !text.contains(**word)).collect();
    Ok(ensure(missing.is_empty(), format!("{missing:?} not in:\n{text}"))?)
}

/// What is lost of the wires to these URLs.
async fn lost(running: &Running, from: &str, url: &str) -> Result<String, Failed> {
    let (from, url) = (from.to_owned(), url.to_owned());
    let peer = Peer { from, url, named_in: "prometheus.yml:3".into() };
    let lost = running.check_wiring(&[peer]).await?;
    Ok(lost.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

fn missing_mount() -> Result<(), Failed> {
    block_on(async {
        let site = Site::alone()?;
        site.edit("./prometheus:", "./promtheus:")?;
        let error = failure(&site, |plan| plan).await?;
        ensure(matches!(error.cause, Cause::Plan(_)), format!("{error:?}"))?;
        let words = [
            "docker-compose.yml:11: prometheus: ",
            "/promtheus is to be mounted",
            "does not exist",
        ];
        says(&error.to_string(), &words)
    })
}

fn directory_on_file() -> Result<(), Failed> {
    block_on(async {
        let site = Site::alone()?;
        site.edit("./prometheus:/etc/prometheus:ro", "./prometheus:/etc/passwd:ro")?;
        let error = failure(&site, |plan| plan).await?;
        ensure(matches!(error.cause, Cause::Mount { .. }), format!("{error:?}"))?;
        says(&error.to_string(), &["prometheus: a mount is refused", "a file goes on a file"])
    })
}

fn wrong_name() -> Result<(), Failed> {
    block_on(async {
        let site = Site::alone()?;
        let running = site.boot(&engine().await?).await?;
        let right = lost(&running, "prometheus", "http://alertmanager:9093/-/ready").await?;
        ensure(right.is_empty(), right)?;
        let wrong = lost(&running, "prometheus", "http://alertmanagr:9093/-/ready").await?;
        let words = [
            "prometheus.yml:3: prometheus finds no `alertmanagr`",
            "in its network are alertmanager, prometheus",
        ];
        says(&wrong, &words)?;
        Ok(running.remove().await?)
    })
}

fn unpublished() -> Result<(), Failed> {
    block_on(async {
        let site = Site::alone()?;
        site.edit("    ports:\n      - 127.0.0.1:${PROMETHEUS_PORT:-9090}:9090\n", "")?;
        let running = site.boot(&engine().await?).await?;
        let error = running.address("prometheus", 9090).await.err().ok_or("it has no address")?;
        let words = ["docker-compose.yml:3: prometheus publishes no port 9090, only none"];
        says(&error.to_string(), &words)?;
        let error = running.address("alertmanager", 9094).await.err().ok_or("it has no address")?;
        says(&error.to_string(), &["alertmanager publishes no port 9094, only 9093"])?;
        Ok(running.remove().await?)
    })
}

fn nobody_behind() -> Result<(), Failed> {
    block_on(async {
        let site = Site::alone()?;
        site.edit("127.0.0.1:${PROMETHEUS_PORT:-9090}:9090", "127.0.0.1::9099")?;
        let running = site.boot(&engine().await?).await?;
        let lost = running.check_wiring(&[]).await?;
        let lost = lost.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        let words =
            ["docker-compose.yml:14: port 9099 of prometheus is published and nobody listens"];
        says(&lost, &words)?;
        Ok(running.remove().await?)
    })
}

fn no_gateway() -> Result<(), Failed> {
    block_on(async {
        let site = Site::alone()?;
        site.edit("    extra_hosts: ['host.docker.internal:host-gateway']\n", "")?;
        let running = site.boot(&engine().await?).await?;
        let lost = lost(&running, "prometheus", "http://host.docker.internal:8000/metrics").await?;
        let words = [
            "prometheus.yml:3: prometheus finds no `host.docker.internal`",
            "in its hosts file nothing",
        ];
        says(&lost, &words)?;
        Ok(running.remove().await?)
    })
}

fn deaf_host() -> Result<(), Failed> {
    block_on(async {
        let site = Site::alone()?;
        let running = site.boot(&engine().await?).await?;
        // It is bound on loopback alone, as a service is that knows nothing of containers.
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let url = format!("http://host.docker.internal:{}/metrics", listener.local_addr()?.port());
        let lost = lost(&running, "prometheus", &url).await?;
        let address = running.network().listen_address();
        says(&lost, &["nobody listens there", &format!("listen on {address}")])?;
        Ok(running.remove().await?)
    })
}

fn unhealthy() -> Result<(), Failed> {
    block_on(async {
        let site = Site::alone()?;
        site.edit("http://127.0.0.1:9093/-/ready", "http://127.0.0.1:9093/-/reddy")?;
        site.edit("start_period: 30s", "start_period: 0s")?;
        site.edit("retries: 6", "retries: 1")?;
        let error = failure(&site, |plan| plan).await?;
        let is_it =
            matches!(&error.cause, Cause::Unhealthy { service, .. } if service == "alertmanager");
        ensure(is_it, format!("{error:?}"))?;
        let words = [
            "its last check said: wget: server returned error: HTTP/1.1 404",
            "the last lines of alertmanager:",
        ];
        says(&error.to_string(), &words)
    })
}

fn ended() -> Result<(), Failed> {
    block_on(async {
        let site = Site::alone()?;
        site.write("prometheus/prometheus.yml", "scrape_konfigs: []\n")?;
        let error = failure(&site, |plan| plan).await?;
        let is_it = matches!(&error.cause, Cause::Ended { service, code: 2, .. } if service == "prometheus");
        ensure(is_it, format!("{error:?}"))?;
        let words =
            ["the last lines of prometheus:", "scrape_konfigs", "the last lines of alertmanager:"];
        says(&error.to_string(), &words)
    })
}

fn no_health_check() -> Result<(), Failed> {
    block_on(async {
        let site = Site::alone()?;
        let text = std::fs::read_to_string(site.compose_file())?;
        let begin = text.rfind("    healthcheck:").ok_or("no health check")?;
        let end = text.rfind("    restart:").ok_or("no restart")?;
        site.edit(&text[begin..end], "")?;
        let error = failure(&site, |plan| plan).await?;
        says(
            &error.to_string(),
            &["prometheus waits until alertmanager is healthy, which has no health check"],
        )
    })
}

fn missing_image() -> Result<(), Failed> {
    block_on(async {
        let (engine, site) = (engine().await?, Site::alone()?);
        let compose = Compose::load(&site.compose_file(), &containers::compose::Variables::new());
        let compose = compose.map_err(|problems| containers::problem::lines(&problems))?;
        let plan = Plan::new(&compose);
        if engine.missing_images(&plan.images()).await?.len() < 2 {
            // A machine that has them: one that nobody has instead.
            return Ok(());
        }
        let error = Network::create(&engine).await?.boot(&plan).await.err().ok_or("it started")?;
        let words = [
            "not on this machine: the images prom/alertmanager:v0.33.1, prom/prometheus:v3.14.0",
            "`docker pull prom/prometheus:v3.14.0`",
        ];
        says(&error.to_string(), &words)
    })
}

fn taken_port() -> Result<(), Failed> {
    block_on(async {
        let (engine, site) = (engine().await?, Site::alone()?);
        let running = site.boot(&engine).await?;
        let port = running.address("prometheus", 9090).await?.port();
        let error = failure(&site, |plan| plan.host_port("prometheus", 9090, port)).await?;
        ensure(matches!(error.cause, Cause::PortsTaken(_)), format!("{error:?}"))?;
        let holder = format!("by the container prometheus.{}", running.network().name());
        says(&error.to_string(), &[&format!("prometheus: 127.0.0.1:{port} is in use"), &holder])?;
        Ok(running.remove().await?)
    })
}

fn taken_by_process() -> Result<(), Failed> {
    block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let site = Site::alone()?;
        let error = failure(&site, |plan| plan.host_port("alertmanager", 9093, port)).await?;
        says(&error.to_string(), &[&format!("alertmanager: 127.0.0.1:{port} is in use (end")])
    })
}
