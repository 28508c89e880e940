//! `dashproof why`: an alert rule taken apart at one instant of a scenario.

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
use monitoring::RuleKind;
use prom::nearest::nearest;
use proof::{
    verify::Verifier,
    why::{WhyError, explain},
};
use scenario::Overrides;

use crate::report::{Conclusion, why as shown};

/// Which alert, when, and how it is told.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The alert's name
    #[arg(value_name = "ALERT")]
    alert: String,
    /// The scenario to look at
    #[arg(long, value_name = "NAME")]
    scenario: String,
    /// The instant to explain, counted from the start of the scenario, such as 47m30s
    /// [default: when it first fires, or when it comes nearest to firing]
    #[arg(long, value_name = "SPAN", value_parser = files::span)]
    at: Option<Nanos>,
    /// Use this seed instead of the scenario's own
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// No progress
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    engine: EngineArgs,
}

const EXAMPLES: &str = "\
Shows each part of the rule's expression around the instant, the state of its alerts and how long `for` still \
takes. Below every recorded series it shows the value that the series should have, as the ledger knows it.

Examples:
  dashproof why LlmProviderErrorRateHigh --scenario provider-outage
  dashproof why ModuleDown --scenario module-down --at 41m";

pub(super) async fn run(args: Args, at: &Surroundings, output: Output) -> Result<u8, Failure> {
    let mut stop = Stop::listen()?;
    let text = tokio::select! {
        text = told(&args, at, output) => text?,
        () = stop.wanted() => {
            output.print("interrupted: nothing is known yet\n")?;
            return Ok(Conclusion::Interrupted.exit_code());
        }
    };
    output.print(&text)?;
    Ok(0)
}

async fn told(args: &Args, at: &Surroundings, output: Output) -> Result<String, Failure> {
    let monitoring = files::monitoring(&args.places.monitoring(&at.directory)?)?;
    let directory = args.places.scenarios(&at.directory)?;
    let contracts = files::contracts(&directory)?;
    let scenario = files::scenario(&directory, &args.scenario)?;
    let overrides = Overrides { seed: args.seed, ..Overrides::default() };
    let (scenario, _) = scenario.with(&overrides);
    if args.at.is_some_and(|at| at > scenario.duration) {
        let length = prom::words::span(scenario.duration.as_millis() as i64);
        return Err(Failure::new("--at is after the scenario's end", format!("it lasts {length}")));
    }
    let rules =
        monitoring.rules.iter().flat_map(|file| &file.groups).flat_map(|group| &group.rules);
    let alerts: Vec<String> = rules
        .filter(|rule| matches!(rule.kind, RuleKind::Alert { .. }))
        .map(|rule| rule.name().to_owned())
        .collect();
    if !alerts.contains(&args.alert) {
        return Err(unknown(&args.alert, &alerts));
    }
    gc::collect(at).await?;
    let binary = args.engine.provide_for(&monitoring.directory, &at.environment).await?;
    let verifier = Verifier::new(monitoring, contracts, binary, at.environment.clone());
    let show = if at.interactive && !args.quiet { Show::Bars } else { Show::Nothing };
    let progress = Progress::of_one(show);
    let line = progress.begin(&scenario.name);
    let at_ms = args.at.map(|at| at.as_millis() as i64);
    let found =
        explain(&verifier, &scenario, &args.alert, at_ms, &mut |notice| line.notice(&notice)).await;
    progress.finish();
    let found = found.map_err(|error| failed(&error))?;
    Ok(match args.format {
        Format::Json => shown::json(&found, &scenario),
        Format::Text => {
            let each: Vec<String> =
                found.iter().map(|one| shown::text(one, &scenario, output.paint)).collect();
            each.join("\n")
        }
    })
}

fn unknown(alert: &str, alerts: &[String]) -> Failure {
    let remedy = match nearest(alert, alerts.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the rules raise {}", alerts.join(", ")),
    };
    Failure::new(format!("no rule raises the alert `{alert}`"), remedy)
}

fn failed(error: &WhyError) -> Failure {
    let remedy = match error {
        WhyError::Verify(error) => runner::remedy(error),
        _ => "`promtool check rules` says more about the rule",
    };
    Failure::new(failure::chain(error), remedy)
}
