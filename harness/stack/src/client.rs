//! Thin asynchronous clients of the servers that Dashproof asks.
//!
//! `prometheus` speaks the query API, `remote_write` the ingestion protocol, `alertmanager` the API of
//! the same name, `endpoint` says where a server is and as whom it is asked. Times are integer milliseconds since the Unix epoch everywhere.
//! Nothing here knows what is asked, or why; every error names the URL and the query.

pub mod alertmanager;
mod decode;
pub mod endpoint;
pub mod prometheus;
pub mod remote_write;
