//! Ways to show something else that are harder to see: each must be noticed.

use display::mutate;
use serde_json::{Value, json};

use crate::{contracts, parse, shipped};

type Change = fn(&mut Value);

fn add(list: &mut Value, item: Value) {
    if !list.is_array() {
        *list = json!([]);
    }
    list.as_array_mut().unwrap().push(item);
}

#[expect(clippy::needless_pass_by_value, reason = "callers make these for it alone")]
fn over(panel: &mut Value, matcher: Value, id: &str, value: Value) {
    let rule = json!({"matcher": matcher, "properties": [{"id": id, "value": value}]});
    add(&mut panel["fieldConfig"]["overrides"], rule);
}

fn map(panel: &mut Value, mapping: Value) {
    add(&mut panel["fieldConfig"]["defaults"]["mappings"], mapping);
}

const OPERATIONS: (&str, &str) = ("overview", "Operations per second");
const HEALTH: (&str, &str) = ("overview", "Module health");
const TABLE: (&str, &str) = ("overview", "LLM usage summary");
const RATIO: (&str, &str) = ("prompt-manager", "Cache hit ratio");
const PIE: (&str, &str) = ("llm-provider", "Provider distribution");
const TOTAL: (&str, &str) = ("overview", "Total operations");
const SECURITY: (&str, &str) = ("overview", "Security overview");
const ERRORS: (&str, &str) = ("llm-provider", "Errors over time");
const P95: (&str, &str) = ("llm-provider", "Request duration P95");

