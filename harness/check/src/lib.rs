//! Static checks: what can be known wrong before anything runs.
//!
//! [`all`] holds dashboards, provisioning, configuration and rules against each
//! other and against what the modules emit; the `check` command and `verify` call
//! it. Each check is one function from the subject to problems, in a file by theme.
//! Nothing is asked of a server; whether a panel shows the truth is not decided
//! here but by the oracle.

use std::collections::BTreeSet;

use monitoring::Monitoring;
use monitoring::grafana::dashboard::Dashboard;
use monitoring::grafana::datasource::Datasource;
use monitoring::{PrometheusConfig, RuleFile, RuleKind};
use prom::problem::Problem;
use scenario::Scenario;
use truth::contract::Contracts;

mod alertmanager;
mod anywhere;
mod bounds;
mod catalogue;
mod contracts;
mod dashboards;
mod datasources;
mod emission;
pub mod emitted;
mod expectations;
mod expressions;
mod joins;
mod labels;
mod matches;
mod metrics;
mod notes;
mod notified;
mod quantiles;
mod queries;
mod rates;
mod relabelled;
mod routes;
mod rules;
mod samples;
mod shape;
mod specified;
mod templates;
mod thresholds;
mod tree;
mod windows;

pub use anywhere::{Findings, anywhere};
pub use contracts::compare;
pub use emission::emitted;
pub use emitted::{EmittedMetric, EmittedMetrics, LabelValues, MetricKind};
pub use expectations::unknown_alerts;

use catalogue::Catalogue;
use expressions::Expression;

/// Everything that is held against each other.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// All provisioned dashboards.
    pub dashboards: &'a [Dashboard],
    /// All provisioned data sources.
    pub datasources: &'a [Datasource],
    /// The configuration of the Prometheus that they ask.
    pub prometheus: &'a PrometheusConfig,
    /// The rule files that the configuration names.
    pub rules: &'a [RuleFile],
    /// What the scraped modules expose.
    pub emitted: &'a EmittedMetrics,
}

/// The inputs with what several checks derive from them.
struct Subject<'a> {
    inputs: Inputs<'a>,
    expressions: Vec<Expression<'a>>,
    catalogue: Catalogue<'a>,
}

const CHECKS: [fn(&Subject<'_>) -> Vec<Problem>; 27] = [
    dashboards::uids,
    dashboards::panel_and_target_ids,
    dashboards::units,
    dashboards::descriptions,
    dashboards::variables,
    dashboards::reducers,
    datasources::unnamed,
    datasources::clashes,
    datasources::references,
    datasources::placeholders,
    datasources::time_intervals,
    expressions::syntax,
    metrics::used_and_emitted,
    labels::matchers_and_groupings,
    joins::labels_in_on,
    windows::four_scrapes,
    queries::counters_and_gauges,
    queries::histograms,
    rules::order_and_repetition,
    matches::never,
    templates::labels_and_values,
    thresholds::never_and_always,
    thresholds::units,
    rates::of_recorded,
    rates::overlapping,
    quantiles::without_bounds,
    quantiles::averaged,
];

/// Everything that is wrong with the files of a monitoring directory and with how they show what contracts promise,
/// given what the simulated modules expose; in the order of files and lines, each once.
#[must_use]
pub fn of(monitoring: &Monitoring, contracts: &Contracts) -> Vec<Problem> {
    let mut problems = all(&Inputs {
        dashboards: &monitoring.dashboards,
        datasources: &monitoring.datasources,
        prometheus: &monitoring.config,
        rules: &monitoring.rules,
        emitted: &emitted(monitoring),
    });
    problems.extend(compare(&monitoring.dashboards, contracts));
    if let Some(config) = &monitoring.alertmanager {
        problems.extend(alertmanager::names_and_inhibitions(config, &monitoring.rules));
        let sending = monitoring.config.sending_as_far_as_emulated();
        problems.extend(routes::by_themselves(config));
        problems.extend(alertmanager::unrouted(config, &sending, &monitoring.rules));
        problems.extend(alertmanager::unused_receivers(config));
        problems.extend(notified::against_contracts(config, &sending, contracts));
    }
    problems.extend(specified::against_contracts(monitoring, contracts));
    problems.sort();
    problems
}

/// Receivers that scenarios say are told of an alert, and that the monitoring directory does not know. Where nothing
/// routes alerts, that is for the verdicts to say.
#[must_use]
pub fn told(scenarios: &[Scenario], monitoring: &Monitoring) -> Vec<Problem> {
    let config = monitoring.alertmanager.as_ref();
    config.map_or_else(Vec::new, |config| alertmanager::told(config, scenarios))
}

/// All problems, in the order of files and lines, each once.
pub fn all(inputs: &Inputs<'_>) -> Vec<Problem> {
    let subject = Subject {
        inputs: *inputs,
        expressions: expressions::collect(inputs),
        catalogue: Catalogue::of(inputs),
    };
    let mut problems: Vec<Problem> = CHECKS.iter().flat_map(|check| check(&subject)).collect();
    problems.sort();
    problems.dedup();
    problems
}

/// The names of all alerts that the rules raise.
fn alert_names(rules: &[RuleFile]) -> BTreeSet<&str> {
    let rules = rules.iter().flat_map(|file| &file.groups).flat_map(|group| &group.rules);
    let alerts = rules.filter(|rule| matches!(rule.kind, RuleKind::Alert { .. }));
    alerts.map(|alert| alert.name()).collect()
}

#[cfg(test)]
mod tests;
