//! How a report is written: the flags of every command that judges.

use std::path::PathBuf;

use clap::ValueEnum;

use super::{
    Failure,
    output::{Output, Target},
};
use crate::report::{Run, html, json, junit, paint::Paint, text};

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
    /// Also write a page for people: DIR/index.html with plots, and DIR/report.json
    #[arg(long = "report", value_name = "DIR")]
    page: Option<PathBuf>,
    /// No progress, and only what is wrong
    #[arg(long, short)]
    pub(super) quiet: bool,
}

/// Where everything goes that was asked for.
#[derive(Debug)]
pub(super) struct Targets {
    report: Target,
    /// The page, and the data beside it.
    page: Option<(Target, Target)>,
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
    pub(super) fn target(&self, output: Output) -> Result<Targets, Failure> {
        let report = output.target(self.output.as_deref())?;
        let Some(directory) = &self.page else { return Ok(Targets { report, page: None }) };
        std::fs::create_dir_all(directory).map_err(|error| {
            let message = format!("cannot make the directory {}: {error}", directory.display());
            Failure::new(message, "name a directory that you may write: --report DIR")
        })?;
        let file = |name: &str| output.target(Some(&directory.join(name)));
        Ok(Targets { report, page: Some((file("index.html")?, file("report.json")?)) })
    }

    /// Whether the page is wanted, which needs pictures of what holds.
    pub(super) fn wants_pictures(&self) -> bool {
        self.page.is_some()
    }

    /// Writes the report.
    pub(super) fn show(&self, run: &Run, targets: Targets) -> Result<(), Failure> {
        let Targets { report: target, page } = targets;
        if let Some((html, data)) = page {
            html.write(|_| html::html(run))?;
            data.write(|_| json::json(run))?;
        }
        let plain = |paint: Paint| match self.format {
            Format::Text => text::text(run, paint, self.quiet),
            Format::Json => json::json(run),
            Format::Junit => junit::junit(run),
        };
        target.write_and_tell(plain, |paint| text::text(run, paint, self.quiet))
    }
}
