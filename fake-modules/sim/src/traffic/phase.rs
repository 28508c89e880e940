//! The stretches of which a scenario's traffic is built, and their corner points.
//!
//! [`super::RateCurve::from_phases`] is the caller; a phase knows its own shape and nothing of its neighbours.

use crate::{
    time::Nanos,
    traffic::{Profile, profile::factor_at},
};

/// The course of the rate over one stretch of time; rates are in requests per second.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Phase {
    /// The same rate throughout.
    Constant {
        /// The rate.
        rate: f64,
    },
    /// From one rate to another in a straight line.
    Ramp {
        /// The rate at the start.
        from: f64,
        /// The rate at the end.
        to: f64,
    },
    /// The hours of a day as the profile has them, day after day.
    Diurnal {
        /// The mean rate over a whole day.
        mean: f64,
        /// Whose hourly factors apply.
        profile: Profile,
        /// The hour of the day at which the phase starts, such as 7.5 for half past seven.
        start_hour: f64,
    },
    /// No requests at all.
    Stop,
}

impl Phase {
    /// Appends the corner points of the phase over `start..=end`; straight lines join them.
    pub(super) fn trace(self, start: Nanos, end: Nanos, points: &mut Vec<(Nanos, f64)>) {
        match self {
            Phase::Constant { rate } => points.extend([(start, rate), (end, rate)]),
            Phase::Ramp { from, to } => points.extend([(start, from), (end, to)]),
            Phase::Stop => points.extend([(start, 0.0), (end, 0.0)]),
            Phase::Diurnal { mean, profile, start_hour } => {
                let factors = &profile.parameters().hourly_factors;
                let rate = |hour: f64| mean * factor_at(factors, hour);
                points.push((start, rate(start_hour)));
                let mut half = (start_hour + 0.5).floor() + 0.5;
                loop {
                    let at = start + Nanos::from_secs_f64((half - start_hour) * 3600.0);
                    if at >= end {
                        break;
                    }
                    points.push((at, rate(half)));
                    half += 1.0;
                }
                let hours = Nanos(end.0 - start.0).as_secs_f64() / 3600.0;
                points.push((end, rate(start_hour + hours)));
            }
        }
    }
}
