//! Keys of a service that Compose takes as a list or as a map: `environment`, `extra_hosts`, `depends_on`, `networks`,
//! and commands, which are a list or one text.
//!
//! It must not know how services are started.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::node::{Node, Value};
use super::reader::Reader;
use super::words;

/// A name that a container finds in its hosts file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraHost {
    /// Line in the file, from 1.
    pub line: usize,
    /// The name.
    pub name: String,
    /// What it stands for; `None` is the machine itself, which the file writes as `host-gateway`.
    pub address: Option<IpAddr>,
}

/// A service that is started first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Line in the file, from 1.
    pub line: usize,
    /// Its name.
    pub service: String,
    /// How far it must be.
    pub condition: Condition,
}

/// How far a service must be before another one is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It was started.
    Started,
    /// Its health check says that it is well.
    Healthy,
    /// It ended with exit code 0.
    Completed,
}

/// Words of a command.
pub(crate) fn command(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<Vec<String>> {
    match &node.value {
        Value::Null => None,
        Value::Text(_) => reader.parsed(node, what, words::split),
        _ => Some(reader.texts(node, what)),
    }
}

/// Variables of a container. One without a value is handed on where it is set.
pub(crate) fn environment(
    reader: &mut Reader<'_>,
    node: &Node,
    what: &str,
) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut add = |reader: &mut Reader<'_>, line: usize, name: &str, value: Option<&str>| {
        let handed_on = reader.variables.get(name).map(String::as_str);
        let Some(value) = value.or(handed_on) else {
            return reader.ignore(line, format!("{what}.{name}"), "it has no value and is not set");
        };
        if found.insert(name.to_owned(), value.to_owned()).is_some() {
            reader.wrong(line, what, format!("`{name}` twice"));
        }
    };
    if let Value::List(items) = &node.value {
        for item in items {
            let Some(text) = reader.text(item, what) else { continue };
            let (name, value) = match text.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (text, None),
            };
            add(reader, item.line, name, value);
        }
        return found;
    }
    for entry in reader.entries(node, what) {
        let value = match &entry.node.value {
            Value::Null => None,
            _ => match reader.text(&entry.node, &format!("{what}.{}", entry.key)) {
                Some(text) => Some(text),
                None => continue,
            },
        };
        add(reader, entry.line, &entry.key, value);
    }
    found
}

pub(crate) fn extra_hosts(reader: &mut Reader<'_>, node: &Node, what: &str) -> Vec<ExtraHost> {
    let mut pairs: Vec<(usize, &str, &str)> = Vec::new();
    if let Value::List(items) = &node.value {
        for item in items {
            let Some(text) = reader.text(item, what) else { continue };
            match text.split_once(':') {
                Some((name, address)) => pairs.push((item.line, name, address)),
                None => reader.wrong(item.line, what, format!("`{text}` is not `name:address`")),
            }
        }
    } else {
        for entry in reader.entries(node, what) {
            if let Some(address) = reader.text(&entry.node, what) {
                pairs.push((entry.line, &entry.key, address));
            }
        }
    }
    let mut hosts = Vec::new();
    for (line, name, address) in pairs {
        let parsed = if address == "host-gateway" { Ok(None) } else { address.parse().map(Some) };
        match parsed {
            Ok(address) => hosts.push(ExtraHost { line, name: name.to_owned(), address }),
            Err(_) => {
                let message = format!("`{address}` is neither an address nor `host-gateway`");
                reader.wrong(line, what, message);
            }
        }
    }
    hosts
}

pub(crate) fn depends_on(reader: &mut Reader<'_>, node: &Node, what: &str) -> Vec<Dependency> {
    if let Value::List(items) = &node.value {
        let started = |item: &Node, service: &str| Dependency {
            line: item.line,
            service: service.to_owned(),
            condition: Condition::Started,
        };
        return items
            .iter()
            .filter_map(|item| reader.text(item, what).map(|service| started(item, service)))
            .collect();
    }
    let mut dependencies = Vec::new();
    for entry in reader.entries(node, what) {
        let inside = format!("{what}.{}", entry.key);
        let mut condition = Condition::Started;
        for inner in reader.entries(&entry.node, &inside) {
            match inner.key.as_str() {
                "condition" => {
                    let parsed = reader.parsed(&inner.node, &inside, self::condition);
                    condition = parsed.unwrap_or(condition);
                }
                "required" | "restart" => {
                    let message = format!("docker-compose 1.29 does not know `{}`", inner.key);
                    reader.wrong_with_remedy(inner.line, &inside, message, "leave it out");
                }
                _ => reader.unknown(inner, &inside, &["condition"]),
            }
        }
        let service = entry.key.clone();
        dependencies.push(Dependency { line: entry.line, service, condition });
    }
    dependencies
}

fn condition(text: &str) -> Result<Condition, String> {
    match text {
        "service_started" => Ok(Condition::Started),
        "service_healthy" => Ok(Condition::Healthy),
        "service_completed_successfully" => Ok(Condition::Completed),
        _ => Err(format!("there is no condition `{text}`")),
    }
}

/// The names of networks, each with its line.
pub(crate) fn networks(reader: &mut Reader<'_>, node: &Node, what: &str) -> Vec<(usize, String)> {
    if let Value::List(items) = &node.value {
        return items
            .iter()
            .filter_map(|item| Some((item.line, reader.text(item, what)?.to_owned())))
            .collect();
    }
    let mut names = Vec::new();
    for entry in reader.entries(node, what) {
        let inside = format!("{what}.{}", entry.key);
        for inner in reader.entries(&entry.node, &inside) {
            reader.unknown(inner, &inside, &["nothing"]);
        }
        names.push((entry.line, entry.key.clone()));
    }
    names
}
