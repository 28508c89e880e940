//! Random classic histograms, odd ones among them, as levels and under `rate` and `sum by (le)`.

use libtest_mimic::Failed;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use truth::oracle::{SampleWindow, histogram_quantile, histogram_quantile_near};

use crate::oracle_engines::comparison::Comparison;
use crate::oracle_engines::engine::Engine;

const SEED: u64 = 0xb0c4_e751;
const N_HISTOGRAMS: usize = 250;
const EPOCH: i64 = 1_700_000_000_000;
const QUANTILES: [&str; 12] =
    ["-1", "0", "0.001", "0.25", "0.5", "0.9", "0.95", "0.99", "0.999", "1", "1.5", "NaN"];

/// Upper bounds as label and value, and a count for each.
type Histogram = Vec<(String, f64, f64)>;

fn histogram(rng: &mut Pcg64Mcg) -> Histogram {
    let n = rng.random_range(1..12);
    let first = [0.005, 0.5, 1.0, -2.0][rng.random_range(0..4)];
    let mut bounds: Vec<(String, f64)> = (0..n)
        .map(|b| {
            let bound = first + [0.5, 1.0, 2.5][b % 3] * b as f64;
            (format!("{bound:?}"), bound)
        })
        .collect();
    if rng.random_bool(0.1) {
        // The same bound in two spellings: the engine adds their counts.
        bounds.push((format!("{}000", bounds[0].0), bounds[0].1));
        bounds.push((format!("+{}", bounds[0].0.trim_start_matches('-')), bounds[0].1.abs()));
    }
    if rng.random_bool(0.9) {
        bounds.push(("+Inf".to_owned(), f64::INFINITY));
    }
    bounds.sort_by(|one, other| one.1.total_cmp(&other.1));

    let scale = [0.0, 1.0, 20.0, 1e6][rng.random_range(0..4)];
    let [falling, noisy, empty] =
        [0.2, 0.5, 0.7].map(|p| if rng.random_bool(0.4) { p } else { 0.0 });
    let mut total = 0.0_f64;
    bounds
        .into_iter()
        .map(|(label, bound)| {
            if !rng.random_bool(empty) {
                total += (rng.random_range(0.0..1.0_f64) * scale).floor()
                    * [1.0, 1.0 / 3.0][rng.random_range(0..2)];
            }
            let mut count = total;
            if rng.random_bool(falling) {
                count *= 0.7;
            }
            if rng.random_bool(noisy) {
                count *= 1.0 + rng.random_range(-3e-12..3e-12);
            }
            (label, bound, count)
        })
        .collect()
}

/// Odd histograms whose counts are stored as they are.
pub(crate) async fn compare_levels(engine: &Engine) -> Result<(), Failed> {
    let mut rng = Pcg64Mcg::seed_from_u64(SEED);
    let histograms: Vec<Histogram> = (0..N_HISTOGRAMS).map(|_| histogram(&mut rng)).collect();
    let buckets: Vec<Vec<(f64, f64)>> = histograms
        .iter()
        .map(|histogram| histogram.iter().map(|&(_, bound, count)| (bound, count)).collect())
        .collect();
    let mut series = Vec::new();
    for (s, histogram) in histograms.iter().enumerate() {
        for (le, _, count) in histogram {
            let labels = [("__name__", "h_bucket"), ("le", le), ("s", &s.to_string())];
            series.push((labels.into_iter().collect(), vec![(EPOCH, *count)]));
        }
    }
    engine.store(&series).await?;

    let mut quantiles = Comparison::new("histogram_quantile of levels");
    for q in QUANTILES {
        let expr = format!("histogram_quantile({q}, h_bucket)");
        let answers = engine.ask(&expr, EPOCH).await?;
        let q = q.parse().expect("a number");
        quantiles.compare(&expr, EPOCH, N_HISTOGRAMS, &answers, |s| {
            Some(histogram_quantile(engine.era, q, &buckets[s]))
        });
    }
    quantiles.conclude(&engine.version, 2_000)
}

/// Cumulative counts of one bucket of one target, at the target's instants.
struct Target {
    instants: Vec<i64>,
    counts: Vec<Vec<f64>>,
}

