//! Reads the part of a compose file that is needed to boot its services one by one.
//!
//! Nothing is passed over in silence: what is not read is a problem with file and line, or stands in
//! [`Compose::ignored`] with a reason. All problems of a file are found at once. Keys that docker-compose 1.29 does not
//! know are problems, too, because the file is for both lines of Compose.
//! This module must not know how a service is started, nor which services there are.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use health::{Health, Test};
pub use interpolate::Variables;
pub use lists::{Condition, Dependency, ExtraHost};
pub use mounts::{Mount, Source};
pub use ports::Port;
pub use reader::Ignored;

use crate::problem::Problem;
use node::{Entry, Node, Value};
use reader::Reader;

mod dotenv;
mod health;
mod interpolate;
mod keys;
mod lists;
mod mounts;
mod node;
mod order;
mod ports;
mod reader;
mod service;
mod words;

/// A compose file as it was read.
#[derive(Debug, Clone)]
pub struct Compose {
    /// The file, as it was named by the caller.
    pub file: PathBuf,
    /// The absolute directory of the file.
    pub directory: PathBuf,
    /// The services, in an order in which each stands behind those that it depends on.
    pub services: Vec<Service>,
    /// The volumes that the file declares, each with its line.
    pub volumes: BTreeMap<String, usize>,
    /// What the file says and what is left out here on purpose.
    pub ignored: Vec<Ignored>,
}

/// One service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name, by which the others reach it.
    pub name: String,
    /// Line of its name, from 1.
    pub line: usize,
    /// The image with its tag.
    pub image: String,
    /// What is run; what the image says where the file says nothing.
    pub entrypoint: Option<Vec<String>>,
    /// Its arguments; what the image says where the file says nothing.
    pub command: Option<Vec<String>>,
    /// The user, by name or number; what the image says where the file says nothing.
    pub user: Option<String>,
    /// Variables of the container.
    pub environment: BTreeMap<String, String>,
    /// Files and directories from elsewhere.
    pub mounts: Vec<Mount>,
    /// Published ports.
    pub ports: Vec<Port>,
    /// The health check; what the image says where the file says nothing.
    pub health: Option<Health>,
    /// Names in the container's hosts file.
    pub hosts: Vec<ExtraHost>,
    /// Which services are started first.
    pub after: Vec<Dependency>,
}

impl Compose {
    /// Reads a file. `variables` are those of the environment; a file `.env` beside the compose file has those that
    /// are not set there, as for people.
    ///
    /// # Errors
    /// Everything that is wrong or not read.
    pub fn load(path: &Path, variables: &Variables) -> Result<Self, Vec<Problem>> {
        let io = |error: io::Error| vec![Problem::new(path, None, error.to_string())];
        let text = fs::read_to_string(path).map_err(io)?;
        let directory = std::path::absolute(path).map_err(io)?;
        let directory = directory.parent().map(Path::to_owned).unwrap_or_default();
        let mut all = dotenv::read(&directory.join(".env")).map_err(|problem| vec![problem])?;
        all.extend(variables.clone());
        Self::parse(path, &directory, &text, &all)
    }

    /// Reads `text`; relative paths begin at the absolute `directory`.
    ///
    /// # Errors
    /// Everything that is wrong or not read.
    pub fn parse(
        file: &Path,
        directory: &Path,
        text: &str,
        variables: &Variables,
    ) -> Result<Self, Vec<Problem>> {
        let root = Node::parse(file, text).map_err(|problem| vec![problem])?;
        let (problems, ignored) = (Vec::new(), Vec::new());
        let mut reader = Reader { file, directory, variables, problems, ignored };
        let sections = Sections::read(&mut reader, root);
        let services: Vec<Service> = sections
            .services
            .iter()
            .filter_map(|entry| service::read(&mut reader, entry, &sections))
            .collect();
        let services = order::by_dependency(&mut reader, services);
        check_host_ports(&mut reader, &services);
        let Reader { mut problems, ignored, .. } = reader;
        problems.sort();
        let (file, directory) = (file.to_owned(), directory.to_owned());
        let compose = Self { file, directory, services, volumes: sections.volumes, ignored };
        if problems.is_empty() { Ok(compose) } else { Err(problems) }
    }

    /// The service of that name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }

    /// A place in the file, for messages.
    #[must_use]
    pub fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.file.display())
    }

    pub(crate) fn names(&self) -> String {
        self.services.iter().map(|service| service.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// The top level of a file.
struct Sections {
    services: Vec<Entry>,
    volumes: BTreeMap<String, usize>,
    networks: BTreeSet<String>,
}

impl Sections {
    fn read(reader: &mut Reader<'_>, mut root: Node) -> Self {
        let mut sections =
            Self { services: Vec::new(), volumes: BTreeMap::new(), networks: BTreeSet::new() };
        let entries = match &mut root.value {
            Value::Map(entries) => std::mem::take(entries),
            _ => Vec::new(),
        };
        for mut entry in entries {
            if !entry.key.starts_with("x-") {
                interpolate::tree(
                    &mut entry.node,
                    reader.variables,
                    reader.file,
                    &mut reader.problems,
                );
            }
            match entry.key.as_str() {
                "services" => sections.services = reader.entries(&entry.node, "services").to_vec(),
                "volumes" => {
                    for volume in reader.entries(&entry.node, "volumes") {
                        plain(reader, volume, "volumes", ("driver", "local"));
                        sections.volumes.insert(volume.key.clone(), volume.line);
                    }
                }
                "networks" => {
                    for network in reader.entries(&entry.node, "networks") {
                        plain(reader, network, "networks", ("driver", "bridge"));
                        sections.networks.insert(network.key.clone());
                    }
                }
                "version" => reader.ignore(entry.line, "version", "Compose reads it no more"),
                "name" => reader.wrong_with_remedy(
                    entry.line,
                    "name",
                    "docker-compose 1.29 does not know this key",
                    "name the project by `COMPOSE_PROJECT_NAME` or by `--project-name`",
                ),
                key if key.starts_with("x-") => {}
                _ => reader.unknown(&entry, "the file", &["services", "volumes", "networks"]),
            }
        }
        if sections.services.is_empty() {
            reader.problems.push(Problem::new(reader.file, None, "no services"));
        }
        sections
    }
}

/// A volume or network with nothing special about it.
fn plain(reader: &mut Reader<'_>, entry: &Entry, section: &str, usual: (&str, &str)) {
    let inside = format!("{section}.{}", entry.key);
    for inner in reader.entries(&entry.node, &inside) {
        let is_usual = inner.key == usual.0
            && matches!(&inner.node.value, Value::Text(text) if text == usual.1);
        if inner.key == "labels" {
            reader.ignore(inner.line, format!("{inside}.labels"), "it carries those of the run");
        } else if !is_usual {
            reader.unknown(inner, &inside, &[&format!("{}: {}", usual.0, usual.1)]);
        }
    }
}

/// A port of the machine belongs to one service.
fn check_host_ports(reader: &mut Reader<'_>, services: &[Service]) {
    let mut taken: BTreeMap<u16, &str> = BTreeMap::new();
    let published = services.iter().flat_map(|service| {
        service.ports.iter().filter_map(move |port| Some((service, port.line, port.host?)))
    });
    for (service, line, host) in published {
        if let Some(other) = taken.insert(host, &service.name) {
            let what = format!("{}.ports", service.name);
            reader.wrong(
                line,
                &what,
                format!("the port {host} of the machine is {other}'s already"),
            );
        }
    }
}

#[cfg(test)]
mod tests;
