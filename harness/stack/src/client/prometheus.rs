//! A client of the Prometheus HTTP query API, version 1.
//!
//! Used by every road to ask panels, rules and metadata; any server that speaks the API will do.
//! Instants and steps are integer milliseconds; the API's float seconds are written with exactly
//! three decimals and read back rounded, so an instant survives the round trip.
//! It must not know what the answers are compared with.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, Response};
use serde::de::DeserializeOwned;

use super::decode::{Envelope, QueryData, Status};
use super::endpoint::Endpoint;
pub use alerts::ActiveAlert;
pub use cost::QueryCost;
pub use error::{ClientError, Problem};
pub use metadata::{BuildInfo, LoadedGroup, LoadedRule, Target};
pub use operation::Reload;
use prom::series::{Answer, Labels, Series, Value};

mod alerts;
mod cost;
mod error;
mod metadata;
mod operation;

/// The points per series beyond which Prometheus refuses a range query
/// (`maxPointsPerTimeseries` in its `web/api/v1`).
pub const MAX_POINTS: i64 = 11_000;

/// Longer than the server's own default of two minutes, so that its explanation arrives first.
const ANSWER_CEILING: Duration = Duration::from_secs(150);
const CONNECT_CEILING: Duration = Duration::from_secs(5);
/// How much of a foreign answer an error quotes, in characters.
const QUOTED: usize = 200;

/// A Prometheus-compatible server at a base URL.
#[derive(Debug, Clone)]
pub struct Prometheus {
    base: String,
    /// Added to every query.
    parameters: &'static [(&'static str, &'static str)],
    http: Client,
}

