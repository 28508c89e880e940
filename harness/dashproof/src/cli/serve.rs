//! `dashproof serve`: the modules of a scenario as servers, in real time, until somebody ends it.

mod places;
pub(super) mod status;

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use modules::{
    clock::Clock,
    serve::{BindError, Heard, HttpServer, Live, Plan},
};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use sim::{
    label::Label,
    time::Nanos,
    world::{Instance, Module},
};

pub(super) use self::places::PortArgs;
use self::status::Status;
use super::{
    Failure, Surroundings, failure,
    files::{self, Places},
    format::Format,
    output::Output,
    runner::Stop,
};
use live::control::{self, Controlled, Tally};
use scenario::{Overrides, Scenario, Source};
use stack::port;

use crate::report::Conclusion;

/// What is served, and where.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n\nThe control API:\n  {}", control::ENDPOINTS.replace('\n', "\n  ")))]
pub(super) struct Args {
    /// The scenario's name; after its end, traffic continues
    #[arg(value_name = "SCENARIO", default_value = "chat")]
    name: String,
    #[command(flatten)]
    ports: PortArgs,
    /// Where the control API listens; it has no password
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    control: SocketAddr,
    /// Use this seed instead of the scenario's own
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// When the story began, in UTC, such as 2026-01-05T09:00:00Z. Processes with the same scenario, seed and start
    /// show the same numbers [default: now]
    #[arg(long, value_name = "INSTANT")]
    epoch: Option<jiff::Timestamp>,
    /// How the addresses are printed: a line for each
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// No status line
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    places: Places,
}

const EXAMPLES: &str = "\
Examples:
  dashproof serve provider-outage
  dashproof serve chat --module llm-provider --listen 0.0.0.0
  dashproof serve chat --ports 0 --format json";

/// Longer than anybody watches: traffic goes on as it was at the story's end.
pub(super) const FOR_EVER: Nanos = Nanos(366 * 24 * Nanos::HOUR.0);
/// Open files that a thousand scrapers and more need.
const OPEN_FILES: u64 = 8192;

pub(super) async fn run(args: Args, at: &Surroundings, output: Output) -> Result<u8, Failure> {
    let mut stop = Stop::listen()?;
    let directory = args.places.scenarios(&at.directory)?;
    let scenario = files::scenario(&directory, &args.name)?;
    let overrides = Overrides { seed: args.seed, duration: Some(FOR_EVER), ..Overrides::default() };
    let (scenario, _) = scenario.with(&overrides);
    let clock = match args.epoch {
        Some(epoch) => Clock::starting_at(epoch.as_millisecond()),
        None => Clock::starting_now(),
    };
    let addresses = args.ports.addresses(scenario.replicas)?;
    let controlled = Arc::new(begin(scenario, addresses, clock)?);
    let control = HttpServer::start(args.control, control::router(Arc::clone(&controlled)))
        .map_err(|error| refused(&error, "--control 127.0.0.1:0"))?;
    output.print(&listed(&controlled, &control, args.format))?;
    let shows = at.interactive && !args.quiet;
    let mut status = shows.then(|| Status::new(&controlled));
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    let ended = loop {
        tokio::select! {
            () = stop.wanted() => break Ok(Conclusion::Interrupted.exit_code()),
            _ = seconds.tick() => {}
        }
        if controlled.live.balance().is_err() {
            let message = "the simulation has failed; what it would show is not known";
            break Err(Failure::new(message, "report the panic above"));
        }
        if let Some(status) = &mut status {
            status.show(&controlled, "");
        }
    };
    drop(status);
    control.close().await;
    ended
}

/// The story, with its servers.
pub(super) fn begin(
    scenario: Scenario,
    addresses: Vec<(Instance, SocketAddr)>,
    clock: Clock,
) -> Result<Controlled, Failure> {
    // Fewer are no reason not to serve.
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, soft.max(OPEN_FILES.min(hard)), hard);
    }
    let failed = |error| Failure::new(failure::chain(&error), "`dashproof list` names all");
    let engine: sim::engine::Engine<Source> = scenario.engine().map_err(failed)?;
    let tally = Arc::new(Mutex::new(Tally::default()));
    let counting = Arc::clone(&tally);
    let observer = Box::new(move |heard: Heard<'_>| {
        if let Heard::Event(event) = heard {
            counting.lock().unwrap_or_else(PoisonError::into_inner).observe(event);
        }
    });
    let plan = Plan { engine, replicas: scenario.replicas, clock, addresses, observer };
    let live = Live::start(plan).map_err(|error| refused(&error, "--ports 0"))?;
    let Scenario { name, seed, replicas, .. } = scenario;
    Ok(Controlled { scenario: name, seed, replicas, live, tally })
}

/// An address that cannot be had, with whoever has it.
pub(super) fn refused(error: &BindError, any: &str) -> Failure {
    let port = error.address.port();
    if error.source.kind() != std::io::ErrorKind::AddrInUse {
        return Failure::new(
            failure::chain(error),
            "name an address of this machine: --listen ADDRESS",
        );
    }
    let holder = port::holder(port).map(|holder| format!(", held by {holder}"));
    let message =
        format!("port {port} of {} is in use{}", error.address.ip(), holder.unwrap_or_default());
    Failure::new(message, format!("end what holds it, or take any free port: {any}"))
}

/// A line for each address.
fn listed(controlled: &Controlled, control: &HttpServer, format: Format) -> String {
    let mut lines = Vec::new();
    for (instance, address) in controlled.live.addresses() {
        let url = format!("http://{address}/metrics");
        let (module, replica) = (instance.module.as_str(), instance.replica);
        lines.push(match format {
            Format::Json => {
                serde_json::json!({ "module": module, "replica": replica, "url": url }).to_string()
            }
            Format::Text if 1 < controlled.replicas[instance.module.index()] => {
                format!("{module} {replica}: {url}")
            }
            Format::Text => format!("{module}: {url}"),
        });
    }
    let url = format!("http://{}", control.address());
    lines.push(match format {
        Format::Json => serde_json::json!({ "control": url }).to_string(),
        Format::Text => format!("control: {url}/state"),
    });
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A module on the command line.
fn module(text: &str) -> Result<Module, String> {
    let names: Vec<&str> = Module::ALL.iter().map(|module| module.as_str()).collect();
    Module::parse(text).ok_or_else(|| format!("expected one of {}", names.join(", ")))
}

/// Loopback, unless told otherwise.
const LOOPBACK: &str = "127.0.0.1";

/// An address on the command line.
fn ip(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| "expected an IP address such as 127.0.0.1 or 0.0.0.0".to_owned())
}
