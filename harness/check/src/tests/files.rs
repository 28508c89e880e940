//! Dashboards and data sources by themselves.

use super::{DASHBOARD, Files, check, check_dashboard};

#[test]
fn dashboards_have_stable_unique_uids() {
    check_dashboard(
        "\"uid\": \"llm\", ",
        "",
        &["E d.json: dashboard without uid: it gets another one at each import"],
    );
    check_dashboard(
        "\"uid\": \"llm\"",
        "\"uid\": \"l m\"",
        &[
            "E d.json: uid \"l m\" has more than 40 characters, or others than letters, digits, - and _",
        ],
    );
    check_dashboard(
        "\"uid\": \"llm\"",
        "\"id\": 7, \"uid\": \"llm\"",
        &["W d.json: numeric id 7 belongs to another Grafana's database"],
    );
    let mut files = Files::consistent();
    files.dashboards.push(DASHBOARD.to_owned());
    assert_eq!(files.problems(), ["E e.json: uid \"llm\" is also that of d.json"]);
}

#[test]
fn panels_and_targets_are_identified_described_and_have_units() {
    check_dashboard(
        "\"id\": 2",
        "\"id\": 1",
        &["E d.json:10: panel \"P95\" has the id 1 of panel \"Requests\""],
    );
    check_dashboard(
        "\"refId\": \"B\"",
        "\"refId\": \"A\"",
        &["E d.json:12: panel \"P95\" has two targets \"A\""],
    );
    check_dashboard(
        "\"unit\": \"s\"",
        "\"decimals\": 1",
        &["W d.json:10: panel \"P95\" has no unit"],
    );
    check_dashboard(
        "\"mappings\": [{}]",
        "\"decimals\": 1",
        &["W d.json:14: panel \"Up\" has no unit"],
    );
    check_dashboard(
        "\"description\": \"d\"",
        "\"description\": \" \"",
        &["W d.json:7: panel \"Requests\" has no description"],
    );
    check_dashboard(
        "\"id\": 3, ",
        "\"id\": 3, \"options\": {\"reduceOptions\": {\"calcs\": [\"p95\"]}}, ",
        &["W d.json:14: panel \"Up\": reducer \"p95\" is not emulated"],
    );
}

#[test]
fn variables_are_defined_once_and_can_be_tried() {
    check_dashboard(
        "=~\\\"$provider\\\"",
        "=~\\\"$provider\\\", module=\\\"$modul\\\"",
        &["E d.json:8: panel \"Requests\" refers to $modul, which the dashboard does not define"],
    );
    check_dashboard(
        "\"title\": \"P95\"",
        "\"title\": \"P95 in $5 for ${x}\"",
        &[
            "E d.json:10: panel \"P95 in $5 for ${x}\" refers to $x, which the dashboard does not define",
        ],
    );
    check_dashboard("\"multi\": true", "\"regex\": \"/a/\"", &[]);
}

#[test]
fn datasources_are_provisioned_with_fixed_uids() {
    check(
        |files| &mut files.datasource,
        "  uid: prometheus\n",
        "",
        &["E ds.yml:2: data source \"Prometheus\" has no uid: Grafana derives one from its name"],
    );
    check(
        |files| &mut files.datasource,
        "datasources:\n",
        "datasources:\n- {name: B, uid: prometheus, type: loki, isDefault: true}\n",
        &[
            "E ds.yml:3: data source \"Prometheus\" is the second default",
            "E ds.yml:3: second data source with the uid \"prometheus\"",
        ],
    );
    let up =
        "\"mappings\": [{}]}}, \"datasource\": {\"type\": \"prometheus\", \"uid\": \"prometheus\"}";
    let with = |datasource: &str| format!("\"mappings\": [{{}}]}}}}{datasource}");
    check_dashboard(
        up,
        &with(""),
        &["W d.json:15: panel \"Up\" A names no data source and takes the default"],
    );
    check_dashboard(
        up,
        &with(", \"datasource\": \"Prometheus\""),
        &["W d.json:15: panel \"Up\" A names its data source by name"],
    );
    check_dashboard(
        up,
        &with(", \"datasource\": {\"uid\": \"$provider\"}"),
        &["E d.json:15: panel \"Up\" A: data source \"$provider\" is not provisioned"],
    );
    let variable =
        "\"list\": [\n{\"name\": \"ds\", \"type\": \"datasource\", \"query\": \"prometheus\"},";
    let mut files = Files::consistent();
    files.dashboards[0] = DASHBOARD.replacen("\"list\": [", variable, 1).replacen(
        up,
        &with(", \"datasource\": {\"uid\": \"${ds}\"}"),
        1,
    );
    assert_eq!(files.problems(), [""; 0]);
}

#[test]
fn placeholders_are_left_overs() {
    check_dashboard(
        "\"description\": \"d\"",
        "\"description\": \"${DS_PROMETHEUS}\"",
        &["E d.json:7: left-over placeholder ${DS_PROMETHEUS}"],
    );
    check_dashboard(
        "\"uid\": \"prometheus\"}, \"targets\"",
        "\"uid\": \"__datasource_UID__\"}, \"targets\"",
        &[
            "E d.json:7: left-over placeholder __datasource_UID__",
            "E d.json:8: panel \"Requests\" A: data source \"__datasource_UID__\" is not provisioned",
        ],
    );
}

#[test]
fn time_interval_suits_every_job() {
    let time_interval = |text: &str, expected: &[&str]| {
        check(|files| &mut files.datasource, "{timeInterval: 15s}", text, expected);
    };
    time_interval(
        "{timeInterval: 5s}",
        &[
            "E ds.yml:2: timeInterval 5s of data source \"Prometheus\" is shorter than the scrape interval 15s of job \"prometheus\": $__rate_interval can be 20s, which spans 1 of its scrapes, not four",
        ],
    );
    // Too short for every panel: told once per job and not again per panel.
    let too_short = |scrape: &str, job: &str, scrapes: u8| {
        format!(
            "E ds.yml:2: timeInterval 4s of data source \"Prometheus\" is shorter than the scrape interval {scrape} of job {job:?}: $__rate_interval can be 16s, which spans {scrapes} of its scrapes, not four"
        )
    };
    time_interval(
        "{timeInterval: 4s}",
        &[&too_short("15s", "prometheus", 1), &too_short("5s", "llm", 3)],
    );
    time_interval(
        "{timeInterval: 1m}",
        &[
            "W ds.yml:2: timeInterval 1m of data source \"Prometheus\" is longer than every job's scrape interval: windows are wider than they need to be",
        ],
    );
    time_interval(
        "{}",
        &["W ds.yml:2: data source \"Prometheus\" has no timeInterval: Grafana takes 15s"],
    );
    check(
        |files| &mut files.prometheus,
        "scrape_interval: 15s",
        "scrape_interval: 30s",
        &[
            "E ds.yml:2: timeInterval 15s of data source \"Prometheus\" is shorter than the scrape interval 30s of job \"prometheus\": $__rate_interval can be 1m, which spans 2 of its scrapes, not four",
        ],
    );
}
