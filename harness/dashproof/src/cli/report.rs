//! How a report is written: the flags of every command that judges.

use std::path::PathBuf;

use clap::ValueEnum;

use super::{
    Failure,
    output::{Output, Target},
};
use crate::report::{Run, json, junit, paint::Paint, text};

/// How the report is written, and where.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Report")]
pub(super) struct ReportArgs {
    /// How the report is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write it to this file; standard output then has the text
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// No progress, and only what is wrong
    #[arg(long, short)]
    pub(super) quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs; `dashproof schema report` describes it.
    Json,
    /// For build servers.
    Junit,
}

impl ReportArgs {
    /// Opens where the report goes, before anything is judged.
    pub(super) fn target(&self, output: Output) -> Result<Target, Failure> {
        output.target(self.output.as_deref())
    }

    /// Writes the report.
    pub(super) fn show(&self, run: &Run, target: Target) -> Result<(), Failure> {
        let plain = |paint: Paint| match self.format {
            Format::Text => text::text(run, paint, self.quiet),
            Format::Json => json::json(run),
            Format::Junit => junit::junit(run),
        };
        target.write_and_tell(plain, |paint| text::text(run, paint, self.quiet))
    }
}
