//! Figures that describe a stream of arrivals, for comparing generated traffic with recorded.
//!
//! Used by tests and reports on streams short enough to hold; nothing on the simulation's path calls this.
//! Times are sorted. A figure that a stream is too short for is NaN.

use crate::time::Nanos;

/// The coefficient of variation of the gaps between arrivals: 1 for a Poisson process, more for bursts.
#[must_use]
pub fn gap_variation(times: &[Nanos]) -> f64 {
    let (mean, variance) = moments(times.windows(2).map(|w| Nanos(w[1].0 - w[0].0).as_secs_f64()));
    variance.sqrt() / mean
}

/// The index of dispersion: variance to mean of the arrivals in each whole `window` of `from..to`; 1 for Poisson.
#[must_use]
pub fn dispersion(times: &[Nanos], window: Nanos, from: Nanos, to: Nanos) -> f64 {
    let (mean, variance) = moments(counts(times, window, from, to).into_iter().map(f64::from));
    variance / mean
}

/// The share of whole windows of `from..to` in which nothing arrives.
#[must_use]
pub fn idle_share(times: &[Nanos], window: Nanos, from: Nanos, to: Nanos) -> f64 {
    let counts = counts(times, window, from, to);
    counts.iter().filter(|&&n| n == 0).count() as f64 / counts.len() as f64
}

/// The Kolmogorov–Smirnov distance of whole numbers from a distribution that is rounded to whole numbers:
/// `cdf` is asked at k + ½, where rounding changes, so that a perfect fit has distance 0.
#[must_use]
pub fn ks_distance(sample: &[u32], cdf: impl Fn(f64) -> f64) -> f64 {
    let mut sorted = sample.to_vec();
    sorted.sort_unstable();
    let n = sorted.len() as f64;
    let mut distance = 0.0f64;
    let mut below = 0;
    for values in sorted.chunk_by(|a, b| a == b) {
        let value = f64::from(values[0]);
        let up_to = below + values.len();
        distance = distance
            .max((below as f64 / n - cdf(value - 0.5)).abs())
            .max((up_to as f64 / n - cdf(value + 0.5)).abs());
        below = up_to;
    }
    distance
}

/// The distribution function of a sample, to compare two samples with [`ks_distance`].
pub fn empirical_cdf(sample: &[u32]) -> impl Fn(f64) -> f64 + use<> {
    let mut sorted = sample.to_vec();
    sorted.sort_unstable();
    move |x| sorted.partition_point(|&value| f64::from(value) <= x) as f64 / sorted.len() as f64
}

/// Arrivals in each whole window.
fn counts(times: &[Nanos], window: Nanos, from: Nanos, to: Nanos) -> Vec<u32> {
    let n_windows = (to.0.saturating_sub(from.0) / window.0) as usize;
    let mut counts = vec![0; n_windows];
    for at in times.iter().filter(|&&at| from <= at) {
        if let Some(count) = counts.get_mut(((at.0 - from.0) / window.0) as usize) {
            *count += 1;
        }
    }
    counts
}

/// Mean and population variance.
fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let (n, sum) = values.clone().fold((0.0, 0.0), |(n, sum), x| (n + 1.0, sum + x));
    let mean = sum / n;
    (mean, values.map(|x| (x - mean) * (x - mean)).sum::<f64>() / n)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Nanos = Nanos::SECOND;

    fn at(seconds: &[f64]) -> Vec<Nanos> {
        seconds.iter().map(|&s| Nanos::from_secs_f64(s)).collect()
    }

    #[test]
    fn a_metronome_has_no_variation() {
        let times: Vec<Nanos> = (0..100).map(|i| Nanos(i * SECOND.0 / 2)).collect();
        assert_eq!(gap_variation(&times), 0.0);
        assert_eq!(dispersion(&times, SECOND, Nanos(0), Nanos(50 * SECOND.0)), 0.0);
        assert_eq!(idle_share(&times, SECOND, Nanos(0), Nanos(100 * SECOND.0)), 0.5);
    }

    #[test]
    fn figures_match_a_hand_calculation() {
        // Gaps 1 and 3: mean 2, deviation 1. Counts 1, 1, 0, 0, 1: mean 3/5, variance 6/25.
        let times = at(&[0.5, 1.5, 4.5]);
        assert_eq!(gap_variation(&times), 0.5);
        let to = Nanos::from_secs_f64(5.9);
        assert!((dispersion(&times, SECOND, Nanos(0), to) - 0.4).abs() < 1e-12);
        assert_eq!(idle_share(&times, SECOND, Nanos(0), to), 0.4);
        assert_eq!(idle_share(&times, SECOND, SECOND, to), 0.5);
    }

    #[test]
    fn a_perfect_fit_has_no_distance() {
        // Uniform on (0.5, 6.5), rounded: a die.
        let die = [1, 2, 3, 4, 5, 6];
        assert!(ks_distance(&die, |x| ((x - 0.5) / 6.0).clamp(0.0, 1.0)) < 1e-12);
        assert_eq!(ks_distance(&die, empirical_cdf(&die)), 0.0);
    }

    #[test]
    fn distance_is_the_largest_gap_between_the_steps() {
        assert_eq!(ks_distance(&[1, 1, 2, 9], empirical_cdf(&[1, 2, 2, 2])), 0.25);
        assert_eq!(ks_distance(&[5], empirical_cdf(&[7])), 1.0);
        assert_eq!(ks_distance(&[7], empirical_cdf(&[5])), 1.0);
    }

    #[test]
    fn too_short_a_stream_has_no_figures() {
        assert!(gap_variation(&at(&[1.0])).is_nan());
        assert!(dispersion(&at(&[0.1]), SECOND, Nanos(0), Nanos(0)).is_nan());
    }
}
