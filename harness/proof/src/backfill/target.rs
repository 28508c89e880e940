//! One scrape target in virtual time: the samples that scraping it would store.
//!
//! The series that a scrape brings, stale markers for those that it no longer brings, and the `up` and `scrape_*`
//! series of the target itself. What the target's labels are was asked of the real engine beforehand.

use modules::exposition::Exposition;

use super::Thinning;
use monitoring::limits::Limit;
use prom::{
    remote_write::{EncodedLabels, SeriesRef},
    staleness,
};
use scrape::{Intake, Reading, Refusal, longest_body};

/// A target as the configuration describes it.
#[derive(Clone, Debug)]
pub struct TargetConfig {
    /// Labels after relabelling, `job` and `instance` among them.
    pub labels: Vec<(String, String)>,
    /// Milliseconds between scrapes.
    pub interval_ms: i64,
    /// Milliseconds after which a scrape has failed.
    pub timeout_ms: i64,
    /// The first scrape, in milliseconds after the scenario's start.
    pub phase_ms: i64,
    /// What becomes of a scrape's samples.
    pub intake: Intake,
}

/// What a scrape met.
#[derive(Debug)]
pub(super) enum Scraped<'a> {
    /// An answer, after at least so many seconds.
    Answer(&'a Exposition<'a>, f64),
    /// No answer in time.
    Late,
    /// No process answered.
    Down,
    /// The target is no longer among those that are scraped: it ends where its next scrape would have been.
    Removed,
    /// A server that is always up and whose own metrics are not simulated.
    Server,
}

/// The five series that Prometheus adds to every target.
pub const OWN: [&str; 5] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
];

/// A scrape of a small exposition over loopback takes about 2 ms (measured), a refused connection half of one.
pub(super) const SCRAPE_SECONDS: f64 = 0.002;
pub(super) const REFUSED_SECONDS: f64 = 0.0005;

/// The stored samples of one target, from one flush to the next.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) config: TargetConfig,
    own: Vec<Stored>,
    series: Vec<Stored>,
    /// Position in `series` of each series of the current layout.
    current: Vec<usize>,
    /// The same positions with that of each value in an exposition, but for unwanted series.
    wanted: Vec<(usize, usize)>,
    layout: Option<u64>,
    /// The layout that was read last, with what becomes of it and the longest body that it can have.
    read: Option<(u64, Reading, u64)>,
    /// The series of `current` have a value that is not stale.
    alive: bool,
    /// The target's own series have a value that is not stale.
    listed: bool,
    thinning: Option<Thinning>,
    /// With thinning: when all wanted series are stored again.
    due_ms: i64,
    known: std::collections::BTreeMap<Vec<(String, String)>, usize>,
}

#[derive(Debug)]
struct Stored {
    labels: EncodedLabels,
    samples: Vec<(i64, f64)>,
    /// Whether samples are kept at all.
    wanted: bool,
}

impl Stored {
    /// `labels` are sorted by name.
    fn new(labels: &[(String, String)], thinning: Option<&Thinning>) -> Stored {
        let pairs: Vec<(&str, &str)> =
            labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let wanted = thinning.is_none_or(|thinning| (thinning.wanted)(labels));
        Stored { labels: EncodedLabels::new(&pairs), samples: Vec::new(), wanted }
    }

    fn push(&mut self, at_ms: i64, value: f64) {
        if self.wanted {
            self.samples.push((at_ms, value));
        }
    }
}

impl Target {
    pub(super) fn new(config: TargetConfig, thinning: Option<Thinning>) -> Target {
        let own = OWN
            .iter()
            .map(|name| Stored::new(&Intake::of_target(&config.labels, name), thinning.as_ref()));
        let own = own.collect();
        Target {
            config,
            own,
            series: Vec::new(),
            current: Vec::new(),
            wanted: Vec::new(),
            layout: None,
            read: None,
            alive: false,
            listed: false,
            thinning,
            due_ms: i64::MIN,
            known: std::collections::BTreeMap::new(),
        }
    }

    /// Why nothing of an answer is stored, if so.
    pub(super) fn refuses(&mut self, exposition: &Exposition<'_>) -> Option<Refusal> {
        let TargetConfig { intake, labels, .. } = &self.config;
        let layout = exposition.layout();
        let read =
            self.read.take().filter(|(read, ..)| *read == layout).unwrap_or_else(|| {
                (layout, intake.read(labels, exposition), longest_body(exposition))
            });
        let (_, reading, longest) = self.read.insert(read);
        // Hardly any body comes near its limit, and only such a one is written to see.
        if intake.limits.body_bytes <= *longest && intake.refuses_body(exposition) {
            return Some(Refusal::Limit(Limit::Body));
        }
        reading.refused
    }

    /// Whether an answer that takes this long still counts.
    pub(super) fn waits_for(&self, seconds: f64) -> bool {
        seconds * 1000.0 < self.config.timeout_ms as f64
    }

