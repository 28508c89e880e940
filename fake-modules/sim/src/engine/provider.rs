//! The providers' side of a request: limits, failures, latency.
//!
//! The answer of one attempt depends on what is in flight and on the limits at that instant; retries and fail-over
//! are the caller's.

use crate::{
    engine::{
        effects::Effects,
        latency::lognormal,
        limit::TokenBucket,
        parameters::{EMBEDDING, FIRST_TOKEN_PER_100K, Parameters, SLOW_TAIL, latency_class},
    },
    event::LlmTokens,
    label::Label,
    rng::{Rng, Stream},
    sample::{InverseCdf, Weighted},
    time::Nanos,
    world::llm::{Deployment, LlmError, Provider},
};

/// Longer answers are given up by the client, in seconds (openai 3.54, anthropic 2.12: 600 s).
const CLIENT_TIMEOUT: f64 = 600.0;

/// A provider's limits as a multiple of what the busiest hour uses: a choice that leaves a normal day free of 429 but
/// for bursts.
const HEADROOM: f64 = 1.7;

/// How many mean requests a provider takes at once at least.
const AT_ONCE: f64 = 20.0;

/// Failures on a normal day by type, in the order of [`LlmError`] (Requesty 04/2026: of failed calls other than 429,
/// 400 is 57 %, 403 27 %, 5xx 14 %; here weighted towards what a well-kept client sees). `rate_limit` comes from the
/// limits alone.
const FAILURES: [f64; 8] = [0.0, 0.12, 0.03, 0.2, 0.4, 0.15, 0.08, 0.02];

/// How one attempt ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt {
    pub(crate) lasts: Nanos,
    pub(crate) error: Option<LlmError>,
    pub(crate) first_token: Option<Nanos>,
    pub(crate) charged: LlmTokens,
    /// What a 429 asks the client to wait.
    pub(crate) retry_after: Option<Nanos>,
}

/// All providers together.
#[derive(Debug)]
pub(crate) struct Providers {
    rng: Rng,
    failures: f64,
    failure: Weighted,
    outage: Weighted,
    lines: Vec<Line>,
    latency: Vec<(&'static InverseCdf, &'static InverseCdf)>,
    embedding: &'static InverseCdf,
    refusal: &'static InverseCdf,
    failed: &'static InverseCdf,
}

/// What one provider has of ours.
#[derive(Debug)]
struct Line {
    requests: TokenBucket,
    tokens: TokenBucket,
    in_flight: u32,
    /// In-flight requests at which waiting doubles the time to first token.
    comfortable: f64,
}

/// Failures of an outage: 5xx, time-outs, refused connections. A choice.
const OUTAGE: [(LlmError, f64); 3] =
    [(LlmError::ServerError, 0.7), (LlmError::Timeout, 0.2), (LlmError::Network, 0.1)];

impl Providers {
    pub(crate) fn new(parameters: &Parameters) -> Providers {
        const PROVIDERS: Stream = Stream::named("providers");
        let total: f64 = parameters.deployments.iter().sum();
        let lines = Provider::ALL
            .iter()
            .map(|&provider| {
                let share: f64 = Deployment::of(provider)
                    .map(|d| parameters.deployments[d.index()])
                    .sum::<f64>()
                    / total;
                // Embeddings go to the provider "other".
                let share = if provider == Provider::Other {
                    share + parameters.llm_operations[2]
                } else {
                    share
                };
                let rate = parameters.peak_rate * share * HEADROOM;
                let request = parameters.mean_tokens.0 + parameters.mean_tokens.1;
                Line {
                    requests: TokenBucket::new(rate, (rate * 10.0).max(AT_ONCE)),
                    tokens: TokenBucket::new(rate * request, (rate * 60.0).max(AT_ONCE) * request),
                    in_flight: 0,
                    comfortable: (rate * 6.0).max(AT_ONCE),
                }
            })
            .collect();
        Providers {
            rng: Rng::new(parameters.seed, PROVIDERS),
            failures: parameters.provider_failures,
            failure: Weighted::new(&FAILURES),
            outage: Weighted::new(&OUTAGE.map(|(_, weight)| weight)),
            lines,
            latency: Deployment::ALL
                .iter()
                .map(|&deployment| {
                    let class = latency_class(deployment);
                    (
                        lognormal(class.first_token.0, class.first_token.1),
                        lognormal(class.per_token.0, class.per_token.1),
                    )
                })
                .collect(),
            embedding: lognormal(EMBEDDING.0, EMBEDDING.1),
            refusal: lognormal(0.06, 0.3),
            failed: lognormal(0.35, 0.6),
        }
    }

