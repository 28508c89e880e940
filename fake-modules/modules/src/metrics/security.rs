//! prompt-security's instruments: which event moves which metric.
//!
//! Called by prompt-security's module for each of its events. A blocked prompt is a success of the guard: verdicts,
//! operations and errors are counted apart.

use super::{Counter, Families, Histogram, Metric, buckets::GUARD, status};
use sim::{
    event::EventKind,
    world::{
        Limit, Status,
        manager::TokenType,
        security::{
            EventSeverity, EventType, InjectionSeverity, InjectionType, SecurityError,
            SecurityModel, SecurityOperation, SecurityVerdict,
        },
    },
};

#[derive(Debug)]
pub(crate) struct SecurityInstruments {
    operations: Counter<(SecurityOperation, Status)>,
    operation_duration: Histogram<SecurityOperation>,
    validations: Counter<SecurityVerdict>,
    injections_detected: Counter<(InjectionType, InjectionSeverity)>,
    events: Counter<(EventType, EventSeverity)>,
    rate_limit_hits: Counter<Limit>,
    errors: Counter<(SecurityOperation, SecurityError)>,
    tokens: Counter<(SecurityModel, TokenType)>,
    cost: Counter<SecurityModel>,
}

impl SecurityInstruments {
    pub(super) fn new(families: &mut Families) -> SecurityInstruments {
        SecurityInstruments {
            operations: families.counter(Metric::SecurityOperations, "Operations finished."),
            operation_duration: families.histogram(
                Metric::SecurityOperationDuration,
                "Time from an operation's call to its answer, in seconds.",
                &GUARD,
            ),
            validations: families
                .counter(Metric::SecurityValidations, "Prompts judged, by verdict."),
            injections_detected: families
                .counter(Metric::SecurityInjectionsDetected, "Injections detected in prompts."),
            events: families.counter(Metric::SecurityEvents, "Security events logged."),
            rate_limit_hits: families.counter(
                Metric::SecurityRateLimitHits,
                "Calls refused by prompt-security's own limits, by limit.",
            ),
            errors: families.counter(Metric::SecurityErrors, "Operations failed, by reason."),
            tokens: families.counter(
                Metric::SecurityTokens,
                "Tokens of the models that prompt-security itself uses.",
            ),
            cost: families.cost(
                Metric::SecurityCost,
                "Cost of the models that prompt-security itself uses, in USD.",
            ),
        }
    }

    #[inline]
    pub(super) fn count(&self, kind: EventKind) {
        match kind {
            EventKind::SecurityOperation { operation, error, duration } => {
                self.operations.increment((operation, status(error.is_some())));
                self.operation_duration.observe(operation, duration);
                if let Some(error) = error {
                    self.errors.increment((operation, error));
                }
            }
            EventKind::Validation(verdict) => self.validations.increment(verdict),
            EventKind::Injection { injection, severity } => {
                self.injections_detected.increment((injection, severity));
            }
            EventKind::SecurityEvent { event_type, severity } => {
                self.events.increment((event_type, severity));
            }
            EventKind::SecurityLimit(limit) => self.rate_limit_hits.increment(limit),
            EventKind::SecurityUsage { model, input, output } => {
                let (input, output) = (u64::from(input), u64::from(output));
                self.tokens.add((model, TokenType::Input), input);
                self.tokens.add((model, TokenType::Output), output);
                let price = model.price();
                self.cost.add(model, input * price.input + output * price.output);
            }
            other => debug_assert!(false, "not prompt-security's: {other:?}"),
        }
    }
}
