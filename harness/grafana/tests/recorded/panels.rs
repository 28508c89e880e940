//! Every panel of four dashboards at several ranges, selections and time zones: the request to the
//! last member, each query that Prometheus got, and each frame that came back.

use std::{collections::BTreeMap, path::Path};

use grafana::{Answers, Asking, DataSource, Page, Predicted, Request, View, width};
use monitoring::grafana::{
    behaviour::{Behaviour, NEWEST},
    interval::{QueryOptions, plan_as},
    variables::Selection,
};
use serde_json::Value;

use crate::data::{Held, list, read, text, whole};

/// The dashboards of then, by uid.
pub(crate) fn pages() -> BTreeMap<String, Page> {
    let files = read("at-399a880");
    let dashboards =
        files.as_object().unwrap().iter().filter(|(name, _)| name.starts_with("dashboards/"));
    dashboards
        .map(|(name, json)| {
            let page = Page::parse(Path::new(name), text(json)).unwrap();
            (page.dashboard.uid.clone(), page)
        })
        .collect()
}

/// The data source of then.
pub(crate) fn source() -> DataSource {
    DataSource { uid: "prometheus".to_owned(), id: Some(1), time_interval: Some("15s".to_owned()) }
}

fn request(page: &Page, case: &Value) -> Request {
    let selected = case["selection"].as_object().unwrap().iter().map(|(name, values)| {
        let values: Vec<String> = list(values).iter().map(|value| text(value).to_owned()).collect();
        let all = values.is_empty();
        (name.clone(), if all { Selection::All } else { Selection::Values(values) })
    });
    let view = View {
        from_ms: whole(&case["from_ms"]),
        to_ms: whole(&case["to_ms"]),
        screen: width::USUAL_SCREEN,
        utc_offset_s: whole(&case["utcOffsetSec"]),
        selected: selected.collect(),
        options: BTreeMap::new(),
    };
    let behaviour = Behaviour::of(text(&case["grafana"])).unwrap();
    let asking = Asking { page, view: &view, source: &source(), behaviour };
    asking.request(whole(&case["panel"])).unwrap()
}

/// The headers of a recorded request, sorted, names in lower case.
pub(crate) fn headers(recorded: &Value) -> BTreeMap<String, String> {
    let recorded = recorded.as_object().unwrap().iter();
    recorded.map(|(name, value)| (name.to_lowercase(), text(value).to_owned())).collect()
}

