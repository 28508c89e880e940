//! A dashboard with everything in it, and bad files with their messages.

use std::path::Path;

use super::super::{load_dir, parse};
use super::*;
use crate::grafana::{
    reference::DatasourceRef,
    variables::{VariableKind, VariableSort},
};

const FULL: &str = r#"{
  "uid": "llm-provider", "title": "LLM Provider", "id": null,
  "time": {"from": "now-1h", "to": "now"},
  "templating": {"list": [
    {"name": "provider", "type": "query", "multi": true, "includeAll": true, "sort": 1,
     "datasource": {"type": "prometheus", "uid": "prometheus"},
     "query": {"query": "label_values(llm_provider_requests_total, provider)", "refId": "V"},
     "current": {"text": ["All"], "value": ["$__all"]}},
    {"name": "ds", "type": "datasource", "query": "prometheus", "current": {"value": "prometheus"}},
    {"name": "window", "type": "interval", "query": "1m,5m", "current": {"value": "5m"}}
  ]},
  "annotations": {"list": [{"name": "builtin"}, {"name": "restarts", "expr": "resets(x[1m])"}]},
  "panels": [
    {"id": 1, "type": "stat", "title": "Total", "description": "All requests.",
     "datasource": {"type": "prometheus", "uid": "prometheus"},
     "interval": "30s", "maxDataPoints": 100, "timeFrom": "24h",
     "gridPos": {"x": 1, "y": 2, "w": 3, "h": 4},
     "options": {"reduceOptions": {"calcs": ["sum"], "values": false, "fields": ""}},
     "fieldConfig": {
       "defaults": {"unit": "reqps", "decimals": 2, "noValue": "idle",
         "mappings": [{"type": "value"}],
         "thresholds": {"mode": "absolute", "steps": [
           {"color": "green", "value": null}, {"color": "red", "value": 80.5}]}},
       "overrides": [{"matcher": {"id": "byName", "options": "A"},
         "properties": [{"id": "unit", "value": "s"}]}]},
     "transformations": [{"id": "merge"}, {"id": "reduce", "disabled": true}],
     "targets": [
       {"refId": "A", "expr": "sum(rate(x[$__rate_interval]))", "legendFormat": "{{a}}",
        "interval": "1m", "range": true},
       {"refId": "B", "expr": "y", "instant": true, "range": false, "format": "table", "hide": true},
       {"refId": "C", "expr": "z", "instant": true, "range": true, "intervalFactor": 2,
        "datasource": "Prometheus"}
     ]},
    {"type": "row", "title": "Open row", "id": 2, "panels": []},
    {"id": 3, "type": "timeseries", "title": "In the open row", "repeat": "provider"},
    {"type": "row", "title": "Closed row", "collapsed": true, "id": 4, "panels": [
      {"id": 5, "type": "piechart", "title": "Nested"}
    ]}
  ]
}"#;

#[test]
fn everything_that_checks_need_is_kept() {
    let dashboard = parse(Path::new("full.json"), FULL).unwrap();
    assert_eq!((dashboard.uid.as_str(), dashboard.time.from.as_str()), ("llm-provider", "now-1h"));
    assert_eq!(dashboard.annotations.len(), 1);
    let panel = &dashboard.panels[0];
    assert_eq!((panel.line, panel.id, panel.min_interval.as_deref()), (Some(14), 1, Some("30s")));
    assert_eq!((panel.max_data_points, panel.time_from.as_deref()), (Some(100), Some("24h")));
    assert_eq!(panel.position, GridPosition { x: 1, y: 2, width: 3, height: 4 });
    assert_eq!(panel.reduce.calcs, ["sum"]);
    assert_eq!((panel.field.unit.as_deref(), panel.field.decimals), (Some("reqps"), Some(2)));
    assert_eq!(panel.field.no_value.as_deref(), Some("idle"));
    assert_eq!(panel.field.thresholds[1], Threshold { value: Some(80.5), color: "red".into() });
    assert_eq!(panel.overrides[0].properties[0].0, "unit");
    assert_eq!(panel.transformations, ["merge"]);
    let kinds: Vec<_> = panel.targets.iter().map(|target| target.kind).collect();
    assert_eq!(kinds, [QueryKind::Range, QueryKind::Instant, QueryKind::Both]);
    assert_eq!(panel.targets[0].min_step.as_deref(), Some("1m"));
    assert_eq!((panel.targets[1].format, panel.targets[1].hide), (QueryFormat::Table, true));
    assert_eq!(panel.targets[2].datasource, Some(DatasourceRef::Name("Prometheus".into())));
    assert_eq!(panel.targets[2].interval_factor, 2);
}

