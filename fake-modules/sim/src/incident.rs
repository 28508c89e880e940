//! What can go wrong in the simulated world, when and for how long.
//!
//! The engine plays incidents; scenario files name them. An incident that breaks an invariant of the metric contract
//! by design says which one, so that nothing else may break it.

use crate::{
    time::Nanos,
    world::{
        Instance, Module,
        llm::{Deployment, Provider},
    },
};

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

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum IncidentKind {
    /// A provider answers 5xx, times out or cannot be reached.
    ProviderOutage {
        /// Which provider.
        provider: Provider,
        /// The share of its requests that fail, 0 to 1.
        failing: f64,
    },
    /// A provider answers slowly.
    ProviderLatency {
        /// Which provider.
        provider: Provider,
        /// Time to first token and per output token are multiplied by this.
        factor: f64,
    },
    /// A provider lowers our limits; requests beyond them get 429 and a retry-after.
    ProviderThrottling {
        /// Which provider.
        provider: Provider,
        /// The share of the normal limits that is left, 0 to 1.
        capacity: f64,
    },
    /// More prompts are attacks.
    InjectionAttack {
        /// The share of prompts that are attacks, 0 to 1.
        share: f64,
    },
    /// The response cache is emptied and fills again.
    CacheFlush,
    /// Traffic moves to one model, typically a dearer one.
    ModelShift {
        /// Where it moves to.
        to: Deployment,
        /// The share of requests that move, 0 to 1.
        share: f64,
    },
    /// llm-provider does not know a model's price and records no cost for it. Breaks I4.
    PriceMissing {
        /// The model without a price.
        deployment: Deployment,
    },
    /// prompt-security answers slowly.
    GuardSlow {
        /// Its latencies are multiplied by this.
        factor: f64,
    },
    /// prompt-manager does not ask prompt-security any more (fail-open); attacks are only seen in the output scan.
    /// Breaks I7.
    GuardBypassed,
    /// No caller calls.
    TrafficStop,
    /// A copy of a module, or all of them, is down; its counters begin at 0 afterwards.
    ModuleDown {
        /// Which module.
        module: Module,
        /// Which copy, or all.
        replica: Option<u8>,
    },
    /// A copy of a module, or all of them, is replaced by a new process at once; the incident's length is its
    /// start-up time.
    ModuleRestart {
        /// Which module.
        module: Module,
        /// Which copy, or all.
        replica: Option<u8>,
    },
    /// A module is taken out of service: its copies stop, and nobody scrapes them any more.
    ModuleRemoved {
        /// Which module.
        module: Module,
    },
    /// A module shows its operations counter under another name. Breaks I1 and I5.
    MetricRenamed {
        /// Which module.
        module: Module,
    },
    /// A module shows series with an unbounded label.
    CardinalityGrowth {
        /// Which module.
        module: Module,
        /// How many such series.
        series: u32,
    },
    /// A module takes long to show its metrics.
    MetricsSlow {
        /// Which module.
        module: Module,
        /// How long a scrape takes.
        takes: Nanos,
    },
}

/// An invariant of the metric contract, which holds between ledger and modules at every scrape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// The sum of operations is the duration histogram's `_count`.
    I1,
    /// Failed requests are the sum of errors, by provider.
    I2,
    /// Bucket `+Inf` is `_count`; buckets are monotone.
    I3,
    /// Cost is the sum of tokens × price.
    I4,
    /// The overview's total is the sum of the modules' dashboards.
    I5,
    /// The pie is cost per provider, which is llm-provider's cost.
    I6,
    /// Injections are at most blocked validations.
    I7,
    /// Counters never decrease except at a restart.
    I8,
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
        match self {
            IncidentKind::PriceMissing { .. } => &[Invariant::I4],
            IncidentKind::GuardBypassed => &[Invariant::I7],
            IncidentKind::MetricRenamed { .. } => &[Invariant::I1, Invariant::I5],
            _ => &[],
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

impl IncidentKind {
    /// What it is called in reports: `provider outage (openai)`.
    #[must_use]
    pub fn title(&self) -> String {
        let (name, about) = match self {
            IncidentKind::ProviderOutage { provider, .. } => {
                ("provider outage", provider.to_string())
            }
            IncidentKind::ProviderLatency { provider, .. } => {
                ("provider latency", provider.to_string())
            }
            IncidentKind::ProviderThrottling { provider, .. } => {
                ("provider throttling", provider.to_string())
            }
            IncidentKind::InjectionAttack { .. } => ("injection attack", String::new()),
            IncidentKind::CacheFlush => ("cache flush", String::new()),
            IncidentKind::ModelShift { to, .. } => ("model shift", to.to_string()),
            IncidentKind::PriceMissing { deployment } => ("price missing", deployment.to_string()),
            IncidentKind::GuardSlow { .. } => ("guard slow", String::new()),
            IncidentKind::GuardBypassed => ("guard bypassed", String::new()),
            IncidentKind::TrafficStop => ("traffic stop", String::new()),
            IncidentKind::ModuleDown { module, .. } => ("module down", module.to_string()),
            IncidentKind::ModuleRestart { module, .. } => ("module restart", module.to_string()),
            IncidentKind::ModuleRemoved { module, .. } => ("module removed", module.to_string()),
            IncidentKind::MetricRenamed { module } => ("metric renamed", module.to_string()),
            IncidentKind::CardinalityGrowth { module, .. } => {
                ("cardinality growth", module.to_string())
            }
            IncidentKind::MetricsSlow { module, .. } => ("metrics slow", module.to_string()),
        };
        if about.is_empty() { name.to_owned() } else { format!("{name} ({about})") }
    }
}
