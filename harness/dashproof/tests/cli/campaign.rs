//! `dashproof alerts` as people type it.

use std::fs;

use crate::expect;

const SMALL: [&str; 13] = [
    "--seeds",
    "1",
    "--trials",
    "1",
    "--span",
    "30m",
    "--warm-up",
    "10m",
    "--profile",
    "chat",
    "--incident",
    "module-down",
    "-q",
];

#[test]
fn a_rule_is_tried_on_days_and_incidents() {
    let call = [&["alerts", "ModuleDown", "Watchdog"][..], &SMALL].concat();
    let said = expect(&call, 0, &["ordinary days", "ModuleDown", "10 min", "100 %"]);
    assert!(said.err.is_empty(), "quiet is quiet: {}", said.err);
    assert!(!said.out.contains("ModuleFlapping"), "{}", said.out);
}

#[test]
fn the_head_names_the_traffic_that_ran_and_no_other() {
    let mut small = SMALL;
    small[9] = "chat,code,api,rag,agent";
    let call = [&["alerts", "ModuleDown"][..], &small].concat();
    // Days and severities have the profiles in turn.
    let text = "1 ordinary day of 30m (chat) and 1 trial of each severity of 1 incident (chat, code, api);";
    expect(&call, 0, &[text]);
    small[3] = "0";
    let call = [&["alerts", "ModuleDown"][..], &small].concat();
    expect(
        &call,
        0,
        &["1 ordinary day of 30m (chat) and 0 trials of each severity of 1 incident;"],
    );
}

#[test]
fn a_sweep_is_written_as_json_and_as_a_picture() {
    let directory = tempfile::tempdir().unwrap();
    for (format, begins) in [("json", "{"), ("svg", "<svg")] {
        let file = directory.path().join(format);
        let to =
            ["--sweep", "for=0s..3m/2", "--format", format, "--output", file.to_str().unwrap()];
        let call = [&["alerts", "ModuleDown"][..], &SMALL, &to].concat();
        expect(&call, 0, &["as written", "for", "3m"]);
        let text = fs::read_to_string(file).unwrap();
        assert!(text.starts_with(begins), "{text}");
        if format == "json" {
            let report: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(report["sweep"]["settings"][2]["set"]["for"], "3m");
        }
    }
}

#[test]
fn what_cannot_be_tried_is_refused_with_what_can() {
    expect(&["alerts", "ModulDown"], 2, &["no alert `ModulDown`", "did you mean `ModuleDown`?"]);
    expect(&["alerts", "--sweep", "for=1m..2m"], 2, &["--sweep is about one rule"]);
    expect(&["alerts", "ModuleDown", "--sweep", "bound=1..2"], 2, &["it has threshold (up"]);
    expect(&["alerts", "ModuleDown", "--sweep", "bound"], 2, &["expected NAME=FROM..TO"]);
    expect(&["alerts", "--format", "svg"], 2, &["--format svg shows a sweep"]);
    expect(&["alerts", "--profile", "chats"], 2, &["expected one of chat, code"]);
}

#[test]
fn bad_rule_files_are_refused_in_promtools_words() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("own.yml");
    let path = file.to_str().unwrap();
    let rules = |rule: &str| format!("groups:\n- name: g\n  rules:\n  - alert: A\n    {rule}\n");
    for (rule, said) in [
        ("expr: sum(x", "own.yml: 5:11: group \"g\", rule 1, \"A\": could not parse expression"),
        ("exprr: x", "field exprr not found"),
    ] {
        fs::write(&file, rules(rule)).unwrap();
        expect(&["alerts", "--rule", path], 2, &[said, "nothing was started"]);
    }
    expect(&["alerts", "--rule", "/nonexistent.yml"], 2, &["/nonexistent.yml"]);
}

#[test]
fn with_a_file_of_ones_own_its_alerts_alone_can_be_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("own.yml");
    let path = file.to_str().unwrap();
    let rules = |rule: &str| format!("groups:\n- name: g\n  rules:\n  - {rule}\n");
    fs::write(&file, rules("{ alert: ModuleGone, expr: up == 0 }")).unwrap();
    let call = ["alerts", "--rule", path, "ModuleDown"];
    let refused = format!("no alert `ModuleDown` in {path}");
    let remedy = format!("the alerts of {path} are: ModuleGone");
    let said = expect(&call, 2, &[&refused, &remedy]);
    assert!(!said.err.contains("LlmProviderSlow"), "the deployed ones are no choice: {}", said.err);
    let call = ["alerts", "--rule", path, "ModulGone"];
    expect(&call, 2, &["no alert `ModulGone` in", "did you mean `ModuleGone`?"]);
    fs::write(&file, rules("{ record: a, expr: up }")).unwrap();
    expect(&["alerts", "--rule", path, "ModuleDown"], 2, &["are: none"]);
    let call = [&["alerts", "--rule", path][..], &SMALL].concat();
    expect(&call, 2, &["no alert rule in", path]);
}
