//! What can go wrong in the simulated world, when and for how long.
//!
//! The engine plays incidents; scenario files name them. `table` has a row for each kind: whoever reads, tries or
//! tells of incidents takes what it needs from there. What an incident does is not known here: that is the engine's.

mod graded;
mod invariant;
mod parameter;
mod row;
mod table;

pub use graded::{Graded, Severity};
pub use invariant::Invariant;
pub use parameter::{Parameter, Source, Unit};
pub use row::Row;
pub use table::{IncidentKind, IncidentName};

use crate::{time::Nanos, world::Instance};

/// Something that goes wrong from `at` until `at + lasts`.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// When it begins.
    pub at: Nanos,
    /// How long it lasts. A [`IncidentKind::CacheFlush`] is an instant; its aftermath follows from it.
    pub lasts: Nanos,
    /// What goes wrong.
    pub kind: IncidentKind,
}

impl Incident {
    /// When it ends.
    #[must_use]
    pub fn ends(&self) -> Nanos {
        self.at + self.lasts
    }
}

impl IncidentKind {
    /// The invariants that it breaks by design; every other one must hold.
    #[must_use]
    pub fn breaks(&self) -> &'static [Invariant] {
        self.name().row().breaks
    }

    /// What it is called in reports: `provider outage (openai)`.
    #[must_use]
    pub fn title(&self) -> String {
        let words = self.name().row().words();
        match self.strikes() {
            Some(struck) => format!("{words} ({struck})"),
            None => words,
        }
    }

    /// The copies of a module that it stops, given how many copies each module has.
    pub fn stops(&self, replicas: u8) -> impl Iterator<Item = Instance> {
        let stopped = match *self {
            IncidentKind::ModuleDown { module, replica }
            | IncidentKind::ModuleRestart { module, replica } => Some((module, replica)),
            IncidentKind::ModuleRemoved { module } => Some((module, None)),
            _ => None,
        };
        (0..replicas).filter_map(move |copy| {
            let (module, replica) = stopped?;
            replica.is_none_or(|only| only == copy).then_some(Instance { module, replica: copy })
        })
    }
}
