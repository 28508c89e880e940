//! The `dashproof` binary.
#![expect(clippy::print_stdout, reason = "temporary")]

use std::path::Path;

use dashproof::{
    contract::Contracts,
    monitoring::Monitoring,
    scenario::Scenario,
    stack::{
        environment::Environment,
        prometheus_binary::{PrometheusBinary, Wanted},
    },
    verify::Verifier,
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let environment = Environment::from_variables(|name| std::env::var_os(name));
    let suite = std::env::args().nth(2);
    let wanted = suite.map_or(Wanted::Any, Wanted::Suite);
    let binary = PrometheusBinary::provide(&wanted, &environment).await?;
    println!("{binary}");
    let show = |problems: Vec<dashproof::problem::Problem>| {
        anyhow::anyhow!("{}", problems.iter().map(|p| format!("{p}\n")).collect::<String>())
    };
    let monitoring = Monitoring::load(Path::new("monitoring")).map_err(show)?;
    let contracts = Contracts::load_dir(Path::new("scenarios/contracts")).map_err(show)?;
    let verifier = Verifier::new(monitoring, contracts, binary, environment);
    let file = format!("scenarios/{}.yaml", std::env::args().nth(1).unwrap_or_default());
    let scenario = Scenario::load(Path::new(&file)).map_err(show)?;
    let began = std::time::Instant::now();
    let mut last = String::new();
    let report = verifier
        .verify(&scenario, &mut |notice| {
            let kind = format!("{notice:?}").split(['{', '(']).next().unwrap_or("").to_owned();
            if kind != last {
                println!("{:.2} {notice:?}", began.elapsed().as_secs_f64());
                last = kind;
            }
        })
        .await?;
    println!(
        "{:.2} done: {} requests {} events {} samples, {} verdicts",
        began.elapsed().as_secs_f64(),
        report.requests,
        report.events,
        report.samples,
        report.verdicts.len()
    );
    for unproven in &report.unproven {
        println!("UNPROVEN {unproven:?}");
    }
    let mut shown = 0;
    for verdict in report.verdicts.iter().filter(|v| !v.held()) {
        shown += 1;
        if shown > 12 {
            continue;
        }
        println!(
            "RED {:?} {} \n   {} {:?}\n   {:?} {:?}\n   {}/{} {:#?}",
            verdict.question.place,
            verdict.question.why,
            verdict.question.expr,
            verdict.question.form,
            verdict.refused,
            verdict.misnamed,
            verdict.finding.broken,
            verdict.finding.points,
            verdict.finding.breaches.first()
        );
    }
    let points: usize = report.verdicts.iter().map(|v| v.finding.points).sum();
    println!("{shown} red of {}; {points} points", report.verdicts.len());
    Ok(())
}
