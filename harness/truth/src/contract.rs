//! Contracts: what every panel and every recording rule must show, in the application's own terms.
//!
//! `scenarios/contracts/<dashboard uid>.yaml` binds each target of a dashboard to a [`Fact`]; another file binds the
//! recording rules. Contracts are written by hand from what a panel claims to show, and never read an expression.

pub mod alert;
mod alert_raw;
mod alert_read;
mod display;
mod raw;
mod read;
mod values;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use prom::{
    document,
    problem::{Code, Problem},
};

use crate::fact::{Condition, Fact, Total};
pub use display::DisplayContract;
use raw::RawFile;
use read::Reader;

/// All contracts of a directory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contracts {
    /// By dashboard uid.
    pub dashboards: BTreeMap<String, DashboardContract>,
    /// By recorded metric.
    pub rules: BTreeMap<String, TargetContract>,
    /// Alerts that no scenario can prove, by name.
    pub alerts: BTreeMap<String, AlertClass>,
    /// What alerts are meant to say, by name.
    pub specified: BTreeMap<String, alert::AlertContract>,
}

/// Why an alert needs no scenario that fires it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertClass {
    /// It fires at every evaluation: whoever receives it hears when alerting itself has stopped.
    Always,
    /// It is about the monitoring system itself, which only faults of a running one can raise.
    Live,
}

/// What a dashboard must show.
#[derive(Clone, Debug, PartialEq)]
pub struct DashboardContract {
    /// The file it stands in.
    pub file: PathBuf,
    /// Dashboard variable → label whose values it chooses from.
    pub variables: BTreeMap<String, String>,
    /// By panel title.
    pub panels: BTreeMap<String, PanelContract>,
}

/// What a panel must show.
#[derive(Clone, Debug, PartialEq)]
pub struct PanelContract {
    /// Line in the contract's file.
    pub line: Option<usize>,
    /// The unit in Grafana's terms, such as `reqps`; `None` for what follows from the quantity.
    pub unit: Option<String>,
    /// Units of single targets (refId) where they differ.
    pub units: BTreeMap<String, String>,
    /// The reducer of a panel that shows one number for a series.
    pub reducer: Option<String>,
    /// The words that stand for values.
    pub mappings: BTreeMap<String, String>,
    /// What else is seen on purpose.
    pub display: DisplayContract,
    /// By refId.
    pub targets: BTreeMap<String, TargetContract>,
}

/// What a target or a recording rule must answer.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetContract {
    /// The question to the ledger.
    pub fact: Fact,
    /// The window before each instant.
    pub over: Window,
    /// Whether it is asked once, at the range's end.
    pub instant: bool,
    /// The legend, with `{{label}}` for labels; `None` for a table.
    pub legend: Option<String>,
}

/// The window before each instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Grafana's `$__rate_interval`.
    RateInterval,
    /// Grafana's `$__interval`.
    Interval,
    /// The dashboard's whole range.
    Range,
    /// A fixed span in milliseconds.
    Fixed(i64),
    /// No window: the latest sample counts.
    Latest,
}

impl Contracts {
    /// Reads every `.yaml` file of a directory.
    ///
    /// # Errors
    /// All problems of all files.
    pub fn load_dir(directory: &Path) -> Result<Contracts, Vec<Problem>> {
        let mut files: Vec<PathBuf> = fs::read_dir(directory)
            .map_err(|error| vec![unreadable(directory, &error)])?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
            .collect();
        files.sort();
        let mut contracts = Contracts::default();
        let mut problems = Vec::new();
        for file in files {
            let text = match fs::read_to_string(&file) {
                Ok(text) => text,
                Err(error) => {
                    problems.push(unreadable(&file, &error));
                    continue;
                }
            };
            contracts.add(&file, &text, &mut problems);
        }
        problems.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        if problems.is_empty() { Ok(contracts) } else { Err(problems) }
    }

    /// Adds the contracts of one file.
    pub fn add(&mut self, file: &Path, text: &str, problems: &mut Vec<Problem>) {
        let raw: RawFile = match document::read(file, text) {
            Ok((raw, found)) => {
                problems.extend(found);
                raw
            }
            Err(found) => return problems.push(found),
        };
        let mut reader = Reader { file, problems };
        for (name, rule) in reader.part(raw.rules).unwrap_or_default() {
            if let Some(contract) = reader.target(rule) {
                self.rules.insert(name, contract);
            }
        }
        let alerts: BTreeMap<String, AlertClass> = reader.table(raw.alerts);
        self.alerts.extend(alerts);
        for (name, alert) in reader.part(raw.specifications).unwrap_or_default() {
            if let Some(contract) = reader.alert(alert) {
                self.specified.insert(name, contract);
            }
        }
        let variables = reader.table(raw.variables);
        let panels = reader.part(raw.panels).unwrap_or_default();
        let panels: BTreeMap<String, PanelContract> = panels
            .into_iter()
            .filter_map(|(title, panel)| Some((title, reader.panel(panel)?)))
            .collect();
        let Some(uid) = reader.field(raw.dashboard) else {
            if !panels.is_empty() {
                let message = "`panels` without `dashboard`: name the dashboard's uid";
                problems.push(Problem::new(Code::MissingKey, file, None, message));
            }
            return;
        };
        let contract = DashboardContract { file: file.to_owned(), variables, panels };
        if let Some(other) = self.dashboards.insert(uid.clone(), contract) {
            let message =
                format!("dashboard `{uid}` has a contract in {} already", other.file.display());
            problems.push(Problem::new(Code::DuplicateContract, file, None, message));
        }
    }
}

/// The JSON schema of contracts, for editors.
#[must_use]
pub fn schema() -> String {
    let schema = schemars::schema_for!(RawFile);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    text.push('\n');
    text
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(Code::UnreadableFile, path, None, format!("cannot be read: {error}"))
}

impl Fact {
    /// The same fact about the series that a dashboard's variable selects.
    #[must_use]
    pub fn narrowed(&self, condition: &Condition) -> Fact {
        let narrow = |total: &Total| {
            let mut total = total.clone();
            total.conditions.push(condition.clone());
            total
        };
        match self {
            Fact::Total(total) => Fact::Total(narrow(total)),
            Fact::Ratio { part, whole } => Fact::Ratio { part: narrow(part), whole: narrow(whole) },
            Fact::Quantile { q, of } => Fact::Quantile { q: *q, of: narrow(of) },
            Fact::ShareAbove { bound, of } => Fact::ShareAbove { bound: *bound, of: narrow(of) },
            Fact::Health(conditions) => {
                Fact::Health(conditions.iter().cloned().chain([condition.clone()]).collect())
            }
            Fact::Constant(values) => Fact::Constant(
                values.iter().filter(|(labels, _)| condition.admits(labels)).cloned().collect(),
            ),
        }
    }
}
