//! The shipped configuration on free ports: the copy that differs only where it must, and the servers that run on it.

#![expect(
    clippy::unwrap_used,
    reason = "tests may panic; clippy takes only the standard harness for one"
)]

#[path = "../support/alertmanagers.rs"]
mod alertmanagers;
#[path = "../support/lines.rs"]
mod lines;

mod deployed;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use dashproof::monitoring::Monitoring;
use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let trials = [deployed::trials()];
    libtest_mimic::run(&Arguments::from_args(), trials.into_iter().flatten().collect()).exit_code()
}

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn shipped() -> Monitoring {
    Monitoring::load(&root().join("monitoring")).unwrap()
}
