//! Median and percentiles, in the order into which a browser sorts.
//!
//! They must not know which panel asks.

use crate::config::NullValueMode;
use crate::reduce::{count, under};
use crate::sort;
use crate::{NotModelled, Scalar, number};

/// The value at a share of the sorted values.
pub(super) fn percentile(
    values: &[Scalar],
    share: f64,
    mode: NullValueMode,
) -> Result<Scalar, NotModelled> {
    let sorted = sorted(values, mode)?;
    if sorted.is_empty() {
        return Ok(Scalar::Null);
    }
    let place = number::round((count(sorted.len()) - 1.0) * share);
    Ok(sorted.get(place as usize).cloned().unwrap_or(Scalar::Null))
}

/// The middle value, or the mean of the middle two.
pub(super) fn median(values: &[Scalar], mode: NullValueMode) -> Result<Scalar, NotModelled> {
    let sorted = sorted(values, mode)?;
    let middle = sorted.len() / 2;
    Ok(match sorted.len() {
        0 => Scalar::Number(f64::NAN),
        odd if odd % 2 == 1 => sorted[middle].clone(),
        _ => Scalar::Number((weight(&sorted[middle - 1]) + weight(&sorted[middle])) / 2.0),
    })
}

/// The number that a browser computes with: 0 of null.
fn weight(value: &Scalar) -> f64 {
    match value {
        Scalar::Null => 0.0,
        other => other.as_number(),
    }
}

fn sorted(values: &[Scalar], mode: NullValueMode) -> Result<Vec<Scalar>, NotModelled> {
    let mut values: Vec<Scalar> = under(values, mode).collect();
    sort::by_weight(&mut values, weight, false)
        .map_err(|_strange| NotModelled::new("a percentile of 64 values and more with NaN"))?;
    Ok(values)
}
