//! The engine that holds a staged scenario: started for it, or somebody else's.
//!
//! Made by staging; whoever asks takes a client from here and need not know which engine it is. What is asked, this
//! does not know.

use std::{path::PathBuf, time::Duration};

use super::VerifyError;
use prom::{
    series::Value,
    version::{OLDEST, Version},
};
use stack::{
    client::{
        prometheus::{ClientError, Prometheus},
        remote_write::RemoteWriter,
    },
    external::{External, Product},
    native::{NativePrometheus, StartError},
    poll::{self, Pending, PollError},
    prometheus_binary::PrometheusBinary,
};
use truth::oracle::{Arithmetic, Era};

/// How long a database may take to show what it has stored.
const SHOWN_CEILING: Duration = Duration::from_secs(30);
const SHOWN_INTERVAL: Duration = Duration::from_millis(50);

/// Which engine each scenario gets. Containers would be a variant of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum EngineChoice {
    /// A fresh Prometheus of this machine.
    #[default]
    Native,
    /// The same database of somebody else's for all.
    External(External),
}

impl EngineChoice {
    /// Whether its arithmetic is known; `binary` is the Prometheus of this machine.
    #[must_use]
    pub fn arithmetic(&self, binary: &PrometheusBinary) -> Arithmetic {
        match self {
            Self::Native => Arithmetic::Modelled(era(binary)),
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
    /// A database that somebody else runs.
    External(External),
}

impl Engine {
    /// The base URL of its query API. A restart changes it.
    #[must_use]
    pub fn url(&self) -> &str {
        match self {
            Self::Native(server) => server.url(),
            Self::External(external) => &external.endpoint.base,
        }
    }

    /// A client of its query API, with credentials if it wants any.
    #[must_use]
    pub fn client(&self) -> Prometheus {
        match self {
            Self::Native(server) => Prometheus::new(server.url()),
            Self::External(external) => Prometheus::at(&external.endpoint),
        }
    }

    /// A writer into it, with credentials if it wants any.
    #[must_use]
    pub fn writer(&self) -> RemoteWriter {
        match self {
            Self::Native(server) => RemoteWriter::new(server.url()),
            Self::External(external) => RemoteWriter::at(&external.endpoint),
        }
    }

    /// Whether its arithmetic is known; `binary` is what a native one was started from.
    pub(super) fn arithmetic(&self, binary: &PrometheusBinary) -> Arithmetic {
        match self {
            Self::Native(_) => Arithmetic::Modelled(era(binary)),
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
            Self::External(_) => None,
        }
    }

    /// Makes it ready to answer fast what was just written; clients that were taken before no longer reach it.
    ///
    /// # Errors
    /// If it does not start again.
    pub async fn restart_after_backfill(&mut self) -> Result<(), StartError> {
        match self {
            Self::Native(server) => server.restart_after_backfill().await,
            Self::External(_) => Ok(()),
        }
    }

    /// Ends it and removes its data, if it is ours.
    pub async fn stop(self) {
        match self {
            Self::Native(server) => server.stop().await,
            Self::External(_) => {}
        }
    }

    /// Ends it and leaves its data behind: the directory, if it is ours.
    pub async fn keep(self) -> Option<PathBuf> {
        match self {
            Self::Native(server) => Some(server.keep().await),
            Self::External(_) => None,
        }
    }
}

/// The arithmetic of a Prometheus of this machine.
#[must_use]
pub fn era(binary: &PrometheusBinary) -> Era {
    Era::of_version(&binary.version.to_string()).unwrap_or(Era::From3_0)
}
