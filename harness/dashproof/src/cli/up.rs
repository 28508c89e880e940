//! `dashproof stack up`: the servers of the live road and the modules, without a story to judge.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use modules::{
    clock::Clock,
    serve::{Live, Plan},
};
use sim::{
    label::Label,
    world::{Instance, Module},
};

use super::{
    Failure, Surroundings,
    backend::{Auto, BackendArgs, Chosen},
    engine::{AlertmanagerArgs, EngineArgs, check_routes},
    failure,
    files::{self, Places},
    format::Format,
    gc,
    output::Output,
    runner::Stop,
    running::{Engines, Named},
    serve,
};
use live::stack::{LiveStack, LiveStackError, StackPlan};
use scenario::{Overrides, Source};
use stack::{alertmanager_binary::AlertmanagerBinary, backend::Stack};

use crate::report::{
    Conclusion,
    stack::{self as shown, Shown},
};

/// What is done with a stack.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Start Prometheus, Alertmanager and the modules on free ports, with the shipped configuration, until Ctrl-C
    Up(UpArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
struct UpArgs {
    /// Print how long each step of starting took, once every target was scraped, Alertmanager was found and a rule was
    /// evaluated
    #[arg(long)]
    timings: bool,
    /// End as soon as everything is ready, with exit code 0, instead of running until Ctrl-C
    #[arg(long)]
    exit_when_ready: bool,
    /// Do not start the simulated modules; scrape the targets of the monitoring directory
    #[arg(long)]
    without_modules: bool,
    /// Keep data, logs and the copy of the configuration after the end, and print where they are
    #[arg(long)]
    keep: bool,
    /// The output; in JSON one line for the servers, and one for --timings
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    backend: BackendArgs,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    alertmanager: AlertmanagerArgs,
}

const EXAMPLES: &str = "\
Every interval and timing is as shipped. What differs (addresses, the URL of the receiver) is printed.

Examples:
  dashproof stack up
  dashproof stack up --timings --exit-when-ready
  dashproof stack up --stack containers --timings
  dashproof stack up --monitoring ./mine --without-modules";

/// The story of the modules: it goes on when it is over.
const STORY: &str = "chat";
/// Evaluations and scrapes of the shipped files come within half a minute.
const SETTLE_CEILING: Duration = Duration::from_secs(180);

pub(super) async fn run(args: Args, at: &Surroundings, output: Output) -> Result<u8, Failure> {
    let Command::Up(args) = args.command;
    let mut stop = Stop::listen()?;
    let started = tokio::select! {
        started = start(&args, at, output) => started?,
        () = stop.wanted() => return Ok(Conclusion::Interrupted.exit_code()),
    };
    let (mut stack, modules) = started;
    let outcome = tokio::select! {
        outcome = watch(&mut stack, &args, output) => outcome.map(|()| 0),
        () = stop.wanted() => Ok(Conclusion::Interrupted.exit_code()),
    };
    if args.keep {
        let kept = stack.keep().await;
        let lines: Vec<String> =
            kept.iter().map(|path| format!("kept: {}\n", path.display())).collect();
        // Standard output may be read by a program.
        match args.format {
            Format::Text => output.print(&lines.concat())?,
            Format::Json => {
                let kept: Vec<String> =
                    kept.iter().map(|path| path.display().to_string()).collect();
                output.print(&format!("{}\n", serde_json::json!({ "kept": kept })))?;
            }
        }
    } else {
        stack.stop().await;
    }
    drop(modules);
    outcome
}

/// Starts everything and says where it is.
async fn start(
    args: &UpArgs,
    at: &Surroundings,
    output: Output,
) -> Result<(LiveStack, Option<Live<Source>>), Failure> {
    let directory = args.places.monitoring(&at.directory)?;
    let monitoring = files::monitoring(&directory)?;
    gc::collect(at).await?;
    let chosen = args.backend.choose(&directory, at, Auto::Containers).await?;
    let (stack, engines) = servers(args, at, &chosen, &monitoring).await?;
    let modules = if args.without_modules { None } else { Some(serve(args, at, stack.listen())?) };
    let targets: Vec<(Instance, SocketAddr)> =
        modules.iter().flat_map(|modules| modules.addresses()).collect();
    let plan = StackPlan {
        monitoring: &monitoring,
        stack: &stack,
        ports: [0; 3],
        environment: &at.environment,
        targets: targets.clone(),
        cadence: None,
        edit: None,
    };
    let running = LiveStack::start(plan).await.map_err(|error| refused(&error))?;
    let engines = engines.of(&running).await?;
    let text = tell(args.format, &running, (&chosen, &engines), &targets, &directory);
    output.print(&text)?;
    Ok((running, modules))
}

/// Where servers come from, and which they are, as far as that is known before they run.
async fn servers(
    args: &UpArgs,
    at: &Surroundings,
    chosen: &Chosen,
    monitoring: &monitoring::Monitoring,
) -> Result<(Stack, Engines), Failure> {
    if let Some(site) = &chosen.containers {
        return Ok((Stack::Containers(site.clone()), Engines::Asked));
    }
    let directory = &monitoring.directory;
    let prometheus = args.engine.provide_beside(directory, &at.environment).await?;
    let alertmanager = alertmanager(args, at).await?;
    if let Ok(binary) = &alertmanager {
        check_routes(binary, monitoring).await?;
    }
    let engines = Engines::Known {
        prometheus: prometheus.to_string(),
        alertmanager: alertmanager.as_ref().map(ToString::to_string).map_err(Clone::clone),
    };
    Ok((Stack::Native { prometheus, alertmanager: alertmanager.ok() }, engines))
}

/// Until it is ready, if that is all; else for ever, or until a server ends.
async fn watch(stack: &mut LiveStack, args: &UpArgs, output: Output) -> Result<(), Failure> {
    if args.timings || args.exit_when_ready {
        let settled = stack.until_settled(SETTLE_CEILING).await;
        let timings = settled.map_err(|error| {
            let remedy = "correct the targets, or read the logs of the servers: --keep";
            Failure::new(failure::chain(&error), remedy)
        })?;
        if args.timings {
            output.print(&match args.format {
                Format::Text => shown::timings_text(&timings),
                Format::Json => shown::timings_json(&timings),
            })?;
        }
    }
    if args.exit_when_ready {
        return Ok(());
    }
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    loop {
        seconds.tick().await;
        if let Some(end) = stack.end_of_its_own().await {
            return Err(Failure::new(end, "read its whole log: --keep"));
        }
    }
}

/// The Alertmanager, or why there is none; one that was named must be there.
async fn alertmanager(
    args: &UpArgs,
    at: &Surroundings,
) -> Result<Result<AlertmanagerBinary, String>, Failure> {
    let named = args.alertmanager.alertmanager.is_some() || at.environment.alertmanager.is_some();
    match args.alertmanager.provide(&args.engine, &at.environment).await {
        Err(error) if named => Err(error),
        provided => Ok(provided.map_err(|error| error.message)),
    }
}

/// The modules on free ports.
fn serve(args: &UpArgs, at: &Surroundings, listen: IpAddr) -> Result<Live<Source>, Failure> {
    let directory = args.places.scenarios(&at.directory)?;
    let overrides = Overrides { duration: Some(serve::FOR_EVER), ..Overrides::default() };
    let (story, _) = files::scenario(&directory, STORY)?.with(&overrides);
    let failed = |error: &dyn std::error::Error| {
        Failure::new(failure::chain(error), "serve none: --without-modules")
    };
    let any_port = SocketAddr::new(listen, 0);
    let first = |&module: &Module| (Instance { module, replica: 0 }, any_port);
    let plan = Plan {
        engine: story.engine().map_err(|error| failed(&error))?,
        replicas: story.replicas,
        clock: Clock::starting_now(),
        addresses: Module::ALL.iter().map(first).collect(),
        observer: Box::new(|_| {}),
    };
    Live::start(plan).map_err(|error| failed(&error))
}

fn tell(
    format: Format,
    stack: &LiveStack,
    (chosen, engines): (&Chosen, &Named),
    modules: &[(Instance, SocketAddr)],
    shipped: &std::path::Path,
) -> String {
    let alertmanager = match (&engines.alertmanager, stack.alertmanager_url()) {
        (Ok(which), Some(url)) => Ok((which.clone(), url)),
        (Ok(_), None) => Err("the monitoring directory has no alertmanager.yml".to_owned()),
        (Err(why), _) => Err(why.clone()),
    };
    let kind = if chosen.containers.is_some() { "containers" } else { "native" };
    let not_here = || chosen.grafana().err().unwrap_or("it was not started").to_owned();
    let shown = Shown {
        stack: (kind, chosen.why.clone()),
        grafana: stack.servers().grafana_url().ok_or_else(not_here),
        prometheus: engines.prometheus.clone(),
        prometheus_url: stack.prometheus_url(),
        alertmanager,
        receiver_url: stack.receiver().url(),
        modules,
        shipped: shipped.display().to_string(),
        directory: stack.deployment().directory().display().to_string(),
        differences: stack.deployment().differences(),
        contained: stack.servers().differences(),
        lost: stack.servers().lost(),
    };
    match format {
        Format::Text => shown::text(&shown),
        Format::Json => shown::json(&shown),
    }
}

/// A stack that cannot be started, with what can be done.
fn refused(error: &LiveStackError) -> Failure {
    let remedy = match error {
        LiveStackError::Port(_) | LiveStackError::Receiver(_) => "end what holds so many ports",
        LiveStackError::Deploy(_) => {
            "correct the files, or name another directory: --monitoring DIR"
        }
        LiveStackError::Edit { .. } => "name another temporary directory: TMPDIR=DIR",
        LiveStackError::Refused(_) => {
            "correct what promtool or amtool reports; they read a copy of the monitoring directory"
        }
        LiveStackError::Start(_) => {
            "name another Prometheus (--prometheus PATH) or Alertmanager (--alertmanager PATH)"
        }
    };
    Failure::new(failure::chain(error), remedy)
}
