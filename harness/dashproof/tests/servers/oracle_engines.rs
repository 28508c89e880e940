//! The oracle and the mutants against real engines, one trial per line of Prometheus.
//!
//! Random streams and histograms are stored, asked of the engine and computed by the oracle. Seeds
//! are fixed; the number of comparisons and the worst relative error are printed.

#![expect(clippy::print_stdout, reason = "clippy takes only the standard harness for a test")]

use testkit::lines;
use testkit::panels;

mod comparison;
mod engine;
mod histograms;
mod mutants;
mod streams;

use engine::on_each_engine;

/// All trials of this suite.
pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
    [
        on_each_engine("rates_windows_and_levels_agree", async |engine| {
            streams::compare(engine).await
        }),
        on_each_engine("quantiles_of_levels_agree", async |engine| {
            histograms::compare_levels(engine).await
        }),
        on_each_engine("quantiles_of_summed_rates_agree", async |engine| {
            histograms::compare_rates(engine).await
        }),
        on_each_engine("mutants_are_understood", async |engine| {
            mutants::are_understood(engine).await
        }),
        on_each_engine("mutants_differ_unless_equivalent", async |engine| {
            mutants::differ_unless_equivalent(engine).await
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}
