//! The names of all metrics that count events: the one place where a name can be changed.
//!
//! Convention: `{module}_…`, base units, `_total` for counters. What a metric means stands at its registration.

use sim::{
    label::{Label, labels},
    world::Module,
};

labels! {
    /// A metric that counts or measures events.
    Metric = "metric" {
        /// Counter.
        ManagerOperations = "prompt_manager_operations_total",
        /// Histogram.
        ManagerOperationDuration = "prompt_manager_operation_duration_seconds",
        /// Counter.
        ManagerTokens = "prompt_manager_tokens_total",
        /// Counter.
        ManagerCost = "prompt_manager_cost_total",
        /// Counter.
        ManagerErrors = "prompt_manager_errors_total",
        /// Counter.
        ManagerCacheRequests = "prompt_manager_cache_requests_total",
        /// Counter.
        ManagerSecurityValidation = "prompt_manager_security_validation_total",
        /// Counter.
        ManagerRateLimitHits = "prompt_manager_rate_limit_hits_total",

        /// Counter.
        SecurityOperations = "prompt_security_operations_total",
        /// Histogram.
        SecurityOperationDuration = "prompt_security_operation_duration_seconds",
        /// Counter.
        SecurityValidations = "prompt_security_validations_total",
        /// Counter.
        SecurityInjectionsDetected = "prompt_security_injections_detected_total",
        /// Counter.
        SecurityEvents = "prompt_security_events_total",
        /// Counter.
        SecurityRateLimitHits = "prompt_security_rate_limit_hits_total",
        /// Counter.
        SecurityErrors = "prompt_security_errors_total",
        /// Counter.
        SecurityTokens = "prompt_security_tokens_total",
        /// Counter.
        SecurityCost = "prompt_security_cost_total",

        /// Counter.
        LlmOperations = "llm_provider_operations_total",
        /// Histogram.
        LlmOperationDuration = "llm_provider_operation_duration_seconds",
        /// Counter.
        LlmRequests = "llm_provider_requests_total",
        /// Histogram.
        LlmRequestDuration = "llm_provider_request_duration_seconds",
        /// Histogram.
        LlmTimeToFirstToken = "llm_provider_time_to_first_token_seconds",
        /// Counter.
        LlmTokens = "llm_provider_tokens_total",
        /// Counter.
        LlmCost = "llm_provider_cost_total",
        /// Counter.
        LlmErrors = "llm_provider_errors_total",
    }
}

impl Metric {
    /// The module that shows it.
    #[must_use]
    pub fn module(self) -> Module {
        let shows = |module: &Module| self.as_str().starts_with(module.prefix());
        Module::ALL.iter().copied().find(shows).expect("every name begins with a module's prefix")
    }

    /// Its name without a counter's `_total`, as OpenMetrics names families.
    pub(crate) fn family_name(self) -> &'static str {
        self.as_str().trim_end_matches("_total")
    }
}
