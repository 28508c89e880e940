//! Prometheus and Alertmanager on a deployed copy, wherever they run; with Grafana where it can be had.
//!
//! Their ports are known before they start, since configurations name them. Who is scraped and who is notified is not
//! known here.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::backend::{Stack, Started};
use crate::contained::Beside;
use crate::environment::Environment;
use crate::launch::StartError;
use crate::native::Options;
use crate::native_alertmanager::NativeAlertmanager;
use crate::port::Reserved;

/// Where the servers are published on 127.0.0.1.
#[derive(Debug)]
pub struct Addresses {
    /// Prometheus.
    pub prometheus: SocketAddr,
    /// Alertmanager.
    pub alertmanager: SocketAddr,
    /// Grafana.
    pub grafana: SocketAddr,
    _reserved: Vec<Reserved>,
}

impl Addresses {
    /// The wanted ports of Prometheus, Alertmanager and Grafana; for 0 a free one is reserved.
    ///
    /// # Errors
    /// If there is none.
    pub fn reserve(wanted: [u16; 3]) -> std::io::Result<Addresses> {
        let mut reserved = Vec::new();
        let mut address = |port: u16| {
            if port != 0 {
                return Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
            }
            let port = Reserved::any()?;
            let address = port.address();
            reserved.push(port);
            Ok::<_, std::io::Error>(address)
        };
        let [prometheus, alertmanager, grafana] =
            [address(wanted[0])?, address(wanted[1])?, address(wanted[2])?];
        Ok(Addresses { prometheus, alertmanager, grafana, _reserved: reserved })
    }

    /// How to start Prometheus on a deployed copy, with what is beside it in containers. `routes` says whether there
    /// is a configuration for an Alertmanager.
    #[must_use]
    pub fn options(&self, deployed: &Path, routes: bool) -> Options {
        let beside = Beside {
            deployed: deployed.to_owned(),
            alertmanager: routes.then_some(self.alertmanager),
            grafana: Some(self.grafana),
        };
        Options {
            config: Some(deployed.join("prometheus/prometheus.yml")),
            listen: Some(self.prometheus),
            beside: Some(beside),
            ..Options::default()
        }
    }
}

/// After which time from the beginning a server answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    /// Prometheus.
    pub prometheus: Duration,
    /// Alertmanager, if there is one.
    pub alertmanager: Option<Duration>,
}

/// The running servers. Dropped, they end at once with everything that they wrote.
#[derive(Debug)]
pub struct Servers {
    prometheus: Started,
    /// In containers it is part of the other.
    alertmanager: Option<NativeAlertmanager>,
    alertmanager_url: Option<String>,
    _addresses: Addresses,
}

impl Servers {
    /// Starts both and waits until they answer; `began` is what times count from.
    ///
    /// # Errors
    /// If one does not get ready; then nothing is left.
    pub async fn start(
        stack: &Stack,
        environment: &Environment,
        deployed: &Path,
        addresses: Addresses,
        options: &Options,
        began: Instant,
    ) -> Result<(Servers, Ready), StartError> {
        let start_prometheus = async {
            let started = stack.prometheus(environment, options);
            started.await.map(|server| (server, began.elapsed()))
        };
        let start_alertmanager = async {
            let started =
                alertmanager(stack, environment, deployed, addresses.alertmanager).await?;
            Ok::<_, StartError>(started.map(|server| (server, began.elapsed())))
        };
        // Neither is abandoned half-way when the other fails.
        let (prometheus, alertmanager) = tokio::join!(start_prometheus, start_alertmanager);
        let (prometheus, after) = prometheus?;
        let alertmanager = alertmanager?;
        let mut ready = Ready { prometheus: after, alertmanager: None };
        ready.alertmanager = alertmanager.as_ref().map(|(_, after)| *after);
        let servers = Servers::of(prometheus, alertmanager.map(|(server, _)| server), addresses);
        if servers.alertmanager.is_none() && servers.alertmanager_url.is_some() {
            // Prometheus' container waits for it.
            ready.alertmanager = Some(after);
        }
        Ok((servers, ready))
    }

    /// A Prometheus that runs already, with an Alertmanager that is started now, unless it is beside it already.
    ///
    /// # Errors
    /// If that does not get ready; then nothing is left.
    pub async fn beside(
        prometheus: Started,
        stack: &Stack,
        environment: &Environment,
        deployed: &Path,
        addresses: Addresses,
    ) -> Result<Servers, StartError> {
        let started = alertmanager(stack, environment, deployed, addresses.alertmanager).await?;
        Ok(Servers::of(prometheus, started, addresses))
    }

    fn of(
        prometheus: Started,
        alertmanager: Option<NativeAlertmanager>,
        addresses: Addresses,
    ) -> Servers {
        let alertmanager_url = match (&prometheus, &alertmanager) {
            (Started::Contained(servers, _), _) => servers.alertmanager_url(),
            (_, alertmanager) => alertmanager.as_ref().map(|server| server.url().to_owned()),
        };
        Servers { prometheus, alertmanager, alertmanager_url, _addresses: addresses }
    }

    /// Prometheus.
    #[must_use]
    pub fn prometheus(&self) -> &Started {
        &self.prometheus
    }

