//! Lost wiring is found, and its cause is named: each mistake is made in the copy that the servers run on.

use std::{
    fs, io,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
};

use axum::{Router, extract::State, routing::get};
use libtest_mimic::{Failed, Trial};
use live::run::Edit;
use modules::serve::HttpServer;
use proof::verify::wiring::Part;
use sim::time::Nanos;
use stack::prometheus_binary::PrometheusBinary;

use crate::stories::{bench, lines::on_each_line};

/// Long enough for a failure to be told, short enough for many.
pub(crate) const LASTS: Nanos = Nanos(25 * Nanos::SECOND.0);

/// A mistake, with the part of the wiring that must turn red and words that name its cause.
struct Mistake {
    name: &'static str,
    story: &'static str,
    edit: fn() -> Box<Edit>,
    part: Part,
    words: &'static [&'static str],
}

const MISTAKES: [Mistake; 7] = [
    Mistake {
        name: "a_wrong_path",
        story: "baseline",
        edit: || Box::new(wrong_path),
        part: Part::Scrapes,
        words: &["llm-provider", "every scrape fails", "404"],
    },
    Mistake {
        name: "no_alertmanager_to_send_to",
        story: "baseline",
        edit: || Box::new(no_alertmanager),
        part: Part::Notifications,
        words: &["never found an Alertmanager", "alerting.alertmanagers"],
    },
    Mistake {
        name: "a_wrong_port",
        story: "baseline",
        edit: || Box::new(wrong_port),
        part: Part::Scrapes,
        words: &[
            "llm-provider at 127.0.0.1:",
            "is not a target",
            "127.0.0.1:1/metrics",
            "connection refused",
        ],
    },
    Mistake {
        name: "a_missing_module_label",
        story: "baseline",
        edit: || Box::new(no_module_label),
        part: Part::Scrapes,
        words: &["llm-provider", "set the label `module` in relabel_configs"],
    },
    Mistake {
        name: "a_rule_file_that_is_not_loaded",
        story: "baseline",
        edit: || Box::new(no_alerts),
        part: Part::Rules,
        words: &["rules/alerts.yml is not loaded"],
    },
    Mistake {
        name: "a_route_to_nowhere",
        story: "module-down",
        edit: || Box::new(to_nowhere),
        part: Part::Notifications,
        words: &["ModuleDown (critical) fired, but nobody can be notified", "\"quiet\""],
    },
    Mistake {
        name: "a_scrape_slower_than_its_timeout",
        story: "baseline",
        edit: slow_scrape,
        part: Part::Scrapes,
        words: &[
            "llm-provider",
            "Prometheus counts the scrape as failed",
            "deadline exceeded",
            "scrape_timeout",
        ],
    },
];

pub(crate) fn trials() -> Vec<Trial> {
    let of = |mistake: &'static Mistake| {
        on_each_line(&format!("lost_wiring::{}", mistake.name), move |binary| {
            found(binary, mistake)
        })
    };
    MISTAKES.iter().flat_map(of).collect()
}

fn found(binary: &PrometheusBinary, mistake: &Mistake) -> Result<(), Failed> {
    let mut story = bench::story(mistake.story)?;
    if mistake.story == "baseline" {
        story.duration = LASTS;
    }
    let mut road = bench::road(binary)?;
    road.edit = Some((mistake.edit)());
    let report = bench::play(&road, &story)?;
    let red = report.wiring.iter().find(|wiring| wiring.part == mistake.part);
    let lines = red.map(|wiring| wiring.broken.clone()).unwrap_or_default();
    let named = lines.iter().any(|line| mistake.words.iter().all(|words| line.contains(words)));
    if named && !report.held() {
        return Ok(());
    }
    let text = bench::told(&road, &story, report);
    Err(Failed::from(format!("expected {:?} in {lines:#?}\n{text}", mistake.words)))
}

fn replace(file: &Path, from: &str, to: &str) -> io::Result<()> {
    let text = fs::read_to_string(file)?;
    assert!(text.contains(from), "{} has no {from:?}:\n{text}", file.display());
    fs::write(file, text.replace(from, to))
}

/// The address in a file of targets that has one.
fn target(file: &Path) -> io::Result<String> {
    let text = fs::read_to_string(file)?;
    let at = text.find("127.0.0.1:").expect("modules are served on loopback");
    let rest = &text[at..];
    let end =
        rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':').unwrap_or(rest.len());
    Ok(rest[..end].to_owned())
}

fn wrong_port(copy: &Path) -> io::Result<()> {
    let file = copy.join("prometheus/targets/llm-provider.yml");
    replace(&file, &target(&file)?, "127.0.0.1:1")
}

fn no_module_label(copy: &Path) -> io::Result<()> {
    let label =
        "    relabel_configs:\n      - target_label: module\n        replacement: llm-provider\n";
    replace(&copy.join("prometheus/prometheus.yml"), label, "")
}

fn wrong_path(copy: &Path) -> io::Result<()> {
    let job = "  - job_name: llm-provider\n";
    let wrong = format!("{job}    metrics_path: /metricz\n");
    replace(&copy.join("prometheus/prometheus.yml"), job, &wrong)
}

fn no_alertmanager(copy: &Path) -> io::Result<()> {
    replace(
        &copy.join("prometheus/prometheus.yml"),
        "    - static_configs:\n        - targets: [127",
        "    - static_configs:\n        - targets: []\n          # [127",
    )
}

pub(crate) fn no_alerts(copy: &Path) -> io::Result<()> {
    replace(&copy.join("prometheus/prometheus.yml"), "rules/*.yml", "rules/recording.yml")
}

fn to_nowhere(copy: &Path) -> io::Result<()> {
    let file = copy.join("alertmanager/alertmanager.yml");
    replace(&file, "      receiver: critical\n", "      receiver: quiet\n")
}

/// Something between Prometheus and the module that hands on no answer; the target keeps its name.
fn slow_scrape() -> Box<Edit> {
    type Behind = Arc<Mutex<String>>;
    async fn late(State(behind): State<Behind>) -> String {
        let address = behind.lock().expect("nobody panics with it").clone();
        // The module answers, and nobody hears of it.
        drop(reqwest::get(format!("http://{address}/metrics")).await);
        std::future::pending().await
    }
    let kept: Mutex<Option<HttpServer>> = Mutex::default();
    Box::new(move |copy: &Path| {
        let behind = Behind::default();
        let router = Router::new().route("/metrics", get(late)).with_state(Arc::clone(&behind));
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = HttpServer::start(any, router).map_err(io::Error::other)?;
        let file = copy.join("prometheus/targets/llm-provider.yml");
        let module = target(&file)?;
        let labels = format!(
            "{{ instance: '{module}', __scrape_interval__: 500ms, __scrape_timeout__: 400ms }}"
        );
        let text = format!("- targets: ['{}']\n  labels: {labels}\n", server.address());
        fs::write(&file, text)?;
        *behind.lock().expect("nobody panics with it") = module;
        *kept.lock().expect("nobody panics with it") = Some(server);
        Ok(())
    })
}
