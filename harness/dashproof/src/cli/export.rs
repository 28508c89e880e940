//! `dashproof export`: a scenario as a unit test of rules for promtool.

use std::{fs, path::PathBuf};

use sim::time::Nanos;

use super::{
    Failure, Surroundings,
    engine::EngineArgs,
    failure,
    files::{self, Places},
    gc,
    output::Output,
    progress::{Progress, Show},
    runner::{self, Stop},
};
use proof::{
    export::{Confirmation, ExportError, TEST_FILE, UnitTest, unit_test},
    verify::Verifier,
};

use crate::report::{Conclusion, words};

/// What is exported, how densely, and to where.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The scenario's name
    #[arg(value_name = "SCENARIO")]
    name: String,
    /// The directory for the two files; it is created if it does not exist
    #[arg(long, value_name = "DIR", default_value = ".")]
    output: PathBuf,
    /// The time between samples, and between evaluations: promtool has one interval for both
    #[arg(long, value_name = "SPAN", default_value = "30s", value_parser = files::span)]
    interval: Nanos,
    /// No progress
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    engine: EngineArgs,
}

const EXAMPLES: &str = "\
Writes rules.json (the rules, without annotations) and test.json (samples, and the state of every alert \
at every evaluation), and lets promtool run them. Rules that load more than promtool's 10,000 samples \
are left out and named. Exit code 1: promtool's own rule evaluation gives another result.

Examples:
  dashproof export provider-outage --output unit-test
  promtool test rules unit-test/test.json";

pub(super) async fn run(args: Args, at: &Surroundings, output: Output) -> Result<u8, Failure> {
    let mut stop = Stop::listen()?;
    let (test, confirmation) = tokio::select! {
        found = exported(&args, at) => found?,
        () = stop.wanted() => {
            output.print("interrupted: nothing was written\n")?;
            return Ok(Conclusion::Interrupted.exit_code());
        }
    };
    fs::create_dir_all(&args.output).map_err(|error| Failure::of_writing(&args.output, &error))?;
    test.write(&args.output).map_err(|error| failed(&error))?;
    for (rule, why) in &test.left_out {
        output.print(&format!("left out {rule}: {why}\n"))?;
    }
    let path = args.output.join(TEST_FILE);
    let series = words::counted(test.series.len(), "series").replace("seriess", "series");
    let rules = words::counted(test.timelines.len(), "alert rule");
    output.print(&match &confirmation {
        Confirmation::Confirmed => {
            format!("✓ {}: {rules}, {series}, confirmed by promtool\n", path.display())
        }
        Confirmation::Differs(said) => {
            format!("✗ {}: promtool gives another result:\n{said}\n", path.display())
        }
    })?;
    let confirmed = confirmation == Confirmation::Confirmed;
    Ok(if confirmed { Conclusion::Held } else { Conclusion::Broke }.exit_code())
}

async fn exported(args: &Args, at: &Surroundings) -> Result<(UnitTest, Confirmation), Failure> {
    let interval_ms = args.interval.as_millis() as i64;
    if interval_ms < 1000 {
        return Err(Failure::new("--interval is below a second", "such as --interval 30s"));
    }
    let monitoring = files::monitoring(&args.places.monitoring(&at.directory)?)?;
    let directory = args.places.scenarios(&at.directory)?;
    let contracts = files::contracts(&directory)?;
    let scenario = files::scenario(&directory, &args.name)?;
    gc::collect(at).await?;
    let binary = args.engine.provide_for(&monitoring.directory, &at.environment).await?;
    let verifier = Verifier::new(monitoring, contracts, binary, at.environment.clone());
    let show = if at.interactive && !args.quiet { Show::Bars } else { Show::Nothing };
    let progress = Progress::of_one(show);
    let line = progress.begin(&scenario.name);
    let test =
        unit_test(&verifier, &scenario, interval_ms, &mut |notice| line.notice(&notice)).await;
    let mut test = test.map_err(|error| failed(&error))?;
    let confirmation = test.confirm(&verifier.tools.binary, &verifier.tools.environment).await;
    progress.finish();
    Ok((test, confirmation.map_err(|error| failed(&error))?))
}

fn failed(error: &ExportError) -> Failure {
    let remedy = match error {
        ExportError::Verify(error) => runner::remedy(error),
        ExportError::Write { .. } => "name a directory that is yours: --output DIR",
        _ => "`promtool check rules` says more about the rules",
    };
    Failure::new(failure::chain(error), remedy)
}
