//! Thresholds: the colour that a value, or its share of a range, has.
//!
//! It must not know panels. Source: `getActiveThreshold` of `@grafana/data`.

use serde_json::Value;

use crate::config::numeric;

/// The colour where there is no threshold at all.
pub const FALLBACK: &str = "#808080";

/// A colour from a value on.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// From which value on; the browser takes null for 0 when it compares.
    pub value: f64,
    /// The colour by the name that the dashboard has for it.
    pub colour: String,
}

/// Steps in their order, of values or of percents of the range.
#[derive(Debug, Clone, PartialEq)]
pub struct Thresholds {
    /// Whether steps are percents of the range between smallest and largest value.
    pub percentage: bool,
    /// The steps as the dashboard has them; the browser does not sort them.
    pub steps: Vec<Step>,
}

impl Thresholds {
    /// Of the member `thresholds`; `None` of what is none.
    pub fn read(value: &Value) -> Option<Self> {
        let steps = value.get("steps")?.as_array()?;
        Some(Self {
            percentage: value.get("mode").and_then(Value::as_str) == Some("percentage"),
            steps: steps.iter().map(step).collect(),
        })
    }

    /// What a panel has that says nothing: green, and red from 80 on.
    pub fn of_new_panels() -> Self {
        let step = |value, colour: &str| Step { value, colour: colour.to_owned() };
        Self { percentage: false, steps: vec![step(f64::NEG_INFINITY, "green"), step(80.0, "red")] }
    }

    /// The colour of a value, of which `share` is its share of the range.
    pub fn colour(&self, value: f64, share: f64) -> &str {
        let value = if self.percentage { share * 100.0 } else { value };
        active(&self.steps, value)
    }
}

fn step(value: &Value) -> Step {
    let from = match value.get("value") {
        Some(Value::String(text)) if text == "-Infinity" => f64::NEG_INFINITY,
        Some(other) => numeric(other).unwrap_or(0.0),
        None => f64::NAN,
    };
    let colour = value.get("color").and_then(Value::as_str).unwrap_or_default().to_owned();
    Step { value: from, colour }
}

/// The colour of the last step before the first that the value does not reach.
pub fn active(steps: &[Step], value: f64) -> &str {
    let Some(first) = steps.first() else { return FALLBACK };
    steps.iter().take_while(|step| value >= step.value).last().unwrap_or(first).colour.as_str()
}
