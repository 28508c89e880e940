//! A distribution as a table of its quantiles, drawn from by looking up one uniform number.
//!
//! The body has 4,096 cells of equal probability with linear interpolation between their edges.
//! The last cell is refined by halving its probability again and again, each half in eight parts,
//! so that heavy tails keep their shape down to a probability of 2⁻⁴⁰.
//! A draw follows its distribution to within 1/4,096 in the body (as a Kolmogorov distance).

use std::sync::OnceLock;

use crate::{
    rng::Rng,
    sample::special::{Bisection, gamma_cdf, normal_cdf},
};

const CELL_BITS: u32 = 12;
const CELLS: usize = 1 << CELL_BITS;
const PART_BITS: u32 = 3;
const PARTS: usize = 1 << PART_BITS;
const HALVINGS: u32 = 28;

/// A lognormal distribution of the given weight in a mixture; `mu` and `sigma` are of the natural logarithm.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LogNormal {
    /// The share of the mixture; weights sum to 1.
    pub weight: f64,
    /// The mean of the logarithm.
    pub mu: f64,
    /// The standard deviation of the logarithm.
    pub sigma: f64,
}

/// A distribution to draw numbers from.
#[derive(Clone, Debug)]
pub struct InverseCdf {
    /// The quantiles of 0/4096, 1/4096, …, 4096/4096.
    body: Box<[f64]>,
    /// Quantiles within the last cell, by falling tail probability: 8/8, 7/8, … of 2⁻¹², then of 2⁻¹³, ….
    tail: Box<[f64]>,
}

impl InverseCdf {
    /// The distribution with the quantile function `quantile`, which is called with rising p in [0, 1).
    ///
    /// # Panics
    /// If a quantile is not finite, or less than one before it.
    #[must_use]
    pub(crate) fn from_quantile(mut quantile: impl FnMut(f64) -> f64) -> InverseCdf {
        let mut body: Vec<f64> = (0..CELLS).map(|i| quantile(i as f64 / CELLS as f64)).collect();
        let mut probability = 1.0 / CELLS as f64;
        let mut tail = vec![body[CELLS - 1]];
        for _ in 0..HALVINGS {
            for part in (PARTS..2 * PARTS).rev() {
                tail.push(quantile(1.0 - probability * part as f64 / (2 * PARTS) as f64));
            }
            probability /= 2.0;
        }
        body.push(tail[tail.len() - 1]);
        let rising = body.is_sorted() && tail.is_sorted();
        assert!(
            rising && body.iter().all(|x| x.is_finite()),
            "quantiles are finite and do not fall"
        );
        InverseCdf { body: body.into(), tail: tail.into() }
    }

    /// The distribution on the positive numbers with the distribution function `cdf`, inverted by bisection.
    #[must_use]
    pub(crate) fn from_cdf(cdf: impl Fn(f64) -> f64) -> InverseCdf {
        let mut search = Bisection::default();
        InverseCdf::from_quantile(|p| if p > 0.0 { search.first(|x| cdf(x) >= p) } else { 0.0 })
    }

    /// Quantiles known at some probabilities, the logarithm linear between them.
    ///
    /// # Panics
    /// If the slices differ in length, a value is not positive, or the probabilities do not rise from 0 to 1.
    #[must_use]
    pub(crate) fn from_knots(probabilities: &[f64], values: &[f64]) -> InverseCdf {
        assert_eq!(probabilities.len(), values.len(), "one value for each probability");
        assert!(values.iter().all(|&v| v > 0.0), "values have a logarithm");
        assert!(
            probabilities.first() == Some(&0.0)
                && probabilities.last() == Some(&1.0)
                && probabilities.is_sorted_by(|a, b| a < b),
            "probabilities rise from 0 to 1"
        );
        let mut right = 1;
        InverseCdf::from_quantile(|p| {
            while probabilities[right] < p {
                right += 1;
            }
            let (p0, p1) = (probabilities[right - 1], probabilities[right]);
            let (v0, v1) = (libm::log(values[right - 1]), libm::log(values[right]));
            libm::exp(v0 + (v1 - v0) * (p - p0) / (p1 - p0))
        })
    }

