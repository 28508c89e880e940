//! `dashproof check`: all files, held against each other; nothing runs.

use std::fmt::Write as _;

use serde::Serialize;

use super::{
    Failure, Surroundings,
    files::{self, Places},
    format::Format,
    output::Output,
};
use monitoring::Monitoring;
use prom::problem::{Problem, Severity};
use proof::verify::bind::{self, Unproven};
use truth::contract::Contracts;

use crate::report::{group::Subject, json, words};

/// What is checked, and how it is reported.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How the report is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    places: Places,
}

/// What `check --format json` writes.
#[derive(Serialize)]
struct Document {
    schema: u32,
    exit_code: u8,
    problems: Vec<json::FileProblem>,
    unproven: Vec<UnprovenPlace>,
}

#[derive(Serialize)]
struct UnprovenPlace {
    dashboard: String,
    panel: String,
    ref_id: String,
    reason: String,
}

pub(super) fn run(args: &Args, at: &Surroundings, output: Output) -> Result<u8, Failure> {
    let scenarios = args.places.scenarios(&at.directory)?;
    let (mut stories, mut problems) = scenario::load_dir(&scenarios);
    let live = scenarios.join(files::LIVE);
    if live.is_dir() {
        let (found, wrong) = scenario::load_dir(&live);
        stories.extend(found);
        problems.extend(wrong);
    }
    let mut keep = |found: Vec<Problem>| problems.extend(found);
    let monitoring =
        Monitoring::load(&args.places.monitoring(&at.directory)?).map_err(&mut keep).ok();
    let contracts = Contracts::load_dir(&scenarios.join("contracts")).map_err(&mut keep).ok();
    let mut unproven = Vec::new();
    if let Some(monitoring) = &monitoring {
        problems.extend(check::unknown_alerts(&stories, &monitoring.rules));
        problems.extend(check::told(&stories, monitoring));
    }
    if let (Some(monitoring), Some(contracts)) = (monitoring, contracts) {
        problems.extend(check::of(&monitoring, &contracts));
        unproven = bind::unproven(&monitoring, &contracts);
    }
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    let exit_code = u8::from(errors + unproven.len() > 0);
    output.print(&match args.format {
        Format::Text => text(&problems, &unproven, exit_code, output),
        Format::Json => {
            let document = Document {
                schema: json::SCHEMA,
                exit_code,
                problems: problems.iter().map(json::problem).collect(),
                unproven: unproven.into_iter().map(place).collect(),
            };
            serde_json::to_string_pretty(&document).expect("texts are JSON") + "\n"
        }
    })?;
    Ok(exit_code)
}

fn place(unproven: Unproven) -> UnprovenPlace {
    let Unproven { place, reason } = unproven;
    UnprovenPlace { dashboard: place.dashboard, panel: place.panel, ref_id: place.ref_id, reason }
}

fn text(problems: &[Problem], unproven: &[Unproven], exit_code: u8, output: Output) -> String {
    let paint = output.paint;
    let mut out = String::new();
    for problem in problems {
        let sign = match problem.severity {
            Severity::Error => paint.bad("✗"),
            Severity::Warning => paint.doubt("!"),
        };
        let _ = writeln!(out, "{sign} {}", problem.coded());
    }
    for unproven in unproven {
        let path = paint.strong(&Subject::at(&unproven.place).path());
        let _ = writeln!(out, "{} {path} {}", paint.doubt("? unproven"), unproven.reason);
    }
    if !out.is_empty() {
        out.push('\n');
    }
    let count = |severity| problems.iter().filter(|problem| problem.severity == severity).count();
    let counts = format!(
        "{}, {}, {} unproven",
        words::counted(count(Severity::Error), "error"),
        words::counted(count(Severity::Warning), "warning"),
        unproven.len(),
    );
    let word = if exit_code == 0 { paint.good("✓ consistent") } else { paint.bad("✗ broken") };
    let _ = writeln!(out, "{word}: {counts} · exit {exit_code}");
    out
}