#[test]
fn panels_of_open_and_closed_rows_are_in_the_one_list() {
    let dashboard = parse(Path::new("full.json"), FULL).unwrap();
    let rows: Vec<_> =
        dashboard.panels.iter().map(|panel| (panel.id, panel.row.as_deref())).collect();
    assert_eq!(rows, [(1, None), (3, Some("Open row")), (5, Some("Closed row"))]);
    assert_eq!(dashboard.panels[1].repeat.as_deref(), Some("provider"));
}

#[test]
fn variables_keep_what_interpolation_needs() {
    let dashboard = parse(Path::new("full.json"), FULL).unwrap();
    let [provider, ds, window] = dashboard.variables.as_slice() else { panic!("three variables") };
    assert_eq!((provider.kind, provider.sort), (VariableKind::Query, VariableSort::Alphabetical));
    assert!(provider.multi && provider.include_all && provider.prometheus_query().is_some());
    assert_eq!(provider.current, ["$__all"]);
    assert_eq!((ds.kind, ds.prometheus_query()), (VariableKind::Datasource, None));
    assert_eq!(window.options, ["1m", "5m"]);
}

#[test]
fn left_over_placeholders_are_found_in_any_case_unless_a_variable_has_the_name() {
    let text = r#"{"title": "x", "uid": "${ds_prom}",
 "templating": {"list": [{"name": "DS_OWN", "type": "datasource"}]},
 "panels": [{"id": 1, "type": "stat", "title": "$DS_X [[DS_Y]]", "datasource": {"uid": "${DS_OWN}"}},
  {"id": 2, "type": "stat", "datasource": {"uid": "__DATASOURCE_UID__"}}]}"#;
    let dashboard = parse(Path::new("x.json"), text).unwrap();
    let found: Vec<_> =
        dashboard.placeholders.iter().map(|found| (found.line, found.text.as_str())).collect();
    assert_eq!(
        found,
        [(1, "${ds_prom}"), (3, "$DS_X"), (3, "[[DS_Y]]"), (4, "__DATASOURCE_UID__")]
    );
}

