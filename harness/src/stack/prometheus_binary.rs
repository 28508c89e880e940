//! Finds a Prometheus with its promtool, or fetches one.
//!
//! In this order: the one that was named; on `PATH`; in Dashproof's cache; the distribution's
//! package, unpacked into the cache. A binary counts only if it runs and tells a version that is
//! known here. What was found says where it came from; if nothing was, one error lists every attempt
//! with what can be done.
//! Concurrent processes share the cache: its entries appear whole, by a rename under a lock.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::environment::Environment;
use super::process::CommandLine;
use super::version::{OLDEST, Version};
pub use error::{Attempt, ProvisionError};

mod cache;
mod error;

const VERSION_CEILING: Duration = Duration::from_secs(30);

/// Which Prometheus is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Whatever is found first, in the order of the module's text.
    Any,
    /// This program, or the one in this directory.
    At(PathBuf),
    /// The package of this suite of the machine's distribution (e.g. `unstable`), from the cache or
    /// fetched into it, whatever `PATH` has.
    Suite(String),
}

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

/// Where a binary came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It was named by a flag or by `DASHPROOF_PROMETHEUS`.
    Named,
    /// It was on `PATH`.
    SearchPath,
    /// An earlier run had fetched it.
    Cache,
    /// It was fetched just now.
    Fetched,
}

impl fmt::Display for PrometheusBinary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = match self.origin {
            Origin::Named => "as named",
            Origin::SearchPath => "found on PATH",
            Origin::Cache => "from the cache",
            Origin::Fetched => "the distribution's package, just fetched",
        };
        write!(out, "Prometheus {} ({}; {origin})", self.version, self.prometheus.display())
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
        let mut tried = Vec::new();
        let named = match (wanted, &environment.prometheus) {
            (Wanted::At(path), _) | (Wanted::Any, Some(path)) => Some(path),
            (Wanted::Any, None) | (Wanted::Suite(_), _) => None,
        };
        if let Some(path) = named {
            // What was named is meant: there is no silent second choice.
            let place = format!("{} (named)", path.display());
            return match examine(program_at(path), Origin::Named, environment).await {
                Ok(binary) => Ok(binary),
                Err(outcome) => Err(ProvisionError { tried: vec![Attempt { place, outcome }] }),
            };
        }
        let suite = match wanted {
            Wanted::Suite(suite) => Some(suite.as_str()),
            Wanted::Any | Wanted::At(_) => None,
        };
        if suite.is_none() {
            match on_path("prometheus", environment) {
                Some(path) => match examine(path.clone(), Origin::SearchPath, environment).await {
                    Ok(binary) => return Ok(binary),
                    Err(outcome) => {
                        tried.push(Attempt {
                            place: format!("{} on PATH", path.display()),
                            outcome,
                        });
                    }
                },
                None => tried.push(Attempt {
                    place: "PATH".into(),
                    outcome: "no program `prometheus`".into(),
                }),
            }
        }
        match cache::provide(suite, environment, &mut tried).await {
            Some(binary) => Ok(binary),
            None => Err(ProvisionError { tried }),
        }
    }
}

/// The program itself, for a path that may be a directory with it. Absolute, because servers run in
/// directories of their own.
fn program_at(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if path.is_dir() { path.join("prometheus") } else { path }
}

fn on_path(program: &str, environment: &Environment) -> Option<PathBuf> {
    which::which_in(program, Some(&environment.search_path), "/").ok()
}

/// Whether `prometheus` runs, is of a known version and has a promtool beside it or on `PATH`.
/// Otherwise the reason.
async fn examine(
    prometheus: PathBuf,
    origin: Origin,
    environment: &Environment,
) -> Result<PrometheusBinary, String> {
    let version = version_of(&prometheus).await?;
    let beside = prometheus.with_file_name("promtool");
    let promtool = if beside.is_file() { Some(beside) } else { on_path("promtool", environment) };
    let promtool = promtool.ok_or_else(|| {
        format!("{} has no `promtool` beside it, nor is one on PATH", prometheus.display())
    })?;
    version_of(&promtool).await?;
    Ok(PrometheusBinary { prometheus, promtool, version, origin })
}

async fn version_of(program: &Path) -> Result<Version, String> {
    let ask = CommandLine::new(program).arg("--version");
    let said = ask.run(VERSION_CEILING).await.map_err(|error| error.with_cause())?;
    // Before 2.38, the version went to standard error.
    let text = if said.stdout.trim().is_empty() { &said.stderr } else { &said.stdout };
    let version: Version = text.parse().map_err(|error| format!("`{ask}`: {error}"))?;
    if version < OLDEST {
        return Err(format!(
            "{} is {version}; the oldest version whose arithmetic is known is {OLDEST}",
            program.display()
        ));
    }
    Ok(version)
}
