//! The story under way: the engine played by the clock, the modules that count its events, whoever listens.
//!
//! One lock guards it. It is held for the events since the last tick and for copying values, never while anything is
//! encoded or sent. Everything that happens is told to an [`Observer`] in order: each event before the first scrape
//! that shows it.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard},
};

use tokio::sync::watch;

use super::{
    listener::Phase,
    metrics::{Purpose, TakeError, Taken},
};
use sim::{
    engine::{Balance, Engine, IncidentId, InjectError},
    event::{Event, EventKind},
    incident::{Incident, IncidentKind},
    label::Label,
    time::Nanos,
    traffic::Arrival,
    world::{Instance, Module as ModuleName},
};

use crate::{clock::Clock, exposition::Snapshot, module::Module};

/// What an observer hears.
#[derive(Clone, Copy, Debug)]
pub enum Heard<'a> {
    /// An event, as the modules counted it.
    Event(&'a Event),
    /// A scrape, which shows every event heard before it and none after.
    Scrape(Scrape),
}

/// A scrape that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scrape {
    /// Who answered.
    pub instance: Instance,
    /// Its number, from 1 for each copy.
    pub sequence: u64,
    /// The simulated instant.
    pub at: Nanos,
}

/// Whoever is told everything that happens, while the story waits: it should be quick.
pub type Observer = Box<dyn FnMut(Heard<'_>) + Send>;

/// The story under way.
pub(super) struct Story<A> {
    clock: Clock,
    inner: Mutex<Inner<A>>,
}

struct Inner<A> {
    engine: Engine<A>,
    copies: BTreeMap<Instance, CopyUnderWay>,
    observer: Observer,
}

struct CopyUnderWay {
    module: Module,
    scrapes: u64,
    phase: watch::Sender<Phase>,
}

impl<A> fmt::Debug for Story<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Story").field("clock", &self.clock).finish_non_exhaustive()
    }
}

impl<A: Iterator<Item = Arrival>> Story<A> {
    pub(super) fn new(
        engine: Engine<A>,
        replicas: [u8; 3],
        clock: Clock,
        observer: Observer,
    ) -> Story<A> {
        let instances = ModuleName::ALL.iter().flat_map(|&module| {
            (0..replicas[module.index()]).map(move |replica| Instance { module, replica })
        });
        let copy = |instance| CopyUnderWay {
            module: Module::new(instance, clock.epoch_unix_ms(), None),
            scrapes: 0,
            phase: watch::Sender::new(Phase::UP),
        };
        let copies = instances.map(|instance| (instance, copy(instance))).collect();
        Story { clock, inner: Mutex::new(Inner { engine, copies, observer }) }
    }

    pub(super) fn clock(&self) -> Clock {
        self.clock
    }

    /// Plays up to now; the instant reached, or `None` if an earlier step has failed.
    pub(super) fn play(&self) -> Option<Nanos> {
        self.played().map(|(_, now)| now)
    }

    pub(super) fn phase(&self, instance: Instance) -> Option<watch::Receiver<Phase>> {
        let inner = self.inner.lock().ok()?;
        Some(inner.copies.get(&instance)?.phase.subscribe())
    }

    pub(super) fn take(
        &self,
        instance: Instance,
        purpose: Purpose,
        into: &mut Snapshot,
    ) -> Result<Taken, TakeError> {
        let broken = || TakeError::Broken("the simulation has failed".to_owned());
        let (mut inner, at) = self.played().ok_or_else(broken)?;
        let Inner { copies, observer, .. } = &mut *inner;
        let copy = copies.get_mut(&instance).ok_or(TakeError::Down)?;
        copy.module.scrape_into(into).map_err(|_| TakeError::Down)?;
        if purpose == Purpose::Scrape {
            copy.scrapes += 1;
            observer(Heard::Scrape(Scrape { instance, sequence: copy.scrapes, at }));
        }
        Ok(Taken { sequence: copy.scrapes, at })
    }

    /// Adds an incident that begins `after` now, the next instant at the earliest.
    pub(super) fn inject(
        &self,
        kind: IncidentKind,
        after: Nanos,
        lasts: Nanos,
    ) -> Option<Result<(IncidentId, Incident), InjectError>> {
        let (mut inner, now) = self.played()?;
        let at = now + after + Nanos(1);
        // The end of time is the longest that anything lasts.
        let lasts = lasts.min(Nanos::NEVER.saturating_sub(at));
        let incident = Incident { at, lasts, kind };
        Some(inner.engine.inject(incident.clone()).map(|id| (id, incident)))
    }

    /// Ends an incident now.
    pub(super) fn end(&self, id: IncidentId) -> Option<Result<(), InjectError>> {
        let (mut inner, now) = self.played()?;
        Some(inner.engine.end_incident(id, now + Nanos(1)))
    }

    pub(super) fn balance(&self) -> Option<Balance> {
        Some(self.inner.lock().ok()?.engine.balance())
    }

    /// Every incident, past ones too.
    pub(super) fn incidents(&self) -> Option<Vec<(IncidentId, Incident)>> {
        let inner = self.inner.lock().ok()?;
        Some(inner.engine.incidents().map(|(id, incident)| (id, incident.clone())).collect())
    }

    /// The story, played up to now; `None` if a panic has left it half way.
    fn played(&self) -> Option<(MutexGuard<'_, Inner<A>>, Nanos)> {
        let mut inner = self.inner.lock().ok()?;
        // Read under the lock, so that nobody plays past an instant that somebody else has read.
        let now = self.clock.now();
        inner.play(now);
        Some((inner, now))
    }
}

impl<A: Iterator<Item = Arrival>> Inner<A> {
    fn play(&mut self, now: Nanos) {
        let Inner { engine, copies, observer } = self;
        engine.run_until(now, &mut |event| {
            let copy = copies.get_mut(&event.instance()).expect("the engine knows these copies");
            copy.module.observe(event);
            observer(Heard::Event(event));
            match event.kind {
                EventKind::Stopped(_) => copy.phase.send_modify(|phase| phase.turn(false)),
                EventKind::Started(_) => copy.phase.send_modify(|phase| phase.turn(true)),
                _ => {}
            }
        });
    }
}
