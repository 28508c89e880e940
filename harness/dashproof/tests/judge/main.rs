//! The judgement, against a real Prometheus: what holds is green, what lies is red, and every mistake is noticed.
//!
//! Not the standard test harness, since trials are made from files and from the lines of Prometheus that can be had; what
//! cannot run on this machine shows as an ignored trial whose name says why. One binary, because each links everything.

mod book;
mod bracket;
mod campaign;
mod crosscheck;
mod mutants;
mod rule_mutants;
mod verify;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let suites: [Vec<Trial>; 7] = [
        verify::trials(),
        mutants::trials(),
        rule_mutants::trials(),
        campaign::trials(),
        crosscheck::trials(),
        bracket::trials(),
        book::trials(),
    ];
    libtest_mimic::run(&arguments, suites.into_iter().flatten().collect()).exit_code()
}
