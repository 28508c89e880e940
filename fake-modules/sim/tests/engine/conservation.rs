//! What goes in comes out: requests, calls from module to module, the order of time.

use sim::{
    engine::{Balance, Engine},
    event::{Event, EventKind},
    incident::IncidentKind,
    time::Nanos,
    traffic::{Arrivals, Profile},
    world::{
        Module,
        manager::{CacheResult, ManagerError, ManagerVerdict},
        security::{SecurityOperation, SecurityVerdict},
    },
};

use super::{engine, events, incident, minutes};

fn count(events: &[Event], of: impl Fn(&EventKind) -> bool) -> u64 {
    events.iter().filter(|event| of(&event.kind)).count() as u64
}

/// Downs, restarts and a stop of traffic, some of them at once.
fn troubled(seed: u64) -> Engine<Arrivals> {
    let down =
        |module, at, lasts| incident(at, lasts, IncidentKind::ModuleDown { module, replica: None });
    engine(
        Profile::Chat,
        seed,
        vec![
            down(Module::LlmProvider, 3, 4),
            down(Module::PromptManager, 5, 3),
            down(Module::PromptManager, 6, 4),
            down(Module::PromptSecurity, 12, 2),
            incident(16, 2, IncidentKind::TrafficStop),
            incident(
                20,
                1,
                IncidentKind::ModuleRestart { module: Module::PromptManager, replica: None },
            ),
        ],
    )
}

#[test]
fn every_request_is_finished_lost_withheld_or_on_its_way() {
    let mut engine = troubled(1);
    let mut finished = 0;
    for second in 0..25 * 60 {
        engine.run_until(Nanos(second * Nanos::SECOND.0), &mut |event| {
            finished += u64::from(matches!(event.kind, EventKind::ManagerOperation { .. }));
        });
        let Balance { arrived, finished: said, lost, withheld, in_flight } = engine.balance();
        assert_eq!(arrived, said + lost + withheld + in_flight, "after {second} s");
        assert_eq!(finished, said, "after {second} s");
    }
    let balance = engine.balance();
    assert!(0 < balance.lost && 0 < balance.withheld, "the story has both: {balance:?}");
}

#[test]
fn nothing_is_left_when_traffic_has_ended() {
    let mut engine = troubled(2);
    engine.run_until(minutes(60 * 24), &mut |_| {});
    assert_eq!(engine.balance().in_flight, 0);
}

#[test]
fn time_never_goes_back() {
    let events = events(troubled(3), minutes(25));
    assert!(events.is_sorted_by_key(|event| event.at));
    for event in &events {
        let began = match event.kind {
            EventKind::ManagerOperation { duration, .. }
            | EventKind::SecurityOperation { duration, .. }
            | EventKind::LlmOperation { duration, .. }
            | EventKind::LlmRequest { duration, .. } => event.at.0.checked_sub(duration.0),
            _ => Some(0),
        };
        assert!(began.is_some(), "began before the scenario: {event:?}");
    }
}

#[test]
fn many_small_steps_are_one_big_step() {
    let whole = events(troubled(4), minutes(25));
    let mut stepped = Vec::new();
    let mut engine = troubled(4);
    // Steps of uneven length, some of which end exactly on an incident's edge.
    let mut at = 0;
    for step in (0..).map(|n| [1, 20_000, 333, 39_666][n % 4]) {
        at = (at + step * Nanos::MILLISECOND.0).min(minutes(25).0);
        engine.run_until(Nanos(at), &mut |event| stepped.push(*event));
        engine.run_until(Nanos(at), &mut |event| panic!("{event:?} once more"));
        if at == minutes(25).0 {
            break;
        }
    }
    assert_eq!(stepped.len(), whole.len());
    assert!(stepped == whole);
}

#[test]
fn a_step_plays_what_happens_at_its_very_end() {
    let down =
        incident(3, 4, IncidentKind::ModuleDown { module: Module::LlmProvider, replica: None });
    let events = events(engine(Profile::Chat, 4, vec![down]), minutes(3));
    assert_eq!(
        events.last().map(|event| event.kind),
        Some(EventKind::Stopped(Module::LlmProvider))
    );
}

#[test]
fn the_seed_decides_everything() {
    let story = |seed| events(troubled(seed), minutes(10));
    assert!(story(5) == story(5));
    assert!(story(5) != story(6));
}

#[test]
fn what_one_module_hands_on_the_next_receives() {
    let events = events(engine(Profile::Rag, 7, vec![]), minutes(60 * 24));
    let misses = count(&events, |kind| *kind == EventKind::CacheLookup(CacheResult::Miss));
    let asked = count(&events, |kind| matches!(kind, EventKind::ManagerValidation(_)));
    let judged = count(&events, |kind| matches!(kind, EventKind::Validation(_)));
    assert_eq!((misses, misses), (asked, judged));
    let allowed =
        count(&events, |kind| *kind == EventKind::ManagerValidation(ManagerVerdict::Allowed));
    let passed = count(&events, |kind| *kind == EventKind::Validation(SecurityVerdict::Passed));
    let called = count(&events, |kind| matches!(kind, EventKind::LlmOperation { .. }));
    assert_eq!((allowed, allowed), (passed, called));
    let answered =
        count(&events, |kind| matches!(kind, EventKind::LlmOperation { failed: false, .. }));
    let succeeded =
        count(&events, |kind| matches!(kind, EventKind::LlmRequest { error: None, .. }));
    let scanned = count(&events, |kind| {
        matches!(
            kind,
            EventKind::SecurityOperation { operation: SecurityOperation::ScanOutput, .. }
        )
    });
    assert_eq!((answered, answered), (succeeded, scanned));
    let upstream = count(&events, |kind| {
        let failed = Some(ManagerError::Upstream);
        let late = Some(ManagerError::Timeout);
        matches!(kind, EventKind::ManagerOperation { error, .. } if *error == failed || *error == late)
    });
    assert_eq!(upstream, called - answered, "each call that fails for good fails an operation");
}
