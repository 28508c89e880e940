//! What Grafana answers to `POST /api/ds/query`: frames, or why there are none.
//!
//! A value that JSON cannot hold (NaN, an infinity) is `null` and named in `entities`; a `null` that
//! is not named there is no value. An empty instant of 9.3 has no `frames`. One broken target makes
//! the whole answer 400 (207 where that is switched on), and the others carry frames all the same.
//! Sources: grafana-plugin-sdk-go data/frame_json.go, grafana pkg/api/metrics.go, recorded answers.
//! What was asked is not known here.

use std::collections::BTreeMap;

use monitoring::grafana::legend::Labels;
use serde::Deserialize;

pub use frame::Frame;

mod frame;

/// An answer, by refId.
#[derive(Debug, Clone, Default)]
pub struct Answers(pub BTreeMap<String, Answered>);

/// What became of one query.
#[derive(Debug, Clone, Default)]
pub struct Answered {
    /// Its frames; there may be some beside an error.
    pub frames: Vec<Frame>,
    /// Why it failed, in the server's words.
    pub error: Option<String>,
}

/// A series that a frame shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Its labels, `__name__` included.
    pub labels: Labels,
    /// The name that the server gave it; `None` leaves it to the page.
    pub name: Option<String>,
    /// Unix milliseconds and value of each point, in the order of the frame; no value is left out.
    pub points: Vec<(i64, f64)>,
}

/// Why an answer cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// It is no answer with results, but a message.
    #[error("Grafana answered {status}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The message, with its id where there is one.
        message: String,
    },
    /// It is not what a Grafana answers.
    #[error(
        "Grafana answered {status} with something that holds neither results nor a message: {quoted}"
    )]
    Foreign {
        /// The HTTP status.
        status: u16,
        /// The first characters of it.
        quoted: String,
    },
    /// A frame holds something that no Prometheus data source makes.
    #[error("a frame of query {ref_id} cannot be read: {what}")]
    Frame {
        /// The query.
        ref_id: String,
        /// What.
        what: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    results: Option<BTreeMap<String, RawResult>>,
    message: Option<String>,
    message_id: Option<String>,
}

#[derive(Deserialize)]
struct RawResult {
    error: Option<String>,
    frames: Option<Vec<Frame>>,
}

/// How much of a foreign answer an error quotes, in characters.
const QUOTED: usize = 200;

impl Answers {
    /// Reads an answer of `/api/ds/query` with its HTTP status.
    ///
    /// # Errors
    /// If there are no results in it. A query that failed is no error.
    pub fn read(status: u16, text: &str) -> Result<Answers, AnswerError> {
        let foreign =
            || AnswerError::Foreign { status, quoted: text.chars().take(QUOTED).collect() };
        let envelope: Envelope = serde_json::from_str(text).map_err(|_| foreign())?;
        match (envelope.results, envelope.message) {
            (Some(results), _) => Ok(Answers(results.into_iter().map(answered).collect())),
            (None, Some(message)) => {
                let id = envelope.message_id.map(|id| format!(" ({id})")).unwrap_or_default();
                Err(AnswerError::Refused { status, message: format!("{message}{id}") })
            }
            (None, None) => Err(foreign()),
        }
    }
}

fn answered((ref_id, raw): (String, RawResult)) -> (String, Answered) {
    let error = raw.error.filter(|error| !error.is_empty());
    (ref_id, Answered { frames: raw.frames.unwrap_or_default(), error })
}

impl Answered {
    /// The series of all frames; `ref_id` is only for the error. Frames of exemplars are left out.
    ///
    /// # Errors
    /// If a frame is none of a Prometheus data source.
    pub fn shown(&self, ref_id: &str) -> Result<Vec<Shown>, AnswerError> {
        let frame =
            |what: &str| AnswerError::Frame { ref_id: ref_id.to_owned(), what: what.to_owned() };
        let mut found = Vec::new();
        for one in &self.frames {
            if one.result_type() != Some("exemplar") {
                found.extend(one.shown().map_err(frame)?);
            }
        }
        Ok(found)
    }

    /// What the server remarked on the query.
    #[must_use]
    pub fn notices(&self) -> Vec<String> {
        self.frames.iter().flat_map(Frame::notices).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests;
