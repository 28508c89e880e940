//! What is read of a compose file, and every way in which one is not.

use std::time::Duration;

use super::*;

const WHOLE: &str = "\
version: '3.8'
x-common: &common
  restart: unless-stopped
services:
  prometheus:
    <<: *common
    image: ${PROMETHEUS_IMAGE:-prom/prometheus:v3.14.0}
    entrypoint: [/bin/prometheus]
    command:
      - --config.file=/etc/prometheus/prometheus.yml
      - --web.external-url=http://localhost:${PORT:-9090}
    user: 65534:65534
    environment: {A: one, B: '2', C: }
    volumes:
      - ./prometheus:/etc/prometheus:ro
      - data:/prometheus
      - {type: bind, source: ../x, target: /x, read_only: true}
    ports:
      - 127.0.0.1:${PORT:-9090}:9090
      - {target: 9091, published: '91', host_ip: 127.0.0.1}
    networks: [monitoring]
    extra_hosts: ['host.docker.internal:host-gateway', 'other:10.0.0.1']
    depends_on:
      alertmanager: {condition: service_healthy}
    healthcheck:
      test: [CMD, wget, -q, 'http://127.0.0.1:9090/-/ready']
      interval: 5s
      timeout: 1m30s
      retries: 6
      start_period: 500ms
  alertmanager:
    image: registry:5000/alertmanager
    command: --a 'b c'
    environment:
      - A=one=1
      - C
    healthcheck: {test: exit 0}
networks:
  monitoring: {driver: bridge}
volumes:
  data:
";

fn parse(text: &str) -> Result<Compose, String> {
    let variables = [("C".to_owned(), "handed on".to_owned())].into();
    Compose::parse(Path::new("c.yml"), Path::new("/srv/monitoring"), text, &variables)
        .map_err(|problems| crate::problem::lines(&problems))
}

#[test]
fn everything_that_is_needed_is_read() {
    let compose = parse(WHOLE).unwrap();
    let names: Vec<_> = compose.services.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(names, ["alertmanager", "prometheus"], "the dependency comes first");
    let prometheus = compose.service("prometheus").unwrap();
    assert_eq!(prometheus.line, 5);
    assert_eq!(prometheus.image, "prom/prometheus:v3.14.0");
    assert_eq!(prometheus.entrypoint.as_deref(), Some(&["/bin/prometheus".to_owned()][..]));
    assert_eq!(prometheus.command.as_ref().unwrap()[1], "--web.external-url=http://localhost:9090");
    assert_eq!(prometheus.user.as_deref(), Some("65534:65534"));
    let environment: Vec<_> =
        prometheus.environment.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(environment, ["A=one", "B=2", "C=handed on"]);
    let mounts: Vec<_> = prometheus
        .mounts
        .iter()
        .map(|mount| {
            format!("{}: {:?} {} {}", mount.line, mount.source, mount.target, mount.read_only)
        })
        .collect();
    assert_eq!(
        mounts,
        [
            "15: Path(\"/srv/monitoring/prometheus\") /etc/prometheus true",
            "16: Volume(\"data\") /prometheus false",
            "17: Path(\"/srv/x\") /x true",
        ]
    );
    let ports: Vec<_> =
        prometheus.ports.iter().map(|port| (port.line, port.container, port.host)).collect();
    assert_eq!(ports, [(19, 9090, Some(9090)), (20, 9091, Some(91))]);
    let hosts: Vec<_> =
        prometheus.hosts.iter().map(|host| (host.name.as_str(), host.address)).collect();
    assert_eq!(hosts, [("host.docker.internal", None), ("other", "10.0.0.1".parse().ok())]);
    let health = prometheus.health.as_ref().unwrap();
    assert!(matches!(&health.test, Test::Command(words) if words[0] == "wget"), "{health:?}");
    assert_eq!(health.interval, Some(Duration::from_secs(5)));
    assert_eq!(health.timeout, Some(Duration::from_secs(90)));
    assert_eq!(health.retries, Some(6));
    assert_eq!(prometheus.after[0].condition, Condition::Healthy);

    let alertmanager = compose.service("alertmanager").unwrap();
    assert_eq!(alertmanager.image, "registry:5000/alertmanager:latest");
    assert_eq!(alertmanager.command.as_deref().unwrap(), ["--a", "b c"]);
    assert_eq!(alertmanager.environment["A"], "one=1");
    assert_eq!(alertmanager.environment["C"], "handed on");
    assert_eq!(alertmanager.health.as_ref().unwrap().test, Test::Shell("exit 0".into()));

    let ignored: Vec<_> = compose.ignored.iter().map(Ignored::to_string).collect();
    assert_eq!(
        ignored,
        [
            "c.yml:1: version (Compose reads it no more)",
            "c.yml:6: prometheus.restart (a service that ends shall be seen, not started again)",
        ]
    );
}

/// The same file with one service whose body is `body`.
fn of_service(body: &str) -> String {
    let body: String = body.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "services:\n  p:\n    image: i:1\n{body}volumes: {{data: }}\nnetworks: {{net: , more: }}\n"
    )
}

