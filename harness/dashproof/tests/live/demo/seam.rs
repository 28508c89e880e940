//! The history goes over into what Prometheus scrapes, and no series shows where.

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
};

use libtest_mimic::{Failed, Trial};
use live::demo::{Setting, history};
use modules::{
    clock::Clock,
    exposition::SeriesKind,
    module::Module as ModuleCopy,
    serve::{Heard, Live, Plan, Scrape},
};
use monitoring::Monitoring;
use prom::series::{Labels, Series, Value};
use scenario::{Overrides, Scenario};
use sim::{
    label::Label,
    time::Nanos,
    world::{Instance, Module},
};
use stack::{
    backend::Stack, client::prometheus::Prometheus, native::Options,
    prometheus_binary::PrometheusBinary,
};

use crate::demo::{
    lines::{block_on, environment, on_each_line},
    root,
    waiting::until,
};

const INTERVAL_MS: i64 = 1_000;
/// What timers may be off on a machine with other things to do; less than what a lost or doubled scrape would make.
const JITTER_MS: i64 = INTERVAL_MS / 2 - 50;
/// How far phases may be apart: a Prometheus keeps the phase at which its timer woke it first.
const PHASE_MS: i64 = 60;
const HISTORY: Nanos = Nanos(20 * Nanos::MINUTE.0);
/// Real scrapes of each module after the seam.
const SCRAPES: usize = 10;
/// How far before the seam samples are looked at.
const BEFORE_MS: i64 = 30_000;

pub(crate) fn trials() -> Vec<Trial> {
    on_each_line("history_goes_on_live_without_a_seam", seamless)
}

/// The shipped files with other addresses, scraped every second and evaluated every two or eight.
fn configuration(directory: &Path, addresses: &[(Instance, SocketAddr)]) -> Monitoring {
    let shipped = root().join("monitoring");
    for part in ["prometheus/rules", "prometheus/targets", "grafana/dashboards"] {
        fs::create_dir_all(directory.join(part)).unwrap();
    }
    // Nobody is there, and nobody else's servers are to be scraped.
    let changes = [
        ("localhost:9090", "127.0.0.1:1"),
        ("alertmanager:9093", "127.0.0.1:1"),
        ("interval: 30s", "interval: 2s"),
        ("interval: 2m", "interval: 8s"),
    ];
    let files = ["prometheus.yml", "rules/recording.yml", "rules/alerts.yml"];
    let files = files.map(|file| format!("prometheus/{file}"));
    for file in files.into_iter().chain(["grafana/dashboards/overview.json".to_owned()]) {
        let text = fs::read_to_string(shipped.join(&file)).unwrap();
        let text = changes.iter().fold(text, |text, (from, to)| text.replace(from, to));
        fs::write(directory.join(file), text).unwrap();
    }
    for (instance, address) in addresses {
        let labels = "{ __scrape_interval__: 1s, __scrape_timeout__: 1s }";
        let text = format!("- targets: ['{address}']\n  labels: {labels}\n");
        let file = directory.join(format!("prometheus/targets/{}.yml", instance.module));
        fs::write(file, text).unwrap();
    }
    Monitoring::load(directory).unwrap()
}

fn story(epoch_ms: i64) -> Scenario {
    let story = Scenario::load(&root().join("scenarios/chat.yaml")).unwrap();
    let duration = Some(Nanos(Nanos::HOUR.0 * 24 * 366));
    let (mut story, _) = story.with(&Overrides { duration, ..Overrides::default() });
    story.epoch = jiff::Timestamp::from_millisecond(epoch_ms).unwrap();
    story
}

fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

fn seamless(binary: &PrometheusBinary) -> Result<(), Failed> {
    block_on(async {
        let epoch_ms = now_ms() / 1000 * 1000 - HISTORY.as_millis() as i64;
        let story = story(epoch_ms);
        let scrapes: Arc<Mutex<Vec<Scrape>>> = Arc::default();
        let heard = Arc::clone(&scrapes);
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let first = |&module: &Module| (Instance { module, replica: 0 }, any);
        let live = Live::start(Plan {
            engine: story.engine()?,
            replicas: story.replicas,
            clock: Clock::starting_at(epoch_ms),
            addresses: Module::ALL.iter().map(first).collect(),
            observer: Box::new(move |what| {
                if let Heard::Scrape(scrape) = what {
                    heard.lock().unwrap().push(scrape);
                }
            }),
        })?;
        let modules: Vec<_> = live.addresses().collect();
        let directory = tempfile::tempdir()?;
        let deployed = configuration(directory.path(), &modules);
        let options = Options {
            config: Some(deployed.config.file.clone()),
            listen: Some(any),
            ..Options::default()
        };
        let setting = Setting {
            scenario: &story,
            clock: live.clock(),
            modules: &modules,
            deployed: &deployed,
            options: &options,
            stack: &Stack::native(binary),
            environment: &environment(),
        };
        let (server, mut bridge) = history::write(&setting, |_| ()).await?;
        let started_ms = now_ms();
        bridge.until_modules().await?;
        let crossed = live.now();
        let count = |module| {
            let scrapes = scrapes.lock().unwrap();
            let after = |scrape: &&Scrape| crossed < scrape.at && scrape.instance.module == module;
            scrapes.iter().filter(after).count()
        };
        until("real scrapes", || async {
            let fewest = Module::ALL.iter().map(|&module| count(module)).min().unwrap();
            if SCRAPES <= fewest { Ok(()) } else { Err(format!("{fewest} scrapes")) }
        })
        .await;
        let span = (started_ms - BEFORE_MS, epoch_ms + crossed.as_millis() as i64);
        let client = Prometheus::new(server.url());
        let stored = samples(&client, "module!=\"\",__name__!~\".*:.*|ALERTS.*\"", span.0).await?;
        assert!(700 < stored.len(), "{} series", stored.len());
        unbroken(&stored, span, INTERVAL_MS - JITTER_MS..=INTERVAL_MS + JITTER_MS);
        in_phase(&stored, span);
        for (instance, address) in &modules {
            faithful(&story, *instance, *address, epoch_ms, &stored);
        }
        // The rule manager goes on at its own offset within the interval: less than two of them, and what starting took.
        let recorded = samples(&client, "__name__=~\".+:.+:.+\"", span.0).await?;
        let names: std::collections::BTreeSet<_> =
            recorded.iter().filter_map(|series| series.labels.metric_name()).collect();
        assert!(20 < names.len(), "{names:?}");
        unbroken(&recorded, (span.0, started_ms), 1..=20_000);
        bridge.until_servers().await?;
        server.stop().await;
        live.close().await;
        Ok(())
    })
}