    /// Alertmanager's base URL; a restart keeps it. None if there is no Alertmanager.
    #[must_use]
    pub fn alertmanager_url(&self) -> Option<&str> {
        self.alertmanager_url.as_deref()
    }

    /// Grafana's base URL, if it runs.
    #[must_use]
    pub fn grafana_url(&self) -> Option<String> {
        match &self.prometheus {
            Started::Contained(servers, _) => servers.grafana_url(),
            Started::Native(_) | Started::External(_) => None,
        }
    }

    /// Whether Prometheus must see Alertmanager at its URL here; in containers it has another one there.
    #[must_use]
    pub fn is_contained(&self) -> bool {
        matches!(self.prometheus, Started::Contained(..))
    }

    /// In what containers differ from those that Compose starts, in words; of programs nothing.
    #[must_use]
    pub fn differences(&self) -> Vec<String> {
        match &self.prometheus {
            Started::Contained(servers, _) => servers.differences(),
            Started::Native(_) | Started::External(_) => Vec::new(),
        }
    }

    /// Who does not reach whom the configuration names, as it was found at the start; asked in containers only.
    #[must_use]
    pub fn lost(&self) -> &[String] {
        match &self.prometheus {
            Started::Contained(servers, _) => servers.lost(),
            Started::Native(_) | Started::External(_) => &[],
        }
    }

    /// The processes of the servers that run on this machine; containers have none that can be seen.
    #[must_use]
    pub fn pids(&self) -> Vec<u32> {
        let alertmanager = self.alertmanager.as_ref().and_then(NativeAlertmanager::running);
        self.prometheus.pid().into_iter().chain(alertmanager).collect()
    }

    /// The directories that the servers live in.
    #[must_use]
    pub fn directories(&self) -> Vec<PathBuf> {
        let prometheus = match &self.prometheus {
            Started::Native(server) => Some(server.directory()),
            Started::Contained(servers, _) => servers.directory(),
            Started::External(_) => None,
        };
        let alertmanager = self.alertmanager.as_ref().map(NativeAlertmanager::directory);
        prometheus.into_iter().chain(alertmanager).map(Path::to_owned).collect()
    }

    /// Which server has ended without being asked, with its last words.
    pub async fn end_of_its_own(&mut self) -> Option<String> {
        if let Some(end) = self.prometheus.end_of_its_own().await {
            return Some(end);
        }
        Some(format!("Alertmanager {}", self.alertmanager.as_mut()?.end_of_its_own()?))
    }

    /// Ends Prometheus and starts it again on the same port and the same data.
    ///
    /// # Errors
    /// If it does not get ready.
    pub async fn restart_prometheus(&mut self) -> Result<(), StartError> {
        self.prometheus.restart().await
    }

    /// Ends Alertmanager; its port stays closed and its data stay.
    pub async fn stop_alertmanager(&mut self) {
        match (&mut self.prometheus, &mut self.alertmanager) {
            (Started::Contained(servers, _), _) => servers.stop_alertmanager().await,
            (_, Some(alertmanager)) => alertmanager.halt().await,
            (_, None) => {}
        }
    }

    /// Starts Alertmanager again on the same port and the same data.
    ///
    /// # Errors
    /// If it does not get ready.
    pub async fn start_alertmanager(&mut self) -> Result<(), StartError> {
        match (&mut self.prometheus, &mut self.alertmanager) {
            (Started::Contained(servers, _), _) => servers.start_alertmanager().await,
            (_, Some(alertmanager)) => alertmanager.resume().await,
            (_, None) => Ok(()),
        }
    }

    /// Ends both and removes everything.
    pub async fn stop(self) {
        let alertmanager = async {
            if let Some(alertmanager) = self.alertmanager {
                alertmanager.stop().await;
            }
        };
        tokio::join!(self.prometheus.stop(), alertmanager);
    }

    /// Ends both and leaves data and logs to the user; where they are. Containers leave their logs in `copy`.
    pub async fn keep(self, copy: &Path) -> Vec<PathBuf> {
        let alertmanager = async {
            match self.alertmanager {
                Some(alertmanager) => Some(alertmanager.keep().await),
                None => None,
            }
        };
        let prometheus = async {
            match self.prometheus {
                Started::Contained(servers, _) => {
                    servers.keep(copy).await;
                    None
                }
                started => started.keep().await,
            }
        };
        let (prometheus, alertmanager) = tokio::join!(prometheus, alertmanager);
        prometheus.into_iter().chain(alertmanager).collect()
    }
}

/// The Alertmanager of this machine, if there is to be one: without its file there is nothing to run it with.
async fn alertmanager(
    stack: &Stack,
    environment: &Environment,
    deployed: &Path,
    at: SocketAddr,
) -> Result<Option<NativeAlertmanager>, StartError> {
    let routes = deployed.join("alertmanager/alertmanager.yml");
    let Stack::Native { alertmanager: Some(binary), .. } = stack else { return Ok(None) };
    if !routes.exists() {
        return Ok(None);
    }
    Ok(Some(NativeAlertmanager::start_at(binary, environment, &routes, at).await?))
}
