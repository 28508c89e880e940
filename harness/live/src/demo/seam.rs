//! Samples until each target's first real scrape, so that no series has a hole.
//!
//! A Prometheus that was just started scrapes nobody for 5 to 6 s. Meanwhile every scrape that is due and that it does
//! not make is played and written. A scrape is due for some time before it is written, so that one that Prometheus is
//! about to make is not made twice.

use std::time::Duration;

use modules::clock::Clock;
use sim::time::Nanos;

use super::phases::ScrapedTarget;
use prom::series::Labels;
use proof::backfill::{NoWitness, Playing};
use scenario::Source;
use stack::client::{
    prometheus::{ClientError, Prometheus},
    remote_write::{RemoteWriter, WriteError},
};

/// How long after a scrape was due Prometheus has made it, or will not. A scrape over loopback takes milliseconds.
const GRACE: Nanos = Nanos(500 * Nanos::MILLISECOND.0);
/// How often it is looked at.
const STEP: Duration = Duration::from_millis(100);
/// Every target's first scrape comes 5 to 6 s after the start and one interval.
const CEILING: Nanos = Nanos(90 * Nanos::SECOND.0);

/// Why the seam is open.
#[derive(Debug, thiserror::Error)]
pub enum SeamError {
    /// Prometheus does not say whom it has scraped.
    #[error(transparent)]
    Ask(#[from] ClientError),
    /// It does not take samples.
    #[error("samples between history and the first scrape were not stored")]
    Write(#[from] WriteError),
    /// It does not scrape.
    #[error("Prometheus has not scraped {target} within {CEILING_SECONDS} s of its start")]
    NotScraped {
        /// Its labels.
        target: Labels,
    },
}

const CEILING_SECONDS: u64 = CEILING.0 / Nanos::SECOND.0;

/// What carries on until Prometheus scrapes.
#[derive(Debug)]
pub struct Bridge {
    playing: Playing<Source, NoWitness>,
    targets: Vec<ScrapedTarget>,
    clock: Clock,
    writer: RemoteWriter,
    client: Prometheus,
}

impl Bridge {
    pub(super) fn new(
        playing: Playing<Source, NoWitness>,
        targets: Vec<ScrapedTarget>,
        clock: Clock,
        url: &str,
    ) -> Bridge {
        let (writer, client) = (RemoteWriter::new(url), Prometheus::new(url));
        Bridge { playing, targets, clock, writer, client }
    }

    /// Writes samples until every copy of a module was scraped once. Nothing may change the served story before that:
    /// what is written here would not know of it.
    ///
    /// # Errors
    /// If Prometheus does not answer, store or scrape.
    pub async fn until_modules(&mut self) -> Result<(), SeamError> {
        self.until(|target| target.instance.is_some()).await
    }

    /// Goes on until the other servers were scraped too, which are up whatever the story does.
    ///
    /// # Errors
    /// If Prometheus does not answer, store or scrape.
    pub async fn until_servers(&mut self) -> Result<(), SeamError> {
        self.until(|_| true).await
    }

    async fn until(
        &mut self,
        waited_for: impl Fn(&ScrapedTarget) -> bool,
    ) -> Result<(), SeamError> {
        let deadline = self.clock.now() + CEILING;
        let mut steps = tokio::time::interval(STEP);
        loop {
            steps.tick().await;
            // Read before asking: what was due long before now has been made by the time of the answer.
            let now = self.clock.now();
            let scraped = self.client.targets().await?;
            let waits = |labels: &Labels| {
                let found = scraped.iter().find(|target| target.labels == *labels);
                found.is_none_or(|target| target.health == "unknown")
            };
            let mut open = None;
            for (nth, target) in self.targets.iter().enumerate() {
                let labels = target.labels();
                if !waits(&labels) {
                    self.playing.leave(nth);
                } else if waited_for(target) {
                    open = Some(labels);
                }
            }
            let Some(target) = open else { return Ok(()) };
            if deadline < now {
                return Err(SeamError::NotScraped { target });
            }
            self.playing.write_until(now.saturating_sub(GRACE), &self.writer, |_| ()).await?;
        }
    }
}
