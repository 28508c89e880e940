//! What a panel shows on purpose beside its numbers: its type, colours, stacking, and what stands beside the names.
//!
//! Whatever is not stated here is expected to be plain. It must not know Grafana's files.

use std::collections::BTreeMap;

/// What is seen on purpose, and would be unproven if the contract did not say so.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DisplayContract {
    /// The panel's type; `None` for a time series, or a stat where one moment or a reducer is asked, or a table where
    /// targets have no legend.
    pub kind: Option<String>,
    /// Places behind the decimal point; `None` for as many as the number needs.
    pub decimals: Option<i64>,
    /// The colour of a number from this one on, ascending; the first is of everything below (-infinity) if there is
    /// one.
    pub colours: Vec<(f64, String)>,
    /// Whether series stand on each other.
    pub stacked: bool,
    /// Whether series that are 0 throughout are left out.
    pub hides_zero: bool,
    /// The reducers beside the names of series or below columns, in their order.
    pub beside: Vec<String>,
    /// Headings of a table, by refId or label, where they are others than the quantity's or the label's own.
    pub headings: BTreeMap<String, String>,
}

/// Colours as they are written, by a number or `base`; `Err` has a key that is neither.
pub(super) fn colours(table: BTreeMap<String, String>) -> Result<Vec<(f64, String)>, String> {
    let mut colours = Vec::new();
    for (from, colour) in table {
        let number = if from == "base" { Some(f64::NEG_INFINITY) } else { from.parse().ok() };
        match number.filter(|number: &f64| !number.is_nan()) {
            Some(number) => colours.push((number, colour)),
            None => return Err(from),
        }
    }
    colours.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(colours)
}

impl DisplayContract {
    /// The colour that a number should have; `None` where the contract states none.
    #[must_use]
    pub fn colour(&self, number: f64) -> Option<&str> {
        let below = self.colours.iter().rev().find(|(from, _)| *from <= number);
        below.map(|(_, colour)| colour.as_str())
    }
}