impl Prometheus {
    /// A client of the server at `base`, e.g. `http://127.0.0.1:9090` or, behind a path prefix,
    /// `http://host/prometheus`. Nothing is sent yet. Proxy settings of the environment are ignored.
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
        Self { base: base.trim_end_matches('/').to_owned(), parameters: &[], http }
    }

    /// A client of the server at `endpoint`, with its credentials. Nothing is sent yet.
    #[must_use]
    pub fn at(endpoint: &Endpoint) -> Self {
        Self {
            base: endpoint.base.clone(),
            parameters: endpoint.parameters,
            http: endpoint.http(ANSWER_CEILING),
        }
    }

    /// The base URL, without a trailing slash.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The value of `expr` at the instant `at`.
    ///
    /// # Errors
    /// If the server cannot be reached, refuses the query or answers unlike a Prometheus.
    pub async fn query(&self, expr: &str, at: i64) -> Result<Answer, ClientError> {
        let time = seconds(at);
        let form = [("query", expr), ("time", time.as_str())];
        self.value("/api/v1/query", &form, format!("{expr} at {time}")).await
    }

    /// The values of `expr` at `start`, `start + step`, … up to and including `end`.
    ///
    /// # Errors
    /// As [`Self::query`]; more than [`MAX_POINTS`] steps are refused by the server.
    pub async fn query_range(
        &self,
        expr: &str,
        start: i64,
        end: i64,
        step: i64,
    ) -> Result<Answer, ClientError> {
        let (from, to, every) = (seconds(start), seconds(end), seconds(step));
        let form = [
            ("query", expr),
            ("start", from.as_str()),
            ("end", to.as_str()),
            ("step", every.as_str()),
        ];
        let asked = format!("{expr} from {from} to {to} every {every}");
        self.value("/api/v1/query_range", &form, asked).await
    }

    /// As [`Self::query_range`], in as many requests as the limit on points asks for; the parts are
    /// joined by label set. The result is always a matrix, sorted by labels.
    ///
    /// # Errors
    /// As [`Self::query`], for the first part that fails.
    ///
    /// # Panics
    /// If `step` is not positive.
    pub async fn query_range_in_parts(
        &self,
        expr: &str,
        start: i64,
        end: i64,
        step: i64,
    ) -> Result<Answer, ClientError> {
        let mut series: BTreeMap<Labels, Vec<(i64, f64)>> = BTreeMap::new();
        let (mut warnings, mut infos) = (Vec::new(), Vec::new());
        for (from, to) in parts(start, end, step) {
            let part = self.query_range(expr, from, to, step).await?;
            if let Value::Matrix(found) = part.value {
                for Series { labels, points } in found {
                    series.entry(labels).or_default().extend(points);
                }
            }
            warnings.extend(part.warnings);
            infos.extend(part.infos);
        }
        for remarks in [&mut warnings, &mut infos] {
            remarks.sort();
            remarks.dedup();
        }
        let series = series.into_iter().map(|(labels, points)| Series { labels, points }).collect();
        Ok(Answer { value: Value::Matrix(series), warnings, infos })
    }

    async fn value(
        &self,
        path: &str,
        form: &[(&str, &str)],
        asked: String,
    ) -> Result<Answer, ClientError> {
        let url = self.url(path);
        let form: Vec<_> = form.iter().chain(self.parameters).collect();
        let request = self.http.post(&url).form(&form);
        let frame: Envelope<QueryData> = fetch(request, &url, &asked).await?;
        let unexpected = |reason| ClientError::unexpected(&url, &asked, reason);
        let data = frame.data.ok_or_else(|| unexpected("there is no data".into()))?;
        let value = data.into_value().map_err(unexpected)?;
        Ok(Answer { value, warnings: frame.warnings, infos: frame.infos })
    }

    /// The `data` of any other endpoint.
    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        parameters: &[(&str, String)],
    ) -> Result<T, ClientError> {
        let url = self.url(path);
        let asked = parameters.iter().map(|(name, value)| format!("{name}={value}"));
        let asked = asked.collect::<Vec<_>>().join(" ");
        let frame: Envelope<T> = fetch(self.http.get(&url).query(parameters), &url, &asked).await?;
        frame.data.ok_or_else(|| ClientError::unexpected(&url, &asked, "there is no data".into()))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// Sends the request and reads the frame; an answer of status "error" becomes an error.
async fn fetch<T: DeserializeOwned>(
    request: RequestBuilder,
    url: &str,
    asked: &str,
) -> Result<Envelope<T>, ClientError> {
    let unreachable = |source| ClientError::unreachable(url, asked, source);
    let response = request.send().await.map_err(unreachable)?;
    let status = response.status().as_u16();
    let content_type = content_type(&response);
    let body = response.bytes().await.map_err(unreachable)?;
    let problem = match serde_json::from_slice::<Envelope<T>>(&body) {
        Ok(frame) if frame.status == Status::Success => return Ok(frame),
        Ok(frame) => Problem::Refused { status, error_type: frame.error_type, error: frame.error },
        // A frame of which only the data is odd is still a Prometheus'.
        Err(source) => match serde_json::from_slice::<Envelope<serde::de::IgnoredAny>>(&body) {
            Ok(_) => Problem::Unexpected { reason: source.to_string() },
            Err(_) => Problem::NotPrometheus {
                status,
                content_type,
                body: String::from_utf8_lossy(&body).chars().take(QUOTED).collect(),
            },
        },
    };
    Err(ClientError { url: url.to_owned(), asked: asked.to_owned(), problem })
}

fn content_type(response: &Response) -> String {
    let value = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or("no content type").to_owned()
}

/// Float seconds with exactly three decimals: `1500` is `1.500`.
fn seconds(milliseconds: i64) -> String {
    let sign = if milliseconds < 0 { "-" } else { "" };
    let magnitude = milliseconds.unsigned_abs();
    format!("{sign}{}.{:03}", magnitude / 1000, magnitude % 1000)
}

/// Splits the steps from `start` to `end` into runs of at most [`MAX_POINTS`].
fn parts(start: i64, end: i64, step: i64) -> impl Iterator<Item = (i64, i64)> {
    assert!(step > 0, "a range query needs a positive step, not {step} ms");
    let span = step * (MAX_POINTS - 1);
    let mut from = start;
    std::iter::from_fn(move || {
        let to = end.min(from + span);
        let part = (from <= end).then_some((from, to));
        from = from + span + step;
        part
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_with_three_decimals() {
        let written = [0, 5, 1500, 1_700_000_000_123, -1, -2500].map(seconds);
        assert_eq!(written, ["0.000", "0.005", "1.500", "1700000000.123", "-0.001", "-2.500"]);
    }

    #[test]
    fn parts_cover_every_step_once_within_the_limit() {
        for points in [1, 2, MAX_POINTS, MAX_POINTS + 1, 3 * MAX_POINTS + 7] {
            let steps: Vec<i64> = parts(10, 10 + (points - 1) * 5, 5)
                .inspect(|(from, to)| assert!((to - from) / 5 < MAX_POINTS))
                .flat_map(|(from, to)| (from..=to).step_by(5))
                .collect();
            assert_eq!(steps, (0..points).map(|k| 10 + k * 5).collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_empty_range_has_no_parts() {
        assert_eq!(parts(10, 9, 5).count(), 0);
    }
}
