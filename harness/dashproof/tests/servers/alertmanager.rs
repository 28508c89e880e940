//! The shipped `alertmanager.yml` before the companion of a real Alertmanager and a running one: who is told of each
//! alert, and what mutes it; and the runbooks that a notification points to.
//!
//! Not the standard test harness: there is one trial per line of Alertmanager.

#![expect(
    clippy::unwrap_used,
    reason = "tests may panic; clippy takes only the standard harness for one"
)]

use testkit::alertmanagers;
use testkit::lines;

mod agreement;
mod inhibitions;
mod routes;
mod runbooks;
mod running;
mod shipped;

/// All trials of this suite.
pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
    let trials = [agreement::trials(), inhibitions::trials(), routes::trials(), runbooks::trials()];
    trials.into_iter().flatten().collect()
}
