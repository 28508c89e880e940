//! Single queries about NaN, infinities, holes, legends, tables and errors: what is read of the
//! answer, and what of it was predicted.

use std::collections::BTreeMap;

use grafana::{Answers, Predicted, Shown};
use monitoring::grafana::{
    behaviour::{Behaviour, NEWEST},
    interval::{QueryOptions, plan_as},
};
use serde_json::Value;

use crate::{
    data::{Held, list, read, text, whole},
    panels::parameters,
};

fn predict(case: &Value, instant: bool, behaviour: Behaviour) -> Predicted {
    let request = &case["request"];
    let plan = plan_as(
        &QueryOptions {
            from_ms: whole(&case["from_ms"]),
            to_ms: whole(&case["to_ms"]),
            max_data_points: u32::try_from(whole(&request["maxDataPoints"])).unwrap(),
            panel_min_interval: None,
            datasource_time_interval: Some("15s"),
            min_step: None,
            interval_factor: 0,
            utc_offset_s: 0,
        },
        behaviour,
    )
    .unwrap();
    assert_eq!(whole(&request["intervalMs"]), plan.request_interval_ms);
    let (expr, legend) =
        (text(&request["expr"]).to_owned(), text(&request["legendFormat"]).to_owned());
    Predicted { ref_id: "A".to_owned(), instant, expr: plan.substitute(&expr), legend, plan }
}

fn all(name: &str, behaviour: Behaviour) -> Vec<Held> {
    let (asked_for, file) = (read("frames"), read(name));
    let mut asked = Held::new("queries as Prometheus got them");
    let mut executed = Held::new("executedQueryString");
    let mut names = Held::new("names of series");
    let mut values = Held::new("values and errors as the case's name says");
    for case in list(&file) {
        let name = text(&case["case"]);
        // What was asked stands in the older file alone.
        let question = list(&asked_for).iter().find(|asked| asked["case"] == case["case"]).unwrap();
        if !case["answer"]["results"].is_object() {
            continue;
        }
        let answers = Answers::read(200, &case["answer"].to_string()).unwrap();
        values.equal(name, true, as_named(name, &answers));
        if question["request"].is_null() {
            continue;
        }
        let of_prometheus = list(&case["prometheus"]);
        for got in of_prometheus {
            let instant = text(&got["path"]) == "/api/v1/query";
            let predicted = predict(question, instant, behaviour);
            asked.equal(
                name,
                (text(&got["path"]), parameters(&got["params"])),
                (predicted.path(), predicted.parameters()),
            );
        }
        let predicted = predict(question, question["request"]["instant"] == true, behaviour);
        let answered = &answers.0["A"];
        let words = answered.frames.iter().filter_map(|frame| frame.executed());
        words.for_each(|words| executed.equal(name, words.to_owned(), predicted.executed()));
        for shown in answered.shown("A").unwrap_or_default() {
            names.equal(name, shown.name.clone(), predicted.name(&shown.labels));
        }
    }
    vec![asked, executed, names, values]
}

/// Whether an answer holds what the case is named for.
fn as_named(name: &str, answers: &Answers) -> bool {
    let answered = answers.0.get("A").cloned().unwrap_or_default();
    let shown = answered.shown("A");
    let error = |part: &str| answered.error.as_deref().is_some_and(|error| error.contains(part));
    if name == "a good and a broken target" {
        let broken = answers.0.iter().filter(|(_, answered)| answered.error.is_some()).count();
        return answers.0.len() == 2 && broken == 1 && shown.is_ok_and(|shown| !shown.is_empty());
    }
    let (kind, form) = name.rsplit_once(' ').unwrap_or((name, ""));
    let range = form == "range";
    match kind {
        "syntax error" => return error("unclosed left parenthesis"),
        "many-to-many" => return error("many-to-many matching not allowed"),
        "string" if range => return error("invalid expression type"),
        // A text is no number.
        "string" => return shown.is_err(),
        _ => {}
    }
    let Ok(shown) = shown else { return false };
    let points: Vec<f64> =
        shown.iter().flat_map(|one| one.points.iter().map(|point| point.1)).collect();
    let of = |label: &str, value: &str| -> Vec<&Shown> {
        shown
            .iter()
            .filter(|one| one.labels.get(label).is_some_and(|found| found == value))
            .collect()
    };
    match kind {
        "nan" => !points.is_empty() && points.iter().all(|value| value.is_nan()),
        "inf" => !points.is_empty() && points.iter().all(|value| *value == f64::INFINITY),
        "-inf" => !points.is_empty() && points.iter().all(|value| *value == f64::NEG_INFINITY),
        "scalar" => !points.is_empty() && points.iter().all(|value| *value == 2.0),
        "empty" => shown.is_empty(),
        "holes" if range => (1..21).contains(&points.len()) && shown.iter().all(times_are_values),
        "nan between numbers" if range => {
            points.len() == 21 && points.iter().any(|value| value.is_nan()) && points.contains(&1.0)
        }
        // Whoever recorded read `-0` as 0.
        "small and large" => {
            [("small", 1e-300), ("large", f64::MAX), ("sum", 0.1 + 0.2), ("minus zero", 0.0)]
                .iter()
                .all(|(label, value)| {
                    let found = of("v", label);
                    let exact = |point: &(i64, f64)| point.1 == *value;
                    found.len() == 1
                        && !found[0].points.is_empty()
                        && found[0].points.iter().all(exact)
                })
        }
        "table" | "heatmap" => !shown.is_empty(),
        _ => answered.error.is_none(),
    }
}

/// Whether each value is its own time in seconds, so that a hole moved nothing.
fn times_are_values(shown: &Shown) -> bool {
    shown.points.iter().all(|(at, value)| *value == *at as f64 / 1_000.0)
}

/// The bare requests for a variable's values, which are no queries of a panel.
fn resources() -> Held {
    let mut held = Held::new("values of variables, and what has no health");
    for case in list(&read("frames")) {
        let Some(path) = case["path"].as_str() else { continue };
        let name = text(&case["case"]);
        let Some((_, query)) = path.split_once("/resources") else {
            held.equal(name, Some(404), case["status"].as_i64());
            continue;
        };
        let asked = list(&case["prometheus"]).first().map(|got| parameters(&got["params"]));
        let (_, query) = query.split_once('?').unwrap_or((query, ""));
        let ours: BTreeMap<&str, String> = query
            .split('&')
            .filter_map(|pair| pair.rsplit_once('='))
            .map(|(name, value)| (name, value.to_owned()))
            .collect();
        held.equal(name, asked, Some(ours));
    }
    held
}

pub(crate) fn of_9_3() -> Vec<Held> {
    let mut held = all("frames", Behaviour::of("9.3.2").unwrap());
    held.push(resources());
    held
}

pub(crate) fn newest() -> Vec<Held> {
    all("frames-newest", NEWEST)
}
