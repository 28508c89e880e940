//! The discrete-event engine: arrivals go in, one ordered stream of [`Event`]s comes out.
//!
//! Every request is causal and crosses the modules: limits, cache, guard, provider with retries and fail-over, output
//! scan. A module that is down counts nothing, and whoever asks it sees a failure. The same parameters, incidents and
//! arrivals give the same events, byte for byte, however often [`Engine::run_until`] is called on the way.
//! Nothing here knows metrics, scrapes or scenario files.

mod agenda;
mod effects;
mod flight;
mod guard;
mod inject;
mod latency;
mod limit;
mod manager;
mod parameters;
mod path;
mod provider;
mod telling;

pub use inject::{IncidentId, InjectError};
pub use parameters::Parameters;

use agenda::Agenda;
use effects::Effects;
use flight::{Flights, Process};
use guard::Guard;
use manager::Manager;
use provider::Providers;

use crate::{
    event::{Event, EventKind},
    incident::Incident,
    label::Label,
    rng::{Rng, Stream},
    sample::Weighted,
    time::Nanos,
    traffic::Arrival,
    world::Module,
};

/// What became of all arrivals so far: what came in has left, was lost with a module, or is on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Requests that arrived.
    pub arrived: u64,
    /// Operations that prompt-manager finished.
    pub finished: u64,
    /// Requests that nobody could count: prompt-manager was down, or went down meanwhile.
    pub lost: u64,
    /// Requests that no caller sent, during a traffic stop.
    pub withheld: u64,
    /// Requests on their way.
    pub in_flight: u64,
}

/// The simulated application under its traffic and its incidents.
#[derive(Debug)]
pub struct Engine<A> {
    arrivals: A,
    next_arrival: Option<Arrival>,
    agenda: Agenda,
    flights: Flights,
    rng: Rng,
    routes: Weighted,
    operations: Weighted,
    attacks: f64,
    effects: Effects,
    incidents: Vec<Incident>,
    edges: Vec<Edge>,
    next_edge: usize,
    /// How far the story was played, that instant included.
    played: Option<Nanos>,
    modules: [Vec<Copy_>; Module::ALL.len()],
    turn: [usize; Module::ALL.len()],
    manager: Manager,
    guard: Guard,
    providers: Providers,
    balance: Balance,
}

/// A running copy of a module.
#[derive(Clone, Copy, Debug)]
struct Copy_ {
    incarnation: u32,
    /// Incidents that keep it down now.
    stopped_by: u32,
}

/// An instant at which an incident begins or ends.
#[derive(Clone, Copy, Debug)]
struct Edge {
    at: Nanos,
    incident: usize,
    begins: bool,
}

impl Edge {
    /// An end before a beginning at the same instant, else in the order of the scenario.
    fn order(&self) -> (Nanos, bool, usize) {
        (self.at, self.begins, self.incident)
    }
}

impl<A: Iterator<Item = Arrival>> Engine<A> {
    /// An engine at the start of the scenario. `arrivals` must not go back in time.
    pub fn new(parameters: &Parameters, incidents: Vec<Incident>, mut arrivals: A) -> Engine<A> {
        const ENGINE: Stream = Stream::named("engine");
        let mut edges: Vec<Edge> = incidents
            .iter()
            .enumerate()
            .flat_map(|(index, incident)| {
                [
                    Edge { at: incident.at, incident: index, begins: true },
                    Edge { at: incident.ends(), incident: index, begins: false },
                ]
            })
            .collect();
        edges.sort_by_key(Edge::order);
        let next_arrival = arrivals.next();
        Engine {
            arrivals,
            next_arrival,
            agenda: Agenda::default(),
            flights: Flights::default(),
            rng: Rng::new(parameters.seed, ENGINE),
            routes: Weighted::new(&parameters.deployments),
            operations: Weighted::new(&parameters.llm_operations),
            attacks: parameters.attacks,
            effects: Effects::at(Nanos::ZERO, &[], parameters.attacks),
            incidents,
            edges,
            next_edge: 0,
            played: None,
            modules: parameters.replicas.map(|copies| {
                vec![Copy_ { incarnation: 0, stopped_by: 0 }; usize::from(copies.max(1))]
            }),
            turn: [0; Module::ALL.len()],
            manager: Manager::new(parameters),
            guard: Guard::new(parameters),
            providers: Providers::new(parameters),
            balance: Balance::default(),
        }
    }

