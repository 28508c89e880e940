//! What rules cost: each shipped rule group in a real Prometheus at 1 and 10 times an hour of chat, and the state
//! machine of alerts.
//!
//! `dashproof capacity` measures the same for anybody's rules, up to any scale. A state machine step is taken once for
//! every evaluation of every alert: a rate sweep takes millions.

use std::{hint::black_box, path::Path, time::Duration};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use monitoring::Monitoring;
use prom::evaluations::Evaluations;
use proof::{
    alert::{Timing, episodes},
    verify::Verifier,
};
use rules::capacity::{Growth, fill};
use scenario::{Overrides, load_dir};
use sim::time::Nanos;
use stack::{
    client::prometheus::Prometheus,
    environment::Environment,
    prometheus_binary::{PrometheusBinary, Wanted},
};
use truth::contract::Contracts;

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = machine, groups
}
criterion_main!(benches);

/// A day of evaluations every 30 s, in which the condition comes and goes.
fn machine(c: &mut Criterion) {
    const EVERY: i64 = 30_000;
    let evaluations = Evaluations { first_ms: 0, last_ms: 86_400_000 - EVERY, interval_ms: EVERY };
    let active: Vec<i64> = (0..2_880).filter(|nth| nth % 40 < 25).map(|nth| nth * EVERY).collect();
    let timing = Timing { for_ms: 300_000, keep_firing_for_ms: 300_000 };
    let mut group = c.benchmark_group("alerts");
    group.throughput(Throughput::Elements(2_880));
    group.bench_function("state machine", |b| {
        b.iter(|| episodes(black_box(&active).iter().copied(), evaluations, timing));
    });
    group.finish();
}

fn groups(c: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be built");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let monitoring = Monitoring::load(&root.join("monitoring")).expect("the shipped files load");
    let contracts = Contracts::load_dir(&root.join("scenarios/contracts"));
    let contracts = contracts.expect("the shipped contracts load");
    let environment = Environment::from_variables(|name| std::env::var_os(name));
    let binary = runtime
        .block_on(PrometheusBinary::provide(&Wanted::Any, &environment))
        .expect("there is a Prometheus");
    let (scenarios, _) = load_dir(&root.join("scenarios"));
    let chat = scenarios.into_iter().find(|scenario| scenario.name == "chat");
    let hour = Overrides { duration: Some(Nanos::HOUR), ..Overrides::default() };
    let (chat, _) = chat.expect("chat is shipped").with(&hour);
    let verifier = Verifier::new(monitoring, contracts, binary, environment);
    for factor in [1, 10] {
        let (engine, end_ms) = runtime
            .block_on(fill(&verifier, &chat, Growth::Instances, factor))
            .expect("the engine is filled");
        let client = Prometheus::new(engine.url());
        let mut group = c.benchmark_group(format!("rule groups {factor}x"));
        for rules in verifier.files.monitoring.rules.iter().flat_map(|file| &file.groups) {
            group.bench_function(&rules.name, |b| {
                b.iter(|| {
                    runtime.block_on(async {
                        for rule in &rules.rules {
                            client.query(&rule.expr, end_ms).await.expect("rules are answered");
                        }
                    });
                });
            });
        }
        group.finish();
        runtime.block_on(engine.stop());
    }
}
