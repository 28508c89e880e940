//! Boots the services of a plan, in the order of their dependencies and by their health.
//!
//! Each container is started by testcontainers; whether a service is well, is asked here, because testcontainers
//! removes a container that is not before anybody could read its logs.
//! This module must not know which services there are.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use testcontainers::ImageExt;
use testcontainers::bollard::models::VolumeCreateRequest;
use testcontainers::bollard::query_parameters::ListContainersOptionsBuilder;
use testcontainers::runners::AsyncRunner;

use crate::compose::{Condition, Source};
use crate::error::{Cause, StartError, TakenPort, cause};
use crate::logs;
use crate::network::Network;
use crate::plan::{Difference, LOOPBACK, Plan, Recipe};
use crate::running::Running;

mod request;
pub(crate) mod wait;

/// How many of its last log lines a container adds to an error.
pub(crate) const LOG_LINES: usize = 30;

impl Network {
    /// Boots the services of a plan and waits until all are well.
    ///
    /// # Errors
    /// The first thing that goes wrong, with the last log lines of each container. Everything is removed again.
    pub async fn boot(self, plan: &Plan) -> Result<Running, StartError> {
        let recipes = plan.recipes();
        let mut running = Running::new(self, plan, &recipes);
        match boot_all(&mut running, plan, &recipes).await {
            Ok(()) => Ok(running),
            Err(cause) => {
                let error = StartError { cause, logs: running.last_lines(LOG_LINES).await };
                // The error that matters is the first one; what is left carries labels.
                drop(running.remove().await);
                Err(error)
            }
        }
    }

    /// In what every container differs from one that Compose starts.
    pub(crate) fn differences(&self, plan: &Plan) -> Vec<Difference> {
        let of_all = |what: String| Difference { service: None, what };
        let mut differences = vec![of_all(format!(
            "services find each other in the search domain {}, not by network aliases",
            self.name()
        ))];
        let gateway = self.host_gateway().filter(|_| !plan.gateway_as_in_file);
        differences.extend(gateway.map(|gateway| {
            of_all(format!("host-gateway is {gateway}, this machine on the run's own network"))
        }));
        differences
    }
}

async fn boot_all(running: &mut Running, plan: &Plan, recipes: &[Recipe]) -> Result<(), Cause> {
    plan.check().map_err(Cause::Plan)?;
    let engine = running.network.engine.clone();
    let images = engine.missing_images(&plan.images()).await.map_err(|error| error.cause)?;
    if !images.is_empty() {
        return Err(Cause::Images { images });
    }
    let taken = plan.taken_ports();
    if !taken.is_empty() {
        return Err(Cause::PortsTaken(with_holders(running, taken).await));
    }
    create_volumes(running, recipes).await?;
    let mut completed = BTreeSet::new();
    for recipe in recipes {
        wait_for_dependencies(running, recipe, &mut completed).await?;
        start(running, plan, recipe).await?;
    }
    let services = recipes.iter().map(|recipe| recipe.service.name.as_str());
    let waits = services.filter(|name| !completed.contains(*name)).map(|name| running.well(name));
    join_all(waits).await.into_iter().try_for_each(|well| well.map(drop))
}

/// Volumes of the run, so that they carry its labels.
async fn create_volumes(running: &Running, recipes: &[Recipe]) -> Result<(), Cause> {
    let mounts = recipes.iter().flat_map(|recipe| &recipe.service.mounts);
    let names: BTreeSet<&str> = mounts
        .filter_map(|mount| match &mount.source {
            Source::Volume(name) => Some(name.as_str()),
            Source::Path(_) => None,
        })
        .collect();
    let owned = &running.network.owned;
    for name in names {
        let request = VolumeCreateRequest {
            name: Some(owned.run.volume(name)),
            labels: Some(owned.run.labels()),
            ..VolumeCreateRequest::default()
        };
        let created = owned.docker.create_volume(request).await;
        created.map_err(|error| StartError::engine(format!("the volume {name}"), &error).cause)?;
    }
    Ok(())
}

