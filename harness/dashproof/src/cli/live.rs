//! `dashproof live`: stories played in real time against servers of their own.

use std::{path::Path, sync::Arc, thread};

use sim::time::Nanos;

use super::{
    Failure, Surroundings,
    backend::{Auto, BackendArgs},
    engine::{AlertmanagerArgs, EngineArgs},
    failure,
    files::{self, Places},
    gc,
    output::Output,
    progress::{Progress, Show},
    report::ReportArgs,
    runner::{self, Judge, Stop, Waiting},
};
use live::{LiveRoad, SHORT, at_once};
use prom::{duration, version::Version};
use proof::verify::Verifier;
use scenario::{Overrides, Scenario};
use stack::{backend::Stack as Backend, contained::Containers, native::Options};

use crate::report::{
    Conclusion, Run, Stack,
    replay::{Replay, Road},
};

/// Stories side by side at the most, each with two servers of its own.
const MOST: usize = 32;

/// Nobody waits longer.
const LONGEST: Nanos = Nanos(15 * Nanos::MINUTE.0);

/// What is played, by which servers, and how it is reported.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Stories of `scenarios/live/`, or scenarios of at most 15 minutes [default: all of `scenarios/live/`]
    #[arg(value_name = "STORY")]
    names: Vec<String>,
    /// Use this seed instead of the story's own
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Only panels, rules and alerts whose path contains TEXT (see `dashproof verify --help`). The wiring (scrapes,
    /// targets, loaded rules, notifications) is judged in any case
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// How many stories are played at the same time, each with its own servers [default: three for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=MOST as i64))]
    jobs: Option<u8>,
    /// Keep the servers' directories after the run, and print where they are
    #[arg(long)]
    keep: bool,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    backend: BackendArgs,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    alertmanager: AlertmanagerArgs,
    #[command(flatten)]
    report: ReportArgs,
}

const EXAMPLES: &str = "\
The modules serve /metrics on free ports. Prometheus runs on a copy of the monitoring \
directory and scrapes them; Alertmanager notifies a receiver of Dashproof. The report lists where the copy \
differs: addresses, receiver, intervals, timings. A story with `pace: shipped` keeps every \
shipped interval and timing.

Examples:
  dashproof live                                  all stories, about a minute each
  dashproof live module-down --format json        one story, for programs
  dashproof live --suite unstable                 with the servers of Debian unstable
  dashproof live baseline --monitoring ./mine     your own files";

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
    let (road, mut run, waiting) = prepared;
    let progress = Progress::new(Show::of(args.report.quiet, at.interactive), waiting.len());
    let judge = Judge::Live(Arc::new(road));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let jobs = jobs(args.jobs, cores);
    let (judged, interrupted) = runner::play(&judge, waiting, jobs, &progress, &mut stop).await;
    progress.finish();
    run.interrupted = interrupted;
    run.outcomes = judged;
    run.outcomes.sort_by(|a, b| a.scenario.name.cmp(&b.scenario.name));
    args.report.show(&run, target)?;
    Ok(run.conclusion().exit_code())
}

/// How many stories are played side by side: as many as asked for, or as many as the cores carry.
fn jobs(asked: Option<u8>, cores: usize) -> usize {
    asked.map_or_else(|| at_once(cores).min(MOST), usize::from)
}

