//! Ledger and modules, side by side without any server: after the same events they must hold the same counts.
//!
//! Every series of every scrape is compared with the ledger, and every invariant of the metric contract is checked.
//! The scrapes are those of the shipped interval, each copy at a phase of its own.

use std::collections::BTreeSet;

use modules::{exposition::SeriesKind, module::Module};
use scenario::{Scenario, ScrapePhase};
use sim::{
    event::Event,
    incident::Invariant,
    label::Label,
    rng::{Rng, Stream},
    time::Nanos,
    world::{Instance, Module as ModuleName},
};
use truth::{
    ledger::{Ledger, Page},
    quantity::Quantity,
};

use crate::verify::{
    exposed::{self, Source},
    invariants::{self, Law},
};

/// Milliseconds between scrapes.
const INTERVAL_MS: u64 = 5_000;

/// A module copy with what its last scrape showed.
struct Copy_ {
    module: Module,
    next_ms: u64,
    layout: Option<u64>,
    sources: Vec<Source>,
    laws: Vec<Law>,
    before: Vec<f64>,
    /// How many slots a row has.
    width: usize,
    /// Of the row's slots, from the first to before each.
    sums: Vec<u64>,
    life: u32,
}

/// Plays a scenario and compares; how many values were compared.
///
/// # Errors
/// The first value that differs, or the first invariant that is broken.
pub(crate) fn check(scenario: &Scenario) -> Result<u64, String> {
    const PHASES: Stream = Stream::named("agreement");
    let epoch_ms = scenario.epoch.as_millisecond();
    let mut engine = scenario.engine().map_err(|error| crate::verify::bench::chain(&error))?;
    let mut ledger = Ledger::new(scenario.replicas, epoch_ms);
    let broken: BTreeSet<Invariant> =
        scenario.incidents.iter().flat_map(|incident| incident.kind.breaks()).copied().collect();
    let mut phases = Rng::new(scenario.seed, PHASES);
    let mut copy = |instance: Instance| Copy_ {
        width: Quantity::row_width(instance.module),
        module: Module::new(instance, epoch_ms, None),
        next_ms: match scenario.scrape_phase {
            ScrapePhase::Aligned => 0,
            ScrapePhase::Seeded => 1 + phases.below(INTERVAL_MS - 1),
        },
        layout: None,
        sources: Vec::new(),
        laws: Vec::new(),
        before: Vec::new(),
        sums: Vec::new(),
        life: 0,
    };
    let mut copies: Vec<Vec<Copy_>> = ModuleName::ALL
        .iter()
        .map(|&module| {
            (0..scenario.replicas[module.index()])
                .map(|replica| copy(Instance { module, replica }))
                .collect()
        })
        .collect();
    let mut compared = 0;
    loop {
        let due = copies
            .iter_mut()
            .flatten()
            .min_by_key(|copy| copy.next_ms)
            .expect("each module has a copy");
        let (instance, at_ms) = (due.module.instance(), due.next_ms);
        if at_ms >= scenario.duration.as_millis() {
            return Ok(compared);
        }
        let at = Nanos::from_millis(at_ms);
        engine.run_until(at, &mut |event: &Event| {
            ledger.observe(event);
            copies[event.kind.module().index()][usize::from(event.replica)].module.observe(event);
        });
        ledger.mark(instance, at, true);
        let page =
            ledger.pages().find(|page| page.instance() == instance).expect("every copy has a page");
        let copy = &mut copies[instance.module.index()][usize::from(instance.replica)];
        copy.next_ms += INTERVAL_MS;
        compared += copy
            .compare(page, epoch_ms + at_ms as i64, &broken)
            .map_err(|wrong| format!("{instance:?} at {at_ms} ms: {wrong}"))?;
    }
}

impl Copy_ {
    fn compare(
        &mut self,
        page: &Page,
        at_unix_ms: i64,
        broken: &BTreeSet<Invariant>,
    ) -> Result<u64, String> {
        let row = page.instants().len() - 1;
        if page.instants()[row] != at_unix_ms {
            return Err("the ledger ruled its line at another instant".to_owned());
        }
        let Ok(exposition) = self.module.scrape() else {
            return if page.up(row) {
                Err("is down, but the ledger does not know".to_owned())
            } else {
                Ok(0)
            };
        };
        if !page.up(row) {
            return Err("answers, but the ledger says that it is down".to_owned());
        }
        if self.layout != Some(exposition.layout()) {
            self.sources = exposed::sources(&exposition, page, row)?;
            self.laws = invariants::laws(page.instance().module, exposition.series(), broken);
            self.layout = Some(exposition.layout());
            self.before.clear();
        }
        let values = exposition.values();
        self.sums.clear();
        self.sums.push(0);
        for slot in 0..self.width {
            self.sums.push(self.sums[slot] + page.shown(row, slot));
        }
        for (nth, (&value, &source)) in values.iter().zip(&self.sources).enumerate() {
            let expected = match source {
                Source::Slots { first, n, scale } => {
                    (self.sums[first + n] - self.sums[first]) as f64 / scale
                }
                Source::Start => page.starts().last().unwrap_or_default() as f64 / 1e3,
                Source::Elsewhere => value,
            };
            // Both are one division of a whole number.
            if (value - expected).abs() > 1e-12 * expected {
                return Err(format!(
                    "{:?} shows {value}, the ledger holds {expected}",
                    exposition.series()[nth]
                ));
            }
        }
        if let Some(wrong) = self.laws.iter().find_map(|law| law.broken(values)) {
            return Err(wrong);
        }
        // I8: nothing decreases but at a restart.
        if self.life == page.life(row) {
            for (nth, (before, value)) in self.before.iter().zip(values).enumerate() {
                let series = &exposition.series()[nth];
                if value < before && series.kind != SeriesKind::Gauge {
                    return Err(format!("I8 is broken: {series:?} fell from {before} to {value}"));
                }
            }
        }
        self.life = page.life(row);
        self.before.clear();
        self.before.extend_from_slice(values);
        Ok(values.len() as u64)
    }
}
