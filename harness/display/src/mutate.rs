//! Panels with one mistake in how they show their answer, such as a person could make.
//!
//! Each is judged like the original; one of which nothing is said is a gap. It must not know how a mistake is found.

use std::fmt;

use serde_json::{Value, json};

use monitoring::grafana::dashboard::{self, Dashboard, Panel};
use truth::contract::{DashboardContract, PanelContract};

use crate::{expected::Bound, observe};

/// The kind of mistake; the order is that of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MutantKind {
    /// Another unit of the same size.
    Unit,
    /// A unit that makes another number of it, such as `percent` for a share.
    Factor,
    /// Places that hide the number or mean nothing.
    Decimals,
    /// A word for another value, or for every value.
    Mapping,
    /// Colours in another order.
    Thresholds,
    /// Another reducer, or two.
    Reducer,
    /// The heading of another column.
    Heading,
    /// A series that is not shown.
    HiddenSeries,
    /// Series on each other, or no longer.
    Stacking,
    /// A series under another name.
    RenamedField,
    /// A transformation added or dropped.
    Transformation,
    /// A target that is not shown.
    HiddenTarget,
    /// The names of two targets swapped.
    SwappedTargets,
    /// Another data source.
    Datasource,
    /// Numbers beside the names.
    Beside,
    /// Another visualisation.
    Type,
}

impl MutantKind {
    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Factor => "factor by unit",
            Self::Decimals => "decimals",
            Self::Mapping => "mapping",
            Self::Thresholds => "threshold order",
            Self::Reducer => "reducer",
            Self::Heading => "heading",
            Self::HiddenSeries => "hidden series",
            Self::Stacking => "stacking",
            Self::RenamedField => "renamed field",
            Self::Transformation => "transformation",
            Self::HiddenTarget => "hidden target",
            Self::SwappedTargets => "swapped targets",
            Self::Datasource => "data source",
            Self::Beside => "numbers beside names",
            Self::Type => "type",
        }
    }
}

impl fmt::Display for MutantKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A panel with one mistake.
#[derive(Debug, Clone, PartialEq)]
pub struct Mutant {
    /// What kind of mistake it is.
    pub kind: MutantKind,
    /// The mistake in words.
    pub description: String,
    /// The panel as it would be written.
    pub json: Value,
}

/// All mutants of a panel that has a contract, in a fixed order; none equals the original.
#[must_use]
pub fn mutants(panel: &Panel, contract: &PanelContract) -> Vec<Mutant> {
    let targets = observe::bound(panel, contract);
    let mut made = Made { panel, targets: &targets, contract, mutants: Vec::new() };
    made.units();
    made.decimals();
    made.words();
    made.thresholds();
    made.reducers();
    made.headings();
    made.series();
    made.stacking();
    made.transformations();
    made.asked();
    made.mutants
}

/// The dashboard with this one panel alone, as it would be read.
#[must_use]
pub fn with_panel(dashboard: &Dashboard, json: &Value) -> Option<Dashboard> {
    let variables: Vec<&Value> =
        dashboard.variables.iter().map(|variable| &variable.json).collect();
    let text = json!({"uid": dashboard.uid, "title": dashboard.title, "panels": [json],
        "templating": {"list": variables}});
    dashboard::parse(&dashboard.file, &text.to_string()).ok()
}

struct Made<'a> {
    panel: &'a Panel,
    targets: &'a [Bound<'a>],
    contract: &'a PanelContract,
    mutants: Vec<Mutant>,
}

/// Units that a person could take for another one, and whether the number is another one with it.
const MISTAKEN: &[(&str, &[&str], &[&str])] = &[
    ("percentunit", &["short"], &["percent"]),
    ("percent", &["short"], &["percentunit"]),
    ("s", &["short", "h"], &["ms", "m"]),
    ("ms", &["short"], &["s"]),
    ("currencyUSD", &["currencyEUR", "short"], &[]),
    ("suffix:USD/h", &["currencyUSD", "suffix:USD/s"], &[]),
    ("reqps", &["short", "opm"], &["percentunit"]),
    ("ops", &["short", "opm"], &["percentunit"]),
    ("short", &["bytes", "reqps"], &["percentunit"]),
    ("none", &["reqps"], &["percentunit"]),
];

