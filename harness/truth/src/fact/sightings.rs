//! Which of a page's rows a query can see, and what a counter did between two of them.
//!
//! A scrape that failed left no sample; a process that restarted began at 0. Both are the ledger's own knowledge.

use crate::{
    ledger::{Ledger, Page},
    oracle::{Era, SampleWindow},
    quantity::Quantity,
};

/// The samples that one module copy gave of a quantity.
#[derive(Debug)]
pub(super) struct Sightings<'a> {
    pub(super) page: &'a Page,
    /// Unix milliseconds of each sample, and the page's row.
    pub(super) instants: Vec<i64>,
    rows: Vec<usize>,
    /// Samples (by position) that come from another process than the one before.
    restarts: Vec<usize>,
}

/// The real events in and around a window, in the quantity's own unit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Real {
    /// Certainly in the window and seen by some sample.
    pub(super) inner: f64,
    /// Possibly in the window.
    pub(super) outer: f64,
}

impl<'a> Sightings<'a> {
    pub(super) fn of(ledger: &'a Ledger, quantity: Quantity) -> Vec<Sightings<'a>> {
        ledger
            .pages()
            .filter(|page| page.instance().module == quantity.module())
            .map(|page| {
                let rows: Vec<usize> =
                    (0..page.instants().len()).filter(|&row| page.shows(row, quantity)).collect();
                let restarts = (1..rows.len())
                    .filter(|&i| page.life(rows[i]) != page.life(rows[i - 1]))
                    .collect();
                Sightings {
                    page,
                    instants: rows.iter().map(|&row| page.instants()[row]).collect(),
                    rows,
                    restarts,
                }
            })
            .collect()
    }

    /// The samples in the window, if there are at least two.
    pub(super) fn window(&self, era: Era, start_ms: i64, end_ms: i64) -> Option<SampleWindow> {
        SampleWindow::new(era, start_ms, end_ms, &self.instants)
    }

    /// The first value in the window, and the increase over it as counters show it: the value before each visible
    /// reset is added. `value` turns a page's row into the shown value.
    pub(super) fn delta(
        &self,
        window: &SampleWindow,
        value: impl Fn(&Page, usize) -> f64,
    ) -> (f64, f64) {
        let (first, last) = window.indices();
        let at = |sample: usize| value(self.page, self.rows[sample]);
        let first_value = at(first);
        let mut delta = at(last) - first_value;
        for &restart in self.restarts.iter().filter(|&&restart| first < restart && restart <= last)
        {
            let before = at(restart - 1);
            if at(restart) < before {
                delta += before;
            }
        }
        (first_value, delta)
    }

    /// The real events of `slots` (added up) in the window: `inner` leaves out what no sample could see, at a restart.
    pub(super) fn real(
        &self,
        window: &SampleWindow,
        start_ms: i64,
        end_ms: i64,
        slots: std::ops::Range<usize>,
    ) -> Real {
        let total = |row: usize| slots.clone().map(|slot| self.page.total(row, slot)).sum::<u64>();
        let (first, last) = window.indices();
        let (first_row, last_row) = (self.rows[first], self.rows[last]);
        let mut inner = total(last_row) - total(first_row);
        for &restart in self.restarts.iter().filter(|&&restart| first < restart && restart <= last)
        {
            let (before, after) = (self.rows[restart - 1], self.rows[restart]);
            let at_start: u64 = slots
                .clone()
                .map(|slot| self.page.total_at_start(self.page.life(after), slot))
                .sum();
            let mut lost = at_start - total(before);
            let shown =
                |row: usize| slots.clone().map(|slot| self.page.shown(row, slot)).sum::<u64>();
            if shown(after) >= shown(before) {
                // The restart looks like no reset, so what the old process had shown is taken off.
                lost += shown(before);
            }
            inner = inner.saturating_sub(lost);
        }
        Real { inner: inner as f64, outer: self.around(start_ms, end_ms, slots.clone()) }
    }

    /// The real events of `slots` between the scrapes around the window: all that may be in it.
    pub(super) fn around(&self, start_ms: i64, end_ms: i64, slots: std::ops::Range<usize>) -> f64 {
        let total = |row: usize| slots.clone().map(|slot| self.page.total(row, slot)).sum::<u64>();
        let instants = self.page.instants();
        let before = instants.partition_point(|&instant| instant <= start_ms);
        let from = if before == 0 { 0 } else { total(before - 1) };
        let after = instants.partition_point(|&instant| instant < end_ms);
        let until = total(after.min(instants.len() - 1));
        (until - from) as f64
    }
}
