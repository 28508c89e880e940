//! What a plan changes, and what it says of it.

use std::path::Path;

use super::*;
use crate::compose::Variables;

const FILE: &str = "\
services:
  alertmanager:
    image: a:1
    command: [--a=1]
    ports: ['9093:9093']
  prometheus:
    image: p:1
    command: [--retention=15d, --lifecycle]
    environment: {A: one}
    volumes: ['./prometheus/prometheus.yml:/etc/p.yml:ro', './rules:/etc/rules', 'data:/data']
    ports: ['127.0.0.1:9090:9090']
    healthcheck: {test: exit 0, interval: 5s, retries: 6}
    depends_on: [alertmanager]
  grafana:
    image: p:1
volumes: {data: }
";

fn plan_in(directory: &Path) -> Plan {
    let compose = Compose::parse(Path::new("c.yml"), directory, FILE, &Variables::new());
    Plan::new(&compose.unwrap())
}

fn plan() -> Plan {
    plan_in(Path::new("/srv"))
}

fn differences(plan: &Plan) -> Vec<String> {
    plan.differences().iter().map(ToString::to_string).collect()
}

#[test]
fn a_plan_without_wishes_differs_in_ports_and_volumes_only() {
    assert_eq!(
        differences(&plan()),
        [
            "alertmanager: its port 9093 on a free port of 127.0.0.1 instead of port 9093 of all addresses",
            "prometheus: the volume data is fresh, and is removed at the end",
            "prometheus: its port 9090 on a free port of 127.0.0.1 instead of port 9090 of 127.0.0.1",
        ]
    );
    let as_in_file = plan().host_ports(HostPorts::AsInFile).only(["prometheus"]);
    assert_eq!(
        differences(&as_in_file),
        [
            "alertmanager: not booted",
            "grafana: not booted",
            "prometheus: the volume data is fresh, and is removed at the end",
        ]
    );
}

#[test]
fn each_wish_is_carried_out_and_told() {
    let plan = plan()
        .only(["prometheus"])
        .replace_sources("/srv/prometheus", "/tmp/copy", "other addresses")
        .argument("prometheus", "--retention=10y", "old history")
        .argument("prometheus", "--admin", "deletes series")
        .variable("prometheus", "A", "two", "why not")
        .variable("prometheus", "B", "three", "why not")
        .host_port("prometheus", 9090, 19090)
        .health_interval(Duration::from_millis(500));
    let recipe = plan.recipes().remove(0).service;
    assert_eq!(recipe.command.as_deref().unwrap(), ["--retention=10y", "--lifecycle", "--admin"]);
    assert_eq!(recipe.environment["A"], "two");
    assert_eq!(recipe.ports[0].host, Some(19090));
    let sources: Vec<_> = recipe.mounts.iter().map(|mount| mount.source.clone()).collect();
    assert_eq!(
        sources,
        [
            Source::Path("/tmp/copy/prometheus.yml".into()),
            Source::Path("/srv/rules".into()),
            Source::Volume("data".into())
        ]
    );
    let health = recipe.health.unwrap();
    assert_eq!((health.interval, health.retries), (Some(Duration::from_millis(500)), Some(60)));
    let told = differences(&plan).join("\n");
    for line in [
        "prometheus: /etc/p.yml is /tmp/copy/prometheus.yml instead of /srv/prometheus/prometheus.yml (other addresses)",
        "prometheus: --retention=10y instead of --retention=15d (old history)",
        "prometheus: --admin in addition (deletes series)",
        "prometheus: another value of the variable A (why not)",
        "prometheus: the variable B in addition (why not)",
        "prometheus: its port 9090 on port 19090 of 127.0.0.1 instead of port 9090 of 127.0.0.1",
        "prometheus: health checks every 500ms instead of 5s, and 60 instead of 6 retries",
    ] {
        assert!(told.contains(line), "{line}\nnot in\n{told}");
    }
}

#[test]
fn an_argument_without_a_command_in_the_file_stands_behind_the_images() {
    let plan = plan().argument("grafana", "--x=1", "why not");
    let recipes = plan.recipes();
    let grafana = recipes.iter().find(|recipe| recipe.service.name == "grafana").unwrap();
    assert_eq!(grafana.service.command, None);
    assert_eq!(grafana.after_image, ["--x=1"]);
    assert!(
        differences(&plan).contains(&"grafana: --x=1 behind the image's command (why not)".into())
    );
}

#[test]
fn what_cannot_be_carried_out_is_found_all_at_once() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("rules")).unwrap();
    let plan = plan_in(directory.path())
        .only(["prometheus", "loki"])
        .argument("promtheus", "--x", "why not")
        .argument("alertmanager", "--x", "why not")
        .host_port("prometheus", 9091, 1)
        .replace_sources("/elsewhere", "/x", "why not");
    let missing = directory.path().join("prometheus/prometheus.yml");
    let problems: Vec<_> = plan.check().unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "c.yml: there is no service `loki`; services are alertmanager, prometheus, grafana".into(),
            "c.yml: there is no service `promtheus`; services are alertmanager, prometheus, grafana".into(),
            "c.yml:2: alertmanager is to be changed and not booted".into(),
            "c.yml:6: prometheus publishes no port 9091".into(),
            "c.yml: no mount comes from /elsewhere".into(),
            format!(
                "c.yml:10: prometheus: {} is to be mounted at /etc/p.yml and does not exist (create it, or correct the path)",
                missing.display()
            ),
        ]
    );
}

#[test]
fn a_port_that_is_taken_is_found_with_the_service_that_wants_it() {
    let listener = TcpListener::bind((LOOPBACK, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let plan = plan().host_port("prometheus", 9090, port);
    assert_eq!(plan.taken_ports(), [(port, "prometheus".into())]);
    drop(listener);
    assert_eq!(plan.taken_ports(), []);
}

#[test]
fn each_image_is_needed_once() {
    assert_eq!(plan().images(), ["a:1", "p:1"]);
}
