//! prompt-manager's side: its operations, its tenants' limits, its cache, what it pays itself.

use crate::label::Label;
use crate::{
    engine::{effects::Effects, latency::lognormal, limit::TokenBucket, parameters::Parameters},
    rng::{Rng, Stream},
    sample::{InverseCdf, Weighted},
    time::Nanos,
    traffic::Arrival,
    world::{
        Limit,
        llm::Deployment,
        manager::{ManagerError, ManagerModel, ManagerOperation},
    },
};

/// A tenant's limits on requests, tokens and cost: as multiples of what it uses in the busiest hour, how many seconds
/// of that may come at once, and how many mean requests at least. A choice that makes hits rare on a normal day.
const LIMITS: [(f64, f64, f64); 3] = [(1.9, 25.0, 20.0), (1.8, 40.0, 10.0), (1.4, 60.0, 9.0)];

/// A written token costs about five times what a read one costs, everywhere.
const OUTPUT_COST: f64 = 5.0;

/// Share of malformed calls, and of prompt-manager's own failures. A choice.
const MALFORMED: f64 = 0.002;
const INTERNAL: f64 = 0.0003;

/// How long the response cache takes to fill again: hits come back as 1 − exp(−t / 15 min).
const REFILL_SECONDS: f64 = 900.0;

/// prompt-manager.
#[derive(Debug)]
pub(crate) struct Manager {
    rng: Rng,
    operation: Weighted,
    cache_hits: (f64, f64),
    limits: Vec<[TokenBucket; 3]>,
    store: &'static InverseCdf,
    exact: &'static InverseCdf,
    semantic: &'static InverseCdf,
    compress: &'static InverseCdf,
    review: &'static InverseCdf,
}

/// A look-up in the response cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lookup {
    pub(crate) lasts: Nanos,
    pub(crate) hit: bool,
    /// Tokens that were embedded for the semantic cache.
    pub(crate) embedded: Option<u32>,
}

/// A call other than `execute`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plain {
    pub(crate) lasts: Nanos,
    pub(crate) error: Option<ManagerError>,
    pub(crate) usage: Option<(ManagerModel, u32, u32)>,
}

impl Manager {
    pub(crate) fn new(parameters: &Parameters) -> Manager {
        const MANAGER: Stream = Stream::named("manager");
        let (input, output) = parameters.mean_tokens;
        let of_a_request = [1.0, input + output, input + OUTPUT_COST * output];
        let of_tenant = |share: &f64| {
            std::array::from_fn(|limit| {
                // No plan is smaller than what an average tenant needs.
                let share = share.max(1.0 / parameters.tenant_shares.len() as f64);
                let requests = parameters.peak_rate * share;
                let (headroom, seconds, at_least) = LIMITS[limit];
                let (rate, request) =
                    (requests * of_a_request[limit] * headroom, of_a_request[limit]);
                TokenBucket::new(rate, (rate * seconds).max(request * at_least))
            })
        };
        Manager {
            rng: Rng::new(parameters.seed, MANAGER),
            operation: Weighted::new(&parameters.operations),
            cache_hits: parameters.cache_hits,
            limits: parameters.tenant_shares.iter().map(of_tenant).collect(),
            // A database behind a small service.
            store: lognormal(0.006, 0.5),
            exact: lognormal(0.001, 0.3),
            semantic: lognormal(0.028, 0.25),
            compress: lognormal(0.9, 0.35),
            review: lognormal(1.1, 0.4),
        }
    }

    pub(crate) fn operation(&mut self) -> ManagerOperation {
        ManagerOperation::ALL[self.operation.draw(&mut self.rng)]
    }

    /// Which of the tenant's limits refuses the call, if any; tokens and cost count for `execute` only.
    pub(crate) fn refuses(
        &mut self,
        arrival: &Arrival,
        operation: ManagerOperation,
    ) -> Option<Limit> {
        // A tenant that nobody knows shares the limits of the smallest that is known.
        let tenant = usize::from(arrival.tenant).min(self.limits.len() - 1);
        let [requests, tokens, cost] = &mut self.limits[tenant];
        if requests.take(arrival.at, 1.0, 1.0).is_err() {
            return Some(Limit::Requests);
        }
        if operation != ManagerOperation::Execute {
            return None;
        }
        let asked = f64::from(arrival.input_tokens) + f64::from(arrival.output_tokens);
        if tokens.take(arrival.at, asked, 1.0).is_err() {
            return Some(Limit::Tokens);
        }
        let asked =
            f64::from(arrival.input_tokens) + OUTPUT_COST * f64::from(arrival.output_tokens);
        cost.take(arrival.at, asked, 1.0).err().map(|_| Limit::Cost)
    }

    /// Whether an `execute` fails before anything is asked of anyone.
    pub(crate) fn fails_at_once(&mut self) -> Option<ManagerError> {
        let case = self.rng.unit();
        if case < MALFORMED {
            Some(ManagerError::Validation)
        } else if case < MALFORMED + INTERNAL {
            Some(ManagerError::Internal)
        } else {
            None
        }
    }

    /// Looks into the exact cache, then into the semantic one.
    pub(crate) fn look_up(&mut self, now: Nanos, input_tokens: u32, effects: &Effects) -> Lookup {
        let filled = effects.flushed_at.map_or(1.0, |flushed| {
            let age = now.saturating_sub(flushed).as_secs_f64();
            if age > 20.0 * REFILL_SECONDS { 1.0 } else { 1.0 - libm::exp(-age / REFILL_SECONDS) }
        });
        let (exact, semantic) = (self.cache_hits.0 * filled, self.cache_hits.1 * filled);
        let case = self.rng.unit();
        let mut seconds = self.exact.draw(&mut self.rng);
        if case < exact {
            return Lookup { lasts: Nanos::from_secs_f64(seconds), hit: true, embedded: None };
        }
        seconds += self.semantic.draw(&mut self.rng);
        let hit = case < exact + semantic;
        // The question is embedded, not its whole context: 512 tokens is the usual cut.
        Lookup { lasts: Nanos::from_secs_f64(seconds), hit, embedded: Some(input_tokens.min(512)) }
    }

    /// A call other than `execute`.
    pub(crate) fn plain(&mut self, arrival: &Arrival, operation: ManagerOperation) -> Plain {
        let mut seconds = self.store.draw(&mut self.rng);
        let error = self.fails_at_once();
        let usage = match operation {
            _ if error.is_some() => None,
            ManagerOperation::Create | ManagerOperation::Update => {
                seconds += self.review.draw(&mut self.rng);
                Some((ManagerModel::Reviewer, arrival.input_tokens.min(6_000) + 250, 160))
            }
            ManagerOperation::Render if arrival.input_tokens > 2_500 => {
                seconds += self.compress.draw(&mut self.rng);
                Some((ManagerModel::Compressor, arrival.input_tokens.min(30_000), 700))
            }
            _ => None,
        };
        Plain { lasts: Nanos::from_secs_f64(seconds), error, usage }
    }

    /// How long it takes to refuse a call.
    pub(crate) fn refusal(&mut self) -> Nanos {
        Nanos::from_secs_f64(self.exact.draw(&mut self.rng))
    }

    /// Where a request goes.
    pub(crate) fn route(&mut self, routes: &Weighted, effects: &Effects) -> Deployment {
        if let Some((to, share)) = effects.shift
            && self.rng.chance(share)
        {
            return to;
        }
        Deployment::ALL[routes.draw(&mut self.rng)]
    }
}
