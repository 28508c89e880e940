//! The promises of both compose files and of the folder around them, each asserted: what is for one's own machine, and
//! what is for production.
//!
//! Whether the files run, other tests try; here stands what must not be lost in an edit.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

use crate::reading::{none, root};

const SERVICES: [(&str, &str, u64); 3] =
    [("prometheus", "9090", 9090), ("alertmanager", "9093", 9093), ("grafana", "3000", 3000)];

/// Keys that docker-compose 1.29 does not know, by the part of the file that they are in.
const UNKNOWN: [&str; 5] = ["\nname:", "start_interval", "content:", "required:", "environment: {"];

fn monitoring(file: &str) -> String {
    let path = root().join("monitoring").join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read(file: &str) -> Value {
    let text = monitoring(file);
    prom::yaml::parse(Path::new(file), &text).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn words(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// What is not so.
struct Broken(Vec<String>);

impl Broken {
    fn must(&mut self, truth: bool, what: impl Into<String>) {
        if !truth {
            self.0.push(what.into());
        }
    }
}

/// What both files promise of a service.
fn of_both(broken: &mut Broken, name: &str, service: &Value, file: &str) {
    let mut must = |truth: bool, what: &str| broken.must(truth, format!("{file}: {name}: {what}"));
    let image = service["image"].as_str().unwrap_or_default();
    let variable = format!("${{{}_IMAGE:-", name.to_uppercase());
    let tag = image.trim_end_matches('}').rsplit_once(':').map_or("", |(_, tag)| tag);
    must(image.starts_with(&variable), "its image can be replaced by a variable");
    let pinned = tag.trim_start_matches('v').split('.').count() == 3;
    must(pinned && tag.contains(|c: char| c.is_ascii_digit()), "its image has a whole version");
    must(words(&service["networks"]) == ["monitoring"], "it is on the one shared network");
    let hosts = words(&service["extra_hosts"]);
    let needs_host = name != "grafana" || !hosts.is_empty();
    must(!needs_host || hosts == ["host.docker.internal:host-gateway"], "it reaches this machine");
    let check = words(&service["healthcheck"]["test"]);
    must(check.first() == Some(&"CMD"), "its health is checked");
    for port in words(&service["ports"]) {
        must(port.starts_with("127.0.0.1:"), "it is published on loopback alone");
    }
    must(service["restart"] == "unless-stopped", "it is started again");
    let volumes = words(&service["volumes"]);
    let named = format!("{name}-data:");
    must(volumes.iter().any(|volume| volume.starts_with(&named)), "its data has a named volume");
    let configuration = volumes.iter().filter(|volume| volume.starts_with("./"));
    let read_only = configuration.clone().all(|volume| volume.ends_with(":ro"));
    must(configuration.count() > 0 && read_only, "its configuration is mounted, and read-only");
}

#[test]
fn compose_for_ones_own_machine_keeps_its_promises() {
    let (file, mut broken) = ("docker-compose.yml", Broken(Vec::new()));
    let (compose, text) = (read(file), monitoring(file));
    for (name, port, _) in SERVICES {
        let service = &compose["services"][name];
        of_both(&mut broken, name, service, file);
        let published = format!("127.0.0.1:${{{}_PORT:-{port}}}:{port}", name.to_uppercase());
        broken
            .must(words(&service["ports"]) == [published.as_str()], format!("{name}: {published}"));
    }
    for (later, earlier) in [("prometheus", "alertmanager"), ("grafana", "prometheus")] {
        let condition = &compose["services"][later]["depends_on"][earlier]["condition"];
        broken.must(*condition == "service_healthy", format!("{later} waits for {earlier}"));
    }
    let grafana = &compose["services"]["grafana"];
    let mounts = words(&grafana["volumes"]);
    for mount in [
        "./grafana/provisioning:/etc/grafana/provisioning:ro",
        "./grafana/dashboards:/var/lib/grafana/dashboards:ro",
    ] {
        broken.must(mounts.contains(&mount), mount);
    }
    for key in ["GF_SECURITY_ADMIN_USER", "GF_SECURITY_ADMIN_PASSWORD"] {
        broken.must(grafana["environment"][key] == "admin", format!("{key} is admin"));
    }
    broken.must(text.lines().take(3).any(|line| line.contains("ONE'S OWN MACHINE")), "it says so");
    none(&broken.0, "docker-compose.yml is for one's own machine, and works there");
}

#[test]
fn both_compose_files_are_for_v2_and_1_29() {
    let mut broken = Broken(Vec::new());
    for file in ["docker-compose.yml", "docker-compose.prod.yml"] {
        let text = monitoring(file);
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let text = lines.collect::<Vec<_>>().join("\n");
        for key in UNKNOWN {
            broken.must(!text.contains(key), format!("{file} has {}", key.trim()));
        }
        let compose = read(file);
        for (name, ..) in SERVICES {
            let volume = format!("{name}-data");
            broken
                .must(compose["volumes"][&volume].is_object(), format!("{file}: volume {volume}"));
        }
        let networks = compose["networks"].as_object().map(|networks| networks.keys().collect());
        let networks: Vec<&String> = networks.unwrap_or_default();
        broken.must(networks == ["monitoring"], format!("{file}: one network"));
    }
    none(&broken.0, "docker-compose 1.29 refuses what it does not know");
}

#[test]
fn compose_for_production_keeps_its_promises() {
    let (file, mut broken) = ("docker-compose.prod.yml", Broken(Vec::new()));
    let (compose, text) = (read(file), monitoring(file));
    for (name, ..) in SERVICES {
        let service = &compose["services"][name];
        of_both(&mut broken, name, service, file);
        let mut must = |truth: bool, what: &str| broken.must(truth, format!("{name}: {what}"));
        must(service["read_only"] == true, "its file system is read-only");
        let user = service["user"].as_str().unwrap_or("0");
        must(!user.starts_with("0") && !user.starts_with("root"), "it is not root");
        must(!service["mem_limit"].is_null(), "its memory is limited");
        must(!service["cpus"].is_null(), "its processors are limited");
        must(service["cap_drop"] == serde_json::json!(["ALL"]), "it has no capabilities");
        let options = words(&service["security_opt"]);
        must(options.contains(&"no-new-privileges:true"), "it gets no privileges");
        let logs = &service["logging"]["options"];
        must(!logs["max-size"].is_null() && !logs["max-file"].is_null(), "its logs are rotated");
        let published = words(&service["ports"]);
        let allowed: &[&str] =
            if name == "grafana" { &["127.0.0.1:${GRAFANA_PORT:-3000}:3000"] } else { &[] };
        must(published == allowed, "only Grafana is published, for a proxy of this machine");
    }
    let prometheus = words(&compose["services"]["prometheus"]["command"]);
    let flag = |start: &str| prometheus.iter().any(|argument| argument.starts_with(start));
    broken.must(flag("--storage.tsdb.retention.time="), "retention by time");
    broken.must(flag("--storage.tsdb.retention.size="), "retention by size");
    broken.must(flag("--web.config.file=/etc/prometheus/web.yml"), "TLS and passwords by web.yml");
    broken.must(!flag("--web.enable-admin-api"), "no admin API");
    broken.must(!flag("--web.enable-lifecycle"), "no lifecycle API");
    let web = read("prometheus/web.yml");
    broken.must(web["tls_server_config"]["cert_file"].is_string(), "web.yml has TLS");
    broken.must(web["basic_auth_users"].is_object(), "web.yml asks for a password");
    secrets(&mut broken, &compose, &text);
    let readme = monitoring("README.md");
    let upkeep = readme.split("### Backup and restore").nth(1).unwrap_or_default();
    for volume in ["prometheus.tar.gz", "alertmanager.tar.gz", "grafana.tar.gz"] {
        let both = upkeep.matches(volume).count() > 1;
        broken.must(both, format!("README.md says how {volume} is saved and restored"));
    }
    none(&broken.0, "docker-compose.prod.yml can be reached by others");
}

/// Every password comes from a file, and none has a default.
fn secrets(broken: &mut Broken, compose: &Value, text: &str) {
    let declared = compose["secrets"].as_object().cloned().unwrap_or_default();
    broken.must(declared.len() >= 6, "secrets are declared");
    for (name, secret) in &declared {
        let is_file =
            secret["file"].as_str().is_some_and(|file| file.ends_with(&format!("/{name}")));
        broken.must(is_file, format!("the secret {name} is a file"));
    }
    let grafana = compose["services"]["grafana"]["environment"].as_object().cloned();
    for (name, value) in grafana.unwrap_or_default() {
        let is_secret = ["PASSWORD", "SECRET", "TOKEN"].iter().any(|word| name.contains(word));
        let from_file = name.ends_with("__FILE")
            && value.as_str().is_some_and(|value| value.starts_with("/run/secrets/"));
        broken.must(!is_secret || from_file, format!("{name} comes from a file"));
    }
    let passwords = ["GF_SECURITY_ADMIN_PASSWORD__FILE", "GF_SECURITY_SECRET_KEY__FILE"];
    for name in passwords {
        broken.must(text.contains(name), format!("{name} is set"));
    }
}

#[test]
fn the_folder_is_whole_and_its_overview_names_every_file() {
    let mut broken = Broken(Vec::new());
    let readme = monitoring("README.md");
    for file in [
        "docker-compose.yml",
        "docker-compose.prod.yml",
        "prometheus/prometheus.yml",
        "grafana/provisioning/datasources/prometheus.yml",
        "grafana/provisioning/dashboards/dashboard.yml",
        "grafana/dashboards/overview.json",
        "grafana/dashboards/prompt-manager.json",
        "grafana/dashboards/prompt-security.json",
        "grafana/dashboards/llm-provider.json",
        "README.md",
        "MIGRATION.md",
        "IMPLEMENTATION_SUMMARY.md",
        "start-monitoring.sh",
    ] {
        broken.must(root().join("monitoring").join(file).is_file(), format!("there is no {file}"));
    }
    let entries = fs::read_dir(root().join("monitoring")).expect("the folder can be listed");
    let names: BTreeSet<String> = entries
        .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into())
        .collect();
    let ours =
        names.iter().filter(|name| !["README.md", ".env", "secrets"].contains(&name.as_str()));
    for name in ours {
        broken.must(readme.contains(name.as_str()), format!("README.md does not name {name}"));
    }
    for (file, addresses) in [
        ("prometheus/prometheus.yml", &["alertmanager:9093", "localhost:9090"][..]),
        ("prometheus/targets/prompt-manager.yml", &["host.docker.internal:8000"]),
        ("prometheus/targets/prompt-security.yml", &["host.docker.internal:8001"]),
        ("prometheus/targets/llm-provider.yml", &["host.docker.internal:8002"]),
        ("grafana/provisioning/datasources/prometheus.yml", &["http://prometheus:9090"]),
        ("grafana/provisioning/dashboards/dashboard.yml", &["/var/lib/grafana/dashboards"]),
    ] {
        let text = monitoring(file);
        for address in addresses {
            broken.must(text.contains(address), format!("{file} does not name {address}"));
        }
    }
    none(&broken.0, "what people are told to find is there");
}
