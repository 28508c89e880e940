//! Token counts of prompts and answers, as measured.
//!
//! Production lengths are spiky, and a single lognormal misses most of them by .1 to .3 (Kolmogorov distance),
//! hence quantiles, or a mixture where only rates and densities were published.
//! KS is the distance of the rounded draw from the trace.

use crate::sample::LogNormal;

/// Where the quantiles of the tables below are taken.
pub(crate) const KNOT_PROBABILITIES: [f64; 18] = [
    0.0, 0.005, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999,
    1.0,
];

/// Azure LLM inference 2023, conversation, 19,366 requests (Patel et al., Splitwise, ISCA 2024, CC-BY-4.0): KS .070.
pub(super) const CHAT_INPUT: [f64; 18] = [
    2.0, 16.0, 29.0, 181.0, 207.0, 387.0, 403.0, 703.0, 1020.0, 1071.0, 1130.0, 1315.0, 2735.0,
    4083.0, 4142.0, 4831.0, 6212.0, 14050.0,
];

/// As [`CHAT_INPUT`]: KS .028.
pub(super) const CHAT_OUTPUT: [f64; 18] = [
    7.0, 14.0, 16.0, 41.0, 54.0, 77.0, 91.0, 103.0, 129.0, 177.0, 384.0, 400.0, 424.0, 451.0,
    601.0, 644.0, 954.0, 1000.0,
];

/// Azure LLM inference 2023, code, 8,819 requests (Patel et al., Splitwise, ISCA 2024, CC-BY-4.0): KS .030.
pub(super) const CODE_INPUT: [f64; 18] = [
    3.0, 12.0, 17.0, 75.0, 147.0, 385.0, 770.0, 1075.0, 1469.0, 1909.0, 2433.0, 3193.0, 5194.0,
    7315.0, 7436.0, 7436.0, 7437.0, 7437.0,
];

/// As [`CODE_INPUT`]: KS .040.
pub(super) const CODE_OUTPUT: [f64; 18] = [
    6.0, 6.0, 6.0, 6.0, 7.0, 8.0, 9.0, 11.0, 13.0, 16.0, 20.0, 29.0, 55.0, 90.0, 252.0, 361.0,
    831.0, 1899.0,
];

/// RAGPulse, 7,106 requests (arXiv 2511.12979, MIT): KS .049.
pub(super) const RAG_INPUT: [f64; 18] = [
    1052.0, 1052.0, 1052.0, 1055.0, 1110.0, 2019.0, 2879.0, 3025.0, 3139.0, 3244.0, 3364.0, 3531.0,
    3959.0, 4425.0, 5439.0, 5800.0, 6434.0, 7712.0,
];

/// As [`RAG_INPUT`]: KS .012.
pub(super) const RAG_OUTPUT: [f64; 18] = [
    7.0, 7.0, 36.0, 66.0, 83.0, 113.0, 151.0, 191.0, 234.0, 284.0, 347.0, 436.0, 563.0, 670.0,
    891.0, 995.0, 1183.0, 2183.0,
];

/// Claude Code sessions, cc-traces of 2026-05 (Apache-2.0), 5,000 calls of 21 sessions, cached tokens included:
/// KS .015.
pub(super) const AGENT_INPUT: [f64; 18] = [
    908.0, 21263.0, 26344.0, 41792.0, 56470.0, 81949.0, 113_641.0, 152_941.0, 205_131.0, 248_545.0,
    300_679.0, 368_119.0, 584_626.0, 726_146.0, 817_394.0, 835_036.0, 843_919.0, 847_831.0,
];

/// As [`AGENT_INPUT`]: KS .011.
pub(super) const AGENT_OUTPUT: [f64; 18] = [
    1.0, 8.0, 10.0, 58.0, 91.0, 122.0, 148.0, 185.0, 248.0, 345.0, 510.0, 820.0, 1479.0, 2526.0,
    6112.0, 7637.0, 13723.0, 24356.0,
];

/// ServeGen m-large (Alibaba, Apache-2.0; 237 M requests as densities): KS .088.
pub(super) const API_INPUT: [LogNormal; 2] = [
    LogNormal { weight: 0.184, mu: 4.253, sigma: 0.107 },
    LogNormal { weight: 0.816, mu: 6.671, sigma: 0.799 },
];

/// As [`API_INPUT`]: KS .074.
pub(super) const API_OUTPUT: [LogNormal; 2] = [
    LogNormal { weight: 0.422, mu: 1.606, sigma: 1.251 },
    LogNormal { weight: 0.578, mu: 5.093, sigma: 1.040 },
];
