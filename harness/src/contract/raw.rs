//! The contract file as it is written; what it means is decided in [`super`].

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::Spanned;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFile {
    /// The dashboard's uid; absent in a contract of recording rules.
    pub(super) dashboard: Option<String>,
    /// Dashboard variable → label whose values it chooses from.
    #[serde(default)]
    pub(super) variables: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) panels: BTreeMap<String, Spanned<RawPanel>>,
    /// Recorded metric → what it holds.
    #[serde(default)]
    pub(super) rules: BTreeMap<String, Spanned<RawTarget>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPanel {
    pub(super) unit: String,
    /// Units of single targets where they differ from the panel's.
    #[serde(default)]
    pub(super) units: BTreeMap<String, String>,
    pub(super) reducer: Option<String>,
    pub(super) targets: BTreeMap<String, Spanned<RawTarget>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTarget {
    // Exactly one of these.
    pub(super) rate: Option<Vec<String>>,
    pub(super) increase: Option<Vec<String>>,
    pub(super) ratio: Option<Vec<String>>,
    pub(super) quantile: Option<f64>,
    pub(super) share_above: Option<f64>,
    pub(super) health: Option<bool>,
    pub(super) constant: Option<BTreeMap<String, f64>>,

    /// The duration of a quantile or a share.
    pub(super) of: Option<Vec<String>>,
    /// The numerator's further condition, for a ratio.
    #[serde(default)]
    pub(super) counting: BTreeMap<String, String>,
    #[serde(default, rename = "where")]
    pub(super) conditions: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) by: Vec<String>,
    pub(super) times: Option<f64>,
    pub(super) zero: Option<String>,
    pub(super) over: Option<String>,
    #[serde(default)]
    pub(super) instant: bool,
    pub(super) legend: Option<String>,
}
