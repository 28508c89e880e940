//! Alert rules from the command line: judged, explained, exported, measured; and refused where they are wrong.

use std::{fs, path::PathBuf};

use tempfile::TempDir;

use crate::{changed::copy, expect, root};

/// The shipped monitoring directory with `from` replaced by `to` in its alert rules.
fn with_rules(from: &str, to: &str) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    copy(&root().join("monitoring"), directory.path());
    let file = directory.path().join("prometheus/rules/alerts.yml");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "{from:?} is not in the alert rules");
    fs::write(&file, text.replacen(from, to, 1)).unwrap();
    (directory, file)
}

#[test]
fn a_rule_that_fires_too_late_turns_its_scenario_red_and_why_says_why() {
    let from = "provider:llm_provider_request_errors:ratio_rate5m > 0.25";
    let to = "provider:llm_provider_request_errors:ratio_rate5m > 0.97";
    let (directory, _file) = with_rules(from, to);
    let monitoring = directory.path().to_str().unwrap();
    let only = "alerts/LlmProviderErrorRateHigh";
    expect(&["verify", "provider-outage", "--only", only], 0, &["✓ held: 1 alert"]);
    let texts = [
        "✗ alerts/LlmProviderErrorRateHigh under provider-outage",
        "alerts.yml:",
        "expected  fires from 40m on",
        "observed  did not fire with provider=openai",
        "replay    dashproof verify provider-outage --seed 7 --only alerts/LlmProviderErrorRateHigh",
    ];
    let call = ["verify", "provider-outage", "--only", only, "--monitoring", monitoring];
    expect(&call, 1, &texts);
    let call = [
        "why",
        "LlmProviderErrorRateHigh",
        "--scenario",
        "provider-outage",
        "--monitoring",
        monitoring,
    ];
    let texts = [
        "it is never pending; here a weaker rule would fire",
        "story: provider outage (openai)",
        "state  inactive",
        "measured provider:llm_provider_request_errors:ratio_rate5m",
        "ledger: share with status=error of llm_provider.requests by provider",
        "possible given the real events",
    ];
    expect(&call, 0, &texts);
}

#[test]
fn a_rule_that_prometheus_refuses_is_told_with_its_file_and_nothing_starts() {
    let (directory, file) = with_rules("ratio_rate5m > 0.25", "ratio_rate5m >> 0.25");
    let monitoring = directory.path().to_str().unwrap();
    let texts = ["promtool", file.to_str().unwrap(), "parse error", "nothing was started"];
    for call in [&["verify", "chat"][..], &["why", "ModuleDown", "--scenario", "restart"]] {
        expect(&[call, &["--monitoring", monitoring]].concat(), 2, &texts);
    }
}

#[test]
fn names_of_alerts_are_checked_without_running_anything() {
    let directory = tempfile::tempdir().unwrap();
    copy(&root().join("scenarios"), directory.path());
    let file = directory.path().join("live/module-down.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let (before, _) = text.split_once("fires: ModuleDown").unwrap();
    fs::write(&file, text.replacen("fires: ModuleDown", "fires: ModuleDone", 1)).unwrap();
    let scenarios = directory.path().to_str().unwrap();
    let said = format!(
        "✗ {}:{}: expects something of ModuleDone, which no rule raises [unknown-alert] (did you mean ModuleDown?)",
        file.display(),
        before.lines().count()
    );
    expect(&["check", "--scenarios", scenarios], 1, &[&said, "1 error, "]);
    // All errors at once: contracts that cannot be read keep nothing back.
    fs::write(&file, text.replacen("told: critical", "told: critcal", 1)).unwrap();
    fs::write(directory.path().join("contracts/alerts.yaml"), "nonsense: 1\n").unwrap();
    let told = format!("{}:10: told: no receiver \"critcal\"", file.display());
    expect(&["check", "--scenarios", scenarios], 1, &[&told, "contracts/alerts.yaml:1:"]);
    // Another Prometheus may raise what none of these rules does: only what contracts say of muting is broken.
    let (monitoring, _) = with_rules("", "");
    let file = monitoring.path().join("alertmanager/alertmanager.yml");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("ModuleDown"), "{text}");
    fs::write(&file, text.replacen("ModuleDown", "ModuleDone", 1)).unwrap();
    let texts = [
        "no rule raises ModuleDone [unraised-alert] (did you mean ModuleDown?)",
        "ModuleDown does not mute it [muted-otherwise]",
    ];
    expect(&["check", "--monitoring", monitoring.path().to_str().unwrap()], 1, &texts);
}

#[test]
fn why_names_the_nearest_alert_and_knows_a_scenarios_end() {
    let texts = ["no rule raises the alert `ModulDown`", "did you mean `ModuleDown`?"];
    expect(&["why", "ModulDown", "--scenario", "restart"], 2, &texts);
    let call = ["why", "ModuleDown", "--scenario", "restart", "--at", "9h"];
    expect(&call, 2, &["after the scenario's end", "it lasts 2h"]);
    let call =
        ["why", "ModuleDown", "--scenario", "module-down", "--at", "41m30s", "--format", "json"];
    let said = expect(&call, 0, &[]);
    let told: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let first = &told["explanations"][0];
    assert_eq!(
        (&first["alert"], &first["parts"][0]["role"]),
        (&"ModuleDown".into(), &"all of".into())
    );
    assert_eq!(first["parts"][0]["series"][0]["labels"]["module"], "prompt-security");
}

#[test]
fn a_scenario_becomes_a_unit_test_that_promtool_confirms() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("new");
    let call = ["export", "restart", "--interval", "1m", "--output", path.to_str().unwrap()];
    expect(&call, 0, &["✓ ", "test.json", "confirmed by promtool"]);
    assert!(path.join("rules.json").is_file());
}

#[test]
fn capacity_tells_costs_and_where_they_exceed_their_budget() {
    let call = ["capacity", "--scale", "1,2", "--span", "10m"];
    let texts = ["Rule groups", "long-windows (every 2m)", "Panels", "✓ within budget"];
    expect(&call, 0, &texts);
    let call = [&call[..], &["--panel-budget", "1ms", "--format", "json"]].concat();
    let said = expect(&call, 1, &[]);
    let told: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(told["fits"], false);
    let series = |nth: usize| told["scales"][nth]["series"].as_u64().unwrap();
    assert!(series(1) > 2 * series(0) - 50 && series(1) <= 2 * series(0));
}
