//! 966 single queries that sweep range, points, min step, min interval, factor, time zone and
//! `timeInterval`: each parameter that Prometheus got.

use grafana::Predicted;
use monitoring::grafana::{
    behaviour::{Behaviour, NEWEST},
    interval::{PlanError, QueryOptions, plan_as},
};
use serde_json::Value;

use crate::data::{Held, list, read, text, whole};

/// What Prometheus must get of the query of a case.
pub(crate) fn predict(
    input: &Value,
    expr: &str,
    behaviour: Behaviour,
) -> Result<Predicted, PlanError> {
    let member = |name: &str| input[name].as_str();
    let plan = plan_as(
        &QueryOptions {
            from_ms: whole(&input["frm"]),
            to_ms: whole(&input["to"]),
            max_data_points: u32::try_from(whole(&input["mdp"])).unwrap(),
            panel_min_interval: member("min_interval"),
            datasource_time_interval: member("time_interval"),
            min_step: member("min_step"),
            interval_factor: u32::try_from(input["factor"].as_i64().unwrap_or(0)).unwrap(),
            utc_offset_s: input["offset"].as_i64().unwrap_or(0),
        },
        behaviour,
    )?;
    let instant = input["instant"].as_bool().unwrap_or(false);
    let expr = plan.substitute(expr);
    Ok(Predicted { ref_id: "A".to_owned(), instant, expr, legend: String::new(), plan })
}

fn sweep(name: &str, behaviour: Behaviour) -> Vec<Held> {
    let file = read(name);
    let mut asked = Held::new("queries as Prometheus got them");
    let mut refused = Held::new("min steps that the server refuses");
    let mut interval = Held::new("intervalMs of the request");
    let mut executed = Held::new("executedQueryString and step of the frame");
    for case in list(&file["cases"]) {
        let name = case["in"].to_string();
        let predicted = match predict(&case["in"], text(&file["expr"]), behaviour) {
            Ok(predicted) => predicted,
            Err(error) => {
                refused.equal(&name, case["prometheus_status"].as_i64(), None);
                assert!(error.to_string().contains("min step"), "{error}");
                continue;
            }
        };
        interval.equal(&name, whole(&case["intervalMs"]), predicted.plan.request_interval_ms);
        let members = ["query", "start", "end", "step", "time"];
        let recorded = members.map(|member| case[member].as_str().map(str::to_owned));
        let parameters = predicted.parameters();
        let ours = members.map(|member| parameters.get(member).cloned());
        asked.equal(&name, (text(&case["path"]), recorded), (predicted.path(), ours));
        if let Some(words) = case["executed"].as_str() {
            let step = case["config_interval"].as_i64();
            executed.equal(
                &name,
                (words.to_owned(), step),
                (predicted.executed(), Some(predicted.plan.step_ms)),
            );
        }
    }
    vec![asked, refused, interval, executed].into_iter().filter(|held| held.cases > 0).collect()
}

pub(crate) fn of_9_3() -> Vec<Held> {
    sweep("arithmetic", Behaviour::of("9.3.2").unwrap())
}

pub(crate) fn newest() -> Vec<Held> {
    sweep("arithmetic-newest", NEWEST)
}
