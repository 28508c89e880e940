//! What a panel shows of the frames that its queries gave.
//!
//! Frames go through the panel's transformations and field configuration, and its type
//! says what of them is seen. It must not know which numbers are right.
//! Variables of the dashboard are written into the panel before it comes here.

mod buckets;
mod legend;
mod plot;
mod stack;
mod table;
mod values;

use jiff::tz::TimeZone;
use serde_json::Value;

use crate::config::ColourMode;
use crate::frame::{Frame, Scalar};
use crate::members::UNJUDGED;
use crate::overrides::{self, FieldConfigSource};
use crate::threshold::Thresholds;
use crate::{Colour, NotModelled, transform};

pub use table::Footer;

/// A text that is printed, or what of it is not modelled.
pub type Text = Result<String, NotModelled>;

/// What a panel shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    /// Single numbers: stat, gauge, bar gauge, pie chart.
    Values(Vec<ShownValue>),
    /// Series over time: time series, state timeline, status history, heatmap.
    Series(Vec<ShownSeries>),
    /// Rows: table, bar chart, histogram.
    Table(ShownTable),
    /// Nothing that is judged, by the panel's type: a text, a log, a map, a list.
    Unjudged(String),
}

/// One number of a panel.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownValue {
    /// The name that the value has; `None` of "No data".
    pub title: Option<String>,
    /// The name as it is read beside the number.
    pub name: Option<String>,
    /// The number's text; `None` where the panel shows none.
    pub text: Option<Text>,
    /// The text of the change since the first value.
    pub change: Option<String>,
    /// The text of the share of all values.
    pub percent: Option<String>,
    /// The number itself; NaN of what is none.
    pub number: f64,
    /// The colour; `None` where the panel shows none.
    pub colour: Option<Colour>,
    /// How full a gauge or bar is, 0 to 1.
    pub share: Option<f64>,
}

/// One moment of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Milliseconds since 1970 UTC.
    pub time: f64,
    /// The value of the field.
    pub value: Scalar,
    /// Its text.
    pub text: Text,
    /// Its colour by value.
    pub colour: Colour,
    /// The number at which it is drawn: stacked, negated; `None` of a gap and out of view.
    pub drawn: Option<f64>,
}

/// One series of a panel.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownSeries {
    /// Its name.
    pub name: String,
    /// The query that it is of.
    pub ref_id: Option<String>,
    /// Whether the name is read in a legend or beside the series.
    pub named: bool,
    /// Headings and texts of the legend.
    pub legend: Vec<(String, Text)>,
    /// What is written on its axis.
    pub axis: Option<String>,
    /// The colour of the series.
    pub colour: Colour,
    /// Lines that are drawn at values, by their colours.
    pub thresholds: Vec<(f64, String)>,
    /// Its moments in their order.
    pub points: Vec<Point>,
}

/// One cell of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Its value.
    pub value: Scalar,
    /// Its text.
    pub text: Text,
    /// Its colour, where the column shows one.
    pub colour: Option<Colour>,
}

/// A table in the order in which it is read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ShownTable {
    /// The headings; `None` where they are not shown.
    pub headings: Vec<Option<String>>,
    /// The names of the columns, shown or not.
    pub columns: Vec<String>,
    /// The rows, each with a cell for each column.
    pub rows: Vec<Vec<Cell>>,
    /// What stands below each column.
    pub footers: Vec<Footer>,
    /// How many frames are seen only when another one is chosen.
    pub other_frames: usize,
}

/// What the panel shows of the frames, to a reader in a time zone.
///
/// # Errors
///
/// For what is not modelled. Members that are not in the list of [`crate::members`] are
/// not looked at here; whoever judges asks for them first.
pub fn shown(panel: &Value, frames: &[Frame], zone: &TimeZone) -> Result<Shown, NotModelled> {
    let kind = panel.get("type").and_then(Value::as_str).unwrap_or_default();
    if UNJUDGED.contains(&kind) {
        return Ok(Shown::Unjudged(format!("type {kind}")));
    }
    let colours = default_colours(kind).ok_or_else(|| NotModelled::new(format!("type {kind}")))?;
    let hidden = hidden_targets(panel);
    let is_asked = |frame: &&Frame| !frame.ref_id.as_deref().is_some_and(|id| hidden.contains(&id));
    let frames: Vec<Frame> = frames.iter().filter(is_asked).cloned().collect();
    let empty = Vec::new();
    let transformations = panel.get("transformations").and_then(Value::as_array).unwrap_or(&empty);
    let frames = transform::apply(frames, transformations, zone)?;

    let mut source = FieldConfigSource::read(panel.get("fieldConfig").unwrap_or(&Value::Null))?;
    source.defaults.thresholds.get_or_insert_with(Thresholds::of_new_panels);
    if source.defaults.colour.as_ref().is_none_or(|colour| colour.mode.is_empty()) {
        source.defaults.colour = Some(ColourMode { mode: colours.to_owned(), fixed: None });
    }
    let drawn = Drawn { kind, options: panel.get("options").unwrap_or(&Value::Null), source, zone };
    match kind {
        "histogram" => buckets::histogram(&drawn, &frames).map(Shown::Table),
        _ => {
            let frames = overrides::apply(&frames, &drawn.source)?;
            match kind {
                "timeseries" => plot::time_series(&drawn, &frames).map(Shown::Series),
                "table" => table::table(&drawn, &frames).map(Shown::Table),
                "barchart" => buckets::bar_chart(&drawn, &frames).map(Shown::Table),
                "state-timeline" | "status-history" | "heatmap" => {
                    plot::timeline(&drawn, &frames).map(Shown::Series)
                }
                _ => values::values(&drawn, &frames).map(Shown::Values),
            }
        }
    }
}

/// A panel that is drawn: its type, options and field configuration, and its reader.
struct Drawn<'a> {
    kind: &'a str,
    options: &'a Value,
    source: FieldConfigSource,
    zone: &'a TimeZone,
}

impl Drawn<'_> {
    /// An option by its path.
    fn option(&self, path: &str) -> Option<&Value> {
        path.split('.').try_fold(self.options, |value, name| value.get(name))
    }

    fn text(&self, path: &str) -> Option<&str> {
        self.option(path)?.as_str()
    }

    fn flag(&self, path: &str) -> bool {
        self.option(path).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The texts of a list.
    fn list(&self, path: &str) -> Vec<&str> {
        let list = self.option(path).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }
}

/// Where colours come from in a panel of a type that says nothing of it.
fn default_colours(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "timeseries" | "barchart" | "piechart" | "histogram" => "palette-classic",
        "state-timeline" => "continuous-GrYlRd",
        "stat" | "gauge" | "bargauge" | "table" | "status-history" | "heatmap" => "thresholds",
        _ => return None,
    })
}

/// The ids of the targets that are not asked.
fn hidden_targets(panel: &Value) -> Vec<&str> {
    let targets = panel.get("targets").and_then(Value::as_array).into_iter().flatten();
    targets
        .filter(|target| target.get("hide") == Some(&Value::Bool(true)))
        .filter_map(|target| target.get("refId")?.as_str())
        .collect()
}