    /// Sends one request at `now`. [`Providers::finish`] must follow when it ends.
    pub(crate) fn send(
        &mut self,
        now: Nanos,
        deployment: Deployment,
        embeds: bool,
        tokens: LlmTokens,
        effects: &Effects,
    ) -> Attempt {
        let provider = deployment.provider().index();
        let line = &mut self.lines[provider];
        line.in_flight += 1;
        let scale = effects.capacity[provider];
        // Limits are checked before the answer is known, so they count the output that was asked for.
        let asked = f64::from(tokens.input + tokens.cached_input + tokens.output);
        let refused =
            line.requests.take(now, 1.0, scale).and_then(|()| line.tokens.take(now, asked, scale));
        if let Err(wait) = refused {
            let lasts = self.refusal.draw(&mut self.rng);
            return Attempt { retry_after: Some(wait), ..failure(LlmError::RateLimit, lasts) };
        }
        let crowding = f64::from(line.in_flight) / line.comfortable;
        let chance = self.rng.unit();
        if chance < effects.failing[provider] {
            let (error, _) = OUTAGE[self.outage.draw(&mut self.rng)];
            let lasts =
                if error == LlmError::Timeout { 10.0 } else { self.failed.draw(&mut self.rng) };
            return failure(error, lasts);
        }
        // A fresh number where the first one is spent: `chance` is at least `failing` here.
        if self.rng.chance(self.failures) {
            let error = LlmError::ALL[self.failure.draw(&mut self.rng)];
            let lasts =
                if error == LlmError::Timeout { 30.0 } else { self.failed.draw(&mut self.rng) };
            let charged = match error {
                // The filter refuses the answer: what was read is charged.
                LlmError::ContentFilter => LlmTokens { output: 0, ..tokens },
                _ => LlmTokens::default(),
            };
            return Attempt { charged, ..failure(error, lasts) };
        }
        self.answer(deployment, embeds, tokens, effects.latency[provider], crowding)
    }

    fn answer(
        &mut self,
        deployment: Deployment,
        embeds: bool,
        tokens: LlmTokens,
        slowness: f64,
        crowding: f64,
    ) -> Attempt {
        if embeds {
            let lasts = Nanos::from_secs_f64(self.embedding.draw(&mut self.rng) * slowness);
            let charged = LlmTokens { output: 0, ..tokens };
            return Attempt { lasts, error: None, first_token: None, charged, retry_after: None };
        }
        let (first_token, per_token) = &self.latency[deployment.index()];
        let tail = if self.rng.chance(SLOW_TAIL.0) { SLOW_TAIL.1 } else { 1.0 };
        let context = f64::from(tokens.input + tokens.cached_input) / 1e5 * FIRST_TOKEN_PER_100K;
        // exp(x) to second order: the context adds at most a factor of 5.
        let context = 1.0 + context + context * context / 2.0;
        let first = first_token.draw(&mut self.rng)
            * context
            * (1.0 + crowding * crowding)
            * slowness
            * tail;
        let rest =
            f64::from(tokens.output.saturating_sub(1)) * per_token.draw(&mut self.rng) * slowness;
        if first + rest > CLIENT_TIMEOUT {
            return failure(LlmError::Timeout, CLIENT_TIMEOUT);
        }
        Attempt {
            lasts: Nanos::from_secs_f64(first + rest),
            error: None,
            first_token: Some(Nanos::from_secs_f64(first)),
            charged: tokens,
            retry_after: None,
        }
    }

    /// Ends a request that [`Providers::send`] began.
    pub(crate) fn finish(&mut self, deployment: Deployment) {
        self.lines[deployment.provider().index()].in_flight -= 1;
    }
}

fn failure(error: LlmError, seconds: f64) -> Attempt {
    Attempt {
        lasts: Nanos::from_secs_f64(seconds),
        error: Some(error),
        first_token: None,
        charged: LlmTokens::default(),
        retry_after: None,
    }
}
