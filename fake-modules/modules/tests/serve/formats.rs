//! What is served is what would be encoded in memory at that instant, in the format and coding that was asked for.

use std::io::Read as _;

use flate2::read::GzDecoder;
use modules::{
    exposition::{Format, Snapshot, encode},
    module::Module as ModuleCopy,
    serve::{HttpServer, Purpose, Source, TakeError, Taken, router},
};
use sim::{label::Label, time::Nanos, world::Module};

use super::{
    ANY_PORT, address,
    client::{Answer, ask, scrape},
    engine, first, live,
};

const OPENMETRICS: &str = "Accept: application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The text of a module at an instant, from an engine that nobody serves.
fn in_memory(module: Module, at: Nanos, epoch_unix_ms: i64, format: Format) -> String {
    let mut copy = ModuleCopy::new(first(module), epoch_unix_ms, None);
    engine().run_until(at, &mut |event| {
        if event.kind.module() == module {
            copy.observe(event);
        }
    });
    let mut text = Vec::new();
    encode(&copy.scrape().unwrap(), format, &mut text);
    String::from_utf8(text).unwrap()
}

fn unpacked(answer: &Answer) -> String {
    let mut text = String::new();
    GzDecoder::new(&answer.body[..]).read_to_string(&mut text).unwrap();
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_byte_is_that_of_the_encoding_in_memory() {
    let (live, _) = live();
    let epoch = live.clock().epoch_unix_ms();
    for &module in Module::ALL {
        let address = address(&live, module);
        for (headers, format) in
            [(&[][..], Format::Text004), (&[OPENMETRICS][..], Format::OpenMetrics100)]
        {
            let plain = scrape(address, headers).await;
            assert_eq!(plain.status, 200);
            assert_eq!(plain.header("content-type"), Some(format.content_type()));
            assert_eq!(plain.header("vary"), Some("Accept, Accept-Encoding"));
            assert_eq!(plain.header("content-encoding"), None);
            let at = Nanos(plain.number("dashproof-at"));
            assert!(Nanos::MINUTE <= at);
            assert!(plain.text() == in_memory(module, at, epoch, format), "{module} {format:?}");

            let packed = scrape(address, &[headers, &["Accept-Encoding: gzip"]].concat()).await;
            assert_eq!(packed.header("content-encoding"), Some("gzip"));
            assert_eq!(packed.header("content-type"), Some(format.content_type()));
            assert!(packed.body.len() * 3 < plain.body.len());
            let at = Nanos(packed.number("dashproof-at"));
            assert!(unpacked(&packed) == in_memory(module, at, epoch, format), "{module}, packed");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_headers_of_one_name_are_one_list() {
    let (live, _) = live();
    let address = address(&live, Module::LlmProvider);
    let both = ["Accept: text/plain;q=0.2", "Accept: application/openmetrics-text;q=0.3"];
    let answer = scrape(address, &both).await;
    assert_eq!(answer.header("content-type"), Some(Format::OpenMetrics100.content_type()));
    let coded = ["Accept-Encoding: identity;q=0.5", "Accept-Encoding: gzip;q=0.4"];
    assert_eq!(scrape(address, &coded).await.header("content-encoding"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_methods_and_paths_are_refused_and_head_is_no_scrape() {
    let (live, diary) = live();
    let address = address(&live, Module::PromptManager);
    let head = ask(address, "HEAD", "/metrics", &[]).await.unwrap();
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert!(10_000 < head.number("content-length"));
    assert_eq!(diary.lock().unwrap().scrapes.len(), 0);

    let post = ask(address, "POST", "/metrics", &["Content-Length: 0"]).await.unwrap();
    assert_eq!((post.status, post.header("allow")), (405, Some("GET,HEAD")));
    let lost = ask(address, "GET", "/metric", &[]).await.unwrap();
    assert_eq!(lost.status, 404);
    assert!(lost.text().contains("/metrics"), "{}", lost.text());
    for (path, text) in [("/-/healthy", "healthy\n"), ("/-/ready", "ready\n")] {
        let answer = ask(address, "GET", path, &[]).await.unwrap();
        assert_eq!((answer.status, answer.text().as_str()), (200, text));
    }
}

/// Panics at every other scrape, and says so at others.
struct Failing;

impl Source for Failing {
    fn take(&self, purpose: Purpose, _: &mut Snapshot) -> Result<Taken, TakeError> {
        match purpose {
            Purpose::Scrape => panic!("the instruments are on fire"),
            Purpose::Look => Err(TakeError::Broken("it smells of smoke".to_owned())),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_encoding_that_fails_is_a_500_with_a_reason() {
    let server = HttpServer::start(ANY_PORT, router(Failing)).unwrap();
    for _ in 0..3 {
        let answer = scrape(server.address(), &[]).await;
        assert_eq!(answer.status, 500);
        assert!(answer.text().starts_with("the metrics cannot be encoded: "), "{}", answer.text());
        assert!(answer.text().contains("the instruments are on fire"), "{}", answer.text());
    }
    let ready = ask(server.address(), "GET", "/-/ready", &[]).await.unwrap();
    assert_eq!((ready.status, ready.text().as_str()), (503, "it smells of smoke\n"));
    let healthy = ask(server.address(), "GET", "/-/healthy", &[]).await.unwrap();
    assert_eq!(healthy.status, 200);
}
