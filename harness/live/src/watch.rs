//! What Prometheus says of its targets while a story goes on.
//!
//! Asked again and again; only what changed is kept. Whether it is right is judged elsewhere.

use std::collections::BTreeMap;

use stack::client::prometheus::{ClientError, Prometheus, Target};

/// What was said of one scrape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// `up` or `down`.
    pub health: String,
    /// Why it failed, in Prometheus' words; empty if it did not.
    pub error: String,
}

/// What was said of each scrape that was seen, by the target's `instance` and the scrape's start in Unix milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Watched(BTreeMap<String, BTreeMap<i64, Told>>);

impl Watched {
    /// Asks once.
    ///
    /// # Errors
    /// If Prometheus does not answer.
    pub async fn look(&mut self, client: &Prometheus) -> Result<(), ClientError> {
        for target in client.targets().await? {
            self.note(&target);
        }
        Ok(())
    }

    fn note(&mut self, target: &Target) {
        let Some(at_ms) = target.last_scrape_ms() else { return };
        let instance = target.labels.get("instance").unwrap_or_default().to_owned();
        let told = Told { health: target.health.clone(), error: target.last_error.clone() };
        self.0.entry(instance).or_default().insert(at_ms, told);
    }

    /// What was said of a target's scrapes, by their start in Unix milliseconds.
    #[must_use]
    pub fn of(&self, instance: &str) -> Option<&BTreeMap<i64, Told>> {
        self.0.get(instance)
    }

    /// What was said of the scrape whose samples have this timestamp, which may be 2 ms off its start.
    #[must_use]
    pub fn at(&self, instance: &str, at_ms: i64) -> Option<&Told> {
        let near = self.of(instance)?.range(at_ms - ALIGNED_MS..=at_ms + ALIGNED_MS);
        near.min_by_key(|(start, _)| start.abs_diff(at_ms)).map(|(_, told)| told)
    }
}

/// By how much a timestamp may be aligned (`scrapeTimestampTolerance` in Prometheus' scrape/scrape.go), and rounding.
pub(super) const ALIGNED_MS: i64 = 3;
