//! The engine that holds a staged scenario: started for it, or somebody else's.
//!
//! Made by staging; whoever asks takes a client from here and need not know which engine it is. What is asked, this
//! does not know.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Tools, VerifyError};
use prom::{
    series::Value,
    version::{Line, OLDEST, Version},
};
use stack::{
    backend::{Stack, Started},
    client::{
        prometheus::{ClientError, Prometheus},
        remote_write::RemoteWriter,
    },
    contained::Containers,
    external::{External, Product},
    native::{NativePrometheus, Options, StartError},
    poll::{self, Pending, PollError},
    prometheus_binary::PrometheusBinary,
};
use truth::oracle::{Arithmetic, Era};

/// How long a database may take to show what it has stored.
const SHOWN_CEILING: Duration = Duration::from_secs(30);
const SHOWN_INTERVAL: Duration = Duration::from_millis(50);

/// Which engine each scenario gets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum EngineChoice {
    /// A fresh Prometheus of this machine.
    #[default]
    Native,
    /// A fresh Prometheus in a container, of the version that the verifier's binary states.
    Containers(Containers),
    /// The same database of somebody else's for all.
    External(External),
}

impl EngineChoice {
    /// Whether its arithmetic is known; `binary` is the Prometheus of this machine.
    #[must_use]
    pub fn arithmetic(&self, binary: &PrometheusBinary) -> Arithmetic {
        match self {
            Self::Native | Self::Containers(_) => Arithmetic::Modelled(era(binary)),
            Self::External(external) => of_external(external),
        }
    }
}

/// The arithmetic of a database: that of its version, if it is a Prometheus as old as those that are known here.
fn of_external(external: &External) -> Arithmetic {
    let version = external.version.as_deref().filter(|_| external.product == Product::Prometheus);
    let known = version.filter(|text| text.parse::<Version>().is_ok_and(|found| found >= OLDEST));
    known.and_then(Era::of_version).map_or(Arithmetic::Unmodelled, Arithmetic::Modelled)
}

/// An engine with data in it.
#[derive(Debug)]
pub enum Engine {
    /// A Prometheus of this machine, for this scenario alone.
    Native(NativePrometheus),
    /// One in a container, for this scenario alone, and its line.
    Contained(Started, Line),
    /// A database that somebody else runs.
    External(External),
}

impl Engine {
    /// An engine for samples that are at most `span` older than its newest: fresh, unless it is somebody else's.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn of(tools: &Tools, span: Duration) -> Result<Engine, StartError> {
        let Tools { binary, environment, choice, .. } = tools;
        Ok(match choice {
            EngineChoice::Native => {
                Engine::Native(NativePrometheus::for_backfill(binary, environment, span).await?)
            }
            EngineChoice::Containers(site) => {
                let options = Options { span, ..Options::default() };
                let stack = Stack::Containers(site.clone());
                let started = stack.prometheus(environment, &options).await?;
                Engine::Contained(started, binary.version.line())
            }
            EngineChoice::External(external) => Engine::External(external.clone()),
        })
    }

    /// The base URL of its query API. A restart changes it.
    #[must_use]
    pub fn url(&self) -> &str {
        match self {
            Self::Native(server) => server.url(),
            Self::Contained(server, _) => server.url(),
            Self::External(external) => &external.endpoint.base,
        }
    }

    /// A client of its query API, with credentials if it wants any.
    #[must_use]
    pub fn client(&self) -> Prometheus {
        match self {
            Self::Native(server) => Prometheus::new(server.url()),
            Self::Contained(server, _) => server.client(),
            Self::External(external) => Prometheus::at(&external.endpoint),
        }
    }

    /// A writer into it, with credentials if it wants any.
    #[must_use]
    pub fn writer(&self) -> RemoteWriter {
        match self {
            Self::Native(server) => RemoteWriter::new(server.url()),
            Self::Contained(server, _) => server.writer(),
            Self::External(external) => RemoteWriter::at(&external.endpoint),
        }
    }

    /// Whether its arithmetic is known; `binary` is what a native one was started from.
    pub(super) fn arithmetic(&self, binary: &PrometheusBinary) -> Arithmetic {
        match self {
            Self::Native(_) | Self::Contained(..) => Arithmetic::Modelled(era(binary)),
            Self::External(external) => of_external(external),
        }
    }

    /// Waits until a database of somebody else's shows the `n_targets` series `up` that were written first: it may
    /// take its time, or have dropped them without a word.
    pub(super) async fn shows_all(&self, at_ms: i64, n_targets: usize) -> Result<(), VerifyError> {
        let Self::External(external) = self else { return Ok(()) };
        let client = self.client();
        let shown = poll::until(SHOWN_CEILING, SHOWN_INTERVAL, async || {
            let answer = client.query("up", at_ms).await.map_err(Pending::Failed)?;
            match answer.value {
                Value::Vector(found) if found.len() >= n_targets => Ok(()),
                Value::Vector(found) => Err(Pending::NotYet { status: found.len().to_string() }),
                _ => Err(Pending::NotYet { status: "0".to_owned() }),
            }
        });
        match shown.await {
            Ok(()) => Ok(()),
            Err(PollError::Failed(error)) => Err(ClientError::into(error)),
            Err(PollError::TimedOut { status, .. }) => Err(VerifyError::Dropped {
                url: external.endpoint.base.clone(),
                at: jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default(),
                shown: status.parse().unwrap_or(0),
                written: n_targets,
            }),
        }
    }

    /// The number of its process, if it is one of ours.
    ///
    /// # Panics
    /// After a restart that failed.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        match self {
            Self::Native(server) => Some(server.pid()),
            Self::Contained(..) | Self::External(_) => None,
        }
    }

    /// The directory with its data, if it is one of this machine.
    #[must_use]
    pub fn directory(&self) -> Option<&Path> {
        match self {
            Self::Native(server) => Some(server.directory()),
            Self::Contained(..) | Self::External(_) => None,
        }
    }

    /// Makes it ready to answer fast what was just written; clients that were taken before no longer reach it.
    ///
    /// # Errors
    /// If it does not start again.
    pub async fn restart_after_backfill(&mut self) -> Result<(), StartError> {
        match self {
            Self::Native(server) => server.restart_after_backfill().await,
            // As those of this machine.
            Self::Contained(server, Line::V3) => server.restart().await,
            Self::Contained(..) | Self::External(_) => Ok(()),
        }
    }

    /// Ends it and removes its data, if it is ours.
    pub async fn stop(self) {
        match self {
            Self::Native(server) => server.stop().await,
            Self::Contained(server, _) => server.stop().await,
            Self::External(_) => {}
        }
    }

    /// Ends it and leaves its data behind: the directory, if it is ours.
    pub async fn keep(self) -> Option<PathBuf> {
        match self {
            Self::Native(server) => Some(server.keep().await),
            Self::Contained(server, _) => server.keep().await,
            Self::External(_) => None,
        }
    }
}

/// The arithmetic of a Prometheus of this machine.
#[must_use]
pub fn era(binary: &PrometheusBinary) -> Era {
    Era::of_version(&binary.version.to_string()).unwrap_or(Era::From3_0)
}
