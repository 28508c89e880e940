//! Invariants I1 to I4 and I8 of the metric contract, after random events and restarts.

use proptest::prelude::*;
use sim::{
    event::{Event, EventKind},
    label::Label,
    world::{
        self,
        llm::{Deployment, LlmOperation, Provider},
        manager::{ManagerModel, ManagerOperation},
        price::Price,
        security::{SecurityModel, SecurityOperation},
    },
};

use crate::{
    random_events::with_restarts,
    shown::{Shown, module},
};

const SUCCESS: (&str, &str) = ("status", "success");
const ERROR: (&str, &str) = ("status", "error");

fn after(name: world::Module, events: &[Event]) -> Shown {
    let mut module = module(name, None);
    for event in events {
        module.observe(event);
    }
    Shown::by(&mut module)
}

/// I1: for every operation, operations of either status = observations of its duration.
fn operations_equal_durations<O: Label>(prefix: &str, shown: &Shown) {
    for operation in O::ALL {
        let labels = [(O::NAME, operation.as_str())];
        let operations = shown.sum(&format!("{prefix}_operations_total"), &labels);
        let durations = shown.get(&format!("{prefix}_operation_duration_seconds_count"), &labels);
        assert_eq!(Some(operations), durations, "{prefix} {operation:?}");
    }
}

/// I2 for a module that counts its operations' errors.
fn errors_equal_failed_operations<O: Label>(prefix: &str, shown: &Shown) {
    for operation in O::ALL {
        let label = (O::NAME, operation.as_str());
        let failed = shown.get(&format!("{prefix}_operations_total"), &[label, ERROR]);
        let errors = shown.sum(&format!("{prefix}_errors_total"), &[label]);
        assert_eq!(failed, Some(errors), "{prefix} {operation:?}");
    }
}

/// I3: buckets grow with `le` and end at the count.
fn buckets_are_cumulative(shown: &Shown) {
    let mut n_histograms = 0;
    for ((name, labels), &count) in &shown.0 {
        let Some(family) = name.strip_suffix("_count") else { continue };
        n_histograms += 1;
        let labels: Vec<_> = labels.iter().map(|(k, v)| (&k[..], &v[..])).collect();
        let mut buckets: Vec<(f64, f64)> = shown
            .all(&format!("{family}_bucket"), &labels)
            .map(|(labels, value)| {
                (labels["le"].trim_start_matches('+').parse().expect("le is a number"), value)
            })
            .collect();
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!(buckets.is_sorted_by(|a, b| a.1 <= b.1), "{name} {labels:?}: {buckets:?}");
        assert_eq!(buckets.last(), Some(&(f64::INFINITY, count)), "{name} {labels:?}");
    }
    assert!(n_histograms > 0, "no histogram was looked at");
}

/// I4: cost = tokens x price, within 1e-9.
fn cost_is_tokens_times_price(prefix: &str, labels: &[(&str, &str)], price: Price, shown: &Shown) {
    let tokens = |r#type: &str| {
        let labels = [labels, &[("type", r#type)]].concat();
        shown.get(&format!("{prefix}_tokens_total"), &labels)
    };
    let expected = (tokens("input").expect("shown") * price.input as f64
        + tokens("output").expect("shown") * price.output as f64
        // Only llm-provider has cached tokens.
        + tokens("cached_input").unwrap_or(0.0) * price.cached_input as f64)
        / 1e9;
    let cost = shown.get(&format!("{prefix}_cost_total"), labels).expect("shown");
    assert!((cost - expected).abs() <= 1e-9 * expected, "{labels:?}: {cost}, not {expected}");
}

proptest! {
    #[test]
    fn prompt_manager_keeps_the_invariants(
        events in with_restarts(world::Module::PromptManager, 300)
    ) {
        let shown = after(world::Module::PromptManager, &events);
        operations_equal_durations::<ManagerOperation>("prompt_manager", &shown);
        errors_equal_failed_operations::<ManagerOperation>("prompt_manager", &shown);
        buckets_are_cumulative(&shown);
        for model in ManagerModel::ALL {
            let labels = [("model", model.as_str())];
            cost_is_tokens_times_price("prompt_manager", &labels, model.price(), &shown);
        }
    }

    #[test]
    fn prompt_security_keeps_the_invariants(
        events in with_restarts(world::Module::PromptSecurity, 300)
    ) {
        let shown = after(world::Module::PromptSecurity, &events);
        operations_equal_durations::<SecurityOperation>("prompt_security", &shown);
        errors_equal_failed_operations::<SecurityOperation>("prompt_security", &shown);
        buckets_are_cumulative(&shown);
        for model in SecurityModel::ALL {
            let labels = [("model", model.as_str())];
            cost_is_tokens_times_price("prompt_security", &labels, model.price(), &shown);
        }
    }

    #[test]
    fn llm_provider_keeps_the_invariants(
        events in with_restarts(world::Module::LlmProvider, 300)
    ) {
        let shown = after(world::Module::LlmProvider, &events);
        operations_equal_durations::<LlmOperation>("llm_provider", &shown);
        buckets_are_cumulative(&shown);
        for provider in Provider::ALL {
            let label = (Provider::NAME, provider.as_str());
            let failed = shown.sum("llm_provider_requests_total", &[label, ERROR]);
            prop_assert_eq!(failed, shown.sum("llm_provider_errors_total", &[label]));
            let requests = failed + shown.sum("llm_provider_requests_total", &[label, SUCCESS]);
            let durations = shown.sum("llm_provider_request_duration_seconds_count", &[label]);
            prop_assert_eq!(requests, durations);
        }
        for deployment in Deployment::ALL {
            let (provider, model) = (deployment.provider(), deployment.model());
            let labels = [("provider", provider.as_str()), ("model", model.as_str())];
            cost_is_tokens_times_price("llm_provider", &labels, model.price(), &shown);
        }
    }

    /// I8: counters and all parts of histograms never decrease, except to 0 at a restart.
    #[test]
    fn nothing_decreases_but_at_a_restart(
        (name, events) in proptest::sample::select(world::Module::ALL)
            .prop_flat_map(|name| (Just(name), with_restarts(name, 120)))
    ) {
        let mut module = module(name, None);
        let at_start = module.scrape().expect("it runs").values().to_vec();
        let mut before = at_start.clone();
        for event in &events {
            module.observe(event);
            let now = module.scrape().expect("it runs");
            if let EventKind::Started(_) = event.kind {
                before = at_start.clone();
            }
            for (i, (value, previous)) in now.values().iter().zip(&before).enumerate() {
                prop_assert!(value >= previous, "{previous} to {value}: {:?}", now.series()[i]);
            }
            before = now.values().to_vec();
        }
    }
}
