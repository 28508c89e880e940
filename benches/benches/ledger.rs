//! What keeping the truth costs: counting an event, ruling a line, and expecting a panel.
//!
//! Budgets: counting shares 100 ns an event with engine and module; a line is ruled 52,000 times in a day of three
//! modules; a panel over a day has 500 steps, and a verification asks a few hundred of them.

use std::{hint::black_box, time::Duration};

use benches::{steady, under_way};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use sim::{
    event::Event,
    label::Label,
    time::Nanos,
    traffic::Profile,
    world::{Instance, Module},
};
use truth::{
    fact::{Asked, Fact, Total},
    ledger::Ledger,
    oracle::{Arithmetic, Era},
    quantity::Quantity,
};

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = observing, marking, expecting
}
criterion_main!(benches);

fn observing(c: &mut Criterion) {
    let mut events: Vec<Event> = Vec::new();
    under_way(Profile::Chat, 2_000.0).play(5 * Nanos::SECOND.0, |event| events.push(*event));
    let mut ledger = Ledger::new([1; 3], 0);
    let mut group = c.benchmark_group("ledger");
    group.throughput(Throughput::Elements(events.len() as u64));
    group.bench_function("observe", |b| {
        b.iter(|| events.iter().for_each(|event| ledger.observe(black_box(event))));
    });
    group.finish();
}

/// Rows of all three modules: 1,000 scrapes of each.
fn marking(c: &mut Criterion) {
    const SCRAPES: u64 = 1_000;
    let mut group = c.benchmark_group("ledger");
    group.throughput(Throughput::Elements(SCRAPES * Module::ALL.len() as u64));
    group.bench_function("mark", |b| {
        b.iter_batched_ref(
            || Ledger::new([1; 3], 0),
            |ledger| {
                (0..SCRAPES)
                    .for_each(|scrape| rule_lines(ledger, Nanos(scrape * 5 * Nanos::SECOND.0)))
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn rule_lines(ledger: &mut Ledger, at: Nanos) {
    for &module in Module::ALL {
        ledger.mark(Instance { module, replica: 0 }, at, true);
    }
}

const DAY: Nanos = Nanos(24 * Nanos::HOUR.0);

/// Panels over a day at 5 requests/s with scrapes every 5 s, 500 steps, each over four scrapes.
fn expecting(c: &mut Criterion) {
    const STEPS: i64 = 500;
    let ledger = day();
    let day_ms = DAY.as_millis() as i64;
    let total = |quantity, by: &[&str]| Total {
        quantities: vec![quantity],
        conditions: Vec::new(),
        by: by.iter().map(|&label| label.to_owned()).collect(),
        per_second: true,
        times: 1.0,
        hides_zero: false,
    };
    let requests = total(Quantity::LlmRequests, &["provider", "model"]);
    let facts = [
        ("rate by provider and model", Fact::Total(requests.clone())),
        ("ratio by provider and model", Fact::Ratio { part: requests.clone(), whole: requests }),
        (
            "quantile by provider",
            Fact::Quantile { q: 0.95, of: total(Quantity::LlmRequestDuration, &["provider"]) },
        ),
    ];
    let mut group = c.benchmark_group("expect a day in 500 steps");
    group.throughput(Throughput::Elements(STEPS as u64));
    for (name, fact) in &facts {
        let asked = Asked {
            fact,
            ledger: &ledger,
            arithmetic: Arithmetic::Modelled(Era::From3_0),
            window_ms: 60_000,
            instants: (1..=STEPS).map(|step| day_ms * step / STEPS).collect(),
            rules_ms: (0, 0),
        };
        group.bench_function(*name, |b| b.iter(|| black_box(asked.expect())));
    }
    group.finish();
}

fn day() -> Ledger {
    let mut engine = steady(Profile::Chat, 5.0).engine().expect("generated traffic needs no file");
    let mut ledger = Ledger::new([1; 3], 0);
    for scrape in 0..DAY.0 / (5 * Nanos::SECOND.0) {
        let at = Nanos(scrape * 5 * Nanos::SECOND.0);
        engine.run_until(at, &mut |event: &Event| ledger.observe(event));
        rule_lines(&mut ledger, at);
    }
    ledger
}
