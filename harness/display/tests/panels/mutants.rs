//! Every panel that is shipped, with every mistake that is tried, and rewritten in ways that change nothing.

use std::collections::BTreeMap;

use display::mutate::{self, MutantKind};
use serde_json::{Value, json};

use crate::{contracts, parse, shipped};

const DASHBOARDS: [&str; 4] = ["overview", "llm-provider", "prompt-manager", "prompt-security"];

#[test]
fn nearly_every_mistake_is_noticed() {
    let contracts = contracts();
    let mut scores: BTreeMap<MutantKind, (usize, usize)> = BTreeMap::new();
    let mut gaps = Vec::new();
    for uid in DASHBOARDS {
        let dashboard = parse(&shipped(uid));
        for panel in &dashboard.panels {
            let contract = &contracts.dashboards[uid].panels[&panel.title];
            for mutant in mutate::mutants(panel, contract) {
                let score = scores.entry(mutant.kind).or_default();
                score.1 += 1;
                let found =
                    mutate::noticed(&dashboard, &mutant.json, contracts.dashboards.get(uid));
                if found.is_some() {
                    score.0 += 1;
                } else {
                    gaps.push(format!(
                        "{uid}/{}: {}: {}",
                        panel.title, mutant.kind, mutant.description
                    ));
                }
            }
        }
    }
    let (mut killed, mut all) = (0, 0);
    for (kind, (noticed, of)) in &scores {
        println!("{noticed:>5} of {of:>5} {kind}");
        killed += noticed;
        all += of;
    }
    println!("{killed:>5} of {all:>5}\n{gaps:#?}");
    assert!(scores.len() >= 14, "{scores:?}");
    assert!(killed * 100 >= all * 98, "{killed} of {all}: {gaps:#?}");
}

type Rewrite = fn(&mut Value);

