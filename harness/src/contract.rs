//! Contracts: what every panel and every recording rule must show, in the application's own terms.
//!
//! `scenarios/contracts/<dashboard uid>.yaml` binds each target of a dashboard to a [`Fact`]; another file binds the
//! recording rules. Contracts are written by hand from what a panel claims to show, and never read an expression.

mod raw;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_saphyr::Spanned;

use crate::{
    fact::{Condition, Fact, Labels, Total},
    problem::Problem,
    promcfg::duration,
    quantity::{Quantity, Unit},
    yaml,
};
use raw::{RawFile, RawPanel, RawTarget};

/// All contracts of a directory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contracts {
    /// By dashboard uid.
    pub dashboards: BTreeMap<String, DashboardContract>,
    /// By recorded metric.
    pub rules: BTreeMap<String, TargetContract>,
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
    /// The unit in Grafana's terms, such as `reqps`.
    pub unit: String,
    /// Units of single targets (refId) where they differ.
    pub units: BTreeMap<String, String>,
    /// The reducer of a panel that shows one number for a series.
    pub reducer: Option<String>,
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
        if problems.is_empty() { Ok(contracts) } else { Err(problems) }
    }

    /// Adds the contracts of one file.
    pub fn add(&mut self, file: &Path, text: &str, problems: &mut Vec<Problem>) {
        let raw: RawFile = match yaml::parse(file, text) {
            Ok(raw) => raw,
            Err(found) => return problems.extend(found),
        };
        let mut reader = Reader { file, problems };
        for (name, rule) in &raw.rules {
            if let Some(contract) = reader.target(rule) {
                self.rules.insert(name.clone(), contract);
            }
        }
        let Some(uid) = raw.dashboard else {
            if !raw.panels.is_empty() {
                problems.push(Problem::error(
                    file,
                    None,
                    "`panels` without `dashboard`: name the dashboard's uid",
                ));
            }
            return;
        };
        let panels =
            raw.panels.iter().map(|(title, panel)| (title.clone(), reader.panel(panel))).collect();
        let variables =
            raw.variables.into_iter().map(|(name, label)| (name, label.value)).collect();
        let contract = DashboardContract { file: file.to_owned(), variables, panels };
        if let Some(other) = self.dashboards.insert(uid.clone(), contract) {
            let message =
                format!("dashboard `{uid}` has a contract in {} already", other.file.display());
            problems.push(Problem::error(file, None, message));
        }
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::error(path, None, format!("cannot be read: {error}"))
}

