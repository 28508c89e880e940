//! The instruments of the three modules: what counts events, and which metrics show the counts.
//!
//! Only a module may count (`pub(crate)`): everybody else sees an exposition. Instruments are registered with
//! prometheus-client and counted through handles that are plain arrays, indexed by label. Counting is exact integer
//! arithmetic; floating point begins where a value is shown. Knows no ledger and no lie.

mod buckets;
mod families;
mod family;
mod handle;
mod key;
mod llm;
mod manager;
mod metric;
mod security;

pub(crate) use families::Families;
pub(crate) use family::{Family, Unit, registry};
pub(crate) use handle::{Counter, Histogram, add};
pub(crate) use llm::LlmInstruments;
pub(crate) use manager::ManagerInstruments;
pub use metric::Metric;
pub(crate) use security::SecurityInstruments;

use sim::{
    event::EventKind,
    world::{Module, Status},
};

/// One module's instruments.
#[derive(Debug)]
pub(crate) enum Instruments {
    Manager(ManagerInstruments),
    Security(SecurityInstruments),
    Llm(LlmInstruments),
}

impl Instruments {
    /// The module's instruments at 0, and the families that show them.
    pub(crate) fn new(module: Module) -> (Instruments, Families) {
        let mut families = Families::default();
        let instruments = match module {
            Module::PromptManager => Instruments::Manager(ManagerInstruments::new(&mut families)),
            Module::PromptSecurity => {
                Instruments::Security(SecurityInstruments::new(&mut families))
            }
            Module::LlmProvider => Instruments::Llm(LlmInstruments::new(&mut families)),
        };
        (instruments, families)
    }

    /// Counts what happened, which must be this module's own and no lifecycle event.
    #[inline]
    pub(crate) fn count(&self, kind: EventKind) {
        match self {
            Instruments::Manager(instruments) => instruments.count(kind),
            Instruments::Security(instruments) => instruments.count(kind),
            Instruments::Llm(instruments) => instruments.count(kind),
        }
    }
}

#[inline]
fn status(failed: bool) -> Status {
    if failed { Status::Error } else { Status::Success }
}
