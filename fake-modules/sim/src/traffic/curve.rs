//! The rate of requests over time: piecewise linear, with an exact integral and an exact inverse.
//!
//! Arrivals are generated at unit rate and carried onto the curve: the arrival with s requests expected before it
//! happens when the integral Λ(t) reaches s (time rescaling). The pattern then follows any curve, and the number
//! of arrivals is that of the curve.
//! Two points at one instant are a jump. Nothing here is random.

use crate::{time::Nanos, traffic::Phase};

/// A rate in requests per second, from the start of the scenario to its end.
#[derive(Clone, PartialEq, Debug)]
pub struct RateCurve {
    points: Vec<Point>,
}

/// A corner of the curve.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Point {
    at: Nanos,
    rate: f64,
    /// Requests expected before this instant.
    before: f64,
}

/// What makes a curve impossible.
#[derive(Clone, Copy, PartialEq, Debug, thiserror::Error)]
pub enum RateCurveError {
    /// A rate, or a rate times a factor, that is not a number or lies below 0.
    #[error("expected a rate of 0 or more at {} s, found {rate}", at.as_secs_f64())]
    NotARate {
        /// Where.
        at: Nanos,
        /// What stands there.
        rate: f64,
    },
    /// A point before the one it follows.
    #[error("expected points in order of time, found {} s after {} s", at.as_secs_f64(), previous.as_secs_f64())]
    OutOfOrder {
        /// The point.
        at: Nanos,
        /// The point before it.
        previous: Nanos,
    },
    /// An hour of the day outside 0..24.
    #[error("expected an hour of the day from 0 to 24, found {hour}")]
    NotAnHour {
        /// What was given.
        hour: f64,
    },
}

impl RateCurve {
    /// The curve through `points` (instant, requests per second), 0 before the first; it ends at the last.
    ///
    /// # Errors
    /// If the points are out of order or a rate is negative or not a number.
    pub(crate) fn from_points(points: &[(Nanos, f64)]) -> Result<RateCurve, RateCurveError> {
        let mut curve = RateCurve { points: Vec::with_capacity(points.len() + 2) };
        if let Some(&(first, _)) = points.first()
            && first > Nanos(0)
        {
            curve.points.extend([Nanos(0), first].map(|at| Point { at, rate: 0.0, before: 0.0 }));
        }
        for &(at, rate) in points {
            if !(rate.is_finite() && 0.0 <= rate) {
                return Err(RateCurveError::NotARate { at, rate });
            }
            let before = match curve.points.last() {
                None => 0.0,
                Some(last) if at < last.at => {
                    return Err(RateCurveError::OutOfOrder { at, previous: last.at });
                }
                Some(last) => {
                    last.before + (last.rate + rate) / 2.0 * Nanos(at.0 - last.at.0).as_secs_f64()
                }
            };
            curve.points.push(Point { at, rate, before });
        }
        Ok(curve)
    }

    /// The phases one after the other, each with its length.
    ///
    /// # Errors
    /// If a rate is negative or not a number, or an hour is not one of the day.
    pub fn from_phases(phases: &[(Phase, Nanos)]) -> Result<RateCurve, RateCurveError> {
        let mut points = Vec::new();
        let mut start = Nanos(0);
        for &(phase, length) in phases {
            if let Phase::Diurnal { start_hour: hour, .. } = phase
                && !(0.0..=24.0).contains(&hour)
            {
                return Err(RateCurveError::NotAnHour { hour });
            }
            let end = start + length;
            phase.trace(start, end, &mut points);
            start = end;
        }
        RateCurve::from_points(&points)
    }

    /// The same rate from the start for `length`.
    ///
    /// # Errors
    /// If the rate is negative or not a number.
    pub fn constant(rate: f64, length: Nanos) -> Result<RateCurve, RateCurveError> {
        RateCurve::from_phases(&[(Phase::Constant { rate }, length)])
    }

