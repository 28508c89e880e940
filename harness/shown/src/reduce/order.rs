//! Median and percentiles, in the order into which a browser sorts.
//!
//! They must not know which panel asks.

use crate::config::NullValueMode;
use crate::reduce::{count, under};
use crate::sort;
use crate::{NotModelled, Scalar, number};

/// The value at a share of the sorted values; what is missing comes last.
pub(super) fn percentile(
    values: &[Scalar],
    share: f64,
    mode: NullValueMode,
) -> Result<Scalar, NotModelled> {
    let all: Vec<Scalar> = under(values, mode).collect();
    let (missing, there): (Vec<Scalar>, Vec<Scalar>) =
        all.into_iter().partition(|value| *value == Scalar::Missing);
    let mut sorted = sorted(there)?;
    sorted.extend(missing);
    let place = number::round((count(sorted.len()) - 1.0) * share);
    Ok(sorted.get(place as usize).cloned().unwrap_or(Scalar::Missing))
}

/// The middle value, or the mean of the middle two.
pub(super) fn median(values: &[Scalar], mode: NullValueMode) -> Result<Scalar, NotModelled> {
    let null = |value: &Scalar| if value.is_nothing() { Scalar::Null } else { value.clone() };
    let values: Vec<Scalar> = values.iter().map(null).collect();
    let sorted = sorted(under(&values, mode).collect())?;
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

fn sorted(mut values: Vec<Scalar>) -> Result<Vec<Scalar>, NotModelled> {
    sort::by_weight(&mut values, weight, false)
        .map_err(|_strange| NotModelled::new("a percentile of 64 values and more with NaN"))?;
    Ok(values)
}
