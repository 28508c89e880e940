//! What the truth rests on at the first point that broke: the window, and the samples that were taken in it.
//!
//! Gathered while the ledger is at hand, for the report of a red verdict. It judges nothing.

use std::collections::BTreeSet;

use sim::world::{Instance, Module};

use truth::{
    fact::{Expectation, Labels},
    judge::Observed,
    ledger::Ledger,
    quantity::Quantity,
};

/// The window of a point, and who was sampled in it when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Start of the window in Unix milliseconds.
    pub from_ms: i64,
    /// Its end: the instant asked for.
    pub at_ms: i64,
    /// Unix milliseconds of the successful scrapes in it, or of the last one before it where the window is empty, by
    /// module copy.
    pub samples: Vec<(Instance, Vec<i64>)>,
    /// The names of the labels that series should have and those that they have, where these differ.
    pub labels: Option<(Vec<String>, Vec<String>)>,
}

impl Evidence {
    /// The scrapes that a point at `at_ms` rests on; without quantities, those of every module.
    #[must_use]
    pub(crate) fn gather(
        ledger: &Ledger,
        quantities: &[Quantity],
        window_ms: i64,
        at_ms: i64,
    ) -> Evidence {
        let modules: BTreeSet<Module> =
            quantities.iter().map(|quantity| quantity.module()).collect();
        let pages = ledger
            .pages()
            .filter(|page| modules.is_empty() || modules.contains(&page.instance().module));
        let from_ms = at_ms - window_ms;
        let samples = pages.map(|page| {
            let end = page.instants().partition_point(|&instant| instant <= at_ms);
            let start = match window_ms {
                0 => end.saturating_sub(1),
                _ => page.instants().partition_point(|&instant| instant < from_ms),
            };
            let taken = (start..end).filter(|&row| page.up(row));
            (page.instance(), taken.map(|row| page.instants()[row]).collect())
        });
        Evidence { from_ms, at_ms, samples: samples.collect(), labels: None }
    }

    /// The same with the label names of what was expected and of what came.
    #[must_use]
    pub fn with_labels(mut self, expected: &[Expectation], observed: &[Observed]) -> Evidence {
        let wanted = names(expected.iter().map(|series| &series.labels));
        let found = names(observed.iter().map(|series| &series.labels));
        if wanted != found && !observed.is_empty() {
            self.labels = Some((wanted, found));
        }
        self
    }
}

fn names<'a>(series: impl Iterator<Item = &'a Labels>) -> Vec<String> {
    let names: BTreeSet<&String> = series.flatten().map(|(name, _)| name).collect();
    names.into_iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use sim::time::Nanos;

    use super::*;

    #[test]
    fn a_label_that_was_lost_is_named() {
        let labels = |names: &[&str]| -> Labels {
            names.iter().map(|name| ((*name).to_owned(), "x".to_owned())).collect()
        };
        let expected = [Expectation { labels: labels(&["a", "b"]), points: vec![] }];
        let found = |names: &[&str]| {
            let observed = [Observed { labels: labels(names), points: vec![] }];
            let evidence = Evidence::gather(&Ledger::new([1; 3], 0), &[], 0, 0);
            evidence.with_labels(&expected, &observed).labels
        };
        let both = ["a", "b"].map(str::to_owned);
        assert_eq!(found(&["b"]), Some((both.to_vec(), both[1..].to_vec())));
        assert_eq!(found(&["a", "b"]), None);
    }

    #[test]
    fn samples_are_those_in_the_window_or_the_latest() {
        let mut ledger = Ledger::new([1, 1, 2], 1_000_000);
        let copy = Instance { module: Module::LlmProvider, replica: 1 };
        for second in 0..10 {
            ledger.mark(copy, Nanos(second * Nanos::SECOND.0), second != 7);
        }
        let gather =
            |window, at| Evidence::gather(&ledger, &[Quantity::LlmRequests], window, at).samples;
        let nothing = (Instance { module: Module::LlmProvider, replica: 0 }, vec![]);
        let taken = vec![1_005_000, 1_006_000, 1_008_000];
        assert_eq!(gather(3_000, 1_008_500), [nothing.clone(), (copy, taken[1..].to_vec())]);
        assert_eq!(gather(3_000, 1_008_000), [nothing.clone(), (copy, taken)]);
        assert_eq!(gather(0, 1_006_999), [nothing, (copy, vec![1_006_000])]);
    }
}
