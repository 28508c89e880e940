//! The demonstration, end to end: its seam on both lines of Prometheus, its incidents, its end.

#![expect(
    clippy::unwrap_used,
    reason = "tests may panic; clippy takes only the standard harness for one"
)]

use testkit::lines;
use testkit::waiting;

mod command;
mod seam;

use std::path::{Path, PathBuf};

/// All trials of this suite.
pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
    let trials = [command::trials(), seam::trials()];
    trials.into_iter().flatten().collect()
}

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}
