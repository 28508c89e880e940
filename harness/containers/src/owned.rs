//! What one run has in the engine. It is removed at the end, also when the owner is dropped without a word.
//!
//! Removal needs an engine that answers and some seconds; in `drop` it happens on a thread of its own, because the
//! thread that drops may be busy with other tasks, or no runtime may be left. This module must not know what runs
//! inside of the containers.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use futures_util::future::join_all;
use testcontainers::bollard::Docker;
use testcontainers::{ContainerAsync, GenericImage};
use tokio::time::{Instant, interval};

use crate::garbage::{GarbageError, remove_run};
use crate::run::Run;

/// How long everything may take to be gone.
const CEILING: Duration = Duration::from_secs(30);
const INTERVAL: Duration = Duration::from_millis(50);
/// A request that was given up is carried out by the engine all the same, within a fraction of this.
const CARRIED_OUT: Duration = Duration::from_secs(2);

/// Everything that a run has created.
#[derive(Debug)]
pub(crate) struct Owned {
    pub(crate) run: Run,
    pub(crate) docker: Docker,
    /// By service.
    pub(crate) containers: BTreeMap<String, ContainerAsync<GenericImage>>,
    /// Whether the engine was asked for a container and has not answered: it may come into being after this is dropped.
    pub(crate) asked: bool,
    removed: bool,
}

impl Owned {
    /// Nothing yet.
    pub(crate) fn new(docker: Docker, run: Run) -> Self {
        Self { run, docker, containers: BTreeMap::new(), asked: false, removed: false }
    }

    /// Removes everything.
    pub(crate) async fn remove(&mut self) -> Result<(), GarbageError> {
        let containers = std::mem::take(&mut self.containers);
        remove(&self.docker, &self.run, containers, self.asked).await?;
        self.removed = true;
        Ok(())
    }
}

async fn remove(
    docker: &Docker,
    run: &Run,
    containers: BTreeMap<String, ContainerAsync<GenericImage>>,
    asked: bool,
) -> Result<(), GarbageError> {
    // What cannot be removed here, e.g. because the engine does not answer, is tried and reported below.
    join_all(containers.into_values().map(ContainerAsync::rm)).await;
    // Also a container whose start failed, which testcontainers forgets, and one that comes into being meanwhile.
    let quiet = if asked { CARRIED_OUT } else { Duration::ZERO };
    let begin = Instant::now();
    let mut since = begin;
    let mut ticks = interval(INTERVAL);
    loop {
        ticks.tick().await;
        match remove_run(docker, &run.name).await {
            Ok(found) if found.is_empty() => {
                if quiet <= since.elapsed() {
                    return Ok(());
                }
            }
            Ok(_) => since = Instant::now(),
            // A network, e.g., is in use until the removal of its last container has ended.
            Err(error) if CEILING <= begin.elapsed() => return Err(error),
            Err(_) => since = Instant::now(),
        }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        if self.removed {
            return;
        }
        let (docker, run, asked) = (self.docker.clone(), self.run.clone(), self.asked);
        let containers = std::mem::take(&mut self.containers);
        let remover = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                // What is left after a failure carries labels, so that the next run removes it.
                drop(runtime.block_on(remove(&docker, &run, containers, asked)));
            }
        });
        // A panic there has been printed already, and a second one here would end the process.
        drop(remover.join());
    }
}
