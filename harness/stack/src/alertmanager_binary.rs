//! An Alertmanager with its amtool: found on this machine, or fetched.
//!
//! How, `binary` says; here stands what is looked for, and what differs between versions.

use std::fmt;
use std::path::PathBuf;

use super::binary::Product;
pub use super::binary::{Attempt, Origin, ProvisionError, Wanted};
use super::environment::Environment;
use prom::version::Version;

/// Where Debian's package puts the default templates.
const TEMPLATES: &str = "/usr/share/prometheus/alertmanager";

static ALERTMANAGER: Product = Product {
    name: "Alertmanager",
    // Debian's name comes first: a machine may have an unrelated `alertmanager`.
    programs: &["prometheus-alertmanager", "alertmanager"],
    companion: Some("amtool"),
    packages: &[
        ("prometheus-alertmanager", "prometheus-alertmanager"),
        ("prometheus-alertmanager", "amtool"),
    ],
    // Debian's builds read their default templates from there and refuse every configuration without.
    compiled_in: Some(TEMPLATES),
    oldest: Some(Version { major: 0, minor: 25, patch: 0 }),
    remedies: &[
        "put `alertmanager` and `amtool` 0.25 or later (both are in its release archive) on PATH",
        "or name the program: DASHPROOF_ALERTMANAGER=/path/to/alertmanager",
        "or, on Debian or Ubuntu with a network, let Dashproof fetch the distribution's package \
         into its cache (DASHPROOF_CACHE, else ~/.cache/dashproof); no root is needed",
    ],
};

/// The first version that reads matchers with its UTF-8 parser.
const UTF8_MATCHERS: Version = Version { major: 0, minor: 27, patch: 0 };

/// An Alertmanager that runs on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertmanagerBinary {
    /// The server's program.
    pub alertmanager: PathBuf,
    /// Its companion.
    pub amtool: PathBuf,
    /// The server's version.
    pub version: Version,
    /// Where it came from.
    pub origin: Origin,
}

/// The two ways in which versions of Alertmanager read a matcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matchers {
    /// Up to 0.26: a regular expression; label names are ASCII.
    Classic,
    /// From 0.27 on: a lexer; label names may be any text. What the classic way reads otherwise is
    /// warned about.
    Utf8,
}

impl fmt::Display for Matchers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Classic => "classic matchers",
            Self::Utf8 => "UTF-8 matchers",
        })
    }
}

impl fmt::Display for AlertmanagerBinary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = self.alertmanager.display();
        write!(out, "Alertmanager {} ({program}; {})", self.version, self.origin)
    }
}

impl AlertmanagerBinary {
    /// Finds or fetches what is `wanted`. A fetch needs the network and some seconds.
    ///
    /// # Errors
    /// If there is no such Alertmanager: every attempt and its remedy.
    pub async fn provide(
        wanted: &Wanted,
        environment: &Environment,
    ) -> Result<Self, ProvisionError> {
        let found = ALERTMANAGER.provide(wanted, environment.alertmanager.as_ref(), environment);
        let found = found.await?;
        Ok(Self {
            alertmanager: found.program,
            amtool: found.companion,
            version: found.version,
            origin: found.origin,
        })
    }

    /// What a server of this binary needs in its working directory: a path below it, and the directory
    /// that it must lead to. None if it did not come from a package that needs any.
    pub(super) fn needs(&self) -> Option<(PathBuf, PathBuf)> {
        let below = TEMPLATES.strip_prefix('/')?;
        // The program is `usr/bin/…` of an unpacked package.
        let root = self.alertmanager.ancestors().nth(3)?;
        let directory = root.join(below);
        directory.is_dir().then(|| (PathBuf::from(below), directory))
    }

    /// How it reads matchers, which is what tells its lines apart.
    #[must_use]
    pub fn matchers(&self) -> Matchers {
        if self.version < UTF8_MATCHERS { Matchers::Classic } else { Matchers::Utf8 }
    }
}