    /// This curve with the rate multiplied by `factor` from `at` for `length`, as far as the curve reaches.
    ///
    /// # Errors
    /// If the factor is negative or not a number.
    pub fn with_burst(
        &self,
        factor: f64,
        at: Nanos,
        length: Nanos,
    ) -> Result<RateCurve, RateCurveError> {
        let (from, to) = (at.min(self.end()), (at + length).min(self.end()));
        if from == to {
            return Ok(self.clone());
        }
        // The points outside stay, those inside are multiplied, and each edge becomes a jump.
        let inside = |p: &&Point| from < p.at && p.at < to;
        let points: Vec<(Nanos, f64)> =
            (self.points.iter().filter(|p| p.at <= from).map(|p| (p.at, p.rate)))
                .chain([(from, self.rate_before(from)), (from, self.rate_at(from) * factor)])
                .chain(self.points.iter().filter(inside).map(|p| (p.at, p.rate * factor)))
                .chain([(to, self.rate_before(to) * factor), (to, self.rate_at(to))])
                .chain(self.points.iter().filter(|p| to <= p.at).map(|p| (p.at, p.rate)))
                .collect();
        RateCurve::from_points(&points)
    }

    /// Where the curve ends.
    #[must_use]
    pub fn end(&self) -> Nanos {
        self.points.last().map_or(Nanos(0), |p| p.at)
    }

    /// Requests per second at `t`; after a jump that happens at `t`, and 0 from the end on.
    #[must_use]
    pub fn rate_at(&self, t: Nanos) -> f64 {
        let right = self.points.partition_point(|p| p.at <= t);
        self.line(right, t)
    }

    /// Requests per second just before `t`.
    fn rate_before(&self, t: Nanos) -> f64 {
        let right = self.points.partition_point(|p| p.at < t);
        self.line(right, t)
    }

    /// The rate at `t` on the line that ends in point `right`.
    fn line(&self, right: usize, t: Nanos) -> f64 {
        let (Some(b), Some(a)) =
            (self.points.get(right), right.checked_sub(1).map(|left| self.points[left]))
        else {
            return 0.0;
        };
        let share = Nanos(t.0 - a.at.0).as_secs_f64() / Nanos(b.at.0 - a.at.0).as_secs_f64();
        // Rounding could carry a line that falls to almost 0 just below it.
        (a.rate + (b.rate - a.rate) * share).max(0.0)
    }

    /// Requests expected before `t`.
    #[must_use]
    pub fn expected_before(&self, t: Nanos) -> f64 {
        let right = self.points.partition_point(|p| p.at <= t);
        let Some(left) = right.checked_sub(1).map(|left| self.points[left]) else { return 0.0 };
        let length = Nanos(t.0 - left.at.0).as_secs_f64();
        left.before
            + (left.rate + self.line(right, t)) / 2.0
                * length
                * f64::from(u8::from(right < self.points.len()))
    }

    /// Requests expected over the whole curve.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.points.last().map_or(0.0, |p| p.before)
    }

    /// The inverse of the integral, for a rising sequence of counts.
    #[must_use]
    pub fn into_times(self) -> ArrivalTimes {
        ArrivalTimes { curve: self, left: 0, last: Nanos(0) }
    }
}

/// Instants at which a curve's integral reaches given counts.
#[derive(Clone, Debug)]
pub struct ArrivalTimes {
    curve: RateCurve,
    left: usize,
    last: Nanos,
}

impl ArrivalTimes {
    /// The first instant before which `count` requests are expected; `None` beyond the curve's end.
    ///
    /// Counts must not fall from call to call; instants then do not either.
    #[inline]
    pub fn at_count(&mut self, count: f64) -> Option<Nanos> {
        let points = &self.curve.points;
        let mut right = *points.get(self.left + 1)?;
        while right.before < count {
            self.left += 1;
            right = *points.get(self.left + 1)?;
        }
        let left = points[self.left];
        let missing = count - left.before;
        if missing > 0.0 {
            // Solves missing = rate·x + slope·x²/2 in the form that loses no digits when the slope is small.
            let slope = (right.rate - left.rate) / Nanos(right.at.0 - left.at.0).as_secs_f64();
            let root = (left.rate * left.rate + 2.0 * slope * missing).max(0.0).sqrt();
            let at = left.at + Nanos::from_secs_f64(2.0 * missing / (left.rate + root));
            self.last = self.last.max(at.min(right.at));
        } else {
            self.last = self.last.max(left.at);
        }
        Some(self.last)
    }
}

#[cfg(test)]
mod tests;
