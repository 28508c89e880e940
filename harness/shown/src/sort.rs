//! Sorting as a browser does it, where a comparison may say nothing.
//!
//! A browser sorts by the difference of two values. That of NaN, and of two equal
//! infinities, is NaN, which counts as equal: then the order depends on the steps of the
//! sorting. Of fewer than 64 values those are an insertion by halves.

use std::cmp::Ordering;

/// Up to how many values the browser sorts by insertion alone.
const INSERTED: usize = 63;

/// The order depends on steps that are not modelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Strange;

/// Sorts by the difference of the values' weights, or by the reverse of it.
///
/// # Errors
///
/// Of 64 values and more with NaN among the weights.
pub(crate) fn by_weight<T>(
    values: &mut [T],
    weight: impl Fn(&T) -> f64,
    reverse: bool,
) -> Result<(), Strange> {
    let difference = |a: &T, b: &T| {
        if reverse { weight(b) - weight(a) } else { weight(a) - weight(b) }
    };
    if values.len() <= INSERTED {
        insert_by_halves(values, |a, b| difference(a, b) < 0.0);
        return Ok(());
    }
    if values.iter().any(|value| weight(value).is_nan()) {
        return Err(Strange);
    }
    values.sort_by(|a, b| difference(a, b).partial_cmp(&0.0).unwrap_or(Ordering::Equal));
    Ok(())
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