/// The headers that are predicted.
pub(crate) fn own_headers(request: &Request) -> BTreeMap<String, String> {
    request.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

pub(crate) fn parameters(recorded: &Value) -> BTreeMap<&str, String> {
    let recorded = recorded.as_object().unwrap().iter();
    recorded.map(|(name, value)| (name.as_str(), text(value).to_owned())).collect()
}

pub(crate) fn of_9_3() -> Vec<Held> {
    let (pages, cases) = (pages(), read("panels"));
    let mut requests = Held::new("requests, body and headers");
    let mut asked = Held::new("queries as Prometheus got them");
    let mut executed = Held::new("executedQueryString and step of each frame");
    let mut names = Held::new("names of series");
    let mut series = Held::new("series: labels, first and last point, number of points");
    for case in list(&cases) {
        let name = text(&case["case"]);
        let request = request(&pages[text(&case["dashboard"])], case);
        let recorded = &case["request"];
        requests.equal(
            name,
            (headers(&recorded["headers"]), recorded["body"].clone()),
            (own_headers(&request), request.body.clone()),
        );
        let answers = Answers::read(200, &case["answer"].to_string()).unwrap();
        let of_prometheus = list(&case["prometheus"]);
        assert_eq!(of_prometheus.len(), request.predicted.len(), "{name}");
        for (predicted, got) in request.predicted.iter().zip(of_prometheus) {
            let at = format!("{name} {}", predicted.ref_id);
            asked.equal(
                &at,
                (text(&got["path"]), parameters(&got["query"])),
                (predicted.path(), predicted.parameters()),
            );
            let answered = &answers.0[&predicted.ref_id];
            for frame in &answered.frames {
                executed.equal(
                    &at,
                    (frame.executed().map(str::to_owned), frame.interval_ms()),
                    (Some(predicted.executed()), Some(predicted.plan.step_ms as f64)),
                );
            }
            let shown = answered.shown(&predicted.ref_id).unwrap();
            let whole_frames = list(&case["answer"]["results"][&predicted.ref_id]["frames"]);
            let stored = list(&got["answer"]["series"]);
            assert_eq!(shown.len(), stored.len(), "{at}");
            for shown in &shown {
                names.equal(&at, shown.name.clone(), predicted.name(&shown.labels));
            }
            // The server's order is its own: series are found by their labels.
            for stored in stored {
                let labels = parameters(&stored["metric"]);
                let of = |labels: &BTreeMap<String, String>| -> BTreeMap<String, String> {
                    labels.clone()
                };
                let labels: BTreeMap<String, String> =
                    labels.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                let place = shown.iter().position(|shown| of(&shown.labels) == labels);
                let ours = place.map(|place| {
                    let points = &shown[place].points;
                    (
                        points.first().copied(),
                        points.last().copied(),
                        whole(&whole_frames[place]["points"]),
                    )
                });
                let theirs =
                    (point(&stored["first"]), point(&stored["last"]), whole(&stored["points"]));
                series.equal(&at, Some(theirs), ours);
            }
        }
    }
    vec![requests, asked, executed, names, series]
}

/// A point as Prometheus writes it, in milliseconds.
fn point(recorded: &Value) -> Option<(i64, f64)> {
    let at = recorded[0].as_f64()?;
    Some(((at * 1_000.0).round() as i64, text(&recorded[1]).parse().unwrap()))
}

pub(crate) fn newest() -> Vec<Held> {
    let (cases, recorded) = (read("panels"), read("panels-newest"));
    let pages = pages();
    let mut asked = Held::new("queries as Prometheus got them");
    let mut unlike = Held::new("what 9.3 asked otherwise");
    for newest in list(&recorded) {
        let name = text(&newest["case"]);
        let case = list(&cases).iter().find(|case| case["case"] == newest["case"]).unwrap();
        let old = request(&pages[text(&case["dashboard"])], case);
        let nth = old.predicted.iter().position(|one| one.ref_id == text(&newest["ref"])).unwrap();
        let predicted = by_the_newest(&old.predicted[nth], &old.body["queries"][nth], case);
        let parameters_of = predicted.parameters();
        asked.equal(
            name,
            (text(&newest["path"]), parameters(&newest["newest"])),
            (predicted.path(), parameters_of.clone()),
        );
        let old = old.predicted[nth].parameters();
        let otherwise =
            old.into_iter().filter(|(member, value)| parameters_of.get(member) != Some(value));
        unlike.equal(name, parameters(&newest["grafana 9.3.2"]), otherwise.collect());
    }
    vec![asked, unlike]
}

/// What the newest server makes of a query that the page of 9.3 wrote.
fn by_the_newest(old: &Predicted, query: &Value, case: &Value) -> Predicted {
    let plan = plan_as(
        &QueryOptions {
            from_ms: whole(&case["from_ms"]),
            to_ms: whole(&case["to_ms"]),
            max_data_points: u32::try_from(whole(&query["maxDataPoints"])).unwrap(),
            panel_min_interval: None,
            datasource_time_interval: Some("15s"),
            min_step: query["interval"].as_str(),
            interval_factor: 0,
            utc_offset_s: whole(&case["utcOffsetSec"]),
        },
        NEWEST,
    )
    .unwrap();
    Predicted { expr: plan.substitute(text(&query["expr"])), plan, ..old.clone() }
}
