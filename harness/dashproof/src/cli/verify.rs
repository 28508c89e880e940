//! `dashproof verify`: scenarios, played and judged.

use std::{path::PathBuf, sync::Arc};

use sim::time::Nanos;

use super::{
    Failure, Surroundings,
    engine::EngineArgs,
    failure,
    files::{self, Places},
    gc,
    output::Output,
    progress::{Progress, Show},
    report::ReportArgs,
    runner::{self, Judge, Stop, Waiting},
    stack::StackArgs,
};
use prom::duration;
use proof::{
    alert::alert_rules,
    verify::{EngineChoice, Verifier},
};
use rules::bracket::{self, run::BracketReport};
use scenario::{Overrides, Scenario, Traffic};

use crate::report::{
    Conclusion, End, Outcome, Run, proven,
    replay::{Replay, Road},
};

/// What is verified, with which engine, and how it is reported.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Scenarios by name [default: all; see `dashproof list`]
    #[arg(value_name = "SCENARIO")]
    names: Vec<String>,
    /// Use this seed instead of the scenario's own
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Play only this long, such as 30m; incidents that end later are cut, and the report names them
    #[arg(long, value_name = "SPAN", value_parser = files::span)]
    duration: Option<Nanos>,
    /// Only panels, rules and alerts whose path contains TEXT: `dashboard uid/panel title`, `recording rules/NAME` or `alerts/NAME`
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// How many scenarios are played at the same time; in an external database it is always one
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64))]
    jobs: u8,
    /// Keep Prometheus' data after the run, and print where it is
    #[arg(long)]
    keep: bool,
    /// Replay this recorded trace instead of those that the scenarios name: CSV or JSONL, plain or gzip
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// The directory of recorded traces; scenarios name the files in it
    #[arg(long, value_name = "DIR")]
    trace_dir: Option<PathBuf>,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    stack: StackArgs,
    #[command(flatten)]
    report: ReportArgs,
}

const EXAMPLES: &str = "\
Examples:
  dashproof verify                                           everything
  dashproof verify provider-outage --seed 7                  one story, another seed
  dashproof verify --only 'llm-provider/Error rate'          one panel under every scenario
  dashproof verify --only alerts/ModuleDown                  one alert; `alerts/` is all
  dashproof verify chat --duration 30m --monitoring ./mine   a quick look at your own files
  dashproof verify azure-code --trace-dir ~/traces           replay recorded traffic
  dashproof verify --suite unstable                          with the Prometheus of Debian unstable
  dashproof verify chat --prometheus-url http://localhost:8428   in a database that already runs";

pub(super) async fn run(args: Args, at: &Surroundings, output: Output) -> Result<u8, Failure> {
    let target = args.report.target(output)?;
    let mut stop = Stop::listen()?;
    let prepared = tokio::select! {
        prepared = prepare(&args, at) => prepared?,
        () = stop.wanted() => {
            output.print("interrupted: nothing was judged yet\n")?;
            return Ok(Conclusion::Interrupted.exit_code());
        }
    };
    let Prepared { verifier, mut run, waiting } = prepared;
    let progress = Progress::new(Show::of(args.report.quiet, at.interactive), waiting.len());
    let jobs = match verifier.tools.choice {
        EngineChoice::Native | EngineChoice::Containers(_) => usize::from(args.jobs),
        // Prometheus takes samples in the order of time.
        EngineChoice::External(_) => 1,
    };
    let verifier = Arc::new(verifier);
    let judge = Judge::Backfill(Arc::clone(&verifier));
    let (judged, interrupted) = runner::play(&judge, waiting, jobs, &progress, &mut stop).await;
    progress.finish();
    run.interrupted = interrupted;
    if run.whole && !interrupted && !run.alerts.is_empty() {
        run.brackets = tokio::select! {
            found = brackets(&verifier) => Some(found),
            () = stop.wanted() => {
                run.interrupted = true;
                None
            }
        };
    }
    run.outcomes.extend(judged);
    run.outcomes.sort_by(|a, b| a.scenario.name.cmp(&b.scenario.name));
    args.report.show(&run, target)?;
    Ok(run.conclusion().exit_code())
}

