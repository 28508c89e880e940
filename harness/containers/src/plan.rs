//! What is booted of a compose file, and in what it differs from the file.
//!
//! Whoever boots a stack for a test or a demo changes as little as possible, and each change becomes a
//! [`Difference`] in words. This module must not know the engine.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use crate::compose::{Compose, Service, Source};
use crate::problem::Problem;

mod change;

/// How long a service may take to become well.
const CEILING: Duration = Duration::from_secs(180);
/// All ports are published here and nowhere else.
pub(crate) const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Something that is not as in the file. Displayed as `service: what`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The service; `None` where it concerns all.
    pub service: Option<String>,
    /// What is different, from what, and why: a lowercase fragment without final dot.
    pub what: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.service.as_deref().unwrap_or("all services"), self.what)
    }
}

/// On which ports of 127.0.0.1 services are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostPorts {
    /// Any free ones; they change when a service is started again.
    Free,
    /// Those of the file.
    AsInFile,
}

/// What is booted. The methods return the plan with one more wish.
#[derive(Debug, Clone)]
pub struct Plan {
    compose: Compose,
    only: Option<BTreeSet<String>>,
    sources: Vec<Replaced>,
    arguments: Vec<Added>,
    variables: Vec<Added>,
    hostnames: Vec<Added>,
    host_ports: HostPorts,
    fixed_ports: BTreeMap<(String, u16), u16>,
    health_interval: Option<Duration>,
    pub(crate) gateway_as_in_file: bool,
    pub(crate) ceiling: Duration,
}

/// Mounts whose source lies in one directory come from another one.
#[derive(Debug, Clone)]
struct Replaced {
    from: PathBuf,
    to: PathBuf,
    why: String,
}

/// An argument, or `NAME=value`, of one service.
#[derive(Debug, Clone)]
struct Added {
    service: String,
    text: String,
    why: String,
}

/// A service as it will be booted.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    pub(crate) service: Service,
    /// How its container calls itself, where not by its number.
    pub(crate) hostname: Option<String>,
    /// Arguments behind those of the image, where the file has no command.
    pub(crate) after_image: Vec<String>,
}

impl Plan {
    /// All services as in the file, on free ports of 127.0.0.1.
    #[must_use]
    pub fn new(compose: &Compose) -> Self {
        Self {
            compose: compose.clone(),
            only: None,
            sources: Vec::new(),
            arguments: Vec::new(),
            variables: Vec::new(),
            hostnames: Vec::new(),
            host_ports: HostPorts::Free,
            fixed_ports: BTreeMap::new(),
            health_interval: None,
            gateway_as_in_file: false,
            ceiling: CEILING,
        }
    }

    /// Boots these services and no others.
    #[must_use]
    pub fn only<S: Into<String>>(mut self, services: impl IntoIterator<Item = S>) -> Self {
        self.only = Some(services.into_iter().map(Into::into).collect());
        self
    }

    /// Mounts whose source is `from`, or lies below it, come from the same place at or below `to`: for a changed copy
    /// of the configuration. Both are absolute.
    #[must_use]
    pub fn replace_sources(
        mut self,
        from: impl Into<PathBuf>,
        to: impl Into<PathBuf>,
        why: impl Into<String>,
    ) -> Self {
        self.sources.push(Replaced { from: from.into(), to: to.into(), why: why.into() });
        self
    }

    /// Adds an argument to a service's command. One that begins with `--name=` takes the place of the file's.
    #[must_use]
    pub fn argument(
        mut self,
        service: impl Into<String>,
        argument: impl Into<String>,
        why: impl Into<String>,
    ) -> Self {
        let (service, text, why) = (service.into(), argument.into(), why.into());
        self.arguments.push(Added { service, text, why });
        self
    }

    /// Sets a variable of a service's container, over one of the file.
    #[must_use]
    pub fn variable(
        mut self,
        service: impl Into<String>,
        name: &str,
        value: &str,
        why: impl Into<String>,
    ) -> Self {
        let text = format!("{name}={value}");
        self.variables.push(Added { service: service.into(), text, why: why.into() });
        self
    }

    /// Lets a service's container call itself by this name instead of by its number, which each start changes.
    #[must_use]
    pub fn hostname(
        mut self,
        service: impl Into<String>,
        name: impl Into<String>,
        why: impl Into<String>,
    ) -> Self {
        let (service, text, why) = (service.into(), name.into(), why.into());
        self.hostnames.push(Added { service, text, why });
        self
    }

    /// On which ports of 127.0.0.1 services are published.
    #[must_use]
    pub fn host_ports(mut self, host_ports: HostPorts) -> Self {
        self.host_ports = host_ports;
        self
    }

    /// Publishes one port of a container, which the file must publish, on this port of 127.0.0.1.
    #[must_use]
    pub fn host_port(mut self, service: impl Into<String>, container: u16, host: u16) -> Self {
        self.fixed_ports.insert((service.into(), container), host);
        self
    }

