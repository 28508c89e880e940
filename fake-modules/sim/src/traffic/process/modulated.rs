//! Gamma renewals whose rate drifts (the `chat` profile): the logarithm of the rate is a first-order autoregression.
//!
//! The rate is constant over a step. It starts from its stationary distribution; the renewals start with an ordinary
//! gap, which matters less than a tenth of a request at the shapes in use.

use crate::{
    rng::Rng,
    sample::{InverseCdf, normal_quantile},
};

#[derive(Debug)]
pub(in crate::traffic) struct Tables {
    gap: InverseCdf,
    normal: InverseCdf,
    sigma: f64,
    persistence: f64,
    innovation: f64,
    step: f64,
}

impl Tables {
    pub(super) fn new(shape: f64, sigma: f64, persistence: f64, step: f64) -> Tables {
        // The smallest probability keeps the quantile finite; a draw of −7 is as good as any beyond it.
        let normal = InverseCdf::from_quantile(|p| normal_quantile(p.max(1e-12)));
        let innovation = sigma * (1.0 - persistence * persistence).sqrt();
        Tables {
            gap: InverseCdf::gamma(shape, 1.0 / shape),
            normal,
            sigma,
            persistence,
            innovation,
            step,
        }
    }

    /// The rate for `log_rate` such that its mean over all steps is 1.
    fn rate(&self, log_rate: f64) -> f64 {
        libm::exp(log_rate - self.sigma * self.sigma / 2.0)
    }
}

#[derive(Clone, Debug)]
pub(in crate::traffic) struct Modulated {
    tables: &'static Tables,
    log_rate: f64,
    rate: f64,
    next: f64,
    step_end: f64,
    gaps: Rng,
    /// Of its own, so that the drift does not depend on how many requests a step has.
    drift: Rng,
}

impl Modulated {
    pub(super) fn new(tables: &'static Tables, mut drift: Rng, gaps: Rng) -> Modulated {
        let log_rate = tables.sigma * tables.normal.draw(&mut drift);
        let step_end = tables.step * drift.unit();
        let rate = tables.rate(log_rate);
        let mut process = Modulated { tables, log_rate, rate, next: 0.0, step_end, gaps, drift };
        process.advance();
        process
    }

    #[inline]
    pub(super) fn next(&mut self) -> f64 {
        let count = self.next;
        self.advance();
        count
    }

    fn advance(&mut self) {
        // A gap is measured in requests at the drifting rate; each step passes a part of it.
        let mut gap = self.tables.gap.draw(&mut self.gaps);
        while self.step_end < self.next + gap / self.rate {
            gap -= (self.step_end - self.next) * self.rate;
            self.next = self.step_end;
            self.step_end += self.tables.step;
            self.log_rate = self.tables.persistence * self.log_rate
                + self.tables.innovation * self.tables.normal.draw(&mut self.drift);
            self.rate = self.tables.rate(self.log_rate);
        }
        self.next += gap / self.rate;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drifting_rate_has_mean_one() {
        let tables = Tables::new(0.95, 0.21, 0.9, 332.0);
        let rate = |i: u32| tables.rate(0.21 * tables.normal.draw_with((f64::from(i) + 0.5) / 1e5));
        let mean = (0..100_000).map(rate).sum::<f64>() / 1e5;
        assert!((mean - 1.0).abs() < 1e-3, "{mean}");
    }
}
