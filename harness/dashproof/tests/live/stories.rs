//! The live road: every story of `scenarios/live/` is served, scraped, alerted on and notified of by real servers.
//!
//! One trial for each story and line of Prometheus; several run side by side, since most of their time is waiting.

use testkit::alertmanagers;
pub(crate) mod bench;
mod faults;
use testkit::lines;
mod played;
pub(crate) mod roads;
mod stalls;
mod wiring;

/// All trials of this suite.
pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
    [faults::trials(), played::trials(), roads::trials(), wiring::trials(), stalls::trials()]
        .into_iter()
        .flatten()
        .collect()
}
