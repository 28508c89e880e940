//! The `timeline` part of a scenario file, as it is written: one key for each kind of incident.

use fake_modules::world::{
    Module,
    llm::{Deployment, Provider},
};
use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_json::json;

use super::traffic::Nothing;
use crate::{
    document::{Field, Part},
    scenario::values::{Count, Factor, Name, Series, Share, Span},
};

/// Every kind of incident, in the order of [`fake_modules::incident::IncidentKind`].
pub(in crate::scenario) const INCIDENTS: [&str; 16] = [
    "provider_outage",
    "provider_latency",
    "provider_throttling",
    "injection_attack",
    "cache_flush",
    "model_shift",
    "price_missing",
    "guard_slow",
    "guard_bypassed",
    "traffic_stop",
    "module_down",
    "module_restart",
    "module_removed",
    "metric_renamed",
    "cardinality_growth",
    "metrics_slow",
];

/// Something that goes wrong: when, for how long, and exactly one incident.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "incident", transform = one_incident)]
pub(in crate::scenario) struct RawEntry {
    /// When it begins.
    #[schemars(required)]
    pub(in crate::scenario) at: Option<Field<Span>>,
    /// How long it lasts. Not with `cache_flush`, which is an instant.
    #[serde(rename = "for")]
    pub(in crate::scenario) lasts: Option<Field<Span>>,
    /// A provider answers 5xx, times out or cannot be reached.
    pub(in crate::scenario) provider_outage: Option<Part<RawOutage>>,
    /// A provider answers slowly.
    pub(in crate::scenario) provider_latency: Option<Part<RawLatency>>,
    /// A provider lowers our limits; requests beyond them get 429 and a retry-after.
    pub(in crate::scenario) provider_throttling: Option<Part<RawThrottling>>,
    /// More prompts are attacks.
    pub(in crate::scenario) injection_attack: Option<Part<RawAttack>>,
    /// The response cache is emptied and fills again.
    pub(in crate::scenario) cache_flush: Option<Part<Nothing>>,
    /// Traffic moves to one model, typically a dearer one.
    pub(in crate::scenario) model_shift: Option<Part<RawShift>>,
    /// llm-provider does not know a model's price and records no cost for it.
    pub(in crate::scenario) price_missing: Option<Part<RawDeployment>>,
    /// prompt-security answers slowly.
    pub(in crate::scenario) guard_slow: Option<Part<RawFactor>>,
    /// prompt-manager asks prompt-security no more (fail-open).
    pub(in crate::scenario) guard_bypassed: Option<Part<Nothing>>,
    /// No caller calls.
    pub(in crate::scenario) traffic_stop: Option<Part<Nothing>>,
    /// A copy of a module, or all of them, is down; its counters begin at 0 afterwards.
    pub(in crate::scenario) module_down: Option<Part<RawCopies>>,
    /// A copy of a module, or all of them, is replaced by a new process, which takes this long to start.
    pub(in crate::scenario) module_restart: Option<Part<RawCopies>>,
    /// A module is taken out of service: its copies stop, and nobody scrapes them any more.
    pub(in crate::scenario) module_removed: Option<Part<RawModule>>,
    /// A module shows its operations counter under another name.
    pub(in crate::scenario) metric_renamed: Option<Part<RawModule>>,
    /// A module shows series with an unbounded label.
    pub(in crate::scenario) cardinality_growth: Option<Part<RawGrowth>>,
    /// A module takes long to show its metrics; beyond the scrape timeout it counts as down.
    pub(in crate::scenario) metrics_slow: Option<Part<RawSlow>>,
}

/// Says in the schema that exactly one kind of incident stands in an entry.
fn one_incident(schema: &mut Schema) {
    let alternatives: Vec<_> = INCIDENTS.iter().map(|kind| json!({ "required": [kind] })).collect();
    schema.insert("oneOf".to_owned(), alternatives.into());
}

/// A provider's outage.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "provider_outage")]
pub(in crate::scenario) struct RawOutage {
    /// Which provider.
    #[schemars(required)]
    pub(in crate::scenario) provider: Option<Field<Name<Provider>>>,
    /// The share of its requests that fail.
    #[schemars(required)]
    pub(in crate::scenario) failing: Option<Field<Share>>,
}

/// A provider's slowness.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "provider_latency")]
pub(in crate::scenario) struct RawLatency {
    /// Which provider.
    #[schemars(required)]
    pub(in crate::scenario) provider: Option<Field<Name<Provider>>>,
    /// What time to first token and time per token are multiplied by.
    #[schemars(required)]
    pub(in crate::scenario) factor: Option<Field<Factor>>,
}

/// A provider's lowered limits.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "provider_throttling")]
pub(in crate::scenario) struct RawThrottling {
    /// Which provider.
    #[schemars(required)]
    pub(in crate::scenario) provider: Option<Field<Name<Provider>>>,
    /// The share of the normal limits that is left.
    #[schemars(required)]
    pub(in crate::scenario) capacity: Option<Field<Share>>,
}

/// An attack.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "injection_attack")]
pub(in crate::scenario) struct RawAttack {
    /// The share of prompts that are attacks.
    #[schemars(required)]
    pub(in crate::scenario) share: Option<Field<Share>>,
}

/// Traffic that moves.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "model_shift")]
pub(in crate::scenario) struct RawShift {
    /// The deployment that it moves to.
    #[schemars(required)]
    pub(in crate::scenario) to: Option<Field<Name<Deployment>>>,
    /// The share of requests that move.
    #[schemars(required)]
    pub(in crate::scenario) share: Option<Field<Share>>,
}

/// One deployment.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "of_deployment")]
pub(in crate::scenario) struct RawDeployment {
    /// Which deployment.
    #[schemars(required)]
    pub(in crate::scenario) deployment: Option<Field<Name<Deployment>>>,
}

/// One factor.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "by_factor")]
pub(in crate::scenario) struct RawFactor {
    /// What its latencies are multiplied by.
    #[schemars(required)]
    pub(in crate::scenario) factor: Option<Field<Factor>>,
}

/// Copies of a module.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "of_copies")]
pub(in crate::scenario) struct RawCopies {
    /// Which module.
    #[schemars(required)]
    pub(in crate::scenario) module: Option<Field<Name<Module>>>,
    /// Which copy of it, from 0. Default: all of them.
    pub(in crate::scenario) replica: Option<Field<Count>>,
}

/// One module.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "of_module")]
pub(in crate::scenario) struct RawModule {
    /// Which module.
    #[schemars(required)]
    pub(in crate::scenario) module: Option<Field<Name<Module>>>,
}

/// Series beyond the contract.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "cardinality_growth")]
pub(in crate::scenario) struct RawGrowth {
    /// Which module.
    #[schemars(required)]
    pub(in crate::scenario) module: Option<Field<Name<Module>>>,
    /// How many such series.
    #[schemars(required)]
    pub(in crate::scenario) series: Option<Field<Series>>,
}

/// Slow metrics.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "metrics_slow")]
pub(in crate::scenario) struct RawSlow {
    /// Which module.
    #[schemars(required)]
    pub(in crate::scenario) module: Option<Field<Name<Module>>>,
    /// How long a scrape takes.
    #[schemars(required)]
    pub(in crate::scenario) takes: Option<Field<Span>>,
}
