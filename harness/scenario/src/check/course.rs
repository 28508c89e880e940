//! The course of the rate: phases one after the other, bursts on top.

use prom::problem::Code;
use sim::time::Nanos;

use super::Checker;
use prom::document::Part;

use crate::{
    file::{RawBurst, RawPhase},
    traffic::{Burst, Course, Stretch},
    values::{Factor, Span, Weight},
};

impl Checker<'_> {
    pub(super) fn course(
        &mut self,
        rate: Option<f64>,
        shape: Option<Part<Vec<Part<RawPhase>>>>,
        bursts: Option<Part<Vec<Part<RawBurst>>>>,
        duration: Option<Nanos>,
    ) -> Option<Course> {
        let stretches = self.part(shape, |c, line, phases| {
            let last = phases.len();
            let mut total = Nanos::ZERO;
            let mut open = false;
            let mut index = 0;
            let stretches = c.list(phases, |c, line, phase| {
                index += 1;
                let lasts = match (&phase.lasts, index == last) {
                    (None, true) => {
                        open = true;
                        Some(duration.unwrap_or_default().saturating_sub(total))
                    }
                    _ => c.required(line, "for", phase.lasts.clone()).map(|Span(lasts)| lasts),
                };
                total += lasts.unwrap_or_default();
                Some((c.stretch(line, &phase)?, lasts?))
            });
            // What a flawed phase was meant to last is not known.
            match duration.filter(|_| stretches.len() == last) {
                Some(duration) if duration < total => {
                    let message = format!(
                        "the phases are together {} longer than the scenario",
                        Readable(total - duration)
                    );
                    c.problem(
                        Code::PhasesMisfit,
                        line,
                        message,
                        Some("shorten them, or leave out `for` of the last one"),
                    );
                }
                Some(duration) if !open && total < duration => {
                    let message = format!(
                        "the phases are together {} shorter than the scenario",
                        Readable(duration - total)
                    );
                    c.problem(
                        Code::PhasesMisfit,
                        line,
                        message,
                        Some("leave out `for` of the last one, which then lasts until the end"),
                    );
                }
                _ => {}
            }
            Some(stretches)
        });
        let bursts = self.part(bursts, |c, _, list| {
            Some(c.list(list, |c, line, burst| c.burst(line, burst, duration)))
        });
        Some(Course {
            rate: rate?,
            stretches: stretches.unwrap_or_default(),
            bursts: bursts.unwrap_or_default(),
        })
    }

    fn stretch(&mut self, line: usize, phase: &RawPhase) -> Option<Stretch> {
        let given = [
            phase.constant.is_some(),
            phase.ramp.is_some(),
            phase.diurnal.is_some(),
            phase.stop.is_some(),
        ];
        if given.iter().filter(|given| **given).count() != 1 {
            self.problem(
                Code::NotExactlyOne,
                line,
                "expected exactly one of constant, ramp, diurnal, stop in a phase",
                None,
            );
            return None;
        }
        if let Some(constant) = phase.constant.clone() {
            return self.given(Some(constant)).map(|Weight(factor)| Stretch::Constant(factor));
        }
        if let Some(diurnal) = phase.diurnal.clone() {
            return self.given(Some(diurnal)).map(|Factor(factor)| Stretch::Diurnal(factor));
        }
        if let Some(Part { line, value }) = &phase.ramp {
            let ramp = value.as_ref()?;
            let from = self.required(*line, "from", ramp.from.clone());
            let to = self.required(*line, "to", ramp.to.clone());
            return Some(Stretch::Ramp { from: from?.0, to: to?.0 });
        }
        Some(Stretch::Stop)
    }

    fn burst(&mut self, line: usize, raw: RawBurst, duration: Option<Nanos>) -> Option<Burst> {
        let at = self.required(line, "at", raw.at).map(|Span(at)| at);
        let lasts = self.required(line, "for", raw.lasts).map(|Span(lasts)| lasts);
        let factor = self.required(line, "factor", raw.factor).map(|Factor(factor)| factor);
        let (at, lasts) = self.within(line, at, lasts, duration)?;
        Some(Burst { at, lasts, factor: factor? })
    }

    /// A span that must lie within the scenario and have a length.
    pub(super) fn within(
        &mut self,
        line: usize,
        at: Option<Nanos>,
        lasts: Option<Nanos>,
        duration: Option<Nanos>,
    ) -> Option<(Nanos, Nanos)> {
        let (at, lasts) = (at?, lasts?);
        if lasts == Nanos::ZERO {
            self.problem(
                Code::InvalidDuration,
                line,
                "expected a length above 0 for `for`, found 0",
                None,
            );
            return None;
        }
        if let Some(duration) = duration
            && duration < at + lasts
        {
            let message = format!(
                "ends at {}, after the scenario's end at {}",
                Readable(at + lasts),
                Readable(duration)
            );
            self.problem(
                Code::OutsideScenario,
                line,
                message,
                Some("let it begin or end earlier, or make the scenario longer"),
            );
            return None;
        }
        Some((at, lasts))
    }
}

/// A span as scenario files write it.
pub(super) struct Readable(pub(super) Nanos);

impl std::fmt::Display for Readable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&prom::duration::format(i64::try_from(self.0.as_millis()).unwrap_or(i64::MAX)))
    }
}
