//! prompt-manager's instruments: which event moves which metric.
//!
//! Called by prompt-manager's module for each of its events. Cost is only what prompt-manager itself pays; what a
//! prompt costs at a provider is counted by llm-provider.

use super::{Counter, Families, Histogram, Metric, buckets::DURATION, status};
use sim::{
    event::EventKind,
    world::{
        Limit, Status,
        manager::{
            CacheResult, ManagerError, ManagerModel, ManagerOperation, ManagerVerdict, TokenType,
        },
    },
};

#[derive(Debug)]
pub(crate) struct ManagerInstruments {
    operations: Counter<(ManagerOperation, Status)>,
    operation_duration: Histogram<ManagerOperation>,
    tokens: Counter<(ManagerModel, TokenType)>,
    cost: Counter<ManagerModel>,
    errors: Counter<(ManagerOperation, ManagerError)>,
    cache_requests: Counter<CacheResult>,
    security_validation: Counter<ManagerVerdict>,
    rate_limit_hits: Counter<Limit>,
}

impl ManagerInstruments {
    pub(super) fn new(families: &mut Families) -> ManagerInstruments {
        ManagerInstruments {
            operations: families.counter(Metric::ManagerOperations, "Operations finished."),
            operation_duration: families.histogram(
                Metric::ManagerOperationDuration,
                "Time from an operation's arrival to its answer, in seconds.",
                &DURATION,
            ),
            tokens: families.counter(
                Metric::ManagerTokens,
                "Tokens of the models that prompt-manager itself uses.",
            ),
            cost: families.cost(
                Metric::ManagerCost,
                "Cost of the models that prompt-manager itself uses, in USD.",
            ),
            errors: families.counter(Metric::ManagerErrors, "Operations failed, by reason."),
            cache_requests: families
                .counter(Metric::ManagerCacheRequests, "Look-ups in the response cache."),
            security_validation: families.counter(
                Metric::ManagerSecurityValidation,
                "Prompts submitted to prompt-security, by what it answered.",
            ),
            rate_limit_hits: families.counter(
                Metric::ManagerRateLimitHits,
                "Calls refused by prompt-manager's own limits, by limit.",
            ),
        }
    }

    #[inline]
    pub(super) fn count(&self, kind: EventKind) {
        match kind {
            EventKind::ManagerOperation { operation, error, duration } => {
                self.operations.increment((operation, status(error.is_some())));
                self.operation_duration.observe(operation, duration);
                if let Some(error) = error {
                    self.errors.increment((operation, error));
                }
            }
            EventKind::CacheLookup(result) => self.cache_requests.increment(result),
            EventKind::ManagerValidation(verdict) => self.security_validation.increment(verdict),
            EventKind::ManagerLimit(limit) => self.rate_limit_hits.increment(limit),
            EventKind::ManagerUsage { model, input, output } => {
                let (input, output) = (u64::from(input), u64::from(output));
                self.tokens.add((model, TokenType::Input), input);
                self.tokens.add((model, TokenType::Output), output);
                let price = model.price();
                self.cost.add(model, input * price.input + output * price.output);
            }
            other => debug_assert!(false, "not prompt-manager's: {other:?}"),
        }
    }
}
