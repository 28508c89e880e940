//! The `timeline` part of a scenario file, as it is written: one key for each kind of incident.

use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_json::json;
use sim::world::{
    Module,
    llm::{Deployment, Provider},
};

use super::traffic::Nothing;
use prom::document::{Field, Part};

use crate::values::{Count, Factor, Name, Series, Share, Span};

/// Every kind of incident, in the order of [`sim::incident::IncidentKind`].
pub(crate) const INCIDENTS: [&str; 16] = [
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
pub(crate) struct RawEntry {
    /// When it begins.
    #[schemars(required)]
    pub(crate) at: Option<Field<Span>>,
    /// How long it lasts. Not with `cache_flush`, which is an instant.
    #[serde(rename = "for")]
    pub(crate) lasts: Option<Field<Span>>,
    /// A provider answers 5xx, times out or cannot be reached.
    pub(crate) provider_outage: Option<Part<RawOutage>>,
    /// A provider answers slowly.
    pub(crate) provider_latency: Option<Part<RawLatency>>,
    /// A provider lowers our limits; requests beyond them get 429 and a retry-after.
    pub(crate) provider_throttling: Option<Part<RawThrottling>>,
    /// More prompts are attacks.
    pub(crate) injection_attack: Option<Part<RawAttack>>,
    /// The response cache is emptied and fills again.
    pub(crate) cache_flush: Option<Part<Nothing>>,
    /// Traffic moves to one model, typically a dearer one.
    pub(crate) model_shift: Option<Part<RawShift>>,
    /// llm-provider does not know a model's price and records no cost for it.
    pub(crate) price_missing: Option<Part<RawDeployment>>,
    /// prompt-security answers slowly.
    pub(crate) guard_slow: Option<Part<RawFactor>>,
    /// prompt-manager asks prompt-security no more (fail-open).
    pub(crate) guard_bypassed: Option<Part<Nothing>>,
    /// No caller calls.
    pub(crate) traffic_stop: Option<Part<Nothing>>,
    /// A copy of a module, or all of them, is down; its counters begin at 0 afterwards.
    pub(crate) module_down: Option<Part<RawCopies>>,
    /// A copy of a module, or all of them, is replaced by a new process, which takes this long to start.
    pub(crate) module_restart: Option<Part<RawCopies>>,
    /// A module is taken out of service: its copies stop, and nobody scrapes them any more.
    pub(crate) module_removed: Option<Part<RawModule>>,
    /// A module shows its operations counter under another name.
    pub(crate) metric_renamed: Option<Part<RawModule>>,
    /// A module shows series with an unbounded label.
    pub(crate) cardinality_growth: Option<Part<RawGrowth>>,
    /// A module takes long to show its metrics; beyond the scrape timeout it counts as down.
    pub(crate) metrics_slow: Option<Part<RawSlow>>,
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
pub(crate) struct RawOutage {
    /// Which provider.
    #[schemars(required)]
    pub(crate) provider: Option<Field<Name<Provider>>>,
    /// The share of its requests that fail.
    #[schemars(required)]
    pub(crate) failing: Option<Field<Share>>,
}

/// A provider's slowness.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "provider_latency")]
pub(crate) struct RawLatency {
    /// Which provider.
    #[schemars(required)]
    pub(crate) provider: Option<Field<Name<Provider>>>,
    /// What time to first token and time per token are multiplied by.
    #[schemars(required)]
    pub(crate) factor: Option<Field<Factor>>,
}

/// A provider's lowered limits.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "provider_throttling")]
pub(crate) struct RawThrottling {
    /// Which provider.
    #[schemars(required)]
    pub(crate) provider: Option<Field<Name<Provider>>>,
    /// The share of the normal limits that is left.
    #[schemars(required)]
    pub(crate) capacity: Option<Field<Share>>,
}

/// An attack.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "injection_attack")]
pub(crate) struct RawAttack {
    /// The share of prompts that are attacks.
    #[schemars(required)]
    pub(crate) share: Option<Field<Share>>,
}

/// Traffic that moves.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "model_shift")]
pub(crate) struct RawShift {
    /// The deployment that it moves to.
    #[schemars(required)]
    pub(crate) to: Option<Field<Name<Deployment>>>,
    /// The share of requests that move.
    #[schemars(required)]
    pub(crate) share: Option<Field<Share>>,
}

/// One deployment.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "of_deployment")]
pub(crate) struct RawDeployment {
    /// Which deployment.
    #[schemars(required)]
    pub(crate) deployment: Option<Field<Name<Deployment>>>,
}

/// One factor.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "by_factor")]
pub(crate) struct RawFactor {
    /// What its latencies are multiplied by.
    #[schemars(required)]
    pub(crate) factor: Option<Field<Factor>>,
}

/// Copies of a module.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "of_copies")]
pub(crate) struct RawCopies {
    /// Which module.
    #[schemars(required)]
    pub(crate) module: Option<Field<Name<Module>>>,
    /// Which copy of it, from 0. Default: all of them.
    pub(crate) replica: Option<Field<Count>>,
}

/// One module.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "of_module")]
pub(crate) struct RawModule {
    /// Which module.
    #[schemars(required)]
    pub(crate) module: Option<Field<Name<Module>>>,
}

/// Series beyond the contract.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "cardinality_growth")]
pub(crate) struct RawGrowth {
    /// Which module.
    #[schemars(required)]
    pub(crate) module: Option<Field<Name<Module>>>,
    /// How many such series.
    #[schemars(required)]
    pub(crate) series: Option<Field<Series>>,
}

/// Slow metrics.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "metrics_slow")]
pub(crate) struct RawSlow {
    /// Which module.
    #[schemars(required)]
    pub(crate) module: Option<Field<Name<Module>>>,
    /// How long a scrape takes.
    #[schemars(required)]
    pub(crate) takes: Option<Field<Span>>,
}
