//! A scenario's requests: generated along a course of the rate, or replayed from a trace.

use std::path::PathBuf;

use sim::{
    time::Nanos,
    traffic::{Phase, Profile, RateCurve, RateCurveError},
};

/// The requests that reach the application.
#[derive(Clone, Debug, PartialEq)]
pub enum Traffic {
    /// Drawn from a profile.
    Generated {
        /// The kind of traffic.
        profile: Profile,
        /// How much of it there is.
        course: Course,
    },
    /// Recorded, with the profile of the trace for what it does not record.
    Replayed(Trace),
}

/// The course of the rate.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// Requests per second on a normal day; limits and capacities are sized for it.
    pub rate: f64,
    /// One after the other; none is the normal rate throughout.
    pub stretches: Vec<(Stretch, Nanos)>,
    /// On top of the stretches.
    pub bursts: Vec<Burst>,
}

/// A stretch of the course; numbers multiply the normal rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stretch {
    /// The same rate throughout.
    Constant(f64),
    /// From one rate to another in a straight line.
    Ramp {
        /// At the start.
        from: f64,
        /// At the end.
        to: f64,
    },
    /// The hours of the profile's day, with this mean.
    Diurnal(f64),
    /// No requests at all.
    Stop,
}

/// The rate times a factor for a while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Burst {
    /// When it begins.
    pub at: Nanos,
    /// How long it lasts.
    pub lasts: Nanos,
    /// What the rate is multiplied by.
    pub factor: f64,
}

/// A recorded trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Whose tenants, cache shares and failures apply.
    pub profile: Profile,
    /// The file's name.
    pub file: String,
    /// Where the file can be had.
    pub source: String,
    /// Whether it joins several recordings, each with a clock of its own.
    pub joined: bool,
    /// How many times faster than recorded it is replayed.
    pub speed: f64,
    /// Where the replayed part begins, in the trace's own time.
    pub from: Nanos,
    /// Where the replayed part ends; `None` is the trace's end.
    pub to: Option<Nanos>,
    /// Whether it begins anew after its end.
    pub looped: bool,
    /// Where the file is; `None` until [`super::Overrides`] say so.
    pub path: Option<PathBuf>,
}

impl Traffic {
    /// The kind of traffic.
    #[must_use]
    pub fn profile(&self) -> Profile {
        match self {
            Traffic::Generated { profile, .. } => *profile,
            Traffic::Replayed(trace) => trace.profile,
        }
    }
}

impl Course {
    /// The rate over time, from the start to `duration` at least.
    ///
    /// A last stretch that ends before goes on: its rate, its day or its silence holds until the end.
    ///
    /// # Errors
    /// If a rate overflows.
    pub(super) fn curve(
        &self,
        profile: Profile,
        epoch: jiff::Timestamp,
        duration: Nanos,
    ) -> Result<RateCurve, RateCurveError> {
        let hour_of_day = epoch.as_second().rem_euclid(86_400) as f64 / 3600.0;
        let mut phases = Vec::new();
        let mut start = Nanos::ZERO;
        let normal = [(Stretch::Constant(1.0), duration)];
        let stretches = if self.stretches.is_empty() { &normal } else { self.stretches.as_slice() };
        for (index, &(stretch, lasts)) in stretches.iter().enumerate() {
            let is_last = index + 1 == stretches.len();
            let rest = duration.saturating_sub(start);
            let phase = match stretch {
                Stretch::Constant(factor) => Phase::Constant { rate: self.rate * factor },
                Stretch::Ramp { from, to } => {
                    Phase::Ramp { from: self.rate * from, to: self.rate * to }
                }
                Stretch::Stop => Phase::Stop,
                Stretch::Diurnal(factor) => {
                    let start_hour = (hour_of_day + start.as_secs_f64() / 3600.0).rem_euclid(24.0);
                    Phase::Diurnal { mean: self.rate * factor, profile, start_hour }
                }
            };
            // A ramp ends where it says, and its last rate goes on; anything else is simply longer.
            match stretch {
                Stretch::Ramp { to, .. } if is_last && lasts < rest => {
                    phases.push((phase, lasts));
                    phases.push((Phase::Constant { rate: self.rate * to }, rest - lasts));
                }
                _ if is_last => phases.push((phase, lasts.max(rest))),
                _ => phases.push((phase, lasts)),
            }
            start += lasts;
        }
        self.bursts.iter().try_fold(RateCurve::from_phases(&phases)?, |curve, burst| {
            curve.with_burst(burst.factor, burst.at, burst.lasts)
        })
    }
}
