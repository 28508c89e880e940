//! The reducers that one pass over the values computes together, and the variance.
//!
//! Sums begin with 0 and the smallest and largest value with the largest finite numbers,
//! so that a series of nothing but +Inf has no smallest value.

use crate::Scalar;
use crate::config::NullValueMode;
use crate::frame::{Field, FieldType};
use crate::reduce::count;

/// The results of the pass.
#[derive(Debug)]
pub(super) struct Standard {
    first: Scalar,
    last: Scalar,
    first_present: Scalar,
    last_present: Scalar,
    sum: f64,
    min: f64,
    max: f64,
    log_min: f64,
    step: f64,
    delta: f64,
    rises: bool,
    count: usize,
    numbers: usize,
    all_zero: bool,
}

impl Standard {
    pub(super) fn of(field: &Field) -> Self {
        let mut pass = Self {
            first: field.values.first().cloned().unwrap_or(Scalar::Null),
            last: field.values.last().cloned().unwrap_or(Scalar::Null),
            first_present: Scalar::Null,
            last_present: Scalar::Null,
            sum: 0.0,
            min: f64::MAX,
            max: -f64::MAX,
            log_min: f64::MAX,
            step: f64::MAX,
            delta: 0.0,
            rises: true,
            count: 0,
            numbers: 0,
            all_zero: true,
        };
        let numeric = is_numeric(field);
        for value in &field.values {
            let value = match (value, field.config.null_value_mode) {
                (value, NullValueMode::Ignore) if value.is_nothing() => continue,
                (value, NullValueMode::AsZero) if value.is_nothing() => &Scalar::Number(0.0),
                (value, _) => value,
            };
            pass.count += 1;
            if value.is_present() {
                pass.add(value, numeric);
            }
        }
        pass
    }

    fn add(&mut self, value: &Scalar, numeric: bool) {
        if self.first_present == Scalar::Null {
            self.first_present = value.clone();
        }
        if let (true, Scalar::Number(number)) = (numeric, value) {
            self.numbers += 1;
            self.sum += number;
            if let Scalar::Number(before) = self.last_present {
                self.follow(before, *number);
            }
            if *number > self.max {
                self.max = *number;
            }
            if *number < self.min {
                self.min = *number;
            }
            if *number < self.log_min && *number > 0.0 {
                self.log_min = *number;
            }
        }
        if *value != Scalar::Number(0.0) {
            self.all_zero = false;
        }
        self.last_present = value.clone();
    }

    /// What the difference to the value before adds; the rise after a fall is lost.
    fn follow(&mut self, before: f64, number: f64) {
        let step = number - before;
        if self.step > step {
            self.step = step;
        }
        if before > number {
            self.rises = false;
        } else {
            if self.rises {
                self.delta += step;
            }
            self.rises = true;
        }
    }

    /// The result by the reducer's id; `None` of one that the pass does not compute.
    pub(super) fn result(&self, id: &str) -> Option<Scalar> {
        let unless =
            |number: f64, nothing: f64| Scalar::from(Some(number).filter(|it| *it != nothing));
        let ends = self.first_present.number().zip(self.last_present.number());
        let diff = ends.map(|(first, last)| last - first);
        Some(match id {
            "first" => self.first.clone(),
            "last" => self.last.clone(),
            "firstNotNull" => self.first_present.clone(),
            "lastNotNull" => self.last_present.clone(),
            "sum" => Scalar::Number(self.sum),
            "min" => unless(self.min, f64::MAX),
            "max" => unless(self.max, -f64::MAX),
            "logmin" => Scalar::Number(self.log_min),
            "step" => unless(self.step, f64::MAX),
            "delta" => Scalar::Number(self.delta),
            "count" => Scalar::Number(count(self.count)),
            "mean" => Scalar::from((self.numbers > 0).then_some(self.sum / count(self.numbers))),
            "range" => {
                let both = self.min != f64::MAX && self.max != -f64::MAX;
                Scalar::from(both.then_some(self.max - self.min))
            }
            "diff" => Scalar::from(diff),
            "diffperc" => {
                Scalar::Number(ends.map_or(0.0, |(first, last)| (last - first) / first * 100.0))
            }
            "allIsNull" => Scalar::Bool(self.numbers == 0),
            "allIsZero" => Scalar::Bool(self.numbers > 0 && self.all_zero),
            _ => return None,
        })
    }
}

fn is_numeric(field: &Field) -> bool {
    matches!(field.kind, FieldType::Number | FieldType::Time)
}

/// The mean of squared distances from the mean, NaN if one value is; 0 of what is no number.
pub(super) fn variance(field: &Field) -> f64 {
    if !is_numeric(field) {
        return 0.0;
    }
    let (mut squares, mut mean, mut seen) = (0.0, 0.0, 0);
    for number in field.values.iter().filter_map(Scalar::number) {
        seen += 1;
        let before = mean;
        mean += (number - before) / count(seen);
        squares += (number - before) * (number - mean);
    }
    if seen == 0 { 0.0 } else { squares / count(seen) }
}
