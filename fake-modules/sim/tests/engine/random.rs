//! Whatever goes wrong, and however much of it at once: the rules of the world hold.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sim::{
    event::{Event, EventKind},
    incident::{Incident, IncidentKind},
    label::Label,
    time::Nanos,
    traffic::Profile,
    world::{
        Instance, Module,
        llm::{Deployment, Provider},
        security::SecurityVerdict,
    },
};

use super::{engine_of, minutes, parameters};

pub(super) fn any_incident() -> impl Strategy<Value = Incident> {
    let module = prop::sample::select(Module::ALL);
    let provider = prop::sample::select(Provider::ALL);
    let deployment = prop::sample::select(Deployment::ALL);
    let replica = prop::option::of(0..2_u8);
    let share = 0.0..=1.0;
    let kind = prop_oneof![
        (provider.clone(), share.clone())
            .prop_map(|(provider, failing)| IncidentKind::ProviderOutage { provider, failing }),
        (provider.clone(), 0.1..20.0_f64)
            .prop_map(|(provider, factor)| IncidentKind::ProviderLatency { provider, factor }),
        (provider, share.clone()).prop_map(|(provider, capacity)| {
            IncidentKind::ProviderThrottling { provider, capacity }
        }),
        share.clone().prop_map(|share| IncidentKind::InjectionAttack { share }),
        Just(IncidentKind::CacheFlush),
        (deployment.clone(), share).prop_map(|(to, share)| IncidentKind::ModelShift { to, share }),
        deployment.prop_map(|deployment| IncidentKind::PriceMissing { deployment }),
        (0.1..50.0_f64).prop_map(|factor| IncidentKind::GuardSlow { factor }),
        Just(IncidentKind::GuardBypassed),
        Just(IncidentKind::TrafficStop),
        (module.clone(), replica.clone())
            .prop_map(|(module, replica)| IncidentKind::ModuleDown { module, replica }),
        (module.clone(), replica)
            .prop_map(|(module, replica)| IncidentKind::ModuleRestart { module, replica }),
        module.clone().prop_map(|module| IncidentKind::MetricRenamed { module }),
        (module.clone(), 1..500_u32)
            .prop_map(|(module, series)| IncidentKind::CardinalityGrowth { module, series }),
        (module, 1..6_u64).prop_map(|(module, seconds)| IncidentKind::MetricsSlow {
            module,
            takes: Nanos(seconds * Nanos::SECOND.0)
        }),
    ];
    // Whole seconds, so that edges of several incidents often fall together.
    (0..300_u64, 0..120_u64, kind).prop_map(|(at, lasts, kind)| Incident {
        at: Nanos(at * Nanos::SECOND.0),
        lasts: Nanos(lasts * Nanos::SECOND.0),
        kind,
    })
}

/// What one copy of prompt-security has counted since it started.
#[derive(Default)]
struct Counted {
    blocked: u64,
    injections: u64,
}

/// Checks each event as a scrape at any instant might see it.
#[derive(Default)]
struct Watch {
    last: Nanos,
    down: BTreeMap<Instance, bool>,
    started: BTreeMap<Instance, Nanos>,
    guards: BTreeMap<u8, Counted>,
    bypassed: bool,
}

impl Watch {
    fn see(&mut self, event: &Event) {
        assert!(self.last <= event.at, "time goes back at {event:?}");
        self.last = event.at;
        let is_down = self.down.entry(event.instance()).or_insert(false);
        match event.kind {
            EventKind::Stopped(_) => {
                assert!(!std::mem::replace(is_down, true), "stopped twice: {event:?}")
            }
            EventKind::Started(_) => {
                assert!(std::mem::replace(is_down, false), "started twice: {event:?}");
                self.started.insert(event.instance(), event.at);
                if event.instance().module == Module::PromptSecurity {
                    self.guards.remove(&event.replica);
                }
            }
            // How a module shows itself is not counted by it.
            EventKind::Renamed(..) | EventKind::ExtraSeries(..) | EventKind::SlowMetrics(..) => {}
            _ => assert!(!*is_down, "a module that is down counts: {event:?}"),
        }
        let began = Nanos(event.at.0 - duration(&event.kind).0);
        let started = self.started.get(&event.instance()).copied().unwrap_or_default();
        assert!(started <= began, "a new process counts what the old one began: {event:?}");
        let guard = self.guards.entry(event.replica).or_default();
        match event.kind {
            EventKind::Validation(SecurityVerdict::Blocked) => guard.blocked += 1,
            EventKind::Injection { .. } => guard.injections += 1,
            EventKind::LlmRequest { duration, first_token, error, tokens, .. } => {
                assert!(first_token.is_none_or(|first| first <= duration), "{event:?}");
                assert!(error.is_none() || first_token.is_none(), "{event:?}");
                assert!(error.is_none() || tokens.output == 0, "{event:?}");
            }
            _ => {}
        }
        assert!(self.bypassed || guard.injections <= guard.blocked, "I7 at {event:?}");
    }
}

/// How long what is counted took.
fn duration(kind: &EventKind) -> Nanos {
    match *kind {
        EventKind::ManagerOperation { duration, .. }
        | EventKind::SecurityOperation { duration, .. }
        | EventKind::LlmOperation { duration, .. }
        | EventKind::LlmRequest { duration, .. } => duration,
        _ => Nanos::ZERO,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_rules_of_the_world_hold(
        incidents in prop::collection::vec(any_incident(), 0..8),
        profile in prop::sample::select(&Profile::ALL[..]),
        seed in any::<u64>(),
    ) {
        let mut parameters = parameters(profile, seed);
        parameters.replicas = [2, 2, 2];
        let bypassed = incidents.iter().any(|incident| incident.kind == IncidentKind::GuardBypassed);
        let mut engine = engine_of(&parameters, profile, incidents);
        let mut watch = Watch { bypassed, ..Watch::default() };
        for minute in 1..=8 {
            engine.run_until(minutes(minute), &mut |event| watch.see(event));
            let balance = engine.balance();
            prop_assert_eq!(
                balance.arrived,
                balance.finished + balance.lost + balance.withheld + balance.in_flight
            );
        }
    }
}
