//! Writes samples into a Prometheus by remote write, version 1.
//!
//! Used by the backfill road. A [`WriteSession`] takes windows of virtual time, oldest first, and
//! sends each as several requests on a few connections at once; the next window starts when the
//! whole of the previous one is stored, so the samples of a series always arrive in time order.
//! The first request of a session goes alone.
//! The protocol: a protobuf `prometheus.WriteRequest`, compressed as a raw snappy block, see
//! <https://prometheus.io/docs/specs/prw/remote_write_spec/>.
//! It must not know where the samples come from.

use std::collections::VecDeque;
use std::time::Duration;

use reqwest::Client;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use super::endpoint::Endpoint;
use prom::remote_write::{SeriesRef, encode};

/// Samples per request. Anything from 20,000 to 100,000 is equally fast (measured on 2.42 and 3.5).
const REQUEST_SAMPLES: usize = 50_000;
/// Requests in flight. A second one keeps the server busy while the next body is encoded; four
/// gained nothing (measured on two cores).
const CONNECTIONS: usize = 2;
const ANSWER_CEILING: Duration = Duration::from_secs(120);

/// The remote-write endpoint of a server.
#[derive(Debug, Clone)]
pub struct RemoteWriter {
    url: String,
    /// Asked after each session.
    flush: Option<String>,
    http: Client,
}

/// Samples that were not stored.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The server could not be reached, or broke off.
    #[error("no answer from {url}")]
    Unreachable {
        /// The endpoint.
        url: String,
        /// The HTTP client's error.
        source: reqwest::Error,
    },
    /// The server refused a request; none of the request's samples may be relied on.
    #[error("{url} refuses samples with HTTP {status}: {body}")]
    Refused {
        /// The endpoint.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The server's explanation.
        body: String,
    },
    /// The session had already failed, and its error was reported.
    #[error("the write session to {url} had already failed")]
    Closed {
        /// The endpoint.
        url: String,
    },
}

/// How much a session stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Samples stored, stale markers included.
    pub samples: usize,
    /// Requests sent.
    pub requests: usize,
    /// Bytes of their bodies.
    pub bytes: usize,
}

impl WriteError {
    /// Whether the server refuses samples for their age, in the words of Prometheus.
    #[must_use]
    pub fn is_too_old(&self) -> bool {
        let words = ["out of bounds", "out of order", "too old", "too far in the past"];
        matches!(self, Self::Refused { body, .. } if words.iter().any(|words| body.contains(words)))
    }
}

impl RemoteWriter {
    /// A writer to the server at `base`, e.g. `http://127.0.0.1:9090`; samples go to
    /// `<base>/api/v1/write`. Nothing is sent yet. Proxy settings of the environment are ignored.
    ///
    /// # Panics
    /// If the HTTP client cannot be built, which plain HTTP without TLS cannot cause.
    #[must_use]
    pub fn new(base: &str) -> Self {
        let http = Client::builder()
            .no_proxy()
            .timeout(ANSWER_CEILING)
            .build()
            .expect("a client without TLS has nothing that could fail to load");
        Self { url: format!("{}/api/v1/write", base.trim_end_matches('/')), flush: None, http }
    }

    /// A writer to `endpoint`, with its credentials. Nothing is sent yet.
    #[must_use]
    pub fn at(endpoint: &Endpoint) -> Self {
        let http = endpoint.http(ANSWER_CEILING);
        Self { url: endpoint.write.clone(), flush: endpoint.flush.clone(), http }
    }

