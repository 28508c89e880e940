//! The truth: what really happened, cumulatively, at every instant at which a sample was or should have been taken.
//!
//! The ledger reads events and nothing else: no exposition, no metric, no query. Memory grows with time and keys,
//! never with requests: one row of counts for each scrape of a module copy. Rows go on while a copy is down, so that
//! the truth between two samples is known too; whether a sample was taken is kept beside them.

mod count;

use count::Layout;
use sim::{
    event::{Event, EventKind},
    label::Label,
    time::Nanos,
    world::{Instance, Module},
};

use crate::quantity::Quantity;

/// What really happened.
#[derive(Debug)]
pub struct Ledger {
    epoch_ms: i64,
    layout: Layout,
    /// By module and copy.
    pages: Vec<Vec<Page>>,
}

/// What happened in one copy of a module.
#[derive(Debug)]
pub struct Page {
    instance: Instance,
    width: usize,
    current: Vec<u64>,
    up: bool,
    hidden: bool,
    removed: bool,
    /// Unix milliseconds of each row.
    instants: Vec<i64>,
    /// What a process answered at each row, or that none did.
    states: Vec<State>,
    rows: Vec<u64>,
    lives: Vec<Life>,
}

/// What a scrape met.
#[derive(Clone, Copy, Debug, PartialEq)]
struct State {
    up: bool,
    /// The operations counter was shown under another name.
    hidden: bool,
    /// Nobody scraped it any more.
    removed: bool,
    /// Index into the page's lives.
    life: u32,
    /// How many samples were shown, and how many seconds it took, where that is known.
    scrape: Option<(usize, f64)>,
}

/// One process of a module copy: its counters began at 0 when these counts were reached.
#[derive(Debug)]
struct Life {
    started_ms: i64,
    base: Vec<u64>,
}

impl Ledger {
    /// An empty ledger. `replicas` are the copies of each module, `epoch_ms` the scenario's start in Unix milliseconds.
    #[must_use]
    pub fn new(replicas: [u8; 3], epoch_ms: i64) -> Ledger {
        let page = |module, replica| {
            let width = Quantity::row_width(module);
            Page {
                instance: Instance { module, replica },
                width,
                current: vec![0; width],
                up: true,
                hidden: false,
                removed: false,
                instants: Vec::new(),
                states: Vec::new(),
                rows: Vec::new(),
                lives: vec![Life { started_ms: epoch_ms, base: vec![0; width] }],
            }
        };
        Ledger {
            epoch_ms,
            layout: Layout::new(),
            pages: Module::ALL
                .iter()
                .map(|&module| {
                    (0..replicas[module.index()]).map(|replica| page(module, replica)).collect()
                })
                .collect(),
        }
    }

    /// Adds an event.
    #[inline]
    pub fn observe(&mut self, event: &Event) {
        let page = &mut self.pages[event.kind.module().index()][usize::from(event.replica)];
        match event.kind {
            EventKind::Stopped(_) => page.up = false,
            EventKind::Started(_) => {
                page.up = true;
                let started_ms = self.epoch_ms + event.at.as_millis() as i64;
                page.lives.push(Life { started_ms, base: page.current.clone() });
            }
            EventKind::Renamed(_, hidden) => page.hidden = hidden,
            EventKind::Removed(_, removed) => page.removed = removed,
            _ => self.layout.count(&mut page.current, event),
        }
    }

    /// Rules a line under what one copy of a module did until `at`, the instant of a scrape. `taken` is false where
    /// the scraper refused what the module answered (a limit of its configuration).
    pub fn mark(&mut self, instance: Instance, at: Nanos, taken: bool) {
        let page = &mut self.pages[instance.module.index()][usize::from(instance.replica)];
        page.instants.push(self.epoch_ms + at.as_millis() as i64);
        page.states.push(State {
            up: page.up && taken && !page.removed,
            hidden: page.hidden,
            removed: page.removed,
            life: page.lives.len() as u32 - 1,
            scrape: None,
        });
        page.rows.extend_from_slice(&page.current);
    }

    /// Notes of the scrape marked last how many samples were shown and how many seconds it took.
    pub fn note(&mut self, instance: Instance, samples: usize, seconds: f64) {
        let page = &mut self.pages[instance.module.index()][usize::from(instance.replica)];
        if let Some(state) = page.states.last_mut() {
            state.scrape = Some((samples, seconds));
        }
    }

    /// The pages of all module copies.
    pub fn pages(&self) -> impl Iterator<Item = &Page> {
        self.pages.iter().flatten()
    }

    /// The scenario's start in Unix milliseconds.
    #[must_use]
    pub fn epoch_ms(&self) -> i64 {
        self.epoch_ms
    }
}

impl Page {
    /// Whose page it is.
    #[must_use]
    pub fn instance(&self) -> Instance {
        self.instance
    }

    /// Unix milliseconds of every scrape, successful or not.
    #[must_use]
    pub fn instants(&self) -> &[i64] {
        &self.instants
    }

    /// Whether the scrape of this row was answered.
    #[must_use]
    pub fn up(&self, row: usize) -> bool {
        self.states[row].up
    }

    /// How many samples the scrape of this row was shown, and how many seconds it took, where that was noted.
    #[must_use]
    pub fn scrape(&self, row: usize) -> Option<(usize, f64)> {
        self.states[row].scrape
    }

    /// Whether there was no target any more to be scraped when this row was written.
    #[must_use]
    pub fn removed(&self, row: usize) -> bool {
        self.states[row].removed
    }

    /// Whether the scrape of this row showed `quantity` under the name that the contract gives it.
    #[must_use]
    pub fn shows(&self, row: usize, quantity: Quantity) -> bool {
        let operations = matches!(
            quantity,
            Quantity::ManagerOperations | Quantity::SecurityOperations | Quantity::LlmOperations
        );
        self.states[row].up && !(self.states[row].hidden && operations)
    }

    /// What had happened by this row's instant, since the scenario began.
    #[inline]
    #[must_use]
    pub fn total(&self, row: usize, slot: usize) -> u64 {
        self.rows[row * self.width + slot]
    }

    /// What had happened by this row's instant, since the process that answered it started.
    #[inline]
    #[must_use]
    pub fn shown(&self, row: usize, slot: usize) -> u64 {
        self.rows[row * self.width + slot] - self.lives[self.states[row].life as usize].base[slot]
    }

    /// Which process answered this row.
    #[inline]
    #[must_use]
    pub fn life(&self, row: usize) -> u32 {
        self.states[row].life
    }

    /// What had happened when a process started, since the scenario began.
    #[must_use]
    pub fn total_at_start(&self, life: u32, slot: usize) -> u64 {
        self.lives[life as usize].base[slot]
    }

    /// When each process started, in Unix milliseconds.
    pub fn starts(&self) -> impl Iterator<Item = i64> {
        self.lives.iter().map(|life| life.started_ms)
    }
}
