//! Recorded traffic, replayed: Azure LLM inference CSV and JSONL, plain or gzip, of any size.
//!
//! [`TraceArrivals`] yields the same [`crate::traffic::Arrival`] as generated traffic;
//! [`validate`] reads a whole trace beforehand and says everything that is wrong with it.
//! Files are streamed: memory is bounded by one line.
//! A bad row is an error that names file, line, what was expected and what was found; nothing is skipped or repaired.

mod arrivals;
mod clock;
mod csv;
mod error;
mod field;
mod jsonl;
mod parsed;
mod rows;
mod source;
mod validate;

pub use arrivals::{TraceArrivals, TraceOptions};
pub use error::TraceError;
pub use rows::{Row, Rows};
pub use source::TraceSource;
pub use validate::{TraceSummary, validate};
