//! 182 requests that Chromium sent: panels at several widths, ranges and zones, and the values of variables.

use std::collections::BTreeMap;

use grafana::{Asking, View};
use monitoring::grafana::{behaviour::Behaviour, variables::Selection};

use crate::{
    data::{Held, list, read, text, whole},
    panels::{headers, own_headers, pages, source},
};

/// Shots in which something else than everything was selected.
const SELECTED: [(&str, &str, &[&str]); 2] = [
    ("outage-llm-provider-openai", "provider", &["openai"]),
    ("outage-llm-provider-two", "provider", &["openai", "azure_openai"]),
];

pub(crate) fn of_9_3() -> Vec<Held> {
    let (pages, file) = (pages(), read("browser"));
    let mut panels = Held::new("requests of panels, body and headers");
    let mut values = Held::new("requests for the values of a variable");
    let behaviour = Behaviour::of("9.3.2").unwrap();
    for case in list(&file["requests"]) {
        let shot = text(&case["shot"]);
        if case["url"].is_string() {
            let overview = shot.contains("overview") || !shot.contains("llm-provider");
            let page = &pages[if overview { "overview" } else { "llm-provider" }];
            let body = text(&case["body"]);
            let member = |name: &str| {
                let (_, rest) = body.split_once(&format!("{name}=")).unwrap();
                rest.split('&').next().unwrap().to_owned()
            };
            let selectors: Vec<String> =
                page.dashboard.variables.iter().filter_map(grafana::asking::series_of).collect();
            let (start, end) = (member("start"), member("end"));
            let selector = member("match%5B%5D").replace("%3A", ":");
            values.equal(shot, vec![selector], selectors);
            assert!(start < end, "{shot}");
            continue;
        }
        let body = &case["body"];
        let at = |name: &str| text(&body[name]).parse::<i64>().unwrap();
        let chosen = SELECTED.iter().filter(|(of, _, _)| *of == shot);
        let selected: BTreeMap<String, Selection> = chosen
            .map(|(_, variable, values)| {
                let values = values.iter().map(|value| (*value).to_owned()).collect();
                ((*variable).to_owned(), Selection::Values(values))
            })
            .collect();
        let view = View {
            from_ms: at("from"),
            to_ms: at("to"),
            screen: u32::try_from(whole(&case["width"])).unwrap(),
            // Chromium ran in UTC: a dashboard's own zone moves no query of 9.3.
            utc_offset_s: 0,
            selected,
            options: BTreeMap::new(),
        };
        let page = &pages[text(&case["dashboard"])];
        let asking = Asking { page, view: &view, source: &source(), behaviour };
        let request = asking.request(whole(&case["panel"])).unwrap();
        panels.equal(
            &format!("{shot} panel {}", case["panel"]),
            (headers(&case["headers"]), body.clone()),
            (own_headers(&request), request.body),
        );
    }
    vec![panels, values]
}
