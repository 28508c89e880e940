//! Scenarios: stories that are simulated, read from YAML files.
//!
//! A file becomes a [`Scenario`] in two stages: what is written (`file`), then what it means (`check`); every
//! flaw of a file is a [`Problem`](prom::problem::Problem), all at once. A scenario gives the engine its world, its incidents and its
//! requests. It holds no expected values of panels: those come from the ledger.
//! Nothing here knows metrics, Prometheus or how a scenario is judged.

mod check;
mod file;
mod fingerprint;
mod load;
mod overrides;
mod schema;
mod source;
mod sudden;
mod traffic;
mod values;
mod world;

pub use fingerprint::fingerprint;
pub use load::load_dir;
pub use overrides::Overrides;
pub use schema::schema;
pub use source::{Source, SourceError};
pub use sudden::sudden_incident;
pub use traffic::{Burst, Course, Stretch, Trace, Traffic};
pub use world::World;

use std::path::PathBuf;

use sim::{incident::Incident, time::Nanos, world::Module};

/// A story: its traffic, its world, what goes wrong in it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file's name without its ending.
    pub name: String,
    /// The file that it was read from.
    pub file: PathBuf,
    /// The story in one sentence.
    pub about: String,
    /// The seed of everything random.
    pub seed: u64,
    /// When it begins; whole seconds.
    pub epoch: jiff::Timestamp,
    /// How long it is.
    pub duration: Nanos,
    /// The requests that reach the application.
    pub traffic: Traffic,
    /// Copies of each module, in the order of [`Module`]; each at least 1.
    pub replicas: [u8; 3],
    /// When targets are scraped within their interval.
    pub scrape_phase: ScrapePhase,
    /// How fast everything around a live story goes.
    pub pace: Pace,
    /// What differs from the world that the profile describes.
    pub world: World,
    /// What goes wrong, in the order of the file.
    pub incidents: Vec<Incident>,
    /// What the alerts are expected to do.
    pub alerts: Vec<AlertExpectation>,
}

/// How fast the monitoring around a live story goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// Many times faster than shipped, so that a story of a minute shows what takes half an hour.
    #[default]
    Short,
    /// With every shipped interval and timing.
    Shipped,
}

impl Pace {
    /// The name in scenario files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Pace::Short => "short",
            Pace::Shipped => "shipped",
        }
    }
}

/// When each target is scraped within its interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScrapePhase {
    /// At an instant drawn from the seed, never 0.
    #[default]
    Seeded,
    /// At 0, where sample times meet the ends of query windows, and Prometheus 2 and 3 differ.
    Aligned,
}

impl ScrapePhase {
    /// The name in scenario files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ScrapePhase::Seeded => "seeded",
            ScrapePhase::Aligned => "aligned",
        }
    }
}

/// A receiver of `alertmanager.yml` that a scenario names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedReceiver {
    /// Its name.
    pub name: String,
    /// Where the scenario names it: a line of its file, from 1.
    pub line: usize,
}

/// What an alert is expected to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertExpectation {
    /// It fires.
    Fires {
        /// The alert's name.
        alert: String,
        /// Line in the scenario's file, from 1.
        line: usize,
        /// How long after the first incident's start at the latest.
        within: Option<Nanos>,
        /// Labels that it has, by name.
        labels: Vec<(String, String)>,
        /// How long after the last incident's end it has resolved at the latest.
        resolves: Option<Nanos>,
        /// Who is told of it.
        told: Option<NamedReceiver>,
    },
    /// It never fires.
    Silent {
        /// The alert's name.
        alert: String,
        /// Line in the scenario's file, from 1.
        line: usize,
    },
    /// No alert fires that is not named otherwise.
    SilentOtherwise,
}

impl Scenario {
    /// When incidents begin or end within the scenario, in order, each instant once.
    #[must_use]
    pub fn edges(&self) -> Vec<Nanos> {
        let mut edges: Vec<Nanos> = self
            .incidents
            .iter()
            .flat_map(|incident| [incident.at, incident.ends()])
            .filter(|edge| *edge <= self.duration)
            .collect();
        edges.sort_unstable();
        edges.dedup();
        edges
    }

    /// The trace that is missing, where the scenario replays one that is not at hand.
    #[must_use]
    pub fn needs(&self) -> Option<&Trace> {
        match &self.traffic {
            Traffic::Replayed(trace) if trace.path.is_none() => Some(trace),
            _ => None,
        }
    }

    /// How many copies of a module run.
    #[must_use]
    pub fn replicas_of(&self, module: Module) -> u8 {
        self.replicas[module as usize]
    }
}
