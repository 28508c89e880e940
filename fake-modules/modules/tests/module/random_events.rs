//! Random events of one module, each kind and label equally likely.

use proptest::prelude::*;
use sim::{
    event::{Event, EventKind, LlmTokens},
    label::Label,
    time::Nanos,
    world::Module,
};

/// Up to `n` events in order of time, of every kind that is counted, with restarts among them.
pub(crate) fn with_restarts(module: Module, n: usize) -> impl Strategy<Value = Vec<Event>> {
    let kind = prop_oneof![
        40 => counted_kind(module),
        1 => Just(EventKind::Started(module)),
    ];
    in_order(proptest::collection::vec((gap(), kind), 0..n))
}

fn in_order(
    events: impl Strategy<Value = Vec<(u64, EventKind)>>,
) -> impl Strategy<Value = Vec<Event>> {
    events.prop_map(|events| {
        let mut at = Nanos::ZERO;
        let stamp = |(gap, kind)| {
            at += Nanos(gap);
            Event { at, replica: 0, kind }
        };
        events.into_iter().map(stamp).collect()
    })
}

fn gap() -> impl Strategy<Value = u64> {
    0_u64..20_000_000_000
}

fn any_label<L: Label>() -> impl Strategy<Value = L> {
    proptest::sample::select(L::ALL)
}

/// From nothing to hours, every magnitude equally likely, often exactly a bound.
fn duration() -> impl Strategy<Value = Nanos> {
    prop_oneof![
        (0_u32..44, any::<u64>()).prop_map(|(bits, random)| Nanos(random & ((1 << bits) - 1))),
        proptest::sample::select(vec![1_u64, 10, 20, 250, 1_000, 81_920, 5_000, 80_000])
            .prop_map(Nanos::from_millis),
    ]
}

fn tokens() -> impl Strategy<Value = u32> {
    prop_oneof![0_u32..5, 0_u32..200_000]
}

fn counted_kind(module: Module) -> BoxedStrategy<EventKind> {
    match module {
        Module::PromptManager => prop_oneof![
            (any_label(), error(), duration()).prop_map(|(operation, error, duration)| {
                EventKind::ManagerOperation { operation, error, duration }
            }),
            any_label().prop_map(EventKind::CacheLookup),
            any_label().prop_map(EventKind::ManagerValidation),
            any_label().prop_map(EventKind::ManagerLimit),
            (any_label(), tokens(), tokens()).prop_map(|(model, input, output)| {
                EventKind::ManagerUsage { model, input, output }
            }),
        ]
        .boxed(),
        Module::PromptSecurity => prop_oneof![
            (any_label(), error(), duration()).prop_map(|(operation, error, duration)| {
                EventKind::SecurityOperation { operation, error, duration }
            }),
            any_label().prop_map(EventKind::Validation),
            (any_label(), any_label())
                .prop_map(|(injection, severity)| EventKind::Injection { injection, severity }),
            (any_label(), any_label()).prop_map(|(event_type, severity)| {
                EventKind::SecurityEvent { event_type, severity }
            }),
            any_label().prop_map(EventKind::SecurityLimit),
            (any_label(), tokens(), tokens()).prop_map(|(model, input, output)| {
                EventKind::SecurityUsage { model, input, output }
            }),
        ]
        .boxed(),
        Module::LlmProvider => prop_oneof![
            (any_label(), any::<bool>(), duration()).prop_map(|(operation, failed, duration)| {
                EventKind::LlmOperation { operation, failed, duration }
            }),
            (
                any_label(),
                error(),
                duration(),
                proptest::option::of(duration()),
                (tokens(), tokens(), tokens()),
            )
                .prop_map(
                    |(deployment, error, duration, first_token, (input, cached_input, output))| {
                        let tokens = LlmTokens { input, cached_input, output };
                        EventKind::LlmRequest {
                            deployment,
                            error,
                            duration,
                            first_token,
                            tokens,
                            priced: true,
                        }
                    }
                ),
        ]
        .boxed(),
    }
}

fn error<L: Label>() -> impl Strategy<Value = Option<L>> {
    proptest::option::of(any_label())
}