/// Rewrites after which a person sees the same; those that a panel's type does not know are left out there.
const REWRITES: &[(&str, &str, Rewrite)] = &[
    ("", "description", |p| p["description"] = json!("another")),
    ("", "id", |p| p["id"] = json!(4711)),
    ("", "gridPos", |p| p["gridPos"] = json!({"x": 1, "y": 50, "w": 9, "h": 5})),
    ("", "pluginVersion", |p| p["pluginVersion"] = json!("12.0.0")),
    ("", "transparent", |p| p["transparent"] = json!(true)),
    ("", "links", |p| p["links"] = json!([{"title": "x", "url": "https://example.org"}])),
    ("", "cacheTimeout", |p| p["cacheTimeout"] = json!("60")),
    ("", "maxDataPoints", |p| p["maxDataPoints"] = json!(300)),
    ("", "interval", |p| p["interval"] = json!("1m")),
    ("", "hideTimeOverride", |p| p["hideTimeOverride"] = json!(true)),
    ("", "a disabled transformation", |p| {
        add(&mut p["transformations"], json!({"id": "reduce", "options": {}, "disabled": true}))
    }),
    ("", "an override of no field", |p| {
        over(p, json!({"id": "byName", "options": "nobody"}), "unit", json!("ms"))
    }),
    ("", "a hidden field that is not there", |p| {
        over(
            p,
            json!({"id": "byName", "options": "nobody"}),
            "custom.hideFrom",
            json!({"viz": true}),
        )
    }),
    ("", "decimals of null", |p| {
        p["fieldConfig"]["defaults"]["decimals"] = p["fieldConfig"]["defaults"]["decimals"].clone()
    }),
    ("", "links of fields", |p| {
        p["fieldConfig"]["defaults"]["links"] =
            json!([{"title": "x", "url": "https://example.org"}])
    }),
    ("", "a description of fields", |p| p["fieldConfig"]["defaults"]["description"] = json!("d")),
    ("", "other words without data", |p| {
        p["fieldConfig"]["defaults"]["noValue"] = json!("nothing yet")
    }),
    ("", "a word for null", |p| {
        add(
            &mut p["fieldConfig"]["defaults"]["mappings"],
            json!({"type": "special", "options": {"match": "null+nan", "result": {"text": "n/a"}}}),
        )
    }),
    ("", "a word for a text", |p| {
        add(
            &mut p["fieldConfig"]["defaults"]["mappings"],
            json!({"type": "value", "options": {"hello": {"text": "bye"}}}),
        )
    }),
    ("", "editorMode", |p| p["targets"][0]["editorMode"] = json!("builder")),
    ("", "exemplar", |p| p["targets"][0]["exemplar"] = json!(true)),
    ("", "no format", |p| {
        if p["targets"][0]["format"] == "time_series" {
            p["targets"][0].as_object_mut().unwrap().shift_remove("format");
        }
    }),
    ("", "the data source of the panel", |p| {
        p["targets"][0].as_object_mut().unwrap().shift_remove("datasource");
    }),
    ("", "-- Mixed --", |p| {
        if !p["targets"].to_string().contains("$__interval") {
            p["datasource"] = json!({"type": "datasource", "uid": "-- Mixed --"});
        }
    }),
    ("", "spaces in a legend", |p| {
        let legend = p["targets"][0]["legendFormat"].as_str().unwrap_or_default();
        p["targets"][0]["legendFormat"] = json!(legend.replace("{{", "{{  ").replace("}}", " }}"));
    }),
    ("", "an automatic legend", |p| {
        let legend = p["targets"][0]["legendFormat"].as_str().unwrap_or_default();
        if legend.starts_with("{{")
            && legend.matches("{{").count() == 1
            && legend.ends_with("}}")
            && p["targets"].as_array().unwrap().len() == 1
            && p["fieldConfig"]["overrides"].as_array().unwrap().is_empty()
        {
            p["targets"][0]["legendFormat"] = json!("__auto");
        }
    }),
    ("", "no min", |p| {
        if p["type"] == "timeseries" {
            p["fieldConfig"]["defaults"].as_object_mut().unwrap().shift_remove("min");
        }
    }),
    ("", "the same unit by an override", |p| {
        if p["type"] != "table" {
            let unit = p["fieldConfig"]["defaults"]["unit"].clone();
            over(p, json!({"id": "byType", "options": "number"}), "unit", unit);
        }
    }),
    ("", "the same unit by a query", |p| {
        if p["type"] != "table" {
            let unit = p["fieldConfig"]["defaults"]["unit"].clone();
            over(p, json!({"id": "byFrameRefID", "options": "A"}), "unit", unit);
        }
    }),
    ("", "an old editor's members", |p| {
        p["isNew"] = json!(false);
        p["editable"] = json!(true);
    }),
    ("timeseries", "lineWidth", |p| p["fieldConfig"]["defaults"]["custom"]["lineWidth"] = json!(3)),
    ("timeseries", "fillOpacity", |p| {
        p["fieldConfig"]["defaults"]["custom"]["fillOpacity"] = json!(80)
    }),
    ("timeseries", "points", |p| {
        p["fieldConfig"]["defaults"]["custom"]["showPoints"] = json!("always")
    }),
    ("timeseries", "bars", |p| p["fieldConfig"]["defaults"]["custom"]["drawStyle"] = json!("bars")),
    ("timeseries", "steps", |p| {
        p["fieldConfig"]["defaults"]["custom"]["lineInterpolation"] = json!("stepAfter")
    }),
    ("timeseries", "softer axis", |p| {
        p["fieldConfig"]["defaults"]["custom"]["axisSoftMax"] = json!(5)
    }),
    ("timeseries", "axis on the right", |p| {
        p["fieldConfig"]["defaults"]["custom"]["axisPlacement"] = json!("right")
    }),
    ("timeseries", "legend below", |p| p["options"]["legend"]["placement"] = json!("bottom")),
    ("timeseries", "legend as a table", |p| p["options"]["legend"]["displayMode"] = json!("table")),
    ("timeseries", "tooltip", |p| {
        p["options"]["tooltip"] = json!({"mode": "single", "sort": "none"})
    }),
    ("timeseries", "colours of series", |p| {
        p["fieldConfig"]["defaults"]["color"] = json!({"mode": "palette-classic-by-name"})
    }),
    ("timeseries", "a colour of one series", |p| {
        over(
            p,
            json!({"id": "byRegexp", "options": "/^o/"}),
            "color",
            json!({"mode": "fixed", "fixedColor": "purple"}),
        )
    }),
    ("stat", "orientation", |p| p["options"]["orientation"] = json!("horizontal")),
    ("stat", "graphMode", |p| p["options"]["graphMode"] = json!("area")),
    ("stat", "sizes", |p| p["options"]["text"] = json!({"valueSize": 20})),
    ("stat", "names always", |p| p["options"]["textMode"] = json!("value_and_name")),
    ("stat", "the usual reducer", |p| {
        p["options"]["reduceOptions"].as_object_mut().unwrap().shift_remove("calcs");
    }),
    ("stat", "numeric fields", |p| {
        p["options"]["reduceOptions"].as_object_mut().unwrap().shift_remove("fields");
    }),
    ("gauge", "markers", |p| p["options"]["showThresholdMarkers"] = json!(false)),
    ("gauge", "orientation", |p| p["options"]["orientation"] = json!("vertical")),
    ("bargauge", "lcd", |p| p["options"]["displayMode"] = json!("lcd")),
    ("bargauge", "unfilled", |p| p["options"]["showUnfilled"] = json!(false)),
    ("piechart", "a pie", |p| p["options"]["pieType"] = json!("pie")),
    ("piechart", "order", |p| p["options"]["sort"] = json!("asc")),
    ("piechart", "names in slices", |p| p["options"]["displayLabels"] = json!(["name"])),
    ("table", "cell height", |p| p["options"]["cellHeight"] = json!("md")),
    ("table", "sorted by another column", |p| {
        p["options"]["sortBy"] = json!([{"displayName": "Tokens", "desc": false}])
    }),
    ("table", "pages", |p| p["options"]["enablePagination"] = json!(true)),
    ("table", "width", |p| {
        over(p, json!({"id": "byName", "options": "Cost"}), "custom.width", json!(120))
    }),
    ("table", "columns in another order", |p| {
        p["transformations"][1]["options"]["indexByName"]["Value #C"] = json!(0)
    }),
];

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

#[test]
fn what_a_person_sees_alike_stays_green() {
    let mut wrong = Vec::new();
    let mut tried = 0;
    let contracts = contracts();
    for uid in DASHBOARDS {
        let dashboard = parse(&shipped(uid));
        for panel in shipped(uid)["panels"].as_array().unwrap() {
            for (kind, name, rewrite) in REWRITES {
                if panel["type"] == "row" || !(kind.is_empty() || panel["type"] == *kind) {
                    continue;
                }
                let mut rewritten = panel.clone();
                rewrite(&mut rewritten);
                tried += 1;
                let contract = contracts.dashboards.get(uid);
                if let Some(said) = mutate::noticed(&dashboard, &rewritten, contract) {
                    wrong.push(format!("{uid}/{}: {name}: {said}", panel["title"]));
                }
            }
        }
    }
    println!("{tried} rewritten panels of {} kinds", REWRITES.len());
    assert!(REWRITES.len() >= 40);
    assert!(wrong.is_empty(), "{} {wrong:#?}", wrong.len());
}
