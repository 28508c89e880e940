//! A client of Alertmanager's HTTP API, version 2.
//!
//! Posts alerts as Prometheus would, and lists what Alertmanager makes of them: who is told, what
//! mutes them. Instants are milliseconds since the Unix epoch.
//! It must not know which alerts are right.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, RequestBuilder};
use serde::{Deserialize, Serialize};

use prom::series::Labels;

const ANSWER_CEILING: Duration = Duration::from_secs(30);
const CONNECT_CEILING: Duration = Duration::from_secs(5);
/// How much of a foreign answer an error quotes, in characters.
const QUOTED: usize = 200;

/// An Alertmanager at a base URL.
#[derive(Debug, Clone)]
pub struct Alertmanager {
    base: String,
    http: Client,
}

/// An alert as Prometheus sends it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostedAlert {
    /// Its labels, `alertname` among them; they are what tells it apart from others.
    pub labels: Labels,
    /// What a notification says.
    pub annotations: BTreeMap<String, String>,
    /// Since when it fires; the arrival if not stated.
    pub starts_at_ms: Option<i64>,
    /// When it is resolved, unless it is posted again; five minutes after the arrival if not stated
    /// (`resolve_timeout`).
    pub ends_at_ms: Option<i64>,
}

/// An alert as Alertmanager lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedAlert {
    /// Its labels.
    pub labels: Labels,
    /// What a notification says.
    pub annotations: BTreeMap<String, String>,
    /// Alertmanager's name for it.
    pub fingerprint: String,
    /// Who is told.
    pub receivers: Vec<String>,
    /// Whether it is notified.
    pub state: State,
    /// Fingerprints of firing alerts that mute it; Alertmanager may name one of several.
    pub inhibited_by: Vec<String>,
    /// Silences that mute it.
    pub silenced_by: Vec<String>,
    /// Since when it fires.
    pub starts_at_ms: i64,
    /// When it is resolved, unless it is posted again.
    pub ends_at_ms: i64,
}

/// Alerts that share a notification.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AlertGroup {
    /// Who is told.
    pub receiver: String,
    /// The labels by which they are grouped.
    pub labels: Labels,
    /// Their own labels, in order; muted alerts included.
    pub alerts: Vec<Labels>,
}

/// What becomes of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It has just arrived.
    Unprocessed,
    /// It is notified.
    Active,
    /// An inhibition or a silence mutes it.
    Suppressed,
}

/// A request without a usable answer.
#[derive(Debug, thiserror::Error)]
pub enum AlertmanagerError {
    /// The server could not be reached, or broke off.
    #[error("no answer from {url}")]
    Unreachable {
        /// Where it was asked.
        url: String,
        /// The HTTP client's error.
        source: reqwest::Error,
    },
    /// Alertmanager, or something else that listens there, says no.
    #[error("{url} refuses with HTTP {status}: {body}")]
    Refused {
        /// Where it was asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of the answer.
        body: String,
    },
    /// The answer is not of the expected shape.
    #[error("{url} does not answer like an Alertmanager")]
    Unexpected {
        /// Where it was asked.
        url: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// An instant in the answer is none.
    #[error("{url} answers with an instant that is none")]
    Instant {
        /// Where it was asked.
        url: String,
        /// What is wrong with it.
        source: jiff::Error,
    },
}

impl Alertmanager {
    /// A client of the server at `base`, e.g. `http://127.0.0.1:9093`. Nothing is sent yet. Proxy
    /// settings of the environment are ignored.
    ///
    /// # Panics
    /// If the HTTP client cannot be built, which plain HTTP without TLS cannot cause.
    #[must_use]
    pub fn new(base: &str) -> Self {
        let http = Client::builder()
            .no_proxy()
            .connect_timeout(CONNECT_CEILING)
            .timeout(ANSWER_CEILING)
            .build()
            .expect("a client without TLS has nothing that could fail to load");
        Self { base: base.trim_end_matches('/').to_owned(), http }
    }

    /// Whether it is ready to take alerts.
    ///
    /// # Errors
    /// If it is not.
    pub async fn ready(&self) -> Result<(), AlertmanagerError> {
        let url = self.url("/-/ready");
        answer(self.http.get(&url), url).await.map(drop)
    }

    /// Posts alerts, all or none of which are taken.
    ///
    /// # Errors
    /// If it cannot be reached or refuses them.
    pub async fn post(&self, alerts: &[PostedAlert]) -> Result<(), AlertmanagerError> {
        let url = self.url("/api/v2/alerts");
        let alerts: Vec<PostableAlert<'_>> = alerts.iter().map(PostableAlert::of).collect();
        answer(self.http.post(&url).json(&alerts), url).await.map(drop)
    }

