//! Contract files: what is wrong with them is said all at once, with file, line and remedy.

use std::path::Path;

use prom::problem::Problem;
use truth::{
    contract::{Contracts, Window, schema},
    fact::Fact,
    quantity::Quantity,
};

fn read(text: &str) -> (Contracts, Vec<String>) {
    let (mut contracts, mut problems) = (Contracts::default(), Vec::new());
    contracts.add(Path::new("c.yaml"), text, &mut problems);
    problems.sort_by_key(|problem: &Problem| problem.line);
    (contracts, problems.iter().map(ToString::to_string).collect())
}

fn target(body: &str) -> String {
    format!("dashboard: d\npanels:\n  P:\n    unit: s\n    targets:\n      A: {body}\n")
}

#[track_caller]
fn refuses(text: &str, expected: &[&str]) {
    let (_, problems) = read(text);
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for (problem, expected) in problems.iter().zip(expected) {
        // The key stands between place and message where there is one.
        let (place, message) = expected.split_once(' ').unwrap_or((expected, ""));
        let right = problem.starts_with(place) && problem.contains(message);
        assert!(right, "{problem}\ninstead of\n{expected}");
    }
}

#[test]
fn a_contract_is_read() {
    let (contracts, problems) = read(&target(
        "{ quantile: 0.95, of: [llm_provider.request_duration], by: [provider], over: rate_interval }",
    ));
    assert!(problems.is_empty(), "{problems:?}");
    let bound = &contracts.dashboards["d"].panels["P"].targets["A"];
    assert_eq!(bound.over, Window::RateInterval);
    assert!(matches!(&bound.fact, Fact::Quantile { q, of } if *q == 0.95 && of.by == ["provider"]));
}

#[test]
fn a_share_may_be_of_something_else_than_what_it_counts() {
    let (contracts, problems) = read(&target(
        "{ ratio: [llm_provider.errors], counting: { error_type: rate_limit }, out_of: [llm_provider.requests], over: 5m }",
    ));
    assert!(problems.is_empty(), "{problems:?}");
    let Fact::Ratio { part, whole } = &contracts.dashboards["d"].panels["P"].targets["A"].fact
    else {
        panic!("no ratio")
    };
    assert_eq!(
        (part.quantities.as_slice(), part.conditions.len()),
        ([Quantity::LlmErrors].as_slice(), 1)
    );
    assert_eq!(
        (whole.quantities.as_slice(), whole.conditions.len()),
        ([Quantity::LlmRequests].as_slice(), 0)
    );
}

#[test]
fn bad_contracts_are_refused_with_line_and_remedy() {
    let table: [(&str, &[&str]); 14] = [
        ("{ over: 5m }", &["c.yaml:6: expected exactly one of rate"]),
        ("{ rate: [llm_provider.requests] }", &["c.yaml:6: `over` is missing"]),
        (
            "{ rate: [llm_provider.request], over: 5m }",
            &["c.yaml:6: unknown quantity \"llm_provider.request\""],
        ),
        (
            "{ rate: [llm_provider.requests], over: sometimes }",
            &["c.yaml:6: expected rate_interval, interval, range, or a duration such as 5m, found"],
        ),
        (
            "{ rate: [llm_provider.request_duration], over: 5m }",
            &["c.yaml:6: llm_provider.request_duration does not fit: expected counts"],
        ),
        (
            "{ quantile: 0.95, of: [llm_provider.requests], over: 5m }",
            &["c.yaml:6: llm_provider.requests does not fit: expected durations"],
        ),
        (
            "{ quantile: 95, of: [llm_provider.request_duration], over: 5m }",
            &["c.yaml:6: expected a quantile above 0"],
        ),
        ("{ quantile: 0.95, over: 5m }", &["c.yaml:6: `of` is missing"]),
        (
            "{ rate: [llm_provider.requests], over: 5m, times: 0 }",
            &["c.yaml:6: expected a factor other than 0"],
        ),
        (
            "{ rate: [llm_provider.requests], over: 5m, zero: hidden }",
            &["c.yaml:6: unknown way with zeros"],
        ),
        (
            "{ rate: [llm_provider.errors], out_of: [llm_provider.requests], over: 5m }",
            &["c.yaml:6: `out_of` belongs to a ratio"],
        ),
        (
            "{ ratio: [llm_provider.errors], out_of: [llm_provider.request_duration], over: 5m }",
            &["c.yaml:6: llm_provider.request_duration does not fit: expected counts"],
        ),
        ("{ health: true, over: 5m }", &["c.yaml:6: `over` means nothing"]),
        (
            "{ rate: [llm_provider.requests], over: 5m, bye: [provider] }",
            &["c.yaml:6: unknown key \"bye\""],
        ),
    ];
    for (body, expected) in table {
        refuses(&target(body), expected);
    }
    refuses("dashboard: d\npanels:\n\t- tab\n", &["c.yaml:3:"]);
    refuses(
        "panels:\n  P:\n    unit: s\n    targets:\n      A: { rate: [llm_provider.requests], over: 5m }\n",
        &["c.yaml: `panels` without `dashboard`"],
    );
}

