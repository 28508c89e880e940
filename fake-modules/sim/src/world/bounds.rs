//! Histogram bucket bounds of the metric contract, in seconds, without `+Inf`.
//!
//! Shared data: the instruments and the ledger each do their own arithmetic over them.

/// Operation and request durations: 0.01 · 2ᵏ, k = 0..13 (OpenTelemetry `gen_ai.client.operation.duration`).
pub const DURATION: [f64; 14] =
    [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

/// Guard durations, from token counting (0.3 ms) to a language model as judge.
pub const GUARD: [f64; 12] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// Time to first token: OpenTelemetry `gen_ai.server.time_to_first_token`, extended by 20, 40 and 80 s because the
/// measured 99th percentile of long contexts (14 to 18 s) lies beyond its last bound.
pub const FIRST_TOKEN: [f64; 19] = [
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
    20.0, 40.0, 80.0,
];
