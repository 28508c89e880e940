//! Bursts with pauses between them (the `code` profile).
//!
//! It starts after some twenty bursts that nobody sees, by when the start is forgotten.

use crate::{
    rng::Rng,
    sample::{InverseCdf, normal_cdf},
};

/// Expected requests before the process is shown.
const WARM_UP: f64 = 2_000.0;

/// The number of requests in a burst: a rounded lognormal within bounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct BurstSize {
    pub(super) log: (f64, f64),
    pub(super) bounds: (f64, f64),
}

impl BurstSize {
    /// The smallest size plus the probabilities of reaching each larger one.
    fn mean(self) -> f64 {
        let (mu, sigma) = self.log;
        let (least, most) = (self.bounds.0 as u32, self.bounds.1 as u32);
        let reaches = |size: u32| normal_cdf((mu - libm::log(f64::from(size) - 0.5)) / sigma);
        f64::from(least) + (least + 1..=most).map(reaches).sum::<f64>()
    }

    fn table(self) -> InverseCdf {
        InverseCdf::lognormal(self.log.0, self.log.1)
            .map(|size| size.clamp(self.bounds.0, self.bounds.1))
    }
}

#[derive(Debug)]
pub(in crate::traffic) struct Tables {
    size: InverseCdf,
    gap: InverseCdf,
    pause: InverseCdf,
}

impl Tables {
    /// Gaps and pauses are in seconds; see [`crate::traffic::ArrivalProcess::OnOff`].
    pub(super) fn new(
        size: BurstSize,
        gap: (f64, f64),
        gap_cut: f64,
        pause: (f64, f64),
        pause_cut: f64,
    ) -> Tables {
        let gap = InverseCdf::gamma(gap.0, gap.1).map(|x| x.min(gap_cut));
        let pause = InverseCdf::weibull(pause.0, pause.1).map(|x| gap_cut + x.min(pause_cut));
        // A burst of n requests has n − 1 gaps and a pause.
        let n = size.mean();
        let rate = n / ((n - 1.0) * gap.mean() + pause.mean());
        Tables { size: size.table(), gap: gap.map(|x| x * rate), pause: pause.map(|x| x * rate) }
    }
}

#[derive(Clone, Debug)]
pub(in crate::traffic) struct OnOff {
    tables: &'static Tables,
    next: f64,
    left_in_burst: u32,
    gaps: Rng,
}

impl OnOff {
    pub(super) fn new(tables: &'static Tables, gaps: Rng) -> OnOff {
        let mut process = OnOff { tables, next: 0.0, left_in_burst: 0, gaps };
        while process.next < WARM_UP {
            process.next();
        }
        process.next -= WARM_UP;
        process
    }

    #[inline]
    pub(super) fn next(&mut self) -> f64 {
        let count = self.next;
        if self.left_in_burst == 0 {
            self.left_in_burst = (self.tables.size.draw(&mut self.gaps) + 0.5) as u32;
            self.next += self.tables.pause.draw(&mut self.gaps);
        } else {
            self.next += self.tables.gap.draw(&mut self.gaps);
        }
        self.left_in_burst -= 1;
        count
    }
}
