//! Requests on their way: a slab of their state, so that memory follows concurrency and never the number of requests.

use crate::{
    engine::{guard::Judgement, provider::Attempt},
    event::LlmTokens,
    time::Nanos,
    world::{
        llm::{Deployment, LlmOperation},
        manager::{ManagerError, ManagerModel, ManagerOperation},
    },
};

/// A copy of a module as a request met it; after a restart it is another process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) replica: u8,
    pub(crate) incarnation: u32,
}

/// What a request waits for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stage {
    /// prompt-manager's answer: the operation ends.
    Done { error: Option<ManagerError>, usage: Option<(ManagerModel, u32, u32)> },
    /// The guard's verdict.
    Judged { guard: Process, judgement: Judgement },
    /// The end of an attempt at a provider.
    Answered { attempt: Attempt },
    /// The end of a back-off.
    BackedOff,
    /// The end of the output scan.
    Scanned { guard: Process, lasts: Nanos, refused: bool },
}

/// A request on its way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flight {
    pub(crate) stage: Stage,
    pub(crate) arrived: Nanos,
    pub(crate) operation: ManagerOperation,
    pub(crate) manager: Process,
    pub(crate) tokens: LlmTokens,
    /// An attack that the guard has not seen.
    pub(crate) missed: bool,
    pub(crate) llm: Process,
    pub(crate) llm_operation: LlmOperation,
    pub(crate) llm_began: Nanos,
    pub(crate) deployment: Deployment,
    pub(crate) retries: u8,
    pub(crate) failed_over: bool,
}

/// All requests on their way; a slot's number is its token in the agenda.
#[derive(Debug, Default)]
pub(crate) struct Flights {
    slots: Vec<Flight>,
    free: Vec<u32>,
}

impl Flights {
    pub(crate) fn add(&mut self, flight: Flight) -> u32 {
        if let Some(slot) = self.free.pop() {
            self.slots[slot as usize] = flight;
            return slot;
        }
        self.slots.push(flight);
        (self.slots.len() - 1) as u32
    }

    pub(crate) fn get(&mut self, slot: u32) -> &mut Flight {
        &mut self.slots[slot as usize]
    }

    pub(crate) fn end(&mut self, slot: u32) {
        self.free.push(slot);
    }

    /// How many requests are on their way.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}
