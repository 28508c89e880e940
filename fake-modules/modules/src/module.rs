//! One running copy of a module: counts its events, and shows its metrics when it is scraped.
//!
//! Backfill and the live server both drive it: events in order of time through [`Module::observe`], and
//! [`Module::scrape`] whenever Prometheus would come, which shows exactly the events observed before. It knows neither
//! who asks nor what the right answer is; with a [`Lie`] it counts or shows one metric wrongly.

mod bulk;
mod late;
mod liar;
mod process;
mod swap;

use std::sync::Arc;

use prometheus_client::registry::Registry;

use sim::{
    event::{Event, EventKind},
    time::Nanos,
    world::Instance,
};

use crate::{
    exposition::{Exposition, FamilyDescription, Layout, Snapshot},
    lie::Lie,
    metrics::{self, Families, Family, Instruments},
};
use late::Late;
use liar::Liar;

pub use bulk::Bulk;

/// A module that does not run answers no scrape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} (replica {}) is down", instance.module, instance.replica)]
pub struct Down {
    /// The copy that was asked.
    pub instance: Instance,
}

/// One running copy of a module.
#[derive(Debug)]
pub struct Module {
    instance: Instance,
    epoch_unix_ms: i64,
    running: bool,
    instruments: Instruments,
    start_time: Family,
    /// In the order of the exposition.
    families: Vec<Family>,
    /// Series that the contract does not know, if an incident adds some; shown last.
    extra: Option<Family>,
    liar: Option<Liar>,
    late: Option<Late>,
    layout: Arc<Layout>,
    /// Whether something happened since `layout` was made that may have changed the list of series.
    layout_is_stale: bool,
    values: Vec<f64>,
}

impl Module {
    /// Starts a copy at the scenario's start, with every counter at 0. `epoch_unix_ms` is that start in milliseconds
    /// since 1970.
    ///
    /// # Panics
    /// If the lie is about another module's metric.
    #[must_use]
    pub fn new(instance: Instance, epoch_unix_ms: i64, lie: Option<Lie>) -> Module {
        if let Some(lie) = lie {
            assert_eq!(lie.metric().module(), instance.module, "{lie} is about another module");
        }
        let (instruments, Families(mut families)) = Instruments::new(instance.module);
        let liar = lie.and_then(|lie| Liar::new(lie, &mut families));
        let mut late = None;
        match lie {
            Some(Lie::SwapLabels { metric, label }) => {
                let family = liar::family_of(metric, &mut families);
                swap::swap_first_two(&mut family.description, label);
            }
            Some(Lie::LateSeries { metric }) => late = Some(Late::new(metric)),
            _ => {}
        }
        let start_time = process::start_time();
        families.extend([process::build_info(instance.module), start_time.clone()]);
        let mut module = Module {
            instance,
            epoch_unix_ms,
            running: true,
            instruments,
            start_time,
            families,
            extra: None,
            liar,
            late,
            layout: Arc::new(Layout::new(0, Vec::new())),
            layout_is_stale: true,
            values: Vec::new(),
        };
        module.start(Nanos::ZERO);
        module
    }

    /// Which copy of which module it is.
    #[must_use]
    pub fn instance(&self) -> Instance {
        self.instance
    }

    /// Counts one event, which must be this copy's own and not precede any before it.
    #[inline]
    pub fn observe(&mut self, event: &Event) {
        debug_assert_eq!(event.instance(), self.instance, "an event of another copy");
        match event.kind {
            EventKind::Stopped(_) => self.running = false,
            EventKind::Started(_) => self.start(event.at),
            EventKind::Renamed(_, on) => self.rename(on),
            // Who is scraped, and how long that takes, a module does not know.
            EventKind::Removed(..) | EventKind::SlowMetrics(..) => {}
            EventKind::ExtraSeries(_, n) => self.show_users(n),
            kind => match &mut self.liar {
                None => self.instruments.count(kind),
                Some(liar) => {
                    liar.remember();
                    self.instruments.count(kind);
                    liar.distort(event.at);
                }
            },
        }
    }

    /// What the module shows of all events observed so far.
    ///
    /// # Errors
    /// If the copy was stopped and not started again.
    pub fn scrape(&mut self) -> Result<Exposition<'_>, Down> {
        self.take()?;
        Ok(Exposition::new(&self.layout, &self.values))
    }

    /// The same as [`Module::scrape`], to be kept while the module goes on.
    ///
    /// # Errors
    /// If the copy was stopped and not started again.
    pub fn scrape_into(&mut self, snapshot: &mut Snapshot) -> Result<(), Down> {
        self.take()?;
        snapshot.fill(&self.layout, &self.values);
        Ok(())
    }

    fn take(&mut self) -> Result<(), Down> {
        if !self.running {
            return Err(Down { instance: self.instance });
        }
        if let Some(late) = &mut self.late {
            self.layout_is_stale |= late.update(&self.families);
        }
        if self.layout_is_stale {
            self.lay_out();
        }
        self.read();
        Ok(())
    }

    /// The same instruments in a registry of prometheus-client, for its own encoder. (It has no part in being stopped
    /// or in showing series late.)
    #[must_use]
    pub fn registry(&self) -> Registry {
        metrics::registry(self.families.iter().chain(&self.extra))
    }

    fn start(&mut self, at: Nanos) {
        for family in self.families.iter().filter(|family| family.metric.is_some()) {
            family.fill(0);
        }
        let unix_ms = self.epoch_unix_ms + at.as_millis() as i64;
        // The cell holds the bits of a signed number, which the family reads as such.
        self.start_time.fill(unix_ms as u64);
        self.running = true;
    }

    /// The operations counter is the first of every module.
    fn rename(&mut self, on: bool) {
        let operations = &mut self.families[0];
        operations.description.name = match operations.metric {
            Some(metric) if !on => metric.family_name().into(),
            _ => format!("{}_ops", self.instance.module.prefix()).into(),
        };
        self.layout_is_stale = true;
    }

    fn show_users(&mut self, n: u32) {
        self.extra = (n > 0).then(|| process::user_requests(self.instance.module, n));
        self.layout_is_stale = true;
    }

    /// Makes the layout anew if the list of series did change.
    fn lay_out(&mut self) {
        self.layout_is_stale = false;
        let families: Vec<FamilyDescription> = self
            .families
            .iter()
            .chain(&self.extra)
            .map(|family| match &self.late {
                Some(late) if late.is_about(family) => late.describe(&family.description),
                _ => family.description.clone(),
            })
            .collect();
        if families != self.layout.families() {
            self.layout = Arc::new(Layout::new(self.layout.revision() + 1, families));
            self.values = vec![0.0; self.layout.n_series()];
        }
    }

    fn read(&mut self) {
        let mut rest = &mut self.values[..];
        let families = self.families.iter().chain(&self.extra);
        for (family, shown) in families.zip(self.layout.families()) {
            let (values, others) = rest.split_at_mut(shown.n_series());
            match &self.late {
                Some(late) if late.is_about(family) => late.read(family, values),
                _ => family.read(0..shown.label_sets.len(), values),
            }
            rest = others;
        }
    }
}