    /// Makes health checks at this interval, so that a service is known to be well soon after it is.
    #[must_use]
    pub fn health_interval(mut self, interval: Duration) -> Self {
        self.health_interval = Some(interval);
        self
    }

    /// Lets `host-gateway` stand for what the engine takes for it. Without this, it stands for the gateway of the
    /// run's own network, on which services of this machine can be told to listen.
    #[must_use]
    pub fn host_gateway_as_in_file(mut self) -> Self {
        self.gateway_as_in_file = true;
        self
    }

    /// How long each service may take until it is well; without this, three minutes.
    #[must_use]
    pub fn ceiling(mut self, ceiling: Duration) -> Self {
        self.ceiling = ceiling;
        self
    }

    /// The file that is booted.
    #[must_use]
    pub fn compose(&self) -> &Compose {
        &self.compose
    }

    /// The images that are needed, each once, in order.
    #[must_use]
    pub fn images(&self) -> Vec<String> {
        let images: BTreeSet<_> = self.selected().map(|service| service.image.clone()).collect();
        images.into_iter().collect()
    }

    /// Whether the plan can be carried out, as far as this machine can tell without the engine.
    ///
    /// # Errors
    /// Everything that cannot: names that the file does not have, wishes that change nothing, mounts whose source is
    /// missing.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut problems = self.without_effect();
        for recipe in self.recipes() {
            for mount in &recipe.service.mounts {
                let Source::Path(path) = &mount.source else { continue };
                if !path.exists() {
                    let message = format!(
                        "{}: {} is to be mounted at {} and does not exist",
                        recipe.service.name,
                        path.display(),
                        mount.target
                    );
                    let problem = Problem::new(&self.compose.file, mount.line, message);
                    problems.push(problem.remedy("create it, or correct the path"));
                }
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// Wishes that would be passed over in silence.
    fn without_effect(&self) -> Vec<Problem> {
        let changed = self.arguments.iter().chain(&self.variables).chain(&self.hostnames);
        let changed = changed.map(|added| &added.service);
        let changed: BTreeSet<&String> =
            changed.chain(self.fixed_ports.keys().map(|(service, _)| service)).collect();
        let mut problems = Vec::new();
        let mut note = |line: Option<usize>, message: String| {
            problems.push(Problem::new(&self.compose.file, line, message));
        };
        for name in self.only.iter().flatten().chain(changed.iter().copied()) {
            if self.compose.service(name).is_none() {
                let names = self.compose.names();
                note(None, format!("there is no service `{name}`; services are {names}"));
            }
        }
        let left_out = |name: &String| self.only.as_ref().is_some_and(|only| !only.contains(name));
        for service in changed.into_iter().filter_map(|name| self.compose.service(name)) {
            if left_out(&service.name) {
                note(
                    Some(service.line),
                    format!("{} is to be changed and not booted", service.name),
                );
            }
        }
        for (name, container) in self.fixed_ports.keys() {
            let Some(service) = self.compose.service(name) else { continue };
            if !service.ports.iter().any(|port| port.container == *container) {
                note(Some(service.line), format!("{name} publishes no port {container}"));
            }
        }
        let mounts = || self.selected().flat_map(|service| &service.mounts);
        for Replaced { from, .. } in &self.sources {
            let lies_there =
                |source: &Source| matches!(source, Source::Path(path) if path.starts_with(from));
            if !mounts().any(|mount| lies_there(&mount.source)) {
                note(None, format!("no mount comes from {}", from.display()));
            }
        }
        problems.dedup();
        problems
    }

    /// Fixed ports of 127.0.0.1 on which somebody listens already, each with the service that wants it.
    pub(crate) fn taken_ports(&self) -> Vec<(u16, String)> {
        let recipes = self.recipes();
        let wanted = recipes.iter().flat_map(|recipe| {
            let name = &recipe.service.name;
            recipe.service.ports.iter().filter_map(move |port| Some((port.host?, name.clone())))
        });
        let is_taken = |port: u16| match TcpListener::bind((LOOPBACK, port)) {
            Ok(_) => false,
            // Others, such as a port that only the engine may open, are for the engine to judge.
            Err(error) => error.kind() == ErrorKind::AddrInUse,
        };
        wanted.filter(|(port, _)| is_taken(*port)).collect()
    }

    /// The services that are booted, in the order of their start.
    fn selected(&self) -> impl Iterator<Item = &Service> {
        self.compose
            .services
            .iter()
            .filter(|service| self.only.as_ref().is_none_or(|only| only.contains(&service.name)))
    }

    pub(crate) fn recipes(&self) -> Vec<Recipe> {
        self.changed().0
    }

    /// In what the plan differs from the file.
    #[must_use]
    pub fn differences(&self) -> Vec<Difference> {
        self.changed().1
    }
}

#[cfg(test)]
mod tests;
