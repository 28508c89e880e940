//! Where `monitoring/` and `scenarios/` are, and what is in them.
//!
//! Named by flags, or found in the working directory or the nearest one above it that has them.

use std::path::{Path, PathBuf};

use sim::time::Nanos;

use super::Failure;
use monitoring::{Monitoring, RuleKind};
use prom::{duration, nearest::nearest, problem::Problem};
use proof::verify::{RECORDING_RULES, alerts::ALERTS};
use scenario::Scenario;
use truth::contract::Contracts;

/// Where the files are.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Files")]
pub(super) struct Places {
    /// The directory to verify, with `grafana/`, `prometheus/` and `alertmanager/` as they are deployed
    /// [default: `monitoring` here or above]
    #[arg(long, value_name = "DIR")]
    pub(super) monitoring: Option<PathBuf>,
    /// The directory with the scenarios and their `contracts/` [default: `scenarios` here or above]
    #[arg(long, value_name = "DIR")]
    pub(super) scenarios: Option<PathBuf>,
}

/// What marks a directory as the one that is meant.
const MONITORING: (&str, &str) = ("monitoring", "prometheus/prometheus.yml");
const SCENARIOS: (&str, &str) = ("scenarios", "contracts");

/// Where the stories for real time are, among the scenarios.
pub(super) const LIVE: &str = "live";

impl Places {
    /// The monitoring directory.
    pub(super) fn monitoring(&self, from: &Path) -> Result<PathBuf, Failure> {
        locate(self.monitoring.as_deref(), from, MONITORING, "--monitoring")
    }

    /// The scenario directory.
    pub(super) fn scenarios(&self, from: &Path) -> Result<PathBuf, Failure> {
        locate(self.scenarios.as_deref(), from, SCENARIOS, "--scenarios")
    }

    /// The flags as they were given.
    pub(super) fn flags(&self) -> Vec<String> {
        let given = [("--monitoring", &self.monitoring), ("--scenarios", &self.scenarios)];
        given
            .into_iter()
            .filter_map(|(flag, path)| {
                Some([flag.to_owned(), path.as_ref()?.display().to_string()])
            })
            .flatten()
            .collect()
    }
}

fn locate(
    given: Option<&Path>,
    from: &Path,
    (name, mark): (&str, &str),
    flag: &str,
) -> Result<PathBuf, Failure> {
    let has_mark = |directory: &Path| directory.join(mark).exists();
    if let Some(given) = given {
        if has_mark(&from.join(given)) {
            return Ok(given.to_owned());
        }
        let message = format!("{} is no {name} directory: it has no {mark}", given.display());
        return Err(Failure::new(message, format!("name the directory that has it: {flag} DIR")));
    }
    let found = from.ancestors().find(|directory| has_mark(&directory.join(name)));
    match found {
        // Relative names are shorter in every message.
        Some(directory) if directory == from => Ok(PathBuf::from(name)),
        Some(directory) => Ok(directory.join(name)),
        None => {
            let message = format!("no {name}/{mark} in {} or above it", from.display());
            Err(Failure::new(message, format!("run it in the repository, or name it: {flag} DIR")))
        }
    }
}

/// The files of a monitoring directory.
pub(super) fn monitoring(directory: &Path) -> Result<Monitoring, Failure> {
    Monitoring::load(directory)
        .map_err(|problems| Failure::of_files(&directory.display().to_string(), &problems))
}

/// The contracts of a scenario directory.
pub(super) fn contracts(scenarios: &Path) -> Result<Contracts, Failure> {
    let directory = scenarios.join(SCENARIOS.1);
    Contracts::load_dir(&directory)
        .map_err(|problems| Failure::of_files(&directory.display().to_string(), &problems))
}

