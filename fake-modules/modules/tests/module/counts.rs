//! Each kind of event moves exactly the series that the contract says, by exactly its amount.

use sim::{
    event::{EventKind, LlmTokens},
    time::Nanos,
    world::{
        Limit,
        llm::{Deployment, LlmError, LlmOperation},
        manager::{CacheResult, ManagerError, ManagerModel, ManagerOperation, ManagerVerdict},
        security::{
            EventSeverity, EventType, InjectionSeverity, InjectionType, SecurityError,
            SecurityModel, SecurityOperation, SecurityVerdict,
        },
    },
};

use crate::shown::{Shown, at_second, module};

/// Asserts that one event moves these series, written as in PromQL, and no others. Buckets are checked by the one that
/// the observation falls into: those above must move by as much.
#[track_caller]
fn check(kind: EventKind, expected: &[(&str, f64)]) {
    let mut module = module(kind.module(), None);
    let before = Shown::by(&mut module);
    module.observe(&at_second(1, kind));
    let after = Shown::by(&mut module);
    let mut moved = Vec::new();
    for (((name, labels), value), previous) in after.0.iter().zip(before.0.values()) {
        if value != previous {
            let labels: Vec<_> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
            moved.push((format!("{name}{{{}}}", labels.join(",")), value - previous));
        }
    }
    let mut expected: Vec<_> =
        expected.iter().map(|(series, by)| (series.to_string(), *by)).collect();
    expected.sort_by(|a, b| a.0.cmp(&b.0));
    moved.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(moved, expected, "{kind:?}");
}

#[test]
fn prompt_manager_counts_what_happened() {
    let operation = ManagerOperation::Execute;
    let duration = Nanos::from_millis(50_000);
    let seconds = "prompt_manager_operation_duration_seconds";
    let observed = [
        (&*format!("{seconds}_bucket{{le=81.92,operation=execute}}"), 1.0),
        (&*format!("{seconds}_bucket{{le=+Inf,operation=execute}}"), 1.0),
        (&*format!("{seconds}_sum{{operation=execute}}"), 50.0),
        (&*format!("{seconds}_count{{operation=execute}}"), 1.0),
    ];
    let ok = [("prompt_manager_operations_total{operation=execute,status=success}", 1.0)];
    check(
        EventKind::ManagerOperation { operation, error: None, duration },
        &[&observed[..], &ok].concat(),
    );
    let failed = [
        ("prompt_manager_operations_total{operation=execute,status=error}", 1.0),
        ("prompt_manager_errors_total{error_type=upstream,operation=execute}", 1.0),
    ];
    let error = Some(ManagerError::Upstream);
    check(
        EventKind::ManagerOperation { operation, error, duration },
        &[&observed[..], &failed].concat(),
    );
    check(
        EventKind::CacheLookup(CacheResult::Miss),
        &[("prompt_manager_cache_requests_total{result=miss}", 1.0)],
    );
    check(
        EventKind::ManagerValidation(ManagerVerdict::Blocked),
        &[("prompt_manager_security_validation_total{result=blocked}", 1.0)],
    );
    check(
        EventKind::ManagerLimit(Limit::Tokens),
        &[("prompt_manager_rate_limit_hits_total{limit=tokens}", 1.0)],
    );
    check(
        // 1,000 tokens at 0.40 USD and 500 at 1.60 USD per million.
        EventKind::ManagerUsage { model: ManagerModel::Reviewer, input: 1_000, output: 500 },
        &[
            ("prompt_manager_tokens_total{model=gpt-4.1-mini,type=input}", 1_000.0),
            ("prompt_manager_tokens_total{model=gpt-4.1-mini,type=output}", 500.0),
            ("prompt_manager_cost_total{model=gpt-4.1-mini}", 0.0012),
        ],
    );
}

