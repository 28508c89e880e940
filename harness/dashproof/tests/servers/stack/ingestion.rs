//! Claims about what remote write stores, and what it says when it does not.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use libtest_mimic::{Failed, Trial};
use modules::serve::HttpServer;
use prom::remote_write::{EncodedLabels, SeriesRef};
use prom::series::{Labels, Value};
use stack::client::prometheus::Prometheus;
use stack::client::remote_write::{RemoteWriter, WriteError, Written};
use stack::native::{NativePrometheus, Options};
use stack::prometheus_binary::PrometheusBinary;
use tokio::sync::Notify;

use crate::stack::lines::{block_on, environment, on_each_line};

/// 2026-01-01T00:00:00.000Z.
const EPOCH: i64 = 1_767_225_600_000;
const HOUR: i64 = 3_600_000;
const DAY: Duration = Duration::from_secs(86_400);

pub(crate) fn trials() -> Vec<Trial> {
    [
        on_each_line("every_value_is_read_back_as_it_was_written", values_survive),
        on_each_line("a_stale_marker_ends_a_series_at_its_instant", stale_markers_end_series),
        on_each_line("out_of_order_samples_are_refused_in_prometheus_words", out_of_order),
        on_each_line("samples_within_the_span_are_never_out_of_bounds", the_span_is_accepted),
        on_each_line("a_session_stores_every_window_in_order", a_session_stores_everything),
        on_each_line("a_window_never_overtakes_the_one_before_it", windows_keep_their_order),
        on_each_line("a_session_reports_its_first_failure", a_session_reports_failure),
    ]
    .into_iter()
    .flatten()
    .chain([Trial::test("the_first_request_of_a_session_goes_alone", first_goes_alone)])
    .collect()
}

async fn start(binary: &PrometheusBinary) -> Result<NativePrometheus, Failed> {
    let options = Options { config: None, span: DAY, ..Options::default() };
    Ok(NativePrometheus::start(binary, &environment(), &options).await?)
}

fn named(name: &str) -> EncodedLabels {
    EncodedLabels::new(&[("__name__", name)])
}

fn values_survive(binary: &PrometheusBinary) -> Result<(), Failed> {
    let values = [
        0.0,
        -0.0,
        0.1 + 0.2,
        1.0 / 3.0,
        -1e-300,
        f64::MIN_POSITIVE / 8.0,
        f64::MAX,
        9_007_199_254_740_993.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
    ];
    let samples: Vec<(i64, f64)> = (EPOCH + 7..).step_by(1_000).zip(values).collect();
    block_on(async {
        let server = start(binary).await?;
        let labels = EncodedLabels::new(&[("__name__", "value"), ("odd", "q\"\\\n€")]);
        let series = SeriesRef { labels: &labels, samples: &samples };
        RemoteWriter::new(server.url()).write(&[series]).await?;

        let client = Prometheus::new(server.url());
        let end = EPOCH + 7 + 10_000;
        let bits = |points: &[(i64, f64)]| -> Vec<(i64, Option<u64>)> {
            // A NaN is written as three letters: its bits are not asked for.
            points.iter().map(|(at, v)| (*at, (!v.is_nan()).then_some(v.to_bits()))).collect()
        };
        let ranges = [
            client.query("value[11s]", end).await?,
            client.query_range("value", EPOCH + 7, end, 1_000).await?,
        ];
        for range in ranges {
            let Value::Matrix(found) = range.value else { panic!("a matrix") };
            let [found] = &found[..] else { panic!("one series") };
            assert_eq!(bits(&found.points), bits(&samples));
            assert_eq!(found.labels.get("odd"), Some("q\"\\\n€"));
        }
        Ok(())
    })
}

