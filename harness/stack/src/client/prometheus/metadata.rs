//! What a Prometheus says about itself: labels, series, targets, version, readiness.
//!
//! Part of the query client; used where a road needs the labels that the real engine gave, and
//! to find out which version answers. No sample values pass here.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{ClientError, Problem, Prometheus, QUOTED, content_type, seconds};
use prom::series::{Labels, Series, Value};

/// `/api/v1/status/buildinfo`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct BuildInfo {
    /// The version as the server prints it, e.g. `3.5.3` or, by Debian, `2.42.0+ds`; some products state none.
    #[serde(default)]
    pub version: Option<String>,
    /// The product's name; Prometheus itself states none.
    #[serde(default)]
    pub application: Option<String>,
}

/// One active target of `/api/v1/targets`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// The job's name.
    pub scrape_pool: String,
    /// The address as scraped, with parameters.
    pub scrape_url: String,
    /// The labels that every sample of the target gets.
    pub labels: Labels,
    /// The labels before relabelling.
    pub discovered_labels: Labels,
    /// `up`, `down` or `unknown` (not scraped yet).
    pub health: String,
    /// Why the last scrape failed; empty if it did not.
    pub last_error: String,
    /// When the last scrape began, in UTC; the year 1 if there was none.
    #[serde(default)]
    pub last_scrape: String,
    /// The effective interval, in Prometheus' notation, e.g. `5s`.
    pub scrape_interval: String,
    /// The effective timeout, in Prometheus' notation.
    pub scrape_timeout: String,
}

/// One group of `/api/v1/rules`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoadedGroup {
    /// Its name.
    pub name: String,
    /// The path of its file.
    pub file: String,
    /// Its rules, in order.
    pub rules: Vec<LoadedRule>,
}

/// One rule as the rule manager has it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoadedRule {
    /// The recorded metric or the alert's name.
    pub name: String,
    /// `ok`, `err` or `unknown` (not evaluated yet).
    pub health: String,
    /// Why the last evaluation failed; empty if it did not.
    #[serde(default)]
    pub last_error: String,
}

impl Target {
    /// When the last scrape began, in Unix milliseconds; `None` if there was none.
    #[must_use]
    pub fn last_scrape_ms(&self) -> Option<i64> {
        let at = self.last_scrape.parse::<jiff::Timestamp>().ok()?.as_millisecond();
        (at > 0).then_some(at)
    }
}

#[derive(Deserialize)]
struct RuleGroups {
    groups: Vec<LoadedGroup>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Targets {
    active_targets: Vec<Target>,
}

impl Prometheus {
    /// The values that `label` takes among the series that match any of `matchers` (all series if
    /// there are none) with samples between `start` and `end`.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn label_values(
        &self,
        label: &str,
        matchers: &[&str],
        start: i64,
        end: i64,
    ) -> Result<Vec<String>, ClientError> {
        let path = format!("/api/v1/label/{label}/values");
        self.get(&path, &selection(matchers, start, end)).await
    }

    /// The label sets of the series that match any of `matchers` with samples between `start` and
    /// `end`.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn series(
        &self,
        matchers: &[&str],
        start: i64,
        end: i64,
    ) -> Result<Vec<Labels>, ClientError> {
        self.get("/api/v1/series", &selection(matchers, start, end)).await
    }

    /// The targets that are being scraped.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn targets(&self) -> Result<Vec<Target>, ClientError> {
        let parameters = [("state", "active".to_owned())];
        let targets: Targets = self.get("/api/v1/targets", &parameters).await?;
        Ok(targets.active_targets)
    }

    /// The rules that the rule manager evaluates.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn rules(&self) -> Result<Vec<LoadedGroup>, ClientError> {
        let found: RuleGroups = self.get("/api/v1/rules", &[]).await?;
        Ok(found.groups)
    }

    /// The samples of a selector's series in the `span_ms` before `at`, as they are stored.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn samples(
        &self,
        selector: &str,
        at: i64,
        span_ms: i64,
    ) -> Result<Vec<Series>, ClientError> {
        let expr = format!("{selector}[{span_ms}ms]");
        match self.query(&expr, at).await?.value {
            Value::Matrix(series) => Ok(series),
            other => {
                let reason = format!("expected the samples of a range, found {other:?}");
                Err(ClientError::unexpected(&self.url("/api/v1/query"), &expr, reason))
            }
        }
    }

    /// Which version answers.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn build_info(&self) -> Result<BuildInfo, ClientError> {
        self.get("/api/v1/status/buildinfo", &[]).await
    }

    /// The flags that it was started with, without dashes.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn flags(&self) -> Result<BTreeMap<String, String>, ClientError> {
        self.get("/api/v1/status/flags", &[]).await
    }

    /// What the server says of its health (`/-/healthy`), in which each product names itself.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub async fn health(&self) -> Result<String, ClientError> {
        self.text("/-/healthy").await
    }

    /// The text at `path`, which begins with a slash.
    ///
    /// # Errors
    /// If the server cannot be reached or has none.
    pub async fn text(&self, path: &str) -> Result<String, ClientError> {
        let url = self.url(path);
        let unreachable = |source| ClientError::unreachable(&url, "", source);
        let response = self.http.get(&url).send().await.map_err(unreachable)?;
        let (status, content_type) = (response.status(), content_type(&response));
        let body = response.text().await.map_err(unreachable)?;
        if status.is_success() {
            return Ok(body);
        }
        let (status, body) = (status.as_u16(), body.chars().take(QUOTED).collect());
        let problem = Problem::NotPrometheus { status, content_type, body };
        Err(ClientError { url, asked: String::new(), problem })
    }

    /// Whether the server is ready to answer queries (`/-/ready`).
    ///
    /// # Errors
    /// If the server cannot be reached or says that it is not ready.
    pub async fn ready(&self) -> Result<(), ClientError> {
        let url = self.url("/-/ready");
        let unreachable = |source| ClientError::unreachable(&url, "", source);
        let response = self.http.get(&url).send().await.map_err(unreachable)?;
        if response.status().is_success() {
            return Ok(());
        }
        let (status, content_type) = (response.status().as_u16(), content_type(&response));
        let body = response.text().await.map_err(unreachable)?;
        let problem = if status == 503 {
            Problem::Refused { status, error_type: "unavailable".into(), error: body }
        } else {
            let body = body.chars().take(QUOTED).collect();
            Problem::NotPrometheus { status, content_type, body }
        };
        Err(ClientError { url, asked: String::new(), problem })
    }
}

fn selection(matchers: &[&str], start: i64, end: i64) -> Vec<(&'static str, String)> {
    let matchers = matchers.iter().map(|matcher| ("match[]", (*matcher).to_owned()));
    matchers.chain([("start", seconds(start)), ("end", seconds(end))]).collect()
}
