//! What `evaluate` computes is what a real Prometheus of each line answers, expression by expression.
//!
//! Random plain expressions over random series, and by hand those in which an engine is peculiar. Where an engine
//! refuses an expression, so must `evaluate`.

#![expect(clippy::print_stdout, reason = "clippy takes only the standard harness for a test")]

mod agree;
mod coverage;
mod expressions;
mod leaves;
use testkit::lines;
mod peculiar;
mod series;

/// Each has series, expressions and evaluations of its own.
const SEEDS: u64 = 4;

/// All trials of this suite.
pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
    let random = (0..SEEDS).flat_map(|seed| {
        lines::on_each_line(&format!("random::{seed}"), move |binary| {
            lines::block_on(agree::random(binary, seed))
        })
    });
    let peculiar =
        lines::on_each_line("peculiar", |binary| lines::block_on(peculiar::agree(binary)));
    random.chain(peculiar).collect()
}
