//! A stack that works: scraped, alerting, delivered, published on loopback alone, and gone at the end.

use std::net::{IpAddr, TcpStream, UdpSocket};

use containers::{Network, Running};
use libtest_mimic::Failed;

use crate::Body;
use crate::site::{Host, Site, get_json, get_text};
use crate::world::{block_on, engine, ensure, until};

pub(crate) const TRIALS: &[(&str, Body)] = &[
    ("an_alert_about_a_service_of_this_machine_is_delivered_to_it", delivered),
    ("the_engines_own_host_gateway_leads_to_this_machine", delivered_as_in_file),
    ("what_runs_is_what_the_file_and_the_plan_say", as_planned),
    ("a_service_has_the_entrypoint_user_environment_and_mounts_of_the_file", as_in_file),
    ("nothing_is_published_but_on_loopback", on_loopback),
    ("two_stacks_of_one_file_run_side_by_side", side_by_side),
];

fn delivered() -> Result<(), Failed> {
    block_on(async {
        let engine = engine().await?;
        let network = Network::create(&engine).await?;
        let host = Host::listen(network.listen_address()).await?;
        let site = Site::new(host.address)?;
        let plan = site.plan(&engine).await?;
        let running = network.boot(&plan).await?;
        works(&running, &host).await?;
        let told: Vec<_> = running.differences().iter().map(ToString::to_string).collect();
        let gateway = format!("all services: host-gateway is {}", host.address.ip());
        ensure(told.iter().any(|line| line.starts_with(&gateway)), told.join("\n"))?;
        Ok(running.remove().await?)
    })
}

fn delivered_as_in_file() -> Result<(), Failed> {
    block_on(async {
        let engine = engine().await?;
        let bridge = engine.bridge_gateway().await.ok_or("the engine has no default bridge")?;
        let host = Host::listen(bridge).await?;
        let site = Site::new(host.address)?;
        let plan = site.plan(&engine).await?.host_gateway_as_in_file();
        let running = Network::create(&engine).await?.boot(&plan).await?;
        works(&running, &host).await?;
        let told: Vec<_> = running.differences().iter().map(ToString::to_string).collect();
        ensure(!told.iter().any(|line| line.contains("host-gateway")), told.join("\n"))?;
        Ok(running.remove().await?)
    })
}

/// Prometheus is ready, scrapes the host, and its alert arrives there by Alertmanager.
async fn works(running: &Running, host: &Host) -> Result<(), Failed> {
    let prometheus = running.address("prometheus", 9090).await?;
    let ready = get_text(&format!("http://{prometheus}/-/ready")).await?;
    ensure(ready.contains("Ready"), ready)?;
    until("a target that is up", async || {
        let targets = get_json(&format!("http://{prometheus}/api/v1/targets")).await?;
        let health = &targets["data"]["activeTargets"][0]["health"];
        ensure(health == "up", targets.to_string())
    })
    .await?;
    until("a notification", async || {
        let alerts = host.alerts();
        ensure(alerts.iter().any(|name| name == "HostSaysSo"), format!("{alerts:?}"))
    })
    .await?;
    ensure(running.check_wiring(&[]).await?.is_empty(), "no wire is lost")?;
    Ok(())
}

fn as_planned() -> Result<(), Failed> {
    block_on(async {
        let engine = engine().await?;
        let (site, copy) = (Site::alone()?, Site::alone()?);
        copy.write("prometheus/rules.yml", "groups: [{name: copied, rules: []}]\n")?;
        let from = site.path().join("prometheus");
        let plan = site
            .plan(&engine)
            .await?
            .only(["prometheus"])
            .replace_sources(from, copy.path().join("prometheus"), "a copy")
            .argument("prometheus", "--storage.tsdb.retention.time=9y", "old history")
            .argument("prometheus", "--web.enable-admin-api", "deletes series");
        let running = Network::create(&engine).await?.boot(&plan).await?;
        let prometheus = running.address("prometheus", 9090).await?;
        let flags = get_json(&format!("http://{prometheus}/api/v1/status/flags")).await?;
        let flag = |name: &str| flags["data"][name].as_str().unwrap_or_default().to_owned();
        ensure(flag("storage.tsdb.retention.time") == "9y", flags.to_string())?;
        ensure(flag("web.enable-admin-api") == "true", flags.to_string())?;
        ensure(flag("web.enable-lifecycle") == "true", flags.to_string())?;
        until("the copied rules", async || {
            let rules = get_text(&format!("http://{prometheus}/api/v1/rules")).await?;
            ensure(rules.contains("copied"), rules)
        })
        .await?;
        ensure(running.services().eq(["prometheus"]), "only one is booted")?;
        ensure(running.address("alertmanager", 9093).await.is_err(), "it has no address")?;
        Ok(running.remove().await?)
    })
}

