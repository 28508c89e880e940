//! Running sums and means, and means and variances of windows of rows.

use serde_json::Value;

use super::{NONE, selected, window_size};
use crate::NotModelled;
use crate::frame::{Frame, Scalar};
use crate::transform::text;
use crate::transform::value::weight;

/// What a creator gives: nothing where the frame has no such field.
type Created = Result<Option<Vec<Scalar>>, NotModelled>;

pub(super) fn cumulative(frame: &Frame, frames: &[Frame], options: &Value) -> Created {
    let options = options.get("cumulative").unwrap_or(NONE);
    let mean = match text(options, "reducer").unwrap_or("sum") {
        "sum" => false,
        "mean" => true,
        other => return Err(refused(other)),
    };
    let Some(field) = selected(frame, frames, options)? else { return Ok(None) };
    let mut total = 0.0;
    let values = field.values.iter().enumerate().map(|(at, value)| {
        total += if value.is_nothing() { 0.0 } else { weight(value) };
        Scalar::Number(if mean { total / (at as f64 + 1.0) } else { total })
    });
    Ok(Some(values.collect()))
}

fn refused(reducer: &str) -> NotModelled {
    NotModelled::new(format!("transformations.calculateField with the reducer {reducer}"))
}

pub(super) fn moving(frame: &Frame, frames: &[Frame], options: &Value) -> Created {
    let options = options.get("window").unwrap_or(NONE);
    let size = window_size(options, frame.rows())?;
    let reducer = text(options, "reducer").unwrap_or("mean");
    let centered = text(options, "windowAlignment") == Some("centered");
    let Some(field) = selected(frame, frames, options)? else { return Ok(None) };
    let values: Vec<Option<f64>> =
        field.values.iter().map(|value| (!value.is_nothing()).then(|| weight(value))).collect();
    let rows = values.len();
    let window = |at: usize| match centered {
        // Behind the row one more than before it, of an even size.
        true => (at.saturating_sub(size / 2), (at + size.div_ceil(2)).min(rows)),
        false => ((at + 1).saturating_sub(size), at + 1),
    };
    let spread = |at: usize| {
        let (from, to) = window(at);
        variance(&values[from..to])
    };
    let results: Vec<f64> = match reducer {
        "mean" if centered => centered_means(&values, size),
        "mean" => trailing_means(&values, size),
        "variance" => (0..rows).map(spread).collect(),
        "stdDev" => (0..rows).map(|at| spread(at).sqrt()).collect(),
        other => return Err(refused(other)),
    };
    Ok(Some(results.into_iter().map(Scalar::Number).collect()))
}

/// A sum and a count that values enter and leave; what leaves may leave a rounding error.
#[derive(Default)]
struct Running {
    sum: f64,
    count: f64,
}

impl Running {
    fn enter(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.sum += value;
            self.count += 1.0;
        }
    }

    fn leave(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.sum -= value;
            self.count -= 1.0;
        }
    }

    fn mean(&self) -> f64 {
        if self.count == 0.0 { 0.0 } else { self.sum / self.count }
    }
}

/// A row without a value makes no value leave the window.
fn trailing_means(values: &[Option<f64>], size: usize) -> Vec<f64> {
    let mut running = Running::default();
    let mean = |(at, value): (usize, &Option<f64>)| {
        if value.is_some() {
            running.enter(*value);
            if at + 1 > size {
                running.leave(values[at - size]);
            }
        }
        running.mean()
    };
    values.iter().enumerate().map(mean).collect()
}

fn centered_means(values: &[Option<f64>], size: usize) -> Vec<f64> {
    let leading = size.div_ceil(2).saturating_sub(1);
    let mut running = Running::default();
    (0..values.len())
        .map(|at| {
            if at == 0 {
                values.iter().take(leading + 1).for_each(|value| running.enter(*value));
            } else {
                running.enter(values.get(at + leading).copied().flatten());
                if at > size / 2 {
                    running.leave(values[at - size / 2 - 1]);
                }
            }
            running.mean()
        })
        .collect()
}

fn variance(values: &[Option<f64>]) -> f64 {
    let (mut squares, mut mean, mut count) = (0.0, 0.0, 0.0);
    for value in values.iter().flatten() {
        count += 1.0;
        let before = mean;
        mean += (value - before) / count;
        squares += (value - before) * (value - mean);
    }
    if count == 0.0 { 0.0 } else { squares / count }
}
