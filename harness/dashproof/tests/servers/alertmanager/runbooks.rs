//! Claims about the runbooks that alerts point to: they exist, say what they must, and what they tell people to ask and
//! to look at is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use monitoring::{Rule, RuleFile, RuleGroup, RuleKind};
use prom::problem::{Problem, Severity};
use prom::series::Value;
use proof::verify::{Staging, Verifier};
use scenario::{Scenario, load_dir};
use stack::client::prometheus::Prometheus;
use stack::native::{NativePrometheus, Options};
use stack::poll::{self, Pending};
use stack::prometheus_binary::PrometheusBinary;
use truth::contract::Contracts;

use crate::alertmanager::alertmanagers::alertmanagers;
use crate::alertmanager::lines::{block_on, environment, on_each_line};
use crate::alertmanager::running::Running;
use crate::alertmanager::shipped::{alerts, file, monitoring};

const HEADINGS: [&str; 4] = ["## Meaning", "## Impact", "## Diagnosis", "## Mitigation"];

/// Alerts on the monitoring system itself, which no panel shows.
const WITHOUT_PANEL: [&str; 2] = ["PrometheusConfigReloadFailed", "Watchdog"];

/// Many things go wrong in it, one after another.
const SCENARIO: &str = "rough-hours";
const EVERY_MS: i64 = 5 * 60_000;

/// Parts of queries that need not tell anything in it: a day ago there was nothing yet, prices are known, no restart is
/// short enough, new series are shown for one scrape, and this road stores no alerts.
const MAY_BE_EMPTY: [&str; 5] = [
    "offset 1d",
    "unless on (provider, model)",
    "changes(process_start_time_seconds",
    "scrape_series_added",
    "ALERTS{",
];

/// A Prometheus that scrapes, evaluates and sends, if only to where nobody listens.
const SELF_OBSERVED: &str = "
rule_files: [rules.yml]
alerting: { alertmanagers: [{ static_configs: [{ targets: ['127.0.0.1:1'] }] }] }
scrape_configs:
  - { job_name: a, file_sd_configs: [{ files: [a.yml] }] }
  - { job_name: b, static_configs: [{ targets: ['127.0.0.1:1'] }] }
";

pub(crate) fn trials() -> Vec<Trial> {
    let alone = [
        Trial::test("every_alert_has_its_runbook_and_every_runbook_its_alert", pairing),
        Trial::test("runbooks_have_four_headings_and_a_sentence_to_a_line", form),
        Trial::test("runbooks_query_what_is_there", selections),
        Trial::test("runbooks_name_panels_that_exist", panels),
    ];
    alone
        .into_iter()
        .chain(on_each_line("queries_of_runbooks_are_answered", answers))
        .chain(on_each_line("servers_count_what_runbooks_and_alerts_ask_them", own_metrics))
        .collect()
}

fn directory() -> PathBuf {
    monitoring().directory.join("runbooks")
}

/// Every runbook: the alert that it is named after, its file, its text.
fn runbooks() -> Vec<(String, PathBuf, String)> {
    let mut found: Vec<_> = fs::read_dir(directory())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(&path).unwrap();
            (name, path, text)
        })
        .collect();
    found.sort();
    found
}

/// A query of a runbook with the line on which it begins.
struct Query {
    line: usize,
    expr: String,
}

/// What stands in blocks of PromQL.
fn queries(text: &str) -> Vec<Query> {
    let mut found: Vec<Query> = Vec::new();
    let mut inside = false;
    for (number, line) in text.lines().enumerate() {
        match line {
            "```promql" => {
                inside = true;
                found.push(Query { line: number + 2, expr: String::new() });
            }
            "```" => inside = false,
            line if inside => found.last_mut().unwrap().expr += &format!("{line}\n"),
            _ => {}
        }
    }
    found
}

fn pairing() -> Result<(), Failed> {
    let names: BTreeSet<String> = runbooks().into_iter().map(|(name, ..)| name).collect();
    let mut wanted = BTreeSet::new();
    for alert in alerts() {
        let RuleKind::Alert { annotations, .. } = &alert.kind else { continue };
        let url = annotations.get("runbook_url").map(String::as_str).unwrap_or_default();
        let expected = format!("runbooks/{}.md", alert.name());
        assert!(url.ends_with(&expected), "{} points to {url:?}", alert.name());
        wanted.insert(alert.name().to_owned());
    }
    assert_eq!(names, wanted);
    Ok(())
}