async fn wait_for_dependencies(
    running: &Running,
    recipe: &Recipe,
    completed: &mut BTreeSet<String>,
) -> Result<(), Cause> {
    for dependency in &recipe.service.after {
        let name = dependency.service.as_str();
        if !running.network.owned.containers.contains_key(name) {
            // Not booted, which the plan's differences say.
            continue;
        }
        match dependency.condition {
            Condition::Started => {}
            Condition::Healthy => {
                if running.well(name).await? == wait::Well::Running {
                    return Err(Cause::NoHealthCheck {
                        service: recipe.service.name.clone(),
                        dependency: name.to_owned(),
                    });
                }
            }
            Condition::Completed => {
                running.completed(name).await?;
                completed.insert(name.to_owned());
            }
        }
    }
    Ok(())
}

async fn start(running: &mut Running, plan: &Plan, recipe: &Recipe) -> Result<(), Cause> {
    let name = &recipe.service.name;
    let before = image_command(running, recipe).await?;
    let gateway = running.network.host_gateway().filter(|_| !plan.gateway_as_in_file);
    let request = request::of(&running.network, recipe, before, gateway);
    running.network.owned.asked = true;
    let started = request.with_startup_timeout(plan.ceiling).start().await;
    running.network.owned.asked = false;
    match started {
        Ok(container) => {
            running.network.owned.containers.insert(name.clone(), container);
            Ok(())
        }
        Err(error) => Err(match cause(name, &error) {
            Cause::PortsTaken(taken) => {
                let ports = taken.into_iter().map(|taken| (taken.port, taken.service)).collect();
                Cause::PortsTaken(with_holders(running, ports).await)
            }
            cause => cause,
        }),
    }
}

/// The image's own command, where arguments are to stand behind it.
async fn image_command(running: &Running, recipe: &Recipe) -> Result<Vec<String>, Cause> {
    if recipe.after_image.is_empty() || recipe.service.entrypoint.is_some() {
        return Ok(Vec::new());
    }
    let image = &recipe.service.image;
    let found = running.network.owned.docker.inspect_image(image).await;
    let found =
        found.map_err(|error| StartError::engine(format!("the image {image}"), &error).cause)?;
    Ok(found.config.and_then(|config| config.cmd).unwrap_or_default())
}

/// Which containers have these ports.
async fn with_holders(running: &Running, ports: Vec<(u16, String)>) -> Vec<TakenPort> {
    let options = ListContainersOptionsBuilder::new().build();
    let containers = running.network.owned.docker.list_containers(Some(options)).await;
    let containers = containers.unwrap_or_default();
    let holder = |port: u16| {
        let has = |published: &testcontainers::bollard::models::PortSummary| {
            let ip = published.ip.as_deref().and_then(|ip| ip.parse().ok()).unwrap_or(LOOPBACK);
            published.public_port == Some(port) && (ip == LOOPBACK || ip.is_unspecified())
        };
        let mut holders = containers.iter().filter(|one| one.ports.iter().flatten().any(has));
        let name = holders.next()?.names.as_ref()?.first()?;
        Some(name.trim_start_matches('/').to_owned())
    };
    ports
        .into_iter()
        .map(|(port, service)| TakenPort { port, service, container: holder(port) })
        .collect()
}

impl Running {
    /// The last log lines of each container, in the order of the start.
    pub(crate) async fn last_lines(&self, lines: usize) -> Vec<(String, Vec<String>)> {
        let owned = &self.network.owned;
        let mut found = Vec::new();
        for service in self.services() {
            if let Some(container) = owned.containers.get(service) {
                let lines = logs::last(&owned.docker, container.id(), lines).await;
                found.push((service.to_owned(), lines.unwrap_or_default()));
            }
        }
        found
    }
}
