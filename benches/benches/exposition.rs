//! What counting and showing costs: events observed, values filled, text encoded.
//!
//! Budgets: 10 events a request at 1 M requests/s on one core leaves 100 ns an event for engine, ledger and module
//! together; filling the 803 values of three modules about 2 µs; text 25 ns a series at 100k series. Text stands beside
//! prometheus-client's encoder over the same instruments, so that the ratio holds on whatever machine runs it.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use modules::{
    exposition::{Format, encode},
    module::{Bulk, Module},
};
use prometheus_client::encoding::text::encode_registry;
use sim::{
    event::{Event, EventKind, LlmTokens},
    label::Label,
    time::Nanos,
    world::{
        self, Instance,
        llm::{Deployment, LlmError, LlmOperation},
        manager::{CacheResult, ManagerModel, ManagerOperation, ManagerVerdict},
        security::{SecurityModel, SecurityOperation, SecurityVerdict},
    },
};

criterion_group!(benches, observing, scraping, encoding);
criterion_main!(benches);

const N_REQUESTS: usize = 1_000;
const EVENTS_PER_REQUEST: usize = 10;

fn start(module: world::Module) -> Module {
    Module::new(Instance { module, replica: 0 }, 0, None)
}

fn observing(c: &mut Criterion) {
    let events = requests();
    let mut group = c.benchmark_group("observe");
    for &name in world::Module::ALL {
        let own: Vec<Event> =
            events.iter().filter(|event| event.kind.module() == name).copied().collect();
        let mut module = start(name);
        group.throughput(Throughput::Elements(own.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| own.iter().for_each(|event| module.observe(black_box(event))));
        });
    }
    let mut modules = [
        start(world::Module::PromptManager),
        start(world::Module::PromptSecurity),
        start(world::Module::LlmProvider),
    ];
    group.throughput(Throughput::Elements(events.len() as u64));
    group.bench_function("whole requests", |b| {
        b.iter(|| {
            for event in &events {
                modules[event.kind.module().index()].observe(black_box(event));
            }
        });
    });
    group.finish();
}

fn scraping(c: &mut Criterion) {
    let mut group = c.benchmark_group("scrape");
    for &name in world::Module::ALL {
        let mut module = start(name);
        requests()
            .iter()
            .filter(|event| event.kind.module() == name)
            .for_each(|event| module.observe(event));
        let n_series = module.scrape().expect("it runs").values().len();
        group.throughput(Throughput::Elements(n_series as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| black_box(module.scrape().expect("it runs").values()[0]));
        });
    }
    group.finish();
}

fn encoding(c: &mut Criterion) {
    let mut group = c.benchmark_group("encode");
    group.sample_size(20);
    for n_series in [1_000, 100_000, 1_000_000] {
        let mut bulk = Bulk::new(n_series);
        bulk.step();
        let registry = bulk.registry();
        let exposition = bulk.scrape();
        group.throughput(Throughput::Elements(exposition.values().len() as u64));
        let mut body = Vec::new();
        group.bench_function(BenchmarkId::new("dashproof", n_series), |b| {
            b.iter(|| {
                body.clear();
                encode(&exposition, Format::OpenMetrics100, &mut body);
                black_box(body.len())
            });
        });
        let mut body = String::new();
        group.bench_function(BenchmarkId::new("prometheus-client", n_series), |b| {
            b.iter(|| {
                body.clear();
                encode_registry(&mut body, &registry).expect("a string takes everything");
                black_box(body.len())
            });
        });
    }
    group.finish();
}

/// Requests that go the whole way, with random outcomes, tokens and durations.
fn requests() -> Vec<Event> {
    let mut random = Random(1);
    (0..N_REQUESTS).flat_map(|i| request(i, &mut random)).collect()
}

fn request(i: usize, random: &mut Random) -> [Event; EVENTS_PER_REQUEST] {
    let error = random.one_of::<LlmError>();
    let error = (random.below(20) == 0).then_some(error);
    let usage = |random: &mut Random| (random.below(4_000) as u32, random.below(500) as u32);
    let ((manager_input, manager_output), (security_input, security_output)) =
        (usage(random), usage(random));
    let tokens = LlmTokens {
        input: random.below(8_000) as u32,
        cached_input: random.below(2_000) as u32,
        output: random.below(900) as u32,
    };
    let kinds = [
        EventKind::CacheLookup(CacheResult::Miss),
        EventKind::ManagerUsage {
            model: random.one_of::<ManagerModel>(),
            input: manager_input,
            output: manager_output,
        },
        EventKind::SecurityUsage {
            model: random.one_of::<SecurityModel>(),
            input: security_input,
            output: security_output,
        },
        EventKind::Validation(SecurityVerdict::Passed),
        EventKind::SecurityOperation {
            operation: SecurityOperation::Validate,
            error: None,
            duration: random.duration(8),
        },
        EventKind::ManagerValidation(ManagerVerdict::Allowed),
        EventKind::LlmRequest {
            deployment: random.one_of::<Deployment>(),
            error,
            duration: random.duration(13),
            first_token: error.is_none().then(|| random.duration(11)),
            tokens,
            priced: true,
        },
        EventKind::LlmOperation {
            operation: random.one_of::<LlmOperation>(),
            failed: error.is_some(),
            duration: random.duration(13),
        },
        EventKind::SecurityOperation {
            operation: SecurityOperation::ScanOutput,
            error: None,
            duration: random.duration(8),
        },
        EventKind::ManagerOperation {
            operation: ManagerOperation::Execute,
            error: None,
            duration: random.duration(13),
        },
    ];
    kinds.map(|kind| Event { at: Nanos(i as u64 * 1_000), replica: 0, kind })
}

/// SplitMix64 (Steele, Lea and Flood 2014): enough to keep branches from being learnt.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn one_of<L: Label>(&mut self) -> L {
        L::ALL[self.below(L::ALL.len() as u64) as usize]
    }

    /// Up to 2^`bits` ms, every magnitude equally likely.
    fn duration(&mut self, bits: u64) -> Nanos {
        let bits = self.below(bits + 1);
        Nanos::from_millis(self.below(1 << bits) + 1)
    }
}