/// What the alert rules do around their thresholds.
async fn brackets(verifier: &Verifier) -> Result<BracketReport, String> {
    let files = &verifier.files.monitoring.rules;
    let interval_ms = verifier.files.monitoring.config.evaluation_interval_ms;
    // Only the interval matters: each case has evaluations of its own.
    let rules = alert_rules(files, interval_ms, (0, 0), |_, _, _| 0);
    let recorded = monitoring::recorded::recorded_labels(files);
    let brackets = rules.iter().map(|rule| bracket::bracket(rule, &recorded)).collect();
    let (binary, environment) = (&verifier.tools.binary, &verifier.tools.environment);
    let report = bracket::run::run(&rules, brackets, binary, environment, |_| ()).await;
    let mut report = report.map_err(|error| failure::chain(&error))?;
    let specified = bracket::specified::specified(&rules, &verifier.files.contracts, &recorded);
    let by_contracts = bracket::specified::run(specified, binary, environment, |_| ()).await;
    report.alerts.extend(by_contracts.map_err(|error| failure::chain(&error))?.alerts);
    Ok(report)
}

struct Prepared {
    verifier: Verifier,
    /// Without those that are yet to be played.
    run: Run,
    waiting: Vec<Waiting>,
}

async fn prepare(args: &Args, at: &Surroundings) -> Result<Prepared, Failure> {
    let directory = args.places.monitoring(&at.directory)?;
    let monitoring = files::monitoring(&directory)?;
    let directory = args.places.scenarios(&at.directory)?;
    let contracts = files::contracts(&directory)?;
    let scenarios = files::scenarios(&directory, &args.names)?;
    files::known_receivers(&scenarios, &monitoring)?;
    if let Some(only) = &args.only {
        files::known_place(only, &monitoring, &contracts)?;
    }
    let mut scenarios = with_overrides(args, scenarios)?;
    let chosen = args.stack.choose(&at.environment)?;
    gc::collect(at).await?;
    let binary = args.engine.provide_beside(&monitoring.directory, &at.environment).await?;
    let mut verifier = Verifier::new(monitoring, contracts, binary, at.environment.clone());
    verifier.files.only.clone_from(&args.only);
    verifier.tools.keep = args.keep;
    verifier.tools.pictures = args.report.wants_pictures();
    let stack = args.stack.prepare(chosen, at, &mut verifier, &mut scenarios).await?;
    let mut run = Run {
        stack,
        problems: check::of(&verifier.files.monitoring, &verifier.files.contracts),
        outcomes: Vec::new(),
        alerts: proven::rules(&verifier.files.monitoring, &verifier.files.contracts),
        brackets: None,
        whole: args.names.is_empty() && args.only.is_none() && args.duration.is_none(),
        interrupted: false,
        replay: Replay { road: Road::Backfill, flags: flags(args) },
    };
    let mut waiting = Vec::new();
    for (scenario, cut) in scenarios {
        let Some(trace) = scenario.needs() else {
            waiting.push((scenario, cut));
            continue;
        };
        let end = End::NotRun {
            needs: trace.file.clone(),
            remedy: format!("get it from {} and name its directory: --trace-dir DIR", trace.source),
            named: args.names.contains(&scenario.name),
        };
        run.outcomes.push(Outcome { scenario, cut, end });
    }
    Ok(Prepared { verifier, run, waiting })
}

fn with_overrides(args: &Args, scenarios: Vec<Scenario>) -> Result<Vec<Waiting>, Failure> {
    if let Some(file) = args.trace.as_ref().filter(|file| !file.is_file()) {
        let message = format!("{} is no file", file.display());
        return Err(Failure::new(message, "name the trace's file: --trace FILE"));
    }
    if let Some(directory) = args.trace_dir.as_ref().filter(|directory| !directory.is_dir()) {
        let message = format!("{} is no directory", directory.display());
        return Err(Failure::new(message, "name the traces' directory: --trace-dir DIR"));
    }
    let replays = |scenario: &Scenario| matches!(scenario.traffic, Traffic::Replayed(_));
    if args.trace.is_some() && !scenarios.iter().any(replays) {
        let message = "--trace is given, but none of the chosen scenarios replays a trace";
        let remedy = "choose one that does: `dashproof list` shows which need a trace";
        return Err(Failure::new(message, remedy));
    }
    let overrides = Overrides {
        seed: args.seed,
        duration: args.duration,
        trace: args.trace.clone(),
        trace_dir: args.trace_dir.clone(),
    };
    Ok(scenarios.into_iter().map(|scenario| scenario.with(&overrides)).collect())
}

/// The flags that change what is asked, for the command that asks again.
fn flags(args: &Args) -> Vec<String> {
    let span = |duration: Nanos| duration::format(duration.as_millis() as i64);
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let given = [
        ("--duration", args.duration.map(span)),
        ("--trace", path(&args.trace)),
        ("--trace-dir", path(&args.trace_dir)),
    ];
    let given = given.into_iter().filter_map(|(flag, value)| Some([flag.to_owned(), value?]));
    given
        .flatten()
        .chain(args.places.flags())
        .chain(args.engine.flags())
        .chain(args.stack.flags())
        .collect()
}
