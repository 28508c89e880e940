//! Sums and means of values in a given order, rounded as each era of Prometheus rounds them.
//!
//! Mirrors `kahanSumInc`, `sum_over_time` and `avg_over_time` of `promql/functions.go`, and the aggregations of
//! `promql/engine.go`, as 2.42 and 3.5 have them. It must not know whose values they are.

use crate::oracle::Era;

/// A sum that loses nothing to rounding (Neumaier's variant of Kahan's), or a plain one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sum {
    sum: f64,
    lost: f64,
    compensates: bool,
}

impl Sum {
    /// As the engine adds the samples of a window.
    pub(super) fn of_samples() -> Sum {
        Sum { sum: 0.0, lost: 0.0, compensates: true }
    }

    /// As the engine adds elements: plain before 3.0.
    pub(super) fn of_elements(era: Era) -> Sum {
        Sum { compensates: era >= Era::From3_0, ..Sum::of_samples() }
    }

    pub(super) fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        if self.compensates {
            self.lost = match () {
                () if sum.is_infinite() => 0.0,
                () if self.sum.abs() >= value.abs() => self.lost + ((self.sum - sum) + value),
                () => self.lost + ((value - sum) + self.sum),
            };
        }
        self.sum = sum;
    }

    pub(super) fn value(self) -> f64 {
        if self.compensates { self.sum + self.lost } else { self.sum }
    }
}

/// A mean: from 3.0 a sum that is divided at the end, before and where the sum overflows a mean that each value moves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mean {
    /// Of the values, or their mean.
    sum: Sum,
    count: f64,
    moves: bool,
    era: Era,
}

impl Mean {
    /// As the engine takes it of the samples of a window.
    pub(super) fn of_samples(era: Era) -> Mean {
        Mean { sum: Sum::of_samples(), count: 0.0, moves: era < Era::From3_0, era }
    }

    /// As the engine takes it of elements.
    pub(super) fn of_elements(era: Era) -> Mean {
        Mean { sum: Sum::of_elements(era), ..Mean::of_samples(era) }
    }

    pub(super) fn add(&mut self, value: f64) {
        self.count += 1.0;
        if self.era < Era::From3_0 {
            self.add_to_moving(value);
        } else {
            self.add_to_sum(value);
        }
    }

    fn add_to_moving(&mut self, value: f64) {
        let Mean { sum: Sum { sum: mean, .. }, count, .. } = *self;
        // An infinite mean stays, but for what is infinite the other way or no number.
        if mean.is_infinite() && !value.is_nan() && value != -mean {
            return;
        }
        self.sum.add(value / count - mean / count);
    }

    fn add_to_sum(&mut self, value: f64) {
        let Mean { sum: before, count, .. } = *self;
        if !self.moves {
            self.sum.add(value);
            if count <= 1.0 || !self.sum.sum.is_infinite() {
                return;
            }
            self.moves = true;
            self.sum = Sum {
                sum: before.sum / (count - 1.0),
                lost: before.lost / (count - 1.0),
                ..before
            };
        }
        let share = (count - 1.0) / count;
        self.sum.sum *= share;
        self.sum.lost *= share;
        self.sum.add(value / count);
    }

    /// `None` of no values.
    pub(super) fn value(self) -> Option<f64> {
        let Mean { sum, count, moves, .. } = self;
        let mean = if moves || !sum.compensates {
            sum.value()
        } else {
            sum.sum / count + sum.lost / count
        };
        (0.0 < count).then_some(mean)
    }
}
