//! `dashproof capacity`: what rules and panels cost at scale.

use std::path::PathBuf;

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sim::time::Nanos;

use super::{
    Failure, Surroundings,
    engine::EngineArgs,
    failure,
    files::{self, Places},
    format::Format,
    gc,
    output::Output,
    runner::{self, Stop},
};
use proof::verify::Verifier;
use rules::capacity::{CapacityError, CapacityNotice, CapacityReport, Growth, Plan, measure};
use scenario::Overrides;

use crate::report::{
    Conclusion,
    capacity::{self as shown, Budgets},
    paint::Paint,
};

/// What is stored how often, and what may be spent on it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The scenario whose samples are stored
    #[arg(long, value_name = "NAME", default_value = "chat")]
    scenario: String,
    /// How much of the scenario is stored
    #[arg(long, value_name = "SPAN", default_value = "1h", value_parser = files::span)]
    span: Nanos,
    /// The scales to try: 10 means ten times as much as the scenario has
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_values_t = [1, 10, 100], value_parser = clap::value_parser!(u32).range(1..=10_000))]
    scale: Vec<u32>,
    /// What is multiplied
    #[arg(long, value_enum, default_value_t = More::Instances)]
    more: More,
    /// The largest part of its interval that a rule group may take, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.5, value_parser = share)]
    group_budget: f64,
    /// The longest time that loading a panel may take
    #[arg(long, value_name = "SPAN", default_value = "2s", value_parser = files::span)]
    panel_budget: Nanos,
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

#[derive(Clone, Copy, Debug, ValueEnum)]
enum More {
    /// Copies of each module.
    Instances,
    /// Values of one label that every series has.
    Labels,
}

const EXAMPLES: &str = "\
Stores the samples of a scenario once, ten times, a hundred times, each time in a fresh Prometheus, and \
asks every rule and panel there. Wall times: compare them within one run, on a machine that does nothing \
else. A hundred times an hour of chat is 60 million samples: allow for 3 GB of memory and some minutes. \
Exit code 1: something exceeds its budget.

Examples:
  dashproof capacity --scale 1,10
  dashproof capacity --monitoring ./mine --more labels --panel-budget 500ms";

fn share(text: &str) -> Result<f64, String> {
    let share: Option<f64> = text.parse().ok().filter(|share| 0.0 < *share && *share <= 1.0);
    share.ok_or_else(|| "expected a share above 0, at most 1, such as 0.5".to_owned())
}

pub(super) async fn run(args: Args, at: &Surroundings, output: Output) -> Result<u8, Failure> {
    let target = output.target(args.output.as_deref())?;
    let mut stop = Stop::listen()?;
    let report = tokio::select! {
        report = report(&args, at) => report?,
        () = stop.wanted() => {
            output.print("interrupted: nothing was measured yet\n")?;
            return Ok(Conclusion::Interrupted.exit_code());
        }
    };
    let panel = args.panel_budget.0 as f64 / 1e9;
    let budgets = Budgets { group: args.group_budget, panel };
    let text = |paint: Paint| match args.format {
        Format::Text => shown::text(&report, budgets, paint),
        Format::Json => shown::json(&report, budgets),
    };
    target.write(text)?;
    let fits = shown::fits(&report, budgets);
    Ok(if fits { Conclusion::Held } else { Conclusion::Broke }.exit_code())
}

async fn report(args: &Args, at: &Surroundings) -> Result<CapacityReport, Failure> {
    let monitoring = files::monitoring(&args.places.monitoring(&at.directory)?)?;
    let directory = args.places.scenarios(&at.directory)?;
    let contracts = files::contracts(&directory)?;
    let mut scenario = files::scenario(&directory, &args.scenario)?;
    let overrides = Overrides { duration: Some(args.span), ..Overrides::default() };
    scenario = scenario.with(&overrides).0;
    gc::collect(at).await?;
    let binary = args.engine.provide_for(&monitoring.directory, &at.environment).await?;
    let verifier = Verifier::new(monitoring, contracts, binary, at.environment.clone());
    let mut scales = args.scale.clone();
    scales.sort_unstable();
    scales.dedup();
    let growth = match args.more {
        More::Instances => Growth::Instances,
        More::Labels => Growth::Labels,
    };
    let bar = ProgressBar::new(1);
    let shown = at.interactive && !args.quiet;
    bar.set_draw_target(if shown {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    });
    let style = ProgressStyle::with_template("{wide_msg} {pos}/{len} {elapsed:.dim}");
    bar.set_style(style.expect("the template is a constant"));
    let found =
        measure(&verifier, &scenario, &Plan { scales, growth }, &mut |notice| match notice {
            CapacityNotice::Simulating => bar.set_message("simulating"),
            CapacityNotice::Storing(factor) => bar.set_message(format!("storing {factor}x")),
            CapacityNotice::Asked(factor, done, of) => {
                bar.set_message(format!("asking at {factor}x"));
                bar.set_length(of as u64);
                bar.set_position(done as u64);
            }
        })
        .await;
    bar.finish_and_clear();
    found.map_err(|error| {
        let remedy = match &error {
            CapacityError::Verify(error) => runner::remedy(error),
            _ => "Prometheus may have run out of memory or disk: try a smaller --scale or --span",
        };
        Failure::new(failure::chain(&error), remedy)
    })
}
