//! The shipped dashboards as they are, and with a change in what a person sees.

use serde_json::{Value, json};

use crate::{contracts, said, shipped};

/// The panel with a title.
fn panel<'a>(dashboard: &'a mut Value, title: &str) -> &'a mut Value {
    let panels = dashboard["panels"].as_array_mut().unwrap();
    panels.iter_mut().find(|panel| panel["title"] == title).unwrap()
}

#[test]
fn what_is_shipped_is_seen_as_its_contracts_say() {
    let contracts = contracts();
    for uid in ["overview", "llm-provider", "prompt-manager", "prompt-security"] {
        assert_eq!(said(&shipped(uid), &contracts, &[]), [""; 0], "{uid}");
    }
}

/// Each of these was once green.
#[test]
fn each_of_seven_changes_of_the_overview_is_red_by_name() {
    let contracts = contracts();
    let check = |title: &str, change: &dyn Fn(&mut Value), member: &str| {
        let mut dashboard = shipped("overview");
        change(panel(&mut dashboard, title));
        let said = said(&dashboard, &contracts, &[]);
        println!("{said:#?}");
        let red = format!("red {title}");
        assert!(
            said.iter().any(|line| line.starts_with(&red) && line.contains(member)),
            "{member} is not red: {said:#?}"
        );
    };
    let everything = json!([{"type": "range", "options":
        {"from": null, "to": null, "result": {"text": "UP", "color": "green"}}}]);
    check(
        "Module health",
        &|panel| panel["fieldConfig"]["defaults"]["mappings"] = everything.clone(),
        "[fieldConfig.defaults.mappings",
    );
    check(
        "LLM usage summary",
        &|panel| {
            let renames = &mut panel["transformations"][1]["options"]["renameByName"];
            renames["Value #A"] = json!("Tokens");
            renames["Value #B"] = json!("Requests");
        },
        "[transformations.organize.options.renameByName.Value #A",
    );
    check(
        "Security overview",
        &|panel| panel["targets"][1]["hide"] = json!(true),
        "[targets[1].hide",
    );
    check(
        "Security overview",
        &|panel| panel["fieldConfig"]["defaults"]["displayName"] = json!("total"),
        "[fieldConfig.defaults.displayName",
    );
    check(
        "Total operations",
        &|panel| panel["options"]["reduceOptions"]["fields"] = json!("/^Time$/"),
        "[options.reduceOptions.fields",
    );
    check(
        "Operations per second",
        &|panel| panel["fieldConfig"]["defaults"]["custom"]["transform"] = json!("negative-Y"),
        "[fieldConfig.defaults.custom.transform",
    );
    check(
        "Operations per second",
        &|panel| {
            let rules = panel["fieldConfig"]["overrides"].as_array_mut().unwrap();
            rules.push(json!({"matcher": {"id": "byRegexp", "options": "/.*/"},
                "properties": [{"id": "unit", "value": "ms"}]}));
        },
        "[fieldConfig.overrides[3].properties.unit",
    );
}
