//! Which series each module shows, from its first scrape on.

use modules::{exposition::FamilyKind, lie::Metric};
use sim::{label::Label, world};

use crate::shown::{EPOCH_UNIX_MS, Shown, module, modules};

#[test]
fn every_series_is_there_from_the_start() {
    // prompt-manager: 12 operations, 6 x 17 durations, 6 tokens, 3 cost, 36 errors, 2 cache, 3 verdicts, 3 limits.
    // prompt-security: 6 operations, 3 x 15 durations, 3 verdicts, 18 injections, 32 events, 3 limits, 15 errors,
    // 4 tokens, 2 cost.
    // llm-provider: 6 operations, 3 x 17 durations, 18 requests, 9 x 17 durations, 9 x 22 first tokens, 27 tokens,
    // 9 cost, 40 errors. Each: build info and start time.
    for (name, n_series) in [
        (world::Module::PromptManager, 167 + 2),
        (world::Module::PromptSecurity, 128 + 2),
        (world::Module::LlmProvider, 502 + 2),
    ] {
        assert_eq!(Shown::by(&mut module(name, None)).0.len(), n_series, "{name}");
    }
}

#[test]
fn every_count_begins_at_zero() {
    for name in modules() {
        for ((series, labels), value) in Shown::by(&mut module(name, None)).0 {
            let expected = match &series[..] {
                "process_start_time_seconds" => EPOCH_UNIX_MS as f64 / 1e3,
                _ if series.ends_with("_build_info") => 1.0,
                _ => 0.0,
            };
            assert_eq!(value, expected, "{series} {labels:?}");
        }
    }
}

#[test]
fn metrics_are_shown_in_the_order_of_the_contract() {
    for name in modules() {
        let mut module = module(name, None);
        let exposition = module.scrape().unwrap();
        let shown: Vec<String> = exposition
            .families()
            .iter()
            .map(|family| match family.kind {
                FamilyKind::Counter => format!("{}_total", family.name),
                _ => family.name.to_string(),
            })
            .collect();
        let mut expected: Vec<String> = Metric::ALL
            .iter()
            .filter(|metric| metric.module() == name)
            .map(|metric| metric.to_string())
            .collect();
        expected.push(format!("{}_build_info", name.prefix()));
        expected.push("process_start_time_seconds".to_owned());
        assert_eq!(shown, expected);
    }
}

#[test]
fn labels_are_those_of_the_contract() {
    let expected = [
        ("prompt_manager_operations_total", "operation status"),
        ("prompt_manager_operation_duration_seconds_count", "operation"),
        ("prompt_manager_tokens_total", "model type"),
        ("prompt_manager_cost_total", "model"),
        ("prompt_manager_errors_total", "operation error_type"),
        ("prompt_manager_cache_requests_total", "result"),
        ("prompt_manager_security_validation_total", "result"),
        ("prompt_manager_rate_limit_hits_total", "limit"),
        ("prompt_security_operations_total", "operation status"),
        ("prompt_security_operation_duration_seconds_bucket", "operation le"),
        ("prompt_security_validations_total", "result"),
        ("prompt_security_injections_detected_total", "type severity"),
        ("prompt_security_events_total", "event_type severity"),
        ("prompt_security_rate_limit_hits_total", "limit"),
        ("prompt_security_errors_total", "operation error_type"),
        ("prompt_security_tokens_total", "model type"),
        ("prompt_security_cost_total", "model"),
        ("llm_provider_operations_total", "operation status"),
        ("llm_provider_operation_duration_seconds_sum", "operation"),
        ("llm_provider_requests_total", "provider model status"),
        ("llm_provider_request_duration_seconds_bucket", "provider model le"),
        ("llm_provider_time_to_first_token_seconds_bucket", "provider model le"),
        ("llm_provider_tokens_total", "provider model type"),
        ("llm_provider_cost_total", "provider model"),
        ("llm_provider_errors_total", "provider error_type"),
        ("llm_provider_build_info", "version revision"),
        ("process_start_time_seconds", ""),
    ];
    let mut modules: Vec<_> = modules().map(|name| module(name, None)).collect();
    let shown: Vec<_> = modules
        .iter_mut()
        .flat_map(|module| module.scrape().unwrap().series())
        .map(|series| (&series.name[..], &series.labels))
        .collect();
    for (name, expected) in expected {
        let mut seen = shown.iter().filter(|(its_name, _)| *its_name == name).peekable();
        assert!(seen.peek().is_some(), "{name} is not shown");
        for (_, labels) in seen {
            let names: Vec<_> = labels.iter().map(|(name, _)| *name).collect();
            assert_eq!(names.join(" "), expected, "{name}");
        }
    }
}
