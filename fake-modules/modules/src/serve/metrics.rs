//! The answers of one module copy: `/metrics`, `/-/healthy`, `/-/ready`.
//!
//! What is shown comes from a [`Source`], which is asked for one instant's values only; encoding and compressing
//! happen afterwards, in memory that is used again. Where the values come from, this does not know.

use std::{
    io::{self, Write as _},
    mem,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{
        HeaderMap, HeaderName, Method, StatusCode,
        header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, VARY},
    },
    response::{IntoResponse as _, Response},
    routing::get,
};
use flate2::{Compression, write::GzEncoder};
use tokio::sync::Semaphore;

use super::negotiate;
use sim::time::Nanos;

use crate::exposition::{self, Format, Snapshot};

/// The response header with the scrape's number, from 1 for each copy of a module.
pub const SEQUENCE_HEADER: HeaderName = HeaderName::from_static("dashproof-scrape");
/// The response header with the simulated instant at which the scrape was taken, in nanoseconds since the start.
pub const AT_HEADER: HeaderName = HeaderName::from_static("dashproof-at");

/// Scratch memory that is kept for the next scrapes.
const KEPT: usize = 8;

/// What is shown at an instant.
pub trait Source: Send + Sync + 'static {
    /// Takes the values of this instant.
    ///
    /// # Errors
    /// If there is nothing to be shown.
    fn take(&self, purpose: Purpose, into: &mut Snapshot) -> Result<Taken, TakeError>;
}

/// Why values are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be served: a scrape, with a number of its own.
    Scrape,
    /// To be looked at: nobody gets the values.
    Look,
}

/// Which scrape it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its number, from 1.
    pub sequence: u64,
    /// The simulated instant.
    pub at: Nanos,
}

/// Why there is nothing to be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TakeError {
    /// The module does not run: whoever asks gets no answer at all.
    #[error("the module is down")]
    Down,
    /// It cannot be known what to show.
    #[error("{0}")]
    Broken(String),
}

/// Memory for one answer.
#[derive(Debug, Default)]
struct Scratch {
    snapshot: Snapshot,
    plain: Vec<u8>,
    packed: Vec<u8>,
}

struct Shared {
    source: Box<dyn Source>,
    scratch: Mutex<Vec<Scratch>>,
    /// As many answers are encoded at once as there are processors.
    encoders: Semaphore,
}

/// The routes of a module copy that shows what `source` has.
pub fn router(source: impl Source) -> Router {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let shared = Arc::new(Shared {
        source: Box::new(source),
        scratch: Mutex::default(),
        encoders: Semaphore::new(processors),
    });
    Router::new()
        .route("/metrics", get(metrics))
        .route("/-/healthy", get(|| async { "healthy\n" }))
        .route("/-/ready", get(ready))
        .fallback(|| async {
            (StatusCode::NOT_FOUND, "not found; there are /metrics, /-/healthy and /-/ready\n")
        })
        .with_state(shared)
}

async fn ready(State(shared): State<Arc<Shared>>) -> Response {
    match shared.source.take(Purpose::Look, &mut Snapshot::default()) {
        Ok(_) => "ready\n".into_response(),
        Err(TakeError::Down) => std::future::pending().await,
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

async fn metrics(
    State(shared): State<Arc<Shared>>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let format = negotiate::format(&joined(&headers, &ACCEPT));
    let gzip = negotiate::accepts_gzip(&joined(&headers, &ACCEPT_ENCODING));
    let purpose = if method == Method::HEAD { Purpose::Look } else { Purpose::Scrape };
    let answer = {
        let _turn = shared.encoders.acquire().await;
        let shared = Arc::clone(&shared);
        tokio::task::spawn_blocking(move || shared.answer(purpose, format, gzip)).await
    };
    match answer {
        Ok(Ok(answer)) => answer,
        // A process that has ended says nothing more; the listener is about to cut the connection.
        Ok(Err(AnswerError::Take(TakeError::Down))) => std::future::pending().await,
        Ok(Err(error)) => failed(&error.to_string()),
        Err(panic) => failed(&panic.to_string()),
    }
}

fn failed(why: &str) -> Response {
    let text = format!("the metrics cannot be encoded: {why}\n");
    (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
}

/// The values of a header; several headers of a name are one list.
fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.collect::<Vec<_>>().join(",")
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum AnswerError {
    #[error(transparent)]
    Take(TakeError),
    #[error("compressing failed: {0}")]
    Compress(io::Error),
}

impl Shared {
    fn answer(
        self: Arc<Self>,
        purpose: Purpose,
        format: Format,
        gzip: bool,
    ) -> Result<Response, AnswerError> {
        let mut scratch = self.kept().pop().unwrap_or_default();
        let taken = self.source.take(purpose, &mut scratch.snapshot).map_err(AnswerError::Take)?;
        scratch.plain.clear();
        exposition::encode(&scratch.snapshot.exposition(), format, &mut scratch.plain);
        if gzip {
            let mut packed = mem::take(&mut scratch.packed);
            packed.clear();
            let mut encoder = GzEncoder::new(packed, Compression::fast());
            encoder.write_all(&scratch.plain).map_err(AnswerError::Compress)?;
            scratch.packed = encoder.finish().map_err(AnswerError::Compress)?;
        }
        let body = Bytes::from_owner(Lent { scratch, gzip, owner: self });
        let headers = [
            (CONTENT_TYPE, format.content_type().to_owned()),
            (VARY, "Accept, Accept-Encoding".to_owned()),
            (SEQUENCE_HEADER, taken.sequence.to_string()),
            (AT_HEADER, taken.at.0.to_string()),
        ];
        let mut response = (headers, Body::from(body)).into_response();
        if gzip {
            let coding = axum::http::HeaderValue::from_static("gzip");
            response.headers_mut().insert(CONTENT_ENCODING, coding);
        }
        Ok(response)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Vec<Scratch>> {
        // Memory is memory, whoever panicked.
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer on its way, whose memory comes back when it was sent.
struct Lent {
    scratch: Scratch,
    gzip: bool,
    owner: Arc<Shared>,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        if self.gzip { &self.scratch.packed } else { &self.scratch.plain }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut kept = self.owner.kept();
        if kept.len() < KEPT {
            kept.push(mem::take(&mut self.scratch));
        }
    }
}
