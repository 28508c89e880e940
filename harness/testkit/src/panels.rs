//! The panels' queries and what their mutants need to know of metrics: for tests that mutate them.

use std::collections::BTreeMap;

use rules::mutate::{Metric, MutationContext};

/// Queries of the kinds that the four dashboards ask, each with a name of its own.
pub const PANELS: &[(&str, &str)] = &[
    (
        "overview: total operations",
        "sum(increase({__name__=~\"(prompt_manager|prompt_security|llm_provider)_operations_total\"}[$__range]))",
    ),
    (
        "overview: operations per second",
        "sum by (module) (rate({__name__=~\"(prompt_manager|prompt_security|llm_provider)_operations_total\"}[$__rate_interval]))",
    ),
    (
        "overview: cost by module",
        "sum by (module) (increase({__name__=~\"(prompt_manager|prompt_security|llm_provider)_cost_total\"}[$__range]))",
    ),
    (
        "overview: module health",
        "min by (module) (up{module!=\"\"}) or on (module) (0 * module:slo_error_budget:ratio - 1)",
    ),
    ("overview: injections", "sum(increase(prompt_security_injections_detected_total[$__range]))"),
    (
        "overview: blocked",
        "sum(increase(prompt_security_validations_total{result=\"blocked\"}[$__range]))",
    ),
    (
        "overview: rate limit hits",
        "sum(increase({__name__=~\"(prompt_manager|prompt_security)_rate_limit_hits_total\"}[$__range]))",
    ),
    (
        "overview: usage by model",
        "sum by (provider, model) (increase(llm_provider_requests_total[$__range]))",
    ),
    (
        "overview: cost by provider",
        "sum by (provider) (increase(llm_provider_cost_total[$__range]))",
    ),
    (
        "manager: operations per second",
        "sum by (operation) (rate(prompt_manager_operations_total[$__rate_interval]))",
    ),
    (
        "manager: duration",
        "histogram_quantile(0.95, sum by (operation, le) (rate(prompt_manager_operation_duration_seconds_bucket[$__rate_interval]))) >= 0",
    ),
    (
        "manager: tokens",
        "sum by (model, type) (rate(prompt_manager_tokens_total[$__rate_interval]))",
    ),
    ("manager: cost", "sum by (model) (rate(prompt_manager_cost_total[$__rate_interval])) * 3600"),
    (
        "manager: cache hit ratio",
        "sum(rate(prompt_manager_cache_requests_total{result=\"hit\"}[$__rate_interval])) / (sum(rate(prompt_manager_cache_requests_total[$__rate_interval])) > 0)",
    ),
    (
        "manager: security validations",
        "sum by (result) (rate(prompt_manager_security_validation_total[$__rate_interval]))",
    ),
    (
        "manager: rate limit hits",
        "sum by (limit) (rate(prompt_manager_rate_limit_hits_total[$__rate_interval]))",
    ),
    (
        "security: validations per second",
        "sum by (result) (rate(prompt_security_validations_total[$__rate_interval]))",
    ),
    (
        "security: validation duration",
        "histogram_quantile(0.95, sum by (le) (rate(prompt_security_operation_duration_seconds_bucket{operation=\"validate\"}[$__rate_interval]))) >= 0",
    ),
    (
        "security: injections",
        "sum by (type) (increase(prompt_security_injections_detected_total[$__rate_interval]))",
    ),
    (
        "security: rate limit hits",
        "sum by (limit) (rate(prompt_security_rate_limit_hits_total[$__rate_interval]))",
    ),
    (
        "security: success rate",
        "sum(rate(prompt_security_validations_total{result=\"passed\"}[$__rate_interval])) / (sum(rate(prompt_security_validations_total[$__rate_interval])) > 0)",
    ),
    (
        "security: event timeline",
        "sum by (event_type, severity) (increase(prompt_security_events_total[$__interval])) > 0",
    ),
    (
        "provider: requests per second",
        "sum by (provider) (rate(llm_provider_requests_total[$__rate_interval]))",
    ),
    (
        "provider: duration",
        "histogram_quantile(0.95, sum by (provider, le) (rate(llm_provider_request_duration_seconds_bucket[$__rate_interval]))) >= 0",
    ),
    (
        "provider: tokens",
        "sum by (provider, type) (rate(llm_provider_tokens_total[$__rate_interval]))",
    ),
    (
        "provider: cost",
        "sum by (provider) (rate(llm_provider_cost_total[$__rate_interval])) * 3600",
    ),
    (
        "provider: error rate",
        "sum by (provider) (rate(llm_provider_requests_total{status=\"error\"}[$__rate_interval])) / (sum by (provider) (rate(llm_provider_requests_total[$__rate_interval])) > 0)",
    ),
    (
        "provider: distribution",
        "sum by (provider) (increase(llm_provider_requests_total[$__range]))",
    ),
    (
        "provider: errors",
        "sum by (provider, error_type) (rate(llm_provider_errors_total[$__rate_interval]))",
    ),
];