    /// Writes one batch in one request. Prometheus stores all of it or, on an error, none.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses the samples.
    pub async fn write(&self, batch: &[SeriesRef<'_>]) -> Result<(), WriteError> {
        self.send(encode(batch)).await
    }

    /// Starts a session. It needs a running tokio runtime.
    #[must_use]
    pub fn session(&self) -> WriteSession {
        // One window waits while one is sent: the producer simulates meanwhile, memory is bounded.
        let (windows, queue) = mpsc::channel(1);
        let sender = tokio::spawn(send_windows(self.clone(), queue));
        WriteSession {
            url: self.url.clone(),
            windows,
            sender: Some(sender),
            bodies: Written::default(),
        }
    }

    /// Has the server show what it has stored, if it is one that must be told.
    async fn flush(&self) -> Result<(), WriteError> {
        let Some(url) = &self.flush else { return Ok(()) };
        let unreachable = |source: reqwest::Error| WriteError::Unreachable {
            url: url.clone(),
            source: source.without_url(),
        };
        let response = self.http.get(url).send().await.map_err(unreachable)?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let body = response.text().await.map_err(unreachable)?.trim().to_owned();
        Err(WriteError::Refused { url: url.clone(), status: status.as_u16(), body })
    }

    async fn send(&self, body: Vec<u8>) -> Result<(), WriteError> {
        let unreachable = |source: reqwest::Error| WriteError::Unreachable {
            url: self.url.clone(),
            source: source.without_url(),
        };
        let request = self
            .http
            .post(&self.url)
            .header(CONTENT_TYPE, "application/x-protobuf")
            .header(CONTENT_ENCODING, "snappy")
            .header("X-Prometheus-Remote-Write-Version", "0.1.0")
            .body(body);
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let body = response.text().await.map_err(unreachable)?.trim().to_owned();
        Err(WriteError::Refused { url: self.url.clone(), status: status.as_u16(), body })
    }
}

/// Windows on their way into a server. Dropping it abandons what is not stored yet.
#[derive(Debug)]
pub struct WriteSession {
    url: String,
    windows: mpsc::Sender<VecDeque<Vec<u8>>>,
    sender: Option<JoinHandle<Result<(), WriteError>>>,
    bodies: Written,
}

impl WriteSession {
    /// Queues one window: each series once, its samples in time order and later than those of any
    /// earlier window. Encodes at once, so the samples may be reused as soon as it returns; waits
    /// while an earlier window is still queued.
    ///
    /// # Errors
    /// The error of an earlier window; then nothing more is sent.
    pub async fn push(&mut self, window: &[SeriesRef<'_>]) -> Result<(), WriteError> {
        let mut bodies = VecDeque::new();
        let mut rest = window;
        while !rest.is_empty() {
            let (request, later) = rest.split_at(series_of_one_request(rest));
            let body = encode(request);
            self.bodies.requests += 1;
            self.bodies.bytes += body.len();
            self.bodies.samples += request.iter().map(|series| series.samples.len()).sum::<usize>();
            bodies.push_back(body);
            rest = later;
        }
        if self.windows.send(bodies).await.is_ok() {
            return Ok(());
        }
        Err(self.failure().await)
    }

    /// Waits until everything is stored.
    ///
    /// # Errors
    /// The first request that was not stored.
    pub async fn finish(mut self) -> Result<Written, WriteError> {
        let (closed, _) = mpsc::channel(1);
        self.windows = closed;
        match self.sender.take() {
            Some(sender) => joined(sender.await)?,
            None => return Err(WriteError::Closed { url: self.url.clone() }),
        }
        Ok(self.bodies)
    }

    async fn failure(&mut self) -> WriteError {
        let closed = WriteError::Closed { url: self.url.clone() };
        match self.sender.take() {
            Some(sender) => joined(sender.await).err().unwrap_or(closed),
            None => closed,
        }
    }
}

impl Drop for WriteSession {
    fn drop(&mut self) {
        if let Some(sender) = &self.sender {
            sender.abort();
        }
    }
}

/// How many series fill a request. A series is never split: its samples would race each other.
fn series_of_one_request(window: &[SeriesRef<'_>]) -> usize {
    let mut samples = 0;
    let full = window.iter().position(|series| {
        samples += series.samples.len();
        samples >= REQUEST_SAMPLES
    });
    full.map_or(window.len(), |last| last + 1)
}

async fn send_windows(
    writer: RemoteWriter,
    mut queue: mpsc::Receiver<VecDeque<Vec<u8>>>,
) -> Result<(), WriteError> {
    let mut first = true;
    while let Some(mut bodies) = queue.recv().await {
        let mut in_flight = JoinSet::new();
        // A new head's bounds are set in two steps (`Head.initTime` in Prometheus' `tsdb/head.go`): an appender that is
        // made between them finds everything out of bounds.
        if std::mem::take(&mut first)
            && let Some(body) = bodies.pop_front()
        {
            writer.send(body).await?;
        }
        loop {
            while in_flight.len() < CONNECTIONS
                && let Some(body) = bodies.pop_front()
            {
                let writer = writer.clone();
                in_flight.spawn(async move { writer.send(body).await });
            }
            match in_flight.join_next().await {
                Some(outcome) => joined(outcome)?,
                None => break,
            }
        }
    }
    writer.flush().await
}

/// A panic in a task is our bug and goes on in whoever waits for it.
fn joined(
    outcome: Result<Result<(), WriteError>, tokio::task::JoinError>,
) -> Result<(), WriteError> {
    outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}
