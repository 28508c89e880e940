//! The engine that holds a staged scenario: started for it, or somebody else's.
//!
//! Made by staging; whoever asks takes a client from here and need not know which engine it is. What is asked, this
//! does not know.

use std::path::PathBuf;

use crate::{
    client::{prometheus::Prometheus, remote_write::RemoteWriter},
    stack::{
        external::External,
        native::{NativePrometheus, StartError},
        version::Line,
    },
};

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
            // Right after a backfill, 3.x answers from its out-of-order buffers, ten times slower (measured).
            Self::Native(server) if server.line() == Line::V3 => server.restart().await,
            Self::Native(_) | Self::External(_) => Ok(()),
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