/// The scenarios with these names, or all of them.
pub(super) fn scenarios(directory: &Path, names: &[String]) -> Result<Vec<Scenario>, Failure> {
    let (all, problems) = scenario::load_dir(directory);
    let known: Vec<&str> = all.iter().map(|scenario| scenario.name.as_str()).collect();
    let stem = |problem: &Problem| problem.file.file_stem().map(|stem| stem.to_owned());
    let relevant: Vec<Problem> = problems
        .iter()
        .filter(|problem| {
            names.is_empty() || names.iter().any(|n| stem(problem).is_some_and(|s| s == n.as_str()))
        })
        .cloned()
        .collect();
    if !relevant.is_empty() {
        return Err(Failure::of_files(&directory.display().to_string(), &relevant));
    }
    let unknown: Vec<&String> =
        names.iter().filter(|name| !known.contains(&name.as_str())).collect();
    if !unknown.is_empty() {
        let quoted: Vec<String> = unknown.iter().map(|name| format!("`{name}`")).collect();
        let near = unknown.iter().filter_map(|name| nearest(name, known.iter().copied()));
        let near: Vec<String> = near.map(|name| format!("did you mean `{name}`?\n")).collect();
        let message = format!("no scenario {} in {}", quoted.join(", "), directory.display());
        let remedy = format!("{}`dashproof list` names all", near.concat());
        return Err(Failure::new(message, remedy));
    }
    if all.is_empty() {
        let message = format!("no scenario in {}", directory.display());
        return Err(Failure::new(message, "name the directory that has them: --scenarios DIR"));
    }
    let wanted = |scenario: &Scenario| names.is_empty() || names.contains(&scenario.name);
    Ok(all.into_iter().filter(wanted).collect())
}

/// Refuses scenarios that say that somebody is told of an alert whom `alertmanager.yml` does not know.
pub(super) fn known_receivers(
    scenarios: &[Scenario],
    monitoring: &Monitoring,
) -> Result<(), Failure> {
    let problems = check::told(scenarios, monitoring);
    if problems.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> =
        problems.iter().map(|problem| format!("\n  {}", problem.coded())).collect();
    let message = format!("scenarios name receivers that do not exist:{}", lines.concat());
    Err(Failure::new(message, "name a receiver of alertmanager/alertmanager.yml after `told`"))
}

/// The scenario with this name, which needs no trace.
pub(super) fn scenario(directory: &Path, name: &str) -> Result<Scenario, Failure> {
    let found = scenarios(directory, std::slice::from_ref(&name.to_owned()))?.pop();
    let all = "`dashproof list` names all";
    let scenario = found.ok_or_else(|| Failure::new(format!("no scenario `{name}`"), all))?;
    match scenario.needs() {
        Some(trace) => {
            let message = format!("scenario `{name}` needs {}", trace.file);
            Err(Failure::new(message, format!("name another: {all}")))
        }
        None => Ok(scenario),
    }
}

/// Refuses a choice that no panel and no rule is in: nothing would be judged.
pub(super) fn known_place(
    only: &str,
    monitoring: &Monitoring,
    contracts: &Contracts,
) -> Result<(), Failure> {
    let panels = monitoring.dashboards.iter().flat_map(|dashboard| {
        dashboard.panels.iter().map(|panel| format!("{}/{}", dashboard.uid, panel.title))
    });
    let groups = || monitoring.rules.iter().flat_map(|file| &file.groups);
    let rules = || groups().flat_map(|group| &group.rules);
    let alerts = rules()
        .filter(|rule| matches!(rule.kind, RuleKind::Alert { .. }))
        .map(|rule| format!("{ALERTS}/{}", rule.name()));
    let rules = rules()
        .filter(|rule| matches!(rule.kind, RuleKind::Record { .. }))
        .map(|rule| rule.name())
        .chain(contracts.rules.keys().map(String::as_str))
        .map(|record| format!("{RECORDING_RULES}/{record}"));
    let known: Vec<String> = panels.chain(rules).chain(alerts).collect();
    if known.iter().any(|place| place.contains(only)) {
        return Ok(());
    }
    let lower = only.to_lowercase();
    let near = nearest(only, known.iter().map(String::as_str))
        .or_else(|| known.iter().map(String::as_str).find(|p| p.to_lowercase().contains(&lower)));
    let remedy = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "name a part of `dashboard uid/panel title`, such as `overview/Cost`, or of `alerts/Name` or `recording rules/name`".to_owned(),
    };
    Err(Failure::new(format!("the path of no panel, rule or alert contains `{only}`"), remedy))
}

/// A length on the command line.
pub(super) fn span(text: &str) -> Result<Nanos, String> {
    match duration::parse(text) {
        Ok(0) => Err("expected more than 0".to_owned()),
        Ok(millis) => Ok(Nanos::from_millis(millis.unsigned_abs())),
        Err(error) => Err(error.to_string()),
    }
}
