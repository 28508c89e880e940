//! Replaying recorded traffic: formats, windows, speed, laps.

use std::{
    io::{Cursor, Read, Write as _},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use sim::{
    time::Nanos,
    trace::{TraceArrivals, TraceOptions, TraceSource, TraceSummary, validate},
    traffic::{Arrival, Profile},
};

const CSV: &str = "TIMESTAMP,ContextTokens,GeneratedTokens\n\
    2023-11-16 18:17:03.9799600,4808,10\n\
    2023-11-16 18:17:04.4799600,3180,8\n\
    2023-11-16 18:17:05.9799600,110,27\n";

const ONCE: TraceOptions = TraceOptions {
    speed: 1.0,
    from: Nanos(0),
    to: None,
    looped: false,
    profile: Profile::Chat,
    seed: 1,
};

fn source(bytes: impl Into<Vec<u8>>) -> TraceSource {
    let bytes: Arc<[u8]> = bytes.into().into();
    TraceSource::new("t", move || Ok(Box::new(Cursor::new(Arc::clone(&bytes)))))
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}

fn replay(bytes: impl Into<Vec<u8>>, options: TraceOptions, limit: usize) -> Vec<Arrival> {
    let arrivals = TraceArrivals::open(source(bytes), options).expect("a trace that opens");
    arrivals.take(limit).collect::<Result<_, _>>().expect("a trace without errors")
}

fn millis(arrivals: &[Arrival]) -> Vec<u64> {
    arrivals.iter().map(|arrival| arrival.at.0 / 1_000_000).collect()
}

#[track_caller]
fn check_three_rows(bytes: impl Into<Vec<u8>>) {
    let arrivals = replay(bytes, ONCE, 10);
    let rows: Vec<_> =
        arrivals.iter().map(|a| (a.at.0 / 1_000_000, a.input_tokens, a.output_tokens)).collect();
    assert_eq!(rows, [(0, 4808, 10), (500, 3180, 8), (2000, 110, 27)]);
}

#[test]
fn every_form_of_a_trace_reads_alike() {
    check_three_rows(CSV);
    check_three_rows(CSV.trim_end());
    check_three_rows(CSV.replace('\n', "\r\n"));
    check_three_rows(format!("\u{feff}{CSV}"));
    check_three_rows(gzip(CSV));
    // Two gzip members in one file, as `cat a.gz b.gz` makes them.
    check_three_rows([gzip(&CSV[..90]), gzip(&CSV[90..])].concat());
    check_three_rows(CSV.replace('\n', "\n\n"));
    check_three_rows(
        "GeneratedTokens,Model,TIMESTAMP,ContextTokens\n\
         10,m,2024-05-10 00:00:00+00:00,4808\n\
         8,m,2024-05-10 00:00:00.5+00:00,3180\n\
         27,m,2024-05-10 01:00:02+01:00,110\n",
    );
    check_three_rows(
        "{\"timestamp\": 7, \"input_length\": 4808, \"output_length\": 10, \"hash_ids\": [1, {\"a\": 2}]}\n\
         {\"timestamp\": \"7.5\", \"output_length\": 8, \"input_length\": 3180, \"session_id\": \"x\"}\n\
         {\"timestamp\": 9.0, \"input_length\": 110, \"output_length\": 27}",
    );
}

#[test]
fn speed_compresses_time() {
    assert_eq!(millis(&replay(CSV, TraceOptions { speed: 4.0, ..ONCE }, 10)), [0, 125, 500]);
    assert_eq!(millis(&replay(CSV, TraceOptions { speed: 0.5, ..ONCE }, 10)), [0, 1000, 4000]);
}

#[test]
fn a_window_starts_at_zero_and_excludes_its_end() {
    let window = |from, to| TraceOptions {
        from: Nanos::from_millis(from),
        to: Some(Nanos::from_millis(to)),
        ..ONCE
    };
    assert_eq!(millis(&replay(CSV, window(400, 2001), 10)), [100, 1600]);
    assert_eq!(millis(&replay(CSV, window(0, 2000), 10)), [0, 500]);
}

#[test]
fn laps_follow_each_other_at_the_mean_gap() {
    let looped = TraceOptions { looped: true, ..ONCE };
    assert_eq!(millis(&replay(CSV, looped, 7)), [0, 500, 2000, 3000, 3500, 5000, 6000]);
    let to = Some(Nanos::from_millis(1000));
    let window = TraceOptions { to, ..looped };
    assert_eq!(millis(&replay(CSV, window, 5)), [0, 500, 1000, 1500, 2000]);
    let fast = TraceOptions { speed: 2.0, ..looped };
    assert_eq!(millis(&replay(CSV, fast, 5)), [0, 250, 1000, 1500, 1750]);
    let one_row = "{\"timestamp\": 3, \"input_length\": 1, \"output_length\": 1}";
    assert_eq!(millis(&replay(one_row, looped, 3)), [0, 1000, 2000]);
}

#[test]
fn a_session_keeps_its_tenant() {
    let rows: String = (0..200)
        .map(|i| {
            let session = i % 10;
            format!(
                "{{\"timestamp\": {i}, \"input_length\": 9, \"output_length\": 9, \"session_id\": \"s{session}\"}}\n"
            )
        })
        .collect();
    let arrivals = replay(rows, ONCE, 1000);
    assert!(arrivals.windows(11).all(|w| w[0].tenant == w[10].tenant));
    assert!(arrivals.iter().any(|a| a.tenant != arrivals[0].tenant));
}

#[test]
fn tenants_and_cache_hits_are_those_of_the_profile() {
    let rows: String = (0..50_000)
        .map(|i| format!("{{\"timestamp\": {i}, \"input_length\": 1000, \"output_length\": 9}}\n"))
        .collect();
    let arrivals = replay(rows, ONCE, usize::MAX);
    let cached: u64 = arrivals.iter().map(|a| u64::from(a.cached_input_tokens)).sum();
    assert!((cached as f64 / 5e7 - 0.36).abs() < 0.01);
    assert!(arrivals.iter().all(|a| a.tenant < Profile::Chat.parameters().tenants));
    let busiest = arrivals.iter().filter(|a| a.tenant == 0).count() as f64 / 5e4;
    assert!((busiest - 0.30).abs() < 0.02, "{busiest}");
}

#[test]
fn a_valid_trace_is_summed_up() {
    let summary = validate(&source(CSV), 10).expect("a valid trace");
    assert_eq!(summary, TraceSummary { rows: 3, span: Nanos(2 * Nanos::SECOND.0) });
    assert_eq!(summary.rate(), 1.5);
}

#[test]
fn joined_recordings_replay_as_one() {
    let rows: String = [5, 6, 7, 0, 2]
        .map(|t| format!("{{\"timestamp\": {t}, \"input_length\": 1, \"output_length\": 1}}\n"))
        .concat();
    assert_eq!(validate(&source(rows.clone()), 10).expect_err("time goes back").len(), 2);
    let summary = validate(&source(rows).joined(), 10).expect("two recordings");
    assert_eq!(summary, TraceSummary { rows: 5, span: Nanos(5 * Nanos::SECOND.0) });
}

/// Bytes without end, which count how many were taken.
struct Endless {
    taken: Arc<AtomicUsize>,
    line: &'static [u8],
    at: usize,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        for byte in buffer.iter_mut() {
            *byte = self.line[self.at % self.line.len()];
            self.at += 1;
        }
        self.taken.fetch_add(buffer.len(), Ordering::Relaxed);
        Ok(buffer.len())
    }
}

fn endless(line: &'static [u8]) -> (TraceSource, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    let open = move || {
        let taken = Arc::clone(&count);
        Ok(Box::new(Endless { taken, line, at: 0 }) as Box<dyn Read + Send>)
    };
    (TraceSource::new("endless", open), taken)
}

#[test]
fn a_trace_is_read_only_as_far_as_it_is_used() {
    let row = b"{\"timestamp\": 3, \"input_length\": 1, \"output_length\": 1}\n";
    let (source, taken) = endless(row);
    let mut arrivals = TraceArrivals::open(source, ONCE).expect("a trace that opens");
    assert!(arrivals.by_ref().take(10_000).all(|arrival| arrival.is_ok()));
    let ahead = taken.load(Ordering::Relaxed) - 10_000 * row.len();
    assert!(ahead <= 1 << 17, "{ahead} bytes read ahead");
}

#[test]
fn an_endless_line_is_refused_after_its_limit() {
    let (source, taken) = endless(b"x");
    let error = source.rows().expect_err("a line without end");
    assert_eq!(
        error.to_string(),
        "endless:1: expected lines of at most 1048576 bytes, found a longer one"
    );
    assert!(taken.load(Ordering::Relaxed) < 2 << 20);
}
