//! Mistakes in what is read of a number: unit, places, words, colours, reducer.
//!
//! It must not know how a mistake is found.

use serde_json::{Value, json};

use monitoring::grafana::dashboard::Panel;
use truth::contract::PanelContract;

use super::{Mutant, MutantKind};
use crate::expected::Bound;

/// What has been made so far of a panel.
pub(super) struct Made<'a> {
    pub(super) panel: &'a Panel,
    pub(super) targets: &'a [Bound<'a>],
    pub(super) contract: &'a PanelContract,
    pub(super) mutants: Vec<Mutant>,
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
    pub(super) fn add(
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

    pub(super) fn is(&self, kinds: &[&str]) -> bool {
        kinds.contains(&self.panel.kind.as_str())
    }

    /// Whether numbers are reduced to one for each series.
    pub(super) fn reduces(&self) -> bool {
        self.is(&["stat", "gauge", "bargauge", "piechart"])
    }

    /// The name of the first series, and how many there are.
    pub(super) fn first(&self) -> Option<(String, usize)> {
        let count = self.targets.iter().map(|target| target.series.len()).sum();
        let target = self.targets.first()?;
        Some((target.name(target.series.first()?)?, count))
    }

    pub(super) fn units(&mut self) {
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

    pub(super) fn decimals(&mut self) {
        if !self.contract.mappings.is_empty() {
            return;
        }
        for places in [0, 7] {
            self.add(MutantKind::Decimals, format!("{places} decimals"), |json| {
                json["fieldConfig"]["defaults"]["decimals"] = json!(places);
            });
        }
    }

    pub(super) fn words(&mut self) {
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

    pub(super) fn thresholds(&mut self) {
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

    pub(super) fn reducers(&mut self) {
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
}

fn steps_last(steps: &Value) -> usize {
    steps.as_array().map_or(0, |steps| steps.len().saturating_sub(1))
}

#[expect(clippy::needless_pass_by_value, reason = "callers make these for it alone")]
pub(super) fn rule(json: &mut Value, matcher: Value, id: &str, value: Value) {
    let rule = json!({"matcher": matcher, "properties": [{"id": id, "value": value}]});
    push(&mut json["fieldConfig"]["overrides"], rule, false);
}

pub(super) fn push(list: &mut Value, item: Value, first: bool) {
    if !list.is_array() {
        *list = json!([]);
    }
    if let Some(list) = list.as_array_mut() {
        let at = if first { 0 } else { list.len() };
        list.insert(at, item);
    }
}

pub(super) fn remove(list: &mut Value, at: usize) {
    if let Some(list) = list.as_array_mut().filter(|list| at < list.len()) {
        list.remove(at);
    }
}
