//! A stack: Prometheus and Alertmanager on the deployed files, wherever they run, and a receiver that is notified.
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
    amtool,
    backend::{Stack, Started},
    client::prometheus::{ClientError, Prometheus, Reload},
    deploy::{Cadence, Changes, DeployError, Deployment},
    environment::Environment,
    native::{Options, StartError},
    process::ProcessError,
    promtool,
    receiver::Receiver,
    servers::{Addresses, Servers},
};

/// What fired before Alertmanager was discovered is sent again after this, which by default is a minute. Not less: an
/// alert is valid for four times as long, and a restarted Prometheus, which sends none for 5 s, must not seem to
/// resolve it.
pub const RESEND_DELAY: Duration = Duration::from_secs(3);
/// Samples that are at most this much older than the newest are accepted.
const SPAN: Duration = Duration::from_secs(24 * 3600);

/// Changes the finished copy before anything is started.
pub type EditCopy<'a> = &'a (dyn Fn(&Path) -> io::Result<()> + Sync);

/// What is to be started.
pub struct StackPlan<'a> {
    /// The shipped files.
    pub monitoring: &'a Monitoring,
    /// Where servers come from.
    pub stack: &'a Stack,
    /// The ports of 127.0.0.1 for Prometheus, Alertmanager and Grafana; 0 is any free one.
    pub ports: [u16; 3],
    /// Where directories are made.
    pub environment: &'a Environment,
    /// Where the modules are served; that must be on [`Stack::listen`] for them to be reached.
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
            .field("stack", &self.stack)
            .field("ports", &self.ports)
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
    /// promtool and amtool have read it; in containers the servers themselves do.
    pub checked: Option<Duration>,
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
    // In this order: servers end before their configuration goes.
    servers: Servers,
    prepared: Prepared,
}

/// What is there before servers are: addresses, the copy that names them, the receiver.
#[derive(Debug)]
pub struct Prepared {
    deployment: Deployment,
    receiver: Receiver,
    began: Instant,
    timings: Timings,
}

impl Prepared {
    /// Makes a copy of the files in which everybody is where they will be.
    ///
    /// # Errors
    /// If the files cannot be changed as needed.
    pub fn make(plan: &StackPlan<'_>) -> Result<(Prepared, Addresses), LiveStackError> {
        let began = Instant::now();
        let addresses = Addresses::reserve(plan.ports).map_err(LiveStackError::Port)?;
        let receiver = Receiver::start_on(plan.stack.listen())?;
        let mut timings = Timings { receiver: began.elapsed(), ..Timings::default() };
        let changes = Changes {
            targets: plan.targets.clone(),
            prometheus: Some(addresses.prometheus),
            alertmanager: Some(addresses.alertmanager),
            receiver: Some(format!("http://{}/", plan.stack.reached(receiver.address()))),
            cadence: plan.cadence,
            within: plan.stack.within(),
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
        Ok((Prepared { deployment, receiver, began, timings }, addresses))
    }

    /// The files that the servers will run on.
    #[must_use]
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// How Prometheus is started on them.
    #[must_use]
    pub fn options(&self, addresses: &Addresses) -> Options {
        let directory = self.deployment.directory();
        addresses.options(directory, alertmanager_file(directory).exists())
    }
}

impl LiveStack {
    /// Starts both servers side by side and waits until they answer. Prometheus scrapes for the first time seconds
    /// later: see [`Self::until_settled`].
    ///
    /// # Errors
    /// If the files cannot be changed as needed or are refused, or a server does not get ready; then nothing is left.
    pub async fn start(plan: StackPlan<'_>) -> Result<LiveStack, LiveStackError> {
        let (mut prepared, addresses) = Prepared::make(&plan)?;
        let directory = prepared.deployment.directory().to_owned();
        if let Stack::Native { prometheus, alertmanager } = plan.stack {
            let routes = alertmanager_file(&directory);
            let alertmanager = alertmanager.as_ref().filter(|_| routes.exists());
            let read_by_amtool = async {
                match alertmanager {
                    Some(binary) => amtool::check_config(binary, &routes).await.map(drop),
                    None => Ok(()),
                }
            };
            let config = prometheus_file(&directory);
            let (rules, receivers) =
                tokio::join!(promtool::check_config(prometheus, &config), read_by_amtool);
            rules.map(drop).and(receivers).map_err(LiveStackError::Refused)?;
            prepared.timings.checked = Some(prepared.began.elapsed());
        }
        let options = Options {
            span: if matches!(plan.stack, Stack::Native { .. }) { SPAN } else { Duration::ZERO },
            resend_delay: Some(RESEND_DELAY),
            reloads: true,
            ..prepared.options(&addresses)
        };
        let (stack, environment) = (plan.stack, plan.environment);
        let started =
            Servers::start(stack, environment, &directory, addresses, &options, prepared.began);
        let (servers, ready) = started.await?;
        prepared.timings.prometheus_ready = Some(ready.prometheus);
        prepared.timings.alertmanager_ready = ready.alertmanager;
        Ok(LiveStack { servers, prepared })
    }

