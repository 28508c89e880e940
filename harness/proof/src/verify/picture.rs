//! What an answer showed over what happened, thinned to what a picture can hold.
//!
//! A column keeps the least and the greatest value of its instants, so that no spike is lost. Nothing here knows how a
//! picture looks.

use std::cmp::Reverse;

use truth::{
    fact::{Expectation, Expected, Labels},
    judge::{self, Observed},
};

/// Columns of a picture: more than a small plot has pixels for.
const COLUMNS: usize = 240;

/// Series of a picture; what is broken comes first, then what is largest.
const CURVES: usize = 8;

/// Least and greatest value.
pub type Span = (f32, f32);

/// An answer beside what was expected, over its time range.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// The first instant asked, in Unix milliseconds.
    pub from_ms: i64,
    /// The last instant asked, in Unix milliseconds.
    pub to_ms: i64,
    /// The series, each with the same number of columns, which divide the range evenly.
    pub curves: Vec<Curve>,
    /// Series that are not among them.
    pub n_left_out: usize,
    /// The first instant that broke.
    pub first_ms: Option<i64>,
    /// The instant that is furthest from what was expected, relative.
    pub worst_ms: Option<i64>,
}

/// One series.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Its labels.
    pub labels: Labels,
    /// Its columns in the order of time.
    pub columns: Vec<Column>,
}

/// The values of the instants of one column; `None` where there is no sample at any of them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Column {
    /// What the engine answered.
    pub shown: Option<Span>,
    /// What its arithmetic gives for the samples of what happened.
    pub exact: Option<Span>,
    /// What the real events permit.
    pub real: Option<Span>,
    /// Whether an instant of it broke.
    pub broken: bool,
}

/// The picture of an answer at `instants`. `truly` says at which the real events bind.
#[must_use]
pub fn picture(
    instants: &[i64],
    expected: &[Expectation],
    observed: &[Observed],
    truly: impl Fn(i64) -> bool,
) -> Option<Picture> {
    let (&from_ms, &to_ms) = (instants.first()?, instants.last()?);
    let place = Place { from_ms, to_ms, n_columns: instants.len().min(COLUMNS) };
    let mut picture = Picture {
        from_ms,
        to_ms,
        curves: Vec::new(),
        n_left_out: 0,
        first_ms: None,
        worst_ms: None,
    };
    let mut worst = 0.0;
    let mut broke = |picture: &mut Picture, at: i64, off: f64| {
        picture.first_ms = Some(picture.first_ms.map_or(at, |first| first.min(at)));
        if picture.worst_ms.is_none() || worst < off {
            (worst, picture.worst_ms) = (off, Some(at));
        }
    };
    for expectation in expected {
        let answer = observed.iter().find(|series| series.labels == expectation.labels);
        let mut columns = vec![Column::default(); place.n_columns];
        let mut points = answer.map_or(&[][..], |series| &series.points).iter().peekable();
        for (&at, &expected) in instants.iter().zip(&expectation.points) {
            while points.next_if(|point| point.0 < at).is_some() {}
            let value = points.next_if(|point| point.0 == at).map(|point| point.1);
            let column = &mut columns[place.of(at)];
            column.add(expected, value);
            if judge::breach(expected, value, truly(at)).is_some() {
                column.broken = true;
                broke(&mut picture, at, off(expected, value));
            }
        }
        picture.curves.push(Curve { labels: expectation.labels.clone(), columns });
    }
    let known = |labels: &Labels| expected.iter().any(|series| series.labels == *labels);
    for stranger in observed.iter().filter(|series| !known(&series.labels)) {
        let mut columns = vec![Column::default(); place.n_columns];
        for &(at, value) in &stranger.points {
            let column = &mut columns[place.of(at)];
            column.add(Expected::Absent, Some(value));
            column.broken = true;
            broke(&mut picture, at, f64::INFINITY);
        }
        picture.curves.push(Curve { labels: stranger.labels.clone(), columns });
    }
    picture.curves.retain(|curve| curve.columns.iter().any(|column| !column.is_empty()));
    picture.curves.sort_by_key(|curve| (Reverse(curve.is_broken()), Reverse(curve.greatest())));
    picture.n_left_out = picture.curves.len().saturating_sub(CURVES);
    picture.curves.truncate(CURVES);
    Some(picture)
}

