//! The engine as a black box: what goes in comes out, in order, and incidents do what they say and nothing else.

mod conservation;
mod incidents;
mod injected;
mod lifecycle;
mod random;

use sim::{
    engine::{Engine, Parameters},
    event::Event,
    incident::{Incident, IncidentKind},
    time::Nanos,
    traffic::{Arrivals, Profile, RateCurve},
};

/// `n` minutes.
const fn minutes(n: u64) -> Nanos {
    Nanos(n * Nanos::MINUTE.0)
}

/// An engine with a steady rate of 20 requests per second for an hour.
fn engine(profile: Profile, seed: u64, incidents: Vec<Incident>) -> Engine<Arrivals> {
    engine_of(&parameters(profile, seed), profile, incidents)
}

fn engine_of(
    parameters: &Parameters,
    profile: Profile,
    incidents: Vec<Incident>,
) -> Engine<Arrivals> {
    let curve = RateCurve::constant(20.0, Nanos::HOUR).expect("an hour at 20/s is a curve");
    Engine::new(parameters, incidents, Arrivals::new(profile, curve, parameters.seed))
}

fn parameters(profile: Profile, seed: u64) -> Parameters {
    Parameters::for_profile(profile, 20.0, (1_200.0, 220.0), seed)
}

/// All events up to `until`.
fn events(mut engine: Engine<Arrivals>, until: Nanos) -> Vec<Event> {
    let mut events = Vec::new();
    engine.run_until(until, &mut |event| events.push(*event));
    events
}

/// An incident from minute `at` for `lasts` minutes.
fn incident(at: u64, lasts: u64, kind: IncidentKind) -> Incident {
    Incident { at: minutes(at), lasts: minutes(lasts), kind }
}
