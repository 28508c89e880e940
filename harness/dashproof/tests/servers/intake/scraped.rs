//! One Prometheus scrapes two expositions, one after the other; what it has then is compared with [`Intake`].

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, http::header::CONTENT_TYPE, routing::get};
use libtest_mimic::Failed;
use modules::{
    exposition::{Exposition, Format, encode},
    module::Module,
    serve::HttpServer,
};
use monitoring::{config, limits::Limit};
use prom::series::Value;
use scenario::Scenario;
use scrape::{Intake, Reading, Refusal};
use sim::{
    event::{Event, EventKind},
    time::Nanos,
    world::{Instance, Module as ModuleName},
};
use stack::{
    client::prometheus::Prometheus,
    native::{NativePrometheus, Options},
    prometheus_binary::PrometheusBinary,
};

use crate::intake::{jobs, lines, waiting::until};

const MODULE: ModuleName = ModuleName::PromptSecurity;

/// Series that the second exposition has more.
const MORE: u32 = 50;

/// What depends on when, and on what was there before.
const NOT_COMPARED: [&str; 2] = ["scrape_duration_seconds", "scrape_series_added"];

/// Values by labels.
type Stored = BTreeMap<Vec<(String, String)>, f64>;

/// Scrapes both expositions with all jobs.
///
/// # Errors
/// The jobs of which something else was stored.
pub(crate) async fn agree(binary: &PrometheusBinary) -> Result<(), Failed> {
    let mut module = after_ten_minutes();
    let first = body(&module.scrape()?);
    let sizes = (module.scrape()?.values().len(), first.len());
    let shown = Arc::new(Mutex::new(first));
    let served = Arc::clone(&shown);
    let answer = move || async move {
        ([(CONTENT_TYPE, Format::OpenMetrics100.content_type())], served.lock().unwrap().clone())
    };
    let router = Router::new().route("/metrics", get(answer));
    let http = HttpServer::start(SocketAddr::from(([127, 0, 0, 1], 0)), router)?;
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("prometheus.yml");
    fs::write(&file, jobs::config(&http.address().to_string(), sizes))?;
    let options = Options {
        config: Some(file.clone()),
        span: Duration::from_secs(3600),
        ..Options::default()
    };
    let server = NativePrometheus::start(binary, &lines::environment(), &options).await?;
    let client = Prometheus::new(server.url());
    let mut jobs = Jobs::read(&file, &client, binary).await?;
    let mut wrong = jobs.compare(&client, &module.scrape()?).await?;
    module.observe(&Event {
        at: Nanos::from_millis(600_000),
        replica: 0,
        kind: EventKind::ExtraSeries(MODULE, MORE),
    });
    *shown.lock().unwrap() = body(&module.scrape()?);
    wrong.extend(jobs.compare(&client, &module.scrape()?).await?);
    server.stop().await;
    let (stored, refused) = (jobs.stored, jobs.refused);
    println!("{}: {stored} series stored, {refused} scrapes refused", binary.version);
    assert!(1_000 < stored && 10 < refused, "the settings let enough pass and enough not");
    if wrong.is_empty() { Ok(()) } else { Err(Failed::from(wrong.join("\n"))) }
}

/// A module that has seen some traffic, so that its values differ.
fn after_ten_minutes() -> Module {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/chat.yaml");
    let mut engine = Scenario::load(&file).unwrap().engine().unwrap();
    let mut module = Module::new(Instance { module: MODULE, replica: 0 }, 0, None);
    engine.run_until(Nanos::from_millis(600_000), &mut |event: &Event| {
        if event.kind.module() == MODULE && event.replica == 0 {
            module.observe(event);
        }
    });
    module
}

fn body(exposition: &Exposition<'_>) -> Vec<u8> {
    let mut body = Vec::new();
    encode(exposition, Format::OpenMetrics100, &mut body);
    body
}

struct Job {
    intake: Intake,
    labels: Vec<(String, String)>,
    /// What it had after the last comparison.
    had: Stored,
}

/// All jobs by `tag`.
struct Jobs {
    jobs: BTreeMap<String, Job>,
    stored: usize,
    refused: usize,
}

