//! A changed dashboard: exit code 1, and a verdict that names panel and query.

use std::{fs, path::Path};

use crate::{expect, root};

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Changes the first `from` after the panel's title in the dashboard `llm-provider`.
#[track_caller]
fn check(command: &str, panel: &str, from: &str, to: &str, texts: &[&str]) {
    let directory = tempfile::tempdir().unwrap();
    copy(&root().join("monitoring"), directory.path());
    let file = directory.path().join("grafana/dashboards/llm-provider.json");
    let text = fs::read_to_string(&file).unwrap();
    let title = format!("\"title\": \"{panel}\"");
    let at = text.find(&title).unwrap_or_else(|| panic!("no panel {panel:?}"));
    let (before, after) = text.split_at(at);
    assert!(after.contains(from), "nothing to change in {panel:?}");
    fs::write(&file, format!("{before}{}", after.replacen(from, to, 1))).unwrap();
    let monitoring = directory.path().to_str().unwrap();
    let only = format!("llm-provider/{panel}");
    let mut call = vec![command, "--monitoring", monitoring];
    if command == "verify" {
        call.extend(["provider-outage", "--duration", "20m", "--only", &only]);
    }
    let said = expect(&call, 1, texts);
    if command == "verify" && !texts[0].contains(file.to_str().unwrap()) {
        let replay = format!(
            "dashproof verify provider-outage --seed 7 --only '{only}' --duration 20m --monitoring {monitoring}"
        );
        assert!(said.out.contains(&replay), "{replay}\nis not in\n{}", said.out);
    }
}

#[test]
fn another_function_is_noticed() {
    let panel = "Requests per second by provider";
    let red = "✗ llm-provider/Requests per second by provider A under provider-outage";
    let texts =
        [red, "query     sum by (provider) (irate(", "truth     rate of llm_provider.requests"];
    check("verify", panel, "(rate(", "(irate(", &texts);
}

#[test]
fn a_lost_label_is_noticed() {
    let texts = [
        "✗ llm-provider/Errors over time A under provider-outage",
        "query     sum by (provider) (rate(llm_provider_errors_total",
        "labels    provider where there should be error_type, provider",
    ];
    check("verify", "Errors over time", "by (provider, error_type)", "by (provider)", &texts);
}

#[test]
fn another_quantile_is_noticed() {
    let texts = [
        "✗ llm-provider/Request duration P95 A under provider-outage",
        "query     histogram_quantile(0.5, ",
        "truth     0.95 quantile of llm_provider.request_duration by provider",
    ];
    check("verify", "Request duration P95", "quantile(0.95", "quantile(0.5", &texts);
}

#[test]
fn a_lost_factor_is_noticed() {
    let texts = [
        "✗ llm-provider/Cost per provider A under provider-outage",
        "query     sum by (provider) (rate(llm_provider_cost_total",
        "truth     rate of llm_provider.cost by provider times 3600",
    ];
    check("verify", "Cost per provider", " * 3600", "", &texts);
}

#[test]
fn a_wrong_unit_is_noticed_without_running_anything() {
    let texts =
        ["panel \"Error rate\" A shows its numbers as \"percent\"", "rate(llm_provider_requests"];
    check("check", "Error rate", "\"percentunit\"", "\"percent\"", &texts);
}

#[test]
fn a_query_that_the_engine_refuses_is_red() {
    let texts = ["✗ llm-provider/Error rate A", "answer    refused by Prometheus: bad_data"];
    check("verify", "Error rate", "sum by (provider) (rate(", "sum by (provider) (rate((", &texts);
}

#[test]
fn a_panel_without_contract_is_unproven() {
    let texts = ["? unproven llm-provider/Error rates A has no contract", "2 unproven"];
    check("check", "Error rate", "\"Error rate\"", "\"Error rates\"", &texts);
}
