//! `dashproof mutants`: every query, changed a little, asked of a real Prometheus: would anyone notice?

use std::path::PathBuf;

use sim::time::Nanos;

use super::{
    Failure, Surroundings,
    engine::EngineArgs,
    failure,
    files::{self, Places},
    format::Format,
    gc,
    output::Output,
    progress::{Progress, Show},
    runner::{self, Stop},
};
use proof::verify::Verifier;
use rules::mutants::{self, MutationReport};
use scenario::{Overrides, Scenario};

use crate::report::Conclusion;

/// Scenarios under which everything happens, so that wrong queries show; the first tells most of them.
const TEETH: [&str; 2] = ["rough-hours", "long-memory"];

/// Which queries are changed, and under which scenarios they are asked.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Scenarios by name, played in this order until every mutant was noticed
    #[arg(value_name = "SCENARIO", default_values_t = TEETH.map(str::to_owned))]
    names: Vec<String>,
    /// Only panels and recording rules whose path contains TEXT: `dashboard uid/panel title` or `recording rules/NAME`
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Use this seed instead of the scenario's own
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Play only this long, such as 30m
    #[arg(long, value_name = "SPAN", value_parser = files::span)]
    duration: Option<Nanos>,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    engine: EngineArgs,
    /// How the report is written
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Report")]
    format: Format,
    /// Write it to this file instead of standard output
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    output: Option<PathBuf>,
    /// No progress
    #[arg(long, short, help_heading = "Report")]
    quiet: bool,
}

const EXAMPLES: &str = "\
A mutant is a query with one mistake in it: irate instead of rate, another quantile, a lost label, a similar \
metric. If all its answers fit the contract, there is a gap: the query could \
be wrong in that way and nobody would notice. Then the panel is unproven.

Examples:
  dashproof mutants                                          all queries, which takes minutes
  dashproof mutants --only 'llm-provider/Error rate'         one panel
  dashproof mutants chat --duration 30m --only overview      under another scenario";

pub(super) async fn run(args: Args, at: &Surroundings, output: Output) -> Result<u8, Failure> {
    let target = output.target(args.output.as_deref())?;
    let mut stop = Stop::listen()?;
    let report = tokio::select! {
        report = report(&args, at) => report?,
        () = stop.wanted() => {
            output.print("interrupted: no score yet\n")?;
            return Ok(Conclusion::Interrupted.exit_code());
        }
    };
    let text = match args.format {
        Format::Text => report.to_string(),
        Format::Json => {
            serde_json::to_string_pretty(&report).expect("its maps have text keys") + "\n"
        }
    };
    target.write(|_| text.clone())?;
    Ok(if report.proven() { Conclusion::Held } else { Conclusion::Broke }.exit_code())
}

async fn report(args: &Args, at: &Surroundings) -> Result<MutationReport, Failure> {
    let monitoring = files::monitoring(&args.places.monitoring(&at.directory)?)?;
    let directory = args.places.scenarios(&at.directory)?;
    let contracts = files::contracts(&directory)?;
    if let Some(only) = &args.only {
        files::known_place(only, &monitoring, &contracts)?;
    }
    let scenarios = scenarios(args, files::scenarios(&directory, &args.names)?)?;
    gc::collect(at).await?;
    let binary = args.engine.provide_for(&monitoring.directory, &at.environment).await?;
    let mut verifier = Verifier::new(monitoring, contracts, binary, at.environment.clone());
    verifier.files.only.clone_from(&args.only);
    let show = match (args.quiet, at.interactive) {
        (false, true) => Show::Bars,
        _ => Show::Nothing,
    };
    let progress = Progress::of_one(show);
    let line = progress.begin("mutants");
    let report = mutants::run(&verifier, &scenarios, &mut |notice| line.notice(&notice)).await;
    progress.finish();
    report.map_err(|error| Failure::new(failure::chain(&error), runner::remedy(&error)))
}

/// The scenarios in the order in which they were named.
fn scenarios(args: &Args, mut found: Vec<Scenario>) -> Result<Vec<Scenario>, Failure> {
    let nth = |scenario: &Scenario| args.names.iter().position(|name| *name == scenario.name);
    found.sort_by_key(nth);
    if let Some((scenario, trace)) = found.iter().find_map(|s| Some((s, s.needs()?))) {
        let message = format!("scenario `{}` needs {}", scenario.name, trace.file);
        return Err(Failure::new(message, "name another: `dashproof list` names all"));
    }
    let overrides = Overrides { seed: args.seed, duration: args.duration, ..Overrides::default() };
    Ok(found.into_iter().map(|scenario| scenario.with(&overrides).0).collect())
}
