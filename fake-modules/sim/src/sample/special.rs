//! The special functions behind the sampling tables; called while a table is built, never per draw.
//!
//! Formula numbers refer to the NIST Digital Library of Mathematical Functions (DLMF).
//! Everything goes through `libm`, so the results are the same on every machine.

/// The standard normal distribution function (DLMF 7.2.2).
pub(crate) fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// The standard normal quantile; `p` in (0, 1).
pub(crate) fn normal_quantile(p: f64) -> f64 {
    if p < 0.5 {
        return -normal_quantile(1.0 - p);
    }
    // Where the upper tail, which erfc keeps exact, has fallen to 1 − p.
    let tail = 1.0 - p;
    Bisection::default().first(|z| 0.5 * libm::erfc(z * std::f64::consts::FRAC_1_SQRT_2) <= tail)
}

/// The regularised lower incomplete gamma function P(`shape`, `x`), for positive arguments.
pub(crate) fn gamma_cdf(shape: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let front = libm::exp(shape * libm::log(x) - x - libm::lgamma(shape));
    if x < shape + 1.0 {
        // The power series, DLMF 8.11.4.
        let mut term = 1.0 / shape;
        let mut sum = term;
        let mut n = shape;
        while term > sum * f64::EPSILON {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        front * sum
    } else {
        // The continued fraction for the upper tail, DLMF 8.9.2, by the modified Lentz method.
        let mut b = x + 1.0 - shape;
        let mut c = 1.0 / f64::MIN_POSITIVE;
        let mut d = 1.0 / b;
        let mut fraction = d;
        for i in 1..500 {
            let i = f64::from(i);
            let a = i * (shape - i);
            b += 2.0;
            d = 1.0 / (a * d + b);
            c = b + a / c;
            fraction *= d * c;
            if (d * c - 1.0).abs() < f64::EPSILON {
                break;
            }
        }
        1.0 - front * fraction
    }
}

/// Finds where a monotone condition on the positive doubles becomes true.
///
/// It bisects bit patterns, which order like the numbers, so one search serves 10⁻³⁰ and 10³⁰ alike.
/// Each search starts where the last one ended: ask in increasing order.
#[derive(Default)]
pub(crate) struct Bisection {
    last: u64,
}

impl Bisection {
    /// Neighbouring doubles that need not be told apart: a relative error of 2⁻³⁴.
    const CLOSE: u64 = 1 << 18;

    /// The first x, within 2⁻³⁴ of itself, at which `reached` is true.
    pub(crate) fn first(&mut self, reached: impl Fn(f64) -> bool) -> f64 {
        let mut low = self.last;
        let mut step = 1u64 << 42;
        let mut high = low + step;
        while high < f64::MAX.to_bits() && !reached(f64::from_bits(high)) {
            low = high;
            step *= 2;
            high = low.saturating_add(step).min(f64::MAX.to_bits());
        }
        while high - low > Bisection::CLOSE {
            let middle = low + (high - low) / 2;
            if reached(f64::from_bits(middle)) {
                high = middle;
            } else {
                low = middle;
            }
        }
        self.last = low;
        f64::from_bits(high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(value: f64, expected: f64, tolerance: f64) {
        assert!((value - expected).abs() <= tolerance, "{value} is not {expected} ± {tolerance}");
    }

    #[test]
    fn normal_quantiles_match_the_published_table() {
        // NIST/SEMATECH e-Handbook, table 1.3.6.7.1, and Wichura's AS 241 check values.
        close(normal_quantile(0.975), 1.959_963_984_540_054, 1e-9);
        close(normal_quantile(0.25), -0.674_489_750_196_081_7, 1e-9);
        close(normal_quantile(0.001), -3.090_232_306_167_813_6, 1e-9);
        close(normal_quantile(0.5), 0.0, 1e-9);
        close(normal_cdf(-1.0), 0.158_655_253_931_457, 1e-14);
    }

    #[test]
    fn gamma_has_its_closed_forms() {
        for x in [0.01f64, 0.5, 1.0, 1.9, 2.1, 7.0, 40.0] {
            close(gamma_cdf(1.0, x), 1.0 - libm::exp(-x), 1e-14);
            close(gamma_cdf(0.5, x), libm::erf(x.sqrt()), 1e-14);
            close(gamma_cdf(2.0, x), 1.0 - (1.0 + x) * libm::exp(-x), 1e-14);
        }
        assert_eq!(gamma_cdf(0.3, 0.0), 0.0);
    }

    #[test]
    fn bisection_finds_edges_of_any_size() {
        for edge in [1e-200, 3e-17, 0.25, 1.0, 7e12] {
            close(Bisection::default().first(|x| x >= edge), edge, edge * 1e-10);
        }
    }
}
