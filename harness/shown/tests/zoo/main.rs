//! Panels that differ from a right one in one thing, and the shipped dashboards: what is
//! seen of them, and which members are named.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its data must fail")]

mod answers;
mod dashboards;
#[path = "../vectors/data.rs"]
#[expect(dead_code, reason = "the other tests use all of it")]
mod data;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_json::Value;
use shown::{Frame, NotModelled, Shown};

/// Panels whose difference is in what is asked, or how often a panel is repeated: the
/// frames are then other ones, which is not for this crate to say.
const OF_THE_QUERY: &[&str] = &[
    "interval 1.5m",
    "interval >10s",
    "interval $var",
    "target format heatmap",
    "target instant and range",
    "target min step 1h",
    "target min step >10s",
    "target min step $iv",
    "datasource mixed, $__interval",
    "datasource second prometheus (1m)",
    "datasource loki",
    "$__interval",
    "variable field path",
];

/// Transformations that are applied, and without any options change nothing of a stat of
/// series at one moment: a panel with one of them is rightly held.
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

/// What comes of a panel beside its base.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// A person sees the same.
    Same,
    /// A person sees something else.
    Differs,
    /// Something is not modelled, by name.
    Named(String),
}

/// The base of a panel with its members replaced.
fn mutated(base: &Value, case: &Value) -> Value {
    let mut panel = base.clone();
    for name in case["unset"].as_array().into_iter().flatten() {
        panel.as_object_mut().unwrap().shift_remove(name.as_str().unwrap());
    }
    for (name, value) in case["set"].as_object().unwrap() {
        panel[name] = value.clone();
    }
    panel
}

/// What is seen of each of several answers; rows of a table in any order.
fn seen(panel: &Value) -> Result<Vec<Shown>, NotModelled> {
    answers::answers(panel)
        .iter()
        .map(|frames: &Vec<Frame>| {
            let mut shown = shown::shown(panel, frames, &TimeZone::UTC)?;
            if let Shown::Table(table) = &mut shown {
                table.rows.sort_by_key(|row| format!("{row:?}"));
            }
            Ok(shown)
        })
        .collect()
}

fn outcome(base: &Value, panel: &Value) -> Outcome {
    let unmodelled = shown::unmodelled(panel);
    if !unmodelled.is_empty() {
        return Outcome::Named(unmodelled.join(", "));
    }
    match seen(panel) {
        Err(refused) => Outcome::Named(refused.member.into_owned()),
        // NaN is not equal to itself, its text is.
        Ok(seen_here) => match format!("{seen_here:?}") == format!("{:?}", seen(base).unwrap()) {
            true => Outcome::Same,
            false => Outcome::Differs,
        },
    }
}

#[test]
fn each_panel_of_the_zoo_is_seen_as_it_must_be() {
    let zoo = data::read("panels");
    let mut table: BTreeMap<(String, &str), usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for case in zoo["panels"].as_array().unwrap() {
        let base = &zoo["bases"][case["base"].as_str().unwrap()]["panel"];
        let title = case["title"].as_str().unwrap();
        let outcome = outcome(base, &mutated(base, case));
        let word = match &outcome {
            Outcome::Same => "same",
            Outcome::Differs => "differs",
            Outcome::Named(_) => "named",
        };
        let must = case["must"].as_str().unwrap();
        *table.entry((must.to_owned(), word)).or_default() += 1;
        println!(
            "{must:>8} {word:>8}  {title}{}",
            match &outcome {
                Outcome::Named(names) => format!(": {names}"),
                _ => String::new(),
            }
        );
        let stated = case.get("contract").is_some();
        let right = match (must, &outcome) {
            ("held", Outcome::Same) => true,
            // The contract of the case states what differs.
            ("held", Outcome::Differs) => stated,
            ("not held" | "named", Outcome::Differs | Outcome::Named(_)) => true,
            ("named", Outcome::Same) if WITHOUT_EFFECT.contains(&title) => true,
            ("not held" | "named", Outcome::Same) => OF_THE_QUERY.contains(&title),
            _ => false,
        };
        if !right {
            wrong.push(format!("{title} must be {must}: {outcome:?}"));
        }
    }
    for ((must, word), count) in &table {
        println!("{count:>5} that must be {must}: {word}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(table.values().sum::<usize>(), 149);
}

#[test]
fn variables_that_are_not_modelled_are_named() {
    let zoo = data::read("panels");
    for case in zoo["variables"].as_array().unwrap() {
        let named = shown::unmodelled_variable(&case["variable"]);
        let expected = match case["uid"].as_str().unwrap() {
            "v-adhoc" => vec!["variable type adhoc", "variable.filters"],
            "v-groupby" => vec!["variable type groupby"],
            "v-switch" => vec!["variable type switch"],
            "v-static" => vec!["variable.staticOptions"],
            _ => vec![],
        };
        assert_eq!(named, expected, "{case}");
    }
}
