//! Random counters as scraping could leave them: resets, gaps, jitter, stale markers, any first value.

use libtest_mimic::Failed;
use prom::staleness;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use truth::oracle::{Era, SampleWindow, level};

use crate::oracle_engines::comparison::Comparison;
use crate::oracle_engines::engine::Engine;

const SEED: u64 = 0x0d15_ea5e;
const N_SERIES: usize = 300;
const N_INSTANTS: usize = 60;
/// 2023-11-14 22:13:20 UTC, a multiple of ten seconds.
const EPOCH: i64 = 1_700_000_000_000;
const DURATION: i64 = 1_200_000;
const LOOKBACK: i64 = 300_000;

struct Stream {
    instants: Vec<i64>,
    values: Vec<f64>,
}

fn stream(rng: &mut Pcg64Mcg) -> Stream {
    let interval = [1_000, 5_000, 10_000, 15_000, 30_000][rng.random_range(0..5)];
    let jitter = [0, 0, 2, interval / 5][rng.random_range(0..4)];
    let phase = if rng.random_bool(0.5) { 0 } else { rng.random_range(0..interval) };
    let (begin, end) =
        (rng.random_range(0..DURATION / 2), rng.random_range(DURATION / 2..DURATION));
    let (begin, end) = if rng.random_bool(0.5) { (0, DURATION) } else { (begin, end) };
    let [missed, reset, stale] =
        [0.02, 0.01, 0.01].map(|p| if rng.random_bool(0.5) { p } else { 0.0 });
    let busy = [0.02, 0.5, 1.0][rng.random_range(0..3)];
    let is_cost = rng.random_bool(0.3);

    let mut value = [0.0, 7.0, rng.random_range(0.0..1e6)][rng.random_range(0..3)];
    let mut stream = Stream { instants: Vec::new(), values: Vec::new() };
    let mut at = EPOCH + phase;
    while at < EPOCH + end {
        if rng.random_bool(missed) {
            // A gap of up to a few minutes.
            at += interval * rng.random_range(1..20);
            continue;
        }
        if at >= EPOCH + begin {
            let sampled = at + if jitter > 0 { rng.random_range(-jitter..=jitter) } else { 0 };
            stream.instants.push(sampled);
            if rng.random_bool(stale) {
                stream.values.push(staleness::MARKER);
            } else {
                stream.values.push(value);
            }
        }
        if rng.random_bool(reset) {
            value = if rng.random_bool(0.5) { 0.0 } else { value * 0.25 };
        } else if rng.random_bool(busy) {
            value += if is_cost {
                rng.random_range(0.0..0.01)
            } else {
                f64::from(rng.random_range(1..50_u32))
            };
        }
        at += interval;
    }
    stream
}

/// On the samples' grid, where a sample may lie at the very edge of a window; a little beside it, so
/// that an edge may be exactly 1.1 intervals away; and anywhere.
fn instants(rng: &mut Pcg64Mcg) -> Vec<i64> {
    (0..N_INSTANTS)
        .map(|k| {
            let at = EPOCH + rng.random_range(0..DURATION + LOOKBACK);
            match k % 3 {
                0 => at / 5_000 * 5_000,
                1 => at / 5_000 * 5_000 + [500, 1_500, -500][k / 3 % 3],
                _ => at,
            }
        })
        .collect()
}

/// Stores random counters in `engine` and compares its answers about them.
pub(crate) async fn compare(engine: &Engine) -> Result<(), Failed> {
    let mut rng = Pcg64Mcg::seed_from_u64(SEED);
    let streams: Vec<Stream> = (0..N_SERIES).map(|_| stream(&mut rng)).collect();
    let series: Vec<_> = streams
        .iter()
        .enumerate()
        .map(|(s, stream)| {
            let labels = [("__name__", "x"), ("s", &s.to_string())].into_iter().collect();
            (labels, stream.instants.iter().copied().zip(stream.values.iter().copied()).collect())
        })
        .collect();
    engine.store(&series).await?;

    let era = engine.era;
    let mut extrapolation = Comparison::new("increase and rate");
    let mut windows = Comparison::new("count_over_time");
    let mut lookback = Comparison::new("instant selector");
    let mut subqueries = Comparison::new("subquery");
    for at in instants(&mut rng) {
        for range in ["10s", "60s", "300s", "1500ms", "47s"] {
            let start = at - milliseconds(range);
            let read = |s: usize| {
                let Stream { instants, values } = &streams[s];
                SampleWindow::of_series(era, (start, at), instants, values)
            };
            let expr = format!("increase(x[{range}])");
            let answers = engine.ask(&expr, at).await?;
            extrapolation.compare(&expr, at, N_SERIES, &answers, |s| {
                read(s).map(|(window, first, delta)| window.increase(first, delta))
            });
            let expr = format!("rate(x[{range}])");
            let answers = engine.ask(&expr, at).await?;
            extrapolation.compare(&expr, at, N_SERIES, &answers, |s| {
                read(s).map(|(window, first, delta)| window.rate(first, delta))
            });
            let expr = format!("count_over_time(x[{range}])");
            let answers = engine.ask(&expr, at).await?;
            windows.compare(&expr, at, N_SERIES, &answers, |s| count(era, start, at, &streams[s]));
        }
        let shown = |s: usize, at: i64| {
            let Stream { instants, values } = &streams[s];
            level(era, instants, values, at, LOOKBACK).map(|index| values[index])
        };
        let answers = engine.ask("x", at).await?;
        lookback.compare("x", at, N_SERIES, &answers, |s| shown(s, at));

        let expr = "count_over_time(x[60s:10s])";
        let answers = engine.ask(expr, at).await?;
        subqueries.compare(expr, at, N_SERIES, &answers, |s| {
            let steps = era.subquery(at - 60_000, at, 10_000);
            let points = steps.filter(|&step| shown(s, step).is_some()).count();
            (points > 0).then_some(points as f64)
        });
    }
    extrapolation.conclude(&engine.version, 20_000)?;
    windows.conclude(&engine.version, 20_000)?;
    lookback.conclude(&engine.version, 5_000)?;
    subqueries.conclude(&engine.version, 5_000)
}

fn count(era: Era, start: i64, end: i64, stream: &Stream) -> Option<f64> {
    let read = era.window(start, end, &stream.instants);
    let count = read.filter(|&index| !staleness::is_marker(stream.values[index])).count();
    (count > 0).then_some(count as f64)
}

fn milliseconds(range: &str) -> i64 {
    let number = range.trim_end_matches(char::is_alphabetic).parse::<i64>().expect("a number");
    if range.ends_with("ms") { number } else { number * 1000 }
}
