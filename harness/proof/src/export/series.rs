//! Samples on a grid, read back from the engine that they were written to, in promtool's notation.

use std::{collections::BTreeSet, fmt::Write as _};

use prom::series::{Labels, Value};
use stack::client::prometheus::{ClientError, Prometheus};

/// A series of a unit test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputSeries {
    /// Its name and labels.
    pub labels: Labels,
    /// Its values in promtool's notation.
    pub values: String,
}

/// The instants at which samples may lie, in Unix milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    pub(super) epoch_ms: i64,
    pub(super) interval_ms: i64,
    pub(super) last_ms: i64,
}

/// A sample that no unit test can hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{labels} has a sample {at_ms} ms after the start, which is not a multiple of {interval_ms} ms"
)]
pub struct NotOnGrid {
    /// The series.
    pub labels: Labels,
    /// Milliseconds after the start.
    pub at_ms: i64,
    /// Milliseconds between samples.
    pub interval_ms: i64,
}

/// All samples of the metrics.
pub(super) async fn read(
    engine: &Prometheus,
    metrics: &BTreeSet<String>,
    grid: Grid,
) -> Result<Vec<InputSeries>, super::ExportError> {
    let mut found = Vec::new();
    for metric in metrics {
        found.extend(read_one(engine, metric, grid).await?);
    }
    Ok(found)
}

async fn read_one(
    engine: &Prometheus,
    metric: &str,
    grid: Grid,
) -> Result<Vec<InputSeries>, super::ExportError> {
    let Grid { epoch_ms, interval_ms, last_ms } = grid;
    // One more millisecond: 3.x leaves out a sample at the very start of a window.
    let expr = format!("{metric}[{}ms]", last_ms - epoch_ms + 1);
    let answer: Result<_, ClientError> = engine.query(&expr, last_ms).await;
    let Value::Matrix(series) = answer?.value else { return Ok(Vec::new()) };
    let input = |series: prom::series::Series| {
        let offsets: Vec<(i64, f64)> =
            series.points.iter().map(|(at, value)| (at - epoch_ms, *value)).collect();
        let values = values(&offsets, interval_ms, last_ms - epoch_ms)
            .map_err(|at_ms| NotOnGrid { labels: series.labels.clone(), at_ms, interval_ms })?;
        Ok(InputSeries { labels: series.labels, values })
    };
    series.into_iter().map(input).collect()
}

/// Samples (milliseconds after the start, value) in promtool's notation: `_` where a series is not yet there, `stale`
/// where it is not there any more.
///
/// # Errors
/// The first instant that is not a multiple of `interval_ms`.
pub fn values(samples: &[(i64, f64)], interval_ms: i64, last_ms: i64) -> Result<String, i64> {
    let mut text = String::new();
    let mut samples = samples.iter().peekable();
    let mut there = false;
    for at in (0..=last_ms).step_by(usize::try_from(interval_ms).unwrap_or(1)) {
        let found = samples.next_if(|(sampled, _)| *sampled <= at);
        if !text.is_empty() {
            text.push(' ');
        }
        match found {
            Some((sampled, _)) if *sampled < at => return Err(*sampled),
            Some((_, value)) => {
                let _ = write!(text, "{}", number(*value));
                there = true;
            }
            None if std::mem::take(&mut there) => text.push_str("stale"),
            None => text.push('_'),
        }
    }
    match samples.next() {
        Some((at, _)) => Err(*at),
        None => Ok(text),
    }
}

fn number(value: f64) -> String {
    match value {
        value if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_begins_ends_once_and_may_come_back() {
        let samples = [(20, 1.0), (30, 2.5), (70, 0.0)];
        assert_eq!(values(&samples, 10, 80).unwrap(), "_ _ 1 2.5 stale _ _ 0 stale");
    }

    #[test]
    fn samples_beside_the_grid_are_an_error() {
        assert_eq!(values(&[(0, 1.0), (15, 1.0)], 10, 30), Err(15));
        assert_eq!(values(&[(35, 1.0)], 10, 30), Err(35));
    }
}
