//! What Dashproof believes of real servers, asked of real servers: Prometheus, Alertmanager, other people's databases.
//!
//! Not the standard test harness, since trials are made from files and from the lines of Prometheus that can be had; what
//! cannot run on this machine shows as an ignored trial whose name says why. One binary, because each links everything.

mod alertmanager;
mod evaluate;
mod external;
mod intake;
mod oracle_engines;
mod stack;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    // This binary is also the process that its own trials kill.
    if arguments.next().as_deref() == Some(stack::hold::ARGUMENT) {
        return stack::hold::main(&arguments.collect::<Vec<_>>());
    }
    let arguments = Arguments::from_args();
    let suites: [Vec<Trial>; 6] = [
        alertmanager::trials(),
        stack::trials(),
        oracle_engines::trials(),
        intake::trials(),
        evaluate::trials(),
        external::trials(),
    ];
    libtest_mimic::run(&arguments, suites.into_iter().flatten().collect()).exit_code()
}
