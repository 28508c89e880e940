//! Prometheus in a container, alone or with the services beside it.
//!
//! Ports are chosen and kept, so that addresses stay while a server is down. Everything is removed when the value is
//! dropped. What is written or asked is not known here.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use containers::{Network, Plan, Running, ServiceError};
use monitoring::Monitoring;

use super::configuration::Configuration;
use super::{ALERTMANAGER, Containers, GRAFANA, PROMETHEUS, backfill, wires};
use crate::environment::Environment;
use crate::launch::StartError;
use crate::native::Options;
use crate::port::Reserved;

/// A service is known to be well this soon after it is. Each check starts a process in the container.
const HEALTH_INTERVAL: Duration = Duration::from_secs(1);
/// How long a server may take to end by itself.
const STOP_CEILING: Duration = Duration::from_secs(15);
/// More than any log that is kept has.
const ALL_LINES: usize = 1_000_000;

/// What runs beside Prometheus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// The deployed copy of the monitoring directory.
    pub deployed: PathBuf,
    /// Where Alertmanager is published; none leaves it out.
    pub alertmanager: Option<SocketAddr>,
    /// Where Grafana is published, if its image is there; none leaves it out, port 0 is any free one.
    pub grafana: Option<SocketAddr>,
}

/// Containers that could not be started or asked.
#[derive(Debug, thiserror::Error)]
pub enum ContainedError {
    /// They did not start; what they said last is part of it.
    #[error(transparent)]
    Start(#[from] containers::StartError),
    /// A service could not be asked, stopped or started.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// No port could be reserved.
    #[error("no port of 127.0.0.1 can be reserved")]
    Port(#[source] std::io::Error),
}

/// A running Prometheus with what is beside it. Dropped, it is removed with all its data.
#[derive(Debug)]
pub struct Contained {
    running: Running,
    prometheus: SocketAddr,
    alertmanager: Option<SocketAddr>,
    grafana: Option<SocketAddr>,
    /// Whether Alertmanager was ended on purpose.
    halted: bool,
    lost: Vec<String>,
    // After the containers that see them.
    configuration: Configuration,
    _ports: Vec<Reserved>,
}

impl Contained {
    /// Boots what `options` ask for, and waits until all of it is healthy.
    ///
    /// # Errors
    /// If anything does not start; then nothing is left.
    pub async fn start(
        site: &Containers,
        environment: &Environment,
        options: &Options,
    ) -> Result<Contained, StartError> {
        let beside = options.beside.as_ref();
        let copy = options.config.as_deref().and_then(Path::parent).and_then(Path::parent);
        let configuration = match (beside, copy) {
            (Some(beside), Some(_)) => Configuration::deployed(&beside.deployed),
            (Some(beside), None) => Configuration::held_back(&beside.deployed)?,
            (None, Some(copy)) => Configuration::deployed(copy),
            (None, None) => Configuration::empty(environment)?,
        };
        let mut ports = Vec::new();
        let mut address = |wanted: Option<SocketAddr>| -> Result<SocketAddr, ContainedError> {
            if let Some(wanted) = wanted.filter(|wanted| wanted.port() != 0) {
                return Ok(wanted);
            }
            let reserved = Reserved::any().map_err(ContainedError::Port)?;
            let address = reserved.address();
            ports.push(reserved);
            Ok(address)
        };
        let prometheus = address(options.listen)?;
        let alertmanager = beside.and_then(|beside| beside.alertmanager);
        let alertmanager = alertmanager.map(|wanted| address(Some(wanted))).transpose()?;
        let grafana = beside.and_then(|beside| beside.grafana).filter(|_| site.grafana().is_ok());
        let grafana = grafana.map(|wanted| address(Some(wanted))).transpose()?;
        let mut services = vec![(PROMETHEUS, prometheus)];
        services.extend(alertmanager.map(|at| (ALERTMANAGER, at)));
        services.extend(grafana.map(|at| (GRAFANA, at)));
        let (from, to) = configuration.replaces(&site.compose.directory);
        let mut plan = Plan::new(&site.compose)
            .only(services.iter().map(|((name, _), _)| *name))
            .replace_sources(from, to, "the copy of the configuration")
            .health_interval(HEALTH_INTERVAL)
            .host_gateway_as_in_file();
        for ((name, port), at) in services {
            plan = plan.host_port(name, port, at.port());
            if let Some(argument) = external_url(site, name, at) {
                plan = plan.argument(name, argument, "links lead to where it is published");
            }
        }
        plan = backfill::arguments(plan, options);
        if options.steady {
            let why = "on it depends when each target is scraped";
            plan = plan.hostname(PROMETHEUS.0, PROMETHEUS.0, why);
        }
        let network = Network::create(&site.engine).await.map_err(ContainedError::Start)?;
        let running = network.boot(&plan).await.map_err(ContainedError::Start)?;
        let mut contained = Contained {
            running,
            prometheus,
            alertmanager,
            grafana,
            halted: false,
            lost: Vec::new(),
            configuration,
            _ports: ports,
        };
        if beside.is_some() && copy.is_some() {
            contained.look_for_lost_wires().await?;
        }
        Ok(contained)
    }

    /// Prometheus' base URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.prometheus)
    }

    /// Alertmanager's base URL, if it was started.
    #[must_use]
    pub fn alertmanager_url(&self) -> Option<String> {
        Some(format!("http://{}", self.alertmanager?))
    }

    /// Grafana's base URL, if it was started.
    #[must_use]
    pub fn grafana_url(&self) -> Option<String> {
        Some(format!("http://{}", self.grafana?))
    }

    /// In what the containers differ from those that Compose starts, in words.
    #[must_use]
    pub fn differences(&self) -> Vec<String> {
        let file = "docker-compose.yml";
        self.running.differences().iter().map(|found| format!("{file}: {found}")).collect()
    }

    /// Who does not reach whom the configuration names, when they were started.
    #[must_use]
    pub fn lost(&self) -> &[String] {
        &self.lost
    }

    /// The directory of its own that it has on this machine, if any.
    #[must_use]
    pub fn directory(&self) -> Option<&Path> {
        self.configuration.directory()
    }

    /// How a server has ended without being asked, with its last words.
    pub async fn end_of_its_own(&self) -> Option<String> {
        for service in self.running.services() {
            if self.halted && service == ALERTMANAGER.0 {
                continue;
            }
            if let Ok(Some(end)) = self.running.end_of(service).await {
                return Some(format!("the container of {end}"));
            }
        }
        None
    }

    /// Ends Prometheus and starts it again on the same data and port; with what was held back of its configuration.
    ///
    /// # Errors
    /// If it does not become well.
    pub async fn restart(&mut self) -> Result<(), StartError> {
        self.stop_service(PROMETHEUS.0).await?;
        let held_back = matches!(self.configuration, Configuration::HeldBack { .. });
        self.configuration.restore()?;
        self.start_service(PROMETHEUS.0).await?;
        if held_back {
            self.look_for_lost_wires().await?;
        }
        Ok(())
    }

    /// Ends Alertmanager; its data stay.
    pub async fn stop_alertmanager(&mut self) {
        self.halted = true;
        // One that cannot be stopped is told of when it is started again.
        let _ = self.stop_service(ALERTMANAGER.0).await;
    }

    /// Starts Alertmanager again on the same data.
    ///
    /// # Errors
    /// If it does not become well.
    pub async fn start_alertmanager(&mut self) -> Result<(), StartError> {
        self.start_service(ALERTMANAGER.0).await?;
        self.halted = false;
        Ok(())
    }

    /// Removes everything.
    pub async fn stop(self) {
        // What cannot be removed now carries labels, and is collected.
        let _ = self.running.remove().await;
    }

    /// Removes the containers with their data and leaves their logs below `directory`.
    pub async fn keep(self, directory: &Path) {
        for service in self.running.services() {
            let lines = self.running.logs(service, ALL_LINES).await.unwrap_or_default();
            // A log that cannot be written keeps nobody from ending.
            let _ = std::fs::write(directory.join(format!("{service}.log")), lines.join("\n"));
        }
        self.stop().await;
    }

    /// The last lines of Prometheus' log.
    pub async fn last_words(&self) -> String {
        self.running.logs(PROMETHEUS.0, 15).await.unwrap_or_default().join("\n")
    }

    async fn look_for_lost_wires(&mut self) -> Result<(), StartError> {
        let Configuration::Deployed(copy) = &self.configuration else { return Ok(()) };
        // A copy with a mistake is for Prometheus to refuse, which says more.
        let peers = Monitoring::load(copy).map(|read| wires::peers(&read)).unwrap_or_default();
        let started = |from: &str| self.running.services().any(|service| service == from);
        let peers: Vec<_> = peers.into_iter().filter(|peer| started(&peer.from)).collect();
        let lost = self.running.check_wiring(&peers).await.map_err(ContainedError::Service)?;
        self.lost = lost.iter().map(ToString::to_string).collect();
        Ok(())
    }

    async fn stop_service(&self, service: &str) -> Result<(), StartError> {
        let stopped = self.running.stop(service, STOP_CEILING).await;
        Ok(stopped.map_err(ContainedError::Service)?)
    }

    async fn start_service(&self, service: &str) -> Result<(), StartError> {
        Ok(self.running.start(service).await.map_err(ContainedError::Service)?)
    }
}

/// The flag that names another port than the one that was chosen.
fn external_url(site: &Containers, service: &str, at: SocketAddr) -> Option<String> {
    const FLAG: &str = "--web.external-url=http://localhost:";
    let command = site.compose.service(service)?.command.as_ref()?;
    let stated = command.iter().find(|argument| argument.starts_with(FLAG))?;
    let wanted = format!("{FLAG}{}", at.port());
    (*stated != wanted).then_some(wanted)
}