const BOUNDS: [(&str, f64); 6] =
    [("0.1", 0.1), ("0.2", 0.2), ("0.4", 0.4), ("0.8", 0.8), ("1.6", 1.6), ("+Inf", f64::INFINITY)];

fn target(rng: &mut Pcg64Mcg) -> Target {
    let (interval, phase) = (15_000, rng.random_range(1..15_000));
    let instants: Vec<i64> = (0..60).map(|k| EPOCH + phase + k * interval).collect();
    let mut now = [0.0; BOUNDS.len()];
    let mut counts = vec![Vec::new(); BOUNDS.len()];
    for _ in &instants {
        if rng.random_bool(0.01) {
            now = [0.0; BOUNDS.len()];
        }
        for _ in 0..rng.random_range(0..4) {
            let bucket = rng.random_range(0..BOUNDS.len());
            now[bucket..].iter_mut().for_each(|count| *count += 1.0);
        }
        counts.iter_mut().zip(now).for_each(|(series, count)| series.push(count));
    }
    Target { instants, counts }
}

/// The whole of a duration panel: `rate`, `sum by (le)` over three targets, `histogram_quantile`.
pub(crate) async fn compare_rates(engine: &Engine) -> Result<(), Failed> {
    let mut rng = Pcg64Mcg::seed_from_u64(SEED);
    let groups: Vec<Vec<Target>> =
        (0..100).map(|_| (0..3).map(|_| target(&mut rng)).collect()).collect();
    let mut series = Vec::new();
    for (s, group) in groups.iter().enumerate() {
        for (instance, target) in group.iter().enumerate() {
            for ((le, _), counts) in BOUNDS.iter().zip(&target.counts) {
                let labels = [
                    ("__name__", "r_bucket"),
                    ("instance", &instance.to_string()),
                    ("le", le),
                    ("s", &s.to_string()),
                ];
                series.push((
                    labels.into_iter().collect(),
                    target.instants.iter().copied().zip(counts.iter().copied()).collect(),
                ));
            }
        }
    }
    engine.store(&series).await?;

    let mut quantiles = Comparison::new("histogram_quantile of rates");
    let mut jumps = 0;
    for (q, range) in [("0.5", 60_000), ("0.95", 60_000), ("0.95", 300_000), ("0.99", 47_000)] {
        for _ in 0..6 {
            let at = EPOCH + rng.random_range(60_000..900_000);
            let expr =
                format!("histogram_quantile({q}, sum by (s, le) (rate(r_bucket[{range}ms])))");
            let answers = engine.ask(&expr, at).await?;
            let answered: std::collections::BTreeMap<usize, f64> =
                answers.iter().copied().collect();
            let q: f64 = q.parse().expect("a number");
            let summed = |s: usize| -> Option<Vec<(f64, f64)>> {
                let windows: Vec<_> = groups[s]
                    .iter()
                    .filter_map(|target| {
                        let window =
                            SampleWindow::new(engine.era, at - range, at, &target.instants)?;
                        Some((target, window))
                    })
                    .collect();
                if windows.is_empty() {
                    return None;
                }
                let bucket = |b: usize| {
                    let rate = |(target, window): &(&Target, SampleWindow)| {
                        let (first, last) = window.indices();
                        let values = &target.counts[b][first..=last];
                        window.rate(values[0], truth::oracle::counter_delta(values))
                    };
                    (BOUNDS[b].1, windows.iter().map(rate).sum())
                };
                Some((0..BOUNDS.len()).map(bucket).collect())
            };
            quantiles.compare(&expr, at, groups.len(), &answers, |s| {
                let buckets = summed(s)?;
                let expected = histogram_quantile(engine.era, q, &buckets);
                let (low, high) = histogram_quantile_near(engine.era, q, &buckets, 1e-12);
                // A rank that meets a cumulative count to the last bits may fall on either side of a jump.
                let other_side = answered.get(&s).filter(|&&answer| {
                    (answer - expected).abs() > 1e-9 * expected && (low..=high).contains(&answer)
                });
                jumps += usize::from(other_side.is_some());
                Some(other_side.copied().unwrap_or(expected))
            });
        }
    }
    println!("{}: {jumps} answers from the other side of a jump", engine.version);
    assert!(jumps < 20, "{jumps} answers are not explained by rounding alone");
    quantiles.conclude(&engine.version, 2_000)
}
