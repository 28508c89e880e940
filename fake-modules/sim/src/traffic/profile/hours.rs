//! The shape of a day: hourly rates as factors to the day's mean.
//!
//! Measured where a trace covers days; for `code` and `api` only the extremes are known,
//! and a smooth curve that meets them stands in.

/// BurstGPT_1, requests in each hour of 61 days, local time (Wang et al., BurstGPT, CC-BY-4.0):
/// peak to mean 1.84, peak to valley 11.7.
pub(super) const CHAT: [f64; 24] = normalised([
    0.96, 0.91, 0.59, 0.53, 0.38, 0.35, 0.20, 0.16, 0.18, 0.43, 0.90, 1.32, //
    1.79, 1.54, 1.84, 1.43, 1.51, 1.39, 1.21, 1.61, 1.39, 1.20, 1.16, 1.05,
]);

/// Azure 2024, code, one week: peak to mean 3.07, peak to valley 34.5 (figures of the wattproof project).
/// The hours between are a raised cosine to the power 3.149 with its peak at 14:00, which has both ratios.
pub(super) const CODE: [f64; 24] = normalised([
    0.090, 0.089, 0.089, 0.089, 0.090, 0.096, 0.127, 0.220, 0.425, 0.783, 1.294, 1.899, //
    2.485, 2.913, 3.070, 2.913, 2.485, 1.899, 1.294, 0.783, 0.425, 0.220, 0.127, 0.096,
]);

/// A cosine with peak to mean 1.5 at 14:00. ServeGen (Alibaba, Apache-2.0) has 1.14 for its large model
/// and 1.46 for its small one; its clock's zone is unknown.
pub(super) const API: [f64; 24] = normalised([
    0.567, 0.517, 0.500, 0.517, 0.567, 0.646, 0.750, 0.871, 1.000, 1.129, 1.250, 1.354, //
    1.433, 1.483, 1.500, 1.483, 1.433, 1.354, 1.250, 1.129, 1.000, 0.871, 0.750, 0.646,
]);

/// RAGPulse, requests in each hour of 14 days (arXiv 2511.12979, MIT): peak to valley 24.
pub(super) const RAG: [f64; 24] = normalised([
    320.0, 107.0, 66.0, 25.0, 20.0, 22.0, 35.0, 108.0, 231.0, 311.0, 445.0, 453.0, //
    382.0, 423.0, 479.0, 485.0, 446.0, 379.0, 435.0, 461.0, 376.0, 374.0, 398.0, 325.0,
]);

const fn normalised(mut hours: [f64; 24]) -> [f64; 24] {
    let mut sum = 0.0;
    let mut hour = 0;
    while hour < 24 {
        sum += hours[hour];
        hour += 1;
    }
    hour = 0;
    while hour < 24 {
        hours[hour] *= 24.0 / sum;
        hour += 1;
    }
    hours
}

/// The factor at `hour` of the day, any number of days included: each hour's factor holds at its half,
/// linear between, so that the mean over a day stays 1.
pub(crate) fn factor_at(factors: &[f64; 24], hour: f64) -> f64 {
    let from_half = hour - 0.5;
    let left = from_half.floor();
    let index = left.rem_euclid(24.0) as usize;
    let (a, b) = (factors[index], factors[(index + 1) % 24]);
    a + (b - a) * (from_half - left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_factor_holds_at_the_half_hour() {
        assert_eq!(factor_at(&RAG, 0.5), RAG[0]);
        assert_eq!(factor_at(&RAG, 23.5), RAG[23]);
        assert_eq!(factor_at(&RAG, 47.5), RAG[23]);
        assert_eq!(factor_at(&RAG, 0.0), (RAG[23] + RAG[0]) / 2.0);
    }

    #[test]
    fn extremes_are_the_published_ones() {
        let ratio = |hours: &[f64; 24]| {
            let (low, high) =
                hours.iter().fold((f64::MAX, 0.0f64), |(l, h), &x| (l.min(x), h.max(x)));
            (high, high / low)
        };
        for (hours, peak, valley) in
            [(CHAT, 1.84, 11.7), (CODE, 3.07, 34.5), (API, 1.5, 3.0), (RAG, 1.64, 24.0)]
        {
            let (to_mean, to_valley) = ratio(&hours);
            assert!((to_mean - peak).abs() < 0.01 * peak, "{to_mean}");
            assert!((to_valley - valley).abs() < 0.02 * valley, "{to_valley}");
        }
    }
}
