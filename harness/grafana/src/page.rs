//! A dashboard as the page has it: what Dashproof reads of it, and its JSON as it was stored.
//!
//! The page copies members of a target into its request that nothing else here looks at, so the
//! JSON is kept beside the dashboard.
//! Knows nothing of requests.

use std::path::Path;

use monitoring::grafana::dashboard::{self, Dashboard, Panel};
use prom::problem::Problem;
use serde_json::{Map, Value};

/// A dashboard and its JSON.
#[derive(Debug, Clone)]
pub struct Page {
    /// What is read of it.
    pub dashboard: Dashboard,
    json: Value,
}

impl Page {
    /// Reads a dashboard's JSON, from a file or from Grafana's API; `file` is only for messages.
    ///
    /// # Errors
    /// All problems of the text.
    pub fn parse(file: &Path, text: &str) -> Result<Page, Vec<Problem>> {
        let dashboard = dashboard::parse(file, text)?;
        // Whatever a dashboard is read of is JSON.
        let json = serde_json::from_str(text).unwrap_or_default();
        Ok(Page { dashboard, json })
    }

    /// The panel with an id, and the members of its targets as stored, in the order of its targets.
    #[must_use]
    pub fn panel(&self, id: i64) -> Option<(&Panel, Vec<&Map<String, Value>>)> {
        let panel = self.dashboard.panels.iter().find(|panel| panel.id == id)?;
        let json = panels(&self.json).find(|panel| panel["id"].as_i64() == Some(id));
        let targets = json.and_then(|panel| panel["targets"].as_array());
        Some((panel, targets.into_iter().flatten().filter_map(Value::as_object).collect()))
    }
}

/// All panels, those of collapsed rows included.
fn panels(json: &Value) -> impl Iterator<Item = &Value> {
    let outer = json["panels"].as_array().map_or(&[][..], Vec::as_slice);
    outer.iter().flat_map(|panel| {
        let inner = panel["panels"].as_array().map_or(&[][..], Vec::as_slice);
        std::iter::once(panel).chain(inner)
    })
}
