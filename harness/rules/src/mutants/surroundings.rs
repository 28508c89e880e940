//! What surrounds a query: the metrics and variables that mistakes are made of, and the questions that it is asked in.
//!
//! Questions are verification's own: the same looks, selections, intervals and contract. A mutant takes the place of
//! the original's expression before anything is interpolated.

use std::collections::{BTreeMap, BTreeSet};

use super::query::{Query, Source};
use monitoring::{Monitoring, Rule, grafana::variables::VariableQuery};
use prom::promql;
use proof::verify::{
    Files, Staged, VerifyError, bind,
    look::Look,
    question::{self, Form, Question},
};
use scenario::Scenario;

use crate::mutate::Metric;

/// Endings by which metrics of the same kind are known; other metrics are not taken for each other.
const ENDINGS: [&str; 4] = ["_total", "_bucket", "_count", "_sum"];

/// Grafana's variables outside of strings that stand for a window or a number.
const VARIABLES: [&str; 7] = [
    "__interval",
    "__interval_ms",
    "__range",
    "__range_ms",
    "__range_s",
    "__rate_interval",
    "__rate_interval_ms",
];

const MINUTE: i64 = 60_000;

/// All that questions under one scenario need.
#[derive(Debug)]
pub(super) struct Surroundings<'a> {
    files: &'a Files,
    staged: &'a Staged,
    looks: Vec<Look>,
    /// What the variables of each dashboard offer.
    options: Vec<BTreeMap<String, Vec<String>>>,
}

impl<'a> Surroundings<'a> {
    /// The surroundings under a staged scenario.
    ///
    /// # Errors
    /// If the engine does not list the values of variables.
    pub(super) async fn of(
        files: &'a Files,
        scenario: &Scenario,
        staged: &'a Staged,
    ) -> Result<Self, VerifyError> {
        let client = staged.engine.client();
        let (from, to) = span(scenario);
        let mut options = Vec::new();
        for dashboard in &files.monitoring.dashboards {
            options.push(bind::options(dashboard, &client, from, to).await?.0);
        }
        Ok(Self { files, staged, looks: files.looks(scenario), options })
    }

    /// What is asked if `expr` stands in the query's place, the cheapest question first. Number and order do not
    /// depend on `expr`.
    pub(super) fn questions(&self, query: &Query, expr: &str) -> Vec<Question> {
        let mut found = match query.source {
            Source::Target(d, p, t) => self.of_target((d, p, t), expr),
            Source::Rule { .. } => self.of_rule(query, expr),
        };
        found.sort_by_key(|question| match question.form {
            Form::Instant(_) => question.window_ms,
            Form::Range { start_ms, end_ms, .. } => end_ms - start_ms,
        });
        found
    }

    fn of_target(&self, (d, p, t): (usize, usize, usize), expr: &str) -> Vec<Question> {
        let monitoring = &self.files.monitoring;
        let mut dashboard = monitoring.dashboards[d].clone();
        let mut panel = dashboard.panels.swap_remove(p);
        let mut target = panel.targets.swap_remove(t);
        expr.clone_into(&mut target.expr);
        panel.targets = vec![target];
        dashboard.panels = vec![panel];
        let Some(contract) = self.files.contracts.dashboards.get(&dashboard.uid) else {
            return Vec::new();
        };
        let (options, time_interval) = (&self.options[d], monitoring.time_interval());
        question::of_dashboard(&dashboard, contract, time_interval, options, &self.looks).0
    }

    /// A rule at its own instants: the last minutes, the last hour, all of them.
    fn of_rule(&self, query: &Query, expr: &str) -> Vec<Question> {
        let record = &query.place.panel;
        let known = self.staged.recorded.get(record).copied();
        let (Some(evaluations), Some(contract)) = (known, self.files.contracts.rules.get(record))
        else {
            return Vec::new();
        };
        let Some(window_ms) = bind::fixed_window_ms(contract.over) else { return Vec::new() };
        let spans = [
            (10 * MINUTE, "the last evaluations"),
            (60 * MINUTE, "the evaluations of the last hour"),
            (i64::MAX, "every evaluation"),
        ];
        let question = |(span, why): (i64, &str)| {
            let (all, step) = (evaluations.last_ms - evaluations.first_ms, evaluations.interval_ms);
            let thinned = if span > all { 1 + all / step / 10_000 } else { 1 };
            Question {
                place: query.place.clone(),
                expr: expr.to_owned(),
                form: Form::Range {
                    start_ms: evaluations.last_ms - span.min(all) / step * step,
                    end_ms: evaluations.last_ms,
                    step_ms: step * thinned,
                },
                fact: contract.fact.clone(),
                window_ms,
                legend: None,
                why: why.to_owned(),
            }
        };
        spans.map(question).into()
    }
}

