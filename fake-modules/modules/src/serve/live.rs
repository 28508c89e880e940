//! A story that is played in real time, with a server for each copy of a module.
//!
//! Everything that changes the story goes through the engine, so that modules, callers and whoever keeps the truth see
//! it alike: a module is stopped by the incident of that name and started by its end.

use std::{net::SocketAddr, sync::Arc};

use tokio::task::JoinHandle;

use super::{
    listener::{BindError, HttpServer},
    metrics::{Purpose, Source, TakeError, Taken, router},
    story::{Observer, Story},
};
use sim::{
    engine::{Balance, Engine, IncidentId, InjectError},
    incident::{Incident, IncidentKind},
    time::Nanos,
    traffic::Arrival,
    world::Instance,
};

use crate::{clock::Clock, exposition::Snapshot};

/// How often the story is played on; scrapes play it up to their own instant anyway.
const STEP: Nanos = Nanos(10 * Nanos::MILLISECOND.0);

/// What is to be played, and where it is served.
pub struct Plan<A> {
    /// The simulated application at its start.
    pub engine: Engine<A>,
    /// Copies of each module, as the engine has them.
    pub replicas: [u8; 3],
    /// When it began. A start in the past is caught up with before anything is served.
    pub clock: Clock,
    /// Which copies are served, and where; port 0 is any free one.
    pub addresses: Vec<(Instance, SocketAddr)>,
    /// Whoever hears what happens.
    pub observer: Observer,
}

impl<A> std::fmt::Debug for Plan<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

/// A story under way. Dropped, it ends with all its servers.
#[derive(Debug)]
pub struct Live<A> {
    story: Arc<Story<A>>,
    servers: Vec<(Instance, HttpServer)>,
    driver: JoinHandle<()>,
}

/// The simulation has panicked: what it would show is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the simulation has failed")]
pub struct Broken;

/// Why the story could not be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// The engine refuses it.
    #[error(transparent)]
    Refused(#[from] InjectError),
    /// There is no story any more.
    #[error(transparent)]
    Broken(#[from] Broken),
}

impl<A: Iterator<Item = Arrival> + Send + 'static> Live<A> {
    /// Begins: catches up with the clock, then listens. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// If an address cannot be had; then nothing is left listening.
    pub fn start(plan: Plan<A>) -> Result<Live<A>, BindError> {
        let Plan { engine, replicas, clock, addresses, observer } = plan;
        let story = Arc::new(Story::new(engine, replicas, clock, observer));
        story.play();
        let serve = |(instance, address)| {
            let copy = Copy_ { story: Arc::clone(&story), instance };
            let phase = story.phase(instance).ok_or_else(|| BindError {
                address,
                source: std::io::Error::other("no such copy of a module"),
            })?;
            Ok((instance, HttpServer::start_in(address, router(copy), phase)?))
        };
        let servers = addresses.into_iter().map(serve).collect::<Result<Vec<_>, BindError>>()?;
        let driven = Arc::clone(&story);
        let driver = tokio::spawn(async move {
            while driven.play().is_some() {
                driven.clock().tick(STEP).await;
            }
        });
        Ok(Live { story, servers, driver })
    }

    /// Where each copy is served.
    pub fn addresses(&self) -> impl Iterator<Item = (Instance, SocketAddr)> {
        self.servers.iter().map(|(instance, server)| (*instance, server.address()))
    }

    /// The story's time.
    #[must_use]
    pub fn now(&self) -> Nanos {
        self.story.clock().now()
    }

    /// The story's clock.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.story.clock()
    }

    /// Whether a copy runs; `None` if there is no such copy.
    #[must_use]
    pub fn runs(&self, instance: Instance) -> Option<bool> {
        Some(self.story.phase(instance)?.borrow().up)
    }

    /// What became of all requests so far.
    ///
    /// # Errors
    /// If the simulation has failed.
    pub fn balance(&self) -> Result<Balance, Broken> {
        self.story.balance().ok_or(Broken)
    }

    /// Every incident but those that were taken back, in the order in which they became known.
    ///
    /// # Errors
    /// If the simulation has failed.
    pub fn incidents(&self) -> Result<Vec<(IncidentId, Incident)>, Broken> {
        self.story.incidents().ok_or(Broken)
    }

    /// Adds an incident that begins `after` now and is told in full.
    ///
    /// # Errors
    /// If the simulation has failed.
    pub fn inject(
        &self,
        kind: IncidentKind,
        after: Nanos,
        lasts: Nanos,
    ) -> Result<(IncidentId, Incident), ChangeError> {
        Ok(self.story.inject(kind, after, lasts).ok_or(Broken)??)
    }

    /// Ends an incident now, or takes one back that has not begun.
    ///
    /// # Errors
    /// If there is no such incident, or it is over, or the simulation has failed.
    pub fn end(&self, id: IncidentId) -> Result<(), ChangeError> {
        Ok(self.story.end(id).ok_or(Broken)??)
    }

    /// Ends only if the simulation fails.
    pub async fn failed(&mut self) -> Broken {
        // It was not aborted, so it has ended by a panic, or because another holder of the story has.
        let _ = (&mut self.driver).await;
        Broken
    }

    /// Ends all servers; their ports are free afterwards.
    pub async fn close(mut self) {
        for (_, server) in self.servers.drain(..) {
            server.close().await;
        }
    }
}

impl<A> Drop for Live<A> {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// One copy of a module as its server sees it.
struct Copy_<A> {
    story: Arc<Story<A>>,
    instance: Instance,
}

impl<A: Iterator<Item = Arrival> + Send + 'static> Source for Copy_<A> {
    fn take(&self, purpose: Purpose, into: &mut Snapshot) -> Result<Taken, TakeError> {
        self.story.take(self.instance, purpose, into)
    }
}
