//! The container engine: whether one answers, which one, and one clear error where none does.
//!
//! testcontainers finds an engine by `DOCKER_HOST`, else by Docker's own sockets. Engines elsewhere, such as Podman's,
//! are found here; they need that variable, which [`adopt`] gives to this process by starting it anew.
//! This module must not know what an engine is used for.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use testcontainers::bollard::{Docker, errors::Error as ApiError};
use tokio::time::timeout;

pub use adopt::adopt;
use surroundings::{Candidate, Surroundings};

use crate::network::is_of_this_machine;
use crate::plan::LOOPBACK;

mod adopt;
mod surroundings;

/// An engine that answers answers soon.
const CEILING: Duration = Duration::from_secs(20);

/// An engine that answers.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(crate) docker: Docker,
    host: String,
    product: Product,
    version: String,
}

/// Whose engine it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// Docker's.
    Docker,
    /// Podman's, which speaks Docker's language.
    Podman,
}

/// Why there is no engine to use.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// None of the known sockets is there.
    #[error(
        "no container engine on this machine: no socket at {places} \
         (install Docker or Podman and start it, or name one by DOCKER_HOST)"
    )]
    None {
        /// Where was looked.
        places: String,
    },
    /// A socket that may not be opened.
    #[error(
        "no permission for the container engine at {host} \
         (join the socket's group, `sudo usermod -aG docker $USER`, and log in again)"
    )]
    Permission {
        /// The address.
        host: String,
    },
    /// A socket behind which nobody answers.
    #[error(
        "no container engine answers at {host}: {cause} (start it, e.g. `sudo systemctl start docker`)"
    )]
    Silent {
        /// The address.
        host: String,
        /// What came instead of an answer.
        cause: String,
    },
    /// An engine that is not found without the variable.
    #[error("a container engine answers at {host} and must be named (set DOCKER_HOST={host})")]
    Unnamed {
        /// The address.
        host: String,
    },
    /// An address that is of no use here.
    #[error("DOCKER_HOST={host} cannot be used: {why}")]
    Host {
        /// The address.
        host: String,
        /// What is wrong with it, and the remedy.
        why: &'static str,
    },
}

impl Engine {
    /// The engine of this machine, as testcontainers would choose it.
    ///
    /// # Errors
    /// One [`EngineError`] with its remedy.
    pub async fn find() -> Result<Self, EngineError> {
        let surroundings = Surroundings::of_this_process();
        let host = surroundings.choose(&|candidate| knock(candidate))?;
        let silent = |cause: String| EngineError::Silent { host: host.clone(), cause };
        let docker = testcontainers::core::client::docker_client_instance().await;
        let docker = docker.map_err(|error| silent(error.to_string()))?;
        let version = timeout(CEILING, docker.version()).await;
        let version = version
            .map_err(|_| silent(format!("nothing within {} s", CEILING.as_secs())))?
            .map_err(|error| silent(message(&error)))?;
        let podman = version.components.iter().flatten().any(|part| part.name.contains("Podman"));
        Ok(Self {
            docker,
            host,
            product: if podman { Product::Podman } else { Product::Docker },
            version: version.version.unwrap_or_default(),
        })
    }

    /// The address, e.g. `unix:///var/run/docker.sock`.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whose engine it is.
    #[must_use]
    pub fn product(&self) -> Product {
        self.product
    }

    /// The engine's own version, e.g. `20.10.24`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The address of this machine on the engine's default bridge, for which a compose file's `host-gateway` stands.
    /// `None` where the engine has no such bridge.
    pub async fn bridge_gateway(&self) -> Option<IpAddr> {
        let bridge = self.docker.inspect_network("bridge", None).await.ok()?;
        gateway(&bridge)
    }
}

impl Engine {
    /// Where a service of this machine must listen so that containers reach it under a name that the compose file maps
    /// to `host-gateway`, for plans with [`host_gateway_as_in_file`](crate::Plan::host_gateway_as_in_file).
    ///
    /// It is the address of the default bridge, which no other machine reaches; 127.0.0.1 where that address is not of
    /// this machine, because an engine in a virtual machine leads containers to this machine's loopback.
    pub async fn listen_address(&self) -> IpAddr {
        let bridge = self.bridge_gateway().await;
        bridge.filter(|bridge| is_of_this_machine(*bridge)).unwrap_or(LOOPBACK)
    }
}

impl std::fmt::Display for Engine {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:?} {} at {}", self.product, self.version, self.host)
    }
}

/// The gateway of a network; the first address of its range where the engine does not say.
pub(crate) fn gateway(network: &testcontainers::bollard::models::NetworkInspect) -> Option<IpAddr> {
    let ranges = network.ipam.as_ref()?.config.as_ref()?;
    ranges.iter().find_map(|range| {
        let named = range.gateway.as_deref().and_then(|gateway| gateway.parse().ok());
        named.or_else(|| first_of(range.subnet.as_deref()?))
    })
}

/// `172.17.0.0/16` is `172.17.0.1`.
fn first_of(subnet: &str) -> Option<IpAddr> {
    let base: std::net::Ipv4Addr = subnet.split_once('/')?.0.parse().ok()?;
    Some(IpAddr::V4(std::net::Ipv4Addr::from_bits(base.to_bits().checked_add(1)?)))
}

/// What the engine's interface says of an error, without its own frame.
pub(crate) fn message(error: &ApiError) -> String {
    match error {
        ApiError::DockerResponseServerError { message, .. } => message.trim().to_owned(),
        other => other.to_string(),
    }
}

/// Opens a socket and closes it again.
fn knock(candidate: &Candidate) -> io::Result<()> {
    std::os::unix::net::UnixStream::connect(&candidate.path).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_address_of_a_range_is_its_gateway() {
        assert_eq!(first_of("172.17.0.0/16"), "172.17.0.1".parse().ok());
        assert_eq!(first_of("fd00::/64"), None);
        assert_eq!(first_of("x"), None);
    }
}
