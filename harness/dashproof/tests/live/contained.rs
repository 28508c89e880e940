//! Stacks in containers, by the shipped compose file and images of this machine's programs: what holds of programs of
//! this machine holds of them, lost wiring is named, and nothing is left.

#![expect(
    clippy::unwrap_used,
    reason = "tests may panic; clippy takes only the standard harness for one"
)]

mod command;
mod lost;
mod same;

use std::path::{Path, PathBuf};

/// All trials of this suite.
pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
    [same::trials(), lost::trials(), command::trials()].into_iter().flatten().collect()
}

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Where Debian's packages are unpacked.
fn cache() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}
