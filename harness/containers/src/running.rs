//! A stack that runs: where its services answer, what they log, and faults of one service.
//!
//! It must not know what the services are.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use testcontainers::bollard::errors::Error as ApiError;
use testcontainers::bollard::query_parameters::{
    KillContainerOptionsBuilder, StartContainerOptions, StopContainerOptionsBuilder,
};

use crate::boot::LOG_LINES;
use crate::boot::wait::{self, Well};
use crate::compose::{Compose, Service};
use crate::engine::message;
use crate::error::{Cause, StartError};
use crate::garbage::GarbageError;
use crate::logs;
use crate::network::Network;
use crate::plan::{Difference, LOOPBACK, Plan, Recipe};

/// A booted stack. Everything of it is removed when it is dropped, or by [`Running::remove`], which also says whether
/// that worked.
#[derive(Debug)]
pub struct Running {
    pub(crate) network: Network,
    compose: Compose,
    /// As they were booted, in the order of their start.
    pub(crate) booted: Vec<Service>,
    differences: Vec<Difference>,
    ceiling: Duration,
}

/// Something that was asked of a service and cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// No service of that name was booted.
    #[error("no service `{service}` was booted; booted are {booted}")]
    Unknown {
        /// The name.
        service: String,
        /// Those that were booted.
        booted: String,
    },
    /// The file does not publish the port.
    #[error(
        "{place}: {service} publishes no port {port}, only {published} (add it to its `ports`)"
    )]
    NotPublished {
        /// File and line of the service.
        place: String,
        /// The service.
        service: String,
        /// The port of the container.
        port: u16,
        /// Those that are published.
        published: String,
    },
    /// A published port has no address, because its service is stopped.
    #[error("{service} does not run, so that its port {port} has no address")]
    NotRunning {
        /// The service.
        service: String,
        /// The port of the container.
        port: u16,
    },
    /// The engine refuses.
    #[error("{service}: the engine refuses to {what} it: {message}")]
    Engine {
        /// The service.
        service: String,
        /// What was asked for.
        what: &'static str,
        /// What the engine says.
        message: String,
    },
    /// It was started again and is not well.
    #[error(transparent)]
    Start(#[from] StartError),
}

impl Running {
    pub(crate) fn new(network: Network, plan: &Plan, recipes: &[Recipe]) -> Self {
        let mut differences = plan.differences();
        differences.extend(network.differences(plan));
        let booted = recipes.iter().map(|recipe| recipe.service.clone()).collect();
        let compose = plan.compose().clone();
        Self { network, compose, booted, differences, ceiling: plan.ceiling }
    }

    /// The services that were booted, in the order of their start.
    pub fn services(&self) -> impl Iterator<Item = &str> {
        self.booted.iter().map(|service| service.name.as_str())
    }

    /// The image of each service.
    #[must_use]
    pub fn images(&self) -> BTreeMap<&str, &str> {
        self.booted.iter().map(|service| (&*service.name, &*service.image)).collect()
    }

