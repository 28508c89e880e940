//! Median and percentiles, in the order into which a browser sorts.
//!
//! A browser sorts numbers by their difference. NaN and two equal infinities differ by
//! NaN, which counts as equal, so with NaN among the values the result depends on the
//! steps of the sorting: of fewer than 64 values those are an insertion by halves.

use crate::config::NullValueMode;
use crate::reduce::{count, under};
use crate::{NotModelled, Scalar, number};

/// Up to how many values the browser sorts by insertion alone.
const INSERTED: usize = 63;

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
    let strange = values.iter().any(|value| weight(value).is_nan());
    if values.len() > INSERTED {
        if strange {
            return Err(NotModelled::new("a percentile of 64 values and more with NaN"));
        }
        values
            .sort_by(|a, b| weight(a).partial_cmp(&weight(b)).unwrap_or(std::cmp::Ordering::Equal));
        return Ok(values);
    }
    insert_by_halves(&mut values, |a, b| weight(a) - weight(b) < 0.0);
    Ok(values)
}

/// Sorts by insertion: the run that the values begin with is kept, or turned round if it
/// falls, and each further value goes behind what it is not less than.
fn insert_by_halves<T>(values: &mut [T], less: impl Fn(&T, &T) -> bool) {
    if values.len() < 2 {
        return;
    }
    let falls = less(&values[1], &values[0]);
    let mut run = 2;
    while run < values.len() && less(&values[run], &values[run - 1]) == falls {
        run += 1;
    }
    if falls {
        values[..run].reverse();
    }
    for at in run..values.len() {
        let (mut left, mut right) = (0, at);
        while left < right {
            let middle = left + (right - left) / 2;
            if less(&values[at], &values[middle]) { right = middle } else { left = middle + 1 }
        }
        values[left..=at].rotate_right(1);
    }
}
