//! Finds a server's program with its companion tool, or fetches them.
//!
//! In this order: the one that was named; on `PATH`; in Dashproof's cache; the distribution's
//! package, unpacked into the cache. A binary counts only if it runs and tells a version that is
//! known here. What was found says where it came from; if nothing was, one error lists every attempt
//! with what can be done.
//! Concurrent processes share the cache: its entries appear whole, by a rename under a lock.
//! Which products there are, stands in files of their own; how to run one, this does not know.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::environment::Environment;
use super::process::CommandLine;
pub use error::{Attempt, ProvisionError};
use prom::version::Version;

mod cache;
mod error;

const VERSION_CEILING: Duration = Duration::from_secs(30);

/// Which binary is wanted.
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

/// Where a binary came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It was named by a flag or by a variable.
    Named,
    /// It was on `PATH`.
    SearchPath,
    /// An earlier run had fetched it.
    Cache,
    /// It was fetched just now.
    Fetched,
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Named => "as named",
            Self::SearchPath => "found on PATH",
            Self::Cache => "from the cache",
            Self::Fetched => "the distribution's package, just fetched",
        })
    }
}

/// What can be provided: a server, and the tool that comes with it.
#[derive(Debug)]
pub(super) struct Product {
    /// As its makers write it; in small letters, its directory in the cache.
    pub(super) name: &'static str,
    /// What the server's program is called, the name in the distribution's package first.
    pub(super) programs: &'static [&'static str],
    /// Its companion, if any is needed.
    pub(super) companion: Option<&'static str>,
    /// The distribution's packages, each with a program for which it is fetched; one that an earlier
    /// package of the list has brought already needs no other.
    pub(super) packages: &'static [(&'static str, &'static str)],
    /// A directory that the distribution's builds have compiled in; `cache` says what is done about it.
    pub(super) compiled_in: Option<&'static str>,
    /// The oldest version whose behaviour is known here; none, where builds tell no version and any will do.
    pub(super) oldest: Option<Version>,
    /// What the user can do if there is none.
    pub(super) remedies: &'static [&'static str],
}

/// A server's program that runs on this machine.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) program: PathBuf,
    pub(super) companion: PathBuf,
    pub(super) version: Version,
    pub(super) origin: Origin,
}

impl Product {
    /// Finds or fetches what is `wanted`; `named` is what a variable of the environment says.
    pub(super) async fn provide(
        &'static self,
        wanted: &Wanted,
        named: Option<&PathBuf>,
        environment: &Environment,
    ) -> Result<Found, ProvisionError> {
        let none = |tried| ProvisionError { name: self.name, tried, remedies: self.remedies };
        let mut tried = Vec::new();
        let named = match wanted {
            Wanted::At(path) => Some(path),
            Wanted::Any => named,
            Wanted::Suite(_) => None,
        };
        if let Some(path) = named {
            // What was named is meant: there is no silent second choice.
            let place = format!("{} (named)", path.display());
            return match self.examine(self.program_at(path), Origin::Named, environment).await {
                Ok(binary) => Ok(binary),
                Err(outcome) => Err(none(vec![Attempt { place, outcome }])),
            };
        }
        let suite = match wanted {
            Wanted::Suite(suite) => Some(suite.as_str()),
            Wanted::Any | Wanted::At(_) => None,
        };
        if suite.is_none() {
            let found = self.programs.iter().find_map(|program| on_path(program, environment));
            match found {
                Some(path) => {
                    match self.examine(path.clone(), Origin::SearchPath, environment).await {
                        Ok(binary) => return Ok(binary),
                        Err(outcome) => {
                            let place = format!("{} on PATH", path.display());
                            tried.push(Attempt { place, outcome });
                        }
                    }
                }
                None => tried.push(Attempt {
                    place: "PATH".into(),
                    outcome: format!("no program `{}`", self.programs.join("` or `")),
                }),
            }
        }
        match cache::provide(self, suite, environment, &mut tried).await {
            Some(binary) => Ok(binary),
            None => Err(none(tried)),
        }
    }

    /// The program's name in the distribution's package.
    fn packaged(&self) -> &'static str {
        self.programs[0]
    }

    /// The program itself, for a path that may be a directory with it. Absolute, because servers run
    /// in directories of their own.
    fn program_at(&self, path: &Path) -> PathBuf {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        if !path.is_dir() {
            return path;
        }
        let mut inside = self.programs.iter().map(|program| path.join(program));
        inside.find(|program| program.is_file()).unwrap_or_else(|| path.join(self.packaged()))
    }

    /// Whether `program` runs, is of a known version and has its companion beside it or on `PATH`.
    /// Otherwise the reason.
    async fn examine(
        &self,
        program: PathBuf,
        origin: Origin,
        environment: &Environment,
    ) -> Result<Found, String> {
        let version = self.version_of(&program).await?;
        let Some(name) = self.companion else {
            return Ok(Found { companion: program.clone(), program, version, origin });
        };
        let beside = program.with_file_name(name);
        let companion = if beside.is_file() { Some(beside) } else { on_path(name, environment) };
        let companion = companion.ok_or_else(|| {
            format!("{} has no `{name}` beside it, nor is one on PATH", program.display())
        })?;
        self.version_of(&companion).await?;
        Ok(Found { program, companion, version, origin })
    }

    async fn version_of(&self, program: &Path) -> Result<Version, String> {
        let ask = CommandLine::new(program).arg("--version");
        let said = ask.run(VERSION_CEILING).await.map_err(|error| error.with_cause())?;
        // Before 2.38, Prometheus' version went to standard error.
        let text = if said.stdout.trim().is_empty() { &said.stderr } else { &said.stdout };
        let Some(oldest) = self.oldest else { return Ok(Version::default()) };
        let version: Version = text.parse().map_err(|error| format!("`{ask}`: {error}"))?;
        if version < oldest {
            return Err(format!(
                "{} is {version}; the oldest version whose behaviour is known is {}",
                program.display(),
                oldest
            ));
        }
        Ok(version)
    }
}

fn on_path(program: &str, environment: &Environment) -> Option<PathBuf> {
    which::which_in(program, Some(&environment.search_path), "/").ok()
}
