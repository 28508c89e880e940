//! The quantities of the simulated application that a contract can speak of, and how the ledger lays them out.
//!
//! Names are the application's, not Prometheus': what a metric is called, and which suffix it has, is not known here.
//! The ledger counts by this layout, facts select from it. It may not name metrics, expositions or modules' code.

use sim::{
    label::Label,
    world::{
        Limit, Module, Status, bounds,
        llm::{Deployment, LlmError, LlmOperation, LlmTokenType, Provider},
        manager::{
            CacheResult, ManagerError, ManagerModel, ManagerOperation, ManagerVerdict, TokenType,
        },
        security::{
            EventSeverity, EventType, InjectionSeverity, InjectionType, SecurityError,
            SecurityModel, SecurityOperation, SecurityVerdict,
        },
    },
};

/// Label names with values, sorted by name.
pub type LabelSet = Vec<(&'static str, &'static str)>;

/// What one slot of a quantity counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unit {
    /// Events.
    Count,
    /// Nano-dollars.
    NanoUsd,
    /// Observations of a duration in buckets with these upper bounds in seconds, `+Inf` after them; then their sum in
    /// nanoseconds.
    Seconds(&'static [f64]),
}

impl Unit {
    /// How many slots one label set takes.
    #[must_use]
    pub fn slots(self) -> usize {
        match self {
            Unit::Count | Unit::NanoUsd => 1,
            Unit::Seconds(bounds) => bounds.len() + 2,
        }
    }
}

