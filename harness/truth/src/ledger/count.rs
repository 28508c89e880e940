//! How the ledger counts events: its own arithmetic, shared with nobody.

use sim::{
    event::{Event, EventKind},
    label::Label,
    world::{
        llm::{Deployment, LlmError, LlmTokenType},
        manager::ManagerError,
        security::{EventSeverity, InjectionSeverity, SecurityError},
    },
};

use crate::quantity::{Quantity, Unit};

/// Where each quantity's slots begin in its module's row, looked up once.
#[derive(Debug)]
pub(super) struct Layout {
    base: Vec<usize>,
    bounds: Vec<Vec<u64>>,
}

impl Layout {
    pub(super) fn new() -> Layout {
        Layout {
            base: Quantity::ALL.iter().map(|quantity| quantity.base()).collect(),
            bounds: Quantity::ALL
                .iter()
                .map(|quantity| match quantity.unit() {
                    Unit::Seconds(bounds) => {
                        bounds.iter().map(|bound| (bound * 1e9).round() as u64).collect()
                    }
                    Unit::Count | Unit::NanoUsd => Vec::new(),
                })
                .collect(),
        }
    }

    /// Adds an event to the row of the module copy that saw it.
    #[inline]
    pub(super) fn count(&self, row: &mut [u64], event: &Event) {
        match event.kind {
            EventKind::ManagerOperation { operation, error, duration } => {
                let operation = operation.index();
                self.add(
                    row,
                    Quantity::ManagerOperations,
                    operation * 2 + usize::from(error.is_some()),
                    1,
                );
                self.time(row, Quantity::ManagerDuration, operation, duration.0);
                if let Some(error) = error {
                    let slot = operation * ManagerError::ALL.len() + error.index();
                    self.add(row, Quantity::ManagerErrors, slot, 1);
                }
            }
            EventKind::CacheLookup(result) => {
                self.add(row, Quantity::CacheLookups, result.index(), 1)
            }
            EventKind::ManagerValidation(verdict) => {
                self.add(row, Quantity::ManagerValidations, verdict.index(), 1);
            }
            EventKind::ManagerLimit(limit) => {
                self.add(row, Quantity::ManagerLimitHits, limit.index(), 1)
            }
            EventKind::ManagerUsage { model, input, output } => {
                let price = model.price();
                self.add(row, Quantity::ManagerTokens, model.index() * 2, u64::from(input));
                self.add(row, Quantity::ManagerTokens, model.index() * 2 + 1, u64::from(output));
                let cost = u64::from(input) * price.input + u64::from(output) * price.output;
                self.add(row, Quantity::ManagerCost, model.index(), cost);
            }
            EventKind::SecurityOperation { operation, error, duration } => {
                let operation = operation.index();
                self.add(
                    row,
                    Quantity::SecurityOperations,
                    operation * 2 + usize::from(error.is_some()),
                    1,
                );
                self.time(row, Quantity::SecurityDuration, operation, duration.0);
                if let Some(error) = error {
                    let slot = operation * SecurityError::ALL.len() + error.index();
                    self.add(row, Quantity::SecurityErrors, slot, 1);
                }
            }
            EventKind::Validation(verdict) => {
                self.add(row, Quantity::Validations, verdict.index(), 1)
            }
            EventKind::Injection { injection, severity } => {
                let slot = injection.index() * InjectionSeverity::ALL.len() + severity.index();
                self.add(row, Quantity::Injections, slot, 1);
            }
            EventKind::SecurityEvent { event_type, severity } => {
                let slot = event_type.index() * EventSeverity::ALL.len() + severity.index();
                self.add(row, Quantity::SecurityEvents, slot, 1);
            }
            EventKind::SecurityLimit(limit) => {
                self.add(row, Quantity::SecurityLimitHits, limit.index(), 1)
            }
            EventKind::SecurityUsage { model, input, output } => {
                let price = model.price();
                self.add(row, Quantity::SecurityTokens, model.index() * 2, u64::from(input));
                self.add(row, Quantity::SecurityTokens, model.index() * 2 + 1, u64::from(output));
                let cost = u64::from(input) * price.input + u64::from(output) * price.output;
                self.add(row, Quantity::SecurityCost, model.index(), cost);
            }
            EventKind::LlmOperation { operation, failed, duration } => {
                let operation = operation.index();
                self.add(row, Quantity::LlmOperations, operation * 2 + usize::from(failed), 1);
                self.time(row, Quantity::LlmOperationDuration, operation, duration.0);
            }
            EventKind::LlmRequest { .. } => self.request(row, event),
            EventKind::Stopped(_)
            | EventKind::Started(_)
            | EventKind::Renamed(..)
            | EventKind::Removed(..)
            | EventKind::ExtraSeries(..)
            | EventKind::SlowMetrics(..) => {}
        }
    }

    #[inline]
    fn request(&self, row: &mut [u64], event: &Event) {
        let EventKind::LlmRequest { deployment, error, duration, first_token, tokens, priced } =
            event.kind
        else {
            return;
        };
        let d = deployment.index();
        self.add(row, Quantity::LlmRequests, d * 2 + usize::from(error.is_some()), 1);
        self.time(row, Quantity::LlmRequestDuration, d, duration.0);
        if let Some(first_token) = first_token {
            self.time(row, Quantity::FirstToken, d, first_token.0);
        }
        if let Some(error) = error {
            let slot = deployment.provider().index() * LlmError::ALL.len() + error.index();
            self.add(row, Quantity::LlmErrors, slot, 1);
        }
        let price = Deployment::model(deployment).price();
        let mut cost = 0;
        for (kind, n, price) in [
            (LlmTokenType::Input, tokens.input, price.input),
            (LlmTokenType::Output, tokens.output, price.output),
            (LlmTokenType::CachedInput, tokens.cached_input, price.cached_input),
        ] {
            self.add(
                row,
                Quantity::LlmTokens,
                d * LlmTokenType::ALL.len() + kind.index(),
                u64::from(n),
            );
            cost += u64::from(n) * price;
        }
        self.add(row, Quantity::LlmSpend, d, cost);
        if priced {
            self.add(row, Quantity::LlmCost, d, cost);
        }
    }

    #[inline]
    fn add(&self, row: &mut [u64], quantity: Quantity, slot: usize, n: u64) {
        row[self.base[quantity as usize] + slot] += n;
    }

    /// Counts a duration: `series` is the position among the quantity's label sets.
    #[inline]
    fn time(&self, row: &mut [u64], quantity: Quantity, series: usize, nanos: u64) {
        let bounds = &self.bounds[quantity as usize];
        let first = self.base[quantity as usize] + series * (bounds.len() + 2);
        let bucket = bounds.partition_point(|bound| *bound < nanos);
        row[first + bucket] += 1;
        row[first + bounds.len() + 1] += nanos;
    }
}
