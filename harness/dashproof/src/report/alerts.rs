//! What a campaign found out about alert rules, and how it is shown: as text, JSON or SVG.
//!
//! [`model`] turns records into one value; each renderer is a function from it to a string and decides nothing.

mod build;
pub mod model;
pub mod svg;
pub mod text;

pub use model::AlertsReport;

/// The report for programs.
///
/// # Panics
/// Never: the model has text keys only.
#[must_use]
pub fn json(report: &AlertsReport) -> String {
    serde_json::to_string_pretty(report).expect("the model has text keys only") + "\n"
}
