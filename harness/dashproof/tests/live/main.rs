//! The live road: every story of `scenarios/live/` is served, scraped, alerted on and notified of by real servers.
//!
//! One trial for each story and line of Prometheus; several run side by side, since most of their time is waiting.

use testkit::alertmanagers;
mod bench;
mod faults;
use testkit::lines;
mod roads;
mod stalls;
mod stories;
mod wiring;

use std::{process::ExitCode, thread};

use live::at_once;

fn main() -> ExitCode {
    let mut arguments = libtest_mimic::Arguments::from_args();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    arguments.test_threads.get_or_insert(at_once(cores));
    let trials =
        [faults::trials(), stories::trials(), roads::trials(), wiring::trials(), stalls::trials()]
            .into_iter()
            .flatten()
            .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}
