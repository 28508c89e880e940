//! `dashproof live` as people type it: what it refuses, and what it says where nothing was judged.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::{changed::copy, expect, root};

/// A copy of the scenarios with a story of ten seconds, which expects this of alerts.
fn with_story(expect: &str) -> (TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    copy(&root().join("scenarios"), directory.path());
    let story = format!(
        "about: Ten seconds.\nduration: 10s\ntraffic: {{ profile: chat, rate: 20/s }}\n{expect}"
    );
    fs::write(directory.path().join("live/short.yaml"), story).unwrap();
    let path = directory.path().to_str().unwrap().to_owned();
    (directory, path)
}

/// A copy of the monitoring directory with a line before all others of one file.
fn with_line(file: &str, line: &str) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    copy(&root().join("monitoring"), directory.path());
    let path = directory.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{line}\n{text}")).unwrap();
    (directory, path)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_story_that_is_too_long_is_refused_with_its_length_and_the_limit() {
    let texts =
        ["chat lasts 25h", "at most 15m", "use `dashproof verify`, which plays it in virtual time"];
    expect(&["live", "chat"], 2, &texts);
}

#[test]
fn where_nothing_is_asked_nothing_is_said_to_have_held() {
    let (_directory, scenarios) = with_story("");
    let call = ["live", "short", "--scenarios", &scenarios, "--only", "alerts/CacheHitRatioLow"];
    let texts = [
        "short: no panel, rule or alert judged",
        "✗ nothing was judged: no panel, rule or alert was judged under short",
        "✗ not judged: 6 parts of the wiring",
    ];
    let said = expect(&call, 2, &texts);
    assert!(!said.err.contains("held"), "{}", said.err);
    let call = ["verify", "restart", "--duration", "10m", "--only", "alerts/CacheHitRatioLow"];
    let said = expect(&call, 2, &["✗ nothing was judged: ", "under restart"]);
    assert!(!said.err.contains("held"), "{}", said.err);
}

#[test]
fn a_broken_alert_is_told_at_its_line_of_the_users_own_file() {
    let (monitoring, file) = with_line("prometheus/rules/alerts.yml", "# one line more");
    let rules = fs::read_to_string(&file).unwrap();
    let (before, _) = rules.split_once("alert: CacheHitRatioLow").unwrap();
    let line = before.lines().count();
    let (_scenarios, scenarios) =
        with_story("expect: { alerts: [{ fires: CacheHitRatioLow, within: 5s }] }\n");
    let call = ["live", "short", "--scenarios", &scenarios, "--only", "alerts/CacheHitRatioLow"];
    let said = format!("rule      {}:{line}, group ", file.display());
    let texts = ["✗ alerts/CacheHitRatioLow under short", &said, "observed  did not fire"];
    let said = expect(&[&call[..], &["--monitoring", text(monitoring.path())]].concat(), 1, &texts);
    assert!(!said.out.contains("dashproof-run-"), "a copy that is gone is named: {}", said.out);
}

#[test]
fn what_alertmanager_refuses_is_told_of_the_users_own_file() {
    let (monitoring, file) = with_line("alertmanager/alertmanager.yml", "colour: blue");
    let texts = [text(&file), "line 1: field colour not found", "correct what amtool reports"];
    let up = ["stack", "up", "--exit-when-ready", "--stack", "native"];
    for call in [&["live", "baseline"][..], &up] {
        let call = [call, &["--monitoring", text(monitoring.path())]].concat();
        let said = expect(&call, 2, &texts);
        assert!(!said.err.contains("dashproof-run-"), "{}", said.err);
    }
}