/// Metrics, labels and values of the contract, as far as the panels name them.
pub fn contract() -> MutationContext {
    let mut metrics = BTreeMap::new();
    let mut add = |name: &str, labels: &[(&str, &str)], siblings: &[&str]| {
        let values = |text: &str| text.split(' ').map(str::to_owned).collect();
        // Two replicas of each module.
        let labels = labels.iter().chain(&[("instance", "a b")]);
        metrics.insert(
            name.to_owned(),
            Metric {
                labels: labels.map(|&(label, text)| (label.to_owned(), values(text))).collect(),
                siblings: siblings.iter().map(|&sibling| sibling.to_owned()).collect(),
            },
        );
    };
    let module = ("module", "prompt-manager prompt-security llm-provider");
    let operation = ("operation", "validate sanitize scan_output");
    let result = ("result", "passed blocked error");
    let provider = ("provider", "openai anthropic azure_openai local other");
    let (model, status) = (("model", "gpt-4o gpt-4o-mini"), ("status", "success error"));
    let (kind, limit) = (("type", "input output"), ("limit", "requests tokens cost"));
    let le = ("le", "0.1 0.2 0.4 0.8 +Inf");
    add("up", &[module], &[]);
    // One module is known by its budget alone: it was never scraped.
    let budgets = ("module", "prompt-manager prompt-security llm-provider absent");
    add("module:slo_error_budget:ratio", &[budgets], &[]);
    add("prompt_manager_operations_total", &[module, ("operation", "render execute"), status], &[]);
    add("prompt_manager_operation_duration_seconds_bucket", &[module, operation, le], &[]);
    add("prompt_manager_tokens_total", &[module, model, kind], &[]);
    add("prompt_manager_cost_total", &[module, model], &[]);
    add("prompt_manager_cache_requests_total", &[module, ("result", "hit miss")], &[]);
    add(
        "prompt_manager_security_validation_total",
        &[module, ("result", "allowed blocked error")],
        &[],
    );
    add(
        "prompt_manager_rate_limit_hits_total",
        &[module, limit],
        &["prompt_security_rate_limit_hits_total"],
    );
    add("prompt_security_operations_total", &[module, operation, status], &[]);
    add("prompt_security_operation_duration_seconds_bucket", &[module, operation, le], &[]);
    add(
        "prompt_security_validations_total",
        &[module, result],
        &["prompt_manager_security_validation_total"],
    );
    add(
        "prompt_security_injections_detected_total",
        &[module, ("type", "direct other"), ("severity", "low high")],
        &[],
    );
    add(
        "prompt_security_events_total",
        &[module, ("event_type", "pii other"), ("severity", "low high")],
        &[],
    );
    add(
        "prompt_security_rate_limit_hits_total",
        &[module, limit],
        &["prompt_manager_rate_limit_hits_total"],
    );
    add("prompt_security_cost_total", &[module, model], &[]);
    add("llm_provider_operations_total", &[module, ("operation", "chat embedding"), status], &[]);
    add("llm_provider_requests_total", &[module, provider, model, status], &[]);
    add(
        "llm_provider_request_duration_seconds_bucket",
        &[module, provider, model, le],
        &["llm_provider_time_to_first_token_seconds_bucket"],
    );
    add("llm_provider_tokens_total", &[module, provider, model, kind], &[]);
    add("llm_provider_cost_total", &[module, provider, model], &[]);
    add("llm_provider_errors_total", &[module, provider, ("error_type", "timeout other")], &[]);

    let variables = [("__range", "3600s"), ("__rate_interval", "1m0s"), ("__interval", "1m")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    MutationContext { variables, metrics }
}

/// The expression as an engine gets it.
pub fn interpolated(expr: &str) -> String {
    expr.replace("$__rate_interval", "1m0s")
        .replace("$__range", "3600s")
        .replace("$__interval", "1m")
}