    /// Stores what a scrape at `at_ms` brings.
    pub(super) fn scrape(&mut self, at_ms: i64, scraped: &Scraped<'_>) {
        let (up, seconds, samples, kept, added) = match scraped {
            Scraped::Answer(exposition, seconds) => {
                let seconds = seconds.max(SCRAPE_SECONDS);
                let refusal = self.refuses(exposition);
                let (_, reading, _) = self.read.as_ref().expect("it was just read");
                let (scraped, kept) = (reading.scraped, reading.kept);
                match refusal {
                    None => (1.0, seconds, scraped, kept, self.store(at_ms, exposition)),
                    Some(refusal) => {
                        if !refusal.freezes() {
                            self.end(at_ms);
                        }
                        match refusal {
                            Refusal::Limit(Limit::Body) => (0.0, seconds, 0, 0, 0),
                            _ => (0.0, seconds, scraped, kept, 0),
                        }
                    }
                }
            }
            Scraped::Late => {
                self.end(at_ms);
                (0.0, self.config.timeout_ms as f64 / 1000.0, 0, 0, 0)
            }
            Scraped::Down => {
                self.end(at_ms);
                (0.0, REFUSED_SECONDS, 0, 0, 0)
            }
            Scraped::Removed => {
                self.end(at_ms);
                if std::mem::replace(&mut self.listed, false) {
                    for own in &mut self.own {
                        own.push(at_ms, staleness::MARKER);
                    }
                }
                return;
            }
            Scraped::Server => (1.0, SCRAPE_SECONDS, 0, 0, 0),
        };
        self.listed = true;
        let values = [up, seconds, samples as f64, kept as f64, added as f64];
        for (own, value) in self.own.iter_mut().zip(values) {
            own.push(at_ms, value);
        }
    }

    fn store(&mut self, at_ms: i64, exposition: &Exposition<'_>) -> usize {
        let was_alive = self.alive;
        let mut added = 0;
        if self.layout != Some(exposition.layout()) {
            let before = std::mem::take(&mut self.current);
            let mut stored = Vec::new();
            if let Some((_, reading, _)) = &mut self.read {
                stored = std::mem::take(&mut reading.stored);
            }
            let positions: Vec<(usize, usize)> =
                stored.into_iter().map(|(nth, labels)| (nth, self.position(labels))).collect();
            self.layout = Some(exposition.layout());
            let wanted = |(_, position): &(usize, usize)| self.series[*position].wanted;
            self.current = positions.iter().map(|(_, position)| *position).collect();
            self.wanted = positions.into_iter().filter(wanted).collect();
            self.due_ms = i64::MIN;
            let now: std::collections::BTreeSet<usize> = self.current.iter().copied().collect();
            let then: std::collections::BTreeSet<usize> = before.iter().copied().collect();
            if was_alive {
                for gone in then.difference(&now) {
                    self.series[*gone].push(at_ms, staleness::MARKER);
                }
                added = now.difference(&then).count();
            }
        }
        if !was_alive {
            added = self.current.len();
        }
        // A process that has just come back shows its first counts at once, so that a reset is where it was.
        if !was_alive || self.due_ms <= at_ms {
            let every_ms = self.thinning.as_ref().map_or(0, |thinning| thinning.interval_ms);
            self.due_ms = at_ms + every_ms;
            for &(nth, position) in &self.wanted {
                self.series[position].samples.push((at_ms, exposition.values()[nth]));
            }
        }
        self.alive = true;
        added
    }

    fn end(&mut self, at_ms: i64) {
        if std::mem::replace(&mut self.alive, false) {
            for &(_, position) in &self.wanted {
                self.series[position].push(at_ms, staleness::MARKER);
            }
        }
    }

    /// Where the series with these labels, sorted by name, is.
    fn position(&mut self, labels: Vec<(String, String)>) -> usize {
        if let Some(&position) = self.known.get(&labels) {
            return position;
        }
        self.series.push(Stored::new(&labels, self.thinning.as_ref()));
        self.known.insert(labels, self.series.len() - 1);
        self.series.len() - 1
    }

    /// The samples since the last [`Target::clear`].
    pub(super) fn pending(&self) -> impl Iterator<Item = SeriesRef<'_>> {
        self.own
            .iter()
            .chain(&self.series)
            .filter(|stored| !stored.samples.is_empty())
            .map(|stored| SeriesRef { labels: &stored.labels, samples: &stored.samples })
    }

    pub(super) fn clear(&mut self) {
        for stored in self.own.iter_mut().chain(&mut self.series) {
            stored.samples.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use modules::module::Module;
    use sim::world::{Instance, Module as ModuleName};

    use super::*;

    #[test]
    fn a_slow_scrape_says_how_long_it_took_and_fails_at_the_timeout() {
        let config = TargetConfig {
            labels: Vec::new(),
            interval_ms: 5_000,
            timeout_ms: 4_000,
            phase_ms: 0,
            intake: Intake::default(),
        };
        let mut target = Target::new(config, None);
        assert!(target.waits_for(3.999) && !target.waits_for(4.0));
        let instance = Instance { module: ModuleName::PromptSecurity, replica: 0 };
        let mut module = Module::new(instance, 0, None);
        target.scrape(1, &Scraped::Answer(&module.scrape().unwrap(), 3.0));
        target.scrape(2, &Scraped::Late);
        let own = |name: &str| {
            let nth = OWN.iter().position(|own| *own == name).unwrap();
            target.own[nth].samples.clone()
        };
        assert_eq!(own("up"), [(1, 1.0), (2, 0.0)]);
        assert_eq!(own("scrape_duration_seconds"), [(1, 3.0), (2, 4.0)]);
        let ends =
            |stored: &Stored| stored.samples.last().is_some_and(|(at, v)| *at == 2 && v.is_nan());
        assert!(target.series.iter().all(ends));
    }
}
