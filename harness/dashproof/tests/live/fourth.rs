//! The steps of monitoring/README.md's "Adding a new module", followed to the letter: a fourth module is scraped, has an
//! objective, and stands on the overview.
//!
//! The blocks of the page are what is written and run; only where the module is served is another address.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::Command,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use axum::{Router, routing::get};
use libtest_mimic::{Failed, Trial};
use live::stack::{LiveStack, StackPlan};
use modules::serve::HttpServer;
use monitoring::Monitoring;
use prom::series::Value;
use stack::{deploy::Cadence, prometheus_binary::PrometheusBinary};
use testkit::{
    lines::{block_on, environment, on_each_line},
    waiting::until,
};

use crate::{
    live_stack::running::{alertmanager, native, served},
    stories::{bench::root, roads::copy},
};

const MODULE: &str = "prompt-router";
/// As the page has it.
const ADDRESS: &str = "host.docker.internal:8003";
const CADENCE: Cadence =
    Cadence { scrape_ms: 500, timeout_ms: 500, divisor: 20, least_for_ms: 10_000 };

pub(crate) fn trials() -> Vec<Trial> {
    on_each_line("a_fourth_module_is_added_as_the_readme_says", added)
}

/// The blocks of the section with their info strings, without indentation.
fn blocks(page: &str) -> Vec<(String, String)> {
    let (_, section) = page.split_once("## Adding a new module").expect("the page has it");
    let (section, _) = section.split_once("\n## ").expect("another section follows");
    let mut found = Vec::new();
    let mut open: Option<(String, usize, String)> = None;
    for line in section.lines() {
        let fence = line.trim_start().strip_prefix("```");
        match (&mut open, fence) {
            (None, Some(info)) => {
                let indent = line.len() - line.trim_start().len();
                open = Some((info.to_owned(), indent, String::new()));
            }
            (Some(_), Some(_)) => {
                let (info, _, text) = open.take().expect("it is open");
                found.push((info, text));
            }
            (Some((_, indent, text)), None) => {
                text.push_str(line.get(*indent..).unwrap_or_default());
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    found
}

/// Follows the steps in a folder; `at` is where the module really is.
fn follow(folder: &Path, at: SocketAddr) -> Result<(), Failed> {
    let page = fs::read_to_string(root().join("monitoring/README.md"))?;
    let blocks = blocks(&page);
    let [(_, target), (_, job), (_, objective), (shell, named), ..] = &blocks[..] else {
        return Err(format!("the page has {} blocks", blocks.len()).into());
    };
    assert_eq!(shell, "sh", "the fourth block is the command that names its metrics");
    assert!(target.contains(ADDRESS), "{target}");
    let target = target.replace(ADDRESS, &at.to_string());
    fs::write(folder.join("prometheus/targets/prompt-router.yml"), target)?;
    insert(&folder.join("prometheus/prometheus.yml"), "job_name: llm-provider", "\n\n", job)?;
    let rules = folder.join("prometheus/rules/alerts.yml");
    insert(&rules, "labels: {module: llm-provider}", "\n", &indented(objective))?;
    let run = Command::new("sh").args(["-euc", named]).current_dir(folder).output()?;
    assert!(run.status.success(), "{run:?}");
    Ok(())
}

/// As deep as the rules of a group.
fn indented(block: &str) -> String {
    let deep = block.starts_with("  ");
    block
        .lines()
        .map(|line| if deep { format!("{line}\n") } else { format!("  {line}\n") })
        .collect()
}

/// Writes a block behind the next `end` after `begin`.
fn insert(file: &Path, begin: &str, end: &str, block: &str) -> Result<(), Failed> {
    let text = fs::read_to_string(file)?;
    let begins = text.find(begin).ok_or_else(|| format!("no `{begin}` in {}", file.display()))?;
    let ends = text[begins..].find(end).ok_or("it ends")? + begins + end.len();
    let last = if end == "\n\n" { format!("{block}\n") } else { block.to_owned() };
    Ok(fs::write(file, format!("{}{last}{}", &text[..ends], &text[ends..]))?)
}

/// What the page asks of a module: two operations a second that succeed, and none that fails.
fn exposition(began: Instant) -> String {
    let n = 2 * began.elapsed().as_secs();
    let start = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let start = start.saturating_sub(began.elapsed().as_secs());
    let prefix = "prompt_router";
    format!(
        "# TYPE {prefix}_operations_total counter\n\
         {prefix}_operations_total{{operation=\"route\",status=\"success\"}} {n}\n\
         {prefix}_operations_total{{operation=\"route\",status=\"error\"}} 0\n\
         # TYPE {prefix}_operation_duration_seconds histogram\n\
         {prefix}_operation_duration_seconds_bucket{{operation=\"route\",le=\"0.1\"}} {n}\n\
         {prefix}_operation_duration_seconds_bucket{{operation=\"route\",le=\"+Inf\"}} {n}\n\
         {prefix}_operation_duration_seconds_sum{{operation=\"route\"}} {}\n\
         {prefix}_operation_duration_seconds_count{{operation=\"route\"}} {n}\n\
         # TYPE {prefix}_cost_total counter\n\
         {prefix}_cost_total{{model=\"small\"}} 0\n\
         # TYPE process_start_time_seconds gauge\n\
         process_start_time_seconds {start}\n",
        n as f64 * 0.05
    )
}

/// The expression of a panel of the folder's overview, as Grafana sends it for all modules.
fn of_overview(folder: &Path, title: &str) -> Result<String, Failed> {
    let text = fs::read_to_string(folder.join("grafana/dashboards/overview.json"))?;
    let read: serde_json::Value = serde_json::from_str(&text)?;
    let panels = read["panels"].as_array().ok_or("the overview has panels")?;
    let panel = panels.iter().find(|panel| panel["title"] == title).ok_or("it has this one")?;
    let expr = panel["targets"][0]["expr"].as_str().ok_or("it has a query")?;
    Ok(expr.replace("$module", ".+").replace("$__rate_interval", "1m"))
}

fn added(binary: &PrometheusBinary) -> Result<(), Failed> {
    // Looked for here, since looking blocks.
    let alertmanager = alertmanager(binary);
    let folder = tempfile::tempdir()?;
    copy(&root().join("monitoring"), folder.path())?;
    block_on(async {
        let began = Instant::now();
        let kind = [("content-type", "text/plain; version=0.0.4")];
        let routes = Router::new().route("/metrics", get(async move || (kind, exposition(began))));
        let module = HttpServer::start(SocketAddr::from(([127, 0, 0, 1], 0)), routes)?;
        follow(folder.path(), module.address())?;
        let monitoring = Monitoring::load(folder.path()).map_err(|found| format!("{found:?}"))?;
        let (live, targets) = served();
        let plan = StackPlan {
            monitoring: &monitoring,
            stack: &native(binary, Some(&alertmanager)),
            ports: [0; 2],
            grafana: None,
            environment: &environment(),
            targets,
            cadence: Some(CADENCE),
            edit: None,
        };
        let stack = LiveStack::start(plan).await?;
        let client = stack.client();
        until("the target is up", || async {
            let targets = client.targets().await.map_err(|error| error.to_string())?;
            let its = targets.iter().find(|target| target.scrape_pool == MODULE);
            let health = its.map(|target| (target.health.clone(), target.last_error.clone()));
            if matches!(&health, Some((health, _)) if health == "up") {
                Ok(())
            } else {
                Err(format!("{health:?}"))
            }
        })
        .await;
        for (panel, least) in [("Module health", 1.0), ("Operations per second", 0.5)] {
            let expr = of_overview(folder.path(), panel)?;
            until(panel, || async {
                let now = jiff::Timestamp::now().as_millisecond();
                let answer = client.query(&expr, now).await.map_err(|error| error.to_string())?;
                let Value::Vector(found) = answer.value else { return Err("no vector".to_owned()) };
                let modules: Vec<_> =
                    found.iter().map(|one| (one.labels.get("module"), one.value)).collect();
                let its = modules.iter().find(|(module, _)| *module == Some(MODULE));
                match its {
                    Some((_, value)) if least <= *value && modules.len() == 4 => Ok(()),
                    _ => Err(format!("{modules:?}")),
                }
            })
            .await;
        }
        // The variable of the overview offers it.
        let now = jiff::Timestamp::now().as_millisecond();
        let objectives = client.query("module:slo_error_budget:ratio", now).await?;
        let Value::Vector(objectives) = objectives.value else { return Err("no vector".into()) };
        assert!(objectives.iter().any(|one| one.labels.get("module") == Some(MODULE)));
        stack.stop().await;
        live.close().await;
        module.close().await;
        Ok(())
    })
}
