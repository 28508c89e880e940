//! How many notifications the people on call get for the alerts that fire.
//!
//! Without a configuration of Alertmanager, each alert is one. This is the one place that knows.

use crate::client::answer::Labels;

/// An alert that fired.
#[derive(Clone, Debug, PartialEq)]
pub struct Fired {
    /// Its labels.
    pub labels: Labels,
    /// Firing from here, in Unix milliseconds.
    pub firing_ms: i64,
    /// Until here; `None` if it did not end.
    pub ended_ms: Option<i64>,
}

/// The notifications of alerts that fired.
#[must_use]
pub fn notifications(fired: &[Fired]) -> usize {
    fired.len()
}
