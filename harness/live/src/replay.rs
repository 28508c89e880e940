//! From what was recorded, and when Prometheus scraped, to the ledger, and to what each scrape must have stored.
//!
//! The ledger and the modules read the same recording, each by itself, as they do on the other road. What Prometheus
//! stored is not looked at here.

use std::collections::BTreeMap;

use modules::module::Module;
use sim::{event::EventKind, time::Nanos, world::Instance};

use super::{
    record::{Entry, Recording},
    scrapes::{Matched, Scraped},
};
use scrape::{Intake, Refusal};
use truth::ledger::Ledger;

/// Name and labels of a series as it is to be stored, sorted; `__name__` among them.
pub type Shown = Vec<(String, String)>;

/// What the configuration makes of a copy's answers.
#[derive(Clone, Debug, Default)]
pub struct Taking {
    /// The labels of its target.
    pub labels: Vec<(String, String)>,
    /// What its job does with them; none where that is not emulated.
    pub intake: Option<Intake>,
}

/// What really happened, and what Prometheus must have stored of it.
#[derive(Debug)]
pub struct Replayed {
    /// What really happened.
    pub ledger: Ledger,
    /// The samples of each copy that count, by series, in the order of time; of a copy whose job is emulated.
    pub samples: BTreeMap<Instance, BTreeMap<Shown, Vec<(i64, f64)>>>,
    /// At which scrapes how many series of each copy are there: answers that a limit refuses leave those before.
    pub n_series: BTreeMap<Instance, Vec<(i64, usize)>>,
    /// From when until when each copy was down, in Unix milliseconds.
    pub down: BTreeMap<Instance, Vec<(i64, i64)>>,
    /// Spans in Unix milliseconds in which an incident makes a copy's answers fail by design: too slow or too many.
    pub excused: BTreeMap<Instance, Vec<(i64, i64)>>,
}

/// Plays a recording again, with a line in the ledger for each scrape.
#[must_use]
pub fn replay(
    recording: &Recording,
    scrapes: &BTreeMap<Instance, Matched>,
    takings: &BTreeMap<Instance, Taking>,
    replicas: [u8; 3],
    epoch_ms: i64,
) -> Replayed {
    let mut lines = lines(recording, scrapes, epoch_ms).into_iter().peekable();
    let mut ledger = Ledger::new(replicas, epoch_ms);
    let mut modules: BTreeMap<Instance, Module> =
        scrapes.keys().map(|&instance| (instance, Module::new(instance, epoch_ms, None))).collect();
    let mut samples: BTreeMap<Instance, BTreeMap<Shown, Vec<(i64, f64)>>> = BTreeMap::new();
    let mut n_series: BTreeMap<Instance, Vec<(i64, usize)>> = BTreeMap::new();
    let mut excused: BTreeMap<Instance, Vec<(i64, i64)>> = BTreeMap::new();
    let mut down: BTreeMap<Instance, Vec<(i64, i64)>> = BTreeMap::new();
    for (position, entry) in recording.iter().enumerate() {
        while let Some((_, instance, scraped)) = lines.next_if(|(at, ..)| *at <= position) {
            rule(&mut ledger, epoch_ms, instance, scraped);
            let answered = scraped.up || scraped.answer.is_some();
            let module = modules.get_mut(&instance).filter(|_| answered);
            let Some(Ok(exposition)) = module.map(Module::scrape) else { continue };
            let Some(Taking { labels, intake: Some(intake) }) = takings.get(&instance) else {
                continue;
            };
            let reading = intake.read(labels, &exposition);
            let n_shown = n_series.entry(instance).or_default();
            if !scraped.up {
                if reading.refused.is_some_and(Refusal::freezes) {
                    let before = n_shown.last().map_or(0, |(_, n)| *n);
                    n_shown.push((scraped.at_ms, before));
                }
                continue;
            }
            n_shown.push((scraped.at_ms, reading.stored.len()));
            let of = samples.entry(instance).or_default();
            for (nth, labels) in reading.stored {
                of.entry(labels).or_default().push((scraped.at_ms, exposition.values()[nth]));
            }
        }
        let Entry::Event(event) = entry else { continue };
        ledger.observe(event);
        if let Some(module) = modules.get_mut(&event.instance()) {
            module.observe(event);
        }
        let at_ms = epoch_ms + event.at.as_millis() as i64;
        match event.kind {
            EventKind::Stopped(_) => {
                down.entry(event.instance()).or_default().push((at_ms, i64::MAX));
            }
            EventKind::Started(_) => {
                let last = down.entry(event.instance()).or_default().last_mut();
                last.into_iter().for_each(|span| span.1 = at_ms);
            }
            _ => {}
        }
        let fails = match event.kind {
            EventKind::ExtraSeries(_, n_series) => Some(n_series > 0),
            EventKind::SlowMetrics(_, takes) => Some(takes > Nanos::ZERO),
            _ => None,
        };
        let spans = excused.entry(event.instance()).or_default();
        match fails {
            Some(true) => spans.push((at_ms, i64::MAX)),
            Some(false) => {
                spans.iter_mut().filter(|(_, end)| *end == i64::MAX).for_each(|s| s.1 = at_ms);
            }
            None => {}
        }
    }
    for (_, instance, scraped) in lines {
        rule(&mut ledger, epoch_ms, instance, scraped);
    }
    Replayed { ledger, samples, n_series, down, excused }
}

fn rule(ledger: &mut Ledger, epoch_ms: i64, instance: Instance, scraped: Scraped) {
    let at = Nanos::from_millis(u64::try_from(scraped.at_ms - epoch_ms).unwrap_or(0));
    ledger.mark(instance, at, scraped.up);
}

/// Before which entry each scrape belongs: its answer, or the first event after it.
fn lines(
    recording: &Recording,
    scrapes: &BTreeMap<Instance, Matched>,
    epoch_ms: i64,
) -> Vec<(usize, Instance, Scraped)> {
    let at_ms = |entry: &Entry| {
        epoch_ms
            + match entry {
                Entry::Event(event) => event.at,
                Entry::Scrape(scrape) => scrape.at,
            }
            .as_millis() as i64
    };
    let mut lines: Vec<(usize, Instance, Scraped)> = Vec::new();
    for (&instance, matched) in scrapes {
        let mut least = 0;
        for &scraped in &matched.scraped {
            let found = scraped.answer.unwrap_or_else(|| {
                recording.partition_point(|entry| at_ms(entry) <= scraped.at_ms)
            });
            // A copy's lines are in the order of its scrapes.
            least = found.max(least);
            lines.push((least, instance, scraped));
        }
    }
    lines.sort_by_key(|(position, instance, scraped)| (*position, *instance, scraped.at_ms));
    lines
}
