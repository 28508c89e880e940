//! A real Prometheus scrapes the served modules with the shipped jobs, and stores what was served.

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    http::{
        HeaderMap,
        header::{ACCEPT, CONTENT_TYPE},
    },
    routing::get,
};
use libtest_mimic::{Failed, Trial};
use modules::{
    clock::Clock,
    exposition::Format,
    serve::{Heard, HttpServer, Live, Plan, Scrape},
};
use prom::series::Value;
use scenario::{Scenario, Source};
use sim::{
    label::Label,
    world::{Instance, Module},
};
use stack::{
    client::prometheus::Prometheus,
    native::{NativePrometheus, Options},
    prometheus_binary::PrometheusBinary,
};

use crate::serve::{
    lines::{block_on, environment, on_each_line},
    root, scenario, shown,
    waiting::until,
};

/// Scrapes of each module that are compared.
const SCRAPES: usize = 8;

pub(crate) fn trials() -> Vec<Trial> {
    on_each_line("what_was_served_is_what_prometheus_stores", stored)
}

type Scrapes = Arc<Mutex<Vec<Scrape>>>;

fn serve(story: &Scenario) -> (Live<Source>, Scrapes) {
    let scrapes = Scrapes::default();
    let heard = Arc::clone(&scrapes);
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    let first = |&module: &Module| (Instance { module, replica: 0 }, any_port);
    let plan = Plan {
        engine: story.engine().unwrap(),
        replicas: story.replicas,
        clock: Clock::starting_now(),
        addresses: Module::ALL.iter().map(first).collect(),
        observer: Box::new(move |what| {
            if let Heard::Scrape(scrape) = what {
                heard.lock().unwrap().push(scrape);
            }
        }),
    };
    (Live::start(plan).unwrap(), scrapes)
}

/// Hands a scrape on to `module` as from a scraper that knows plain text only.
fn plain_text_only(module: SocketAddr) -> HttpServer {
    let hand_on = move |headers: HeaderMap| async move {
        assert!(headers[ACCEPT].to_str().unwrap().contains("application/openmetrics-text"));
        let answer = reqwest::get(format!("http://{module}/metrics")).await.unwrap();
        assert_eq!(answer.headers()[CONTENT_TYPE], Format::Text004.content_type());
        ([(CONTENT_TYPE, Format::Text004.content_type())], answer.text().await.unwrap())
    };
    let router = Router::new().route("/metrics", get(hand_on));
    HttpServer::start(SocketAddr::from(([127, 0, 0, 1], 0)), router).unwrap()
}

/// The shipped configuration with other targets: where the modules are, and how often they are scraped.
fn configuration(directory: &Path, addresses: &BTreeMap<Module, SocketAddr>) {
    let shipped = root().join("monitoring/prometheus");
    for part in ["rules", "targets"] {
        fs::create_dir(directory.join(part)).unwrap();
    }
    for file in ["prometheus.yml", "rules/recording.yml", "rules/alerts.yml"] {
        fs::copy(shipped.join(file), directory.join(file)).unwrap();
    }
    for (module, address) in addresses {
        let labels = "{ __scrape_interval__: 200ms, __scrape_timeout__: 200ms }";
        let text = format!("- targets: ['{address}']\n  labels: {labels}\n");
        fs::write(directory.join(format!("targets/{module}.yml")), text).unwrap();
    }
}

