//! What a scrape costs from end to end: asked over loopback, encoded, compressed, sent, and read to its end.
//!
//! Beside it stand the same series by prometheus-client's encoder behind the same HTTP server, and both without HTTP,
//! so that a reader sees where the time goes: ratios of one run hold on whatever machine runs it. Series are made up
//! ([`Bulk`]): half counters, half histograms, four labels each; a module's own number of series is bounded.
//! Both answer in OpenMetrics over a connection that is kept, as Prometheus does; prometheus-client's answer is a new
//! string each time, as its documentation shows.

use std::{
    hint::black_box,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    http::{
        HeaderValue,
        header::{CONTENT_ENCODING, CONTENT_TYPE},
    },
    response::{IntoResponse as _, Response},
    routing::get,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use flate2::{Compression, write::GzEncoder};
use modules::{
    exposition::{Format, Snapshot, encode},
    module::Bulk,
    serve::{HttpServer, Purpose, Source, TakeError, Taken, router},
};
use prometheus_client::{encoding::text, registry::Registry};
use sim::time::Nanos;

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3));
    targets = scraping
}
criterion_main!(benches);

const SERIES: [usize; 3] = [1_000, 100_000, 1_000_000];

fn scraping(c: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let _entered = runtime.enter();
    for n_series in SERIES {
        let mut bulk = Bulk::new(n_series);
        bulk.step();
        let registry = Arc::new(bulk.registry());
        let n_shown = bulk.scrape().values().len() as u64;
        let bulk = Arc::new(Mutex::new(bulk));
        for coding in [Coding::Identity, Coding::Gzip] {
            let mut group = c.benchmark_group(format!("encoded {}", coding.name()));
            group.throughput(Throughput::Elements(n_shown));
            let (mut snapshot, mut plain, mut packed) = (Snapshot::default(), vec![], vec![]);
            group.bench_function(BenchmarkId::new("dashproof", n_series), |b| {
                b.iter(|| {
                    fill(&bulk, &mut snapshot);
                    plain.clear();
                    encode(&snapshot.exposition(), Format::OpenMetrics100, &mut plain);
                    black_box(coding.apply(&plain, &mut packed).len())
                });
            });
            drop((snapshot, plain, packed));
            group.bench_function(BenchmarkId::new("prometheus-client", n_series), |b| {
                b.iter(|| black_box(coding.apply(&text(&registry), &mut Vec::new()).len()));
            });
            group.finish();
            let mut group = c.benchmark_group(format!("scraped {}", coding.name()));
            group.throughput(Throughput::Elements(n_shown));
            let ours = router(Shown(Arc::clone(&bulk)));
            let theirs = plainly(Arc::clone(&registry), coding);
            for (name, routes) in [("dashproof", ours), ("prometheus-client", theirs)] {
                let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                let server = HttpServer::start(address, routes).expect("loopback has a free port");
                let mut client = Client::connect(server.address());
                group.bench_function(BenchmarkId::new(name, n_series), |b| {
                    b.iter(|| black_box(client.scrape(coding)));
                });
                drop(client);
                runtime.block_on(server.close());
            }
            group.finish();
        }
    }
}

/// What the client takes.
#[derive(Clone, Copy, Debug)]
enum Coding {
    Identity,
    Gzip,
}

impl Coding {
    fn name(self) -> &'static str {
        match self {
            Coding::Identity => "identity",
            Coding::Gzip => "gzip",
        }
    }

    /// The body as it goes over the wire, compressed as the modules' servers do.
    fn apply<'a>(self, plain: &'a [u8], packed: &'a mut Vec<u8>) -> &'a [u8] {
        match self {
            Coding::Identity => plain,
            Coding::Gzip => {
                packed.clear();
                let mut encoder = GzEncoder::new(packed, Compression::fast());
                encoder.write_all(plain).expect("memory takes everything");
                encoder.finish().expect("memory takes everything")
            }
        }
    }
}

fn fill(bulk: &Mutex<Bulk>, snapshot: &mut Snapshot) {
    bulk.lock().unwrap_or_else(PoisonError::into_inner).scrape_into(snapshot);
}

fn text(registry: &Registry) -> Vec<u8> {
    let mut body = String::new();
    text::encode(&mut body, registry).expect("a string takes everything");
    body.into_bytes()
}

/// The series behind the modules' own routes.
struct Shown(Arc<Mutex<Bulk>>);

impl Source for Shown {
    fn take(&self, _: Purpose, into: &mut Snapshot) -> Result<Taken, TakeError> {
        fill(&self.0, into);
        Ok(Taken { sequence: 1, at: Nanos::ZERO })
    }
}

/// The series as an application with prometheus-client serves them.
fn plainly(registry: Arc<Registry>, coding: Coding) -> Router {
    let answer = move |registry: &Registry| -> Response {
        let plain = text(registry);
        let body = match coding {
            Coding::Identity => plain,
            Coding::Gzip => {
                let mut packed = Vec::new();
                coding.apply(&plain, &mut packed);
                packed
            }
        };
        let kind = [(CONTENT_TYPE, Format::OpenMetrics100.content_type())];
        let mut response = (kind, body).into_response();
        if matches!(coding, Coding::Gzip) {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    };
    let asked = move || {
        let registry = Arc::clone(&registry);
        async move {
            let answered = tokio::task::spawn_blocking(move || answer(&registry));
            answered.await.expect("encoding does not panic")
        }
    };
    Router::new().route("/metrics", get(asked))
}

/// A scraper that keeps its connection and its memory.
struct Client {
    stream: BufReader<TcpStream>,
    body: Vec<u8>,
}

impl Client {
    fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("a socket that is open takes options");
        Client { stream: BufReader::with_capacity(256 * 1024, stream), body: Vec::new() }
    }

    /// Asks once and reads the body to its end; its length.
    fn scrape(&mut self, coding: Coding) -> usize {
        let request = format!(
            "GET /metrics HTTP/1.1\r\nHost: bench\r\nAccept: application/openmetrics-text;version=1.0.0\r\n\
             Accept-Encoding: {}\r\n\r\n",
            coding.name()
        );
        self.stream.get_mut().write_all(request.as_bytes()).expect("the server reads");
        let (mut length, mut packed, mut line) = (None, false, String::new());
        loop {
            line.clear();
            self.stream.read_line(&mut line).expect("the server answers");
            let lower = line.trim_end().to_ascii_lowercase();
            match lower.split_once(": ") {
                Some(("content-length", value)) => length = value.parse().ok(),
                Some(("content-encoding", value)) => packed = value == "gzip",
                Some(_) => {}
                None if lower.is_empty() => break,
                None => assert_eq!(lower, "http/1.1 200 ok"),
            }
        }
        assert_eq!(packed, matches!(coding, Coding::Gzip), "the coding that was asked for");
        self.body.resize(length.expect("a whole body has a length"), 0);
        self.stream.read_exact(&mut self.body).expect("the whole body comes");
        self.body.len()
    }
}
