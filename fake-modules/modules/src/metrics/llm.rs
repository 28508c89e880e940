//! llm-provider's instruments: which event moves which metric.
//!
//! Called by llm-provider's module for each of its events. Operations are what llm-provider was asked for, retries and
//! fail-over included; requests are its single attempts at a provider, and only these have errors, tokens and cost.

use super::{
    Counter, Families, Histogram, Metric,
    buckets::{DURATION, FIRST_TOKEN},
    status,
};
use sim::{
    event::{EventKind, LlmTokens},
    world::{
        Status,
        llm::{Deployment, LlmError, LlmOperation, LlmTokenType, Provider},
    },
};

#[derive(Debug)]
pub(crate) struct LlmInstruments {
    operations: Counter<(LlmOperation, Status)>,
    operation_duration: Histogram<LlmOperation>,
    requests: Counter<(Deployment, Status)>,
    request_duration: Histogram<Deployment>,
    time_to_first_token: Histogram<Deployment>,
    tokens: Counter<(Deployment, LlmTokenType)>,
    cost: Counter<Deployment>,
    errors: Counter<(Provider, LlmError)>,
}

impl LlmInstruments {
    pub(super) fn new(families: &mut Families) -> LlmInstruments {
        LlmInstruments {
            operations: families
                .counter(Metric::LlmOperations, "Operations finished, retries and fail-over included."),
            operation_duration: families.histogram(
                Metric::LlmOperationDuration,
                "Time from an operation's call to the end of its answer, back-off included, in seconds.",
                &DURATION,
            ),
            requests: families
                .counter(Metric::LlmRequests, "Requests to providers finished, each attempt counted."),
            request_duration: families.histogram(
                Metric::LlmRequestDuration,
                "Time from a request to the end of the provider's answer, in seconds.",
                &DURATION,
            ),
            time_to_first_token: families.histogram(
                Metric::LlmTimeToFirstToken,
                "Time from a request to the first token of the answer, in seconds.",
                &FIRST_TOKEN,
            ),
            tokens: families.counter(
                Metric::LlmTokens,
                "Tokens charged by providers; input excludes cached_input.",
            ),
            cost: families.cost(Metric::LlmCost, "Cost of the tokens charged by providers, in USD."),
            errors: families.counter(Metric::LlmErrors, "Requests to providers failed, by reason."),
        }
    }

    #[inline]
    pub(super) fn count(&self, kind: EventKind) {
        match kind {
            EventKind::LlmOperation { operation, failed, duration } => {
                self.operations.increment((operation, status(failed)));
                self.operation_duration.observe(operation, duration);
            }
            EventKind::LlmRequest { deployment, error, duration, first_token, tokens, priced } => {
                self.requests.increment((deployment, status(error.is_some())));
                self.request_duration.observe(deployment, duration);
                if let Some(first_token) = first_token {
                    self.time_to_first_token.observe(deployment, first_token);
                }
                if let Some(error) = error {
                    self.errors.increment((deployment.provider(), error));
                }
                self.charge(deployment, tokens, priced);
            }
            other => debug_assert!(false, "not llm-provider's: {other:?}"),
        }
    }

    #[inline]
    fn charge(&self, deployment: Deployment, tokens: LlmTokens, priced: bool) {
        let LlmTokens { input, cached_input, output } = tokens;
        let (input, cached_input, output) =
            (u64::from(input), u64::from(cached_input), u64::from(output));
        self.tokens.add((deployment, LlmTokenType::Input), input);
        self.tokens.add((deployment, LlmTokenType::Output), output);
        self.tokens.add((deployment, LlmTokenType::CachedInput), cached_input);
        if priced {
            let price = deployment.model().price();
            let nano_usd =
                input * price.input + cached_input * price.cached_input + output * price.output;
            self.cost.add(deployment, nano_usd);
        }
    }
}
