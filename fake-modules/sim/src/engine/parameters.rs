//! The figures that the engine draws by: shares, latencies, limits.
//!
//! Each states its source, or says that it is a choice. Traffic itself (arrivals, tokens, tenants) comes from
//! [`crate::traffic`]; what follows here is what the application and its providers make of it.

use crate::{
    sample::Weighted,
    traffic::Profile,
    world::llm::{Deployment, LlmOperation},
};

/// The simulated world, apart from its traffic and incidents.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// The seed of every draw.
    pub seed: u64,
    /// Running copies of prompt-manager, prompt-security and llm-provider, each at least 1.
    pub replicas: [u8; 3],
    /// Requests per second in the busiest hour of a normal day, for which limits and capacities are sized.
    pub peak_rate: f64,
    /// Mean tokens of a prompt and of an answer, for which limits are sized.
    pub mean_tokens: (f64, f64),
    /// Each tenant's share of all requests, the largest first, for which tenants' limits are sized.
    pub tenant_shares: Vec<f64>,
    /// Share of prompt-manager's calls by operation: create, read, update, delete, render, execute.
    pub operations: [f64; 6],
    /// Share of llm-provider's operations: chat, completion, embedding.
    pub llm_operations: [f64; 3],
    /// Weight of each deployment, in the order of [`Deployment`]; `other/other` also takes the embeddings.
    pub deployments: [f64; 9],
    /// Share of look-ups that the exact cache answers, and the semantic cache after it.
    pub cache_hits: (f64, f64),
    /// Share of prompts that are attacks: 1 %, a choice (no public base rate is known).
    pub attacks: f64,
    /// Share of attacks that the guard detects: .9, a choice between Prompt Guard 2's .975 (86M, at 1 % FPR) and the
    /// .47 of an independent test.
    pub detection: f64,
    /// Share of benign prompts that the guard blocks: .01, as above.
    pub false_positives: f64,
    /// Share of requests that fail at a provider for reasons other than limits.
    pub provider_failures: f64,
}

impl Parameters {
    /// The default world for a traffic profile whose normal day has this mean rate in requests per second, and whose
    /// prompts and answers have these mean tokens.
    #[must_use]
    pub fn for_profile(
        profile: Profile,
        mean_rate: f64,
        mean_tokens: (f64, f64),
        seed: u64,
    ) -> Parameters {
        let measured = profile.parameters();
        let busiest_hour = measured.hourly_factors.iter().copied().fold(1.0, f64::max);
        Parameters {
            seed,
            replicas: [1, 1, 1],
            peak_rate: mean_rate * busiest_hour,
            mean_tokens,
            tenant_shares: Weighted::zipf_shares(measured.tenant_skew, u32::from(measured.tenants)),
            // A choice: prompts are run far more often than they are edited.
            operations: [0.012, 0.06, 0.018, 0.006, 0.084, 0.82],
            llm_operations: match profile {
                Profile::Chat | Profile::Agent => [0.98, 0.01, 0.01],
                Profile::Code => [0.3, 0.69, 0.01],
                Profile::Api => [0.5, 0.4, 0.1],
                Profile::Rag => [0.78, 0.02, 0.2],
            },
            deployments: match profile {
                Profile::Chat => [0.30, 0.18, 0.16, 0.08, 0.12, 0.06, 0.05, 0.04, 0.01],
                Profile::Code => [0.18, 0.14, 0.26, 0.14, 0.10, 0.06, 0.07, 0.04, 0.01],
                Profile::Api => [0.10, 0.34, 0.06, 0.14, 0.06, 0.16, 0.08, 0.05, 0.01],
                Profile::Rag => [0.14, 0.30, 0.10, 0.14, 0.08, 0.12, 0.06, 0.05, 0.01],
                Profile::Agent => [0.10, 0.08, 0.44, 0.20, 0.06, 0.04, 0.04, 0.03, 0.01],
            },
            cache_hits: (measured.exact_cache_hit_ratio, measured.semantic_cache_hit_ratio),
            attacks: 0.01,
            detection: 0.9,
            false_positives: 0.01,
            provider_failures: measured.provider_failure_ratio,
        }
    }
}

/// A deployment's latency: medians in seconds and the sigmas of the natural logarithm.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LatencyClass {
    /// Time to first token: median, sigma.
    pub(crate) first_token: (f64, f64),
    /// Time per output token: median, sigma.
    pub(crate) per_token: (f64, f64),
}

/// Latency classes fitted to published traces (cc-traces 05/2026, llmperf 12/2023, Bedrock): fast, small, mid,
/// frontier.
pub(crate) fn latency_class(deployment: Deployment) -> LatencyClass {
    let class = |first_token, per_token| LatencyClass { first_token, per_token };
    match deployment {
        Deployment::LocalGptOss => class((0.22, 0.2), (0.004, 0.15)),
        Deployment::OpenAiGpt4oMini | Deployment::AzureGpt4oMini | Deployment::OtherOther => {
            class((0.4, 0.25), (0.008, 0.3))
        }
        Deployment::OpenAiGpt4o
        | Deployment::AzureGpt4o
        | Deployment::AnthropicHaiku
        | Deployment::LocalLlama => class((0.7, 0.35), (0.013, 0.4)),
        Deployment::AnthropicSonnet => class((1.2, 0.45), (0.015, 0.5)),
    }
}

/// One request in a hundred is five times slower: cold starts (up to 60 s at replicate) are real.
pub(crate) const SLOW_TAIL: (f64, f64) = (0.01, 5.0);

/// Growth of ln(time to first token) per 100,000 input tokens (cc-traces: .164 and .216).
pub(crate) const FIRST_TOKEN_PER_100K: f64 = 0.19;

/// What an embedding costs in time, in seconds: median and sigma of the logarithm (20 to 40 ms look-ups).
pub(crate) const EMBEDDING: (f64, f64) = (0.035, 0.25);

/// Retries of the public clients (openai 3.54, anthropic 2.12): at most 2, back-off .5 s doubling to 8 s.
pub(crate) const MAX_RETRIES: u8 = 2;

/// When llm-provider stops retrying, in seconds since the caller's arrival. A choice: gateways' usual two minutes.
pub(crate) const DEADLINE: f64 = 120.0;

/// Operations that embed text rather than generate it.
pub(crate) fn embeds(operation: LlmOperation) -> bool {
    operation == LlmOperation::Embedding
}
