//! Whatever clients do, the module goes on serving.

use std::{net::SocketAddr, time::Duration};

use modules::{
    exposition::Snapshot,
    module::Bulk,
    serve::{HttpServer, Purpose, Source, TakeError, Taken, router},
};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use sim::{time::Nanos, world::Module};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

use super::{
    ANY_PORT, CEILING, address,
    client::{exchange, request, scrape},
    live,
};

async fn serves(address: SocketAddr) {
    let answer = tokio::time::timeout(CEILING, scrape(address, &[])).await.expect("it answers");
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("process_start_time_seconds "));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_scrapes_at_once_are_answered_each_with_a_number_of_its_own() {
    // Both ends of each connection are in this process.
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, soft.max(4096.min(hard)), hard).unwrap();
    let (live, diary) = live();
    let address = address(&live, Module::LlmProvider);
    let mut open = Vec::new();
    for _ in 0..1_000 {
        open.push(TcpStream::connect(address).await.unwrap());
    }
    let mut scrapes = JoinSet::new();
    for mut stream in open {
        scrapes.spawn(async move {
            let request = request("GET", "/metrics", &["Accept-Encoding: gzip"]);
            exchange(&mut stream, request.as_bytes(), false).await.unwrap()
        });
    }
    let answers = tokio::time::timeout(CEILING, scrapes.join_all()).await.expect("all in time");
    assert!(answers.iter().all(|answer| answer.status == 200));
    let mut seen: Vec<(u64, u64)> = answers
        .iter()
        .map(|answer| (answer.number("dashproof-scrape"), answer.number("dashproof-at")))
        .collect();
    seen.sort_unstable();
    assert!(seen.iter().map(|(sequence, _)| *sequence).eq(1..=1_000), "each number once");
    assert!(seen.is_sorted_by_key(|(_, at)| *at), "numbers follow time");
    let diary = diary.lock().unwrap();
    let told = diary.scrapes.iter().map(|(scrape, _)| (scrape.sequence, scrape.at.0));
    assert!(told.eq(seen), "the observer saw the same scrapes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_and_oversized_requests_are_refused() {
    let (live, _) = live();
    let address = address(&live, Module::PromptSecurity);
    let large = format!("GET /metrics HTTP/1.1\r\nHost: m\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    let many = format!("GET /metrics HTTP/1.1\r\nHost: m\r\n{}\r\n", "X: y\r\n".repeat(1_000));
    let long = format!("GET /{} HTTP/1.1\r\nHost: m\r\n\r\n", "x".repeat(70_000));
    let table = [
        (b"\0\xff\x16\x03 what\r\n\r\n".to_vec(), 400),
        (b"GET /metrics SPDY/9\r\n\r\n".to_vec(), 400),
        (b"GET /metrics HTTP/1.1\r\nContent-Length: much\r\n\r\n".to_vec(), 400),
        (large.into_bytes(), 431),
        (many.into_bytes(), 431),
        (long.into_bytes(), 414),
    ];
    for (bytes, status) in table {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
        match exchange(&mut stream, &bytes, false).await {
            Ok(answer) => assert!(
                answer.status == status || (400..500).contains(&answer.status),
                "{shown:?}: {}",
                answer.status
            ),
            // Refused while it was still sending: the answer is lost with the connection.
            Err(error) => assert!(10_000 < bytes.len(), "{shown:?}: {error}"),
        }
        serves(address).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_stop_half_way_hold_nothing_up() {
    let (live, _) = live();
    let address = address(&live, Module::PromptManager);
    let mut unfinished = Vec::new();
    for _ in 0..50 {
        // Half a request, and silence.
        let mut half = TcpStream::connect(address).await.unwrap();
        half.write_all(b"GET /metrics HTTP/1.1\r\nHost: m").await.unwrap();
        unfinished.push(half);
        // A whole request, of whose answer a byte is read before the connection is reset.
        let mut aborted = TcpStream::connect(address).await.unwrap();
        aborted.write_all(request("GET", "/metrics", &[]).as_bytes()).await.unwrap();
        aborted.read_u8().await.unwrap();
        aborted.set_zero_linger().unwrap();
    }
    serves(address).await;
}

/// So many series that an answer does not fit into what kernels keep for a connection.
struct Large(std::sync::Mutex<Bulk>);

impl Source for Large {
    fn take(&self, _: Purpose, into: &mut Snapshot) -> Result<Taken, TakeError> {
        self.0.lock().unwrap().scrape_into(into);
        Ok(Taken { sequence: 1, at: Nanos::ZERO })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_takes_nothing_is_cut_off_and_holds_nobody_up() {
    let source = Large(std::sync::Mutex::new(Bulk::new(200_000)));
    let server = HttpServer::start(ANY_PORT, router(source)).unwrap();
    let whole = scrape(server.address(), &[]).await;
    assert!(10_000_000 < whole.body.len(), "{}", whole.body.len());
    let mut slow = TcpStream::connect(server.address()).await.unwrap();
    slow.write_all(request("GET", "/metrics", &[]).as_bytes()).await.unwrap();
    slow.read_u8().await.unwrap();
    let began = tokio::time::Instant::now();
    // Others are served while it does not read.
    for _ in 0..3 {
        assert_eq!(scrape(server.address(), &[]).await.body.len(), whole.body.len());
    }
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    // Once the server has lost its patience, the answer ends early.
    let patience = began + Duration::from_secs(13);
    tokio::time::sleep_until(patience).await;
    let mut rest = Vec::new();
    let read = tokio::time::timeout(CEILING, slow.read_to_end(&mut rest)).await.expect("an end");
    assert!(read.is_err() || rest.len() < whole.body.len(), "cut off, {} bytes", rest.len());
}
