//! The servers of a demonstration: a Prometheus with a history, an Alertmanager, a receiver that is notified.
//!
//! They run on a copy of the monitoring directory that differs only in what is told. Where every address is the shipped
//! one, only the receiver differs.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use modules::{clock::Clock, serve::BindError};
use sim::world::Instance;

use super::{
    Setting, Step,
    history::{self, HistoryError},
    seam::Bridge,
};
use monitoring::Monitoring;
use scenario::Scenario;
use stack::{
    alertmanager_binary::AlertmanagerBinary,
    client::prometheus::Prometheus,
    deploy::{Cadence, Changes, DeployError, Deployment},
    environment::Environment,
    native::{NativePrometheus, StartError},
    native_alertmanager::NativeAlertmanager,
    port::Reserved,
    prometheus_binary::PrometheusBinary,
    receiver::Receiver,
};

use crate::stack::RESEND_DELAY;

/// Where the shipped files have Prometheus and Alertmanager.
pub const PROMETHEUS_PORT: u16 = 9090;
/// Likewise.
pub const ALERTMANAGER_PORT: u16 = 9093;

/// What is to be started.
#[derive(Debug)]
pub struct ServerPlan<'a> {
    /// The story; its duration must reach beyond now.
    pub scenario: &'a Scenario,
    /// The clock of the modules' servers, which began in the past.
    pub clock: Clock,
    /// Where the modules are served.
    pub modules: &'a [(Instance, SocketAddr)],
    /// The shipped files.
    pub monitoring: &'a Monitoring,
    /// Which Prometheus.
    pub prometheus: &'a PrometheusBinary,
    /// Where on 127.0.0.1 it listens; 0 is any free port.
    pub prometheus_port: u16,
    /// Which Alertmanager.
    pub alertmanager: &'a AlertmanagerBinary,
    /// Where on 127.0.0.1 it listens; 0 is any free port.
    pub alertmanager_port: u16,
    /// How often things happen, where not as often as shipped.
    pub cadence: Option<Cadence>,
    /// Where files go.
    pub environment: &'a Environment,
}

/// Servers that could not be started; nothing of them is left.
#[derive(Debug, thiserror::Error)]
pub enum ServersError {
    /// No port could be reserved.
    #[error("no port of 127.0.0.1 can be reserved")]
    Port(#[source] io::Error),
    /// The receiver has no port.
    #[error(transparent)]
    Receiver(#[from] BindError),
    /// The copy of the files could not be made.
    #[error(transparent)]
    Deploy(#[from] DeployError),
    /// Prometheus has no history.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// Alertmanager did not start.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// The running servers. Dropped, they end at once with everything that they wrote.
#[derive(Debug)]
pub struct Servers {
    // In this order: servers end before their configuration goes.
    prometheus: NativePrometheus,
    alertmanager: NativeAlertmanager,
    deployment: Deployment,
    receiver: Receiver,
    _ports: Vec<Reserved>,
}

impl Servers {
    /// Starts everything; what bridges the time until Prometheus scrapes is the caller's to run.
    ///
    /// # Errors
    /// If any part of it fails.
    pub async fn start(
        plan: ServerPlan<'_>,
        notice: impl FnMut(Step),
    ) -> Result<(Servers, Bridge), ServersError> {
        let mut ports = Vec::new();
        let prometheus = address(plan.prometheus_port, &mut ports).map_err(ServersError::Port)?;
        let alertmanager =
            address(plan.alertmanager_port, &mut ports).map_err(ServersError::Port)?;
        let receiver = Receiver::start()?;
        let other = |shipped, at: SocketAddr| (at.port() != shipped).then_some(at);
        let changes = Changes {
            targets: if as_shipped(plan.modules) { Vec::new() } else { plan.modules.to_vec() },
            prometheus: other(PROMETHEUS_PORT, prometheus),
            alertmanager: other(ALERTMANAGER_PORT, alertmanager),
            receiver: Some(receiver.url()),
            cadence: plan.cadence,
        };
        let deployment = Deployment::write(plan.monitoring, &changes, plan.environment)?;
        let setting = Setting {
            scenario: plan.scenario,
            clock: plan.clock,
            modules: plan.modules,
            deployed: deployment.monitoring(),
            prometheus,
            // What fires within the seconds before Alertmanager is discovered is sent again after that.
            resend_delay: plan.cadence.map(|_| RESEND_DELAY),
            binary: plan.prometheus,
            environment: plan.environment,
        };
        let (prometheus, bridge) = history::write(&setting, notice).await?;
        // Not before: the Prometheus that told the phases had the same rules, and its alerts are nobody's.
        let routes = deployment.directory().join("alertmanager/alertmanager.yml");
        let alertmanager = NativeAlertmanager::start_at(
            plan.alertmanager,
            plan.environment,
            &routes,
            alertmanager,
        )
        .await?;
        let servers = Servers { prometheus, alertmanager, deployment, receiver, _ports: ports };
        Ok((servers, bridge))
    }

    /// Prometheus' base URL.
    #[must_use]
    pub fn prometheus_url(&self) -> &str {
        self.prometheus.url()
    }

    /// A client of Prometheus.
    #[must_use]
    pub fn client(&self) -> Prometheus {
        Prometheus::new(self.prometheus_url())
    }

    /// Alertmanager's base URL.
    #[must_use]
    pub fn alertmanager_url(&self) -> &str {
        self.alertmanager.url()
    }

    /// Whoever is notified.
    #[must_use]
    pub fn receiver(&self) -> &Receiver {
        &self.receiver
    }

    /// The files that the servers run on.
    #[must_use]
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// The processes.
    #[must_use]
    pub fn pids(&self) -> Vec<u32> {
        std::iter::once(self.prometheus.pid()).chain(self.alertmanager.running()).collect()
    }

    /// The directories that the servers and their configuration live in.
    #[must_use]
    pub fn directories(&self) -> Vec<PathBuf> {
        let directories = [
            self.prometheus.directory(),
            self.alertmanager.directory(),
            self.deployment.directory(),
        ];
        directories.map(Path::to_owned).into()
    }

    /// Which server has ended without being asked, with its last words.
    pub fn end_of_its_own(&mut self) -> Option<String> {
        let prometheus = self.prometheus.end_of_its_own().map(|end| format!("Prometheus {end}"));
        prometheus.or_else(|| Some(format!("Alertmanager {}", self.alertmanager.end_of_its_own()?)))
    }

    /// Ends both servers and removes everything.
    pub async fn stop(self) {
        tokio::join!(self.prometheus.stop(), self.alertmanager.stop());
    }
}

/// An address on loopback; any free port is reserved.
fn address(port: u16, reserved: &mut Vec<Reserved>) -> io::Result<SocketAddr> {
    if port != 0 {
        return Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    }
    let port = Reserved::any()?;
    let address = port.address();
    reserved.push(port);
    Ok(address)
}

/// Whether every module is where the shipped files look for it.
fn as_shipped(modules: &[(Instance, SocketAddr)]) -> bool {
    modules.iter().all(|(instance, address)| {
        instance.replica == 0
            && address.port() == instance.module.default_port()
            && address.ip() == Ipv4Addr::LOCALHOST
    })
}
