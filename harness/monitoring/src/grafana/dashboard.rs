//! A provisioned v1 dashboard, as far as checks, roads and judgement need it.
//!
//! [`load_dir`] and [`parse`] make these values; nothing here is interpolated or
//! resolved yet, texts are as in the file.
//! Panels of rows, collapsed or not, are in the one list `panels`; rows are not panels.
//! Invariant: every panel has an id and a type, every target a refId.

use std::collections::BTreeMap;
use std::path::PathBuf;

mod load;
mod read;

pub use crate::grafana::reference::DatasourceRef;
pub use crate::grafana::variables::definition::{Variable, VariableKind};
pub use load::{load_dir, parse, read};
pub use read::LIBRARY_PANEL;

/// One dashboard file.
#[derive(Debug, Clone, PartialEq)]
pub struct Dashboard {
    /// The file, as it was named to the parser.
    pub file: PathBuf,
    /// Stable identity, which links and contracts use; empty where the file has none.
    pub uid: String,
    /// Title as shown.
    pub title: String,
    /// The numeric `id`, which a provisioned file should leave out.
    pub id: Option<i64>,
    /// Variables in the order in which they are resolved.
    pub variables: Vec<Variable>,
    /// Default time range.
    pub time: TimeRange,
    /// Panels, those of rows included, in reading order of the file.
    pub panels: Vec<Panel>,
    /// Annotation queries with an expression.
    pub annotations: Vec<Annotation>,
    /// Rows as written, without their panels.
    pub rows: Vec<serde_json::Value>,
    /// Links to other dashboards, as written.
    pub links: Vec<serde_json::Value>,
    /// Words that someone's export or `sed` template left in the file.
    pub placeholders: Vec<Placeholder>,
}

/// A time range as written, e.g. `now-6h` to `now`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeRange {
    /// Start.
    pub from: String,
    /// End.
    pub to: String,
}

/// A word such as `${DS_PROMETHEUS}`, which file provisioning does not replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// Line in the file, from 1.
    pub line: usize,
    /// The word.
    pub text: String,
}

/// Events drawn over graphs, taken from a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// Line in the file, from 1.
    pub line: Option<usize>,
    /// Name as shown.
    pub name: String,
    /// Expression.
    pub expr: String,
    /// Where it is asked.
    pub datasource: Option<DatasourceRef>,
}

/// One panel.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Line of the panel's start in the file, from 1.
    pub line: Option<usize>,
    /// Identity within the dashboard.
    pub id: i64,
    /// Title as written.
    pub title: String,
    /// What the panel means, for its reader; may be empty.
    pub description: String,
    /// Visualisation, e.g. `timeseries`.
    pub kind: String,
    /// Title of the row that holds it.
    pub row: Option<String>,
    /// Data source of targets that name none.
    pub datasource: Option<DatasourceRef>,
    /// Queries, hidden ones included.
    pub targets: Vec<Target>,
    /// Defaults for all fields.
    pub field: FieldConfig,
    /// Exceptions from the defaults.
    pub overrides: Vec<Override>,
    /// How one number is made of a series (stat, gauge, bar gauge, pie chart).
    pub reduce: ReduceOptions,
    /// "Min interval" of the query options.
    pub min_interval: Option<String>,
    /// "Max data points" of the query options.
    pub max_data_points: Option<u32>,
    /// Ids of the transformations in their order, disabled ones left out.
    pub transformations: Vec<String>,
    /// Names that `organize` gives to fields, by their own.
    pub renames: BTreeMap<String, String>,
    /// Variable over whose values the panel is repeated.
    pub repeat: Option<String>,
    /// Time range of its own (`timeFrom`), e.g. `24h`.
    pub time_from: Option<String>,
    /// Shift into the past (`timeShift`), e.g. `1d`.
    pub time_shift: Option<String>,
    /// Place on the grid.
    pub position: GridPosition,
    /// The panel as written, for whoever judges all of its members.
    pub json: serde_json::Value,
}

/// Place and size on the grid of 24 columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GridPosition {
    /// Column of the left edge.
    pub x: i64,
    /// Row of the upper edge.
    pub y: i64,
    /// Width in columns.
    pub width: i64,
    /// Height in rows.
    pub height: i64,
}

/// One query of a panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Line in the file, from 1.
    pub line: Option<usize>,
    /// Name within the panel.
    pub ref_id: String,
    /// Expression; empty for targets of other than Prometheus data sources.
    pub expr: String,
    /// Legend template; empty where none is set.
    pub legend_format: String,
    /// Whether a range, an instant or both are asked.
    pub kind: QueryKind,
    /// Shape of the answer.
    pub format: QueryFormat,
    /// "Min step".
    pub min_step: Option<String>,
    /// Deprecated multiplier of the step.
    pub interval_factor: u32,
    /// Asked, but not shown.
    pub hide: bool,
    /// Data source of its own.
    pub datasource: Option<DatasourceRef>,
}

/// What a target asks for. Neither flag set means a range (`Parse` in promlib's query.go).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryKind {
    /// `/api/v1/query_range`.
    Range,
    /// `/api/v1/query` at the end of the range.
    Instant,
    /// Both, as two queries.
    Both,
}

/// Shape of the answer (`format`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QueryFormat {
    /// One frame per series.
    #[default]
    TimeSeries,
    /// One table with a column per label.
    Table,
    /// Buckets, de-cumulated.
    Heatmap,
}

/// `fieldConfig.defaults`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FieldConfig {
    /// Unit id, e.g. `reqps`.
    pub unit: Option<String>,
    /// Digits after the point.
    pub decimals: Option<i64>,
    /// Thresholds, lowest first.
    pub thresholds: Vec<Threshold>,
    /// Value mappings, as written.
    pub mappings: Vec<serde_json::Value>,
    /// Text for "no data".
    pub no_value: Option<String>,
    /// Name that overrules the legend.
    pub display_name: Option<String>,
}

/// One step of a threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// Lower bound; `None` for the base.
    pub value: Option<f64>,
    /// Colour name or code.
    pub color: String,
}

/// One entry of `fieldConfig.overrides`.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    /// How fields are matched, e.g. `byName`.
    pub matcher: String,
    /// Argument of the matcher, as written.
    pub options: serde_json::Value,
    /// What is set: property id and value, as written.
    pub properties: Vec<(String, serde_json::Value)>,
}

/// `options.reduceOptions`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReduceOptions {
    /// Reducer ids; empty where the panel states none.
    pub calcs: Vec<String>,
    /// Every row is shown instead of one number per series.
    pub values: bool,
    /// Regular expression over field names; empty for numeric fields.
    pub fields: String,
}
