//! Removes what runs have left in the engine: containers, networks, volumes and test images that carry a run's labels.
//!
//! A run that was killed removes nothing itself; the next one does, by the labels. This module must not know what a
//! run is for.

use std::collections::{BTreeSet, HashMap};

use testcontainers::bollard::Docker;
use testcontainers::bollard::errors::Error as ApiError;
use testcontainers::bollard::query_parameters::{
    ListContainersOptionsBuilder, ListImagesOptionsBuilder, ListNetworksOptionsBuilder,
    ListVolumesOptionsBuilder, RemoveContainerOptionsBuilder, RemoveImageOptions,
    RemoveVolumeOptionsBuilder,
};

use crate::engine::{Engine, message};
use crate::run::{self, Owner, RUN};

/// What was removed, by name, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collected {
    /// Containers.
    pub containers: Vec<String>,
    /// Networks.
    pub networks: Vec<String>,
    /// Volumes.
    pub volumes: Vec<String>,
    /// Test images that belonged to a process.
    pub images: Vec<String>,
    /// Runs whose process cannot be seen from here, because it has numbers of its own in a container. Nothing of
    /// theirs was touched.
    pub unseen: Vec<String>,
}

impl Collected {
    /// Whether nothing was removed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        [&self.containers, &self.networks, &self.volumes, &self.images]
            .iter()
            .all(|names| names.is_empty())
    }
}

/// Something that could not be removed or listed.
#[derive(Debug, thiserror::Error)]
#[error("{what} cannot be removed: {message}")]
pub struct GarbageError {
    what: String,
    message: String,
}

impl GarbageError {
    fn new(what: impl Into<String>, error: &ApiError) -> Self {
        Self { what: what.into(), message: message(error) }
    }
}

impl Engine {
    /// Removes what runs have left whose process has ended. To be called at the start of a run and by `gc`.
    ///
    /// # Errors
    /// The first thing that cannot be removed; the others are removed all the same.
    pub async fn collect_garbage(&self) -> Result<Collected, GarbageError> {
        remove(&self.docker, run::owner).await
    }

    /// Removes everything that this process has booted and not removed.
    ///
    /// # Errors
    /// The first thing that cannot be removed; the others are removed all the same.
    pub async fn remove_own(&self) -> Result<Collected, GarbageError> {
        let mine = |labels: &_| if run::is_mine(labels) { Owner::Gone } else { Owner::Alive };
        remove(&self.docker, mine).await
    }
}

/// Removes what belongs to the run of that name.
pub(crate) async fn remove_run(docker: &Docker, name: &str) -> Result<Collected, GarbageError> {
    let of_run = |labels: &HashMap<String, String>| match labels.get(RUN) {
        Some(run) if run == name => Owner::Gone,
        _ => Owner::Alive,
    };
    remove(docker, of_run).await
}

async fn remove(
    docker: &Docker,
    judge: impl Fn(&HashMap<String, String>) -> Owner,
) -> Result<Collected, GarbageError> {
    let labelled = HashMap::from([("label".to_owned(), vec![RUN.to_owned()])]);
    let (mut collected, mut failed, mut unseen) = (Collected::default(), None, BTreeSet::new());
    let mut is_garbage = |labels: Option<&HashMap<String, String>>| {
        let Some(labels) = labels else { return false };
        let owner = judge(labels);
        if owner == Owner::Unseen {
            unseen.extend(labels.get(RUN).cloned());
        }
        owner == Owner::Gone
    };
    let options = ListContainersOptionsBuilder::new().all(true).filters(&labelled).build();
    let found = docker.list_containers(Some(options)).await;
    for container in found.map_err(|error| GarbageError::new("containers", &error))? {
        if !is_garbage(container.labels.as_ref()) {
            continue;
        }
        let id = container.id.unwrap_or_default();
        let name = container.names.unwrap_or_default().into_iter().next().unwrap_or(id.clone());
        let name = name.trim_start_matches('/').to_owned();
        let force = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        let removed = docker.remove_container(&id, Some(force)).await;
        note(
            removed,
            format!("the container {name}"),
            name,
            &mut collected.containers,
            &mut failed,
        );
    }
    let options = ListNetworksOptionsBuilder::new().filters(&labelled).build();
    let found = docker.list_networks(Some(options)).await;
    for network in found.map_err(|error| GarbageError::new("networks", &error))? {
        if !is_garbage(network.labels.as_ref()) {
            continue;
        }
        let name = network.name.unwrap_or_default();
        let removed = docker.remove_network(&name).await;
        note(removed, format!("the network {name}"), name, &mut collected.networks, &mut failed);
    }
    let options = ListVolumesOptionsBuilder::new().filters(&labelled).build();
    let found = docker.list_volumes(Some(options)).await;
    let found = found.map_err(|error| GarbageError::new("volumes", &error))?;
    for volume in found.volumes.unwrap_or_default() {
        if !is_garbage(Some(&volume.labels)) {
            continue;
        }
        let force = RemoveVolumeOptionsBuilder::new().force(true).build();
        let removed = docker.remove_volume(&volume.name, Some(force)).await;
        let name = volume.name;
        note(removed, format!("the volume {name}"), name, &mut collected.volumes, &mut failed);
    }
    let options = ListImagesOptionsBuilder::new().filters(&labelled).build();
    let found = docker.list_images(Some(options)).await;
    for image in found.map_err(|error| GarbageError::new("images", &error))? {
        if !is_garbage(Some(&image.labels)) {
            continue;
        }
        // One whose name was given to another image has none.
        let mut names = image.repo_tags;
        names.retain(|name| !name.starts_with("<none>"));
        if names.is_empty() {
            names.push(image.id);
        }
        for name in names {
            let removed = docker.remove_image(&name, None::<RemoveImageOptions>, None).await;
            let removed = removed.map(drop);
            note(removed, format!("the image {name}"), name, &mut collected.images, &mut failed);
        }
    }
    collected.unseen = unseen.into_iter().collect();
    for names in [
        &mut collected.containers,
        &mut collected.networks,
        &mut collected.volumes,
        &mut collected.images,
    ] {
        names.sort();
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(collected),
    }
}

/// What somebody else removed meanwhile is removed as well.
fn note(
    removed: Result<(), ApiError>,
    what: String,
    name: String,
    names: &mut Vec<String>,
    failed: &mut Option<GarbageError>,
) {
    match removed {
        Ok(()) => names.push(name),
        // 404: no such thing; 409: its removal is under way.
        Err(ApiError::DockerResponseServerError { status_code: 404, .. }) => {}
        Err(ApiError::DockerResponseServerError { status_code: 409, message })
            if message.contains("already in progress") => {}
        Err(error) => {
            failed.get_or_insert(GarbageError::new(what, &error));
        }
    }
}