fn stale_markers_end_series(binary: &PrometheusBinary) -> Result<(), Failed> {
    block_on(async {
        let server = start(binary).await?;
        let samples =
            [(EPOCH, 1.0), (EPOCH + 5_000, 2.0), (EPOCH + 10_000, prom::staleness::MARKER)];
        let (stale, silent) = (named("stale"), named("silent"));
        let batch = [
            SeriesRef { labels: &stale, samples: &samples },
            SeriesRef { labels: &silent, samples: &samples[..2] },
        ];
        RemoteWriter::new(server.url()).write(&batch).await?;
        let client = Prometheus::new(server.url());
        for (query, at, expected) in [
            ("stale", EPOCH + 9_999, Some(2.0)),
            ("stale", EPOCH + 10_000, None),
            ("silent", EPOCH + 10_000, Some(2.0)),
            ("count_over_time(stale[20s])", EPOCH + 10_000, Some(2.0)),
        ] {
            let Value::Vector(found) = client.query(query, at).await?.value else {
                panic!("vector")
            };
            let found: Vec<f64> = found.iter().map(|sample| sample.value).collect();
            assert_eq!(found, Vec::from_iter(expected), "{query} at {at}");
        }
        Ok(())
    })
}

fn out_of_order(binary: &PrometheusBinary) -> Result<(), Failed> {
    block_on(async {
        let server = start(binary).await?;
        let writer = RemoteWriter::new(server.url());
        let labels = named("ordered");
        let write = |samples: &'static [(i64, f64)]| {
            let (writer, labels) = (writer.clone(), labels.clone());
            async move { writer.write(&[SeriesRef { labels: &labels, samples }]).await }
        };
        write(&[(EPOCH, 1.0)]).await?;
        write(&[(EPOCH, 1.0)]).await.expect("the same sample again is no error");
        let error = write(&[(EPOCH - 1, 1.0)]).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("out of order") && text.contains("/api/v1/write"), "{text}");
        assert!(matches!(error, WriteError::Refused { status: 400, .. }), "{text}");
        Ok(())
    })
}

fn the_span_is_accepted(binary: &PrometheusBinary) -> Result<(), Failed> {
    block_on(async {
        let server = start(binary).await?;
        let writer = RemoteWriter::new(server.url());
        let (newest, oldest, older) = (named("newest"), named("oldest"), named("older"));
        let write = async |labels: &EncodedLabels, at: i64| {
            writer.write(&[SeriesRef { labels, samples: &[(at, 1.0)] }]).await
        };
        let now = EPOCH + 100 * 24 * HOUR;
        write(&newest, now).await?;
        write(&oldest, now - 24 * HOUR).await?;
        let error = write(&older, now - 72 * HOUR).await.unwrap_err().to_string();
        assert!(error.contains("out of bounds"), "{error}");
        Ok(())
    })
}

/// More series than fill one request, over several windows.
const SERIES: usize = 250;
const WINDOWS: i64 = 4;
const SAMPLES: i64 = 720;

fn a_session_stores_everything(binary: &PrometheusBinary) -> Result<(), Failed> {
    block_on(async {
        let server = start(binary).await?;
        let mut session = RemoteWriter::new(server.url()).session();
        let labels: Vec<EncodedLabels> = (0..SERIES)
            .map(|k| EncodedLabels::new(&[("__name__", "many"), ("k", &k.to_string())]))
            .collect();
        let mut samples: Vec<Vec<(i64, f64)>> = vec![Vec::new(); SERIES];
        for window in 0..WINDOWS {
            for (k, samples) in samples.iter_mut().enumerate() {
                samples.clear();
                let instants = (0..SAMPLES).map(|n| EPOCH + window * HOUR + n * 5_000);
                samples.extend(instants.map(|at| (at, k as f64)));
            }
            let window: Vec<_> = labels
                .iter()
                .zip(&samples)
                .map(|(labels, samples)| SeriesRef { labels, samples })
                .collect();
            session.push(&window).await?;
        }
        let written = session.finish().await?;
        let expected = SERIES * (WINDOWS * SAMPLES) as usize;
        assert_eq!(written.samples, expected);
        assert!(written.requests > WINDOWS as usize, "{written:?}");

        let client = Prometheus::new(server.url());
        let end = EPOCH + WINDOWS * HOUR;
        let sum = client.query("sum(count_over_time(many[5h]))", end).await?.value;
        let Value::Vector(sum) = sum else { panic!("a vector") };
        assert_eq!(sum[0].value, expected as f64);
        assert_eq!(sum[0].labels, Labels::default());
        let values = client.label_values("k", &["many"], EPOCH, end).await?;
        assert_eq!(values.len(), SERIES);
        Ok(())
    })
}