/// Turns raw contracts into facts and collects what is wrong with them.
struct Reader<'a> {
    file: &'a Path,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn panel(&mut self, raw: &Spanned<RawPanel>) -> PanelContract {
        let targets = raw.value.targets.iter();
        PanelContract {
            line: yaml::line(&raw.referenced),
            unit: raw.value.unit.clone(),
            units: raw.value.units.clone(),
            reducer: raw.value.reducer.clone(),
            targets: targets
                .filter_map(|(ref_id, target)| Some((ref_id.clone(), self.target(target)?)))
                .collect(),
        }
    }

    fn wrong(&mut self, at: &Spanned<RawTarget>, message: String) {
        self.problems.push(Problem::error(self.file, yaml::line(&at.referenced), message));
    }

    fn target(&mut self, raw: &Spanned<RawTarget>) -> Option<TargetContract> {
        let target = &raw.value;
        let kinds = [
            target.rate.is_some(),
            target.increase.is_some(),
            target.ratio.is_some(),
            target.quantile.is_some(),
            target.share_above.is_some(),
            target.health.is_some(),
            target.constant.is_some(),
        ];
        if kinds.iter().filter(|given| **given).count() != 1 {
            let message = "expected exactly one of `rate`, `increase`, `ratio`, `quantile`, `share_above`, `health`, `constant`";
            self.wrong(raw, message.to_owned());
            return None;
        }
        let fact = self.fact(raw)?;
        let over = match (&fact, target.over.as_deref()) {
            (Fact::Health(_) | Fact::Constant(_), None) => Window::Latest,
            (Fact::Health(_) | Fact::Constant(_), Some(_)) => {
                self.wrong(raw, "`over` means nothing for the latest value".to_owned());
                return None;
            }
            (_, Some("rate_interval")) => Window::RateInterval,
            (_, Some("interval")) => Window::Interval,
            (_, Some("range")) => Window::Range,
            (_, Some(text)) => match duration::parse(text) {
                Ok(millis) => Window::Fixed(millis),
                Err(error) => {
                    let expected =
                        "expected `rate_interval`, `interval`, `range` or a duration such as `5m`";
                    self.wrong(raw, format!("`over: {text}`: {error}; {expected}"));
                    return None;
                }
            },
            (_, None) => {
                self.wrong(
                    raw,
                    "`over` is missing: `rate_interval`, `interval`, `range` or a duration"
                        .to_owned(),
                );
                return None;
            }
        };
        Some(TargetContract { fact, over, instant: target.instant, legend: target.legend.clone() })
    }

    fn fact(&mut self, raw: &Spanned<RawTarget>) -> Option<Fact> {
        let target = &raw.value;
        if target.health.is_some() {
            return Some(Fact::Health(conditions(&target.conditions)));
        }
        if let Some(constant) = &target.constant {
            let [label] = target.by.as_slice() else {
                self.wrong(raw, "a `constant` needs exactly one label in `by`".to_owned());
                return None;
            };
            let values = constant.iter().map(|(value, figure)| {
                let labels: Labels = vec![(label.clone(), value.clone())];
                (labels, *figure)
            });
            return Some(Fact::Constant(values.collect()));
        }
        let names = [&target.rate, &target.increase, &target.ratio, &target.of]
            .into_iter()
            .find_map(Option::as_ref);
        let Some(names) = names else {
            self.wrong(raw, "`of` is missing: which duration?".to_owned());
            return None;
        };
        let durations = target.quantile.is_some() || target.share_above.is_some();
        let total = Total {
            quantities: self.quantities(raw, names, durations)?,
            conditions: conditions(&target.conditions),
            by: target.by.clone(),
            per_second: target.increase.is_none(),
            times: target.times.unwrap_or(1.0),
            hides_zero: match target.zero.as_deref() {
                None | Some("shown") => false,
                Some("absent") => true,
                Some(other) => {
                    self.wrong(raw, format!("`zero: {other}`: expected `shown` or `absent`"));
                    return None;
                }
            },
        };
        Some(if target.ratio.is_some() {
            let mut part = total.clone();
            part.conditions.extend(conditions(&target.counting));
            Fact::Ratio { part, whole: total }
        } else if let Some(q) = target.quantile {
            Fact::Quantile { q, of: total }
        } else if let Some(bound) = target.share_above {
            Fact::ShareAbove { bound, of: total }
        } else {
            Fact::Total(total)
        })
    }

    fn quantities(
        &mut self,
        raw: &Spanned<RawTarget>,
        names: &[String],
        durations: bool,
    ) -> Option<Vec<Quantity>> {
        let mut known = Vec::new();
        for name in names {
            match Quantity::parse(name) {
                None => {
                    let all: Vec<&str> =
                        Quantity::ALL.iter().map(|quantity| quantity.as_str()).collect();
                    self.wrong(
                        raw,
                        format!("unknown quantity `{name}`: expected one of {}", all.join(", ")),
                    );
                }
                Some(quantity) if durations != matches!(quantity.unit(), Unit::Seconds(_)) => {
                    let expected = if durations { "a duration" } else { "a count or a cost" };
                    self.wrong(raw, format!("`{name}` does not fit: expected {expected}"));
                }
                Some(quantity) => known.push(quantity),
            }
        }
        (known.len() == names.len() && !known.is_empty()).then_some(known)
    }
}

fn conditions(raw: &BTreeMap<String, String>) -> Vec<Condition> {
    let condition = |(label, value): (&String, &String)| Condition {
        label: label.clone(),
        values: vec![value.clone()],
    };
    raw.iter().map(condition).collect()
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