/// The variables of a query as they are at the usual look, the last hour.
pub(super) fn variables(
    files: &Files,
    source: &Source,
    looks: &[Look],
) -> BTreeMap<String, String> {
    let Source::Target(d, p, t) = *source else { return BTreeMap::new() };
    let panel = &files.monitoring.dashboards[d].panels[p];
    let plans = looks.iter().filter_map(|look| {
        question::plan(panel, &panel.targets[t], files.monitoring.time_interval(), look).ok()
    });
    // The second look is the last hour.
    let Some(plan) = plans.take(2).last() else { return BTreeMap::new() };
    VARIABLES.map(|name| (name.to_owned(), plan.substitute(&format!("${name}")))).into()
}

/// Every metric of a staged scenario, with its labels and the metrics that could be taken for it.
///
/// # Errors
/// If the engine does not list its series.
pub(super) async fn metrics(
    scenario: &Scenario,
    staged: &Staged,
) -> Result<BTreeMap<String, Metric>, VerifyError> {
    let (from, to) = span(scenario);
    let all = staged.engine.client().series(&["{__name__!=\"\"}"], from, to).await?;
    let mut metrics: BTreeMap<String, Metric> = BTreeMap::new();
    for series in &all {
        let Some(name) = series.metric_name() else { continue };
        let labels = &mut metrics.entry(name.to_owned()).or_default().labels;
        for (label, value) in series.iter().filter(|(label, _)| *label != "__name__") {
            let values = labels.entry(label.to_owned()).or_default();
            if let Err(position) = values.binary_search_by(|known| known.as_str().cmp(value)) {
                values.insert(position, value.to_owned());
            }
        }
    }
    let ending = |name: &str| ENDINGS.into_iter().find(|ending| name.ends_with(ending));
    let kinds: Vec<(String, Option<&str>, Vec<String>)> = metrics
        .iter()
        .map(|(name, metric)| (name.clone(), ending(name), metric.labels.keys().cloned().collect()))
        .collect();
    for (name, kind, labels) in &kinds {
        let like = |other: &&(String, Option<&str>, Vec<String>)| {
            kind.is_some() && other.1 == *kind && other.2 == *labels && other.0 != *name
        };
        let siblings = kinds.iter().filter(like).map(|other| other.0.clone()).collect();
        metrics.entry(name.clone()).or_default().siblings = siblings;
    }
    Ok(metrics)
}

/// The recorded metrics that a dashboard or a rule reads.
pub(super) fn read(monitoring: &Monitoring) -> BTreeSet<String> {
    let rules =
        monitoring.rules.iter().flat_map(|file| &file.groups).flat_map(|group| &group.rules);
    let names = rules.map(Rule::name).filter(|record| reads(monitoring, record));
    names.map(str::to_owned).collect()
}

/// Whether a dashboard or a rule reads the recorded metric `record`.
fn reads(monitoring: &Monitoring, record: &str) -> bool {
    // What cannot be parsed might read anything.
    let reads = |expr: &str| {
        promql::selectors(expr)
            .map_or(true, |found| found.iter().any(|used| used.metrics.may_select(record)))
    };
    let dashboards = &monitoring.dashboards;
    let mut targets = dashboards.iter().flat_map(|d| &d.panels).flat_map(|panel| &panel.targets);
    let mut variables = dashboards.iter().flat_map(|d| &d.variables);
    let mut rules =
        monitoring.rules.iter().flat_map(|file| &file.groups).flat_map(|group| &group.rules);
    targets.any(|target| reads(&target.expr))
        || rules.any(|rule| reads(&rule.expr))
        || variables.any(|variable| match variable.prometheus_query() {
            Some(VariableQuery::LabelValues { selector: Some(selector), .. }) => reads(&selector),
            _ => false,
        })
}

fn span(scenario: &Scenario) -> (i64, i64) {
    let epoch_ms = scenario.epoch.as_millisecond();
    (epoch_ms, epoch_ms + scenario.duration.as_millis() as i64)
}
