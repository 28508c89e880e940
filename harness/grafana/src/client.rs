//! A running Grafana, asked by its HTTP API.
//!
//! `/api/health` needs no credentials and gets none. Wrong ones are sent once: five failures lock a user out, so that
//! even the right password is refused for a while. What an answer should hold is not known here.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use serde_json::Value;
use stack::client::endpoint::{Credentials, Endpoint};

use crate::{Answers, DataSource, Request, answer::AnswerError};

/// Grafana's own default for queries of a data source is 30 s; its explanation is to arrive first.
const CEILING: Duration = Duration::from_secs(60);
/// How much of a foreign answer an error quotes, in characters.
const QUOTED: usize = 200;

/// A Grafana at a base URL.
#[derive(Debug, Clone)]
pub struct Grafana {
    base: String,
    as_whom: &'static str,
    anonymous: Client,
    http: Client,
    refused: Arc<AtomicBool>,
}

/// What `/api/health` says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Health {
    /// Its version, such as `13.2.0`.
    #[serde(default)]
    pub version: String,
    /// `ok` if its database answers.
    #[serde(default)]
    pub database: String,
}

/// A dashboard that `/api/search` lists.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// Its uid.
    pub uid: String,
    /// Its title.
    pub title: String,
    /// The folder's title; none in the general one.
    pub folder_title: Option<String>,
}

/// Why a Grafana cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answers.
    #[error("Grafana at {base} does not answer")]
    Unreachable {
        /// Where.
        base: String,
        /// Why.
        source: reqwest::Error,
    },
    /// It does not take the credentials; they are not sent again.
    #[error("Grafana at {base} refuses {as_whom} ({status})")]
    Credentials {
        /// Where.
        base: String,
        /// As whom it was asked.
        as_whom: &'static str,
        /// The HTTP status; of a later attempt that was not made, in words.
        status: String,
    },
    /// It answers with an error.
    #[error("Grafana at {base} answered {path} with {status}: {message}")]
    Refused {
        /// Where.
        base: String,
        /// What was asked.
        path: String,
        /// The HTTP status.
        status: u16,
        /// Its words.
        message: String,
    },
    /// It answers unlike a Grafana.
    #[error("{base}{path} answered {status} unlike a Grafana: {quoted}")]
    Foreign {
        /// Where.
        base: String,
        /// What was asked.
        path: String,
        /// The HTTP status.
        status: u16,
        /// The first characters of it.
        quoted: String,
    },
    /// It answered a query with no results.
    #[error(transparent)]
    Answer(#[from] AnswerError),
}

impl ClientError {
    /// What can be done about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => {
                "start it, or name its base URL: --grafana-url http://HOST:PORT"
            }
            Self::Credentials { .. } => {
                "give a service account's token (DASHPROOF_GRAFANA_TOKEN or --grafana-token-file), or a user with a password; wrong ones are not tried again, as Grafana locks a user out after five"
            }
            Self::Refused { status: 404, .. } => "see that its version is one that is supported",
            Self::Refused { .. } | Self::Answer(_) => "see Grafana's log",
            Self::Foreign { .. } => "name Grafana's own base URL: --grafana-url http://HOST:PORT",
        }
    }
}

impl Grafana {
    /// A client of the Grafana at `endpoint`, with its credentials. Nothing is sent yet.
    #[must_use]
    pub fn at(endpoint: &Endpoint) -> Grafana {
        Grafana {
            base: endpoint.base.clone(),
            as_whom: endpoint.credentials.kind(),
            anonymous: Endpoint { credentials: Credentials::None, ..endpoint.clone() }
                .http(CEILING),
            http: endpoint.http(CEILING),
            refused: Arc::default(),
        }
    }

    /// Its base URL, without a trailing slash.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Whether it is healthy, and its version.
    ///
    /// # Errors
    /// If it does not answer, or unlike a Grafana.
    pub async fn health(&self) -> Result<Health, ClientError> {
        let path = "/api/health";
        let (status, text) = self.sent(self.anonymous.get(self.url(path))).await?;
        let health: Result<Health, _> = serde_json::from_str(&text);
        match health {
            Ok(health) if !health.version.is_empty() => Ok(health),
            _ => Err(self.foreign(path, status, &text)),
        }
    }

    /// Every dashboard that it has.
    ///
    /// # Errors
    /// If it cannot be asked.
    pub async fn dashboards(&self) -> Result<Vec<Listed>, ClientError> {
        self.get("/api/search?type=dash-db&limit=5000").await
    }

    /// A dashboard's JSON as Grafana has it stored.
    ///
    /// # Errors
    /// If it cannot be asked, or has no such dashboard.
    pub async fn dashboard(&self, uid: &str) -> Result<Value, ClientError> {
        let mut whole: Value = self.get(&format!("/api/dashboards/uid/{uid}")).await?;
        Ok(whole["dashboard"].take())
    }

