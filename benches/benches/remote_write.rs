//! What handing samples over costs: samples per second encoded into remote-write requests.
//!
//! A day of three modules is 14 M samples; Prometheus takes about 3 M/s on two cores, so encoding should be a small
//! part of 300 ns a sample. A request holds about 50,000 samples, as a write session makes them.

use std::{hint::black_box, time::Duration};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use prom::remote_write::{EncodedLabels, SeriesRef, encode};

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = encoding
}
criterion_main!(benches);

/// Half an hour of scrapes every 5 s: what backfill collects before it writes.
const SCRAPES: i64 = 360;
const SERIES: usize = 139;
const EPOCH_MS: i64 = 1_750_000_000_000;

fn encoding(c: &mut Criterion) {
    let series: Vec<(EncodedLabels, Vec<(i64, f64)>)> = (0..SERIES)
        .map(|i| {
            let user = format!("user-{i}");
            let labels = EncodedLabels::new(&[
                ("__name__", "llm_provider_request_duration_seconds_bucket"),
                ("instance", "127.0.0.1:8002"),
                ("job", "llm-provider"),
                ("le", "0.25"),
                ("model", "gpt-4o-mini"),
                ("module", "llm-provider"),
                ("provider", &user),
            ]);
            let sample = |scrape: i64| (EPOCH_MS + scrape * 5_000, (scrape * 7 + i as i64) as f64);
            (labels, (0..SCRAPES).map(sample).collect())
        })
        .collect();
    let batch: Vec<SeriesRef<'_>> =
        series.iter().map(|(labels, samples)| SeriesRef { labels, samples }).collect();
    let mut group = c.benchmark_group("remote write");
    group.throughput(Throughput::Elements(SERIES as u64 * SCRAPES as u64));
    group.bench_function("encode", |b| b.iter(|| black_box(encode(black_box(&batch)).len())));
    group.finish();
}