async fn prepare(args: &Args, at: &Surroundings) -> Result<(LiveRoad, Run, Vec<Waiting>), Failure> {
    let directory = args.places.monitoring(&at.directory)?;
    let monitoring = files::monitoring(&directory)?;
    let directory = args.places.scenarios(&at.directory)?;
    let contracts = files::contracts(&directory)?;
    let stories = stories(&directory, &args.names)?;
    files::known_receivers(&stories, &monitoring)?;
    if let Some(only) = &args.only {
        files::known_place(only, &monitoring, &contracts)?;
    }
    gc::collect(at).await?;
    let chosen = args.backend.choose(&monitoring.directory, at, Auto::Native).await?;
    // Its promtool reads the rules in any case.
    let mut binary = args.engine.provide_beside(&monitoring.directory, &at.environment).await?;
    let (stack, told) = match chosen.containers {
        Some(site) => {
            let (version, text) = probe(&site, at).await?;
            binary.version = version;
            let told = Stack::containers(&site, &text, chosen.why);
            (Backend::Containers(site), told)
        }
        None => {
            let alertmanager =
                args.alertmanager.provide_for(&monitoring, &args.engine, &at.environment).await?;
            let told = Stack {
                engine: format!("{binary}, {alertmanager}"),
                ..Stack::native(&binary, chosen.why)
            };
            let prometheus = binary.clone();
            (Backend::Native { prometheus, alertmanager: Some(alertmanager) }, told)
        }
    };
    let run = Run {
        stack: told,
        problems: check::of(&monitoring, &contracts),
        outcomes: Vec::new(),
        alerts: Vec::new(),
        brackets: None,
        whole: false,
        interrupted: false,
        replay: Replay {
            road: Road::Live,
            flags: [
                args.places.flags(),
                args.backend.flags(),
                args.engine.flags(),
                args.alertmanager.flags(),
            ]
            .concat(),
        },
    };
    let mut verifier = Verifier::new(monitoring, contracts, binary, at.environment.clone());
    verifier.files.only.clone_from(&args.only);
    verifier.tools.keep = args.keep;
    verifier.tools.pictures = args.report.wants_pictures();
    let road = LiveRoad { verifier, stack, short: SHORT, edit: None };
    let overrides = Overrides { seed: args.seed, ..Overrides::default() };
    Ok((road, run, stories.into_iter().map(|story| story.with(&overrides)).collect()))
}

/// Which Prometheus the containers have, asked of one that runs.
pub(super) async fn probe(
    site: &Containers,
    at: &Surroundings,
) -> Result<(Version, String), Failure> {
    let failed = |error: &dyn std::error::Error| {
        Failure::new(failure::chain(error), "or use programs of this machine: --stack native")
    };
    let backend = Backend::Containers(site.clone());
    let started = backend.prometheus(&at.environment, &Options::default()).await;
    let server = started.map_err(|error| failed(&error))?;
    let stated = server.client().build_info().await;
    server.stop().await;
    let text = stated.map_err(|error| failed(&error))?.version.unwrap_or_default();
    let version = text.parse::<Version>().map_err(|error| failed(&error))?;
    Ok((version, text))
}

/// The stories with these names: those made for this road first, then any other that is short enough.
fn stories(directory: &Path, names: &[String]) -> Result<Vec<Scenario>, Failure> {
    let own = directory.join(files::LIVE);
    if names.is_empty() {
        return files::scenarios(&own, &[]);
    }
    let known = |name: &String| own.join(format!("{name}.yaml")).is_file();
    let (live, others): (Vec<String>, Vec<String>) = names.iter().cloned().partition(known);
    let mut stories = Vec::new();
    if !live.is_empty() {
        stories.extend(files::scenarios(&own, &live)?);
    }
    if !others.is_empty() {
        stories.extend(files::scenarios(directory, &others)?);
    }
    let span = |length: Nanos| duration::format(length.as_millis() as i64);
    let long: Vec<String> = stories
        .iter()
        .filter(|story| LONGEST < story.duration)
        .map(|story| format!("{} lasts {}", story.name, span(story.duration)))
        .collect();
    if !long.is_empty() {
        let message = format!(
            "{}, and a live story takes as long as it lasts: at most {} is allowed",
            long.join(", "),
            span(LONGEST)
        );
        let remedy = "use `dashproof verify`, which plays it in virtual time; short stories for `live` are in scenarios/live/";
        return Err(Failure::new(message, remedy));
    }
    Ok(stories)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_side_by_side_follows_the_cores_unless_it_is_told() {
        assert_eq!([1, 2, 4, 64].map(|cores| jobs(None, cores)), [3, 6, 12, MOST]);
        assert_eq!([1, 2, 4, 64].map(|cores| jobs(Some(5), cores)), [5; 4]);
    }
}