#[test]
fn all_flaws_of_a_file_are_told_at_once() {
    let text = "dashboard: d\npanels:\n  P:\n    unti: s\n    targets:\n      A: { rate: [nothing], over: 5m }\n      B: { rate: [nobody], over: 5m }\n";
    let (_, problems) = read(text);
    let lines: Vec<&str> = problems.iter().map(|problem| &problem[..8]).collect();
    assert_eq!(lines, ["c.yaml:4", "c.yaml:6", "c.yaml:7"], "{problems:#?}");
}

#[test]
fn the_committed_schema_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/contracts/schema.json");
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == schema(),
        "renew it: cargo run -- schema contract > scenarios/contracts/schema.json"
    );
}

#[test]
fn the_shipped_contracts_are_read() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/contracts");
    let contracts = Contracts::load_dir(&directory).unwrap();
    assert_eq!(contracts.dashboards.len(), 4);
    let panels: usize = contracts.dashboards.values().map(|dashboard| dashboard.panels.len()).sum();
    assert_eq!((panels, contracts.rules.len()), (31, 31));
}

fn alert(body: &str) -> String {
    format!(
        "specifications:\n  A:\n    labels: {{ severity: warning }}\n    when:\n      - - {body}\n"
    )
}

#[test]
fn a_contract_of_an_alert_is_read() {
    let rate = "{ rate: [llm_provider.tokens], except: { provider: [local, other] }, by: [provider, model], over: 15m, above: 1 }";
    let (contracts, problems) = read(&alert(rate));
    assert!(problems.is_empty(), "{problems:?}");
    let contract = &contracts.specified["A"];
    assert_eq!(contract.each(), Some(vec!["provider".to_owned(), "model".to_owned()]));
    let said = contract.branches[0][0].to_string();
    let expected = "rate of llm_provider.tokens where provider={anthropic, azure_openai, openai} by provider, model over 15m above 1";
    assert_eq!(said, expected);
    assert_eq!((contract.for_ms, contract.told.as_deref(), contract.tells_end), (0, None, true));
}

#[test]
fn clauses_that_mean_nothing_are_refused_with_their_line() {
    refuses(
        &alert("{ rate: [llm_provider.requests], over: 5m }"),
        &["c.yaml:5: expected exactly one of above,"],
    );
    refuses(
        &alert("{ level: answers, over: 5m, is: 0 }"),
        &["c.yaml:5: `over` means nothing for the latest value"],
    );
    refuses(&alert("{ changes: samples, over: 5m, is: 0 }"), &["c.yaml:5: changes are known of"]);
    refuses(
        &alert(
            "{ rate: [llm_provider.requests], over: 5m, except: { provider: [nobody] }, above: 1 }",
        ),
        &["c.yaml:5: provider is never \"nobody\""],
    );
    refuses(
        &alert("{ rate: [llm_provider.requests], over: 5m, above_each: { openai: 1 } }"),
        &["c.yaml:5: `above_each` needs exactly one label in `by`"],
    );
    refuses(
        "specifications:\n  A: { for: soon }\n",
        &[
            "c.yaml:2: `when` is missing",
            "c.yaml:2: `labels` is missing",
            "c.yaml:2: a duration such as 5m",
        ],
    );
}