impl Made<'_> {
    fn add(
        &mut self,
        kind: MutantKind,
        description: impl Into<String>,
        change: impl FnOnce(&mut Value),
    ) {
        let mut json = self.panel.json.clone();
        change(&mut json);
        if json != self.panel.json {
            self.mutants.push(Mutant { kind, description: description.into(), json });
        }
    }

    fn is(&self, kinds: &[&str]) -> bool {
        kinds.contains(&self.panel.kind.as_str())
    }

    /// Whether numbers are reduced to one for each series.
    fn reduces(&self) -> bool {
        self.is(&["stat", "gauge", "bargauge", "piechart"])
    }

    /// The name of the first series, and how many there are.
    fn first(&self) -> Option<(String, usize)> {
        let count = self.targets.iter().map(|target| target.series.len()).sum();
        let target = self.targets.first()?;
        Some((target.name(target.series.first()?)?, count))
    }

    fn units(&mut self) {
        let own = self.panel.field.unit.clone().unwrap_or_else(|| "none".to_owned());
        let found = MISTAKEN.iter().find(|(unit, ..)| *unit == own);
        let (others, factors) =
            found.map_or((&["short", "ms"][..], &["percentunit"][..]), |it| (it.1, it.2));
        // Words stand for all values of a state, so that its unit is not seen.
        if !self.contract.mappings.is_empty() {
            return;
        }
        let all = others.iter().map(|unit| (MutantKind::Unit, *unit));
        for (kind, unit) in all.chain(factors.iter().map(|unit| (MutantKind::Factor, *unit))) {
            let mut seen = false;
            self.add(kind, format!("{own} becomes {unit}"), |json| {
                json["fieldConfig"]["defaults"]["unit"] = json!(unit);
                seen = true;
            });
        }
        self.add(MutantKind::Unit, "an override of every number has ms", |json| {
            rule(json, json!({"id": "byRegexp", "options": "/.*/"}), "unit", json!("bytes"));
        });
        let last = self
            .panel
            .overrides
            .iter()
            .rposition(|found| found.properties.iter().any(|it| it.0 == "unit"));
        if let Some(at) = last {
            self.add(MutantKind::Unit, "an override of a unit is dropped", |json| {
                remove(&mut json["fieldConfig"]["overrides"], at);
            });
        }
    }

    fn decimals(&mut self) {
        if !self.contract.mappings.is_empty() {
            return;
        }
        for places in [0, 7] {
            self.add(MutantKind::Decimals, format!("{places} decimals"), |json| {
                json["fieldConfig"]["defaults"]["decimals"] = json!(places);
            });
        }
    }

    fn words(&mut self) {
        let all = json!([{"type": "range", "options": {"from": null, "to": null, "result": {"text": "OK"}}}]);
        self.add(MutantKind::Mapping, "every number is OK", |json| {
            json["fieldConfig"]["defaults"]["mappings"] = all;
        });
        self.add(MutantKind::Mapping, "0 is none", |json| {
            let mapping = json!({"type": "value", "options": {"0": {"text": "none"}}});
            push(&mut json["fieldConfig"]["defaults"]["mappings"], mapping, true);
        });
        let words: Vec<String> = self.contract.mappings.keys().cloned().collect();
        if let [first, second, ..] = words.as_slice() {
            self.add(
                MutantKind::Mapping,
                format!("the words of {first} and {second} are swapped"),
                |json| {
                    let options = &mut json["fieldConfig"]["defaults"]["mappings"][0]["options"];
                    let text = options[first]["text"].clone();
                    options[first]["text"] = options[second]["text"].clone();
                    options[second]["text"] = text;
                },
            );
            self.add(MutantKind::Mapping, format!("the word of {first} is dropped"), |json| {
                let options = &mut json["fieldConfig"]["defaults"]["mappings"][0]["options"];
                options.as_object_mut().into_iter().for_each(|options| {
                    options.shift_remove(first);
                });
            });
            self.add(MutantKind::Mapping, "all words have the same colour", |json| {
                let options = &mut json["fieldConfig"]["defaults"]["mappings"][0]["options"];
                for option in options.as_object_mut().into_iter().flat_map(|it| it.values_mut()) {
                    option["color"] = json!("green");
                }
            });
        }
    }

    fn thresholds(&mut self) {
        let steps = self.panel.field.thresholds.len();
        if steps < 2 || !self.contract.mappings.is_empty() {
            return;
        }
        self.add(MutantKind::Thresholds, "colours in another order", |json| {
            let steps = &mut json["fieldConfig"]["defaults"]["thresholds"]["steps"];
            let colour = steps[0]["color"].clone();
            steps[0]["color"] = steps[steps_last(steps)]["color"].clone();
            let last = steps_last(steps);
            steps[last]["color"] = colour;
        });
        self.add(MutantKind::Thresholds, "the last threshold is dropped", |json| {
            remove(&mut json["fieldConfig"]["defaults"]["thresholds"]["steps"], steps - 1);
        });
        self.add(MutantKind::Thresholds, "thresholds in percent", |json| {
            json["fieldConfig"]["defaults"]["thresholds"]["mode"] = json!("percentage");
        });
    }

    fn reducers(&mut self) {
        if self.reduces() {
            let instant = self.targets.iter().all(Bound::instant);
            // Of one moment the mean is the number itself.
            let others: &[&[&str]] = if instant {
                &[&["count"], &["range"], &["lastNotNull", "mean"], &["avg"]]
            } else {
                &[&["mean"], &["max"], &["last"], &["lastNotNull", "mean"]]
            };
            for calcs in others {
                self.add(MutantKind::Reducer, calcs.join(" and "), |json| {
                    json["options"]["reduceOptions"]["calcs"] = json!(calcs);
                });
            }
            self.add(MutantKind::Reducer, "of the time field", |json| {
                json["options"]["reduceOptions"]["fields"] = json!("/^Time$/");
            });
            self.add(MutantKind::Reducer, "every row", |json| {
                json["options"]["reduceOptions"]["values"] = json!(true);
            });
        }
        if self.is(&["timeseries"]) {
            self.add(MutantKind::Beside, "range beside the names", |json| {
                json["options"]["legend"]["calcs"] = json!(["range"]);
            });
        }
        if self.is(&["stat"]) {
            self.add(MutantKind::Beside, "a change in percent", |json| {
                json["options"]["showPercentChange"] = json!(true);
            });
            self.add(MutantKind::Beside, "no number", |json| {
                json["options"]["textMode"] = json!("name");
            });
        }
        for kind in ["histogram", "heatmap", "barchart", "text", "table"] {
            if !self.is(&[kind]) {
                self.add(MutantKind::Type, format!("{} becomes {kind}", self.panel.kind), |json| {
                    json["type"] = json!(kind);
                });
            }
        }
    }

    fn headings(&mut self) {
        if !self.is(&["table"]) {
            return;
        }
        let renames = |json: &Value| {
            let list = json["transformations"].as_array()?;
            list.iter().position(|it| it["options"]["renameByName"].is_object())
        };
        let Some(at) = renames(&self.panel.json) else { return };
        let names: Vec<String> = self.panel.json["transformations"][at]["options"]["renameByName"]
            .as_object()
            .map(|names| names.keys().cloned().collect())
            .unwrap_or_default();
        for pair in names.windows(2) {
            self.add(
                MutantKind::Heading,
                format!("the headings of {} and {} are swapped", pair[0], pair[1]),
                |json| {
                    let names = &mut json["transformations"][at]["options"]["renameByName"];
                    let name = names[&pair[0]].clone();
                    names[&pair[0]] = names[&pair[1]].clone();
                    names[&pair[1]] = name;
                },
            );
        }
        for name in &names {
            self.add(MutantKind::Heading, format!("{name} has the heading Amount"), |json| {
                json["transformations"][at]["options"]["renameByName"][name] = json!("Amount");
            });
            self.add(MutantKind::HiddenSeries, format!("the column {name} is left out"), |json| {
                json["transformations"][at]["options"]["excludeByName"][name] = json!(true);
            });
        }
    }

    fn series(&mut self) {
        let Some((name, count)) = self.first() else { return };
        let hidden = json!({"viz": true, "legend": true, "tooltip": true});
        let by_name = json!({"id": "byName", "options": name});
        if self.is(&["timeseries", "piechart"]) {
            self.add(MutantKind::HiddenSeries, format!("{name} is hidden"), |json| {
                rule(json, by_name.clone(), "custom.hideFrom", hidden.clone());
            });
            self.add(MutantKind::HiddenSeries, "every series is hidden", |json| {
                json["fieldConfig"]["defaults"]["custom"]["hideFrom"] = hidden;
            });
        }
        if self.is(&["timeseries"]) {
            self.add(MutantKind::HiddenSeries, "nothing is in view", |json| {
                json["fieldConfig"]["defaults"]["min"] = json!(1_000_000);
            });
        }
        if self.reduces() && count > 1 {
            self.add(MutantKind::HiddenSeries, format!("only {name} is shown"), |json| {
                json["options"]["reduceOptions"]["fields"] = json!(format!("/^{name}$/"));
            });
        }
        self.add(MutantKind::RenamedField, format!("{name} is called total"), |json| {
            rule(json, by_name, "displayName", json!("total"));
        });
        self.add(MutantKind::RenamedField, "every series is called total", |json| {
            json["fieldConfig"]["defaults"]["displayName"] = json!("total");
        });
        self.add(MutantKind::RenamedField, "another legend", |json| {
            json["targets"][0]["legendFormat"] = json!("{{job}} total");
        });
    }

    fn stacking(&mut self) {
        let count: usize = self.targets.iter().map(|target| target.series.len()).sum();
        if !self.is(&["timeseries"]) {
            return;
        }
        for mode in ["none", "normal", "percent"] {
            // One series stands on nothing.
            if mode == "percent" || count > 1 {
                self.add(MutantKind::Stacking, format!("stacking {mode}"), |json| {
                    json["fieldConfig"]["defaults"]["custom"]["stacking"]["mode"] = json!(mode);
                });
            }
        }
        for transform in ["negative-Y", "constant"] {
            self.add(MutantKind::Stacking, transform, |json| {
                json["fieldConfig"]["defaults"]["custom"]["transform"] = json!(transform);
            });
        }
    }

    fn transformations(&mut self) {
        let own = self.panel.json["transformations"].as_array().map_or(0, Vec::len);
        for at in 0..own {
            self.add(
                MutantKind::Transformation,
                format!("transformation {} is dropped", at + 1),
                |json| {
                    remove(&mut json["transformations"], at);
                },
            );
        }
        let added = [
            json!({"id": "renameByRegex", "options": {"regex": "(.*)", "renamePattern": "all"}}),
            json!({"id": "reduce", "options": {}}),
            json!({"id": "filterFieldsByName", "options": {"include": {"names": ["Time"]}}}),
            json!({"id": "regression", "options": {}}),
            json!({"id": "calculateField", "options": {"mode": "reduceRow", "reduce": {"reducer": "sum"}}}),
        ];
        for transformation in added {
            let id = transformation["id"].as_str().unwrap_or_default().to_owned();
            self.add(MutantKind::Transformation, format!("{id} is added"), |json| {
                push(&mut json["transformations"], transformation, false);
            });
        }
    }

    fn asked(&mut self) {
        for at in 0..self.panel.targets.len() {
            self.add(MutantKind::HiddenTarget, format!("target {} is hidden", at + 1), |json| {
                json["targets"][at]["hide"] = json!(true);
            });
            self.add(MutantKind::Datasource, format!("target {} asks Loki", at + 1), |json| {
                json["targets"][at]["datasource"] = json!({"type": "loki", "uid": "loki"});
            });
            self.add(
                MutantKind::Datasource,
                format!("target {} asks another panel", at + 1),
                |json| {
                    json["targets"][at]["datasource"] =
                        json!({"type": "datasource", "uid": "-- Dashboard --"});
                },
            );
        }
        if self.panel.targets.len() > 1 {
            for member in ["legendFormat", "refId"] {
                self.add(
                    MutantKind::SwappedTargets,
                    format!("{member} of two targets is swapped"),
                    |json| {
                        let first = json["targets"][0][member].clone();
                        json["targets"][0][member] = json["targets"][1][member].clone();
                        json["targets"][1][member] = first;
                    },
                );
            }
        }
    }
}