#[test]
fn bad_files_are_reported_whole_with_file_and_line() {
    let table: [(&str, &[&str]); 8] = [
        ("{\n \"title\": \"x\",\n}", &["x.json:3: not JSON: trailing comma"]),
        ("{\"title\": \"x\"", &["x.json:1: not JSON: EOF while parsing an object"]),
        ("[]", &["x.json:1: expected a dashboard object, found a list"]),
        (
            "{\n\"dashboard\": {\"title\": \"x\"}}",
            &[
                "x.json:2: dashboard wrapped in \"dashboard\", as the HTTP API answers; expected the inner object alone",
            ],
        ),
        (
            "{\"apiVersion\": \"dashboard.grafana.app/v2\", \"spec\": {}}",
            &["x.json:1: dashboard of schema v2 or a resource; expected the classic v1 JSON model"],
        ),
        ("{}", &["x.json:1: dashboard has no title"]),
        (
            "{\"title\": \"x\",\n\"panels\": [\n{\"title\": \"P\"},\n 7,\n{\"id\": \"a\", \"type\": \"stat\",\n \"targets\": [{}]}]}",
            &[
                "x.json:3: panel \"P\" has no type",
                "x.json:4: expected an object in \"panels\", found the number 7",
                "x.json:5: expected a whole number for \"id\", found the string \"a\"",
            ],
        ),
        (
            "{\"title\": \"x\",\n\"uid\": 3,\n\"templating\": {\"list\": [{}]},\n\"panels\": [{\"id\": 1, \"type\": \"stat\", \"maxDataPoints\": -1,\n\"datasource\": 5}]}",
            &[
                "x.json:2: expected a string for \"uid\", found the number 3",
                "x.json:3: variable has no name",
                "x.json:3: variable \"\" has no type",
                "x.json:4: expected a whole number from 0 for \"maxDataPoints\", found the number -1",
                "x.json:5: expected a name or an object with \"uid\" for \"datasource\", found the number 5",
            ],
        ),
    ];
    for (text, messages) in table {
        let problems = parse(Path::new("x.json"), text).unwrap_err();
        let mut shown: Vec<_> = problems.iter().map(ToString::to_string).collect();
        let mut expected = messages.to_vec();
        shown.sort();
        expected.sort_unstable();
        assert_eq!(shown, expected, "{text}");
    }
}

#[test]
fn a_directory_is_read_at_any_depth_and_all_its_problems_told() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    assert!(load_dir(path).unwrap_err()[0].message.contains("no dashboard"));
    std::fs::create_dir(path.join("deep")).unwrap();
    std::fs::write(path.join("deep/a.json"), FULL).unwrap();
    std::fs::write(path.join("b.json"), "{\"title\": \"B\"}").unwrap();
    std::fs::write(path.join("notes.txt"), "not read").unwrap();
    let titles: Vec<_> = load_dir(path).unwrap().into_iter().map(|found| found.title).collect();
    assert_eq!(titles, ["B", "LLM Provider"]);
    std::fs::write(path.join("c.json"), "{}").unwrap();
    std::fs::write(path.join("d.json"), "{").unwrap();
    assert_eq!(load_dir(path).unwrap_err().len(), 2);
    assert!(
        load_dir(&path.join("missing")).unwrap_err()[0]
            .message
            .starts_with("cannot read directory")
    );
}

#[test]
fn ids_and_names_that_are_missing_are_those_that_grafana_gives() {
    let text = r#"{"title": "x", "panels": [
 {"id": 4, "type": "stat", "targets": [{"expr": "a"}, {"refId": "A"}, {"expr": "b"}]},
 {"type": "stat"},
 {"libraryPanel": {"uid": "u", "name": "Shared"}}]}"#;
    let dashboard = parse(Path::new("x.json"), text).unwrap();
    let ids: Vec<i64> = dashboard.panels.iter().map(|panel| panel.id).collect();
    assert_eq!(ids, [4, 5, 6]);
    let names: Vec<&str> =
        dashboard.panels[0].targets.iter().map(|target| target.ref_id.as_str()).collect();
    assert_eq!(names, ["B", "A", "C"]);
    let library = &dashboard.panels[2];
    assert_eq!((library.kind.as_str(), library.title.as_str()), (super::LIBRARY_PANEL, "Shared"));
}

#[test]
fn rows_of_old_dashboards_hold_panels() {
    let old = r#"{"title": "x", "schemaVersion": 14, "rows": [{"title": "R", "panels": [{"id": 1, "type": "graph", "targets": [{"expr": "a"}]}]}]}"#;
    let dashboard = parse(Path::new("x.json"), old).unwrap();
    assert_eq!(dashboard.panels[0].row.as_deref(), Some("R"));
    let new = old.replace("14", "39");
    let problems = parse(Path::new("x.json"), &new).unwrap_err();
    assert_eq!(problems[0].message, "\"rows\" at schemaVersion 39: Grafana shows none of them");
}
