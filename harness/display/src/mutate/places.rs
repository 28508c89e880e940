//! Mistakes in where a series stands, under which name, and whether at all.
//!
//! It must not know how a mistake is found.

use serde_json::{Value, json};

use super::{
    MutantKind,
    texts::{Made, push, remove, rule},
};

impl Made<'_> {
    pub(super) fn headings(&mut self) {
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

    pub(super) fn series(&mut self) {
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

    pub(super) fn stacking(&mut self) {
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

    pub(super) fn transformations(&mut self) {
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

    pub(super) fn asked(&mut self) {
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
