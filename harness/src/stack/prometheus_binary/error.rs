//! Why there is no Prometheus, and what can be done.
//!
//! Raised by provisioning only, once every way has been tried.

use std::fmt;

/// One place where a Prometheus was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The place.
    pub place: String,
    /// Why there is none to be had.
    pub outcome: String,
}

/// No Prometheus could be found or fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvisionError {
    /// What was tried, in order.
    pub tried: Vec<Attempt>,
}

impl ProvisionError {
    /// What the user can do, as lines of one remedy each.
    #[must_use]
    pub fn hint(&self) -> String {
        [
            "put `prometheus` and `promtool` 2.42 or later (both are in its release archive) on PATH",
            "or name the program: --prometheus /path/to/prometheus, or DASHPROOF_PROMETHEUS",
            "or, on Debian or Ubuntu with a network, let Dashproof fetch the distribution's package \
             into its cache (DASHPROOF_CACHE, else ~/.cache/dashproof); no root is needed",
            "or give the URL of a running Prometheus",
        ]
        .join("\n")
    }
}

impl fmt::Display for ProvisionError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("no usable Prometheus; tried:")?;
        for Attempt { place, outcome } in &self.tried {
            write!(out, "\n  - {place}: {}", outcome.replace('\n', "\n    "))?;
        }
        out.write_str("\nremedies:")?;
        for remedy in self.hint().lines() {
            write!(out, "\n  - {remedy}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ProvisionError {}
