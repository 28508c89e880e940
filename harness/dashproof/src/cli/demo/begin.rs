//! The start: ports, the story, servers with its history, the control API.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    extract::Request,
    http::{Method, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use modules::{clock::Clock, serve::HttpServer};
use sim::{label::Label, time::Nanos};

use super::Args;
use live::{
    control::{self, Controlled},
    demo::{Step, ports, seam::Bridge, servers},
    stack::{LiveStack, StackPlan},
};
use monitoring::Monitoring;
use scenario::Overrides;
use stack::{backend::Stack, deploy::Cadence};

use crate::{
    cli::{
        Failure, Surroundings,
        backend::{Auto, Chosen},
        failure, files, gc,
        running::{Engines, Named},
        serve::{self, PortArgs},
    },
    report::words,
};

/// What runs.
pub(super) struct Begun {
    pub(super) controlled: Arc<Controlled>,
    pub(super) servers: LiveStack,
    pub(super) bridge: Bridge,
    pub(super) control: HttpServer,
    /// Whether the story may be changed.
    pub(super) open: Arc<AtomicBool>,
    /// Where the servers run, and why.
    pub(super) chosen: Chosen,
    /// Prometheus and Alertmanager, by version.
    pub(super) engines: Named,
    /// How long starting took, in words.
    pub(super) took: String,
}

/// Alerts within seconds: a `for` of a minute is 4 s, the evaluation of a rule every 2 s.
const FAST: Cadence = Cadence { scrape_ms: 1_000, timeout_ms: 1_000, divisor: 15, least_for_ms: 0 };
const HISTORY: Nanos = Nanos(6 * Nanos::HOUR.0);
/// Five times as many samples an hour, and fifteen times as many evaluations.
const FAST_HISTORY: Nanos = Nanos::HOUR;

/// Why the story cannot be changed during the first seconds.
pub(super) const NOT_YET: &str = "not yet: incidents are possible once Prometheus has scraped every module, \
     in a few seconds";

pub(super) async fn begin(args: &Args, at: &Surroundings) -> Result<Begun, Failure> {
    let began = Instant::now();
    let monitoring = files::monitoring(&args.places.monitoring(&at.directory)?)?;
    let scenario = files::scenario(&args.places.scenarios(&at.directory)?, &args.name)?;
    gc::collect(at).await?;
    let chosen = args.backend.choose(&monitoring.directory, at, Auto::Containers).await?;
    let listen = match &chosen.containers {
        Some(site) => site.listen(),
        None => IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    let addresses = PortArgs::of_all(args.ports.clone(), listen).addresses(scenario.replicas)?;
    free(args, &addresses, chosen.grafana().is_ok())?;
    let (stack, engines) = servers(args, at, &chosen, &monitoring).await?;

    let history = args.history.unwrap_or(if args.fast { FAST_HISTORY } else { HISTORY });
    let now_s = jiff::Timestamp::now().as_second();
    let epoch_s = now_s - history.as_secs_f64().ceil() as i64;
    let duration = Some(serve::FOR_EVER);
    let overrides = Overrides { seed: args.seed, duration, ..Overrides::default() };
    let (mut scenario, _) = scenario.with(&overrides);
    // The hours of the day are those of the clock on the wall.
    scenario.epoch = jiff::Timestamp::from_second(epoch_s).unwrap_or(scenario.epoch);
    let clock = Clock::starting_at(epoch_s * 1_000);
    let controlled = Arc::new(serve::begin(scenario.clone(), addresses, clock)?);
    let modules: Vec<_> = controlled.live.addresses().collect();

    let mut progress = Progress::new(at.interactive && !args.quiet);
    let plan = StackPlan {
        monitoring: &monitoring,
        stack: &stack,
        ports: [args.prometheus_port, args.alertmanager_port, args.grafana_port],
        environment: &at.environment,
        targets: modules,
        cadence: args.fast.then_some(FAST),
        edit: None,
    };
    let started = servers::start(plan, (&scenario, clock), |step| progress.at(step)).await;
    let (servers, bridge) = started.map_err(|error| {
        let remedy = "name other servers (--prometheus PATH, --alertmanager PATH) or other ports; `dashproof check` \
                      reads the files";
        Failure::new(failure::chain(&error), remedy)
    })?;
    let open = Arc::new(AtomicBool::new(false));
    let routes = gated(control::router(Arc::clone(&controlled)), &open);
    let control = HttpServer::start(args.control, routes)
        .map_err(|error| serve::refused(&error, "--control 127.0.0.1:0"))?;
    let took = progress.took(began.elapsed(), history);
    let engines = engines.of(&servers).await?;
    Ok(Begun { controlled, servers, bridge, control, open, chosen, engines, took })
}

/// Where servers come from, and which they are, as far as that is known before they run.
async fn servers(
    args: &Args,
    at: &Surroundings,
    chosen: &Chosen,
    monitoring: &Monitoring,
) -> Result<(Stack, Engines), Failure> {
    if let Some(site) = &chosen.containers {
        return Ok((Stack::Containers(site.clone()), Engines::Asked));
    }
    let directory = &monitoring.directory;
    let prometheus = args.engine.provide_beside(directory, &at.environment).await?;
    let alertmanager =
        args.alertmanager.provide_for(monitoring, &args.engine, &at.environment).await?;
    let engines = Engines::Known {
        prometheus: prometheus.to_string(),
        alertmanager: Ok(alertmanager.to_string()),
    };
    Ok((Stack::Native { prometheus, alertmanager: Some(alertmanager) }, engines))
}

/// That every port that was chosen can be had, before anything is started.
fn free(
    args: &Args,
    modules: &[(sim::world::Instance, SocketAddr)],
    grafana: bool,
) -> Result<(), Failure> {
    let loopback = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    let servers = [
        ("Prometheus", loopback(args.prometheus_port)),
        ("Alertmanager", loopback(args.alertmanager_port)),
        ("the control API", args.control),
    ];
    let grafana = grafana.then_some(("Grafana", loopback(args.grafana_port)));
    let modules = modules.iter().map(|(instance, address)| (instance.module.as_str(), *address));
    let chosen = modules.chain(servers).chain(grafana).filter(|(_, address)| address.port() != 0);
    let taken: Vec<String> = ports::taken(chosen).iter().map(ToString::to_string).collect();
    if taken.is_empty() {
        return Ok(());
    }
    let remedy = "end what holds it, or take other ports: --ports, --prometheus-port, --alertmanager-port, --grafana-port, --control; \
                  0 is any free one";
    Err(Failure::new(taken.join("\n"), remedy))
}

/// The control API, which only answers questions until it is open.
fn gated(routes: axum::Router, open: &Arc<AtomicBool>) -> axum::Router {
    let open = Arc::clone(open);
    routes.layer(middleware::from_fn(move |request: Request, next: Next| {
        let closed = request.method() != Method::GET && !open.load(Ordering::Acquire);
        async move {
            if closed {
                return not_yet();
            }
            next.run(request).await
        }
    }))
}

fn not_yet() -> Response {
    let document = serde_json::json!({ "error": NOT_YET });
    (StatusCode::SERVICE_UNAVAILABLE, axum::Json(document)).into_response()
}

/// What is under way, on a terminal, and how long each step took.
struct Progress {
    bar: ProgressBar,
    steps: Vec<(&'static str, Instant)>,
}

impl Progress {
    fn new(shows: bool) -> Progress {
        let bar = ProgressBar::new_spinner();
        if !shows {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        let style = ProgressStyle::with_template("{spinner} {wide_msg}");
        bar.set_style(style.expect("the template is a constant"));
        bar.enable_steady_tick(Duration::from_millis(100));
        bar.set_message("starting");
        Progress { bar, steps: Vec::new() }
    }

    fn at(&mut self, step: Step) {
        let name = match step {
            Step::Phases => "scrape phases",
            Step::History { .. } => "history",
            Step::Rules => "recording rules",
            Step::Starting => "servers",
        };
        if self.steps.last().is_none_or(|(last, _)| *last != name) {
            self.steps.push((name, Instant::now()));
        }
        let clock = |at: Nanos| words::span(at.as_millis() as i64 / 1000 * 1000);
        self.bar.set_message(match step {
            Step::Phases => {
                "waiting for the first scrape of each module (5 s and a scrape interval)".to_owned()
            }
            Step::History { reached, of } => {
                format!("writing the history: {} of {}", clock(reached), clock(of))
            }
            Step::Rules => "evaluating recording rules over the history".to_owned(),
            Step::Starting => "starting Prometheus and Alertmanager".to_owned(),
        });
    }

    /// The line that says how long starting took.
    fn took(self, whole: Duration, history: Nanos) -> String {
        self.bar.finish_and_clear();
        let ends = self.steps.iter().skip(1).map(|(_, at)| *at).chain([Instant::now()]);
        let parts = self.steps.iter().zip(ends).map(|((name, at), end)| {
            format!("{name} {:.1}", end.duration_since(*at).as_secs_f64())
        });
        let parts = parts.collect::<Vec<_>>().join(", ");
        let history = words::span(history.as_millis() as i64);
        format!("{history} of history after {:.1} s ({parts})", whole.as_secs_f64())
    }
}
