//! Modules that are down or start anew: they count nothing meanwhile, and callers see failures.

use sim::{
    event::{Event, EventKind},
    incident::{Incident, IncidentKind},
    time::Nanos,
    traffic::Profile,
    world::{Module, manager::ManagerError},
};

use super::{
    engine, engine_of, events, incident,
    incidents::{AT, LASTS, with_and_without},
    minutes, parameters,
};

#[test]
fn a_module_that_is_down_says_nothing_and_its_callers_fail() {
    for (module, error) in [
        (Module::PromptSecurity, Some(ManagerError::Internal)),
        (Module::LlmProvider, Some(ManagerError::Upstream)),
        (Module::PromptManager, None),
    ] {
        let (with, _) = with_and_without(IncidentKind::ModuleDown { module, replica: None });
        let up_again = minutes(AT + LASTS);
        let during = with.iter().filter(|event| event.at < up_again);
        assert!(
            during.clone().all(|event| event.kind.module() != module),
            "{module} is down and counts"
        );
        let failed = during.filter(|event| matches!(event.kind, EventKind::ManagerOperation { error: e, .. } if e == error));
        assert_eq!(0 < failed.count(), error.is_some(), "{module}");
    }
}

#[test]
fn what_a_module_was_doing_when_it_stopped_is_not_counted() {
    // A guard that takes seconds has prompts in hand whenever it stops.
    let module = Module::PromptSecurity;
    let slow = incident(1, 20, IncidentKind::GuardSlow { factor: 500.0 });
    let down = incident(AT, LASTS, IncidentKind::ModuleDown { module, replica: None });
    let events = events(engine(Profile::Chat, 17, vec![slow, down]), minutes(30));
    let during: Vec<&Event> = events
        .iter()
        .filter(|event| minutes(AT) < event.at && event.at < minutes(AT + LASTS))
        .collect();
    assert!(during.iter().all(|event| event.kind.module() != module));
    let refused = during.iter().filter(|event| {
        matches!(event.kind, EventKind::ManagerOperation { error: Some(ManagerError::Internal), duration, .. }
            if Nanos::SECOND < duration)
    });
    assert!(0 < refused.count(), "prompts that the guard had in hand are refused");
}

#[test]
fn one_copy_of_two_carries_the_load_while_the_other_is_down() {
    let mut parameters = parameters(Profile::Chat, 13);
    parameters.replicas = [1, 1, 2];
    let down = incident(
        AT,
        LASTS,
        IncidentKind::ModuleDown { module: Module::LlmProvider, replica: Some(1) },
    );
    let events = events(engine_of(&parameters, Profile::Chat, vec![down]), minutes(30));
    let requests = |from: u64, to: u64, replica: u8| {
        events
            .iter()
            .filter(|event| {
                minutes(from) < event.at && event.at < minutes(to) && event.replica == replica
            })
            .filter(|event| matches!(event.kind, EventKind::LlmRequest { .. }))
            .count() as f64
    };
    let even = requests(1, 10, 0) / requests(1, 10, 1);
    assert!((0.9..1.1).contains(&even), "{even}");
    assert_eq!(requests(10, 20, 1), 0.0);
    assert!(1.8 * requests(1, 10, 0) < requests(11, 20, 0));
    assert!(0.0 < requests(21, 30, 1));
}

#[test]
fn a_restart_is_a_stop_and_a_start() {
    let (module, replica) = (Module::PromptSecurity, None);
    let restart = incident(AT, 1, IncidentKind::ModuleRestart { module, replica });
    let events = events(engine(Profile::Chat, 14, vec![restart]), minutes(30));
    let of = |kind: EventKind| {
        events
            .iter()
            .filter(move |event| event.kind == kind)
            .map(|event| event.at)
            .collect::<Vec<_>>()
    };
    assert_eq!(of(EventKind::Stopped(module)), [minutes(AT)]);
    assert_eq!(of(EventKind::Started(module)), [minutes(AT + 1)]);
}

#[test]
fn a_new_process_knows_nothing_of_what_the_old_one_began() {
    let module = Module::PromptManager;
    let kind = IncidentKind::ModuleRestart { module, replica: None };
    let restart = Incident { at: minutes(AT), lasts: Nanos::SECOND, kind };
    let mut engine = engine(Profile::Chat, 18, vec![restart]);
    engine.run_until(minutes(AT), &mut |_| {});
    let in_hand = engine.balance();
    engine.run_until(minutes(AT + 5), &mut |event| {
        if let EventKind::ManagerOperation { duration, .. } = event.kind {
            assert!(minutes(AT) + Nanos::SECOND <= Nanos(event.at.0 - duration.0), "{event:?}");
        }
    });
    assert!(0 < in_hand.in_flight && in_hand.in_flight <= engine.balance().lost);
}

#[test]
fn incidents_that_overlap_stop_a_module_once() {
    let (module, replica) = (Module::LlmProvider, Some(0));
    let incidents = vec![
        incident(5, 10, IncidentKind::ModuleDown { module, replica }),
        incident(10, 10, IncidentKind::ModuleDown { module, replica: None }),
        incident(12, 1, IncidentKind::ModuleRestart { module, replica }),
    ];
    let events = events(engine(Profile::Chat, 15, incidents), minutes(30));
    let of = |kind: EventKind| {
        events
            .iter()
            .filter(move |event| event.kind == kind)
            .map(|event| event.at)
            .collect::<Vec<_>>()
    };
    assert_eq!(of(EventKind::Stopped(module)), [minutes(5)]);
    assert_eq!(of(EventKind::Started(module)), [minutes(20)]);
}
