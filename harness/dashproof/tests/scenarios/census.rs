//! A count of everything that the dashboards' panels show, straight from events.
//!
//! It shares nothing with the ledger or the modules: it only says whether a scenario makes every series happen.

use std::collections::BTreeMap;

use sim::{
    event::EventKind,
    label::Label,
    world::{
        Limit, Module,
        llm::{Deployment, LlmError, LlmTokenType, Provider},
        manager::{CacheResult, ManagerModel, ManagerOperation, ManagerVerdict, TokenType},
        security::{EventSeverity, EventType, InjectionType, SecurityVerdict},
    },
};

/// Amounts by panel and series; a series that never happened is there with 0.
#[derive(Debug)]
pub(super) struct Census(BTreeMap<(&'static str, String), f64>);

impl Default for Census {
    fn default() -> Census {
        let mut census = Census(BTreeMap::new());
        census.expect("operations", Module::ALL);
        census.expect("cost by module", Module::ALL);
        census.expect("manager operations", ManagerOperation::ALL);
        census.expect("manager limits", Limit::ALL);
        census.expect("manager validations", ManagerVerdict::ALL);
        census.expect("manager cache", CacheResult::ALL);
        census.expect("manager cost", ManagerModel::ALL);
        census.expect_pairs("manager tokens", ManagerModel::ALL, TokenType::ALL);
        census.expect("validations", SecurityVerdict::ALL);
        census.expect("injections", InjectionType::ALL);
        census.expect("guard limits", Limit::ALL);
        census.expect_pairs("events", EventType::ALL, EventSeverity::ALL);
        census.expect("requests", Provider::ALL);
        census.expect("requests by deployment", Deployment::ALL);
        census.expect("tokens by deployment", Deployment::ALL);
        census.expect("cost by deployment", Deployment::ALL);
        census.expect("cost", Provider::ALL);
        census.expect("failed requests", Provider::ALL);
        census.expect_pairs("errors", Provider::ALL, LlmError::ALL);
        census.expect_pairs("tokens", Provider::ALL, LlmTokenType::ALL);
        census
    }
}

impl Census {
    fn expect<T: Label>(&mut self, panel: &'static str, labels: &[T]) {
        for label in labels {
            self.0.insert((panel, label.as_str().to_owned()), 0.0);
        }
    }

    fn expect_pairs<T: Label, U: Label>(&mut self, panel: &'static str, one: &[T], other: &[U]) {
        for (a, b) in one.iter().flat_map(|a| other.iter().map(move |b| (a, b))) {
            self.0.insert((panel, pair(*a, *b)), 0.0);
        }
    }

    fn add(&mut self, panel: &'static str, series: impl Into<String>, amount: f64) {
        *self.0.entry((panel, series.into())).or_default() += amount;
    }

    pub(super) fn count(&mut self, kind: &EventKind) {
        match *kind {
            EventKind::ManagerOperation { operation, .. } => {
                self.add("operations", Module::PromptManager.as_str(), 1.0);
                self.add("manager operations", operation.as_str(), 1.0);
            }
            EventKind::CacheLookup(result) => self.add("manager cache", result.as_str(), 1.0),
            EventKind::ManagerValidation(verdict) => {
                self.add("manager validations", verdict.as_str(), 1.0)
            }
            EventKind::ManagerLimit(limit) => self.add("manager limits", limit.as_str(), 1.0),
            EventKind::ManagerUsage { model, input, output } => {
                let cost = u64::from(input) * model.price().input
                    + u64::from(output) * model.price().output;
                self.add("manager tokens", pair(model, TokenType::Input), input.into());
                self.add("manager tokens", pair(model, TokenType::Output), output.into());
                self.add("manager cost", model.as_str(), cost as f64);
                self.add("cost by module", Module::PromptManager.as_str(), cost as f64);
            }
            EventKind::SecurityOperation { .. } => {
                self.add("operations", Module::PromptSecurity.as_str(), 1.0)
            }
            EventKind::Validation(verdict) => self.add("validations", verdict.as_str(), 1.0),
            EventKind::Injection { injection, .. } => {
                self.add("injections", injection.as_str(), 1.0)
            }
            EventKind::SecurityEvent { event_type, severity } => {
                self.add("events", pair(event_type, severity), 1.0)
            }
            EventKind::SecurityLimit(limit) => self.add("guard limits", limit.as_str(), 1.0),
            EventKind::SecurityUsage { model, input, output } => {
                let cost = u64::from(input) * model.price().input
                    + u64::from(output) * model.price().output;
                self.add("cost by module", Module::PromptSecurity.as_str(), cost as f64);
            }
            EventKind::LlmOperation { .. } => {
                self.add("operations", Module::LlmProvider.as_str(), 1.0)
            }
            EventKind::LlmRequest { deployment, error, tokens, .. } => {
                let (provider, price) = (deployment.provider(), deployment.model().price());
                let cost = u64::from(tokens.input) * price.input
                    + u64::from(tokens.cached_input) * price.cached_input
                    + u64::from(tokens.output) * price.output;
                self.add("requests", provider.as_str(), 1.0);
                self.add("requests by deployment", deployment.as_str(), 1.0);
                self.add("cost", provider.as_str(), cost as f64);
                self.add("cost by deployment", deployment.as_str(), cost as f64);
                self.add("cost by module", Module::LlmProvider.as_str(), cost as f64);
                for (kind, count) in [
                    (LlmTokenType::Input, tokens.input),
                    (LlmTokenType::CachedInput, tokens.cached_input),
                    (LlmTokenType::Output, tokens.output),
                ] {
                    self.add("tokens", pair(provider, kind), count.into());
                    self.add("tokens by deployment", deployment.as_str(), count.into());
                }
                if let Some(error) = error {
                    self.add("failed requests", provider.as_str(), 1.0);
                    self.add("errors", pair(provider, error), 1.0);
                }
            }
            EventKind::Stopped(_)
            | EventKind::Started(_)
            | EventKind::Renamed(..)
            | EventKind::Removed(..)
            | EventKind::ExtraSeries(..)
            | EventKind::SlowMetrics(..) => {}
        }
    }

    /// The series that never happened, but for those that never can.
    pub(super) fn zeros(&self) -> Vec<String> {
        let zero = self
            .0
            .iter()
            .filter(|(_, amount)| **amount == 0.0)
            .map(|((panel, series), _)| (*panel, series));
        zero.filter(|(panel, series)| !is_always_zero(panel, series))
            .map(|(panel, series)| format!("{panel}: {series}"))
            .collect()
    }

    /// The panels in which two series that happened are equal.
    pub(super) fn ties(&self) -> Vec<String> {
        let mut ties = Vec::new();
        let happened: Vec<_> = self.0.iter().filter(|(_, amount)| 0.0 < **amount).collect();
        for (index, ((panel, series), amount)) in happened.iter().enumerate() {
            let twin = happened[index + 1..]
                .iter()
                .find(|((other, _), same)| other == panel && same == amount);
            ties.extend(
                twin.map(|((_, twin), _)| format!("{panel}: {series} = {twin} = {amount}")),
            );
        }
        ties
    }
}

/// Self-hosted and unknown models are free, and an embedding writes no token.
fn is_always_zero(panel: &str, series: &str) -> bool {
    match panel {
        "cost" | "cost by deployment" => series.starts_with("local") || series.starts_with("other"),
        "manager tokens" => series == "text-embedding-3-small output",
        _ => false,
    }
}

fn pair<T: Label, U: Label>(one: T, other: U) -> String {
    format!("{} {}", one.as_str(), other.as_str())
}
