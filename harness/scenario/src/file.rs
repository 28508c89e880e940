//! A scenario file as it is written: its keys, and what editors say about each.
//!
//! First of two stages: everything is optional here and nothing is judged; [`super::check`] says what is missing or
//! does not fit. The doc comments below are what an editor shows.

mod expect;
mod timeline;
mod traffic;

pub(super) use expect::{RawAlert, RawExpect};
pub(super) use timeline::{RawEntry, RawParameters, incident_keys};
pub(super) use traffic::{RawBurst, RawPhase, RawTrace, RawTraffic};

use schemars::JsonSchema;
use serde::Deserialize;
use sim::world::{
    Module,
    llm::{Deployment, LlmOperation},
    manager::ManagerOperation,
};

use prom::document::{Field, Part, Table};

use crate::{
    Pace, ScrapePhase,
    values::{Copies, Count, Instant, Name, Share, Span, Weight},
};

/// A story that Dashproof simulates and judges every dashboard by.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Dashproof scenario")]
pub(super) struct RawScenario {
    /// The story in one sentence.
    #[schemars(required)]
    pub(super) about: Option<Field<String>>,
    /// The seed of everything random; the same seed gives the same events. Default 1.
    pub(super) seed: Option<Field<Count>>,
    /// When the story begins, in UTC; the hour of the day decides the diurnal rate. Default 2026-01-05T00:00:00Z.
    pub(super) epoch: Option<Field<Instant>>,
    /// How long the story is.
    #[schemars(required)]
    pub(super) duration: Option<Field<Span>>,
    /// The requests that reach the application.
    #[schemars(required)]
    pub(super) traffic: Option<Part<RawTraffic>>,
    /// How many copies of a module run, by module. Default 1 each.
    pub(super) replicas: Option<Part<Table<Name<Module>, Copies>>>,
    /// When each target is scraped within its interval: at an instant drawn from the seed (default), or at 0, where
    /// sample times meet the ends of query windows.
    pub(super) scrape_phase: Option<Field<ScrapePhase>>,
    /// How fast everything around a live story goes: scrapes every half second and the timings of rules and routes a
    /// thirtieth (`short`, default), or as shipped. Stories in virtual time always go as shipped.
    pub(super) pace: Option<Field<Pace>>,
    /// What differs from the world that the profile describes.
    pub(super) world: Option<Part<RawWorld>>,
    /// What goes wrong, when and for how long.
    pub(super) timeline: Option<Part<Vec<Part<RawEntry>>>>,
    /// What the alerts are expected to do.
    pub(super) expect: Option<Part<RawExpect>>,
}

/// What differs from the world that the profile describes. Weights replace those of the names that are given; the
/// other names keep theirs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "world")]
pub(super) struct RawWorld {
    /// The share of prompts that are attacks.
    pub(super) attacks: Option<Field<Share>>,
    /// The share of attacks that the guard detects.
    pub(super) detection: Option<Field<Share>>,
    /// The share of benign prompts that the guard blocks.
    pub(super) false_positives: Option<Field<Share>>,
    /// The share of requests that fail at a provider for reasons other than limits.
    pub(super) provider_failures: Option<Field<Share>>,
    /// The shares of look-ups that the response caches answer.
    pub(super) cache_hits: Option<Part<RawCacheHits>>,
    /// Weights of prompt-manager's operations.
    pub(super) operations: Option<Part<Table<Name<ManagerOperation>, Weight>>>,
    /// Weights of llm-provider's operations.
    pub(super) llm_operations: Option<Part<Table<Name<LlmOperation>, Weight>>>,
    /// Weights of the deployments that serve requests.
    pub(super) deployments: Option<Part<Table<Name<Deployment>, Weight>>>,
}

/// The shares of look-ups that the response caches answer; together at most 1.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "cache_hits")]
pub(super) struct RawCacheHits {
    /// The exact cache's.
    pub(super) exact: Option<Field<Share>>,
    /// The semantic cache's, beyond those of the exact one.
    pub(super) semantic: Option<Field<Share>>,
}