/// A large window and a small one of the same series in turn: were both in flight at once, the small
/// one would be stored first and the large one refused.
fn windows_keep_their_order(binary: &PrometheusBinary) -> Result<(), Failed> {
    block_on(async {
        let server = start(binary).await?;
        let mut session = RemoteWriter::new(server.url()).session();
        let labels = named("overtaken");
        let samples: Vec<(i64, f64)> = (0..40_001).map(|n| (EPOCH + n * 100, n as f64)).collect();
        for pair in samples.chunks(10_000) {
            let (large, small) = pair.split_at(pair.len() - 1);
            for samples in [large, small] {
                session.push(&[SeriesRef { labels: &labels, samples }]).await?;
            }
        }
        assert_eq!(session.finish().await?.samples, samples.len());
        Ok(())
    })
}

/// A second request, made while a new head gets its first bounds, is refused as out of bounds, once in thousands of runs:
/// here a server gives it much more time to come.
fn first_goes_alone() -> Result<(), Failed> {
    const GIVEN: Duration = Duration::from_millis(300);
    const REQUESTS: usize = 4;
    let seen = Arc::new((AtomicUsize::new(0), Notify::new()));
    let beside = Arc::new(Mutex::new(Vec::new()));
    let (server_seen, server_beside) = (Arc::clone(&seen), Arc::clone(&beside));
    let answer = move |_: Bytes| async move {
        let (requests, next) = &*server_seen;
        let nth = requests.fetch_add(1, Ordering::SeqCst);
        next.notify_one();
        if nth == 0 {
            next.notified().await;
            let another = tokio::time::timeout(GIVEN, next.notified()).await;
            server_beside.lock().unwrap().extend(another.ok());
        }
    };
    block_on(async {
        let router = Router::new().route("/api/v1/write", post(answer));
        let server = HttpServer::start(SocketAddr::from(([127, 0, 0, 1], 0)), router)?;
        let mut session = RemoteWriter::new(&format!("http://{}", server.address())).session();
        let labels: Vec<EncodedLabels> =
            (0..REQUESTS).map(|k| EncodedLabels::new(&[("k", &k.to_string())])).collect();
        // Each fills a request.
        let samples: Vec<(i64, f64)> = (0..50_000).map(|n| (EPOCH + n, 0.0)).collect();
        let window: Vec<SeriesRef<'_>> =
            labels.iter().map(|labels| SeriesRef { labels, samples: &samples }).collect();
        session.push(&window).await?;
        session.finish().await?;
        assert_eq!(seen.0.load(Ordering::SeqCst), REQUESTS);
        assert!(beside.lock().unwrap().is_empty(), "another was sent before the first was stored");
        Ok(())
    })
}

fn a_session_reports_failure(binary: &PrometheusBinary) -> Result<(), Failed> {
    block_on(async {
        let server = start(binary).await?;
        let mut session = RemoteWriter::new(server.url()).session();
        let labels = named("failing");
        let mut outcome: Result<(), WriteError> = Ok(());
        // The third window at the latest finds the session closed by the second one's refusal.
        for at in [EPOCH, EPOCH - 1_000, EPOCH + 1_000, EPOCH + 2_000] {
            let window = [SeriesRef { labels: &labels, samples: &[(at, 1.0)] }];
            outcome = outcome.and(session.push(&window).await);
        }
        let outcome: Result<Written, WriteError> = match outcome {
            Ok(()) => session.finish().await,
            Err(error) => Err(error),
        };
        let text = outcome.unwrap_err().to_string();
        assert!(text.contains("out of order"), "{text}");
        Ok(())
    })
}
