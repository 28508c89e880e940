//! What simulating costs: requests per second of the engine alone, with the ledger, and with ledger and metrics.
//!
//! The aim is 1,000,000 requests/s on one core with ledger and metrics. A profile at 2,000 requests/s keeps tens of
//! thousands of requests on their way, which is the engine's worst case; 5 requests/s is what scenarios play.
//! A "request" is one arrival, about seven events.

use std::{hint::black_box, time::Duration};

use benches::{modules, under_way};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sim::{label::Label, time::Nanos, traffic::Profile};
use truth::ledger::Ledger;

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = alone, with_ledger, with_ledger_and_metrics
}
criterion_main!(benches);

/// Requests that one iteration plays, on average.
const REQUESTS: u64 = 10_000;

/// Requests per second of a busy service, and of a scenario.
const RATES: [u64; 2] = [2_000, 5];

fn alone(c: &mut Criterion) {
    measure(c, "engine", |_| ());
}

fn with_ledger(c: &mut Criterion) {
    let mut ledger = Ledger::new([1; 3], 0);
    measure(c, "engine + ledger", |event| ledger.observe(event));
}

fn with_ledger_and_metrics(c: &mut Criterion) {
    let mut ledger = Ledger::new([1; 3], 0);
    let mut modules = modules();
    measure(c, "engine + ledger + metrics", |event| {
        ledger.observe(event);
        modules[event.kind.module().index()].observe(event);
    });
}

fn measure(c: &mut Criterion, name: &str, mut sink: impl FnMut(&sim::event::Event)) {
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Elements(REQUESTS));
    for profile in Profile::ALL {
        for rate in RATES.into_iter().filter(|&rate| rate == RATES[0] || profile == Profile::Chat) {
            // Made at the first call only, and not for benches that are filtered out.
            let mut simulation = None;
            let step = REQUESTS * Nanos::SECOND.0 / rate;
            let id = BenchmarkId::new(profile.name(), format!("{rate} per s"));
            group.bench_function(id, |b| {
                let simulation = simulation.get_or_insert_with(|| under_way(profile, rate as f64));
                b.iter(|| simulation.play(step, |event| sink(black_box(event))));
            });
        }
    }
    group.finish();
}
