//! The one vocabulary in which the engine tells what happened.
//!
//! Exactly two readers consume it and share no code: the modules, which count like instrumented services, and the
//! ledger, which keeps the truth. Events carry tokens, models and outcomes, never cost: each reader multiplies by
//! price itself. An event is stamped with the instant at which the service knows of it, so a scrape at `t` sees
//! exactly the events with `at <= t`.

use crate::{
    time::Nanos,
    world::{
        Instance, Limit, Module,
        llm::{Deployment, LlmError, LlmOperation},
        manager::{CacheResult, ManagerError, ManagerModel, ManagerOperation, ManagerVerdict},
        security::{
            EventSeverity, EventType, InjectionSeverity, InjectionType, SecurityError,
            SecurityModel, SecurityOperation, SecurityVerdict,
        },
    },
};

/// Something that happened at an instant, in one copy of one module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Event {
    /// When the service knew of it.
    pub at: Nanos,
    /// Which copy of the module saw it; the module follows from [`EventKind::module`].
    pub replica: u8,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// prompt-manager finished an operation.
    ManagerOperation {
        /// Which operation.
        operation: ManagerOperation,
        /// Why it failed, or `None`.
        error: Option<ManagerError>,
        /// From arrival to answer.
        duration: Nanos,
    },
    /// prompt-manager looked into its response cache.
    CacheLookup(CacheResult),
    /// prompt-manager learnt a verdict from prompt-security, or failed to.
    ManagerValidation(ManagerVerdict),
    /// prompt-manager's own limit refused a call.
    ManagerLimit(Limit),
    /// prompt-manager itself used a model.
    ManagerUsage {
        /// Which model.
        model: ManagerModel,
        /// Tokens sent.
        input: u32,
        /// Tokens generated.
        output: u32,
    },

    /// prompt-security finished an operation.
    SecurityOperation {
        /// Which operation.
        operation: SecurityOperation,
        /// Why it failed, or `None`. (A blocked prompt is a success of the guard.)
        error: Option<SecurityError>,
        /// From call to answer.
        duration: Nanos,
    },
    /// prompt-security gave its verdict on a prompt.
    Validation(SecurityVerdict),
    /// prompt-security detected an injection.
    Injection {
        /// Its kind.
        injection: InjectionType,
        /// Its severity.
        severity: InjectionSeverity,
    },
    /// prompt-security logged an event.
    SecurityEvent {
        /// Its category.
        event_type: EventType,
        /// Its severity.
        severity: EventSeverity,
    },
    /// prompt-security's own limit refused a call.
    SecurityLimit(Limit),
    /// prompt-security itself used a model.
    SecurityUsage {
        /// Which model.
        model: SecurityModel,
        /// Tokens sent.
        input: u32,
        /// Tokens generated.
        output: u32,
    },

    /// llm-provider finished an operation, retries and fail-over included.
    LlmOperation {
        /// Which operation.
        operation: LlmOperation,
        /// Whether every attempt failed.
        failed: bool,
        /// From call to the end of the answer, back-off included.
        duration: Nanos,
    },
    /// llm-provider finished one request to a provider.
    LlmRequest {
        /// Where it went.
        deployment: Deployment,
        /// Why it failed, or `None`.
        error: Option<LlmError>,
        /// From request to the end of the answer.
        duration: Nanos,
        /// From request to the first token; `None` where no token came.
        first_token: Option<Nanos>,
        /// Tokens that were charged.
        tokens: LlmTokens,
        /// Whether the service knew the model's price. While it does not (incident "price missing"), tokens are
        /// counted and cost is not, although money is spent.
        priced: bool,
    },

    /// A copy of a module ended: it answers no scrape any more.
    Stopped(Module),
    /// A copy of a module started anew: every counter begins at 0.
    Started(Module),
    /// The module began (`true`) or ceased (`false`) to show its operations counter under another name.
    Renamed(Module, bool),
    /// The module was taken out of what is scraped (`true`), or put back (`false`).
    Removed(Module, bool),
    /// The module now shows this many series that the contract does not know (a label with unbounded values).
    ExtraSeries(Module, u32),
    /// A scrape of it takes at least this long; zero is as usual.
    SlowMetrics(Module, Nanos),
}

/// Tokens charged by a provider for one request. `input` excludes `cached_input`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LlmTokens {
    /// Read at full price.
    pub input: u32,
    /// Read from the provider's prompt cache.
    pub cached_input: u32,
    /// Generated.
    pub output: u32,
}

impl EventKind {
    /// The module that saw it.
    #[must_use]
    pub fn module(&self) -> Module {
        match *self {
            EventKind::ManagerOperation { .. }
            | EventKind::CacheLookup(_)
            | EventKind::ManagerValidation(_)
            | EventKind::ManagerLimit(_)
            | EventKind::ManagerUsage { .. } => Module::PromptManager,
            EventKind::SecurityOperation { .. }
            | EventKind::Validation(_)
            | EventKind::Injection { .. }
            | EventKind::SecurityEvent { .. }
            | EventKind::SecurityLimit(_)
            | EventKind::SecurityUsage { .. } => Module::PromptSecurity,
            EventKind::LlmOperation { .. } | EventKind::LlmRequest { .. } => Module::LlmProvider,
            EventKind::Stopped(module)
            | EventKind::Started(module)
            | EventKind::Renamed(module, _)
            | EventKind::Removed(module, _)
            | EventKind::ExtraSeries(module, _)
            | EventKind::SlowMetrics(module, _) => module,
        }
    }
}

impl Event {
    /// The copy of the module that saw it.
    #[must_use]
    pub fn instance(&self) -> Instance {
        Instance { module: self.kind.module(), replica: self.replica }
    }
}
