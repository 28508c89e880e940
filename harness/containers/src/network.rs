//! The network of one run: it is there before the services, so that whoever writes their configuration knows at which
//! address of this machine containers find its listeners.
//!
//! This module must not know the services.

use std::collections::HashMap;
use std::net::{IpAddr, TcpListener};

use testcontainers::bollard::models::NetworkCreateRequest;

use crate::engine::{self, Engine};
use crate::error::StartError;
use crate::owned::Owned;
use crate::plan::LOOPBACK;
use crate::run::Run;

/// A network of its own for one run. It is removed when this is dropped.
#[derive(Debug)]
pub struct Network {
    pub(crate) owned: Owned,
    pub(crate) engine: Engine,
    gateway: IpAddr,
    listen: IpAddr,
}

impl Network {
    /// Creates the network.
    ///
    /// # Errors
    /// If the engine refuses, e.g. because all of its address ranges are in use.
    pub async fn create(engine: &Engine) -> Result<Self, StartError> {
        let run = Run::new();
        let request = NetworkCreateRequest {
            name: run.name.clone(),
            driver: Some("bridge".into()),
            labels: Some(run.labels()),
            ..NetworkCreateRequest::default()
        };
        let owned = Owned::new(engine.docker.clone(), run);
        let refused = |error| StartError::engine("a network", &error);
        owned.docker.create_network(request).await.map_err(refused)?;
        let found = owned.docker.inspect_network(&owned.run.name, None).await.map_err(refused)?;
        // A bridge always has one; without, nothing on this machine can be reached.
        let gateway = engine::gateway(&found).unwrap_or(LOOPBACK);
        let listen = if is_of_this_machine(gateway) { gateway } else { LOOPBACK };
        Ok(Self { owned, engine: engine.clone(), gateway, listen })
    }

    /// Its name, and the domain in which its services find each other.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.owned.run.name
    }

    /// The address of the engine's machine on this network.
    #[must_use]
    pub fn gateway(&self) -> IpAddr {
        self.gateway
    }

    /// Where a service of this machine must listen so that containers of this network reach it under a name that the
    /// compose file maps to `host-gateway`.
    ///
    /// It is the gateway: no other machine is let in. An engine in a virtual machine has its gateway there, and leads
    /// containers to this machine's loopback, so that it is 127.0.0.1 then. For a plan with
    /// [`host_gateway_as_in_file`](crate::Plan::host_gateway_as_in_file) it is [`Engine::bridge_gateway`] instead.
    #[must_use]
    pub fn listen_address(&self) -> IpAddr {
        self.listen
    }

    /// What `host-gateway` stands for; `None` leaves it to the engine.
    pub(crate) fn host_gateway(&self) -> Option<IpAddr> {
        (self.listen == self.gateway).then_some(self.gateway)
    }

    pub(crate) fn labels(&self, service: &str) -> HashMap<String, String> {
        let mut labels = self.owned.run.labels();
        labels.insert(crate::run::SERVICE.to_owned(), service.to_owned());
        labels
    }
}

/// Whether this machine has the address.
pub(crate) fn is_of_this_machine(address: IpAddr) -> bool {
    TcpListener::bind((address, 0)).is_ok()
}