fn form() -> Result<(), Failed> {
    for (name, file, text) in runbooks() {
        let file = file.display();
        assert!(text.starts_with(&format!("# {name}\n\n")), "{file}");
        let headings: Vec<&str> = text.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(headings, HEADINGS, "{file}");
        for section in text.split("\n## ").skip(1) {
            assert!(
                section.lines().filter(|line| !line.is_empty()).count() > 1,
                "{file}: {section}"
            );
        }
        let diagnosis = text.split("## Diagnosis").nth(1).unwrap();
        let diagnosis = diagnosis.split("## Mitigation").next().unwrap();
        assert!(!queries(diagnosis).is_empty(), "{file} asks nothing");
        assert_eq!(queries(diagnosis).len(), queries(&text).len(), "{file} asks elsewhere");
        let mut code = false;
        for line in text.lines() {
            code ^= line.starts_with("```");
            assert!(code || !line.contains(". "), "{file}: two sentences on one line: {line}");
        }
    }
    Ok(())
}

/// Each query is held against what is emitted and recorded, as if it were the expression of an alert.
fn selections() -> Result<(), Failed> {
    let as_rules = |(name, file, text): (String, PathBuf, String)| {
        let rule = |query: Query| Rule {
            line: Some(query.line),
            kind: RuleKind::Alert {
                name: name.clone(),
                for_ms: 0,
                keep_firing_for_ms: 0,
                annotations: BTreeMap::new(),
            },
            expr: query.expr,
            expr_line: Some(query.line),
            labels: BTreeMap::new(),
        };
        let rules: Vec<Rule> = queries(&text).into_iter().map(rule).collect();
        let group = RuleGroup {
            line: None,
            name,
            interval_ms: None,
            limit: 0,
            query_offset_ms: None,
            labels: BTreeMap::new(),
            rules,
        };
        RuleFile { file, groups: vec![group] }
    };
    let emitted = check::emitted(monitoring());
    let wrong = |runbooks: Vec<RuleFile>| {
        let rules: Vec<RuleFile> = monitoring().rules.iter().cloned().chain(runbooks).collect();
        let problems = check::all(&check::Inputs {
            dashboards: &monitoring().dashboards,
            datasources: &monitoring().datasources,
            prometheus: &monitoring().config,
            rules: &rules,
            emitted: &emitted,
        });
        let of_runbooks = |problem: &Problem| {
            problem.severity == Severity::Error && problem.file.starts_with(directory())
        };
        problems.into_iter().filter(of_runbooks).collect::<Vec<_>>()
    };
    let problems = wrong(runbooks().into_iter().map(as_rules).collect());
    assert!(problems.is_empty(), "{}", shown(&problems));
    // The same look at what is wrong sees it.
    let planted =
        "```promql\nsum(rate(llm_provider_request_total[5m]))\n```\n```promql\nsum(\n```\n";
    let problems = wrong(vec![as_rules(("X".into(), directory().join("X.md"), planted.into()))]);
    assert_eq!(problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [Some(2), Some(5)]);
    Ok(())
}

