//! How far a right answer may be from the real events, whatever engine computes it.
//!
//! Called to judge an answer against the truth rather than against an engine's arithmetic. An answer is
//! made of the events that the samples saw: those certainly in the window (`inner`) and some of those
//! possibly in it (`outer`, at least `inner`). Extrapolation may then stretch each series by a factor of
//! its own in `[1, f]`. It must not know an engine's formula, only `f` (`SampleWindow::largest_factor`).

/// Ranks meet cumulative counts exactly (19 of 20 at q = 0.95), where rounding decides the bucket.
const ROUNDING: f64 = 1e-9;

/// The lowest and the highest increase that a right query can show, both inclusive.
#[must_use]
pub fn true_increase_bound(inner: f64, outer: f64, f: f64) -> (f64, f64) {
    (inner, outer * f)
}

/// The lowest and the highest value that a right `q`-quantile (`0 < q <= 1`) can have, both inclusive.
///
/// `upper_bounds` ascend and end with +Inf; `inner` and `outer` are events per bucket, not cumulative.
/// `None` if no event can be in the window: only NaN is right. If `inner` is empty, NaN is right too.
///
/// Derivation: of the events seen, `L` lie at or below bucket `b` and `H` above it. The cumulative series
/// of `b` is stretched by a factor in `[1, f]`, that of +Inf by another, so the engine sees a share at or
/// below `b` in `[L / (L + H) / f, L / (L + H) * f]`. It is highest with all edge events at or below `b`
/// (`L` from `outer`, `H` from `inner`), lowest with all of them above. Raising counts to be monotone
/// stays within: a raised count is an earlier bucket's, of no more events and a factor with the same
/// bounds. The quantile lies in the first bucket whose share reaches `q`, so not before the first whose
/// highest share does and not after the first whose lowest does. The +Inf bucket's share is 1, and the
/// answer in it is the highest finite bound.
///
/// # Panics
/// If the three slices differ in length, or hold no finite and one infinite bound.
#[must_use]
pub fn quantile_bound(
    q: f64,
    upper_bounds: &[f64],
    inner: &[f64],
    outer: &[f64],
    f: f64,
) -> Option<(f64, f64)> {
    let last =
        upper_bounds.len().checked_sub(1).filter(|&last| last > 0).expect("at least two buckets");
    assert!(
        upper_bounds[last] == f64::INFINITY,
        "the last upper bound is +Inf, got {}",
        upper_bounds[last]
    );
    assert!(
        inner.len() == upper_bounds.len() && outer.len() == upper_bounds.len(),
        "one count for each bucket"
    );
    if outer.iter().sum::<f64>() == 0.0 {
        return None;
    }
    let first_reaching = |below: &[f64], above: &[f64], stretch: f64, target: f64| {
        (0..last)
            .find(|&b| {
                let low: f64 = below[..=b].iter().sum();
                let high: f64 = above[b + 1..].iter().sum();
                // Multiplied out, so that no events on either side need no case of their own.
                low > 0.0 && low * stretch >= target * (low + high)
            })
            .unwrap_or(last)
    };
    let lowest = first_reaching(outer, inner, f, q * (1.0 - ROUNDING));
    let highest = first_reaching(inner, outer, f.recip(), q * (1.0 + ROUNDING));

    let lower_edge = if lowest == 0 { upper_bounds[0].min(0.0) } else { upper_bounds[lowest - 1] };
    Some((lower_edge, upper_bounds[highest.min(last - 1)]))
}
