//! Verification in databases that somebody else runs: VictoriaMetrics, and Prometheus of both lines given as a URL.
//!
//! What holds is green there, what is wrong is red, and what cannot be used is refused in one clear error before
//! anything is written. Not the standard test harness, since trials are made for each database; one that cannot be had
//! on this machine shows as an ignored trial whose name says why.

use testkit::lines;

mod bench;
mod defects;
mod proxy;
mod refused;
mod secrets;
mod verdicts;

/// All trials of this suite.
pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
    // Looked for before any runtime runs; the trials that need it tell what was wrong.
    let _ = bench::prometheus();
    [verdicts::trials(), defects::trials(), refused::trials(), secrets::trials()]
        .into_iter()
        .flatten()
        .collect()
}
