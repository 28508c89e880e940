//! Verification as a whole, against a real Prometheus: what holds is green, what lies is red.
//!
//! Every shipped scenario has a trial for each dashboard (`provider-outage::llm-provider`), every lie that an
//! instrument can tell has one (`lies::…`), every kind of expectation has a fault that breaks it, and a flood of
//! random stories must break none. Not the standard test harness, since trials are made from files. What cannot run
//! on this machine shows as an ignored trial whose name says why.

#![expect(
    clippy::print_stderr,
    reason = "a test tells how long each scenario took, and its tables"
)]

use testkit::lines;

mod agreement;
mod bench;
mod exposed;
mod faults;
mod flood;
mod invariants;
mod lies;
mod phases;
mod red;
mod shipped;
mod story;

/// All trials of this suite.
pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
    [shipped::trials(), lies::trials(), faults::trials(), flood::trials(), phases::trials()]
        .into_iter()
        .flatten()
        .collect()
}