    /// A lognormal distribution; `mu` and `sigma` are of the natural logarithm.
    #[must_use]
    pub(crate) fn lognormal(mu: f64, sigma: f64) -> InverseCdf {
        // Every one is a power of the standard one, which takes 20 ms to invert; an engine has thirty.
        static STANDARD: OnceLock<InverseCdf> = OnceLock::new();
        let standard = STANDARD.get_or_init(|| {
            let component = LogNormal { weight: 1.0, mu: 0.0, sigma: 1.0 };
            InverseCdf::lognormal_mixture(&[component], f64::INFINITY)
        });
        standard.clone().map(|x| libm::exp(mu + sigma * libm::log(x)))
    }

    /// A mixture of lognormals in which everything above `cap` counts as `cap`.
    #[must_use]
    pub(crate) fn lognormal_mixture(components: &[LogNormal], cap: f64) -> InverseCdf {
        InverseCdf::from_cdf(|x| {
            if x >= cap {
                return 1.0;
            }
            let log = libm::log(x);
            components.iter().map(|c| c.weight * normal_cdf((log - c.mu) / c.sigma)).sum()
        })
    }

    /// A gamma distribution: mean `shape` × `scale`, coefficient of variation `shape`^−½.
    #[must_use]
    pub(crate) fn gamma(shape: f64, scale: f64) -> InverseCdf {
        InverseCdf::from_cdf(|x| gamma_cdf(shape, x / scale))
    }

    /// A Weibull distribution, 1 − exp(−(x / `scale`)^`shape`).
    #[must_use]
    pub(crate) fn weibull(shape: f64, scale: f64) -> InverseCdf {
        InverseCdf::from_quantile(|p| scale * libm::pow(-libm::log1p(-p), 1.0 / shape))
    }

    /// The same distribution with every value `x` replaced by `change(x)`, which must not fall as x rises.
    #[must_use]
    pub fn map(mut self, change: impl Fn(f64) -> f64) -> InverseCdf {
        for x in self.body.iter_mut().chain(&mut self.tail) {
            *x = change(*x);
        }
        self
    }

    /// Draws one value.
    #[inline]
    pub fn draw(&self, rng: &mut Rng) -> f64 {
        self.at_bits(rng.next_u64())
    }

    /// The quantile of `u` in [0, 1).
    #[inline]
    #[must_use]
    pub(crate) fn draw_with(&self, u: f64) -> f64 {
        // The cast saturates, so that a u of 1 is the last quantile.
        self.at_bits((u * 18_446_744_073_709_551_616.0) as u64)
    }

    /// The quantile of `bits` / 2⁶⁴.
    #[inline]
    pub(crate) fn at_bits(&self, bits: u64) -> f64 {
        let cell = (bits >> (64 - CELL_BITS)) as usize;
        if cell == CELLS - 1 {
            return self.in_tail(bits);
        }
        let (left, right) = (self.body[cell], self.body[cell + 1]);
        left + (right - left) * fraction(bits << CELL_BITS)
    }

    #[cold]
    fn in_tail(&self, bits: u64) -> f64 {
        // The probability above the draw, as a fraction of the last cell.
        let above = !bits << CELL_BITS;
        let halvings = above.leading_zeros();
        if halvings >= HALVINGS {
            return self.tail[self.tail.len() - 1];
        }
        let within = above << halvings << 1;
        let part = (within >> (64 - PART_BITS)) as usize;
        let at = halvings as usize * PARTS + (PARTS - 1 - part);
        let (left, right) = (self.tail[at], self.tail[at + 1]);
        right + (left - right) * fraction(within << PART_BITS)
    }

    /// The mean of the values drawn.
    #[must_use]
    pub fn mean(&self) -> f64 {
        let body: f64 = self.body[..CELLS].windows(2).map(|w| (w[0] + w[1]) / 2.0).sum();
        let mut width = 1.0 / (2 * PARTS) as f64;
        let mut tail = 0.0;
        for (i, w) in self.tail.windows(2).enumerate() {
            if i > 0 && i % PARTS == 0 {
                width /= 2.0;
            }
            tail += width * (w[0] + w[1]) / 2.0;
        }
        (body + tail) / CELLS as f64
    }
}

