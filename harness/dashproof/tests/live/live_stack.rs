//! The shipped configuration on free ports: the copy that differs only where it must, the servers that run on it, and
//! their end. This binary is also the process that its own tests kill (see `hold`).

#![expect(
    clippy::unwrap_used,
    reason = "tests may panic; clippy takes only the standard harness for one"
)]

use testkit::alertmanagers;
use testkit::lines;
use testkit::waiting;

mod deployed;
mod endings;
pub(crate) mod hold;
pub(crate) mod running;

use std::path::{Path, PathBuf};

use monitoring::Monitoring;

/// All trials of this suite.
pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
    let trials = [deployed::trials(), running::trials(), endings::trials()];
    trials.into_iter().flatten().collect()
}

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn shipped() -> Monitoring {
    Monitoring::load(&root().join("monitoring")).unwrap()
}
