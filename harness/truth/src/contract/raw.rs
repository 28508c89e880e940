//! The contract file as it is written; what it means is decided in [`super::read`].

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    AlertClass, Window,
    alert_raw::RawAlert,
    values::{Bound, Figure, Multiple, Places, Quantile, Yes, Zero},
};
use prom::document::{Field, Part, Table};

use crate::quantity::Quantity;

/// What a dashboard, or the recording rules, must show.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "A Dashproof contract", rename = "contract")]
pub(super) struct RawFile {
    /// The dashboard's uid. Not in a contract of recording rules.
    pub(super) dashboard: Option<Field<String>>,
    /// Dashboard variable, and the label whose values it chooses from.
    pub(super) variables: Option<Part<Table<String, String>>>,
    /// What each panel must show, by its title.
    pub(super) panels: Option<Part<BTreeMap<String, Part<RawPanel>>>>,
    /// What each recorded metric must hold, by its name.
    pub(super) rules: Option<Part<BTreeMap<String, Part<RawTarget>>>>,
    /// Alerts that no scenario can prove, by name: `always` for one that must fire at every evaluation, `live` for
    /// one about the monitoring system itself, which only faults of a running one raise.
    pub(super) alerts: Option<Part<Table<String, AlertClass>>>,
    /// What each alert is meant to say, by its name: condition and guards, timing, labels, who is told, texts.
    pub(super) specifications: Option<Part<BTreeMap<String, Part<RawAlert>>>>,
}

/// What a panel must show.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "panel")]
pub(super) struct RawPanel {
    /// The unit in Grafana's terms, such as `reqps`. Default: what the quantity has, such as dollars, seconds, a share,
    /// something per second.
    pub(super) unit: Option<Field<String>>,
    /// Units of single targets (refId) where they differ from the panel's.
    pub(super) units: Option<Part<Table<String, String>>>,
    /// How one number is made of a series, where the panel shows one number.
    pub(super) reducer: Option<Field<String>>,
    /// The words that stand for values, such as `"0": DOWN`.
    pub(super) mappings: Option<Part<Table<String, String>>>,
    /// The panel's type. Default: timeseries; stat where a moment or a reducer is asked; table without legends.
    #[serde(rename = "type")]
    pub(super) kind: Option<Field<String>>,
    /// Places behind the decimal point. Default: as many as the number needs.
    pub(super) decimals: Option<Field<Places>>,
    /// The colours of numbers, each from its number on, `base` below all: `{ base: green, "0.1": red }`.
    pub(super) colours: Option<Part<Table<String, String>>>,
    /// Series stand on each other.
    pub(super) stacked: Option<Field<Yes>>,
    /// Series that are 0 throughout are left out.
    pub(super) hides_zero: Option<Field<Yes>>,
    /// The reducers beside the names of series, or below columns.
    pub(super) beside: Option<Part<Vec<Field<String>>>>,
    /// Headings of a table by refId or label, where they are others than the quantity's or the label's name.
    pub(super) headings: Option<Part<Table<String, String>>>,
    /// What each target must answer, by its refId.
    #[schemars(required)]
    pub(super) targets: Option<Part<BTreeMap<String, Part<RawTarget>>>>,
}

/// What a target or a recording rule must answer: exactly one of the kinds, and what goes with it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "target")]
pub(super) struct RawTarget {
    /// How much per second there was of these, added up.
    pub(super) rate: Option<Part<Vec<Field<Quantity>>>>,
    /// How much there was of these, added up.
    pub(super) increase: Option<Part<Vec<Field<Quantity>>>>,
    /// The share of what `counting` admits in these; absent where there is none of them.
    pub(super) ratio: Option<Part<Vec<Field<Quantity>>>>,
    /// What those of `ratio` are a share of, where the two are counted apart. Default: the same, without `counting`.
    pub(super) out_of: Option<Part<Vec<Field<Quantity>>>>,
    /// A quantile (0 to 1) of the durations in `of`; absent where there is none.
    pub(super) quantile: Option<Field<Quantile>>,
    /// The share of the durations in `of` above this bucket bound in seconds; absent where there is none.
    pub(super) share_above: Option<Field<Bound>>,
    /// Whether all copies of a module answer: 1, else 0; -1 where there is none.
    pub(super) health: Option<Field<Yes>>,
    /// Figures that the configuration states, by the value of the one label in `by`.
    pub(super) constant: Option<Part<Table<String, Figure>>>,

    /// The durations of a quantile or a share.
    pub(super) of: Option<Part<Vec<Field<Quantity>>>>,
    /// What the part of a ratio fulfils beside `where`.
    pub(super) counting: Option<Part<Table<String, String>>>,
    /// Labels that must have these values.
    #[serde(rename = "where")]
    pub(super) conditions: Option<Part<Table<String, String>>>,
    /// The labels by which it is added up; `module` may be one.
    pub(super) by: Option<Part<Vec<Field<String>>>>,
    /// A factor on the result, such as 3600 for "per hour".
    pub(super) times: Option<Field<Multiple>>,
    /// Whether a zero is shown (the default) or left out.
    pub(super) zero: Option<Field<Zero>>,
    /// The window before each instant.
    pub(super) over: Option<Field<Window>>,
    /// Asked once, at the range's end, rather than over the range.
    pub(super) instant: Option<Field<Yes>>,
    /// The legend, with `{{label}}` for a label's value. None for a table.
    pub(super) legend: Option<Field<String>>,
}