/// `bits` / 2⁶⁴, to 53 bits.
#[inline]
fn fraction(bits: u64) -> f64 {
    crate::rng::unit_from(bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    #[track_caller]
    fn close(value: f64, expected: f64, relative: f64) {
        assert!(
            (value / expected - 1.0).abs() < relative,
            "{value} is not {expected} ± {relative}"
        );
    }

    #[test]
    fn means_are_those_of_the_textbook() {
        close(InverseCdf::lognormal(5.0, 0.9).mean(), libm::exp(5.0 + 0.405), 1e-4);
        close(InverseCdf::gamma(0.207, 3.0).mean(), 0.621, 1e-3);
        close(InverseCdf::gamma(0.95, 1.0).mean(), 0.95, 1e-4);
        close(InverseCdf::gamma(2.083, 136.0).mean(), 283.288, 1e-4);
        close(InverseCdf::weibull(0.54, 14.5).mean(), 14.5 * libm::tgamma(1.0 + 1.0 / 0.54), 1e-3);
    }

    #[test]
    fn quantiles_are_those_of_the_distribution() {
        let table = InverseCdf::lognormal(2.0, 1.5);
        for (p, z) in
            [(0.5, 0.0), (0.975, 1.959_963_985), (0.999, 3.090_232_306), (0.999_999, 4.753_424_309)]
        {
            close(table.draw_with(p), libm::exp(2.0 + 1.5 * z), 2e-3);
        }
        close(InverseCdf::weibull(1.0, 2.0).draw_with(1.0 - 1e-9), 2.0 * libm::log(1e9), 1e-3);
    }

    #[test]
    fn draws_rise_with_u_through_body_and_tail() {
        let table = InverseCdf::lognormal(0.0, 2.0);
        let mut last = 0.0;
        for p in (0..100_000)
            .map(|i| f64::from(i) / 1e5)
            .chain((17..53).map(|k| 1.0 - libm::exp2(-f64::from(k))))
        {
            let value = table.draw_with(p);
            assert!(last <= value, "{value} at {p} is below {last}");
            last = value;
        }
        assert_eq!(table.at_bits(u64::MAX), table.draw_with(1.0));
    }

    #[test]
    fn draws_have_the_mean_of_the_table() {
        let table = InverseCdf::gamma(0.5, 2.0);
        let mut rng = Rng::new(1, Stream::named("draws"));
        let n = 200_000;
        let mean = (0..n).map(|_| table.draw(&mut rng)).sum::<f64>() / f64::from(n);
        // The standard deviation is √2: four standard errors.
        assert!((mean - table.mean()).abs() < 4.0 * 2f64.sqrt() / f64::from(n).sqrt(), "{mean}");
    }

    #[test]
    fn knots_are_met_and_log_linear_between() {
        let table = InverseCdf::from_knots(&[0.0, 0.5, 1.0], &[1.0, 100.0, 10_000.0]);
        close(table.draw_with(0.0), 1.0, 1e-9);
        close(table.draw_with(0.25), 10.0, 1e-9);
        close(table.draw_with(0.5), 100.0, 1e-9);
        close(table.draw_with(1.0), 10_000.0, 1e-9);
    }

    #[test]
    fn a_cap_is_never_passed() {
        let wide = [
            LogNormal { weight: 0.3, mu: 1.0, sigma: 0.1 },
            LogNormal { weight: 0.7, mu: 6.0, sigma: 2.0 },
        ];
        let table = InverseCdf::lognormal_mixture(&wide, 50.0);
        close(table.draw_with(1.0), 50.0, 1e-9);
        close(table.draw_with(0.9), 50.0, 1e-9);
        close(table.draw_with(0.15), libm::exp(1.0), 0.02);
    }

    #[test]
    fn map_changes_every_value() {
        let table = InverseCdf::weibull(1.0, 1.0).map(|x| 2.0 + x.min(3.0));
        close(table.draw_with(0.5), 2.0 + std::f64::consts::LN_2, 1e-6);
        close(table.draw_with(0.999_99), 5.0, 1e-9);
    }
}