/// How far a value is from what was expected, relative.
fn off(expected: Expected, value: Option<f64>) -> f64 {
    let (low, high) = match expected {
        Expected::Absent => return f64::INFINITY,
        Expected::Value { exact, .. } => exact,
        Expected::Legal { real, .. } => real,
    };
    let Some(value) = value.filter(|value| value.is_finite()) else { return f64::INFINITY };
    let far = (low - value).max(value - high).max(0.0);
    far / low.abs().max(high.abs()).max(f64::MIN_POSITIVE)
}

/// Where an instant lies among the columns.
struct Place {
    from_ms: i64,
    to_ms: i64,
    n_columns: usize,
}

impl Place {
    fn of(&self, at: i64) -> usize {
        let span = (self.to_ms - self.from_ms).max(1) as f64;
        let share = (at - self.from_ms) as f64 / span;
        ((share * (self.n_columns - 1) as f64).round().max(0.0) as usize).min(self.n_columns - 1)
    }
}

impl Column {
    fn is_empty(&self) -> bool {
        self.shown.is_none() && self.exact.is_none() && self.real.is_none() && !self.broken
    }

    fn add(&mut self, expected: Expected, value: Option<f64>) {
        let join = |span: &mut Option<Span>, (low, high): (f64, f64)| {
            let new = (low as f32, high as f32);
            *span = Some(span.map_or(new, |old| (old.0.min(new.0), old.1.max(new.1))));
        };
        if let Some(value) = value.filter(|value| value.is_finite()) {
            join(&mut self.shown, (value, value));
        }
        match expected {
            Expected::Absent => {}
            Expected::Value { exact, real } => {
                join(&mut self.exact, exact);
                join(&mut self.real, real);
            }
            Expected::Legal { real, .. } => join(&mut self.real, real),
        }
    }
}

impl Curve {
    fn is_broken(&self) -> bool {
        self.columns.iter().any(|column| column.broken)
    }

    /// Ordered as a number is: that of the largest value shown or expected.
    fn greatest(&self) -> u32 {
        let values = self.columns.iter().filter_map(|column| column.shown.or(column.exact));
        // Bits of floats that are not negative are in the order of the floats.
        values.map(|span| span.1.abs().to_bits()).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(value: &str) -> Labels {
        vec![("a".to_owned(), value.to_owned())]
    }

    fn flat(value: f64, n: usize) -> Vec<Expected> {
        vec![Expected::Value { exact: (value, value), real: (value - 1.0, value + 1.0) }; n]
    }

    #[test]
    fn a_spike_survives_thinning_and_the_worst_is_marked() {
        let instants: Vec<i64> = (0..1_000).map(|n| n * 10).collect();
        let expected = [Expectation { labels: labels("x"), points: flat(5.0, 1_000) }];
        let point = |&at: &i64| (at, if at == 4_000 { 50.0 } else { 5.0 });
        let mut points: Vec<(i64, f64)> = instants.iter().map(point).collect();
        points[100].1 = 6.0;
        let observed = [Observed { labels: labels("x"), points }];
        let picture = picture(&instants, &expected, &observed, |_| true).expect("instants");
        assert_eq!((picture.first_ms, picture.worst_ms), (Some(1_000), Some(4_000)));
        let columns = &picture.curves[0].columns;
        assert_eq!(columns.len(), COLUMNS);
        assert_eq!(columns.iter().filter(|column| column.broken).count(), 2);
        let greatest = columns.iter().filter_map(|column| column.shown).map(|span| span.1);
        assert_eq!(greatest.fold(0.0, f32::max), 50.0);
    }

    #[test]
    fn strangers_come_first_and_many_series_are_left_out_by_number() {
        let instants = [0, 10];
        let expected: Vec<Expectation> = (0..20)
            .map(|n| Expectation { labels: labels(&n.to_string()), points: flat(f64::from(n), 2) })
            .collect();
        let right = |series: &Expectation| {
            let Expected::Value { exact, .. } = series.points[0] else { return None };
            Some(Observed {
                labels: series.labels.clone(),
                points: vec![(0, exact.0), (10, exact.0)],
            })
        };
        let mut observed: Vec<Observed> = expected.iter().filter_map(right).collect();
        observed.push(Observed { labels: labels("stranger"), points: vec![(10, 0.5)] });
        let picture = picture(&instants, &expected, &observed, |_| true).expect("instants");
        assert_eq!(picture.n_left_out, 13);
        assert_eq!(picture.curves[0].labels, labels("stranger"));
        assert_eq!(picture.curves[1].labels, labels("19"));
        assert_eq!(picture.first_ms, Some(10));
    }
}
