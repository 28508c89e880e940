//! One service of a compose file: each key is read, left out for a reason, or a problem.
//!
//! It must not know the shapes of the values; their readers do.

use std::collections::BTreeMap;

use super::node::Entry;
use super::reader::Reader;
use super::{Sections, Service, Source, health, keys, lists, mounts, ports};

pub(super) fn read(reader: &mut Reader<'_>, entry: &Entry, sections: &Sections) -> Option<Service> {
    let name = entry.key.as_str();
    let mut image = None;
    let mut networks = Vec::new();
    let mut service = Service {
        name: name.to_owned(),
        line: entry.line,
        image: String::new(),
        entrypoint: None,
        command: None,
        user: None,
        environment: BTreeMap::new(),
        mounts: Vec::new(),
        ports: Vec::new(),
        health: None,
        hosts: Vec::new(),
        after: Vec::new(),
    };
    for inner in reader.entries(&entry.node, name) {
        let (what, node) = (format!("{name}.{}", inner.key), &inner.node);
        match inner.key.as_str() {
            "image" => image = reader.parsed(node, &what, self::image),
            "command" => service.command = lists::command(reader, node, &what),
            "entrypoint" => service.entrypoint = lists::command(reader, node, &what),
            "user" => service.user = reader.text(node, &what).map(str::to_owned),
            "environment" => service.environment = lists::environment(reader, node, &what),
            "volumes" => service.mounts = mounts::read(reader, node, &what),
            "ports" => service.ports = ports::read(reader, node, &what),
            "healthcheck" => service.health = Some(health::read(reader, node, &what)),
            "extra_hosts" => service.hosts = lists::extra_hosts(reader, node, &what),
            "networks" => networks = lists::networks(reader, node, &what),
            "depends_on" => service.after = lists::depends_on(reader, node, &what),
            key if key.starts_with("x-") => {}
            key => match (keys::left_out(key), keys::refused(key)) {
                (Some(why), _) => reader.ignore(inner.line, what, why),
                (None, Some(remedy)) => {
                    let message = "this key is not read";
                    reader.wrong_with_remedy(inner.line, &what, message, remedy);
                }
                (None, None) => reader.unknown(inner, name, &keys::READ),
            },
        }
    }
    check_networks(reader, name, &networks, sections);
    check_volumes(reader, &service, sections);
    let has_image = reader.entries(&entry.node, name).iter().any(|inner| inner.key == "image");
    if !has_image {
        reader.wrong(entry.line, name, "no `image`");
    }
    // A service whose image cannot be read still takes part in the checks of the whole file.
    service.image = image.unwrap_or_default();
    Some(service)
}

/// A name with its tag; `latest` where none is written, as the engine does.
fn image(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains(char::is_whitespace) {
        return Err(format!("`{text}` is no name of an image"));
    }
    let after_slash = text.rsplit_once('/').map_or(text, |(_, name)| name);
    let tagged = after_slash.contains(':') || after_slash.contains('@');
    Ok(if tagged { text.to_owned() } else { format!("{text}:latest") })
}

/// All services share one network, which is the engine's own for this run.
fn check_networks(
    reader: &mut Reader<'_>,
    name: &str,
    networks: &[(usize, String)],
    sections: &Sections,
) {
    let what = format!("{name}.networks");
    for (line, network) in networks {
        if network != "default" && !sections.networks.contains(network) {
            reader.wrong_with_remedy(
                *line,
                &what,
                format!("the network `{network}` is not declared"),
                "declare it below `networks` at the file's end",
            );
        }
    }
    if let [_, (line, second), ..] = networks {
        let message = format!("`{second}` is a second network, and one is read");
        reader.wrong(*line, &what, message);
    }
}

fn check_volumes(reader: &mut Reader<'_>, service: &Service, sections: &Sections) {
    for mount in &service.mounts {
        let Source::Volume(volume) = &mount.source else { continue };
        if !sections.volumes.contains_key(volume) {
            reader.wrong_with_remedy(
                mount.line,
                &format!("{}.volumes", service.name),
                format!("the volume `{volume}` is not declared"),
                "declare it below `volumes` at the file's end, or begin a path with `./`",
            );
        }
    }
}
