//! The demonstration, end to end: its seam on both lines of Prometheus, its incidents, its end.

#![expect(
    clippy::unwrap_used,
    reason = "tests may panic; clippy takes only the standard harness for one"
)]

use testkit::lines;
use testkit::waiting;

mod command;
mod seam;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let trials = [command::trials(), seam::trials()];
    libtest_mimic::run(&Arguments::from_args(), trials.into_iter().flatten().collect()).exit_code()
}

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}
