//! The clients, the provisioning and the life of a server, against real Prometheus and
//! Alertmanager binaries.
//!
//! Not the standard test harness: there is one trial per line of Prometheus, and this binary is also
//! the process that its own tests kill (see `hold`).

#![expect(
    clippy::unwrap_used,
    reason = "tests may panic; clippy takes only the standard harness for one"
)]

use testkit::alertmanagers;
use testkit::lines;

mod alertmanager;
mod answers;
mod hold;
mod ingestion;
mod life;
mod provision;
mod tools;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(hold::ARGUMENT) {
        return hold::main(&arguments.collect::<Vec<_>>());
    }
    let arguments = Arguments::from_args();
    let trials = [
        alertmanager::trials(),
        answers::trials(),
        ingestion::trials(),
        life::trials(),
        provision::trials(),
        tools::trials(),
    ];
    libtest_mimic::run(&arguments, trials.into_iter().flatten().collect()).exit_code()
}