    /// In what the stack differs from the one that Compose starts from the same file.
    #[must_use]
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }

    /// The network of the stack, with the address for listeners of this machine.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Where a port of a service's container answers on this machine. It is asked anew each time: a free port changes
    /// when a service is started again.
    ///
    /// # Errors
    /// If there is no such service, it does not publish the port, or it does not run.
    pub async fn address(&self, service: &str, port: u16) -> Result<SocketAddr, ServiceError> {
        let found = self.service(service)?;
        if !found.ports.iter().any(|published| published.container == port) {
            let ports: Vec<_> = found.ports.iter().map(|port| port.container.to_string()).collect();
            return Err(ServiceError::NotPublished {
                place: self.compose.at(found.line),
                service: service.to_owned(),
                port,
                published: if ports.is_empty() { "none".into() } else { ports.join(", ") },
            });
        }
        let docker = &self.network.owned.docker;
        let inspected = docker.inspect_container(self.id(service)?, None).await;
        let inspected = inspected.map_err(|error| refused(service, "inspect", &error))?;
        let ports = inspected.network_settings.and_then(|settings| settings.ports);
        let mut bindings = ports.unwrap_or_default();
        let binding = bindings.remove(&format!("{port}/tcp")).flatten().unwrap_or_default();
        let host = binding.into_iter().find_map(|binding| binding.host_port?.parse().ok());
        let host: Option<u16> = host;
        let not_running = || ServiceError::NotRunning { service: service.to_owned(), port };
        host.map(|host| SocketAddr::new(LOOPBACK, host)).ok_or_else(not_running)
    }

    /// At most `lines` of a service's last log lines, the oldest first.
    ///
    /// # Errors
    /// If there is no such service or the engine does not have its logs.
    pub async fn logs(&self, service: &str, lines: usize) -> Result<Vec<String>, ServiceError> {
        let found = logs::last(&self.network.owned.docker, self.id(service)?, lines).await;
        found.map_err(|error| refused(service, "read the logs of", &error))
    }

    /// Lets a service end by itself, for `patience` at most, in whole seconds; then it is killed.
    ///
    /// # Errors
    /// If there is no such service or the engine refuses.
    pub async fn stop(&self, service: &str, patience: Duration) -> Result<(), ServiceError> {
        let seconds = i32::try_from(patience.as_secs()).unwrap_or(i32::MAX);
        let options = StopContainerOptionsBuilder::new().t(seconds).build();
        let id = self.id(service)?;
        let stopped = self.network.owned.docker.stop_container(id, Some(options)).await;
        stopped.map_err(|error| refused(service, "stop", &error))
    }

    /// Kills a service at once (SIGKILL).
    ///
    /// # Errors
    /// If there is no such service, or it does not run.
    pub async fn kill(&self, service: &str) -> Result<(), ServiceError> {
        let options = KillContainerOptionsBuilder::new().signal("SIGKILL").build();
        let id = self.id(service)?;
        let killed = self.network.owned.docker.kill_container(id, Some(options)).await;
        killed.map_err(|error| refused(service, "kill", &error))
    }

    /// Starts a service that was stopped or killed, with its volumes, and waits until it is well.
    ///
    /// # Errors
    /// If there is no such service, the engine refuses, or the service does not become well.
    pub async fn start(&self, service: &str) -> Result<(), ServiceError> {
        let (docker, id) = (&self.network.owned.docker, self.id(service)?);
        let started = docker.start_container(id, None::<StartContainerOptions>).await;
        started.map_err(|error| refused(service, "start", &error))?;
        match self.well(service).await {
            Ok(_) => Ok(()),
            Err(cause) => {
                let lines = logs::last(docker, id, LOG_LINES).await.unwrap_or_default();
                Err(StartError { cause, logs: vec![(service.to_owned(), lines)] }.into())
            }
        }
    }

    /// Freezes all processes of a service; its connections stay open and nobody answers.
    ///
    /// # Errors
    /// If there is no such service, or it does not run.
    pub async fn pause(&self, service: &str) -> Result<(), ServiceError> {
        let paused = self.network.owned.docker.pause_container(self.id(service)?).await;
        paused.map_err(|error| refused(service, "pause", &error))
    }

    /// Lets a frozen service go on.
    ///
    /// # Errors
    /// If there is no such service, or it is not frozen.
    pub async fn resume(&self, service: &str) -> Result<(), ServiceError> {
        let resumed = self.network.owned.docker.unpause_container(self.id(service)?).await;
        resumed.map_err(|error| refused(service, "resume", &error))
    }

    /// Whether all services are well now.
    ///
    /// # Errors
    /// The first service that is not, with the last log lines of each.
    pub async fn check(&self) -> Result<(), StartError> {
        let owned = &self.network.owned;
        for (service, container) in &owned.containers {
            let well =
                wait::until_well(&owned.docker, service, container.id(), Duration::ZERO).await;
            if let Err(cause) = well {
                return Err(StartError { cause, logs: self.last_lines(LOG_LINES).await });
            }
        }
        Ok(())
    }

    /// How a service has ended, with its last log lines; `None` while it runs, well or not.
    ///
    /// # Errors
    /// If there is no such service or the engine does not answer.
    pub async fn end_of(&self, service: &str) -> Result<Option<StartError>, ServiceError> {
        let (docker, id) = (&self.network.owned.docker, self.id(service)?);
        match wait::until_well(docker, service, id, Duration::ZERO).await {
            Err(cause @ Cause::Ended { .. }) => {
                let lines = logs::last(docker, id, LOG_LINES).await.unwrap_or_default();
                Ok(Some(StartError { cause, logs: vec![(service.to_owned(), lines)] }))
            }
            Err(Cause::Engine { message, .. }) => Err(ServiceError::Engine {
                service: service.to_owned(),
                what: "ask after",
                message,
            }),
            Ok(_) | Err(_) => Ok(None),
        }
    }

    /// Removes everything and says whether that worked.
    ///
    /// # Errors
    /// The first thing that cannot be removed.
    pub async fn remove(mut self) -> Result<(), GarbageError> {
        self.network.owned.remove().await
    }

    pub(crate) async fn well(&self, service: &str) -> Result<Well, Cause> {
        let owned = &self.network.owned;
        let Some(container) = owned.containers.get(service) else { return Ok(Well::Running) };
        wait::until_well(&owned.docker, service, container.id(), self.ceiling).await
    }

    pub(crate) async fn completed(&self, service: &str) -> Result<(), Cause> {
        let owned = &self.network.owned;
        let Some(container) = owned.containers.get(service) else { return Ok(()) };
        wait::until_completed(&owned.docker, service, container.id(), self.ceiling).await
    }

    pub(crate) fn service(&self, service: &str) -> Result<&Service, ServiceError> {
        self.booted.iter().find(|booted| booted.name == service).ok_or_else(|| {
            let booted = self.services().collect::<Vec<_>>().join(", ");
            ServiceError::Unknown { service: service.to_owned(), booted }
        })
    }

    /// A place in the compose file, for messages.
    pub(crate) fn place(&self, line: usize) -> String {
        self.compose.at(line)
    }

    pub(crate) fn id(&self, service: &str) -> Result<&str, ServiceError> {
        self.service(service)?;
        let container = self.network.owned.containers.get(service);
        let booted = || self.services().collect::<Vec<_>>().join(", ");
        let unknown = || ServiceError::Unknown { service: service.to_owned(), booted: booted() };
        container.map(|container| container.id()).ok_or_else(unknown)
    }
}

pub(crate) fn refused(service: &str, what: &'static str, error: &ApiError) -> ServiceError {
    ServiceError::Engine { service: service.to_owned(), what, message: message(error) }
}
