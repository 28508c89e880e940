//! A stack of a story's own: Prometheus and Alertmanager on the deployed files, and a receiver that is notified.
//!
//! Fresh for each story, so that one story's windows never leak into the next. The servers know their ports before they
//! start, since Prometheus scrapes itself and sends alerts to an address in its configuration: ports are reserved and
//! stay so while a server is down. What is served and what should happen is not known here.

mod settle;

use std::{
    fmt, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use modules::serve::BindError;
use sim::world::Instance;

use monitoring::Monitoring;
pub use settle::SettleError;
use stack::{
    alertmanager_binary::AlertmanagerBinary,
    amtool,
    client::prometheus::{ClientError, Prometheus, Reload},
    deploy::{Cadence, Changes, DeployError, Deployment},
    environment::Environment,
    native::{NativePrometheus, Options, StartError},
    native_alertmanager::NativeAlertmanager,
    port::Reserved,
    process::ProcessError,
    prometheus_binary::PrometheusBinary,
    promtool,
    receiver::Receiver,
};

/// What fired before Alertmanager was discovered is sent again after this, which by default is a minute. Not less: an
/// alert is valid for four times as long, and a restarted Prometheus, which sends none for 5 s, must not seem to
/// resolve it.
pub(crate) const RESEND_DELAY: Duration = Duration::from_secs(3);
/// Samples that are at most this much older than the newest are accepted.
const SPAN: Duration = Duration::from_secs(24 * 3600);

/// Changes the finished copy before anything is started.
pub type EditCopy<'a> = &'a (dyn Fn(&Path) -> io::Result<()> + Sync);

/// What is to be started.
pub struct StackPlan<'a> {
    /// The shipped files.
    pub monitoring: &'a Monitoring,
    /// Which Prometheus.
    pub prometheus: &'a PrometheusBinary,
    /// Which Alertmanager; without one, alerts are sent to a port on which nobody listens.
    pub alertmanager: Option<&'a AlertmanagerBinary>,
    /// Where directories are made.
    pub environment: &'a Environment,
    /// Where the modules are served.
    pub targets: Vec<(Instance, SocketAddr)>,
    /// How often things happen, where not as often as shipped.
    pub cadence: Option<Cadence>,
    /// A fault to plant into the copy.
    pub edit: Option<EditCopy<'a>>,
}

impl fmt::Debug for StackPlan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StackPlan")
            .field("monitoring", &self.monitoring.directory)
            .field("prometheus", &self.prometheus)
            .field("alertmanager", &self.alertmanager)
            .field("targets", &self.targets)
            .field("cadence", &self.cadence)
            .field("edited", &self.edit.is_some())
            .finish_non_exhaustive()
    }
}

