//! The `traffic` part of a scenario file, as it is written.

use schemars::JsonSchema;
use serde::Deserialize;

use prom::document::{Field, Part};

use crate::values::{Factor, ProfileName, Rate, Span, Weight};

/// The requests that reach the application: generated from a profile, or replayed from a trace.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "traffic")]
pub(crate) struct RawTraffic {
    /// The kind of traffic: tokens, arrival pattern, tenants, hours of the day, cache and failure shares.
    #[schemars(required)]
    pub(crate) profile: Option<Field<ProfileName>>,
    /// The normal rate, for which limits and capacities are sized. Not with `trace`, which has a rate of its own.
    pub(crate) rate: Option<Field<Rate>>,
    /// The course of the rate, phase after phase. Default: the normal rate throughout.
    pub(crate) shape: Option<Part<Vec<Part<RawPhase>>>>,
    /// Bursts on top of the shape.
    pub(crate) bursts: Option<Part<Vec<Part<RawBurst>>>>,
    /// A recorded trace to replay instead of generated requests.
    pub(crate) trace: Option<Part<RawTrace>>,
}

/// A stretch of the rate's course; exactly one of constant, ramp, diurnal and stop. Numbers multiply the normal rate.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "phase")]
pub(crate) struct RawPhase {
    /// How long it lasts; the last phase may leave it out and lasts until the end.
    #[serde(rename = "for")]
    pub(crate) lasts: Option<Field<Span>>,
    /// The same rate throughout, as a multiple of the normal rate.
    pub(crate) constant: Option<Field<Weight>>,
    /// From one rate to another in a straight line.
    pub(crate) ramp: Option<Part<RawRamp>>,
    /// The hours of the profile's day; the number is the day's mean as a multiple of the normal rate.
    pub(crate) diurnal: Option<Field<Factor>>,
    /// No requests at all.
    pub(crate) stop: Option<Part<Nothing>>,
}

/// From one rate to another in a straight line, as multiples of the normal rate.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ramp")]
pub(crate) struct RawRamp {
    /// At the start.
    #[schemars(required)]
    pub(crate) from: Option<Field<Weight>>,
    /// At the end.
    #[schemars(required)]
    pub(crate) to: Option<Field<Weight>>,
}

/// Nothing to say.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "nothing", extend("type" = ["object", "null"]))]
pub(crate) struct Nothing {}

/// A burst: the rate times a factor for a while.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "burst")]
pub(crate) struct RawBurst {
    /// When it begins.
    #[schemars(required)]
    pub(crate) at: Option<Field<Span>>,
    /// How long it lasts.
    #[serde(rename = "for")]
    #[schemars(required)]
    pub(crate) lasts: Option<Field<Span>>,
    /// What the rate is multiplied by.
    #[schemars(required)]
    pub(crate) factor: Option<Field<Factor>>,
}

/// A recorded trace. Sizes and instants are the trace's, tenants and cache hits the profile's.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "trace")]
pub(crate) struct RawTrace {
    /// The file's name; it is looked for in the directory given by `--trace-dir`.
    #[schemars(required)]
    pub(crate) file: Option<Field<String>>,
    /// Where the file can be had.
    #[schemars(required)]
    pub(crate) source: Option<Field<String>>,
    /// Whether it joins several recordings, each with a clock of its own. Default false.
    pub(crate) joined: Option<Field<bool>>,
    /// How many times faster than recorded it is replayed. Default 1.
    pub(crate) speed: Option<Field<Factor>>,
    /// Where the replayed part begins, in the trace's own time. Default 0s.
    pub(crate) from: Option<Field<Span>>,
    /// Where the replayed part ends, in the trace's own time. Default: at its end.
    pub(crate) to: Option<Field<Span>>,
    /// Whether it begins anew after its end. Default false.
    #[serde(rename = "loop")]
    pub(crate) loops: Option<Field<bool>>,
}
