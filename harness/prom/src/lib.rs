//! The vocabulary that every other crate shares: labels and series, versions, durations, staleness, PromQL, and files
//! whose flaws are told with their position.
//!
//! Values and text only. It must not know a server, a scenario, what is true, or who asks.

pub mod document;
pub mod duration;
pub mod evaluations;
pub mod nearest;
pub mod problem;
pub mod promql;
pub mod remote_write;
pub mod series;
pub mod staleness;
pub mod version;
pub mod words;
pub mod yaml;
