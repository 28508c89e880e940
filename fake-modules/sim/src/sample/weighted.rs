//! Choosing among alternatives of given weights, by the alias method: constant time, one random number.
//!
//! M. D. Vose, "A linear algorithm for generating random numbers with a given distribution",
//! IEEE Transactions on Software Engineering 17 (1991).
//! Used for tenants, operations, models and every other closed set of labels.

use crate::rng::Rng;

/// A choice among `0..len` by weight.
#[derive(Clone, Debug)]
pub struct Weighted {
    columns: Box<[Column]>,
}

/// One column of the alias table: its own index up to `keep` / 2⁶⁴ of its width, else another's.
#[derive(Clone, Copy, Debug)]
struct Column {
    keep: u64,
    other: u32,
}

impl Weighted {
    /// A choice with probabilities proportional to `weights`.
    ///
    /// # Panics
    /// If there is no weight, one is negative or not finite, or all are 0.
    #[must_use]
    pub fn new(weights: &[f64]) -> Weighted {
        let total: f64 = weights.iter().sum();
        assert!(
            weights.iter().all(|&w| w >= 0.0) && total.is_finite() && 0.0 < total,
            "weights are a distribution"
        );
        let mut height: Vec<f64> =
            weights.iter().map(|w| w / total * weights.len() as f64).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..weights.len()).partition(|&i| height[i] < 1.0);
        let mut columns: Vec<Column> =
            (0..weights.len() as u32).map(|other| Column { keep: u64::MAX, other }).collect();
        while let (Some(low), Some(&high)) = (small.pop(), large.last()) {
            columns[low] = Column {
                keep: (height[low] * 18_446_744_073_709_551_616.0) as u64,
                other: high as u32,
            };
            height[high] -= 1.0 - height[low];
            if height[high] < 1.0 {
                large.pop();
                small.push(high);
            }
        }
        Weighted { columns: columns.into() }
    }

    /// Zipf's law: the k-th of `n` alternatives, counted from 1, weighs k^−`s`.
    ///
    /// # Panics
    /// If `n` is 0.
    #[must_use]
    pub(crate) fn zipf(s: f64, n: u32) -> Weighted {
        Weighted::new(&Weighted::zipf_shares(s, n))
    }

    /// The probabilities of [`Weighted::zipf`], which sum to 1.
    #[must_use]
    pub(crate) fn zipf_shares(s: f64, n: u32) -> Vec<f64> {
        let mut shares: Vec<f64> = (1..=n).map(|rank| libm::pow(f64::from(rank), -s)).collect();
        let total: f64 = shares.iter().sum();
        for share in &mut shares {
            *share /= total;
        }
        shares
    }

    /// Draws an index.
    #[inline]
    pub fn draw(&self, rng: &mut Rng) -> usize {
        self.at_bits(rng.next_u64())
    }

    /// The index that the uniform bits stand for; a good hash serves as well as a random number.
    #[inline]
    pub(crate) fn at_bits(&self, bits: u64) -> usize {
        let product = u128::from(bits) * self.columns.len() as u128;
        let index = (product >> 64) as usize;
        let column = self.columns[index];
        if (product as u64) < column.keep { index } else { column.other as usize }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    fn shares(choice: &Weighted, n: usize) -> Vec<f64> {
        let mut rng = Rng::new(5, Stream::named("shares"));
        let mut seen = vec![0u32; n];
        for _ in 0..200_000 {
            seen[choice.draw(&mut rng)] += 1;
        }
        seen.iter().map(|&k| f64::from(k) / 200_000.0).collect()
    }

    #[test]
    fn shares_follow_weights() {
        let weights = [5.0, 0.0, 1.0, 3.0, 1.0];
        for (share, weight) in shares(&Weighted::new(&weights), 5).iter().zip(weights) {
            assert!((share - weight / 10.0).abs() < 0.005, "{share} for {weight}");
        }
    }

    #[test]
    fn a_weight_of_zero_is_never_drawn() {
        assert_eq!(shares(&Weighted::new(&[0.0, 1.0, 0.0]), 3), [0.0, 1.0, 0.0]);
    }

    #[test]
    fn zipf_falls_by_its_exponent() {
        let shares = shares(&Weighted::zipf(1.2, 50), 50);
        assert!((shares[0] / shares[3] / libm::pow(4.0, 1.2) - 1.0).abs() < 0.03, "{shares:?}");
    }

    #[test]
    fn a_single_alternative_is_always_drawn() {
        assert_eq!(shares(&Weighted::new(&[0.3]), 1), [1.0]);
    }
}