#[test]
fn each_mistake_in_a_service_is_named_with_its_line() {
    let table = [
        (
            "comand: [x]",
            "c.yml:4: p.comand: this key is not read (what is read there: image, command",
        ),
        (
            "build: .",
            "c.yml:4: p.build: this key is not read (name an image that is built beforehand)",
        ),
        ("env_file: x", "c.yml:4: p.env_file: this key is not read (write the variables"),
        ("command: {a: b}", "c.yml:4: p.command: expected a list, found a map"),
        ("command: \"a 'b\"", "c.yml:4: p.command: a ' that is not closed"),
        (
            "user: 1.5",
            "c.yml:4: p.user: expected a text, found a number with a fraction (write it in quotes)",
        ),
        (
            "environment: {A: true}",
            "c.yml:4: p.environment.A: expected a text, found a truth value (write it in quotes)",
        ),
        ("environment: [A=1, A=2]", "c.yml:4: p.environment: `A` twice"),
        ("volumes: [/x]", "c.yml:4: p.volumes: `/x` has no source"),
        ("volumes:\n  - a:b:c:d", "c.yml:5: p.volumes: `a:b:c:d` has too many parts"),
        ("volumes: ['./x:y']", "c.yml:4: p.volumes: `y` is no absolute path"),
        ("volumes: ['./x:/y:cached']", "c.yml:4: p.volumes: the option `cached` is not read"),
        ("volumes: ['~/x:/y']", "c.yml:4: p.volumes: `~/x` depends on who starts it"),
        (
            "volumes: ['prometheus:/y']",
            "c.yml:4: p.volumes: the volume `prometheus` is not declared",
        ),
        ("volumes: ['./a:/y', './b:/y']", "c.yml:4: p.volumes: `/y` twice"),
        (
            "volumes: [{type: bind, target: /y}]",
            "c.yml:4: p.volumes: `type`, `source` and `target` are needed",
        ),
        ("volumes: [{type: tmpfs, source: x, target: /y}]", "the type `tmpfs` is not read"),
        (
            "volumes: [{type: bind, source: x, target: /y, bind: {}}]",
            "p.volumes.bind: this key is not read",
        ),
        ("ports: [1000-1010:90]", "c.yml:4: p.ports: the range `1000-1010` is not read"),
        ("ports: ['90:80', '91:80']", "c.yml:4: p.ports: the port 80 of the container twice"),
        ("ports: [{published: 90}]", "c.yml:4: p.ports: no `target`"),
        ("ports: [{target: 90, protocol: udp}]", "p.ports.protocol: the protocol udp is not read"),
        ("networks: [x]", "c.yml:4: p.networks: the network `x` is not declared"),
        ("networks: [net, more]", "c.yml:4: p.networks: `more` is a second network"),
        (
            "networks: {net: {aliases: [q]}}",
            "c.yml:4: p.networks.net.aliases: this key is not read",
        ),
        ("extra_hosts: [host.docker.internal]", "is not `name:address`"),
        ("extra_hosts: ['a:gateway']", "`gateway` is neither an address nor `host-gateway`"),
        ("depends_on: [q]", "c.yml:4: p.depends_on: there is no service `q` (services are p)"),
        ("depends_on: [p]", "c.yml:4: p.depends_on: these wait for each other: p"),
        ("depends_on: {p: {condition: healthy}}", "there is no condition `healthy`"),
        (
            "depends_on:\n  q:\n    required: false",
            "c.yml:6: p.depends_on.q: docker-compose 1.29 does not know `required`",
        ),
        ("healthcheck: {test: [wget]}", "p.healthcheck.test: a list begins with CMD, CMD-SHELL"),
        ("healthcheck: {interval: 5}", "p.healthcheck.interval: `5` is no duration such as 5s"),
        (
            "healthcheck: {start_interval: 1s}",
            "p.healthcheck.start_interval: docker-compose 1.29 does not know this key",
        ),
        ("healthcheck: {tests: x}", "p.healthcheck.tests: this key is not read"),
        ("user: $NOBODY", "c.yml:4: the variable `NOBODY` is not set and has no default"),
    ];
    for (body, message) in table {
        let problems = parse(&of_service(body)).expect_err(body);
        assert!(problems.contains(message), "{body}:\n{problems}");
    }
    assert!(parse(&of_service("")).is_ok(), "the frame itself is right");
}

#[test]
fn each_mistake_of_the_whole_file_is_named() {
    let service = "services: {p: {image: i}}\n";
    let table = [
        ("", "c.yml: no services"),
        ("services: {p: }", "c.yml:1: p: no `image`"),
        ("services: {p: {image: 'a b'}}", "c.yml:1: p.image: `a b` is no name of an image"),
        (&format!("{service}name: x"), "c.yml:2: name: docker-compose 1.29 does not know this key"),
        (&format!("{service}secrets: {{}}"), "c.yml:2: the file.secrets: this key is not read"),
        (
            &format!("{service}volumes: {{d: {{external: true}}}}"),
            "volumes.d.external: this key is not read",
        ),
        (
            &format!("{service}networks: {{d: {{driver: host}}}}"),
            "networks.d.driver: this key is not read",
        ),
        (
            "services:\n  p: {image: i, ports: ['90:1']}\n  q: {image: i, ports: ['90:2']}",
            "c.yml:3: q.ports: the port 90 of the machine is p's already",
        ),
        (
            "services:\n  p: {image: i, depends_on: [q]}\n  q: {image: i, depends_on: [p]}",
            "c.yml:2: p.depends_on: these wait for each other: p, q",
        ),
    ];
    for (text, message) in table {
        let problems = parse(text).expect_err(text);
        assert!(problems.contains(message), "{text}:\n{problems}");
    }
}

#[test]
fn all_problems_are_found_at_once_in_the_order_of_the_file() {
    let text = of_service("comand: x\nports: [a]\nuser: $U\nvolumes: [q:/z]");
    let problems = parse(&text).unwrap_err();
    let places: Vec<_> = problems.lines().map(|line| &line[..8]).collect();
    assert_eq!(places, ["c.yml:4:", "c.yml:5:", "c.yml:6:", "c.yml:7:"], "{problems}");
}
