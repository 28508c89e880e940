//! The report as a value: everything that the renderers show, and exactly what `--format json` writes.

use std::collections::BTreeMap;

use serde::Serialize;

use rules::campaign::{findings::Finding, incidents::Trouble, interval::Estimate};

/// What a campaign found out.
#[derive(Clone, Debug, Serialize)]
pub struct AlertsReport {
    /// The engine that answered.
    pub engine: String,
    /// What was asked for.
    pub settings: SettingsReport,
    /// The kinds of traffic of the complete runs, which may be fewer than were asked for.
    pub ran: RanReport,
    /// Complete runs.
    pub complete: usize,
    /// Planned runs.
    pub planned: usize,
    /// Whether it was stopped.
    pub interrupted: bool,
    /// Simulated requests.
    pub requests: u64,
    /// Stored samples, those of recording rules aside.
    pub samples: usize,
    /// Evaluations of alert rules that were judged.
    pub evaluations: u64,
    /// What was evaluated by Prometheus, and how our own evaluation compares.
    pub by_prometheus: ByPrometheus,
    /// One for each rule.
    pub rules: Vec<RuleReport>,
    /// What each incident means for the people on call, all rules together.
    pub incidents: Vec<IncidentReport>,
    /// The trade-off, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sweep: Option<SweepReport>,
    /// How runs at the full scrape rate differ from the same runs thinned out.
    pub full_rate: Vec<FullRate>,
    /// What is wrong with rules.
    pub findings: Vec<Finding>,
}

/// What was asked for.
#[derive(Clone, Debug, Serialize)]
pub struct SettingsReport {
    /// The seed of everything.
    pub seed: u64,
    /// Ordinary days.
    pub days: u32,
    /// The length of each.
    pub span: String,
    /// Trials of each severity of each incident.
    pub trials: u32,
    /// Kinds of traffic, whether a run came to have them or not: see [`RanReport`].
    pub profiles: Vec<&'static str>,
    /// Kinds of incident.
    pub incidents: Vec<&'static str>,
    /// How long each run lasts before anything is judged.
    pub warm_up: String,
    /// The least time between stored samples of a module.
    pub scrape: String,
}

/// Kinds of traffic that really ran. Runs have them in turn, so few runs have few of them.
#[derive(Clone, Debug, Serialize)]
pub struct RanReport {
    /// On ordinary days.
    pub days: Vec<&'static str>,
    /// In trials.
    pub trials: Vec<&'static str>,
}

/// Runs that Prometheus evaluated; the plain expressions of all others were evaluated by Dashproof.
#[derive(Clone, Debug, Serialize)]
pub struct ByPrometheus {
    /// Complete ones.
    pub runs: usize,
    /// Answers that our own evaluation was held against, those of runs at the full rate aside.
    pub compared: usize,
    /// Expressions that are not plain, so that Prometheus answers them in every run.
    pub always: Vec<String>,
    /// The expressions of which the two differ, each with the first difference: nothing unless Prometheus evaluated all runs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<String>,
}

/// One rule.
#[derive(Clone, Debug, Serialize)]
pub struct RuleReport {
    /// Its name.
    pub name: String,
    /// Its group.
    pub group: String,
    /// Its file.
    pub file: String,
    /// Its line there.
    pub line: Option<usize>,
    /// Its expression.
    pub expr: String,
    /// `for`.
    pub r#for: String,
    /// `keep_firing_for`.
    pub keep_firing_for: String,
    /// On ordinary days.
    pub normal: NormalReport,
    /// On ordinary days of each kind of traffic.
    pub by_profile: BTreeMap<&'static str, NormalReport>,
    /// What it compares with.
    pub operands: Vec<OperandReport>,
    /// In trials.
    pub trials: Vec<TrialReport>,
}

/// A rule on ordinary days.
#[derive(Clone, Debug, Serialize)]
pub struct NormalReport {
    /// Days.
    pub days: u64,
    /// Times that an alert began to fire.
    pub false_alarms: u64,
    /// The same per week.
    pub per_week: Option<Estimate>,
    /// The share of days with any.
    pub days_with: Option<Estimate>,
    /// The share of time in which it fired; a share of time has no exact interval.
    pub share_of_time: f64,
}