impl Jobs {
    async fn read(
        file: &Path,
        client: &Prometheus,
        binary: &PrometheusBinary,
    ) -> Result<Jobs, Failed> {
        let config = config::parse(file, &fs::read_to_string(file)?).expect("it is well-formed");
        let targets = until("targets", || async {
            let targets = client.targets().await.map_err(|error| error.to_string())?;
            let n = targets.len();
            if n == config.jobs.len() { Ok(targets) } else { Err(format!("{n} targets")) }
        })
        .await;
        let mut jobs = BTreeMap::new();
        for job in &config.jobs {
            let target = targets.iter().find(|target| target.scrape_pool == job.name).unwrap();
            let labels = target.labels.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            let intake = Intake::of(job, binary.version.line())?;
            let tag = target.labels.get("tag").unwrap().to_owned();
            jobs.insert(tag, Job { intake, labels, had: Stored::new() });
        }
        Ok(Jobs { jobs, stored: 0, refused: 0 })
    }

    /// Waits until all jobs were scraped once more, and tells how what they have differs from what they should.
    async fn compare(
        &mut self,
        client: &Prometheus,
        exposition: &Exposition<'_>,
    ) -> Result<Vec<String>, Failed> {
        let began_ms = jiff::Timestamp::now().as_millisecond();
        let last_ms = until("scrapes", || async {
            let answer = client
                .query("timestamp(up{tag!=\"\"})", began_ms + 60_000)
                .await
                .map_err(|error| error.to_string())?;
            let Value::Vector(stamps) = answer.value else { return Err("no vector".to_owned()) };
            let stamps = stamps.iter().map(|stamp| (stamp.value * 1000.0) as i64);
            let late = stamps.filter(|at| began_ms < *at).collect::<Vec<_>>();
            if late.len() == self.jobs.len() {
                Ok(late.into_iter().max().unwrap_or(began_ms))
            } else {
                Err(format!("{} of {} were scraped", late.len(), self.jobs.len()))
            }
        })
        .await;
        let answer = client.query("{tag!=\"\"}", last_ms).await?;
        let Value::Vector(found) = answer.value else { return Err("no vector".into()) };
        let mut by_tag: BTreeMap<String, Stored> = BTreeMap::new();
        for sample in found {
            let tag = sample.labels.get("tag").unwrap_or_default().to_owned();
            let labels = sample.labels.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            by_tag.entry(tag).or_default().insert(labels, sample.value);
        }
        let mut wrong = Vec::new();
        for (tag, job) in &mut self.jobs {
            let (stored, refused) = job.after(exposition);
            self.stored += stored.len();
            self.refused += usize::from(refused.is_some());
            let found = by_tag.remove(tag).unwrap_or_default();
            let line =
                |(labels, value): (&Vec<(String, String)>, &f64)| format!("{labels:?} {value}");
            let differs = |one: &Stored, other: &Stored| -> Vec<String> {
                let only = one.iter().filter(|(labels, value)| other.get(*labels) != Some(value));
                only.take(3).map(line).collect()
            };
            let own = |labels: &[(String, String)]| {
                labels.iter().any(|(n, v)| n == "__name__" && NOT_COMPARED.contains(&v.as_str()))
            };
            let found: Stored = found.into_iter().filter(|(labels, _)| !own(labels)).collect();
            let (missing, strange) = (differs(&stored, &found), differs(&found, &stored));
            if !missing.is_empty() || !strange.is_empty() {
                wrong.push(format!(
                    "{tag} {:?} {refused:?}\n  expected {missing:#?}\n  found {strange:#?}",
                    job.intake
                ));
            }
            job.had = stored;
        }
        Ok(wrong)
    }
}

impl Job {
    /// What is there after a scrape, `up` and the like included, and why nothing new is.
    fn after(&self, exposition: &Exposition<'_>) -> (Stored, Option<Refusal>) {
        let mut reading = self.intake.read(&self.labels, exposition);
        if self.intake.refuses_body(exposition) {
            let refused = Some(Refusal::Limit(Limit::Body));
            reading = Reading { refused, ..Reading::default() };
        }
        let values = exposition.values();
        let is_own = |labels: &[(String, String)]| {
            labels.iter().any(|(n, v)| n == "__name__" && (v == "up" || v.starts_with("scrape_")))
        };
        let mut stored: Stored = match reading.refused {
            None => reading.stored.into_iter().map(|(nth, labels)| (labels, values[nth])).collect(),
            Some(refused) if refused.freezes() => {
                self.had.iter().filter(|(l, _)| !is_own(l)).map(|(l, v)| (l.clone(), *v)).collect()
            }
            Some(_) => Stored::new(),
        };
        for (name, value) in [
            ("up", f64::from(u8::from(reading.refused.is_none()))),
            ("scrape_samples_scraped", reading.scraped as f64),
            ("scrape_samples_post_metric_relabeling", reading.kept as f64),
        ] {
            stored.insert(Intake::of_target(&self.labels, name), value);
        }
        (stored, reading.refused)
    }
}