    /// All alerts that are not resolved, muted ones included, in the order of their labels.
    ///
    /// # Errors
    /// If it cannot be reached or answers unlike an Alertmanager.
    pub async fn alerts(&self) -> Result<Vec<ListedAlert>, AlertmanagerError> {
        let url = self.url("/api/v2/alerts");
        let body = answer(self.http.get(&url), url.clone()).await?;
        let listed: Vec<GettableAlert> = serde_json::from_slice(&body)
            .map_err(|source| AlertmanagerError::Unexpected { url: url.clone(), source })?;
        let listed = listed.into_iter().map(GettableAlert::into_listed);
        let mut listed = listed
            .collect::<Result<Vec<_>, _>>()
            .map_err(|source| AlertmanagerError::Instant { url, source })?;
        listed.sort_by(|one, other| one.labels.cmp(&other.labels));
        Ok(listed)
    }

    /// All groups of alerts, in order.
    ///
    /// # Errors
    /// As [`Self::alerts`].
    pub async fn groups(&self) -> Result<Vec<AlertGroup>, AlertmanagerError> {
        let url = self.url("/api/v2/alerts/groups");
        let body = answer(self.http.get(&url), url.clone()).await?;
        let listed: Vec<GettableGroup> = serde_json::from_slice(&body)
            .map_err(|source| AlertmanagerError::Unexpected { url, source })?;
        let mut groups: Vec<AlertGroup> =
            listed.into_iter().map(GettableGroup::into_group).collect();
        groups.sort();
        Ok(groups)
    }

    /// The version that it states.
    ///
    /// # Errors
    /// As [`Self::alerts`].
    pub async fn version(&self) -> Result<String, AlertmanagerError> {
        let url = self.url("/api/v2/status");
        let body = answer(self.http.get(&url), url.clone()).await?;
        let status: OwnStatus = serde_json::from_slice(&body)
            .map_err(|source| AlertmanagerError::Unexpected { url, source })?;
        Ok(status.version_info.version)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// `/api/v2/status`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OwnStatus {
    version_info: VersionInfo,
}

#[derive(Deserialize)]
struct VersionInfo {
    version: String,
}

async fn answer(request: RequestBuilder, url: String) -> Result<Vec<u8>, AlertmanagerError> {
    let unreachable = |source: reqwest::Error| AlertmanagerError::Unreachable {
        url: url.clone(),
        source: source.without_url(),
    };
    let response = request.send().await.map_err(unreachable)?;
    let status = response.status();
    let body = response.bytes().await.map_err(unreachable)?;
    if status.is_success() {
        return Ok(body.into());
    }
    let body = String::from_utf8_lossy(&body).chars().take(QUOTED).collect();
    Err(AlertmanagerError::Refused { url, status: status.as_u16(), body })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PostableAlert<'a> {
    labels: BTreeMap<&'a str, &'a str>,
    annotations: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    starts_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<String>,
}

impl<'a> PostableAlert<'a> {
    fn of(alert: &'a PostedAlert) -> Self {
        // An instant that no calendar has can only be a mistake of ours; Alertmanager then says so.
        let instant = |millis: i64| {
            Timestamp::from_millisecond(millis)
                .map_or_else(|_| format!("{millis} ms"), |instant| instant.to_string())
        };
        Self {
            labels: alert.labels.iter().collect(),
            annotations: &alert.annotations,
            starts_at: alert.starts_at_ms.map(instant),
            ends_at: alert.ends_at_ms.map(instant),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GettableAlert {
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    fingerprint: String,
    receivers: Vec<Receiver>,
    status: Status,
    starts_at: String,
    ends_at: String,
}

#[derive(Deserialize)]
struct Receiver {
    name: String,
}

#[derive(Deserialize)]
struct GettableGroup {
    labels: BTreeMap<String, String>,
    receiver: Receiver,
    alerts: Vec<GettableAlert>,
}

impl GettableGroup {
    fn into_group(self) -> AlertGroup {
        let alerts = self.alerts.into_iter().map(|alert| alert.labels.into_iter().collect());
        let mut alerts: Vec<Labels> = alerts.collect();
        alerts.sort();
        let labels = self.labels.into_iter().collect();
        AlertGroup { receiver: self.receiver.name, labels, alerts }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    state: State,
    inhibited_by: Vec<String>,
    silenced_by: Vec<String>,
}

impl GettableAlert {
    fn into_listed(self) -> Result<ListedAlert, jiff::Error> {
        let instant = |text: &str| text.parse().map(Timestamp::as_millisecond);
        Ok(ListedAlert {
            labels: self.labels.into_iter().collect(),
            annotations: self.annotations,
            fingerprint: self.fingerprint,
            receivers: self.receivers.into_iter().map(|receiver| receiver.name).collect(),
            state: self.status.state,
            inhibited_by: self.status.inhibited_by,
            silenced_by: self.status.silenced_by,
            starts_at_ms: instant(&self.starts_at)?,
            ends_at_ms: instant(&self.ends_at)?,
        })
    }
}
