//! The `expect` part of a scenario file, as it is written.

use schemars::JsonSchema;
use serde::Deserialize;

use prom::document::{Field, Part, Table};

use crate::values::Span;

/// What is expected beside what the simulation's own ledger says. (Values of panels are never stated here.)
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "expect")]
pub(crate) struct RawExpect {
    /// Which alerts fire, and which stay silent.
    pub(crate) alerts: Option<Part<Vec<Part<RawAlert>>>>,
}

/// An alert that fires, or one that stays silent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "alert")]
pub(crate) struct RawAlert {
    /// The alert that fires.
    pub(crate) fires: Option<Field<String>>,
    /// How long after the first incident's start it fires at the latest.
    pub(crate) within: Option<Field<Span>>,
    /// Labels that the firing alert has.
    pub(crate) labels: Option<Part<Table<String, String>>>,
    /// How long after the last incident's end it has resolved at the latest.
    pub(crate) resolves: Option<Field<Span>>,
    /// The receiver in alertmanager.yml that is told of the firing alert.
    pub(crate) told: Option<Field<String>>,
    /// The alert that never fires, or `everything else`.
    pub(crate) silent: Option<Field<String>>,
}
