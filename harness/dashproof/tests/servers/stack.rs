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
pub(crate) mod hold;
mod ingestion;
mod life;
mod provision;
mod tools;

/// All trials of this suite.
pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
    let trials = [
        alertmanager::trials(),
        answers::trials(),
        ingestion::trials(),
        life::trials(),
        provision::trials(),
        tools::trials(),
    ];
    trials.into_iter().flatten().collect()
}
