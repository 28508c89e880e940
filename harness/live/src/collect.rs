//! What Prometheus has stored and says of itself once a story is over.
//!
//! Everything is asked of its API, as anybody could. What it should have stored is not known here.

use std::collections::{BTreeMap, BTreeSet};

use prom::series::Series;
use stack::client::prometheus::{ClientError, LoadedGroup, Prometheus, Target};

/// The series that Prometheus adds to every target, as a matcher on names.
pub(super) const OWN: &str = "up|scrape_.*";

/// What was asked.
#[derive(Clone, Debug, Default)]
pub struct Collected {
    /// When, in Unix milliseconds.
    pub at_ms: i64,
    /// `up` of each target by its `instance`.
    pub up: BTreeMap<String, Series>,
    /// `scrape_duration_seconds` of each target by its `instance`.
    pub durations: BTreeMap<String, Series>,
    /// Every series that scraping stored of a target, by its `instance`.
    pub samples: BTreeMap<String, Vec<Series>>,
    /// `ALERTS`, as the rule manager wrote it.
    pub alerts: Vec<Series>,
    /// Recorded series by metric.
    pub recorded: BTreeMap<String, Vec<Series>>,
    /// The rules that are evaluated.
    pub groups: Vec<LoadedGroup>,
    /// The targets that are scraped.
    pub targets: Vec<Target>,
}

/// Asks for everything of the last `span_ms` before `at_ms`: of the targets with these `instance` labels, and of the
/// metrics that rules record.
///
/// # Errors
/// If Prometheus does not answer.
pub async fn collect(
    client: &Prometheus,
    (at_ms, span_ms): (i64, i64),
    instances: &[String],
    records: &BTreeSet<String>,
) -> Result<Collected, ClientError> {
    let by_instance = |series: Vec<Series>| -> BTreeMap<String, Series> {
        let named = series
            .into_iter()
            .filter_map(|one| Some((one.labels.get("instance").map(str::to_owned)?, one)));
        named.collect()
    };
    let mut found = Collected {
        at_ms,
        up: by_instance(client.samples("up", at_ms, span_ms).await?),
        durations: by_instance(client.samples("scrape_duration_seconds", at_ms, span_ms).await?),
        alerts: client.samples("ALERTS", at_ms, span_ms).await?,
        groups: client.rules().await?,
        targets: client.targets().await?,
        ..Collected::default()
    };
    for instance in instances {
        let selector = scraped(instance, records);
        let series = client.samples(&selector, at_ms, span_ms).await?;
        found.samples.insert(instance.clone(), series);
    }
    for record in records {
        let series = client.samples(record, at_ms, span_ms).await?;
        found.recorded.insert(record.clone(), series);
    }
    Ok(found)
}

/// A selector of what a target itself shows: neither what Prometheus adds nor what `records` make of it.
pub(super) fn scraped(instance: &str, records: &BTreeSet<String>) -> String {
    let made: String = records.iter().map(|record| format!("|{record}")).collect();
    format!("{{instance=\"{instance}\",__name__!~\"{OWN}|ALERTS|ALERTS_FOR_STATE{made}\"}}")
}
