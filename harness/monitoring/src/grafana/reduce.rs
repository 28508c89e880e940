//! How stat, gauge, bar gauge and pie chart make one number of a series.
//!
//! Values are as in a data frame: `None` is null, NaN is a number that the
//! expression really returned (the browser restores it from the frame's
//! `entities`); a step without a sample is no value at all.
//! The null value mode is Ignore, Grafana's default. Reducers that are not listed
//! here are not emulated, and whoever meets one must say so.
//!
//! Source: grafana packages/grafana-data/src/transformations/fieldReducer.ts.

/// A way to make one number of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reducer {
    /// The last value that is neither null nor NaN; Grafana's default.
    LastNotNull,
    /// The last value, NaN and null included.
    Last,
    /// The first value that is neither null nor NaN.
    FirstNotNull,
    /// The first value, NaN and null included.
    First,
    /// The smallest value.
    Min,
    /// The largest value.
    Max,
    /// The arithmetic mean.
    Mean,
    /// The sum, 0 of nothing.
    Sum,
    /// The number of values that are not null; NaN counts.
    Count,
    /// Largest minus smallest.
    Range,
    /// Last minus first.
    Diff,
    /// Last minus first in percent of the first.
    DiffPercent,
    /// The sum of increases; the step after a decrease is lost.
    Delta,
}

impl Reducer {
    /// What a panel without `calcs` uses (public/app/plugins/panel/stat/common.ts).
    pub const DEFAULT: Self = Self::LastNotNull;

    /// The reducer of an id in `reduceOptions.calcs`; `None` for one that is not emulated.
    pub fn parse(id: &str) -> Option<Self> {
        Some(match id {
            "lastNotNull" | "current" => Self::LastNotNull,
            "last" => Self::Last,
            "firstNotNull" => Self::FirstNotNull,
            "first" => Self::First,
            "min" => Self::Min,
            "max" => Self::Max,
            "mean" | "avg" => Self::Mean,
            "sum" | "total" => Self::Sum,
            "count" => Self::Count,
            "range" => Self::Range,
            "diff" => Self::Diff,
            "diffperc" => Self::DiffPercent,
            "delta" => Self::Delta,
            _ => return None,
        })
    }

    /// The number that is shown; `None` is "No data".
    pub fn reduce(self, values: &[Option<f64>]) -> Option<f64> {
        let numbers = || values.iter().flatten().copied().filter(|value| !value.is_nan());
        let sum = || numbers().fold(0.0, |sum, value| sum + value);
        // The browser starts from the largest finite number, so that a series of
        // nothing but +Inf has no minimum.
        let min = || numbers().fold(f64::MAX, f64::min);
        let max = || numbers().fold(f64::MIN, f64::max);
        let min = || Some(min()).filter(|value| *value != f64::MAX);
        let max = || Some(max()).filter(|value| *value != f64::MIN);
        let (first, last) = (numbers().next(), numbers().next_back());
        let diff = last.zip(first).map(|(last, first)| last - first);
        match self {
            Self::LastNotNull => last,
            Self::Last => values.last().copied().flatten(),
            Self::FirstNotNull => first,
            Self::First => values.first().copied().flatten(),
            Self::Min => min(),
            Self::Max => max(),
            Self::Mean => first.map(|_| sum() / as_f64(numbers().count())),
            Self::Sum => Some(sum()),
            Self::Count => Some(as_f64(values.iter().flatten().count())),
            Self::Range => max().zip(min()).map(|(max, min)| max - min),
            Self::Diff => diff,
            Self::DiffPercent => match diff.zip(first) {
                Some((diff, first)) => Some(diff / first * 100.0),
                // The browser's value before it has seen any number.
                None if values.is_empty() => None,
                None => Some(0.0),
            },
            Self::Delta if values.is_empty() => None,
            Self::Delta => Some(delta(numbers())),
        }
    }
}

/// Increases after a decrease are skipped once, as the browser's counter logic does.
fn delta(numbers: impl Iterator<Item = f64>) -> f64 {
    let (mut delta, mut previous, mut rising) = (0.0, None, true);
    for value in numbers {
        if let Some(previous) = previous {
            if previous > value {
                rising = false;
            } else {
                if rising {
                    delta += value - previous;
                }
                rising = true;
            }
        }
        previous = Some(value);
    }
    delta
}

/// Frames have far fewer than 2^53 values.
#[expect(clippy::cast_precision_loss, reason = "a count of values in memory")]
fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAN: Option<f64> = Some(f64::NAN);

    #[test]
    fn every_reducer_over_plain_values() {
        let values = [Some(4.0), Some(1.0), Some(3.0), Some(8.0)];
        let table = [
            ("lastNotNull", 8.0),
            ("last", 8.0),
            ("first", 4.0),
            ("firstNotNull", 4.0),
            ("min", 1.0),
            ("max", 8.0),
            ("mean", 4.0),
            ("sum", 16.0),
            ("count", 4.0),
            ("range", 7.0),
            ("diff", 4.0),
            ("diffperc", 100.0),
            // 4 to 1 falls, so 1 to 3 is lost, and 3 to 8 counts.
            ("delta", 5.0),
        ];
        for (id, expected) in table {
            let reducer = Reducer::parse(id).unwrap();
            assert_eq!(reducer.reduce(&values), Some(expected), "{id}");
        }
    }

    #[test]
    fn nan_and_null_are_skipped_but_by_last_first_and_count() {
        let values = [None, Some(2.0), NAN, Some(4.0), NAN, None];
        let table = [
            (Reducer::LastNotNull, Some(4.0)),
            (Reducer::FirstNotNull, Some(2.0)),
            (Reducer::Last, None),
            (Reducer::First, None),
            (Reducer::Mean, Some(3.0)),
            (Reducer::Sum, Some(6.0)),
            (Reducer::Min, Some(2.0)),
            (Reducer::Max, Some(4.0)),
            (Reducer::Count, Some(4.0)),
            (Reducer::Diff, Some(2.0)),
        ];
        for (reducer, expected) in table {
            assert_eq!(reducer.reduce(&values), expected, "{reducer:?}");
        }
        assert!(Reducer::Last.reduce(&[Some(1.0), NAN]).is_some_and(f64::is_nan));
    }

    #[test]
    fn a_tail_of_nan_shows_the_value_before_it() {
        assert_eq!(Reducer::DEFAULT.reduce(&[Some(0.5), NAN, NAN]), Some(0.5));
    }

    #[test]
    fn nothing_is_no_data_but_for_sum_and_count() {
        for values in [&[] as &[Option<f64>], &[NAN], &[None]] {
            let shown = |reducer: Reducer| reducer.reduce(values).filter(|value| !value.is_nan());
            for reducer in
                [Reducer::LastNotNull, Reducer::Mean, Reducer::Min, Reducer::Max, Reducer::Diff]
            {
                assert_eq!(shown(reducer), None, "{reducer:?} of {values:?}");
            }
            assert_eq!(shown(Reducer::Sum), Some(0.0));
        }
        assert_eq!(Reducer::Count.reduce(&[]), Some(0.0));
        assert_eq!(Reducer::Count.reduce(&[NAN, None]), Some(1.0));
    }

    #[test]
    fn infinities_alone_have_no_extreme_on_their_far_side() {
        let up = [Some(f64::INFINITY)];
        assert_eq!(
            (Reducer::Max.reduce(&up), Reducer::Min.reduce(&up)),
            (Some(f64::INFINITY), None)
        );
    }

    #[test]
    fn unknown_reducers_are_not_guessed() {
        assert_eq!(Reducer::parse("p95"), None);
    }
}
