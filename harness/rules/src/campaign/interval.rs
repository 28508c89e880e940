//! Exact 95 % intervals of rates and shares, and the quantiles of a list.
//!
//! Garwood's interval of a Poisson rate and Clopper and Pearson's of a share, from the sums of the distributions
//! themselves: the bounds are the rates (shares) at which what was seen, or more (less), has a probability of 2.5 %.
//! Pure arithmetic.

/// What is left out on each side.
const TAIL: f64 = 0.025;

/// A number with its exact 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Estimate {
    /// The number that was seen.
    pub value: f64,
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

/// The rate of `count` events in `exposure` units of time (Garwood 1936); `None` without any time.
#[must_use]
pub fn rate(count: u64, exposure: f64) -> Option<Estimate> {
    if exposure <= 0.0 {
        return None;
    }
    let most = 10.0 * count as f64 + 100.0;
    let low = match count {
        0 => 0.0,
        _ => root(most, |mean| 1.0 - poisson_up_to(count - 1, mean) < TAIL),
    };
    let high = root(most, |mean| poisson_up_to(count, mean) > TAIL);
    Some(Estimate { value: count as f64 / exposure, low: low / exposure, high: high / exposure })
}

/// The share of `count` in `of` (Clopper and Pearson 1934); `None` of nothing.
#[must_use]
pub fn share(count: u64, of: u64) -> Option<Estimate> {
    if of == 0 {
        return None;
    }
    let low = match count {
        0 => 0.0,
        _ => root(1.0, |p| 1.0 - binomial_up_to(count - 1, of, p) < TAIL),
    };
    let high = if count == of { 1.0 } else { root(1.0, |p| binomial_up_to(count, of, p) > TAIL) };
    Some(Estimate { value: count as f64 / of as f64, low, high })
}

/// The smallest value that at least the share `p` of `sorted` does not exceed; `None` of nothing.
#[must_use]
pub fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    let rank = libm::ceil(p * sorted.len() as f64) as usize;
    sorted.get(rank.max(1) - 1).copied()
}

/// Where `left_of` turns from true to false between 0 and `most`.
fn root(most: f64, left_of: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, most);
    // Halving 60 times leaves less than the numbers' own precision.
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if left_of(middle) { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// The probability of at most `count` events where `mean` are expected.
fn poisson_up_to(count: u64, mean: f64) -> f64 {
    if mean <= 0.0 {
        return 1.0;
    }
    let log_mean = libm::log(mean);
    let term = |k: f64| libm::exp(k * log_mean - mean - libm::lgamma(k + 1.0));
    (0..=count).map(|k| term(k as f64)).sum::<f64>().min(1.0)
}

/// The probability of at most `count` successes in `of` trials.
fn binomial_up_to(count: u64, of: u64, p: f64) -> f64 {
    if p <= 0.0 {
        return 1.0;
    }
    if 1.0 <= p {
        return if count < of { 0.0 } else { 1.0 };
    }
    let n = of as f64;
    let (log_p, log_q, all) = (libm::log(p), libm::log1p(-p), libm::lgamma(n + 1.0));
    let term = |k: f64| {
        let ways = all - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
        libm::exp(ways + k * log_p + (n - k) * log_q)
    };
    (0..=count).map(|k| term(k as f64)).sum::<f64>().min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 5e-4, "{found} is not {expected}");
    }

    #[test]
    fn poisson_intervals_are_those_of_the_tables() {
        // The bounds are halves of chi-square quantiles: 2.5 % of 2k and 97.5 % of 2k + 2 degrees of freedom.
        for (count, low, high) in [
            (0, 0.0, 3.6889),
            (1, 0.0253, 5.5716),
            (5, 1.6235, 11.6683),
            (10, 4.7954, 18.3904),
            (100, 81.3640, 121.6268),
        ] {
            let found = rate(count, 1.0).unwrap();
            close(found.low, low);
            close(found.high, high);
        }
        let weekly = rate(5, 2.0).unwrap();
        close(weekly.value, 2.5);
        close(weekly.high, 11.6683 / 2.0);
        assert_eq!(rate(1, 0.0), None);
    }

    #[test]
    fn shares_are_those_of_the_tables() {
        for (count, of, low, high) in [
            (0, 10, 0.0, 0.3085),
            (1, 10, 0.0025, 0.4450),
            (5, 10, 0.1871, 0.8129),
            (10, 10, 0.6915, 1.0),
            (2, 20, 0.0123, 0.3170),
            (95, 100, 0.8872, 0.9836),
        ] {
            let found = share(count, of).unwrap();
            close(found.low, low);
            close(found.high, high);
        }
        assert_eq!(share(0, 0), None);
    }

    #[test]
    fn a_bound_leaves_out_as_much_as_it_says() {
        for count in [1, 3, 40, 2_000] {
            let found = rate(count, 1.0).unwrap();
            assert!((1.0 - poisson_up_to(count - 1, found.low) - TAIL).abs() < 1e-9);
            assert!((poisson_up_to(count, found.high) - TAIL).abs() < 1e-9);
        }
        let found = share(7, 300).unwrap();
        assert!((1.0 - binomial_up_to(6, 300, found.low) - TAIL).abs() < 1e-9);
        assert!((binomial_up_to(7, 300, found.high) - TAIL).abs() < 1e-9);
    }

    #[test]
    fn quantiles_are_values_that_were_seen() {
        let sorted = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(quantile(&sorted, 0.5), Some(2.0));
        assert_eq!(quantile(&sorted, 0.95), Some(4.0));
        assert_eq!(quantile(&sorted, 0.0), Some(1.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