/// A stack that was not started; nothing of it is left.
#[derive(Debug, thiserror::Error)]
pub enum LiveStackError {
    /// No port could be reserved.
    #[error("no port of 127.0.0.1 can be reserved")]
    Port(#[source] io::Error),
    /// The receiver has no port.
    #[error(transparent)]
    Receiver(#[from] BindError),
    /// The copy of the files could not be made.
    #[error(transparent)]
    Deploy(#[from] DeployError),
    /// The copy could not be edited.
    #[error("cannot edit the copy of the configuration at {directory}")]
    Edit {
        /// The copy.
        directory: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// promtool or amtool refuses the files.
    #[error("the configuration is refused, so nothing was started")]
    Refused(#[source] ProcessError),
    /// A server did not get ready.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// How long after the beginning each step was done. What has not happened yet is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// The receiver listens and ports are reserved.
    pub receiver: Duration,
    /// The copy is written.
    pub copied: Duration,
    /// promtool and amtool have read it.
    pub checked: Duration,
    /// Prometheus answers.
    pub prometheus_ready: Option<Duration>,
    /// Alertmanager answers.
    pub alertmanager_ready: Option<Duration>,
    /// Every target was scraped once, with or without success.
    pub scraped: Option<Duration>,
    /// Prometheus has discovered Alertmanager.
    pub discovered: Option<Duration>,
    /// The first rule was evaluated.
    pub evaluated: Option<Duration>,
}

/// A running stack. Dropped, it ends at once with everything that it wrote.
#[derive(Debug)]
pub struct LiveStack {
    // In this order: servers end before their configuration goes, and then their ports.
    prometheus: NativePrometheus,
    alertmanager: Option<NativeAlertmanager>,
    deployment: Deployment,
    receiver: Receiver,
    began: Instant,
    timings: Timings,
    _ports: [Reserved; 2],
}

impl LiveStack {
    /// Starts both servers side by side and waits until they answer. Prometheus scrapes for the first time seconds
    /// later: see [`Self::until_settled`].
    ///
    /// # Errors
    /// If the files cannot be changed as needed or are refused, or a server does not get ready; then nothing is left.
    pub async fn start(plan: StackPlan<'_>) -> Result<LiveStack, LiveStackError> {
        let began = Instant::now();
        let reserve = || Reserved::any().map_err(LiveStackError::Port);
        let ports = [reserve()?, reserve()?];
        let [prometheus_at, alertmanager_at] = [ports[0].address(), ports[1].address()];
        let receiver = Receiver::start()?;
        let mut timings = Timings { receiver: began.elapsed(), ..Timings::default() };
        let changes = Changes {
            targets: plan.targets.clone(),
            prometheus: Some(prometheus_at),
            alertmanager: Some(alertmanager_at),
            receiver: Some(receiver.url()),
            cadence: plan.cadence,
        };
        let deployment = Deployment::write(plan.monitoring, &changes, plan.environment)?;
        let directory = deployment.directory();
        if let Some(edit) = plan.edit {
            edit(directory).map_err(|source| LiveStackError::Edit {
                directory: directory.to_owned(),
                source,
            })?;
        }
        timings.copied = began.elapsed();
        let (config, routes) = (prometheus_file(directory), alertmanager_file(directory));
        // Without its file there is nothing to run an Alertmanager with.
        let alertmanager = plan.alertmanager.filter(|_| routes.exists());
        let read_by_amtool = async {
            match alertmanager {
                Some(binary) => amtool::check_config(binary, &routes).await.map(drop),
                None => Ok(()),
            }
        };
        let (rules, receivers) =
            tokio::join!(promtool::check_config(plan.prometheus, &config), read_by_amtool);
        rules.map(drop).and(receivers).map_err(LiveStackError::Refused)?;
        timings.checked = began.elapsed();

        let options = Options {
            config: Some(config),
            span: SPAN,
            listen: Some(prometheus_at),
            resend_delay: Some(RESEND_DELAY),
            reloads: true,
        };
        let start_prometheus = async {
            let started = NativePrometheus::start(plan.prometheus, plan.environment, &options);
            started.await.map(|server| (server, began.elapsed()))
        };
        let start_alertmanager = async {
            let Some(binary) = alertmanager else { return Ok(None) };
            let at = alertmanager_at;
            let started = NativeAlertmanager::start_at(binary, plan.environment, &routes, at);
            started.await.map(|server| Some((server, began.elapsed())))
        };
        // Neither is abandoned half-way when the other fails.
        let (prometheus, alertmanager) = tokio::join!(start_prometheus, start_alertmanager);
        let (prometheus, ready) = prometheus?;
        timings.prometheus_ready = Some(ready);
        let alertmanager = alertmanager?.map(|(server, ready)| {
            timings.alertmanager_ready = Some(ready);
            server
        });
        Ok(LiveStack {
            prometheus,
            alertmanager,
            deployment,
            receiver,
            began,
            timings,
            _ports: ports,
        })
    }

    /// Prometheus' base URL; a restart keeps it.
    #[must_use]
    pub fn prometheus_url(&self) -> &str {
        self.prometheus.url()
    }

    /// A client of Prometheus.
    #[must_use]
    pub fn client(&self) -> Prometheus {
        Prometheus::new(self.prometheus_url())
    }

    /// Alertmanager's base URL; a restart keeps it. None if there is no Alertmanager.
    #[must_use]
    pub fn alertmanager_url(&self) -> Option<&str> {
        self.alertmanager.as_ref().map(NativeAlertmanager::url)
    }

    /// Whoever is notified.
    #[must_use]
    pub fn receiver(&self) -> &Receiver {
        &self.receiver
    }

    /// The files that the servers run on. What was edited in the copy is not among its differences.
    #[must_use]
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// How long after the beginning each step was done.
    #[must_use]
    pub fn timings(&self) -> Timings {
        self.timings
    }

    /// When it was begun to be started.
    #[must_use]
    pub fn began(&self) -> Instant {
        self.began
    }

    /// The processes of the servers that run.
    #[must_use]
    pub fn pids(&self) -> Vec<u32> {
        let alertmanager = self.alertmanager.as_ref().and_then(NativeAlertmanager::running);
        std::iter::once(self.prometheus.pid()).chain(alertmanager).collect()
    }

    /// The directories that the servers and their configuration live in.
    #[must_use]
    pub fn directories(&self) -> Vec<PathBuf> {
        let alertmanager = self.alertmanager.as_ref().map(NativeAlertmanager::directory);
        let directories = [self.prometheus.directory(), self.deployment.directory()];
        directories.into_iter().chain(alertmanager).map(Path::to_owned).collect()
    }

    /// Which server has ended without being asked, with its last words.
    pub fn end_of_its_own(&mut self) -> Option<String> {
        let prometheus = self.prometheus.end_of_its_own().map(|end| format!("Prometheus {end}"));
        prometheus.or_else(|| {
            Some(format!("Alertmanager {}", self.alertmanager.as_mut()?.end_of_its_own()?))
        })
    }

    /// Waits until every target was scraped, Alertmanager is discovered and a rule was evaluated, which takes five to
    /// six seconds from the start, whatever the intervals.
    ///
    /// # Errors
    /// If that does not come true within `ceiling`: what was missing last.
    pub async fn until_settled(&mut self, ceiling: Duration) -> Result<Timings, SettleError> {
        let settled = settle::wait(self, ceiling).await?;
        self.timings = settled;
        Ok(settled)
    }

    /// Has Prometheus read its files again, and tells whether it took them.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn reload(&self) -> Result<Reload, ClientError> {
        self.client().reload().await
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
        if let Some(alertmanager) = &mut self.alertmanager {
            alertmanager.halt().await;
        }
    }

    /// Starts Alertmanager again on the same port and the same data.
    ///
    /// # Errors
    /// If it does not get ready.
    pub async fn start_alertmanager(&mut self) -> Result<(), StartError> {
        match &mut self.alertmanager {
            Some(alertmanager) => alertmanager.resume().await,
            None => Ok(()),
        }
    }

    /// Ends both servers and removes everything.
    pub async fn stop(self) {
        let alertmanager = async {
            if let Some(alertmanager) = self.alertmanager {
                alertmanager.stop().await;
            }
        };
        tokio::join!(self.prometheus.stop(), alertmanager);
    }

    /// Ends both servers and leaves data, logs and configuration to the user; where they are.
    pub async fn keep(self) -> Vec<PathBuf> {
        let alertmanager = async {
            match self.alertmanager {
                Some(alertmanager) => Some(alertmanager.keep().await),
                None => None,
            }
        };
        let (prometheus, alertmanager) = tokio::join!(self.prometheus.keep(), alertmanager);
        [Some(self.deployment.keep()), Some(prometheus), alertmanager]
            .into_iter()
            .flatten()
            .collect()
    }
}

fn prometheus_file(directory: &Path) -> PathBuf {
    directory.join("prometheus/prometheus.yml")
}

fn alertmanager_file(directory: &Path) -> PathBuf {
    directory.join("alertmanager/alertmanager.yml")
}