/// Panel, what is done, and how.
const ATTACKS: &[((&str, &str), &str, Change)] = &[
    (HEALTH, "DOWN is green", |p| {
        p["fieldConfig"]["defaults"]["mappings"][0]["options"]["0"]["color"] = json!("green")
    }),
    (HEALTH, "colours are fixed", |p| {
        for word in ["1", "0", "-1"] {
            p["fieldConfig"]["defaults"]["mappings"][0]["options"][word]
                .as_object_mut()
                .unwrap()
                .shift_remove("color");
        }
        p["fieldConfig"]["defaults"]["color"] = json!({"mode": "fixed", "fixedColor": "green"});
    }),
    (HEALTH, "names are left out", |p| p["options"]["textMode"] = json!("value")),
    (HEALTH, "no colours", |p| p["options"]["colorMode"] = json!("none")),
    (OPERATIONS, "the unit of large series", |p| {
        over(
            p,
            json!({"id": "byValue", "options": {"reducer": "max", "op": "gte", "value": 300}}),
            "unit",
            json!("ms"),
        )
    }),
    (OPERATIONS, "small series are hidden", |p| {
        over(
            p,
            json!({"id": "byValue", "options": {"reducer": "max", "op": "lt", "value": 1}}),
            "custom.hideFrom",
            json!({"viz": true, "legend": true}),
        )
    }),
    (OPERATIONS, "one series is not in the legend", |p| {
        over(
            p,
            json!({"id": "byName", "options": "llm-provider"}),
            "custom.hideFrom",
            json!({"viz": false, "legend": true}),
        )
    }),
    (OPERATIONS, "a range of numbers is HIGH", |p| {
        map(
            p,
            json!({"type": "range", "options": {"from": 5000, "to": 6000, "result": {"text": "HIGH"}}}),
        )
    }),
    (OPERATIONS, "7 is OK", |p| map(p, json!({"type": "value", "options": {"7": {"text": "OK"}}}))),
    (OPERATIONS, "milliseconds on the axis", |p| {
        p["fieldConfig"]["defaults"]["custom"]["axisLabel"] = json!("ms")
    }),
    (OPERATIONS, "no legend", |p| p["options"]["legend"]["displayMode"] = json!("hidden")),
    (OPERATIONS, "a logarithmic scale", |p| {
        p["fieldConfig"]["defaults"]["custom"]["scaleDistribution"] =
            json!({"type": "log", "log": 10})
    }),
    (OPERATIONS, "a scale that ends at 1", |p| p["fieldConfig"]["defaults"]["max"] = json!(1)),
    (OPERATIONS, "gaps are drawn over", |p| {
        p["fieldConfig"]["defaults"]["custom"]["spanNulls"] = json!(true)
    }),
    (OPERATIONS, "one decimal", |p| p["fieldConfig"]["defaults"]["decimals"] = json!(1)),
    (OPERATIONS, "a day ago", |p| p["timeShift"] = json!("1d")),
    (OPERATIONS, "names of another label", |p| {
        p["fieldConfig"]["defaults"]["displayName"] = json!("${__field.labels.module} total")
    }),
    (OPERATIONS, "names by regex swapped", |p| {
        add(
            &mut p["transformations"],
            json!({"id": "renameByRegex", "options": {"regex": "prompt-(.*)", "renamePattern": "$1"}}),
        )
    }),
    (TABLE, "rows with few requests are left out", |p| {
        add(
            &mut p["transformations"],
            json!({"id": "filterByValue", "options": {"type": "include", "match": "all", "filters": [{"fieldName": "Requests", "config": {"id": "greater", "options": {"value": 10}}}]}}),
        )
    }),
    (TABLE, "the first five rows", |p| {
        add(&mut p["transformations"], json!({"id": "limit", "options": {"limitField": 5}}))
    }),
    (TABLE, "by provider only", |p| {
        add(
            &mut p["transformations"],
            json!({"id": "groupBy", "options": {"fields": {"Provider": {"operation": "groupby", "aggregations": []}, "Requests": {"operation": "aggregate", "aggregations": ["sum"]}, "Tokens": {"operation": "aggregate", "aggregations": ["sum"]}, "Cost": {"operation": "aggregate", "aggregations": ["sum"]}}}}),
        )
    }),
    (TABLE, "the model is left out", |p| {
        p["transformations"][1]["options"]["excludeByName"]["model"] = json!(true)
    }),
    (TABLE, "provider under Model", |p| {
        p["transformations"][1]["options"]["renameByName"]["provider"] = json!("Model");
        p["transformations"][1]["options"]["renameByName"]["model"] = json!("Provider");
    }),
    (TABLE, "cost has no unit", |p| {
        over(p, json!({"id": "byName", "options": "Cost"}), "unit", json!("short"))
    }),
    (TABLE, "tokens in dollars", |p| {
        over(p, json!({"id": "byName", "options": "Tokens"}), "unit", json!("currencyUSD"))
    }),
    (TABLE, "headings by an override", |p| {
        over(p, json!({"id": "byName", "options": "Cost"}), "displayName", json!("Tokens"))
    }),
    (TABLE, "no headings", |p| p["options"]["showHeader"] = json!(false)),
    (TABLE, "the second frame", |p| p["transformations"] = json!([])),
    (RATIO, "a gauge that ends at a tenth", |p| p["fieldConfig"]["defaults"]["max"] = json!(0.1)),
    (RATIO, "a gauge that begins at a half", |p| p["fieldConfig"]["defaults"]["min"] = json!(0.5)),
    (RATIO, "null is 100 %", |p| {
        p["fieldConfig"]["defaults"]["mappings"][0]["options"]["result"]["text"] = json!("100%")
    }),
    (RATIO, "red is good", |p| {
        p["fieldConfig"]["defaults"]["thresholds"]["steps"][2]["color"] = json!("red")
    }),
    (RATIO, "one minus", |p| p["fieldConfig"]["defaults"]["unit"] = json!("percent")),
    (PIE, "only shares", |p| p["options"]["legend"]["values"] = json!(["percent"])),
    (PIE, "without names", |p| p["options"]["legend"]["showLegend"] = json!(false)),
    (PIE, "one slice is gone", |p| {
        over(
            p,
            json!({"id": "byName", "options": "other"}),
            "custom.hideFrom",
            json!({"viz": true}),
        )
    }),
    (TOTAL, "of any field", |p| p["options"]["reduceOptions"]["fields"] = json!("/.*/")),
    (TOTAL, "no decimals but thousands", |p| {
        p["fieldConfig"]["defaults"]["unit"] = json!("locale")
    }),
    (TOTAL, "a null is 0", |p| p["fieldConfig"]["defaults"]["noValue"] = json!("0")),
    (TOTAL, "red above 1", |p| {
        p["fieldConfig"]["defaults"]["color"] = json!({"mode": "thresholds"});
        add(
            &mut p["fieldConfig"]["defaults"]["thresholds"]["steps"],
            json!({"color": "red", "value": 1}),
        );
    }),
    (SECURITY, "legends swapped", |p| {
        let first = p["targets"][0]["legendFormat"].clone();
        p["targets"][0]["legendFormat"] = p["targets"][1]["legendFormat"].clone();
        p["targets"][1]["legendFormat"] = first;
    }),
    (SECURITY, "one query is filtered away", |p| {
        add(
            &mut p["transformations"],
            json!({"id": "filterByRefId", "options": {"include": "A|B"}}),
        )
    }),
    (ERRORS, "small errors are left out", |p| {
        over(
            p,
            json!({"id": "byValue", "options": {"reducer": "max", "op": "lte", "value": 0.01}}),
            "custom.hideFrom",
            json!({"viz": true, "legend": true}),
        )
    }),
    (ERRORS, "no longer stacked", |p| {
        p["fieldConfig"]["defaults"]["custom"]["stacking"]["mode"] = json!("none")
    }),
    (ERRORS, "the sum for the mean", |p| p["options"]["legend"]["calcs"] = json!(["sum"])),
    (P95, "another line", |p| {
        p["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["value"] = json!(1.024)
    }),
    (P95, "no lines", |p| {
        p["fieldConfig"]["defaults"]["custom"]["thresholdsStyle"]["mode"] = json!("off")
    }),
    (P95, "minutes", |p| p["fieldConfig"]["defaults"]["unit"] = json!("m")),
];

#[test]
fn each_attack_is_noticed() {
    let contracts = contracts();
    let mut unnoticed = Vec::new();
    for ((uid, title), name, change) in ATTACKS {
        let mut json = shipped(uid);
        let dashboard = parse(&json);
        let panels = json["panels"].as_array_mut().unwrap();
        let panel = panels.iter_mut().find(|panel| panel["title"] == *title).unwrap();
        let before = panel.clone();
        change(panel);
        assert_ne!(*panel, before, "{name} changes nothing");
        match mutate::noticed(&dashboard, panel, contracts.dashboards.get(*uid)) {
            Some(said) => println!("{title}: {name}: {said}"),
            None => unnoticed.push(format!("{uid}/{title}: {name}")),
        }
    }
    println!("{} attacks", ATTACKS.len());
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
}
