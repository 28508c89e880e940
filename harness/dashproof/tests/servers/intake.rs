//! What a job makes of a scrape is what a real Prometheus of each line makes of it: honoured labels, relabelling, limits.
//!
//! One Prometheus with many jobs scrapes the same exposition, then one with more series. The settings are random, and by
//! hand those in which it is peculiar.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "clippy takes only the standard harness for a test"
)]

mod jobs;
use testkit::lines;
mod scraped;
use testkit::waiting;

/// All trials of this suite.
pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
    lines::on_each_line("every job stores what Intake says", |binary| {
        lines::block_on(scraped::agree(binary))
    })
}