/// A service that says what it was given, and must end well before Alertmanager is started.
const PROBE: &str = r#"
  probe:
    image: ${ALERTMANAGER_IMAGE}
    entrypoint: [/bin/busybox, sh]
    command: [-c, 'echo "A=$$A, user $$(busybox id -u), $$1"; busybox touch /etc/alertmanager/x', sh, last]
    user: '0'
    environment: {A: 'a b'}
    volumes: ['./alertmanager:/etc/alertmanager:ro']
    networks: [monitoring]
"#;

fn as_in_file() -> Result<(), Failed> {
    block_on(async {
        let engine = engine().await?;
        let site = Site::alone()?;
        site.edit("\nnetworks:\n", &format!("{PROBE}\nnetworks:\n"))?;
        let after = "    depends_on: {probe: {condition: service_completed_successfully}}\n";
        site.edit("\n  probe:", &format!("{after}\n  probe:"))?;
        let error = match site.boot(&engine).await {
            Ok(_) => return Err("a probe that fails was passed over".into()),
            Err(error) => error.message().unwrap_or_default().to_owned(),
        };
        // `touch` fails, and so does the probe.
        let words =
            ["probe ended with exit code 1", "A=a b, user 0, last", "Read-only file system"];
        let missing: Vec<_> = words.iter().filter(|word| !error.contains(**word)).collect();
        ensure(missing.is_empty(), format!("{missing:?} not in {error}"))?;
        site.edit("busybox touch /etc/alertmanager/x", "true")?;
        let running = site.boot(&engine).await?;
        ensure(running.services().eq(["probe", "alertmanager", "prometheus"]), "in this order")?;
        let said = running.logs("probe", 3).await?;
        ensure(said == ["A=a b, user 0, last"], format!("{said:?}"))?;
        Ok(running.remove().await?)
    })
}

fn on_loopback() -> Result<(), Failed> {
    block_on(async {
        let engine = engine().await?;
        let site = Site::alone()?;
        // As in a file that forgets the address.
        site.edit("127.0.0.1:${PROMETHEUS_PORT:-9090}:9090", "9090:9090")?;
        let running = site.boot(&engine).await?;
        let address = running.address("prometheus", 9090).await?;
        ensure(address.ip().is_loopback(), address.to_string())?;
        let gateway = running.network().gateway();
        for other in [Some(gateway), own_address()].into_iter().flatten() {
            let open = TcpStream::connect((other, address.port())).is_ok();
            ensure(!open, format!("port {} is open on {other}", address.port()))?;
        }
        Ok(running.remove().await?)
    })
}

/// This machine's address towards others, if it has one; nothing is sent.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind(("0.0.0.0", 0)).ok()?;
    socket.connect(("192.0.2.1", 9)).ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|address| !address.is_loopback())
}

fn side_by_side() -> Result<(), Failed> {
    block_on(async {
        let engine = engine().await?;
        let site = Site::alone()?;
        let (one, other) = tokio::join!(site.boot(&engine), site.boot(&engine));
        let (one, other) = (one?, other?);
        let addresses =
            (one.address("prometheus", 9090).await?, other.address("prometheus", 9090).await?);
        ensure(addresses.0 != addresses.1, "each has its own port")?;
        one.remove().await?;
        let ready = get_text(&format!("http://{}/-/ready", addresses.1)).await?;
        ensure(ready.contains("Ready"), "the other one is not touched")?;
        Ok(other.remove().await?)
    })
}
