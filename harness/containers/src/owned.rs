//! What one run has in the engine. It is removed at the end, also when the owner is dropped without a word.
//!
//! Removal needs an engine that answers and some seconds; in `drop` it happens on a thread of its own, because the
//! thread that drops may be busy with other tasks, or no runtime may be left. This module must not know what runs
//! inside of the containers.

use std::collections::BTreeMap;
use std::thread;

use futures_util::future::join_all;
use testcontainers::bollard::Docker;
use testcontainers::{ContainerAsync, GenericImage};

use crate::garbage::{GarbageError, remove_run};
use crate::run::Run;

/// Everything that a run has created.
#[derive(Debug)]
pub(crate) struct Owned {
    pub(crate) run: Run,
    pub(crate) docker: Docker,
    /// By service.
    pub(crate) containers: BTreeMap<String, ContainerAsync<GenericImage>>,
    removed: bool,
}

impl Owned {
    /// Nothing yet.
    pub(crate) fn new(docker: Docker, run: Run) -> Self {
        Self { run, docker, containers: BTreeMap::new(), removed: false }
    }

    /// Removes everything.
    pub(crate) async fn remove(&mut self) -> Result<(), GarbageError> {
        let containers = std::mem::take(&mut self.containers);
        remove(&self.docker, &self.run, containers).await?;
        self.removed = true;
        Ok(())
    }
}

async fn remove(
    docker: &Docker,
    run: &Run,
    containers: BTreeMap<String, ContainerAsync<GenericImage>>,
) -> Result<(), GarbageError> {
    // What cannot be removed here, e.g. because the engine does not answer, is tried and reported below.
    join_all(containers.into_values().map(ContainerAsync::rm)).await;
    // Also a container whose start failed, which testcontainers forgets.
    remove_run(docker, &run.name).await.map(drop)
}

impl Drop for Owned {
    fn drop(&mut self) {
        if self.removed {
            return;
        }
        let (docker, run) = (self.docker.clone(), self.run.clone());
        let containers = std::mem::take(&mut self.containers);
        let remover = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                // What is left after a failure carries labels, so that the next run removes it.
                drop(runtime.block_on(remove(&docker, &run, containers)));
            }
        });
        // A panic there has been printed already, and a second one here would end the process.
        drop(remover.join());
    }
}
