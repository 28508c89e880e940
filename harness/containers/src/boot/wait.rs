//! Waits until a container is well: until its health check says so, or, without one, while it runs.
//!
//! It must not know what the container does.

use std::time::Duration;

use testcontainers::bollard::Docker;
use testcontainers::bollard::models::{ContainerState, Health, HealthStatusEnum};
use tokio::time::{Instant, interval};

use crate::error::{Cause, StartError};

/// Between two questions to the engine, which answers in a millisecond.
const INTERVAL: Duration = Duration::from_millis(50);

/// How well a container is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Well {
    /// Its health check says so.
    Healthy,
    /// It runs and has no health check.
    Running,
}

/// Waits until a container is well.
pub(crate) async fn until_well(
    docker: &Docker,
    service: &str,
    id: &str,
    ceiling: Duration,
) -> Result<Well, Cause> {
    until(docker, service, id, ceiling, |state| {
        let health = state.health.as_ref();
        match health.and_then(|health| health.status).unwrap_or(HealthStatusEnum::NONE) {
            _ if state.running != Some(true) => Err(ended(service, state)),
            HealthStatusEnum::HEALTHY => Ok(Some(Well::Healthy)),
            HealthStatusEnum::EMPTY | HealthStatusEnum::NONE => Ok(Some(Well::Running)),
            HealthStatusEnum::STARTING => Ok(None),
            HealthStatusEnum::UNHEALTHY => {
                Err(Cause::Unhealthy { service: service.to_owned(), check: last_check(health) })
            }
        }
    })
    .await
}

/// Waits until a container has ended with exit code 0.
pub(crate) async fn until_completed(
    docker: &Docker,
    service: &str,
    id: &str,
    ceiling: Duration,
) -> Result<(), Cause> {
    until(docker, service, id, ceiling, |state| match state.running {
        Some(true) => Ok(None),
        _ if state.exit_code == Some(0) => Ok(Some(())),
        _ => Err(ended(service, state)),
    })
    .await
}

async fn until<T>(
    docker: &Docker,
    service: &str,
    id: &str,
    ceiling: Duration,
    mut judge: impl FnMut(&ContainerState) -> Result<Option<T>, Cause>,
) -> Result<T, Cause> {
    let begin = Instant::now();
    let mut ticks = interval(INTERVAL);
    loop {
        ticks.tick().await;
        let found = docker.inspect_container(id, None).await;
        let found = found
            .map_err(|error| StartError::engine(format!("the state of {service}"), &error).cause)?;
        let state = found.state.unwrap_or_default();
        if let Some(value) = judge(&state)? {
            return Ok(value);
        }
        if begin.elapsed() >= ceiling {
            let check = last_check(state.health.as_ref());
            return Err(Cause::NotInTime { service: service.to_owned(), after: ceiling, check });
        }
    }
}

fn ended(service: &str, state: &ContainerState) -> Cause {
    Cause::Ended {
        service: service.to_owned(),
        code: state.exit_code.unwrap_or_default(),
        out_of_memory: state.oom_killed.unwrap_or_default(),
    }
}

fn last_check(health: Option<&Health>) -> String {
    let last = health.and_then(|health| health.log.as_ref()?.last());
    let Some(last) = last else { return "nothing, none has ended yet".into() };
    let output = last.output.as_deref().unwrap_or_default().trim();
    let code = last.exit_code.unwrap_or_default();
    format!("{} (exit code {code})", if output.is_empty() { "nothing" } else { output })
}
