//! What Grafana 9.3.2 did with mistakes, and what is said of it.

use std::{fs::File, io::Read};

use flate2::read::GzDecoder;
use serde_json::Value;

use super::*;

const FOLDER: Option<&str> = Some("LLM application");

/// What a recorded case answers to `/api/search`, with its log.
fn recorded(case: &str) -> (Vec<Listed>, String) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/faults.json.gz");
    let mut text = String::new();
    GzDecoder::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    let cases: Value = serde_json::from_str(&text).unwrap();
    let case = &cases[case];
    let listed = case["dashboards"].as_array().unwrap().iter().map(|one| Listed {
        uid: one[0].as_str().unwrap().to_owned(),
        title: one[1].as_str().unwrap().to_owned(),
        folder_title: one[2].as_str().map(str::to_owned),
    });
    let log = case["log"].as_array().unwrap().iter().filter_map(Value::as_str);
    (listed.collect(), log.collect::<Vec<_>>().join("\n"))
}

fn file(name: &str, uid: &str, title: &str) -> Dashboard {
    let json = format!(r#"{{"uid": "{uid}", "title": "LLM application: {title}", "panels": []}}"#);
    monitoring::grafana::dashboard::parse(Path::new(name), &json).unwrap()
}

fn shipped() -> Vec<Dashboard> {
    let names = ["overview", "prompt-manager", "prompt-security", "llm-provider"];
    names.iter().map(|name| file(&format!("{name}.json"), name, name)).collect()
}

#[track_caller]
fn check(files: &[Dashboard], case: &str, words: &[&str]) {
    let (listed, log) = recorded(case);
    let found = dashboards(files, FOLDER, &listed, Some(&log));
    assert_eq!(found.len(), words.len(), "{case}: {found:?}");
    for (problem, words) in found.iter().zip(words) {
        assert!(problem.to_string().starts_with(words), "{case}: {problem}");
    }
}

#[test]
fn what_is_there_is_no_problem() {
    for case in ["a5-panels-is-text", "a11-numeric-id", "d1-placeholder"] {
        check(&shipped(), case, &[]);
    }
}

#[test]
fn a_file_that_grafana_left_out_is_named() {
    let words = "overview.json: Grafana has no dashboard with its uid `overview`";
    for case in ["a1-truncated-json", "a2-no-title", "a3-not-an-object", "a4-wrapped-in-dashboard"]
    {
        check(&shipped(), case, &[words]);
    }
    let (listed, _) = recorded("a7-path-missing");
    assert_eq!(dashboards(&shipped(), FOLDER, &listed, None).len(), 4, "none is there");
}

#[test]
fn the_log_says_why_where_it_names_the_file() {
    let log = r#"logger=provisioning.dashboard level=error msg="failed to load dashboard from " file=/d/overview.json error="unexpected EOF""#;
    let (listed, _) = recorded("a1-truncated-json");
    let found = dashboards(&shipped(), FOLDER, &listed, Some(log));
    assert!(found[0].message.ends_with(": \"unexpected EOF\""), "{}", found[0]);
}

#[test]
fn files_that_share_a_uid_are_both_named() {
    let mut files = shipped();
    files[1] = file("prompt-manager.json", "overview", "prompt-manager");
    check(
        &files,
        "b1-same-uid",
        &[
            "prompt-manager.json: has the uid `overview` as overview.json has",
            "overview.json: Grafana has \"LLM application: prompt-manager\" under its uid",
        ],
    );
    let mut files = shipped();
    files.push(file("copy.json", "overview", "overview"));
    check(
        &files,
        "b3-same-file-copied",
        &[
            "copy.json: has the uid `overview`",
            "copy.json: has the title `LLM application: overview`",
        ],
    );
}

#[test]
fn files_that_share_a_title_are_named_and_so_is_the_one_that_is_missing() {
    let mut files = shipped();
    files[1] = file("prompt-manager.json", "prompt-manager", "overview");
    check(
        &files,
        "b2-same-title",
        &[
            "prompt-manager.json: has the title `LLM application: overview` as overview.json has",
            "prompt-manager.json: Grafana has no dashboard with its uid `prompt-manager`",
        ],
    );
}

#[test]
fn another_folder_and_a_second_dashboard_of_the_same_title_are_named() {
    let (mut listed, _) = recorded("a11-numeric-id");
    listed[0].folder_title = None;
    let mut second = listed[1].clone();
    second.uid = "x".to_owned();
    listed.push(second);
    let found = dashboards(&shipped(), FOLDER, &listed, None);
    let words: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(words.len(), 2, "{words:?}");
    assert!(words.iter().any(|words| words.contains("in the folder \"General\"")), "{words:?}");
    assert!(
        words.iter().any(|words| words.contains("a second time, under the uid `x`")),
        "{words:?}"
    );
}

#[test]
fn data_sources_are_those_that_panels_name() {
    let json = r#"{"uid": "a", "title": "A", "panels": [
        {"id": 1, "type": "stat", "title": "x", "datasource": {"type": "prometheus", "uid": "prometheus"},
         "targets": [{"refId": "A", "expr": "up", "datasource": {"type": "prometheus", "uid": "other"}}]},
        {"id": 2, "type": "stat", "title": "y", "datasource": {"type": "prometheus", "uid": "${DS_PROMETHEUS}"},
         "targets": []}]}"#;
    let files = [monitoring::grafana::dashboard::parse(Path::new("a.json"), json).unwrap()];
    let (named, problems) = sources(&files);
    assert_eq!(named.keys().collect::<Vec<_>>(), ["other", "prometheus"]);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].to_string().contains("`${DS_PROMETHEUS}`"), "{}", problems[0]);
}
