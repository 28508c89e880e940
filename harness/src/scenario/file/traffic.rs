//! The `traffic` part of a scenario file, as it is written.

use fake_modules::traffic::Profile;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    document::{Field, Part},
    scenario::values::{Factor, Rate, Span, Weight},
};

/// The requests that reach the application: generated from a profile, or replayed from a trace.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "traffic")]
pub(in crate::scenario) struct RawTraffic {
    /// The kind of traffic: tokens, arrival pattern, tenants, hours of the day, cache and failure shares.
    #[schemars(required)]
    pub(in crate::scenario) profile: Option<Field<Profile>>,
    /// The normal rate, for which limits and capacities are sized. Not with `trace`, which has a rate of its own.
    pub(in crate::scenario) rate: Option<Field<Rate>>,
    /// The course of the rate, phase after phase. Default: the normal rate throughout.
    pub(in crate::scenario) shape: Option<Part<Vec<Part<RawPhase>>>>,
    /// Bursts on top of the shape.
    pub(in crate::scenario) bursts: Option<Part<Vec<Part<RawBurst>>>>,
    /// A recorded trace to replay instead of generated requests.
    pub(in crate::scenario) trace: Option<Part<RawTrace>>,
}

/// A stretch of the rate's course; exactly one of constant, ramp, diurnal and stop. Numbers multiply the normal rate.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "phase")]
pub(in crate::scenario) struct RawPhase {
    /// How long it lasts; the last phase may leave it out and lasts until the end.
    #[serde(rename = "for")]
    pub(in crate::scenario) lasts: Option<Field<Span>>,
    /// The same rate throughout, as a multiple of the normal rate.
    pub(in crate::scenario) constant: Option<Field<Weight>>,
    /// From one rate to another in a straight line.
    pub(in crate::scenario) ramp: Option<Part<RawRamp>>,
    /// The hours of the profile's day; the number is the day's mean as a multiple of the normal rate.
    pub(in crate::scenario) diurnal: Option<Field<Factor>>,
    /// No requests at all.
    pub(in crate::scenario) stop: Option<Part<Nothing>>,
}

/// From one rate to another in a straight line, as multiples of the normal rate.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ramp")]
pub(in crate::scenario) struct RawRamp {
    /// At the start.
    #[schemars(required)]
    pub(in crate::scenario) from: Option<Field<Weight>>,
    /// At the end.
    #[schemars(required)]
    pub(in crate::scenario) to: Option<Field<Weight>>,
}

/// Nothing to say.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "nothing", extend("type" = ["object", "null"]))]
pub(in crate::scenario) struct Nothing {}

/// A burst: the rate times a factor for a while.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "burst")]
pub(in crate::scenario) struct RawBurst {
    /// When it begins.
    #[schemars(required)]
    pub(in crate::scenario) at: Option<Field<Span>>,
    /// How long it lasts.
    #[serde(rename = "for")]
    #[schemars(required)]
    pub(in crate::scenario) lasts: Option<Field<Span>>,
    /// What the rate is multiplied by.
    #[schemars(required)]
    pub(in crate::scenario) factor: Option<Field<Factor>>,
}

/// A recorded trace. Sizes and instants are the trace's, tenants and cache hits the profile's.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "trace")]
pub(in crate::scenario) struct RawTrace {
    /// The file's name; it is looked for in the directory given by `--trace-dir`.
    #[schemars(required)]
    pub(in crate::scenario) file: Option<Field<String>>,
    /// Where the file can be had.
    #[schemars(required)]
    pub(in crate::scenario) source: Option<Field<String>>,
    /// Whether it joins several recordings, each with a clock of its own. Default false.
    pub(in crate::scenario) joined: Option<Field<bool>>,
    /// How many times faster than recorded it is replayed. Default 1.
    pub(in crate::scenario) speed: Option<Field<Factor>>,
    /// Where the replayed part begins, in the trace's own time. Default 0s.
    pub(in crate::scenario) from: Option<Field<Span>>,
    /// Where the replayed part ends, in the trace's own time. Default: at its end.
    pub(in crate::scenario) to: Option<Field<Span>>,
    /// Whether it begins anew after its end. Default false.
    #[serde(rename = "loop")]
    pub(in crate::scenario) loops: Option<Field<bool>>,
}