fn shown(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// What is set in bold is a dashboard after the word, else a panel: of a dashboard of the same line, if one is named.
fn panels() -> Result<(), Failed> {
    let titles: BTreeMap<&str, BTreeSet<&str>> = monitoring()
        .dashboards
        .iter()
        .map(|dashboard| {
            let titles = dashboard.panels.iter().map(|panel| panel.title.as_str()).collect();
            (dashboard.uid.as_str(), titles)
        })
        .collect();
    for (name, file, text) in runbooks() {
        let mut seen = 0;
        for line in text.lines() {
            let bold: Vec<(bool, &str)> = bold(line);
            let named: Vec<&str> = bold
                .iter()
                .filter(|(is_dashboard, _)| *is_dashboard)
                .map(|(_, uid)| *uid)
                .collect();
            for uid in &named {
                assert!(titles.contains_key(uid), "{}: no dashboard {uid}", file.display());
            }
            for (_, title) in bold.iter().filter(|(is_dashboard, _)| !is_dashboard) {
                let mut among =
                    titles.iter().filter(|(uid, _)| named.is_empty() || named.contains(uid));
                let exists = among.any(|(_, titles)| titles.contains(title));
                assert!(exists, "{}: no panel {title:?} in {named:?}", file.display());
                seen += 1;
            }
        }
        let without = WITHOUT_PANEL.contains(&name.as_str());
        assert!(seen > 0 || without, "{} names no panel", file.display());
    }
    Ok(())
}

/// The texts in bold, and whether each follows the word "dashboard".
fn bold(line: &str) -> Vec<(bool, &str)> {
    let parts: Vec<&str> = line.split("**").collect();
    let inside = (1..parts.len()).step_by(2);
    inside.map(|at| (parts[at - 1].ends_with("dashboard "), parts[at])).collect()
}

fn scenario() -> Scenario {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let (scenarios, problems) = load_dir(&directory);
    assert!(problems.is_empty(), "{}", shown(&problems));
    scenarios.into_iter().find(|scenario| scenario.name == SCENARIO).unwrap()
}

/// Every query is asked of a real Prometheus every few minutes of hours in which much goes wrong: it never fails, and
/// tells something at some time.
fn answers(binary: &PrometheusBinary) -> Result<(), Failed> {
    let contracts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/contracts");
    let contracts = Contracts::load_dir(&contracts).unwrap();
    let verifier = Verifier::new(monitoring().clone(), contracts, binary.clone(), environment());
    let scenario = scenario();
    let begin = scenario.epoch.as_millisecond();
    let end = begin + scenario.duration.as_millis() as i64;
    block_on(async {
        let staged = verifier.stage(&scenario, &Staging::default(), &mut |_| ()).await?;
        let client = Prometheus::new(staged.engine.url());
        let mut silent = Vec::new();
        for (_, file, text) in runbooks() {
            for Query { line, expr } in queries(&text) {
                let answer = client.query_range(&expr, begin, end, EVERY_MS).await?;
                let empty = matches!(&answer.value, Value::Matrix(series) if series.is_empty());
                let foreign =
                    ["prometheus_", "alertmanager_"].iter().any(|name| expr.contains(name));
                if empty && !foreign && !MAY_BE_EMPTY.iter().any(|part| expr.contains(part)) {
                    silent.push(format!("{}:{line}: {expr}", file.display()));
                }
            }
        }
        assert!(silent.is_empty(), "queries without any answer:\n{}", silent.join("\n"));
        Ok(())
    })
}

/// What Prometheus and Alertmanager count about themselves, by the names that we use.
fn own_metrics(binary: &PrometheusBinary) -> Result<(), Failed> {
    let directory = tempfile::TempDir::new()?;
    let config = directory.path().join("prometheus.yml");
    fs::write(&config, SELF_OBSERVED)?;
    let rule = "groups: [{ name: g, rules: [{ alert: A, expr: 'vector(1)' }] }]\n";
    fs::write(directory.path().join("rules.yml"), rule)?;
    let options =
        Options { config: Some(config), span: Duration::from_secs(3600), ..Options::default() };
    block_on(async {
        let mut shown = String::new();
        for alertmanager in alertmanagers().iter().filter_map(|(_, found)| found.as_ref().ok()) {
            let running = Running::start(alertmanager, &file()).await?;
            shown += &metrics(running.url()).await?;
            running.stop().await;
        }
        let server = NativePrometheus::start(binary, &environment(), &options).await?;
        // Some of them are only shown once a target and an Alertmanager are discovered, after some seconds.
        let all_shown =
            poll::until(Duration::from_secs(60), Duration::from_millis(200), async || {
                let shown =
                    format!("{shown}{}", metrics(server.url()).await.map_err(Pending::Failed)?);
                let is_missing = |name: &String| !shown.contains(&format!("# TYPE {name} "));
                let missing: Vec<String> = foreign_names().into_iter().filter(is_missing).collect();
                match &missing[..] {
                    [] => Ok(()),
                    missing => Err(Pending::NotYet { status: missing.join(", ") }),
                }
            });
        all_shown.await?;
        server.stop().await;
        Ok(())
    })
}

async fn metrics(url: &str) -> Result<String, reqwest::Error> {
    reqwest::get(format!("{url}/metrics")).await?.text().await
}

/// Names of Prometheus' and Alertmanager's own metrics in runbooks and alerts.
fn foreign_names() -> BTreeSet<String> {
    let texts = runbooks().into_iter().map(|(_, _, text)| text);
    let texts = texts.chain(alerts().into_iter().map(|alert| alert.expr.clone()));
    let words = |text: String| {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').map(str::to_owned);
        let own =
            |word: &String| word.starts_with("prometheus_") || word.starts_with("alertmanager_");
        words.filter(own).collect::<Vec<_>>()
    };
    let names: BTreeSet<String> = texts.flat_map(words).collect();
    assert!(names.len() > 5, "{names:?}");
    names
}
