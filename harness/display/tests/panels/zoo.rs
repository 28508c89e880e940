//! 149 panels that differ from a right one in one thing: each ends as it must, and is named.

use std::{collections::BTreeMap, fs::File, io::Read, path::Path};

use flate2::read::GzDecoder;
use monitoring::grafana::datasource::{self, Datasource};
use serde_json::{Value, json};
use truth::contract::Contracts;

use crate::{parse, root, said};

fn data() -> Value {
    let file = File::open(root().join("harness/shown/tests/data/panels.json.gz")).unwrap();
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Cases in which another query is asked, or none; the files alone do not tell, a verification does.
const OF_THE_QUERY: &[&str] = &[
    "interval $var",
    "$__interval",
    "target min step 1h",
    "target min step $iv",
    "variable field path",
    "no targets",
];

/// Transformations that without options change nothing of what a stat shows of series at one moment.
const WITHOUT_EFFECT: &[&str] = &[
    "transformation filterByRefId",
    "transformation filterFieldsByName",
    "transformation filterByValue",
    "transformation joinByField",
    "transformation groupBy",
    "transformation limit",
    "transformation concatenate",
    "transformation convertFieldType",
    "transformation formatTime",
];

/// Two servers, of which the first is verified.
fn datasources() -> Vec<Datasource> {
    let text = "datasources:
- { name: Prometheus, type: prometheus, uid: prometheus, url: 'http://p:9090', isDefault: true, jsonData: { timeInterval: 15s } }
- { name: Slow, type: prometheus, uid: slow, url: 'http://s:9090', jsonData: { timeInterval: 1m } }
";
    datasource::parse_datasources(Path::new("d.yml"), text).unwrap()
}

fn contract(value: &Value, title: &str) -> Contracts {
    let text = json!({"dashboard": "zoo", "variables": {"provider": "provider"}, "panels": {title: value}});
    let (mut contracts, mut problems) = (Contracts::default(), Vec::new());
    contracts.add(Path::new("c.yaml"), &text.to_string(), &mut problems);
    assert_eq!(problems, []);
    contracts
}

#[test]
fn each_panel_of_the_zoo_ends_as_it_must() {
    let zoo = data();
    let datasources = datasources();
    let mut table: BTreeMap<(String, &str), usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for case in zoo["panels"].as_array().unwrap() {
        let base = &zoo["bases"][case["base"].as_str().unwrap()];
        let mut panel = base["panel"].clone();
        for name in case["unset"].as_array().into_iter().flatten() {
            panel.as_object_mut().unwrap().shift_remove(name.as_str().unwrap());
        }
        for (name, value) in case["set"].as_object().unwrap() {
            panel[name] = value.clone();
        }
        let title = case["title"].as_str().unwrap();
        panel["title"] = json!(title);
        panel["id"] = json!(1);
        let contract = contract(case.get("contract").unwrap_or(&base["contract"]), title);
        let dashboard = json!({"uid": "zoo", "title": "zoo", "panels": [panel], "templating": {"list": [
            {"name": "ds", "type": "datasource", "query": "prometheus"},
            {"name": "provider", "type": "query", "query": "label_values(llm_provider_requests_total, provider)"}]}});
        let said = said(&dashboard, &contract, &datasources);
        let targets = &parse(&dashboard).panels[0].targets;
        let asked = targets.iter().any(|target| {
            contract.dashboards["zoo"].panels[title].targets.contains_key(&target.ref_id)
        });
        let word = match said.first() {
            _ if said.iter().any(|line| line.starts_with("red")) => "red",
            Some(_) => "unproven",
            None if !asked => "unproven",
            None => "held",
        };
        let must = case["must"].as_str().unwrap();
        *table.entry((must.to_owned(), word)).or_default() += 1;
        println!("{must:>8} {word:>8}  {title}: {said:?}");
        let named = said.iter().all(|line| !line.contains("[]"));
        let right = match (must, word) {
            ("held", "held") => true,
            ("not held" | "named", "red" | "unproven") => named,
            ("named", "held") => WITHOUT_EFFECT.contains(&title) || OF_THE_QUERY.contains(&title),
            ("not held", "held") => OF_THE_QUERY.contains(&title),
            _ => false,
        };
        if !right {
            wrong.push(format!("{title} must be {must}: {word} {said:?}"));
        }
    }
    for ((must, word), count) in &table {
        println!("{count:>5} that must be {must}: {word}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(table.values().sum::<usize>(), 149);
}
