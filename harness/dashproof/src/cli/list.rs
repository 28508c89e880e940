//! `dashproof list`: the scenarios, their stories and what they need.

use std::fmt::Write as _;

use serde::Serialize;

use super::{
    Failure, Surroundings,
    files::{self, Places},
    format::Format,
    output::Output,
};
use scenario::Scenario;

use crate::report::{replay::Road, words};

/// What `list` shows, and how.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    places: Places,
}

/// A scenario in `list --format json`.
#[derive(Serialize)]
struct Listed<'a> {
    /// `backfill` for `verify`, `live` for `live`.
    road: &'static str,
    name: &'a str,
    about: &'a str,
    duration: String,
    profile: &'static str,
    seed: u64,
    needs: Option<&'a str>,
}

impl<'a> Listed<'a> {
    fn of(scenario: &'a Scenario, road: Road) -> Listed<'a> {
        Listed {
            road: road.name(),
            name: &scenario.name,
            about: &scenario.about,
            duration: words::span(scenario.duration.as_millis() as i64),
            profile: scenario.traffic.profile().name(),
            seed: scenario.seed,
            needs: scenario.needs().map(|trace| trace.file.as_str()),
        }
    }
}

pub(super) fn run(args: &Args, at: &Surroundings, output: Output) -> Result<u8, Failure> {
    let directory = args.places.scenarios(&at.directory)?;
    let scenarios = files::scenarios(&directory, &[])?;
    let live = directory.join(files::LIVE);
    let live = if live.is_dir() { files::scenarios(&live, &[])? } else { Vec::new() };
    let listed = scenarios.iter().map(|one| Listed::of(one, Road::Backfill));
    let listed: Vec<Listed<'_>> =
        listed.chain(live.iter().map(|one| Listed::of(one, Road::Live))).collect();
    output.print(&match args.format {
        Format::Json => {
            serde_json::to_string_pretty(&listed).expect("names and texts are JSON") + "\n"
        }
        Format::Text => text(&listed, output),
    })?;
    Ok(0)
}

fn text(listed: &[Listed<'_>], output: Output) -> String {
    let paint = output.paint;
    let widest = |text: fn(&Listed<'_>) -> usize| listed.iter().map(text).max().unwrap_or(0);
    let name = widest(|one| one.name.len());
    let duration = widest(|one| one.duration.len());
    let profile = widest(|one| one.profile.len());
    let mut out = String::new();
    for one in listed {
        let figures = format!("{:>duration$}  {:profile$}", one.duration, one.profile);
        let padded = format!("{:name$}", one.name);
        let _ = write!(out, "{}  {}  {}", paint.strong(&padded), paint.faint(&figures), one.about);
        if one.road == Road::Live.name() {
            let _ = write!(out, " {}", paint.faint("(dashproof live)"));
        }
        if let Some(file) = one.needs {
            let _ = write!(out, " {}", paint.doubt(&format!("(needs {file}: --trace-dir DIR)")));
        }
        out.push('\n');
    }
    out
}
