//! The `dashproof` command: what can be typed, and what is done then.
//!
//! `main` parses [`Args`] and calls [`run`], which returns the exit code or one [`Failure`]. Each subcommand is a file
//! of its own. Only here and in `main` is anything printed; everything that is said comes from `report`.

mod alerts;
mod backend;
mod bracket;
mod capacity;
mod check;
mod demo;
mod engine;
mod export;
mod failure;
mod files;
mod format;
mod gc;
mod list;
mod live;
mod mutants;
mod output;
mod progress;
mod report;
mod runner;
mod running;
mod serve;
mod stack;
mod terminal;
mod up;
mod verify;
mod why;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

pub use failure::Failure;
use output::Output;

use ::stack::environment::Environment;

use crate::report::paint::Paint;

/// Proves that dashboards, queries and rules show what really happened.
///
/// Dashproof simulates the traffic of an LLM application. A real Prometheus observes it through the files of
/// `monitoring/`. Dashproof asks every panel what it shows, and compares the answers with what really happened.
#[derive(Debug, Parser)]
#[command(name = "dashproof", version, propagate_version = true, after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
    /// When to use colours; with NO_COLOR set, never.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    color: Colour,
}

const EXAMPLES: &str = "\
Examples:
  dashproof verify                            every panel under every scenario
  dashproof verify provider-outage burst      under these two
  dashproof verify --only 'overview/Cost'     only panels, rules and alerts whose path contains this
  dashproof verify --format junit --output verify.xml
  dashproof check                             read the files and compare them; run nothing
  dashproof mutants --only overview           would anyone notice if a query were wrong?
  dashproof alerts                            how often will the rules call people for nothing?
  dashproof why ModuleDown --scenario restart why did this alert not fire?
  dashproof serve chat                        the modules on ports 8000 to 8002, live
  dashproof demo                              the whole stack, live, with hours of history
  dashproof stack up --timings                the shipped files on free ports, and start-up times
  dashproof list                              the scenarios

Exit codes: 0 everything held; 1 something is broken or unproven; 2 something could not be judged; \
130 interrupted.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Play scenarios and judge every panel, recording rule and alert against what really happened
    Verify(Box<verify::Args>),
    /// Read all files, compare them with each other, and say what is wrong; runs nothing
    Check(check::Args),
    /// Mutation test: make one mistake in each query, and see whether the judgement notices
    Mutants(mutants::Args),
    /// Try alert rules on many simulated days and incidents: count false alarms, measure delays and detection
    Alerts(Box<alerts::Args>),
    /// Explain why an alert rule fired, or did not fire, at one instant of a scenario
    Why(why::Args),
    /// Measure rules and panels with more instances or label values: when does Prometheus not keep up?
    Capacity(capacity::Args),
    /// Write a scenario as a unit test of the alert rules, and let promtool confirm it
    Export(export::Args),
    /// Test each alert threshold just below and just above, on generated series
    Bracket(bracket::Args),
    /// Play short stories in real time, with real servers, and judge scrapes, rules and notifications too
    Live(live::Args),
    /// Run the simulated modules in real time, for any Prometheus to scrape; incidents can be added meanwhile
    Serve(serve::Args),
    /// Watch a scenario live: modules, Prometheus with hours of history, Alertmanager; a key press starts an incident
    Demo(Box<demo::Args>),
    /// Start Prometheus, Alertmanager and the modules with the shipped configuration, and time the start
    Stack(up::Args),
    /// List the scenarios: name, length, kind of traffic, story
    List(list::Args),
    /// Print a JSON schema: of scenarios or contracts, for editors, or of `verify --format json`
    Schema(SchemaArgs),
    /// Clean up after runs that were killed: end their servers and remove their directories
    Gc,
}

/// What `schema` prints.
#[derive(Debug, clap::Args)]
struct SchemaArgs {
    /// What the schema describes
    #[arg(value_enum, default_value_t = SchemaOf::Scenario)]
    of: SchemaOf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SchemaOf {
    /// A file of `scenarios/`.
    Scenario,
    /// A file of `scenarios/contracts/`.
    Contract,
    /// What `verify --format json` writes.
    Report,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

/// What the process was started in, read once by `main`.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Where the stack finds its binaries and puts its files.
    pub environment: Environment,
    /// Where files are looked for.
    pub directory: PathBuf,
    /// Whether standard output is a terminal that shows colours, and NO_COLOR is not set.
    pub colours: bool,
    /// Whether standard error is a terminal.
    pub interactive: bool,
}

/// Does what was asked for; the exit code.
///
/// # Errors
/// If it could not be done at all: nothing was judged, and the exit code is [`Failure::EXIT_CODE`].
pub async fn run(args: Args, surroundings: Surroundings) -> Result<u8, Failure> {
    let paint = Paint {
        colours: match args.color {
            Colour::Auto => surroundings.colours,
            Colour::Always => true,
            Colour::Never => false,
        },
    };
    let output = Output { paint };
    match args.command {
        Command::Verify(args) => verify::run(*args, &surroundings, output).await,
        Command::Check(args) => check::run(&args, &surroundings, output),
        Command::Mutants(args) => mutants::run(args, &surroundings, output).await,
        Command::Alerts(args) => alerts::run(*args, &surroundings, output).await,
        Command::Why(args) => why::run(args, &surroundings, output).await,
        Command::Capacity(args) => capacity::run(args, &surroundings, output).await,
        Command::Export(args) => export::run(args, &surroundings, output).await,
        Command::Bracket(args) => bracket::run(args, &surroundings, output).await,
        Command::Live(args) => live::run(args, &surroundings, output).await,
        Command::Serve(args) => serve::run(args, &surroundings, output).await,
        Command::Demo(args) => demo::run(*args, &surroundings, output).await,
        Command::Stack(args) => up::run(args, &surroundings, output).await,
        Command::List(args) => list::run(&args, &surroundings, output),
        Command::Gc => gc::run(&surroundings, output).await,
        Command::Schema(SchemaArgs { of }) => {
            output.print(&match of {
                SchemaOf::Scenario => scenario::schema(),
                SchemaOf::Contract => truth::contract::schema(),
                SchemaOf::Report => crate::report::json::schema(),
            })?;
            Ok(0)
        }
    }
}
