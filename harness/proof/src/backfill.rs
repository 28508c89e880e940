//! The backfill road: a scenario is played in virtual time, and what scraping would have stored is written at once.
//!
//! Modules and ledger read the same events; the modules' expositions go to the engine, the ledger stays here. The
//! scrapes are those of the configuration: each target on its own interval and phase.
//! Who is asked what afterwards, this does not know.

mod playing;
pub mod rules;
mod target;
mod thinning;
mod witness;

pub use playing::Playing;
pub use target::{OWN, TargetConfig};
pub use thinning::{SeriesFilter, Thinning};
pub use witness::{NoWitness, Witness};

use std::collections::BTreeMap;

use modules::{lie::Lie, module::Module};
use sim::{
    engine::Engine,
    event::{Event, EventKind},
    label::Label,
    time::Nanos,
    traffic::Arrival,
    world::{Instance, Module as ModuleName},
};
use target::{REFUSED_SECONDS, SCRAPE_SECONDS, Scraped, Target};

use monitoring::limits::Limit;
use prom::remote_write::SeriesRef;
use scrape::Refusal;
use stack::client::remote_write::{RemoteWriter, WriteError, WriteSession, Written};
use truth::{fact::words::pairs, ledger::Ledger};

/// Samples go to the engine in windows of this length: shorter ones are slower, longer ones take memory.
const WINDOW: Nanos = Nanos(30 * Nanos::MINUTE.0);

/// The same where few samples are stored.
const THINNED_WINDOW: Nanos = Nanos(6 * Nanos::HOUR.0);

/// What is to be played.
#[derive(Debug)]
pub struct Play<A> {
    /// The simulated application.
    pub engine: Engine<A>,
    /// Copies of each module.
    pub replicas: [u8; 3],
    /// The scenario's start in Unix milliseconds.
    pub epoch_ms: i64,
    /// How long it lasts.
    pub duration: Nanos,
    /// Who is scraped: module copies, and servers whose own metrics are not simulated as `None`.
    pub targets: Vec<(Option<Instance>, TargetConfig)>,
    /// A lie that one of the modules tells.
    pub lie: Option<Lie>,
    /// Which samples are stored, if not all.
    pub thinning: Option<Thinning>,
}

/// What remains when all is played.
#[derive(Debug)]
pub struct Played<A, W = Ledger> {
    /// The truth: what saw everything.
    pub ledger: W,
    /// The engine at the end, for its balance and its source of arrivals.
    pub engine: Engine<A>,
    /// Events that happened.
    pub events: u64,
    /// What was stored.
    pub written: Written,
    /// Scrapes of which the configuration lets nothing be stored, by target (its labels) and reason, although no incident
    /// made the module show more than its contract has.
    pub refused: Vec<(String, Refusal, usize)>,
}

impl<A: Iterator<Item = Arrival>> Play<A> {
    /// Plays everything into the engine behind `writer`; `progress` hears the simulated time reached.
    ///
    /// # Errors
    /// If samples are not stored.
    pub async fn run(
        self,
        writer: &RemoteWriter,
        progress: impl FnMut(Nanos),
    ) -> Result<Played<A>, WriteError> {
        let ledger = Ledger::new(self.replicas, self.epoch_ms);
        self.run_before(ledger, writer, |_| true, progress).await
    }

    /// As [`Play::run`], seen by another witness than a ledger; `written` sees every series' samples of a window, and says
    /// whether they go to the engine.
    ///
    /// # Errors
    /// If samples are not stored.
    pub async fn run_before<W: Witness>(
        self,
        witness: W,
        writer: &RemoteWriter,
        mut written: impl FnMut(&SeriesRef<'_>) -> bool,
        mut progress: impl FnMut(Nanos),
    ) -> Result<Played<A, W>, WriteError> {
        let window = self.thinning.as_ref().map_or(WINDOW, |_| THINNED_WINDOW);
        let duration = self.duration;
        let mut stage = Stage::new(self, witness);
        let mut session = writer.session();
        let mut until = Nanos::ZERO;
        while until < duration {
            until = (until + window).min(duration);
            stage.push(until, &mut session, &mut written).await?;
            progress(until);
        }
        let written = session.finish().await?;
        let refused = stage.refused();
        Ok(Played {
            ledger: stage.ledger,
            engine: stage.engine,
            events: stage.events,
            written,
            refused,
        })
    }
}

struct Stage<A, W> {
    engine: Engine<A>,
    ledger: W,
    modules: Vec<Vec<Module>>,
    targets: Vec<(Option<Instance>, Target)>,
    /// The next scrape of each target, in milliseconds after the start.
    next: Vec<i64>,
    epoch_ms: i64,
    events: u64,
    /// Series beyond the contract that an incident makes each module show now.
    extra: [u32; ModuleName::ALL.len()],
    /// How long a scrape of each module takes at least.
    slow: [Nanos; ModuleName::ALL.len()],
    /// Modules that are no longer scraped.
    removed: [bool; ModuleName::ALL.len()],
    /// Refused scrapes of each target, but for those of such incidents.
    refused: Vec<BTreeMap<Refusal, usize>>,
}

impl<A: Iterator<Item = Arrival>, W: Witness> Stage<A, W> {
    fn new(play: Play<A>, ledger: W) -> Stage<A, W> {
        let module = |module, replica| {
            let instance = Instance { module, replica };
            // The first copy lies: one liar among honest ones must be caught too.
            let lie = play.lie.filter(|lie| replica == 0 && lie.metric().module() == module);
            Module::new(instance, play.epoch_ms, lie)
        };
        Stage {
            engine: play.engine,
            ledger,
            modules: ModuleName::ALL
                .iter()
                .map(|&name| {
                    (0..play.replicas[name.index()]).map(|replica| module(name, replica)).collect()
                })
                .collect(),
            refused: vec![BTreeMap::new(); play.targets.len()],
            extra: [0; ModuleName::ALL.len()],
            slow: [Nanos::ZERO; ModuleName::ALL.len()],
            removed: [false; ModuleName::ALL.len()],
            next: play.targets.iter().map(|(_, config)| config.phase_ms).collect(),
            targets: play
                .targets
                .into_iter()
                .map(|(instance, config)| (instance, Target::new(config, play.thinning.clone())))
                .collect(),
            epoch_ms: play.epoch_ms,
            events: 0,
        }
    }