/// The raw samples of the series that match, from an instant until now.
async fn samples(client: &Prometheus, matchers: &str, from_ms: i64) -> Result<Vec<Series>, Failed> {
    let now = now_ms();
    let Value::Matrix(found) =
        client.query(&format!("{{{matchers}}}[{}ms]", now - from_ms), now).await?.value
    else {
        panic!("a matrix")
    };
    Ok(found)
}

/// Every series has samples from the span's beginning until its end, so far apart.
fn unbroken(found: &[Series], (from, until): (i64, i64), apart: std::ops::RangeInclusive<i64>) {
    for series in found {
        let (first, last) = (series.points[0].0, series.points.last().unwrap().0);
        assert!(first - from <= *apart.end(), "{} begins late", series.labels);
        assert!(until - last <= *apart.end(), "{} ends {} ms early", series.labels, until - last);
        for pair in series.points.windows(2) {
            let gap = pair[1].0 - pair[0].0;
            assert!(apart.contains(&gap), "{}: {gap} ms after {}", series.labels, pair[0].0);
        }
    }
}

/// What was played lies on the grid of what was scraped; the median, since a single scrape may be late.
fn in_phase(found: &[Series], (from, until): (i64, i64)) {
    let seam = from + BEFORE_MS;
    for up in found.iter().filter(|series| series.labels.metric_name() == Some("up")) {
        let played = up.points.iter().rfind(|(at, _)| *at < seam).unwrap().0;
        let scraped = up.points.iter().filter(|(at, _)| until < *at);
        let mut off: Vec<i64> = scraped
            .map(|(at, _)| {
                (at - played + INTERVAL_MS / 2).rem_euclid(INTERVAL_MS) - INTERVAL_MS / 2
            })
            .collect();
        off.sort_unstable();
        let median = off[off.len() / 2];
        assert!(median.abs() <= PHASE_MS, "{}: {off:?} ms off the grid", up.labels);
    }
}

/// What is stored of a module is what the story's modules show at the samples' instants: exactly so where it was
/// played, and where it was scraped, what was shown within the scrape.
fn faithful(
    story: &Scenario,
    instance: Instance,
    address: SocketAddr,
    epoch_ms: i64,
    stored: &[Series],
) {
    let name = instance.module.to_string();
    let of_target = [("instance", address.to_string()), ("job", name.clone()), ("module", name)];
    let own = |series: &&Series| {
        of_target.iter().all(|(name, value)| series.labels.get(name) == Some(value))
    };
    let stored: BTreeMap<&Labels, &Series> =
        stored.iter().filter(own).map(|series| (&series.labels, series)).collect();
    let up = stored.iter().find(|(labels, _)| labels.metric_name() == Some("up")).unwrap().1;
    assert!(up.points.iter().all(|(_, up)| *up == 1.0), "{up:?}");
    let mut copy = ModuleCopy::new(instance, epoch_ms, None);
    let mut engine = story.engine().unwrap();
    let mut shown = |at_ms: i64| -> Vec<f64> {
        engine.run_until(Nanos::from_millis((at_ms - epoch_ms) as u64), &mut |event| {
            if event.kind.module() == instance.module {
                copy.observe(event);
            }
        });
        copy.scrape().unwrap().values().to_vec()
    };
    let instants: Vec<i64> = up.points.iter().map(|(at, _)| *at).collect();
    let bounds: Vec<(Vec<f64>, Vec<f64>)> =
        instants.iter().map(|at| (shown(*at), shown(at + JITTER_MS))).collect();
    let exposition = copy.scrape().unwrap();
    assert_eq!(stored.len(), exposition.series().len() + 5, "{instance:?}: and `up` and the like");
    for (nth, series) in exposition.series().iter().enumerate() {
        let mut labels: Vec<(String, String)> =
            of_target.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        labels.push(("__name__".to_owned(), series.name.clone()));
        labels.extend(series.labels.iter().map(|(n, v)| ((*n).to_owned(), v.to_string())));
        let labels = Labels::new(labels);
        let found = stored.get(&labels).unwrap_or_else(|| panic!("no {labels}"));
        let is_counter = !matches!(series.kind, SeriesKind::Gauge);
        let grows = found.points.windows(2).all(|pair| pair[0].1 <= pair[1].1);
        assert!(!is_counter || grows, "{labels} was reset: {:?}", found.points);
        for ((at, value), (least, most)) in found.points.iter().zip(&bounds) {
            let (least, most) = (least[nth], most[nth]);
            // A gauge that moved may have been anywhere meanwhile.
            let is_known = is_counter || least == most;
            assert!(
                !is_known || (least..=most).contains(value),
                "{labels} at {at}: {value}, not from {least} to {most}"
            );
        }
    }
}
