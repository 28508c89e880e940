//! A Prometheus with its promtool: found on this machine, or fetched.
//!
//! How, `binary` says; here stands what is looked for.

use std::fmt;
use std::path::PathBuf;

use super::binary::Product;
pub use super::binary::{Attempt, Origin, ProvisionError, Wanted};
use super::environment::Environment;
use prom::version::{OLDEST, Version};

static PROMETHEUS: Product = Product {
    name: "Prometheus",
    programs: &["prometheus"],
    companion: Some("promtool"),
    packages: &[("prometheus", "prometheus"), ("promtool", "promtool")],
    compiled_in: None,
    oldest: Some(OLDEST),
    remedies: &[
        "put `prometheus` and `promtool` 2.42 or later (both are in its release archive) on PATH",
        "or name the program: --prometheus /path/to/prometheus, or DASHPROOF_PROMETHEUS",
        "or, on Debian or Ubuntu with a network, let Dashproof fetch the distribution's package \
         into its cache (DASHPROOF_CACHE, else ~/.cache/dashproof); no root is needed",
        "or give the URL of a running Prometheus",
    ],
};

/// A Prometheus that runs on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrometheusBinary {
    /// The server's program.
    pub prometheus: PathBuf,
    /// Its companion.
    pub promtool: PathBuf,
    /// The server's version.
    pub version: Version,
    /// Where it came from.
    pub origin: Origin,
}

impl fmt::Display for PrometheusBinary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = self.prometheus.display();
        write!(out, "Prometheus {} ({program}; {})", self.version, self.origin)
    }
}

impl PrometheusBinary {
    /// Finds or fetches what is `wanted`. A fetch needs the network and some seconds.
    ///
    /// # Errors
    /// If there is no such Prometheus: every attempt and its remedy.
    pub async fn provide(
        wanted: &Wanted,
        environment: &Environment,
    ) -> Result<Self, ProvisionError> {
        let found = PROMETHEUS.provide(wanted, environment.prometheus.as_ref(), environment);
        let found = found.await?;
        Ok(Self {
            prometheus: found.program,
            promtool: found.companion,
            version: found.version,
            origin: found.origin,
        })
    }
}
