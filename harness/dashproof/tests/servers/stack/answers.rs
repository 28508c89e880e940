//! Claims about what the query client understands, and what it says when it does not.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use prom::series::Value;
use prom::version::Version;
use stack::client::prometheus::{MAX_POINTS, Problem, Prometheus};
use stack::native::{NativePrometheus, Options};
use stack::prometheus_binary::PrometheusBinary;

use crate::stack::lines::{block_on, environment, on_each_line};

pub(crate) fn trials() -> Vec<Trial> {
    let alone = [
        Trial::test("a_web_page_is_not_taken_for_a_prometheus", a_web_page),
        Trial::test("a_closed_port_is_named", a_closed_port),
    ];
    [
        on_each_line("a_bad_query_is_refused_in_prometheus_words", a_bad_query),
        on_each_line("the_server_tells_its_version", the_version),
        on_each_line("long_ranges_are_asked_in_parts", long_ranges),
    ]
    .into_iter()
    .flatten()
    .chain(alone)
    .collect()
}

async fn start(binary: &PrometheusBinary) -> Result<NativePrometheus, Failed> {
    let options = Options { config: None, span: Duration::from_secs(3600), ..Options::default() };
    Ok(NativePrometheus::start(binary, &environment(), &options).await?)
}

fn a_bad_query(binary: &PrometheusBinary) -> Result<(), Failed> {
    block_on(async {
        let server = start(binary).await?;
        let client = Prometheus::new(server.url());
        let error = client.query("sum(rate(x[5m])", 1_500).await.unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("sum(rate(x[5m]) at 1.500") && text.contains("/api/v1/query"),
            "{text}"
        );
        let Problem::Refused { status: 400, error_type, error } = error.problem else {
            panic!("{text}")
        };
        assert_eq!(error_type, "bad_data");
        assert!(error.contains("unclosed left parenthesis"), "{error}");
        Ok(())
    })
}

fn the_version(binary: &PrometheusBinary) -> Result<(), Failed> {
    block_on(async {
        let server = start(binary).await?;
        let client = Prometheus::new(server.url());
        client.ready().await?;
        let info = client.build_info().await?;
        assert_eq!(info.version.unwrap_or_default().parse::<Version>()?, binary.version);
        assert_eq!(client.targets().await?, []);
        assert_eq!(client.series(&["up"], 0, 1_000).await?, []);
        Ok(())
    })
}

fn long_ranges(binary: &PrometheusBinary) -> Result<(), Failed> {
    block_on(async {
        let server = start(binary).await?;
        let client = Prometheus::new(server.url());
        let end = (2 * MAX_POINTS + 5) * 1_000;
        let error = client.query_range("time()", 0, end, 1_000).await.unwrap_err().to_string();
        assert!(error.contains("11,000 points"), "{error}");
        let Value::Matrix(series) =
            client.query_range_in_parts("time()", 0, end, 1_000).await?.value
        else {
            panic!("a matrix")
        };
        let expected: Vec<(i64, f64)> = (0..=end / 1_000).map(|s| (s * 1_000, s as f64)).collect();
        assert!(series.len() == 1 && series[0].points == expected);
        Ok(())
    })
}

/// Answers one request with a page.
fn a_web_page() -> Result<(), Failed> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        assert!(stream.read(&mut request).unwrap() > 0);
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
        let body = "<html>Hello</html>";
        write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    });
    let error = block_on(Prometheus::new(&url).query("up", 0)).unwrap_err().to_string();
    server.join().unwrap();
    for expected in [&url, "does not answer like a Prometheus", "text/html", "<html>Hello", "up at"]
    {
        assert!(error.contains(expected), "{error}");
    }
    Ok(())
}

fn a_closed_port() -> Result<(), Failed> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let url = format!("http://127.0.0.1:{port}/");
    let error = block_on(Prometheus::new(&url).query("up", 0)).unwrap_err().to_string();
    assert_eq!(
        error,
        format!("no answer from http://127.0.0.1:{port}/api/v1/query (asked: up at 0.000)")
    );
    Ok(())
}