    /// A data source by its uid; none if there is none.
    ///
    /// # Errors
    /// If it cannot be asked.
    pub async fn data_source(&self, uid: &str) -> Result<Option<DataSource>, ClientError> {
        let found: Result<Value, _> = self.get(&format!("/api/datasources/uid/{uid}")).await;
        let found = match found {
            Err(ClientError::Refused { status: 404, .. }) => return Ok(None),
            found => found?,
        };
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Ok(Some(DataSource {
            uid: text(&found["uid"]).unwrap_or_else(|| uid.to_owned()),
            id: found["id"].as_i64(),
            time_interval: text(&found["jsonData"]["timeInterval"]).filter(|text| !text.is_empty()),
        }))
    }

    /// Whether a data source reaches its Prometheus: in Grafana's words why not. Versions that have no health of data
    /// sources are asked the query `1+1`, as their page does.
    ///
    /// # Errors
    /// If Grafana itself cannot be asked.
    pub async fn reaches(&self, source: &DataSource) -> Result<Result<(), String>, ClientError> {
        let path = format!("/api/datasources/uid/{}/health", source.uid);
        let (status, text) = self.asked(self.http.get(self.url(&path))).await?;
        let told: Value = serde_json::from_str(&text).unwrap_or_default();
        let words = || told["message"].as_str().unwrap_or(&text).to_owned();
        match status {
            200 if told["status"] == "OK" => Ok(Ok(())),
            404 => self.reaches_by_query(source).await,
            _ => Ok(Err(words())),
        }
    }

    async fn reaches_by_query(
        &self,
        source: &DataSource,
    ) -> Result<Result<(), String>, ClientError> {
        let body = serde_json::json!({
            "from": "0", "to": "1000",
            "queries": [{
                "refId": "test", "expr": "1+1", "instant": true, "range": false,
                "datasource": {"type": "prometheus", "uid": source.uid},
                "intervalMs": 1000, "maxDataPoints": 100,
            }],
        });
        let request = self.http.post(self.url("/api/ds/query")).json(&body);
        let (status, text) = self.asked(request).await?;
        Ok(match Answers::read(status, &text) {
            Ok(answers) => match answers.0.into_values().find_map(|answered| answered.error) {
                Some(error) => Err(error),
                None => Ok(()),
            },
            Err(error) => Err(error.to_string()),
        })
    }

    /// Asks for a panel.
    ///
    /// # Errors
    /// If it cannot be asked, or answers without results.
    pub async fn query(&self, request: &Request) -> Result<Answers, ClientError> {
        let mut sent = self.http.post(self.url("/api/ds/query")).json(&request.body);
        for (name, value) in &request.headers {
            sent = sent.header(*name, value);
        }
        let (status, text) = self.asked(sent).await?;
        Ok(Answers::read(status, &text)?)
    }

    /// Has it read its data source files again, which it does at a start only.
    ///
    /// # Errors
    /// If it cannot be asked.
    pub async fn reload_data_sources(&self) -> Result<(), ClientError> {
        let path = "/api/admin/provisioning/datasources/reload";
        let (status, text) = self.asked(self.http.post(self.url(path))).await?;
        if status == 200 { Ok(()) } else { Err(self.error(path, status, &text)) }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    async fn get<T: for<'de> Deserialize<'de>>(&self, path: &str) -> Result<T, ClientError> {
        let (status, text) = self.asked(self.http.get(self.url(path))).await?;
        if status != 200 {
            return Err(self.error(path, status, &text));
        }
        serde_json::from_str(&text).map_err(|_| self.foreign(path, status, &text))
    }

    /// Sends with credentials, unless they were refused before.
    async fn asked(&self, request: RequestBuilder) -> Result<(u16, String), ClientError> {
        let refused = |status: String| ClientError::Credentials {
            base: self.base.clone(),
            as_whom: self.as_whom,
            status,
        };
        if self.refused.load(Ordering::SeqCst) {
            return Err(refused("and is not asked again".to_owned()));
        }
        let (status, text) = self.sent(request).await?;
        if matches!(status, 401 | 403) {
            self.refused.store(true, Ordering::SeqCst);
            return Err(refused(status.to_string()));
        }
        Ok((status, text))
    }

    async fn sent(&self, request: RequestBuilder) -> Result<(u16, String), ClientError> {
        let unreachable = |source: reqwest::Error| ClientError::Unreachable {
            base: self.base.clone(),
            source: source.without_url(),
        };
        let answer = request.send().await.map_err(unreachable)?;
        let status = answer.status().as_u16();
        Ok((status, answer.text().await.map_err(unreachable)?))
    }

    fn error(&self, path: &str, status: u16, text: &str) -> ClientError {
        let told: Value = serde_json::from_str(text).unwrap_or_default();
        let Some(message) = told["message"].as_str() else {
            return self.foreign(path, status, text);
        };
        let (base, path, message) = (self.base.clone(), path.to_owned(), message.to_owned());
        ClientError::Refused { base, path, status, message }
    }

    fn foreign(&self, path: &str, status: u16, text: &str) -> ClientError {
        let quoted = text.chars().take(QUOTED).collect();
        ClientError::Foreign { base: self.base.clone(), path: path.to_owned(), status, quoted }
    }
}
