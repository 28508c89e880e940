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
mod hold;
mod running;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use libtest_mimic::Arguments;
use monitoring::Monitoring;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(hold::ARGUMENT) {
        return hold::main(&arguments.collect::<Vec<_>>());
    }
    let trials = [deployed::trials(), running::trials(), endings::trials()];
    libtest_mimic::run(&Arguments::from_args(), trials.into_iter().flatten().collect()).exit_code()
}

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn shipped() -> Monitoring {
    Monitoring::load(&root().join("monitoring")).unwrap()
}
