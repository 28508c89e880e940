//! What runs in real time: live stories, stacks, the demo, the served modules.
//!
//! Not the standard test harness, since trials are made from files and from the lines of Prometheus that can be had; what
//! cannot run on this machine shows as an ignored trial whose name says why. One binary, because each links everything.

mod contained;
mod demo;
mod live_stack;
mod serve;
mod stories;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

#[expect(clippy::print_stderr, reason = "the trials are over, and nothing else prints this")]
fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    // This binary is also the process that its own trials kill.
    if arguments.next().as_deref() == Some(live_stack::hold::ARGUMENT) {
        return live_stack::hold::main(&arguments.collect::<Vec<_>>());
    }
    let mut arguments = Arguments::from_args();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    // These trials wait for the clock most of the time.
    arguments.test_threads.get_or_insert(::live::at_once(cores));
    let suites: [Vec<Trial>; 5] = [
        stories::trials(),
        live_stack::trials(),
        demo::trials(),
        serve::trials(),
        contained::trials(),
    ];
    let conclusion = libtest_mimic::run(&arguments, suites.into_iter().flatten().collect());
    if let Err(error) = testkit::contained::remove_images() {
        eprintln!("the images of the tests are left: {error}");
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}
