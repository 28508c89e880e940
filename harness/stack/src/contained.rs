//! The monitoring stack in containers, as the `docker-compose.yml` of its folder says.
//!
//! What people start is what is started here: images, commands, mounts and health checks come from the file, and
//! whatever is different is listed. `site` finds an engine, the file and its images; `servers` runs what the file
//! describes; `wires` asks whether everybody reaches whom the configuration names. What is verified is not known here.

mod backfill;
mod configuration;
mod servers;
mod site;
mod wires;

pub use containers::engine::adopt;
pub use containers::garbage::Collected;
pub use servers::{Beside, Contained, ContainedError};
pub use site::{Containers, ContainersError};

use containers::Engine;

/// Prometheus' name in the file, and the port of its container.
pub const PROMETHEUS: (&str, u16) = ("prometheus", 9090);
/// Likewise.
pub const ALERTMANAGER: (&str, u16) = ("alertmanager", 9093);
/// Likewise.
pub const GRAFANA: (&str, u16) = ("grafana", 3000);

/// Removes what killed runs have left in the engine of this machine. Without an engine there is nothing.
///
/// # Errors
/// What could not be removed, in words.
pub async fn collect_garbage() -> Result<Collected, String> {
    match Engine::find().await {
        Ok(engine) => engine.collect_garbage().await.map_err(|error| error.to_string()),
        Err(_) => Ok(Collected::default()),
    }
}
