//! Each incident does what it says while it lasts, and nothing before.

use sim::{
    event::{Event, EventKind},
    incident::{Incident, IncidentKind},
    time::Nanos,
    traffic::Profile,
    world::{
        Module,
        llm::{Deployment, LlmError, Provider},
        manager::{CacheResult, ManagerOperation},
        security::{SecurityOperation, SecurityVerdict},
    },
};

use super::{engine, events, incident, minutes};

/// From minute 10 to minute 20, in a story of 30 minutes.
pub(super) const AT: u64 = 10;
pub(super) const LASTS: u64 = 10;

/// The events of minutes 11 to 20 with and without an incident; before it both are the same.
pub(super) fn with_and_without(kind: IncidentKind) -> (Vec<Event>, Vec<Event>) {
    let story = |incidents: Vec<Incident>| {
        events(engine(Profile::Chat, 11, incidents), minutes(AT + LASTS))
    };
    let (with, without) = (story(vec![incident(AT, LASTS, kind)]), story(vec![]));
    let before =
        |events: &[Event]| events.iter().take_while(|event| event.at < minutes(AT)).count();
    let (n, m) = (before(&with), before(&without));
    assert!(with[..n] == without[..m], "{kind:?} acts before it begins");
    let during = |events: Vec<Event>| {
        events.into_iter().filter(|event| minutes(AT + 1) <= event.at).collect()
    };
    (during(with), during(without))
}

/// The share of the events of one kind that are so, or NaN.
fn share(events: &[Event], of: impl Fn(&EventKind) -> Option<bool>) -> f64 {
    let of: Vec<bool> = events.iter().filter_map(|event| of(&event.kind)).collect();
    of.iter().filter(|so| **so).count() as f64 / of.len() as f64
}

/// The 95th percentile of seconds.
fn p95(events: &[Event], of: impl Fn(&EventKind) -> Option<Nanos>) -> f64 {
    let mut seconds: Vec<f64> =
        events.iter().filter_map(|event| of(&event.kind)).map(Nanos::as_secs_f64).collect();
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() * 95 / 100]
}

fn fails(provider: Provider) -> impl Fn(&EventKind) -> Option<bool> {
    move |kind| match kind {
        EventKind::LlmRequest { deployment, error, .. } if deployment.provider() == provider => {
            Some(error.is_some())
        }
        _ => None,
    }
}

fn goes_to(provider: Provider) -> impl Fn(&EventKind) -> Option<bool> {
    move |kind| match kind {
        EventKind::LlmRequest { deployment, .. } => Some(deployment.provider() == provider),
        _ => None,
    }
}

fn execute(kind: &EventKind) -> Option<Nanos> {
    match *kind {
        EventKind::ManagerOperation { operation: ManagerOperation::Execute, duration, .. } => {
            Some(duration)
        }
        _ => None,
    }
}

fn validate(kind: &EventKind) -> Option<Nanos> {
    match *kind {
        EventKind::SecurityOperation {
            operation: SecurityOperation::Validate, duration, ..
        } => Some(duration),
        _ => None,
    }
}

fn hits(kind: &EventKind) -> Option<bool> {
    match kind {
        EventKind::CacheLookup(result) => Some(*result == CacheResult::Hit),
        _ => None,
    }
}

fn blocked(kind: &EventKind) -> Option<bool> {
    match kind {
        EventKind::Validation(verdict) => Some(*verdict == SecurityVerdict::Blocked),
        _ => None,
    }
}

#[test]
fn an_outage_fails_one_provider_and_moves_its_traffic() {
    let (with, without) =
        with_and_without(IncidentKind::ProviderOutage { provider: Provider::OpenAi, failing: 0.9 });
    let failing = share(&with, fails(Provider::OpenAi));
    assert!((0.88..0.93).contains(&failing), "{failing}");
    for other in [Provider::Anthropic, Provider::AzureOpenAi] {
        assert!(share(&with, fails(other)) < 0.05, "{other}");
    }
    let answered_by_azure = |events: &[Event]| {
        let of_azure = |kind: &EventKind| match kind {
            EventKind::LlmRequest { deployment, error: None, .. } => {
                Some(deployment.provider() == Provider::AzureOpenAi)
            }
            _ => None,
        };
        share(events, of_azure)
    };
    assert!(1.8 * answered_by_azure(&without) < answered_by_azure(&with));
    assert!(1.1 * p95(&without, execute) < p95(&with, execute), "retries and time-outs take time");
    let given_up = |events: &[Event]| {
        share(events, |kind| match kind {
            EventKind::LlmOperation { failed, .. } => Some(*failed),
            _ => None,
        })
    };
    assert!(given_up(&with) < 0.02, "fail-over saves nearly all calls");
}

#[test]
fn latency_slows_one_provider_and_whoever_waits_for_it() {
    let (with, without) = with_and_without(IncidentKind::ProviderLatency {
        provider: Provider::Anthropic,
        factor: 5.0,
    });
    let of = |provider| {
        move |kind: &EventKind| match *kind {
            EventKind::LlmRequest { deployment, duration, error: None, .. }
                if deployment.provider() == provider =>
            {
                Some(duration)
            }
            _ => None,
        }
    };
    let slower = p95(&with, of(Provider::Anthropic)) / p95(&without, of(Provider::Anthropic));
    assert!((4.0..6.5).contains(&slower), "{slower}");
    let other = p95(&with, of(Provider::OpenAi)) / p95(&without, of(Provider::OpenAi));
    assert!((0.9..1.1).contains(&other), "{other}");
    assert!(1.5 * p95(&without, execute) < p95(&with, execute));
}