#[test]
fn prompt_security_counts_what_happened() {
    let operation = SecurityOperation::ScanOutput;
    let duration = Nanos::from_millis(5_000);
    let seconds = "prompt_security_operation_duration_seconds";
    let observed = [
        // Equal to the bound, so in its bucket.
        (&*format!("{seconds}_bucket{{le=5.0,operation=scan_output}}"), 1.0),
        (&*format!("{seconds}_bucket{{le=+Inf,operation=scan_output}}"), 1.0),
        (&*format!("{seconds}_sum{{operation=scan_output}}"), 5.0),
        (&*format!("{seconds}_count{{operation=scan_output}}"), 1.0),
    ];
    let ok = [("prompt_security_operations_total{operation=scan_output,status=success}", 1.0)];
    check(
        EventKind::SecurityOperation { operation, error: None, duration },
        &[&observed[..], &ok].concat(),
    );
    let failed = [
        ("prompt_security_operations_total{operation=scan_output,status=error}", 1.0),
        ("prompt_security_errors_total{error_type=model_error,operation=scan_output}", 1.0),
    ];
    let error = Some(SecurityError::ModelError);
    check(
        EventKind::SecurityOperation { operation, error, duration },
        &[&observed[..], &failed].concat(),
    );
    check(
        EventKind::Validation(SecurityVerdict::Blocked),
        &[("prompt_security_validations_total{result=blocked}", 1.0)],
    );
    check(
        EventKind::Injection {
            injection: InjectionType::PromptLeak,
            severity: InjectionSeverity::Medium,
        },
        &[("prompt_security_injections_detected_total{severity=medium,type=prompt_leak}", 1.0)],
    );
    check(
        EventKind::SecurityEvent { event_type: EventType::Pii, severity: EventSeverity::High },
        &[("prompt_security_events_total{event_type=pii,severity=high}", 1.0)],
    );
    check(
        EventKind::SecurityLimit(Limit::Requests),
        &[("prompt_security_rate_limit_hits_total{limit=requests}", 1.0)],
    );
    check(
        // 2,000 tokens at 0.15 USD and 100 at 0.60 USD per million.
        EventKind::SecurityUsage { model: SecurityModel::Judge, input: 2_000, output: 100 },
        &[
            ("prompt_security_tokens_total{model=gpt-4o-mini,type=input}", 2_000.0),
            ("prompt_security_tokens_total{model=gpt-4o-mini,type=output}", 100.0),
            ("prompt_security_cost_total{model=gpt-4o-mini}", 0.000_36),
        ],
    );
}

#[test]
fn llm_provider_counts_operations_without_their_attempts() {
    let seconds = "llm_provider_operation_duration_seconds";
    let duration = Nanos::from_millis(60_000);
    check(
        EventKind::LlmOperation { operation: LlmOperation::Chat, failed: true, duration },
        &[
            (&*format!("{seconds}_bucket{{le=81.92,operation=chat}}"), 1.0),
            (&*format!("{seconds}_bucket{{le=+Inf,operation=chat}}"), 1.0),
            (&*format!("{seconds}_sum{{operation=chat}}"), 60.0),
            (&*format!("{seconds}_count{{operation=chat}}"), 1.0),
            ("llm_provider_operations_total{operation=chat,status=error}", 1.0),
        ],
    );
}

#[test]
fn llm_provider_counts_requests_with_tokens_and_cost_of_a_known_price() {
    let labels = "model=claude-sonnet-4-6,provider=anthropic";
    let seconds = "llm_provider_request_duration_seconds";
    let first_token = "llm_provider_time_to_first_token_seconds";
    let tokens = LlmTokens { input: 1_000, cached_input: 2_000, output: 300 };
    let request = |error, first_token, priced| EventKind::LlmRequest {
        deployment: Deployment::AnthropicSonnet,
        error,
        duration: Nanos::from_millis(82_000),
        first_token,
        tokens,
        priced,
    };
    let always = [
        (&*format!("{seconds}_bucket{{le=+Inf,{labels}}}"), 1.0),
        (&*format!("{seconds}_sum{{{labels}}}"), 82.0),
        (&*format!("{seconds}_count{{{labels}}}"), 1.0),
        (&*format!("llm_provider_tokens_total{{{labels},type=input}}"), 1_000.0),
        (&*format!("llm_provider_tokens_total{{{labels},type=cached_input}}"), 2_000.0),
        (&*format!("llm_provider_tokens_total{{{labels},type=output}}"), 300.0),
    ];
    let succeeded = [
        (&*format!("llm_provider_requests_total{{{labels},status=success}}"), 1.0),
        (&*format!("{first_token}_bucket{{le=80.0,{labels}}}"), 1.0),
        (&*format!("{first_token}_bucket{{le=+Inf,{labels}}}"), 1.0),
        (&*format!("{first_token}_sum{{{labels}}}"), 40.5),
        (&*format!("{first_token}_count{{{labels}}}"), 1.0),
        // 3.00, 0.30 and 15.00 USD per million.
        (&*format!("llm_provider_cost_total{{{labels}}}"), 0.0081),
    ];
    let first_token = Some(Nanos::from_millis(40_500));
    check(request(None, first_token, true), &[&always[..], &succeeded].concat());
    let failed = [
        (&*format!("llm_provider_requests_total{{{labels},status=error}}"), 1.0),
        ("llm_provider_errors_total{error_type=timeout,provider=anthropic}", 1.0),
    ];
    check(request(Some(LlmError::Timeout), None, false), &[&always[..], &failed].concat());
}