    /// Targets of which scrapes were refused.
    fn refused(&self) -> Vec<(String, Refusal, usize)> {
        let name = |(_, target): &(_, Target)| pairs(&target.config.labels);
        let of = |(target, refused): (_, &BTreeMap<Refusal, usize>)| {
            let name = name(target);
            let counted = refused.iter();
            counted.map(|(why, times)| (name.clone(), *why, *times)).collect::<Vec<_>>()
        };
        self.targets.iter().zip(&self.refused).flat_map(of).collect()
    }

    /// Plays all scrapes before `until`, and hands those series of what they bring that are `wanted` to `session`.
    async fn push(
        &mut self,
        until: Nanos,
        session: &mut WriteSession,
        wanted: &mut impl FnMut(&SeriesRef<'_>) -> bool,
    ) -> Result<(), WriteError> {
        self.play(until);
        let pending = self.targets.iter().flat_map(|(_, target)| target.pending());
        let window: Vec<_> = pending.filter(|series| wanted(series)).collect();
        if !window.is_empty() {
            session.push(&window).await?;
        }
        drop(window);
        self.targets.iter_mut().for_each(|(_, target)| target.clear());
        Ok(())
    }

    /// Plays all scrapes before `until`.
    fn play(&mut self, until: Nanos) {
        let until_ms = until.as_millis() as i64;
        loop {
            let due = self.next.iter().enumerate().min_by_key(|(index, at)| (**at, *index));
            let Some((index, &at_ms)) = due.filter(|(_, at)| **at < until_ms) else { return };
            let at = Nanos::from_millis(at_ms as u64);
            let Stage { engine, ledger, modules, events, extra, slow, removed, .. } = self;
            engine.run_until(at, &mut |event: &Event| {
                *events += 1;
                match event.kind {
                    EventKind::ExtraSeries(module, n_series) => extra[module.index()] = n_series,
                    EventKind::SlowMetrics(module, takes) => slow[module.index()] = takes,
                    EventKind::Removed(module, on) => removed[module.index()] = on,
                    _ => {}
                }
                ledger.observe(event);
                modules[event.kind.module().index()][usize::from(event.replica)].observe(event);
            });
            let (instance, target) = &mut self.targets[index];
            let at_unix = self.epoch_ms + at_ms;
            match *instance {
                None => target.scrape(at_unix, &Scraped::Server),
                Some(instance) => {
                    let module =
                        &mut self.modules[instance.module.index()][usize::from(instance.replica)];
                    let seconds = self.slow[instance.module.index()].as_secs_f64();
                    match module.scrape() {
                        _ if self.removed[instance.module.index()] => {
                            self.ledger.mark(instance, at, false);
                            target.scrape(at_unix, &Scraped::Removed);
                        }
                        Ok(_) if !target.waits_for(seconds) => {
                            self.ledger.mark(instance, at, false);
                            let timeout = target.config.timeout_ms as f64 / 1000.0;
                            self.ledger.note(instance, 0, timeout);
                            target.scrape(at_unix, &Scraped::Late);
                        }
                        Ok(exposition) => {
                            let refusal = target.refuses(&exposition);
                            self.ledger.mark(instance, at, refusal.is_none());
                            let is_read = refusal != Some(Refusal::Limit(Limit::Body));
                            let n_samples = if is_read { exposition.values().len() } else { 0 };
                            self.ledger.note(instance, n_samples, seconds.max(SCRAPE_SECONDS));
                            let by_design = self.extra[instance.module.index()] > 0;
                            if let Some(refusal) = refusal.filter(|_| !by_design) {
                                *self.refused[index].entry(refusal).or_default() += 1;
                            }
                            target.scrape(at_unix, &Scraped::Answer(&exposition, seconds));
                        }
                        Err(_) => {
                            self.ledger.mark(instance, at, true);
                            self.ledger.note(instance, 0, REFUSED_SECONDS);
                            target.scrape(at_unix, &Scraped::Down);
                        }
                    }
                }
            }
            self.next[index] += target.config.interval_ms;
        }
    }
}
