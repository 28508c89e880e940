//! `dashproof bracket --against`: cases of another version of the rules.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::{changed::copy, expect, root};

/// The shipped monitoring directory with each of these texts of its alert rules replaced by another.
fn with(changes: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    copy(&root().join("monitoring"), directory.path());
    let file = directory.path().join("prometheus/rules/alerts.yml");
    let mut text = fs::read_to_string(&file).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{from:?} is not in the alert rules");
        text = text.replacen(from, to, 1);
    }
    fs::write(&file, text).unwrap();
    (directory, file)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_changed_threshold_passes_its_own_cases_and_not_those_from_before() {
    let errors = "provider:llm_provider_request_errors:ratio_rate5m > 0.25";
    let higher = "provider:llm_provider_request_errors:ratio_rate5m > 0.5";
    let (changed, _) = with(&[(errors, higher)]);
    let monitoring = ["--monitoring", text(changed.path())];
    let own = ["bracket", "LlmProviderErrorRateHigh"];
    expect(&[&own[..], &monitoring].concat(), 0, &["cases held, alert rules: 1, without a case"]);
    let texts = [
        "rule LlmProviderErrorRateHigh: ",
        "cases of monitoring now give another result: expression changed",
        "threshold, above: provider:llm_provider_request_errors:ratio_rate5m > 0.25",
        "observed: silent",
        "compared with monitoring: 29 rules in both; changed: 1; behave differently: 1",
    ];
    let call = [&["bracket", "--against", "monitoring"][..], &monitoring].concat();
    expect(&call, 1, &texts);
    // Of another rule it says nothing.
    let call = [&["bracket", "ModuleDown", "--against", "monitoring"][..], &monitoring].concat();
    let said = expect(&call, 0, &["1 rule in both; changed: 0"]);
    assert!(!said.out.contains("LlmProviderErrorRateHigh"), "{}", said.out);
}

#[test]
fn what_changes_no_case_is_told_and_rules_of_one_side_are_named() {
    let down = "expr: |\n      up{module!=\"\"} == 0\n    for: 1m";
    let same = "expr: |\n      (up{module!=\"\"} == 0)\n    for: 1m";
    let (changed, file) = with(&[(down, same), ("alert: CacheHitRatioLow", "alert: CacheCold")]);
    let call = ["bracket", "--against", "monitoring", "--monitoring", text(changed.path())];
    let texts = [
        "rule ModuleDown: expression changed, and all ",
        " cases of monitoring hold",
        "only in monitoring: CacheHitRatioLow",
        "only in the other rules: CacheCold",
    ];
    // A rule that is gone notices nothing any more.
    expect(&call, 1, &texts);
    // A file is held against all, so what it lacks is not gone; and it can be the reference itself.
    let call = ["bracket", "--rule", text(&file), "--against", "monitoring"];
    expect(&call, 0, &texts[..3]);
    let call = ["bracket", "ModuleDown", "--against", text(&file), "--format", "json"];
    let said = expect(&call, 0, &[]);
    let told: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(told["changed"][0]["what"], serde_json::json!(["expression"]), "{told}");
}

#[test]
fn a_changed_rule_without_a_case_that_fires_it_is_no_proof() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, expr: &str| {
        let path = directory.path().join(name);
        let rule = format!("{{ alert: A, expr: '{expr}' }}");
        fs::write(&path, format!("groups: [{{ name: g, rules: [{rule}] }}]\n")).unwrap();
        path
    };
    let old = file("old.yml", "predict_linear(free_bytes[1h], 3600) < 0");
    let new = file("new.yml", "predict_linear(free_bytes[1h], 3600) < 1");
    let call = ["bracket", "--rule", text(&new), "--against", text(&old)];
    expect(&call, 1, &["rule A: expression changed, and ", " has no case that fires it: "]);
    let call = ["bracket", "--rule", text(&old), "--against", text(&old)];
    expect(&call, 0, &["1 rule in both; changed: 0"]);
}

#[test]
fn a_reference_that_is_none_is_refused_with_the_flag() {
    let texts = ["/nonexistent is no monitoring directory", "--against DIR"];
    expect(&["bracket", "--against", "/nonexistent"], 2, &texts);
    let texts = ["no alert rule `ModulDown`", "did you mean `ModuleDown`?"];
    expect(&["bracket", "ModulDown", "--against", "monitoring"], 2, &texts);
}