    /// Plays everything up to and including `until`; `sink` sees each event once, in order.
    pub fn run_until(&mut self, until: Nanos, sink: &mut impl FnMut(&Event)) {
        self.played = self.played.max(Some(until));
        loop {
            let edge = self.edges.get(self.next_edge).map_or(Nanos(u64::MAX), |edge| edge.at);
            let planned = self.agenda.next_at();
            let arrival = self.next_arrival.map_or(Nanos(u64::MAX), |arrival| arrival.at);
            let next = edge.min(planned).min(arrival);
            if next > until || next == Nanos(u64::MAX) {
                return;
            }
            if edge == next {
                self.cross_edge(sink);
            } else if planned == next {
                let (at, slot) = self.agenda.take().expect("a plan was seen");
                self.go_on(at, slot, sink);
            } else if let Some(arrival) = self.next_arrival {
                self.next_arrival = self.arrivals.next();
                self.arrive(&arrival, sink);
            }
        }
    }

    /// What became of all arrivals so far.
    pub fn balance(&self) -> Balance {
        Balance { in_flight: self.flights.len() as u64, ..self.balance }
    }

    /// The source of arrivals, for what it has to say at the end (a trace's error, for example).
    pub fn arrivals(&self) -> &A {
        &self.arrivals
    }

    fn cross_edge(&mut self, sink: &mut impl FnMut(&Event)) {
        let edge = self.edges[self.next_edge];
        self.next_edge += 1;
        let before = self.effects.clone();
        self.effects = Effects::at(edge.at, &self.incidents, self.attacks);
        for &module in Module::ALL {
            let m = module.index();
            for replica in 0..self.modules[m].len() as u8 {
                let mut tell = |kind| sink(&Event { at: edge.at, replica, kind });
                if before.renamed[m] != self.effects.renamed[m] {
                    tell(EventKind::Renamed(module, self.effects.renamed[m]));
                }
                if before.removed[m] != self.effects.removed[m] {
                    tell(EventKind::Removed(module, self.effects.removed[m]));
                }
                if before.extra_series[m] != self.effects.extra_series[m] {
                    tell(EventKind::ExtraSeries(module, self.effects.extra_series[m]));
                }
                if before.slow_metrics[m] != self.effects.slow_metrics[m] {
                    tell(EventKind::SlowMetrics(module, self.effects.slow_metrics[m]));
                }
            }
        }
        let Incident { kind, lasts, .. } = self.incidents[edge.incident];
        if lasts == Nanos::ZERO {
            // What lasts no time stops nothing.
            return;
        }
        for &module in Module::ALL {
            for instance in kind.stops(self.modules[module.index()].len() as u8) {
                if instance.module != module {
                    continue;
                }
                let copy = &mut self.modules[module.index()][usize::from(instance.replica)];
                let was_up = copy.stopped_by == 0;
                if edge.begins {
                    copy.stopped_by += 1
                } else {
                    copy.stopped_by -= 1
                }
                let is_up = copy.stopped_by == 0;
                let event = |kind| Event { at: edge.at, replica: instance.replica, kind };
                if was_up && !is_up {
                    copy.incarnation += 1;
                    sink(&event(EventKind::Stopped(module)));
                } else if !was_up && is_up {
                    sink(&event(EventKind::Started(module)));
                }
            }
        }
    }

    /// The next running copy of a module, in turn; `None` if all are down.
    fn pick(&mut self, module: Module) -> Option<Process> {
        let m = module.index();
        let copies = &self.modules[m];
        for _ in 0..copies.len() {
            self.turn[m] = (self.turn[m] + 1) % copies.len();
            let copy = copies[self.turn[m]];
            if copy.stopped_by == 0 {
                return Some(Process {
                    replica: self.turn[m] as u8,
                    incarnation: copy.incarnation,
                });
            }
        }
        None
    }

    /// Whether the process that a request met still runs.
    fn lives(&self, module: Module, process: Process) -> bool {
        let copy = self.modules[module.index()][usize::from(process.replica)];
        copy.stopped_by == 0 && copy.incarnation == process.incarnation
    }
}
