//! When each target is scraped within its interval, and with which labels: asked of a Prometheus that is then ended.
//!
//! The offset is a hash of the target's labels and URL and of the host's name (`Target.offset` in Prometheus'
//! scrape/target.go), so that every Prometheus here with this configuration scrapes at the same instants. Nobody needs
//! to answer: a failed scrape tells as much.

use std::time::Duration;

use sim::world::Instance;

use super::Setting;
use prom::{
    duration,
    series::{Labels, Value},
    version::{Line, Version},
};
use proof::backfill::TargetConfig;
use scrape::Intake;
use stack::{
    client::prometheus::{ClientError, Prometheus},
    native::{Options, StartError},
    poll::{self, Pending, PollError},
};

/// The first scrape comes 5 to 6 s after the start and one interval (measured on both lines).
const CEILING: Duration = Duration::from_secs(90);
const INTERVAL: Duration = Duration::from_millis(50);

/// A target as Prometheus scrapes it.
#[derive(Clone, Debug)]
pub struct ScrapedTarget {
    /// The copy of a module that answers; none for a server whose metrics are not simulated.
    pub instance: Option<Instance>,
    /// Its labels, and its phase after the story's start.
    pub config: TargetConfig,
}

impl ScrapedTarget {
    /// The labels that all its samples have.
    #[must_use]
    pub fn labels(&self) -> Labels {
        self.config.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}

/// Why phases are not known.
#[derive(Debug, thiserror::Error)]
pub enum PhaseError {
    /// The Prometheus that tells them did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// It did not say which version it is.
    #[error(transparent)]
    Version(ClientError),
    /// It did not tell them.
    #[error("Prometheus gave no information on when it scrapes the modules")]
    Ask(#[source] PollError<ClientError>),
}

/// The targets of the configuration.
///
/// # Errors
/// If Prometheus does not start, or does not scrape every module.
pub async fn targets(setting: &Setting<'_>) -> Result<Vec<ScrapedTarget>, PhaseError> {
    let config = Some(setting.config().to_owned());
    let options = Options { config, steady: true, ..Options::default() };
    let server = setting.stack.prometheus(setting.environment, &options).await?;
    let client = server.client();
    let found = async {
        let version = server.version().await.map_err(PhaseError::Version)?;
        let line = version.map_or(Line::V3, Version::line);
        poll::until(CEILING, INTERVAL, || scraped(setting, &client, line))
            .await
            .map_err(PhaseError::Ask)
    };
    let found = found.await;
    server.stop().await;
    found
}

/// All targets, once each copy of a module has been scraped. Servers have longer intervals, and what is known of them
/// does not change (they are up): one that was not scraped yet gets whatever phase.
async fn scraped(
    setting: &Setting<'_>,
    client: &Prometheus,
    line: Line,
) -> Result<Vec<ScrapedTarget>, Pending<ClientError>> {
    let targets = client.targets().await.map_err(Pending::Failed)?;
    // Beyond the newest sample, whatever the clocks say to the millisecond.
    let soon = setting.now_ms() + 1_000;
    let answer = client.query("timestamp(up)", soon).await.map_err(Pending::Failed)?;
    let Value::Vector(stamps) = answer.value else { return Err(waiting("no vector")) };
    let mut found = Vec::new();
    for target in targets {
        let address = target.discovered_labels.get("__address__").unwrap_or_default();
        let instance = setting.instance_at(address);
        let stamp = stamps.iter().find(|stamp| stamp.labels == target.labels);
        let at_ms = stamp.map(|stamp| (stamp.value * 1000.0).round() as i64);
        if instance.is_some() && at_ms.is_none() {
            return Err(waiting(&format!("{} was not scraped yet", target.scrape_url)));
        }
        let millis = |text: &str| duration::parse(text).unwrap_or_default().max(1);
        let interval_ms = millis(&target.scrape_interval);
        let since_start = at_ms.unwrap_or_default() - setting.clock.epoch_unix_ms();
        let job = setting.deployed.config.jobs.iter().find(|job| job.name == target.scrape_pool);
        let intake = job.map_or_else(Intake::default, |job| Intake::as_far_as_emulated(job, line));
        let labels = target.labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = TargetConfig {
            labels: labels.collect(),
            interval_ms,
            timeout_ms: millis(&target.scrape_timeout),
            phase_ms: since_start.rem_euclid(interval_ms),
            intake,
        };
        found.push(ScrapedTarget { instance, config });
    }
    for (instance, address) in setting.modules {
        if !found.iter().any(|target| target.instance == Some(*instance)) {
            return Err(waiting(&format!("no target at {address}, where {instance:?} is served")));
        }
    }
    Ok(found)
}

fn waiting(status: &str) -> Pending<ClientError> {
    Pending::NotYet { status: status.to_owned() }
}

impl Setting<'_> {
    /// The module copy that is scraped at `address`; its host may be written as a name.
    fn instance_at(&self, address: &str) -> Option<Instance> {
        let port: u16 = address.rsplit(':').next()?.parse().ok()?;
        self.modules.iter().find(|(_, served)| served.port() == port).map(|(instance, _)| *instance)
    }
}
