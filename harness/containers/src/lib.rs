//! A monitoring stack, booted from its `docker-compose.yml` by testcontainers.
//!
//! The file that people start is the one that is tested: images, commands, mounts, ports, environment and health
//! checks come from it, and what differs is listed in words. In the order of use:
//!
//! 1. [`compose`] reads the file, [`engine`] finds an engine; both name all that is in the way.
//! 2. [`Network::create`] gives the address on which services of this machine must listen for containers.
//! 3. [`Plan`] says what is booted and changed, [`Network::boot`] boots it, and [`Running`] is the stack:
//!    addresses, logs, faults, [`wiring`]. It is removed when it is dropped.
//! 4. [`Engine::collect_garbage`](engine::Engine::collect_garbage) removes what a killed run has left.
//!
//! This crate must not know Prometheus, Alertmanager or Grafana, nor anything of Dashproof but its name.

pub use compose::Compose;
pub use engine::{Engine, EngineError};
pub use error::{Cause, StartError};
pub use network::Network;
pub use plan::{Difference, HostPorts, Plan};
pub use problem::Problem;
pub use running::{Running, ServiceError};

pub mod compose;
pub mod engine;
pub mod error;
pub mod garbage;
pub mod images;
pub mod network;
pub mod plan;
pub mod problem;
pub mod run;
pub mod running;
pub mod signals;
pub mod test_images;
pub mod wiring;

mod boot;
mod logs;
mod owned;
