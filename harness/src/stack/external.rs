//! A Prometheus-compatible database that somebody else runs.
//!
//! Asked and written to, never started, stopped or emptied: what was there before stays there.
//! It must not know what is written or asked.

use crate::client::endpoint::Endpoint;

/// A running database at its URLs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct External {
    /// Where it is, and as whom it is asked.
    pub endpoint: Endpoint,
}