macro_rules! quantities {
    ($($(#[$meta:meta])* $name:ident = $text:literal, $module:ident, $unit:expr, $sets:expr;)+) => {
        /// A quantity of the application.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Quantity { $($(#[$meta])* $name),+ }

        impl Quantity {
            /// Every quantity; those of one module stand together.
            pub const ALL: &'static [Quantity] = &[$(Quantity::$name),+];

            /// The name in contracts.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Quantity::$name => $text),+ }
            }

            /// The module that counts it.
            #[must_use]
            pub fn module(self) -> Module {
                match self { $(Quantity::$name => Module::$module),+ }
            }

            /// What its slots count.
            #[must_use]
            pub fn unit(self) -> Unit {
                match self { $(Quantity::$name => $unit),+ }
            }

            /// Its label sets, in the order of the ledger's slots.
            #[must_use]
            pub fn label_sets(self) -> Vec<LabelSet> {
                match self { $(Quantity::$name => $sets),+ }
            }
        }
    };
}

quantities! {
    /// Finished operations of prompt-manager.
    ManagerOperations = "prompt_manager.operations", PromptManager, Unit::Count, product::<ManagerOperation, Status>();
    /// Their durations.
    ManagerDuration = "prompt_manager.operation_duration", PromptManager, Unit::Seconds(&bounds::DURATION), one::<ManagerOperation>();
    /// Tokens that prompt-manager itself used.
    ManagerTokens = "prompt_manager.tokens", PromptManager, Unit::Count, product::<ManagerModel, TokenType>();
    /// What it itself paid.
    ManagerCost = "prompt_manager.cost", PromptManager, Unit::NanoUsd, one::<ManagerModel>();
    /// Failed operations, by reason.
    ManagerErrors = "prompt_manager.errors", PromptManager, Unit::Count, product::<ManagerOperation, ManagerError>();
    /// Look-ups in the response cache.
    CacheLookups = "prompt_manager.cache_lookups", PromptManager, Unit::Count, one::<CacheResult>();
    /// Verdicts that prompt-manager learnt.
    ManagerValidations = "prompt_manager.security_validations", PromptManager, Unit::Count, one::<ManagerVerdict>();
    /// Calls that its limits refused.
    ManagerLimitHits = "prompt_manager.rate_limit_hits", PromptManager, Unit::Count, one::<Limit>();

    /// Finished operations of prompt-security.
    SecurityOperations = "prompt_security.operations", PromptSecurity, Unit::Count, product::<SecurityOperation, Status>();
    /// Their durations.
    SecurityDuration = "prompt_security.operation_duration", PromptSecurity, Unit::Seconds(&bounds::GUARD), one::<SecurityOperation>();
    /// Verdicts given.
    Validations = "prompt_security.validations", PromptSecurity, Unit::Count, one::<SecurityVerdict>();
    /// Injections detected.
    Injections = "prompt_security.injections", PromptSecurity, Unit::Count, product::<InjectionType, InjectionSeverity>();
    /// Events logged.
    SecurityEvents = "prompt_security.events", PromptSecurity, Unit::Count, product::<EventType, EventSeverity>();
    /// Calls that its limits refused.
    SecurityLimitHits = "prompt_security.rate_limit_hits", PromptSecurity, Unit::Count, one::<Limit>();
    /// Failed operations, by reason.
    SecurityErrors = "prompt_security.errors", PromptSecurity, Unit::Count, product::<SecurityOperation, SecurityError>();
    /// Tokens that prompt-security itself used.
    SecurityTokens = "prompt_security.tokens", PromptSecurity, Unit::Count, product::<SecurityModel, TokenType>();
    /// What it itself paid.
    SecurityCost = "prompt_security.cost", PromptSecurity, Unit::NanoUsd, one::<SecurityModel>();

    /// Finished operations of llm-provider, retries included.
    LlmOperations = "llm_provider.operations", LlmProvider, Unit::Count, product::<LlmOperation, Status>();
    /// Their durations.
    LlmOperationDuration = "llm_provider.operation_duration", LlmProvider, Unit::Seconds(&bounds::DURATION), one::<LlmOperation>();
    /// Requests to providers.
    LlmRequests = "llm_provider.requests", LlmProvider, Unit::Count, deployments_by::<Status>();
    /// Their durations.
    LlmRequestDuration = "llm_provider.request_duration", LlmProvider, Unit::Seconds(&bounds::DURATION), deployments();
    /// Time to first token.
    FirstToken = "llm_provider.time_to_first_token", LlmProvider, Unit::Seconds(&bounds::FIRST_TOKEN), deployments();
    /// Tokens charged by providers.
    LlmTokens = "llm_provider.tokens", LlmProvider, Unit::Count, deployments_by::<LlmTokenType>();
    /// Cost that llm-provider recorded.
    LlmCost = "llm_provider.cost", LlmProvider, Unit::NanoUsd, deployments();
    /// Money spent at providers, also while llm-provider does not know the price.
    LlmSpend = "llm_provider.spend", LlmProvider, Unit::NanoUsd, deployments();
    /// Failed requests, by reason.
    LlmErrors = "llm_provider.errors", LlmProvider, Unit::Count, product::<Provider, LlmError>();
}

impl Quantity {
    /// The quantity with this name in contracts.
    #[must_use]
    pub fn parse(text: &str) -> Option<Quantity> {
        Quantity::ALL.iter().copied().find(|quantity| quantity.as_str() == text)
    }

    /// The quantities of one module, in the order of its row.
    pub fn of(module: Module) -> impl Iterator<Item = Quantity> {
        Quantity::ALL.iter().copied().filter(move |quantity| quantity.module() == module)
    }

    /// What really happened where this only counts what was recorded.
    #[must_use]
    pub fn truth(self) -> Quantity {
        if self == Quantity::LlmCost { Quantity::LlmSpend } else { self }
    }

    /// The first slot in the module's row.
    #[must_use]
    pub fn base(self) -> usize {
        Quantity::of(self.module()).take_while(|other| *other != self).map(Quantity::width).sum()
    }

    /// How many slots it takes.
    #[must_use]
    pub fn width(self) -> usize {
        self.label_sets().len() * self.unit().slots()
    }

    /// How many slots a module's row has.
    #[must_use]
    pub fn row_width(module: Module) -> usize {
        Quantity::of(module).map(Quantity::width).sum()
    }
}

fn sorted(mut labels: LabelSet) -> LabelSet {
    labels.sort_unstable();
    labels
}

fn one<A: Label>() -> Vec<LabelSet> {
    A::ALL.iter().map(|a| vec![(A::NAME, a.as_str())]).collect()
}

fn product<A: Label, B: Label>() -> Vec<LabelSet> {
    A::ALL
        .iter()
        .flat_map(|a| {
            B::ALL.iter().map(|b| sorted(vec![(A::NAME, a.as_str()), (B::NAME, b.as_str())]))
        })
        .collect()
}

fn deployments() -> Vec<LabelSet> {
    Deployment::ALL
        .iter()
        .map(|d| sorted(vec![("provider", d.provider().as_str()), ("model", d.model().as_str())]))
        .collect()
}

fn deployments_by<B: Label>() -> Vec<LabelSet> {
    deployments()
        .into_iter()
        .flat_map(|labels| {
            B::ALL.iter().map(move |b| {
                let mut labels = labels.clone();
                labels.push((B::NAME, b.as_str()));
                sorted(labels)
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_of_a_module_do_not_overlap() {
        for &module in Module::ALL {
            let mut next = 0;
            for quantity in Quantity::of(module) {
                assert_eq!(quantity.base(), next, "{}", quantity.as_str());
                next += quantity.width();
            }
            assert_eq!(next, Quantity::row_width(module));
        }
    }

    #[test]
    fn names_are_unique_and_parse_back() {
        for &quantity in Quantity::ALL {
            assert_eq!(Quantity::parse(quantity.as_str()), Some(quantity));
        }
    }
}
