//! Random series as scraping could leave them, and the evaluations over which expressions are asked.
//!
//! Counters that restart, gauges, histograms; targets that miss scrapes, with and without staleness markers; series
//! that come late, go early or miss samples of their own. Which expressions read them, this does not know.

use prom::{evaluations::Evaluations, series::Labels, staleness};
use sim::rng::{Rng, Stream};

/// One series with its samples.
pub(crate) type Stored = (Labels, Vec<(i64, f64)>);

/// 2026-01-05T00:00:00Z.
const EPOCH_MS: i64 = 1_767_571_200_000;
const SCRAPE_MS: i64 = 15_000;
const SCRAPES: i64 = 160;
/// Of evaluations, and of some targets too, so that samples lie at the very edges of windows.
const ODD_MS: i64 = 7_123;

const MODULES: [&str; 3] = ["a", "b", "c"];
const INSTANCES: [&str; 2] = ["0", "1"];

/// From before the first sample until after the last one is too old.
pub(crate) fn evaluations(seed: u64) -> Evaluations {
    Evaluations {
        first_ms: EPOCH_MS + ODD_MS - 30_000,
        last_ms: EPOCH_MS + ODD_MS + SCRAPES * SCRAPE_MS + 420_000,
        interval_ms: [30_000, 15_000, 45_000, 60_000][seed as usize % 4],
    }
}

/// All series of a seed.
pub(crate) fn series(seed: u64) -> Vec<Stored> {
    const STREAM: Stream = Stream::named("evaluated series");
    let mut world = World { rng: Rng::new(seed, STREAM), series: Vec::new() };
    for module in MODULES {
        for instance in INSTANCES {
            world.target(module, instance);
        }
        world.module(module);
    }
    for module in MODULES {
        // Their sums overflow.
        let visits = world.visits();
        let labels = [("__name__", "huge"), ("m", module)];
        world.add(&labels, &visits, |rng| 1e308 * (1.0 + rng.unit() / 2.0));
    }
    for (module, value) in MODULES.into_iter().zip([1e16, 1.0, -1e16]) {
        // What is left of their sum tells how it was added: engines read series in the order in which they came.
        let labels = [("__name__", "cancels"), ("m", module)].into_iter().collect();
        let at = |scrape| EPOCH_MS + scrape * SCRAPE_MS;
        world.series.push((labels, (0..SCRAPES).map(|scrape| (at(scrape), value)).collect()));
    }
    world.series
}

/// A scrape of a target: what its series show, unless it was missed without a trace.
#[derive(Clone, Copy)]
enum Visit {
    Sample(i64),
    Marker(i64),
}

struct World {
    rng: Rng,
    series: Vec<Stored>,
}

impl World {
    /// The scrapes of a target: some are missed, the first of them with a marker or without.
    fn visits(&mut self) -> Vec<Visit> {
        let phase = [0, ODD_MS, 3_001, ODD_MS][self.rng.below(4) as usize];
        let (mut found, mut missed) = (Vec::new(), 0);
        for scrape in 0..SCRAPES {
            let at = EPOCH_MS + phase + scrape * SCRAPE_MS;
            if missed == 0 && self.rng.chance(1.0 / 50.0) {
                // The longest is longer than the lookback.
                missed = [1, 2, 9, 30][self.rng.below(4) as usize];
                if self.rng.chance(0.5) {
                    found.push(Visit::Marker(at));
                }
            }
            if missed > 0 {
                missed -= 1;
            } else {
                found.push(Visit::Sample(at));
            }
        }
        found
    }

    /// A series at the scrapes of its target, or fewer of them.
    fn add(
        &mut self,
        labels: &[(&str, &str)],
        visits: &[Visit],
        mut next: impl FnMut(&mut Rng) -> f64,
    ) {
        let end = EPOCH_MS + SCRAPES * SCRAPE_MS;
        let mut span = (EPOCH_MS, end + SCRAPE_MS);
        let half = (SCRAPES * SCRAPE_MS / 2) as u64;
        match self.rng.below(8) {
            0 => span.0 += self.rng.below(half) as i64,
            1 => span.1 -= self.rng.below(half) as i64,
            _ => {}
        }
        let loses = if self.rng.chance(0.2) { 0.05 } else { 0.0 };
        let mut samples = Vec::new();
        for visit in visits {
            let value = next(&mut self.rng);
            let lost = self.rng.chance(loses);
            match *visit {
                Visit::Sample(at) if span.0 <= at && at < span.1 && !lost => {
                    samples.push((at, value))
                }
                Visit::Marker(at) if span.0 <= at && at < span.1 => {
                    samples.push((at, staleness::MARKER));
                }
                _ => {}
            }
        }
        self.series.push((labels.iter().copied().collect(), samples));
    }

