//! What a query costs the server, and what the server says of its own size.
//!
//! Part of the query client. The values that a query yields are not looked at here.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};

use super::{ClientError, Prometheus, Status, fetch, seconds};
use crate::client::decode::Envelope;

/// What a query cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct QueryCost {
    /// Seconds from the query's arrival to its answer, by the server's own clock.
    pub seconds: f64,
    /// Samples that were looked at, each as often as it was.
    pub samples: u64,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "result")]
    _result: IgnoredAny,
    stats: Option<Stats>,
}

#[derive(Deserialize)]
struct Stats {
    timings: Timings,
    #[serde(default)]
    samples: Option<Samples>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Timings {
    exec_total_time: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Samples {
    total_queryable_samples: u64,
}

impl Prometheus {
    /// What `expr` costs over a range, or at one instant where `range` is `None`; instants and step in milliseconds.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn cost(
        &self,
        expr: &str,
        at: i64,
        range: Option<(i64, i64)>,
    ) -> Result<QueryCost, ClientError> {
        let (path, mut form) = match range {
            None => ("/api/v1/query", vec![("time", seconds(at))]),
            Some((start, step)) => {
                let span =
                    [("start", seconds(start)), ("end", seconds(at)), ("step", seconds(step))];
                ("/api/v1/query_range", span.to_vec())
            }
        };
        form.extend([("query", expr.to_owned()), ("stats", "true".to_owned())]);
        let url = self.url(path);
        let frame: Envelope<Data> = fetch(self.http.post(&url).form(&form), &url, expr).await?;
        debug_assert_eq!(frame.status, Status::Success);
        let stats = frame.data.and_then(|data| data.stats);
        let stats = stats.ok_or_else(|| {
            ClientError::unexpected(&url, expr, "there are no statistics of the query".into())
        })?;
        Ok(QueryCost {
            seconds: stats.timings.exec_total_time,
            samples: stats.samples.map_or(0, |samples| samples.total_queryable_samples),
        })
    }

    /// The server's own metrics that have no labels, by name.
    ///
    /// # Errors
    /// If the server cannot be reached.
    pub async fn own_metrics(&self) -> Result<BTreeMap<String, f64>, ClientError> {
        let url = self.url("/metrics");
        let unreachable = |source| ClientError::unreachable(&url, "its own metrics", source);
        let response = self.http.get(&url).send().await.map_err(unreachable)?;
        let text = response.text().await.map_err(unreachable)?;
        let sample = |line: &str| {
            let (name, value) = line.split_once(' ')?;
            Some((name.to_owned(), value.trim().parse().ok()?))
        };
        Ok(text.lines().filter(|line| !line.starts_with('#')).filter_map(sample).collect())
    }
}