/// A constant that a rule compares with.
#[derive(Clone, Debug, Serialize)]
pub struct OperandReport {
    /// What `--sweep` calls it.
    pub name: String,
    /// What is compared.
    pub left: String,
    /// How.
    pub relation: &'static str,
    /// With what.
    pub value: f64,
    /// What it is a factor of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<String>,
    /// The value of ordinary days that came nearest or went furthest beyond, all other conditions given.
    pub furthest: Option<f64>,
}

/// A rule in the trials of one severity.
#[derive(Clone, Debug, Serialize)]
pub struct TrialReport {
    /// The kind.
    pub incident: Trouble,
    /// The severity.
    pub severity: &'static str,
    /// Trials that count.
    pub trials: u64,
    /// Trials that do not, as it fired already.
    pub already_firing: u64,
    /// The probability that it fires.
    pub detection: Option<Estimate>,
    /// Seconds from the incident's start until it fires.
    pub delay: Option<Quantiles>,
    /// Seconds from the incident's end until all is resolved.
    pub resolution: Option<Quantiles>,
    /// Noticed trials in which it had not resolved when the run ended.
    pub unresolved: u64,
    /// The share of noticed trials in which an alert fired a second time.
    pub flapping: Option<Estimate>,
    /// Alerts of a noticed trial, on average.
    pub alerts: Option<f64>,
}

/// Two quantiles of a list of seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quantiles {
    /// Half are at most this.
    pub median: f64,
    /// 95 of 100 are at most this.
    pub p95: f64,
    /// How many there are.
    pub n: usize,
}

/// What an incident means for the people on call.
#[derive(Clone, Debug, Serialize)]
pub struct IncidentReport {
    /// The kind.
    pub incident: Trouble,
    /// The severity.
    pub severity: &'static str,
    /// Trials.
    pub trials: u64,
    /// The probability that any rule fires.
    pub detection: Option<Estimate>,
    /// Alerts of a trial, on average.
    pub alerts: f64,
    /// Notifications of a trial, on average.
    pub notifications: f64,
}

/// The trade-off of one rule.
#[derive(Clone, Debug, Serialize)]
pub struct SweepReport {
    /// The rule.
    pub rule: String,
    /// Incidents that the rule is about: those whose severest form some setting notices in half of the trials.
    pub incidents: Vec<Trouble>,
    /// One for each setting; the first is the rule as it is written.
    pub settings: Vec<SettingReport>,
}

/// One setting of a swept rule.
#[derive(Clone, Debug, Serialize)]
pub struct SettingReport {
    /// What is set, by the names of the axes; empty for the rule as it is written.
    pub set: BTreeMap<String, String>,
    /// False alarms.
    pub false_alarms: u64,
    /// The same per week.
    pub per_week: Option<Estimate>,
    /// The probability that it notices such an incident, of whatever severity.
    pub detection: Option<Estimate>,
    /// The same for the severest alone.
    pub severest: Option<Estimate>,
    /// Seconds until it notices the severest.
    pub delay: Option<Quantiles>,
    /// Seconds until the severest are resolved.
    pub resolution: Option<Quantiles>,
}

/// A rule in one run, thinned out and at the full rate.
#[derive(Clone, Debug, Serialize)]
pub struct FullRate {
    /// What was run.
    pub run: String,
    /// Rules whose alerts fired and resolved at the same evaluations.
    pub same: usize,
    /// Rules whose alerts did not.
    pub differing: Vec<Difference>,
}

/// How a rule's alerts differ.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// The rule.
    pub rule: String,
    /// Times that it fired, thinned out.
    pub fired: usize,
    /// Times that it fired at the full rate.
    pub fired_at_full_rate: usize,
    /// Where both fired equally often: how far firing or resolving lie apart at most, in seconds.
    pub apart: Option<f64>,
}