#[test]
fn throttling_answers_429_beyond_the_lowered_limits() {
    let (with, without) = with_and_without(IncidentKind::ProviderThrottling {
        provider: Provider::OpenAi,
        capacity: 0.1,
    });
    let limited = |events: &[Event]| {
        share(events, |kind| match kind {
            EventKind::LlmRequest { deployment, error, .. }
                if deployment.provider() == Provider::OpenAi =>
            {
                Some(*error == Some(LlmError::RateLimit))
            }
            _ => None,
        })
    };
    assert!(limited(&without) < 0.01);
    assert!(0.3 < limited(&with), "{}", limited(&with));
    assert!(share(&with, fails(Provider::Anthropic)) < 0.05);
    // What passes is what the limit lets pass: a tenth of 1.7 times the busiest hour's requests.
    let passed =
        with.iter().filter(|event| fails(Provider::OpenAi)(&event.kind) == Some(false)).count()
            as f64;
    let limit = 0.1 * 1.7 * 20.0 * 1.84 * 0.48 * 9.0 * 60.0;
    assert!((0.7..1.05).contains(&(passed / limit)), "{passed} of {limit}");
}

#[test]
fn an_attack_raises_what_the_guard_blocks_and_detects() {
    let (with, without) = with_and_without(IncidentKind::InjectionAttack { share: 0.4 });
    let detection = 0.9 * 0.4 + 0.01 * 0.6;
    assert!((share(&with, blocked) - detection).abs() < 0.03, "{}", share(&with, blocked));
    assert!(share(&without, blocked) < 0.04);
    let injections = |events: &[Event]| {
        events.iter().filter(|event| matches!(event.kind, EventKind::Injection { .. })).count()
    };
    assert!(10 * injections(&without) < injections(&with));
}

#[test]
fn a_flushed_cache_fills_again() {
    let hits_in = |from: u64, to: u64, events: &[Event]| {
        let within: Vec<Event> = events
            .iter()
            .copied()
            .filter(|e| minutes(from) <= e.at && e.at < minutes(to))
            .collect();
        share(&within, hits)
    };
    let flush = Incident { at: minutes(10), lasts: Nanos::ZERO, kind: IncidentKind::CacheFlush };
    let events = events(engine(Profile::Chat, 12, vec![flush]), minutes(60));
    let (before, after, later) =
        (hits_in(0, 10, &events), hits_in(10, 12, &events), hits_in(50, 60, &events));
    assert!((before - 0.2).abs() < 0.02, "{before}");
    assert!(after < 0.03, "{after}");
    assert!(0.8 * before < later, "{later}");
}

#[test]
fn a_model_shift_moves_requests_and_the_bill() {
    let to = Deployment::AnthropicSonnet;
    let (with, without) = with_and_without(IncidentKind::ModelShift { to, share: 0.8 });
    assert!(0.75 < share(&with, goes_to(Provider::Anthropic)));
    assert!(share(&without, goes_to(Provider::Anthropic)) < 0.3);
}

#[test]
fn a_missing_price_is_marked_on_its_deployment_only() {
    let deployment = Deployment::OpenAiGpt4o;
    let (with, without) = with_and_without(IncidentKind::PriceMissing { deployment });
    for event in &with {
        if let EventKind::LlmRequest { deployment: found, priced, .. } = event.kind {
            assert_eq!(priced, found != deployment);
        }
    }
    assert_eq!(with.len(), without.len(), "nothing else changes");
}

#[test]
fn a_slow_guard_is_slow() {
    let (with, without) = with_and_without(IncidentKind::GuardSlow { factor: 20.0 });
    let slower = p95(&with, validate) / p95(&without, validate);
    assert!((15.0..25.0).contains(&slower), "{slower}");
}

#[test]
fn a_bypassed_guard_judges_nothing_and_only_the_scan_sees_attacks() {
    let (with, without) = with_and_without(IncidentKind::GuardBypassed);
    let judged = |events: &[Event]| {
        events.iter().filter(|event| matches!(event.kind, EventKind::Validation(_))).count()
    };
    assert_eq!(judged(&with), 0);
    assert!(0 < judged(&without));
    let injections =
        with.iter().filter(|event| matches!(event.kind, EventKind::Injection { .. })).count();
    assert!(0 < injections);
}

#[test]
fn a_stop_of_traffic_lets_what_is_on_its_way_end() {
    let (with, without) = with_and_without(IncidentKind::TrafficStop);
    let last = with.last().map_or(Nanos::ZERO, |event| event.at);
    assert!(last < minutes(AT + 4), "what was on its way ended by {last:?}");
    assert!(with.len() * 50 < without.len());
}

#[test]
fn what_only_metrics_show_changes_nothing_else() {
    let module = Module::PromptManager;
    for (kind, begins, ends) in [
        (
            IncidentKind::MetricRenamed { module },
            EventKind::Renamed(module, true),
            EventKind::Renamed(module, false),
        ),
        (
            IncidentKind::CardinalityGrowth { module, series: 70 },
            EventKind::ExtraSeries(module, 70),
            EventKind::ExtraSeries(module, 0),
        ),
        (
            IncidentKind::MetricsSlow { module, takes: Nanos::SECOND },
            EventKind::SlowMetrics(module, Nanos::SECOND),
            EventKind::SlowMetrics(module, Nanos::ZERO),
        ),
    ] {
        let with = events(engine(Profile::Chat, 16, vec![incident(AT, LASTS, kind)]), minutes(30));
        let without = events(engine(Profile::Chat, 16, vec![]), minutes(30));
        let (own, rest): (Vec<Event>, Vec<Event>) =
            with.into_iter().partition(|event| event.kind == begins || event.kind == ends);
        assert_eq!(
            own.iter().map(|event| event.at).collect::<Vec<_>>(),
            [minutes(AT), minutes(AT + LASTS)]
        );
        assert!(rest == without);
    }
}