    fn target(&mut self, module: &str, instance: &str) {
        let visits = self.visits();
        let labels = |name| [("__name__", name), ("m", module), ("i", instance)];
        for name in ["c_total", "d_total"] {
            self.add(&labels(name), &visits, counter(whole_step, restart));
        }
        self.add(&labels("u_total"), &visits, counter(any_step, restart_by_a_bit));
        for op in ["x", "y"] {
            let labels = [&labels("e_total")[..], &[("op", op)]].concat();
            self.add(&labels, &visits, counter(whole_step, restart));
        }
        for name in ["g", "k"] {
            self.add(&labels(name), &visits, gauge);
        }
        self.add(&labels("f"), &visits, |rng| rng.unit() * 2.0 - 1.0);
        // One bound is spelled twice where it can be, and the last bucket is missing somewhere.
        let bounds: &[&str] = match (module, instance) {
            ("b", "0") => &["0.1", "0.5", "1", "1.0", "2.5", "+Inf"],
            ("c", "1") => &["0.1", "0.5", "1", "2.5"],
            _ => &["0.1", "0.5", "1", "2.5", "+Inf"],
        };
        self.histogram("h_bucket", &labels("h_bucket"), bounds, &visits);
        if instance == "0" {
            self.histogram("n_bucket", &labels("n_bucket"), &["0.5", "1", "+Inf", "odd"], &visits);
        }
    }

    /// The series of buckets: each counts its own events and those of the buckets below.
    fn histogram(
        &mut self,
        name: &str,
        labels: &[(&str, &str)],
        bounds: &[&str],
        visits: &[Visit],
    ) {
        let mut below = vec![0.0; visits.len()];
        let restarts: Vec<bool> = visits.iter().map(|_| self.rng.chance(0.01)).collect();
        let busy = [0.02, 0.5][self.rng.below(2) as usize];
        for bound in bounds {
            let (mut own, mut nth) = (0.0, 0);
            let labels = [labels, &[("__name__", name), ("le", bound)]].concat();
            self.add(&labels, visits, |rng| {
                own = if restarts[nth] { 0.0 } else { own };
                own += if rng.chance(busy) { rng.below(4) as f64 } else { 0.0 };
                below[nth] += own;
                nth += 1;
                below[nth - 1]
            });
        }
    }

    fn module(&mut self, module: &str) {
        let visits = self.visits();
        let labels = |name| [("__name__", name), ("m", module)];
        self.add(&labels("low"), &visits, gauge);
        self.add(&labels("high"), &visits, gauge);
        self.add(&labels("odd"), &visits, |rng| match rng.below(40) {
            0 | 1 => f64::NAN,
            2 => f64::INFINITY,
            3 => f64::NEG_INFINITY,
            _ => gauge(rng),
        });
        // Teams of `b` take turns, `c` has two for a while: who joins `info` by module gets a changing label, or fails.
        let middle = visits.len() / 2;
        let of_team = |team| [("__name__", "info"), ("m", module), ("team", team)];
        let (first, second) = match module {
            "a" => (&visits[..], &visits[..0]),
            "b" => (&visits[..middle], &visits[middle..]),
            _ => (&visits[..middle], &visits[middle - 4..]),
        };
        let mut first = first.to_vec();
        if let ("b", Some(Visit::Sample(at) | Visit::Marker(at))) = (module, second.first()) {
            first.push(Visit::Marker(*at));
        }
        self.add(&of_team("red"), &first, |_| 1.0);
        if !second.is_empty() {
            self.add(&of_team("blue"), second, |_| 2.0);
        }
    }
}

fn counter(
    step: impl Fn(&mut Rng) -> f64,
    restart: impl Fn(&mut Rng, f64) -> f64,
) -> impl FnMut(&mut Rng) -> f64 {
    let mut value = 0.0;
    let mut busy = None;
    move |rng| {
        let busy = *busy.get_or_insert_with(|| [0.02, 0.5, 1.0][rng.below(3) as usize]);
        if rng.chance(0.02) {
            value = restart(rng, value);
        } else if rng.chance(busy) {
            value += step(rng);
        }
        value
    }
}

fn whole_step(rng: &mut Rng) -> f64 {
    (1 + rng.below(40)) as f64 / 4.0
}

fn any_step(rng: &mut Rng) -> f64 {
    rng.unit() / 50.0
}

/// To nothing, or to less, in quarters.
fn restart(rng: &mut Rng, value: f64) -> f64 {
    if rng.chance(0.5) { 0.0 } else { (value * 0.25).floor() }
}

/// By no more than one unit in the last place, or to nothing.
fn restart_by_a_bit(rng: &mut Rng, value: f64) -> f64 {
    if rng.chance(0.7) && value > 0.0 { value.next_down() } else { 0.0 }
}

/// Quarters from -4 to 4, zero more often: their sums are exact in any order.
fn gauge(rng: &mut Rng) -> f64 {
    if rng.chance(0.1) { 0.0 } else { (rng.below(33) as f64 - 16.0) / 4.0 }
}
