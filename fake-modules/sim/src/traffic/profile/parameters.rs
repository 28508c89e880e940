//! One value for each profile, from measured traces where there are any.
//!
//! Shared sources:
//! - tenants: ServeGen (Alibaba, Apache-2.0) has 162 clients with rank-size exponent 1.16 (large model) and
//!   1.31 (medium): 1.2. The number of tenants of the other profiles is a choice.
//! - exact response cache 5 %: RAGPulse (MIT), repeated questions within an hour 5.4 %, within 5 minutes 4.2 %.
//!   semantic cache +15 %, for RAG 30 %: Portkey about 20 % of RAG and Q&A requests, published range 20-45 %.
//! - provider prompt cache: Requesty gateway of 2026-04 (CC-BY 4.0), cached to input
//!   tokens: OpenAI 36 %, Anthropic 77 %.
//! - failures at the provider without 429: Portkey 2024 (650 organisations) .3-.7 % of 5xx;
//!   BurstGPT (CC-BY-4.0) 1.8-7.3 % empty answers.

use super::{ArrivalProcess, ProfileParameters, TokenTable, hours, tokens};

const TENANT_SKEW: f64 = 1.2;
const EXACT_CACHE: f64 = 0.05;
const SEMANTIC_CACHE: f64 = 0.15;
const PROMPT_CACHE: f64 = 0.36;

/// Azure conversation: 5.53 requests per second, coefficient of variation of gaps 1.09, index of dispersion 16 at 60 s.
/// The autoregression (sigma .21 and .90 from minute to minute) was fitted to it by simulation.
/// Turns: WildChat 2.35.
pub(super) const CHAT: ProfileParameters = ProfileParameters {
    input_tokens: TokenTable::Knots(&tokens::CHAT_INPUT),
    output_tokens: TokenTable::Knots(&tokens::CHAT_OUTPUT),
    token_correlation: 0.0,
    arrivals: ArrivalProcess::ModulatedRenewal {
        shape: 0.95,
        sigma: 0.21,
        persistence: 0.90,
        step: 5.53 * 60.0,
    },
    tenants: 50,
    tenant_skew: TENANT_SKEW,
    hourly_factors: hours::CHAT,
    measured_rate: Some(5.53),
    default_rate: 5.0,
    session_turns: 2.35,
    exact_cache_hit_ratio: EXACT_CACHE,
    semantic_cache_hit_ratio: SEMANTIC_CACHE,
    prompt_cache_token_share: PROMPT_CACHE,
    provider_failure_ratio: 0.005,
};

/// Azure code: 2.57 requests per second, coefficient of variation of gaps 13.2, dispersion 13, 72 and 164 at 1, 10
/// and 60 s, 73 % of seconds and 21 % of minutes without a request. The bursts were fitted to it by simulation.
pub(super) const CODE: ProfileParameters = ProfileParameters {
    input_tokens: TokenTable::Knots(&tokens::CODE_INPUT),
    output_tokens: TokenTable::Knots(&tokens::CODE_OUTPUT),
    token_correlation: 0.0,
    arrivals: ArrivalProcess::OnOff {
        burst_size: (3.861, 1.28),
        burst_bounds: (2.0, 500.0),
        gap: (0.369, 0.268),
        gap_cut: 2.0,
        pause: (0.54, 14.5),
        pause_cut: 220.0,
    },
    tenants: 20,
    tenant_skew: TENANT_SKEW,
    hourly_factors: hours::CODE,
    measured_rate: Some(2.57),
    default_rate: 2.5,
    session_turns: 1.0,
    exact_cache_hit_ratio: EXACT_CACHE,
    semantic_cache_hit_ratio: SEMANTIC_CACHE,
    prompt_cache_token_share: PROMPT_CACHE,
    provider_failure_ratio: 0.003,
};

/// ServeGen m-large: 237 M requests in 14 days, 162 clients; the coefficient of variation of a client's gaps is 2.2
/// for the median request (p75 of clients 6.2, p99 48). The token cap is the model's context window, a choice.
pub(super) const API: ProfileParameters = ProfileParameters {
    input_tokens: TokenTable::LognormalMixture { components: &tokens::API_INPUT, cap: 128_000.0 },
    output_tokens: TokenTable::LognormalMixture { components: &tokens::API_OUTPUT, cap: 16_384.0 },
    token_correlation: 0.0,
    arrivals: ArrivalProcess::TenantRenewals { shape: 0.207 },
    tenants: 160,
    tenant_skew: TENANT_SKEW,
    hourly_factors: hours::API,
    measured_rate: Some(196.0),
    default_rate: 20.0,
    session_turns: 1.0,
    exact_cache_hit_ratio: EXACT_CACHE,
    semantic_cache_hit_ratio: SEMANTIC_CACHE,
    prompt_cache_token_share: PROMPT_CACHE,
    provider_failure_ratio: 0.018,
};

/// RAGPulse: 7,106 requests in two weeks, each counted from 0 in the file; lognormal gaps (KS .045 once the hours of
/// the day are taken out), prompt and answer correlated (log-Pearson .49), 3,990 sessions of 1.78 turns.
pub(super) const RAG: ProfileParameters = ProfileParameters {
    input_tokens: TokenTable::Knots(&tokens::RAG_INPUT),
    output_tokens: TokenTable::Knots(&tokens::RAG_OUTPUT),
    token_correlation: 0.45,
    arrivals: ArrivalProcess::LognormalRenewal { sigma: 1.32 },
    tenants: 20,
    tenant_skew: TENANT_SKEW,
    hourly_factors: hours::RAG,
    measured_rate: Some(0.0059),
    default_rate: 1.0,
    session_turns: 1.78,
    exact_cache_hit_ratio: EXACT_CACHE,
    semantic_cache_hit_ratio: 0.30,
    prompt_cache_token_share: PROMPT_CACHE,
    provider_failure_ratio: 0.005,
};

/// Claude Code sessions (cc-traces of 2026-05) for tokens and gaps; Exgentic SWE-bench (CDLA-Permissive-2.0) for the
/// length of a session (2,294 calls of 46 sessions). The day is that of `chat`. Exgentic counts 6.45 % failed calls, tools
/// and refusals included; the provider's own part of them is a choice.
pub(super) const AGENT: ProfileParameters = ProfileParameters {
    input_tokens: TokenTable::Knots(&tokens::AGENT_INPUT),
    output_tokens: TokenTable::Knots(&tokens::AGENT_OUTPUT),
    token_correlation: 0.0,
    arrivals: ArrivalProcess::Sessions { gap: (2.7, 1.15), rate: 2.0 },
    tenants: 20,
    tenant_skew: TENANT_SKEW,
    hourly_factors: hours::CHAT,
    measured_rate: None,
    default_rate: 2.0,
    session_turns: 50.0,
    exact_cache_hit_ratio: EXACT_CACHE,
    semantic_cache_hit_ratio: SEMANTIC_CACHE,
    prompt_cache_token_share: 0.77,
    provider_failure_ratio: 0.015,
};
