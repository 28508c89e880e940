//! Every mutant of every panel, asked of the engine with and without data.

use std::collections::BTreeMap;

use libtest_mimic::Failed;
use prom::series::{Labels, Value};
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use rules::mutate::{Metric, Mutant, mutants};
use stack::client::prometheus::ClientError;

use crate::oracle_engines::engine::{Engine, Stored};
use crate::oracle_engines::panels::{PANELS, contract, interpolated};

const SEED: u64 = 0x7ee7;
const EPOCH: i64 = 1_700_000_000_000;
const INTERVAL: i64 = 15_000;
/// Longer than the longest mutated window, twice an hour.
const N_SAMPLES: i64 = 600;
/// From here on, nothing happens, as at night: filters show.
const QUIET_FROM: i64 = 560;
/// A series that appears only here has nothing to show five minutes before the first instant asked.
const LATE: i64 = 520;
/// Two busy instants and a quiet one.
const ASKED_AT: [i64; 3] = [8_000_000, 8_371_234, 8_932_100];

/// The engine may have no data for a mutant, but it must understand it.
pub(crate) async fn are_understood(engine: &Engine) -> Result<(), Failed> {
    let mut asked = 0;
    for (panel, expr) in PANELS {
        for mutant in mutants(expr, &contract())? {
            if let Err(error) = engine.query(&interpolated(&mutant.expr), EPOCH).await
                && !error.is_execution()
            {
                return Err(format!("{panel}: {}: {error}", mutant.description).into());
            }
            asked += 1;
        }
    }
    println!("{}: {asked} mutants asked", engine.version);
    Ok(())
}

/// Given data in which every series differs, only mutants that are marked equivalent answer alike.
pub(crate) async fn differ_unless_equivalent(engine: &Engine) -> Result<(), Failed> {
    engine.store(&distinct_series()).await?;
    let (mut killed, mut equivalent, mut wrong) = (0, 0, Vec::new());
    for (panel, expr) in PANELS {
        let originals = answers(engine, expr).await?;
        if originals.iter().all(BTreeMap::is_empty) {
            return Err(format!("{panel}: the data does not show in its query").into());
        }
        for Mutant { expr, description, equivalent: reason, .. } in mutants(expr, &contract())? {
            let differs = match answers(engine, &expr).await {
                Ok(mutated) => {
                    originals.iter().zip(&mutated).any(|(one, other)| differ(one, other))
                }
                Err(error) if error.is_execution() => true,
                Err(error) => return Err(error.into()),
            };
            match (differs, reason) {
                (true, None) => killed += 1,
                (false, Some(_)) => equivalent += 1,
                (false, None) => wrong.push(format!("{panel}: {description}: survives")),
                (true, Some(reason)) => {
                    wrong.push(format!("{panel}: {description}: differs, though {reason}"));
                }
            }
        }
    }
    println!("{}: {killed} mutants differ, {equivalent} are equivalent", engine.version);
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// The answer at each instant, by labels.
async fn answers(engine: &Engine, expr: &str) -> Result<Vec<BTreeMap<Labels, f64>>, ClientError> {
    let mut answers = Vec::new();
    for after in ASKED_AT {
        let Value::Vector(samples) = engine.query(&interpolated(expr), EPOCH + after).await?.value
        else {
            panic!("a panel's query is a vector");
        };
        answers.push(samples.into_iter().map(|sample| (sample.labels, sample.value)).collect());
    }
    Ok(answers)
}

fn differ(one: &BTreeMap<Labels, f64>, other: &BTreeMap<Labels, f64>) -> bool {
    let equal = |one: f64, other: f64| {
        one == other || (one.is_nan() && other.is_nan()) || (one - other).abs() <= 1e-9 * one.abs()
    };
    !one.keys().eq(other.keys()) || one.iter().any(|(labels, value)| !equal(*value, other[labels]))
}

/// Each metric of the contract with each combination of its labels' values, at a pace of its own.
fn distinct_series() -> Vec<Stored> {
    let mut rng = Pcg64Mcg::seed_from_u64(SEED);
    // Prometheus itself has no module.
    let mut series = vec![stored(vec![("__name__".to_owned(), "up".to_owned())], |_| 1.0)];
    for (name, Metric { mut labels, .. }) in contract().metrics {
        let upper_bounds = labels.remove("le");
        for set in combinations(&name, &labels) {
            let is_gauge = name == "up" || name.contains(':');
            match &upper_bounds {
                None if is_gauge => series.push(stored(set, |_| f64::from(rng.random_range(0..2)))),
                None => {
                    let (pace, mut total) = (rng.random_range(2.0..20.0), 0.0);
                    series.push(stored(set, |busy| {
                        total += (busy * rng.random_range(0.0..pace)).floor();
                        total
                    }));
                }
                Some(upper_bounds) => series.extend(histogram(&set, upper_bounds, &mut rng)),
            }
        }
    }
    series
}

fn combinations(name: &str, labels: &BTreeMap<String, Vec<String>>) -> Vec<Vec<(String, String)>> {
    let module = labels["module"].iter().find(|module| name.starts_with(&module.replace('-', "_")));
    let mut sets = vec![vec![("__name__".to_owned(), name.to_owned())]];
    for (label, values) in labels {
        // A module's own metric has that module alone.
        let values = match module {
            Some(module) if label == "module" => std::slice::from_ref(module),
            _ => values.as_slice(),
        };
        let with = |set: &Vec<(String, String)>| {
            let set = set.clone();
            values.iter().map(move |value| [&set[..], &[(label.clone(), value.clone())]].concat())
        };
        sets = sets.iter().flat_map(with).collect();
    }
    sets
}

/// `value` is told how busy the instant is.
fn stored(labels: Vec<(String, String)>, mut value: impl FnMut(f64) -> f64) -> Stored {
    let sample = |k| (EPOCH + k * INTERVAL, value(if k < QUIET_FROM { 1.0 } else { 0.0 }));
    let labels = Labels::new(labels);
    let from = if labels.get("module") == Some("absent") { LATE } else { 0 };
    (labels, (from..N_SAMPLES).map(sample).collect())
}

/// The series of all buckets: each adds its own events to those of the buckets below.
fn histogram(
    labels: &[(String, String)],
    upper_bounds: &[String],
    rng: &mut Pcg64Mcg,
) -> Vec<Stored> {
    let mut totals = vec![0.0; N_SAMPLES as usize];
    let mut series = Vec::new();
    for le in upper_bounds {
        // Quantiles in the last bucket would all be the highest finite bound.
        let pace = if le == "+Inf" { 0.1 } else { rng.random_range(2.0..20.0) };
        let mut own = 0.0;
        let mut totals = totals.iter_mut();
        let labels = [labels, &[("le".to_owned(), le.clone())]].concat();
        series.push(stored(labels, |busy| {
            own += (busy * rng.random_range(0.0..pace)).floor();
            let total = totals.next().expect("one total per sample");
            *total += own;
            *total
        }));
    }
    series
}
