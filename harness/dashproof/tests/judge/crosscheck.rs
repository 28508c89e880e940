//! What alerts do here is what promtool's own rule manager makes of the same samples, at every evaluation.
//!
//! Random rules over random series hold our state machine against promtool's; shipped scenarios hold the whole road
//! against it: recording rules, alert rules, timing.

use testkit::lines;
mod random;
mod shipped;

/// All trials of this suite.
pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
    random::trials().into_iter().chain(shipped::trials()).collect()
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
