//! Totals for whoever watches a story: requests, tokens, spend.
//!
//! Counted from the events themselves. For people only: verdicts are made of the ledger, which this is not.

use serde::Serialize;
use sim::event::{Event, EventKind};

/// What has happened so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    requests: u64,
    failed: u64,
    tokens: u64,
    nano_usd: u64,
}

/// A tally in the units of people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Totals {
    /// Operations that prompt-manager finished.
    pub requests: u64,
    /// Of them, those that failed.
    pub failed: u64,
    /// Tokens that providers charged.
    pub tokens: u64,
    /// What they charged, in US dollars.
    pub cost_usd: f64,
}

impl Tally {
    /// Adds an event.
    pub fn observe(&mut self, event: &Event) {
        match event.kind {
            EventKind::ManagerOperation { error, .. } => {
                self.requests += 1;
                self.failed += u64::from(error.is_some());
            }
            EventKind::LlmRequest { deployment, tokens, .. } => {
                let price = deployment.model().price();
                let parts = [
                    (tokens.input, price.input),
                    (tokens.cached_input, price.cached_input),
                    (tokens.output, price.output),
                ];
                for (tokens, price) in parts {
                    self.tokens += u64::from(tokens);
                    self.nano_usd += u64::from(tokens) * price;
                }
            }
            _ => {}
        }
    }

    /// What has happened so far.
    #[must_use]
    pub fn totals(&self) -> Totals {
        Totals {
            requests: self.requests,
            failed: self.failed,
            tokens: self.tokens,
            cost_usd: self.nano_usd as f64 / 1e9,
        }
    }
}
