//! Rule evaluations per second: a campaign of `dashproof alerts` beside `promtool test rules` on the same data.
//!
//! The same six hours, scraped and evaluated every 30 s: promtool gets them as a unit test, of which it checks one alert;
//! the campaign simulates twenty such days, records and evaluates them itself, and holds the first against Prometheus.
//! Each counts the evaluations that it really makes: promtool leaves out rules over more than 10,000 samples, and the
//! campaign evaluates each group at its own interval. Not a criterion bench, as one pass takes long enough. `-- --test`
//! takes half an hour of data.

#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]

use std::{
    collections::BTreeSet,
    env,
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use monitoring::{Monitoring, Rule, RuleFile, RuleKind};
use proof::{alert, export, verify::Verifier};
use rules::campaign::{crew, plan::Settings, setup::Campaign, subjects};
use sim::{time::Nanos, traffic::Profile};
use stack::{
    environment::Environment,
    process::ProcessError,
    prometheus_binary::{PrometheusBinary, Wanted},
    promtool,
    run_directory::RunDirectory,
};
use truth::contract::Contracts;

const INTERVAL: Nanos = Nanos(30 * Nanos::SECOND.0);
const CEILING: Duration = Duration::from_secs(1_800);

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    let is_test = env::args().any(|argument| argument == "--test");
    let hours = |hours: u64| Nanos(hours * Nanos::HOUR.0);
    let (days, span) = if is_test { (2, Nanos(30 * Nanos::MINUTE.0)) } else { (20, hours(6)) };
    tokio::runtime::Runtime::new()?.block_on(measure(days, span))
}

async fn measure(days: u32, span: Nanos) -> Result<(), Failed> {
    let environment = Environment::from_variables(|name| env::var_os(name));
    let binary = PrometheusBinary::provide(&Wanted::Any, &environment).await?;
    let campaign = Arc::new(campaign(days, span, &binary, &environment).await?);
    let scenario = campaign.runs.iter().find(|run| !run.full_rate).map(|run| run.scenario());
    let scenario = scenario.ok_or("a campaign has runs")?;

    // Recording rules that no alert reads are not evaluated.
    let mut files = campaign.files.clone();
    for group in files.iter_mut().flat_map(|file| &mut file.groups) {
        let is_alert = |rule: &Rule| matches!(rule.kind, RuleKind::Alert { .. });
        group.rules.retain(|rule| is_alert(rule) || campaign.needs.records.contains(rule.name()));
    }
    let ours = campaign.runs.len() as u64 * evaluations(&files, span, None);
    let cores = thread::available_parallelism()?.get();
    let mut rates = Vec::new();
    for workers in BTreeSet::from([1, cores]) {
        let began = Instant::now();
        let work = crew::work(&campaign, workers, |_| {}, std::future::pending()).await?;
        let seconds = began.elapsed().as_secs_f64();
        let who = format!("dashproof alerts, {workers} of {cores} cores");
        rates.push((workers, report(&who, ours, seconds)));
        for (stage, _) in work.stages {
            stage.stop().await;
        }
    }
    let by_prometheus = campaign.runs.iter().filter(|run| run.by_prometheus).count();
    println!("of {} runs, {by_prometheus} by Prometheus as well", campaign.runs.len());

    let verifier = Verifier::new(monitoring(), contracts(), binary.clone(), environment.clone());
    let interval_ms = INTERVAL.as_millis() as i64;
    let mut test = export::unit_test(&verifier, &scenario, interval_ms, &mut |_| {}).await?;
    // It must check something to evaluate anything: that the dead-man switch fires.
    test.timelines.retain(|timeline| timeline.rule.name == "Watchdog");
    test.confirm(&binary, &environment).await?;
    let directory = RunDirectory::create(&environment)?;
    let file = test.write(directory.path())?;
    let began = Instant::now();
    match promtool::test_rules(&binary, &file, CEILING).await {
        Ok(_) | Err(ProcessError::Failed { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let seconds = began.elapsed().as_secs_f64();
    let theirs = evaluations(&test.rules, span, Some(INTERVAL));
    let their_rate = report("promtool test rules", theirs, seconds);
    for (workers, our_rate) in rates {
        let times = our_rate / their_rate;
        println!("{workers} of {cores} cores: {times:.0} times as many a second");
    }
    println!("promtool left out {} rules", test.left_out.len());
    Ok(())
}

fn report(name: &str, evaluations: u64, seconds: f64) -> f64 {
    let rate = evaluations as f64 / seconds;
    println!("{name}: {evaluations} rule evaluations in {seconds:.2} s, {rate:.0} a second");
    rate
}

/// Evaluations of all rules over a span, at the groups' own intervals or at another.
fn evaluations(files: &[RuleFile], span: Nanos, interval: Option<Nanos>) -> u64 {
    let groups = files.iter().flat_map(|file| &file.groups);
    let of = |group: &monitoring::RuleGroup| {
        let own_ms = group.interval_ms.unwrap_or(30_000) as u64;
        let every_ms = interval.map_or(own_ms, Nanos::as_millis);
        group.rules.len() as u64 * (span.as_millis() / every_ms)
    };
    groups.map(of).sum()
}

async fn campaign(
    days: u32,
    span: Nanos,
    binary: &PrometheusBinary,
    environment: &Environment,
) -> Result<Campaign, Failed> {
    let monitoring = monitoring();
    let all = alert::alert_rules(&monitoring.rules, 30_000, (0, 0), |_, _, _| 0);
    let subjects = subjects::subjects(&all, |_| true, &[])?;
    let settings = Settings {
        seed: 1,
        days,
        span,
        trials: 0,
        profiles: vec![Profile::Chat],
        troubles: Vec::new(),
        warm_up: Nanos::ZERO,
        aftermath: Nanos::ZERO,
        scrape: INTERVAL,
        all_by_prometheus: false,
    };
    let files = monitoring.rules.clone();
    let mut campaign =
        Campaign::new(&monitoring, files, subjects, settings, binary.clone(), environment.clone())
            .await?;
    // All at the same rate, as promtool's samples are.
    campaign.runs.retain(|run| !run.full_rate);
    for (index, run) in campaign.runs.iter_mut().enumerate() {
        run.index = index;
    }
    Ok(campaign)
}

fn root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn monitoring() -> Monitoring {
    Monitoring::load(&root("monitoring")).expect("the shipped files are right")
}

fn contracts() -> Contracts {
    Contracts::load_dir(&root("scenarios/contracts")).expect("the shipped contracts are right")
}