fn stored(binary: &PrometheusBinary) -> Result<(), Failed> {
    let story = scenario("chat");
    block_on(async {
        let (live, scrapes) = serve(&story);
        let mut addresses: BTreeMap<Module, SocketAddr> =
            live.addresses().map(|(instance, address)| (instance.module, address)).collect();
        let plain = plain_text_only(addresses[&Module::PromptSecurity]);
        addresses.insert(Module::PromptSecurity, plain.address());
        let directory = tempfile::tempdir()?;
        configuration(directory.path(), &addresses);
        let config = Some(directory.path().join("prometheus.yml"));
        let options = Options { config, span: Duration::from_secs(3600), ..Options::default() };
        let server = NativePrometheus::start(binary, &environment(), &options).await?;
        let client = Prometheus::new(server.url());
        let taken = |module: Module| -> Vec<Scrape> {
            let scrapes = scrapes.lock().unwrap();
            scrapes.iter().filter(|scrape| scrape.instance.module == module).copied().collect()
        };
        until("enough scrapes", || async {
            let n = Module::ALL.iter().map(|&module| taken(module).len()).min().unwrap();
            if SCRAPES < n { Ok(()) } else { Err(format!("{n} scrapes")) }
        })
        .await;

        // Prometheus itself and Alertmanager are not where the shipped configuration has them.
        let served = |pool: &str| Module::ALL.iter().any(|module| module.as_str() == pool);
        let targets = client.targets().await?;
        let targets: Vec<_> = targets.iter().filter(|t| served(&t.scrape_pool)).collect();
        assert_eq!(targets.len(), Module::ALL.len(), "{targets:?}");
        for target in targets {
            assert_eq!(target.health, "up", "{target:?}");
        }
        for &module in Module::ALL {
            let instants: Vec<_> = taken(module).iter().map(|scrape| scrape.at).collect();
            let texts = shown(&story, module, live.clock().epoch_unix_ms(), &instants);
            let served: Vec<BTreeMap<String, f64>> =
                texts.iter().map(|text| series(text)).collect();
            compare(&client, module, &served).await?;
        }
        // OpenMetrics calls a counter's family by its name without `_total`: so each was read in its own format.
        let metadata = reqwest::get(format!("{}/api/v1/metadata", server.url())).await?;
        let metadata: serde_json::Value = serde_json::from_str(&metadata.text().await?)?;
        for family in ["llm_provider_operations", "prompt_security_operations_total"] {
            assert!(metadata["data"][family].is_array(), "no {family} in {metadata}");
        }
        server.stop().await;
        Ok(())
    })
}

/// Every series of a text, as it is written there, with its value.
fn series(text: &str) -> BTreeMap<String, f64> {
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let parts = samples.map(|line| line.rsplit_once(' ').unwrap());
    parts.map(|(series, value)| (series.to_owned(), value.parse().unwrap())).collect()
}

/// Whether each series of the module has, scrape by scrape, the values that were served.
async fn compare(
    client: &Prometheus,
    module: Module,
    served: &[BTreeMap<String, f64>],
) -> Result<(), Failed> {
    // Only what scraping stored: neither what Prometheus adds nor what rules record.
    let own = format!(
        "{{module=\"{module}\",job=\"{module}\",__name__!~\"up|scrape_.*|.*:.*|ALERTS.*\"}}[1h]"
    );
    let now = jiff::Timestamp::now().as_millisecond();
    let Value::Matrix(found) = client.query(&own, now).await?.value else { panic!("a matrix") };
    assert_eq!(found.len(), served[0].len(), "{module}: as many series as are shown");
    for one in &found {
        let labels: Vec<(&str, &str)> = one
            .labels
            .iter()
            .filter(|(name, _)| !["__name__", "module", "job", "instance"].contains(name))
            .collect();
        let written = served[0]
            .keys()
            .find(|written| is_series(written, one.labels.metric_name().unwrap(), &labels));
        let written = written.unwrap_or_else(|| panic!("{module}: nobody shows {:?}", one.labels));
        assert!(SCRAPES <= one.points.len(), "{written}: {} samples", one.points.len());
        // The last scrapes may not be stored yet.
        for (nth, (at, value)) in one.points.iter().enumerate() {
            assert_eq!(*value, served[nth][written], "{written} in scrape {nth} at {at}");
        }
    }
    let Value::Matrix(up) =
        client.query(&format!("up{{module=\"{module}\"}}[1h]"), now).await?.value
    else {
        panic!("a matrix")
    };
    assert!(up.len() == 1 && up[0].points.iter().all(|(_, up)| *up == 1.0), "{module}: {up:?}");
    Ok(())
}

/// Whether a series is written so: the same name, and the same labels in whatever order.
fn is_series(written: &str, name: &str, labels: &[(&str, &str)]) -> bool {
    let (written_name, rest) = written.split_once('{').unwrap_or((written, "}"));
    // No label value of the modules has a comma or a quote.
    let n_written = rest.trim_end_matches('}').split(',').filter(|label| !label.is_empty()).count();
    written_name == name
        && n_written == labels.len()
        && labels.iter().all(|(name, value)| rest.contains(&format!("{name}=\"{value}\"")))
}
