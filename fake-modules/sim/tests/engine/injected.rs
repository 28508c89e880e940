//! Incidents that come while the engine runs: played as if the timeline had held them.

use std::collections::BTreeSet;

use proptest::prelude::*;
use sim::{
    engine::{Engine, IncidentId, InjectError},
    event::{Event, EventKind},
    incident::{Incident, IncidentKind},
    time::Nanos,
    traffic::{Arrivals, Profile},
    world::{Module, llm::Provider},
};

use super::{engine, engine_of, events, incident, minutes, parameters, random::any_incident};

const OUTAGE: IncidentKind =
    IncidentKind::ProviderOutage { provider: Provider::OpenAi, failing: 0.9 };

const DOWN: IncidentKind = IncidentKind::ModuleDown { module: Module::LlmProvider, replica: None };

/// Plays to `until` in steps of a second, and lets `change` see the engine after each.
fn stepped(
    mut engine: Engine<Arrivals>,
    until: Nanos,
    mut change: impl FnMut(Nanos, &mut Engine<Arrivals>),
) -> Vec<Event> {
    let mut events = Vec::new();
    let mut now = Nanos::ZERO;
    while now < until {
        engine.run_until(now, &mut |event| events.push(*event));
        let balance = engine.balance();
        let gone = balance.finished + balance.lost + balance.withheld + balance.in_flight;
        assert_eq!(balance.arrived, gone, "after {now:?}");
        change(now, &mut engine);
        now += Nanos::SECOND;
    }
    engine.run_until(until, &mut |event| events.push(*event));
    events
}

#[test]
fn an_injected_incident_gives_the_events_of_one_in_the_timeline() {
    let outage = incident(3, 2, OUTAGE);
    let known = events(engine(Profile::Chat, 1, vec![outage.clone()]), minutes(8));
    // A nanosecond before it begins is early enough.
    let mut late = engine(Profile::Chat, 1, vec![]);
    let mut told = Vec::new();
    late.run_until(Nanos(minutes(3).0 - 1), &mut |event| told.push(*event));
    assert_eq!(late.inject(outage), Ok(IncidentId(0)));
    late.run_until(minutes(8), &mut |event| told.push(*event));
    assert!(known == told);
    assert!(known != events(engine(Profile::Chat, 1, vec![]), minutes(8)), "it does something");
}

#[test]
fn an_incident_that_is_ended_is_as_long_as_it_was() {
    for kind in [OUTAGE, DOWN] {
        let short = events(engine(Profile::Chat, 2, vec![incident(1, 2, kind)]), minutes(6));
        let long = engine(Profile::Chat, 2, vec![incident(1, 4, kind)]);
        // Beyond what would have been its end.
        let ended = stepped(long, minutes(6), |now, engine| {
            if now == minutes(2) {
                engine.end_incident(IncidentId(0), minutes(3)).unwrap();
            }
        });
        assert!(short == ended, "{kind:?}");
    }
}

#[test]
fn an_incident_that_is_taken_back_leaves_no_trace() {
    let none = events(engine(Profile::Chat, 3, vec![]), minutes(6));
    for (at, kind) in [(2, IncidentKind::CacheFlush), (4, IncidentKind::CacheFlush), (4, DOWN)] {
        let planned = engine(Profile::Chat, 3, vec![incident(4, 1, kind)]);
        let back = stepped(planned, minutes(6), |now, engine| {
            if now == minutes(1) {
                engine.end_incident(IncidentId(0), minutes(at)).unwrap();
                assert_eq!(engine.incidents().count(), 0);
            }
        });
        assert!(none == back, "{kind:?} taken back by minute {at}");
    }
}

#[test]
fn a_module_that_is_stopped_starts_when_the_incident_is_ended() {
    let module = Module::LlmProvider;
    let told = stepped(engine(Profile::Chat, 4, vec![]), minutes(4), |now, engine| {
        let down = IncidentKind::ModuleDown { module, replica: None };
        if now == minutes(1) {
            let at = now + Nanos::SECOND;
            let lasts = Nanos::NEVER.saturating_sub(at);
            engine.inject(Incident { at, lasts, kind: down }).unwrap();
        } else if now == minutes(2) {
            engine.end_incident(IncidentId(0), minutes(3)).unwrap();
        }
    });
    let when = |kind| told.iter().filter(move |event| event.kind == kind).map(|event| event.at);
    let stops: Vec<Nanos> = when(EventKind::Stopped(module)).collect();
    let starts: Vec<Nanos> = when(EventKind::Started(module)).collect();
    assert_eq!((stops, starts), (vec![minutes(1) + Nanos::SECOND], vec![minutes(3)]));
}

#[test]
fn what_was_played_stays_as_it_is() {
    let mut engine = engine(Profile::Chat, 5, vec![incident(1, 1, OUTAGE)]);
    engine.run_until(minutes(3), &mut |_| {});
    let played = minutes(3);
    assert_eq!(engine.played(), Some(played));
    let past = InjectError::Past { at: played, played };
    assert_eq!(engine.inject(incident(3, 1, OUTAGE)), Err(past));
    assert_eq!(engine.end_incident(IncidentId(0), played), Err(past));
    let over = InjectError::Over { id: IncidentId(0) };
    assert_eq!(engine.end_incident(IncidentId(0), minutes(4)), Err(over));
    let unknown = InjectError::Unknown { id: IncidentId(7) };
    assert_eq!(engine.end_incident(IncidentId(7), minutes(4)), Err(unknown));
    assert_eq!(engine.incidents().count(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn however_incidents_come_the_story_is_the_same(
        mut incidents in prop::collection::vec(any_incident(), 1..8),
        known in 0..4_usize,
        seed in any::<u64>(),
    ) {
        let mut parameters = parameters(Profile::Chat, seed);
        parameters.replicas = [2, 2, 2];
        let known = known.min(incidents.len());
        // Those that come later become known in the order in which they begin.
        incidents[known..].sort_by_key(|incident| incident.at);
        incidents[known..].iter_mut().for_each(|incident| incident.at += Nanos::SECOND);
        let all = events(engine_of(&parameters, Profile::Chat, incidents.clone()), minutes(8));
        let mut waiting: BTreeSet<usize> = (known..incidents.len()).collect();
        let first = incidents[..known].to_vec();
        let told = stepped(engine_of(&parameters, Profile::Chat, first), minutes(8), |now, engine| {
            while let Some(&next) = waiting.first() {
                if now + Nanos::SECOND < incidents[next].at {
                    break;
                }
                engine.inject(incidents[next].clone()).expect("it is to come");
                waiting.remove(&next);
            }
        });
        prop_assert!(all == told);
    }
}