fn steps_last(steps: &Value) -> usize {
    steps.as_array().map_or(0, |steps| steps.len().saturating_sub(1))
}

fn rule(json: &mut Value, matcher: Value, id: &str, value: Value) {
    let rule = json!({"matcher": matcher, "properties": [{"id": id, "value": value}]});
    push(&mut json["fieldConfig"]["overrides"], rule, false);
}

fn push(list: &mut Value, item: Value, first: bool) {
    if !list.is_array() {
        *list = json!([]);
    }
    if let Some(list) = list.as_array_mut() {
        let at = if first { 0 } else { list.len() };
        list.insert(at, item);
    }
}

fn remove(list: &mut Value, at: usize) {
    if let Some(list) = list.as_array_mut().filter(|list| at < list.len()) {
        list.remove(at);
    }
}

/// What is said first of a changed panel; `None` of one that nobody would notice. A panel that cannot be read any more
/// is noticed.
#[must_use]
pub fn noticed(
    dashboard: &Dashboard,
    json: &Value,
    contract: Option<&DashboardContract>,
) -> Option<String> {
    let Some(one) = with_panel(dashboard, json) else {
        return Some("cannot be read".to_owned());
    };
    let panel = one.panels.first()?;
    let bound = contract.and_then(|contract| contract.panels.get(&panel.title));
    let found = crate::members(&one, panel, &[]).into_iter().next();
    found.map(|finding| finding.message).or_else(|| {
        let (panel, bound) = (panel, bound?);
        let found = observe::observe(&panel.json, bound, &observe::bound(panel, bound));
        found.into_iter().next().map(|found| found.message)
    })
}