    /// A Prometheus that was started on what was prepared, and an Alertmanager that is started now.
    ///
    /// # Errors
    /// If that does not get ready; then nothing is left.
    pub async fn beside(
        prometheus: Started,
        plan: &StackPlan<'_>,
        prepared: Prepared,
        addresses: Addresses,
    ) -> Result<LiveStack, LiveStackError> {
        let directory = prepared.deployment.directory();
        let servers =
            Servers::beside(prometheus, plan.stack, plan.environment, directory, addresses).await?;
        Ok(LiveStack { servers, prepared })
    }

    /// Prometheus' base URL; a restart keeps it.
    #[must_use]
    pub fn prometheus_url(&self) -> &str {
        self.servers.prometheus().url()
    }

    /// A client of Prometheus.
    #[must_use]
    pub fn client(&self) -> Prometheus {
        Prometheus::new(self.prometheus_url())
    }

    /// Alertmanager's base URL; a restart keeps it. None if there is no Alertmanager.
    #[must_use]
    pub fn alertmanager_url(&self) -> Option<&str> {
        self.servers.alertmanager_url()
    }

    /// The servers themselves.
    #[must_use]
    pub fn servers(&self) -> &Servers {
        &self.servers
    }

    /// In what the files and the containers differ from the shipped ones, a line for each.
    #[must_use]
    pub fn differences(&self) -> Vec<String> {
        let files = self.deployment().differences().iter().map(ToString::to_string);
        files.chain(self.servers.differences()).collect()
    }

    /// Whoever is notified.
    #[must_use]
    pub fn receiver(&self) -> &Receiver {
        &self.prepared.receiver
    }

    /// The files that the servers run on. What was edited in the copy is not among its differences.
    #[must_use]
    pub fn deployment(&self) -> &Deployment {
        &self.prepared.deployment
    }

    /// How long after the beginning each step was done.
    #[must_use]
    pub fn timings(&self) -> Timings {
        self.prepared.timings
    }

    /// When it was begun to be started.
    #[must_use]
    pub fn began(&self) -> Instant {
        self.prepared.began
    }

    /// The processes of the servers that run.
    #[must_use]
    pub fn pids(&self) -> Vec<u32> {
        self.servers.pids()
    }

    /// The directories that the servers and their configuration live in.
    #[must_use]
    pub fn directories(&self) -> Vec<PathBuf> {
        let copy = self.prepared.deployment.directory().to_owned();
        self.servers.directories().into_iter().chain([copy]).collect()
    }

    /// Which server has ended without being asked, with its last words.
    pub async fn end_of_its_own(&mut self) -> Option<String> {
        self.servers.end_of_its_own().await
    }

    /// Waits until every target was scraped, Alertmanager is discovered and a rule was evaluated, which takes five to
    /// six seconds from the start, whatever the intervals.
    ///
    /// # Errors
    /// If that does not come true within `ceiling`: what was missing last.
    pub async fn until_settled(&mut self, ceiling: Duration) -> Result<Timings, SettleError> {
        let settled = settle::wait(self, ceiling).await?;
        self.prepared.timings = settled;
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
        self.servers.restart_prometheus().await
    }

    /// Ends Alertmanager; its port stays closed and its data stay.
    pub async fn stop_alertmanager(&mut self) {
        self.servers.stop_alertmanager().await;
    }

    /// Starts Alertmanager again on the same port and the same data.
    ///
    /// # Errors
    /// If it does not get ready.
    pub async fn start_alertmanager(&mut self) -> Result<(), StartError> {
        self.servers.start_alertmanager().await
    }

    /// Ends both servers and removes everything.
    pub async fn stop(self) {
        self.servers.stop().await;
    }

    /// Ends both servers and leaves data, logs and configuration to the user; where they are. Of containers only logs
    /// are left, beside the configuration.
    pub async fn keep(self) -> Vec<PathBuf> {
        let LiveStack { servers, prepared } = self;
        let kept = servers.keep(prepared.deployment.directory()).await;
        [prepared.deployment.keep()].into_iter().chain(kept).collect()
    }
}

fn prometheus_file(directory: &Path) -> PathBuf {
    directory.join("prometheus/prometheus.yml")
}

fn alertmanager_file(directory: &Path) -> PathBuf {
    directory.join("alertmanager/alertmanager.yml")
}
