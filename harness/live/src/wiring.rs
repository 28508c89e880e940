//! Whether Prometheus has scraped what it should, stored what was shown, and says so.
//!
//! Pure comparisons of what was collected with what was replayed. Notifications are judged elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use sim::{label::Label, world::Instance};

use super::{
    collect::Collected,
    replay::{Replayed, Shown},
    scrapes::Matched,
    watch::Watched,
};
use monitoring::Monitoring;
use prom::{
    duration,
    series::Series,
    words::{count, counted},
};
use proof::verify::wiring::{Part, Wiring};
use stack::client::prometheus::LoadedRule;

/// A pause between scrapes of this many intervals is a hole; a busy machine may miss one.
const HOLE: i64 = 3;

/// An answer takes a few milliseconds; a busy machine takes longer.
pub(super) const ON_THE_WAY_MS: i64 = 300;

/// Where the servers of this run are; what is elsewhere belongs to an installation.
const LOOPBACK: &str = "127.0.0.1:";

/// At most so many lines for one cause.
const LINES: usize = 5;

/// One copy of a module as a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// Which one.
    pub instance: Instance,
    /// Where it is served.
    pub address: String,
    /// Its `instance` label.
    pub label: String,
    /// How often it is scraped, in milliseconds.
    pub interval_ms: i64,
}

/// Everything that is compared.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The copies that are served.
    pub served: &'a [Served],
    /// Their scrapes.
    pub scrapes: &'a BTreeMap<Instance, Matched>,
    /// The truth.
    pub replayed: &'a Replayed,
    /// What Prometheus has.
    pub collected: &'a Collected,
    /// What it said meanwhile.
    pub watched: &'a Watched,
    /// When the story began, in Unix milliseconds.
    pub began_ms: i64,
}

impl Seen<'_> {
    /// Whether an incident makes answers of this copy fail by design then.
    fn excused(&self, instance: Instance, at_ms: i64) -> bool {
        let spans = self.replayed.excused.get(&instance);
        spans.is_some_and(|spans| spans.iter().any(|(from, to)| (*from..*to).contains(&at_ms)))
    }

    /// Every copy is scraped at its interval under its module's name, and every answer is stored.
    #[must_use]
    pub fn scrapes(&self) -> Wiring {
        let mut broken = Vec::new();
        let mut n_scrapes = 0;
        for served in self.served {
            let Served { instance, address, label, .. } = served;
            let module = instance.module.as_str();
            let matched = self.scrapes.get(&served.instance).cloned().unwrap_or_default();
            let Some(up) = self.collected.up.get(label) else {
                broken.push(format!(
                    "{module} at {address} is not a target: correct prometheus/targets/ or the job's service discovery{}",
                    self.instead(module)
                ));
                continue;
            };
            n_scrapes += matched.scraped.len();
            match up.labels.get("module") {
                Some(label) if label == module => {}
                label => broken.push(format!(
                    "the samples of {module} at {address} have module=\"{}\": set the label `module` in relabel_configs of its job, since rules and panels aggregate by it",
                    label.unwrap_or_default()
                )),
            }
            let mut lines = Vec::new();
            for pair in matched.scraped.windows(2) {
                let pause = pair[1].at_ms - pair[0].at_ms;
                if HOLE * served.interval_ms < pause {
                    lines.push(format!("was not scraped for {}", duration::format(pause)));
                }
            }
            for scraped in &matched.scraped {
                let excused = self.excused(served.instance, scraped.at_ms);
                match (scraped.up, scraped.answer) {
                    (true, None) => lines.push(
                        "has a sample that this module did not answer: something else listens there"
                            .to_owned(),
                    ),
                    (false, Some(_)) if !excused && !self.cut(served.instance, scraped.at_ms) => {
                        let told = self.watched.at(label, scraped.at_ms);
                        let why = told.map_or("scraping", |told| told.error.as_str());
                        lines.push(format!(
                            "answered, but Prometheus counts the scrape as failed: {why}; check scrape_timeout and the limits of the job"
                        ));
                    }
                    (false, None) if !excused && !self.down(served.instance, scraped.at_ms) => {
                        let told = self.watched.at(label, scraped.at_ms);
                        let why = told.map_or("no answer", |told| told.error.as_str());
                        lines.push(format!(
                            "is up, but every scrape fails: {why}; check scheme, metrics_path and authorization of its job"
                        ));
                    }
                    _ => {}
                }
            }
            match matched.scraped.last() {
                Some(last) if last.at_ms + HOLE * served.interval_ms < self.collected.at_ms => {
                    lines.push("was no longer scraped at the end".to_owned());
                }
                None => lines.push("was never scraped".to_owned()),
                Some(_) => {}
            }
            lines.extend(
                matched
                    .unstored
                    .iter()
                    .map(|_| "answered a scrape, but no sample of it is stored".to_owned()),
            );
            broken.extend(summed(&format!("{module} at {address}"), lines));
        }
        let targets = counted(self.served.len(), "target");
        Wiring {
            part: Part::Scrapes,
            compared: format!("{} of {targets}", counted(n_scrapes, "scrape")),
            broken,
        }
    }

    /// Whether the copy went down while its answer was on the way.
    fn cut(&self, instance: Instance, at_ms: i64) -> bool {
        let down = self.replayed.down.get(&instance).into_iter().flatten();
        down.into_iter().any(|(from, _)| (at_ms..at_ms + ON_THE_WAY_MS).contains(from))
    }

    /// Whether the copy was down when a scrape began, or went down or came back about then.
    fn down(&self, instance: Instance, at_ms: i64) -> bool {
        let down = self.replayed.down.get(&instance).into_iter().flatten();
        down.into_iter().any(|(from, to)| {
            (from - ON_THE_WAY_MS..to.saturating_add(ON_THE_WAY_MS)).contains(&at_ms)
        })
    }

    /// Where the job of a module looks instead.
    fn instead(&self, module: &str) -> String {
        let known: BTreeSet<&str> = self.served.iter().map(|s| s.label.as_str()).collect();
        let others = self.collected.targets.iter().filter(|target| {
            let instance = target.labels.get("instance").unwrap_or_default();
            target.scrape_pool == module && !known.contains(instance)
        });
        let others: Vec<String> = others
            .map(|target| match target.last_error.as_str() {
                "" => format!("; its job scrapes {}", target.scrape_url),
                error => format!("; its job scrapes {}: {error}", target.scrape_url),
            })
            .collect();
        others.concat()
    }

    /// Every sample is what the module showed at that scrape, bit by bit, and there is no other.
    #[must_use]
    pub fn samples(&self) -> Wiring {
        let (mut n_samples, mut n_series) = (0, 0_u64);
        let mut broken = Vec::new();
        for served in self.served {
            if !self.collected.up.contains_key(&served.label) {
                continue;
            }
            // What is not emulated of a job stands among the unproven.
            let Some(shown) = self.replayed.samples.get(&served.instance) else { continue };
            let stored = self.collected.samples.get(&served.label).into_iter().flatten();
            let stored: BTreeMap<Shown, &Series> = stored
                .map(|series| {
                    let labels = series.labels.iter();
                    (labels.map(|(n, v)| (n.to_owned(), v.to_owned())).collect(), series)
                })
                .collect();
            let mut lines = Vec::new();
            for (series, samples) in shown {
                n_series += 1;
                n_samples += samples.len();
                let name = metric(series);
                match stored.get(series) {
                    None => {
                        lines.push(format!("shows {name}, but not every series of it is stored"))
                    }
                    Some(found) => lines.extend(differs(name, samples, &found.points)),
                }
            }
            let strange = stored.keys().filter(|series| !shown.contains_key(*series));
            lines.extend(
                strange
                    .map(|series| format!("has stored {}, which it never showed", metric(series))),
            );
            let Served { instance, address, .. } = served;
            let module = instance.module.as_str();
            broken.extend(summed(&format!("{module} at {address}"), lines));
        }
        let compared = format!("{} of {} series", counted(n_samples, "sample"), count(n_series));
        Wiring { part: Part::Samples, compared, broken }
    }

    /// What Prometheus says of its targets is what their last scrapes came to.
    #[must_use]
    pub fn targets(&self) -> Wiring {
        let mut n_told = 0;
        let mut broken = Vec::new();
        for served in self.served {
            let Served { instance, address, label, .. } = served;
            let module = instance.module.as_str();
            let Some(matched) = self.scrapes.get(&served.instance) else { continue };
            let mut lines = Vec::new();
            for scraped in &matched.scraped {
                let Some(told) = self.watched.at(label, scraped.at_ms) else { continue };
                n_told += 1;
                let health = if scraped.up { "up" } else { "down" };
                if told.health != health || told.error.is_empty() != scraped.up {
                    lines.push(format!(
                        "is said to be {} ({:?}) after a scrape that stored up = {}",
                        told.health,
                        told.error,
                        i32::from(scraped.up)
                    ));
                }
            }
            if self.watched.of(label).is_none() {
                lines.push("was never in Prometheus' list of targets".to_owned());
            }
            broken.extend(summed(&format!("{module} at {address}"), lines));
        }
        let mut elsewhere = Vec::new();
        for target in &self.collected.targets {
            let label = target.labels.get("instance").unwrap_or_default();
            if self.served.iter().any(|served| served.label == label) || target.health == "up" {
                continue;
            }
            let address = target.discovered_labels.get("__address__").unwrap_or_default();
            if address.starts_with(LOOPBACK) {
                broken.push(format!(
                    "job {} cannot scrape {}: {}; correct its target",
                    target.scrape_pool, target.scrape_url, target.last_error
                ));
            } else {
                elsewhere.push(format!("job {} ({})", target.scrape_pool, target.scrape_url));
            }
        }
        let mut compared = counted(n_told, "answer");
        if !elsewhere.is_empty() {
            compared += &format!(", not here: {}", elsewhere.join(", "));
        }
        Wiring { part: Part::Targets, compared, broken }
    }

    /// Every rule of every file is loaded and evaluated without an error; a rule file that nothing loads is told.
    #[must_use]
    pub fn rules(&self, monitoring: &Monitoring) -> Wiring {
        let mut broken = Vec::new();
        let mut n_rules = 0;
        let mut loaded: BTreeMap<(String, &str), _> = BTreeMap::new();
        for group in &self.collected.groups {
            loaded.insert((base(&group.file), group.name.as_str()), group);
        }
        for file in &monitoring.rules {
            let name = base(&file.file.to_string_lossy());
            for group in &file.groups {
                let Some(found) = loaded.get(&(name.clone(), group.name.as_str())) else {
                    broken.push(format!(
                        "{name}: group {} is not loaded: reload Prometheus, or correct rule_files",
                        group.name
                    ));
                    continue;
                };
                let evaluated: Vec<&str> =
                    found.rules.iter().map(|rule| rule.name.as_str()).collect();
                let written: Vec<&str> = group.rules.iter().map(monitoring::Rule::name).collect();
                if evaluated != written {
                    broken.push(format!(
                        "{name}: an old version of group {} is loaded: reload Prometheus",
                        group.name
                    ));
                }
                n_rules += found.rules.len();
                let interval_ms =
                    group.interval_ms.unwrap_or(monitoring.config.evaluation_interval_ms);
                let due = 2 * interval_ms < self.collected.at_ms - self.began_ms;
                let ill =
                    |rule: &&LoadedRule| rule.health != "ok" && (due || rule.health != "unknown");
                for rule in found.rules.iter().filter(ill) {
                    broken.push(format!(
                        "{name}: rule {} is {}: {}",
                        rule.name, rule.health, rule.last_error
                    ));
                }
            }
        }
        broken.extend(forgotten(monitoring));
        Wiring { part: Part::Rules, compared: counted(n_rules, "rule"), broken }
    }
}

/// Rule files in the directories of rules that no pattern of `rule_files` names.
fn forgotten(monitoring: &Monitoring) -> Vec<String> {
    let config = monitoring.config.file.parent().unwrap_or(&monitoring.directory);
    let mut directories: BTreeSet<std::path::PathBuf> =
        [config.join("rules"), config.join("alerts")].into();
    directories.extend(
        monitoring.rules.iter().filter_map(|file| file.file.parent().map(ToOwned::to_owned)),
    );
    let known: BTreeSet<_> =
        monitoring.rules.iter().filter_map(|file| file.file.canonicalize().ok()).collect();
    let mut found = Vec::new();
    for directory in directories {
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            let is_yaml = path.extension().is_some_and(|e| e == "yml" || e == "yaml");
            let is_known = path.canonicalize().is_ok_and(|path| known.contains(&path));
            if is_yaml && !is_known {
                let name = path.strip_prefix(config).unwrap_or(&path).display().to_string();
                found.push(format!("{name} is not loaded: no pattern of rule_files names it"));
            }
        }
    }
    found.sort();
    found
}

fn base(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

/// The metric of a series.
fn metric(series: &Shown) -> &str {
    series.iter().find(|(name, _)| name == "__name__").map_or("", |(_, name)| name)
}

/// How stored samples differ from those that were shown; instants first.
fn differs(name: &str, shown: &[(i64, f64)], stored: &[(i64, f64)]) -> Option<String> {
    let instants = |samples: &[(i64, f64)]| samples.iter().map(|(at, _)| *at).collect::<Vec<_>>();
    if instants(shown) != instants(stored) {
        return Some(format!("has samples of {name} at other instants than its scrapes"));
    }
    let same = |a: f64, b: f64| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
    let differ = shown.iter().zip(stored).any(|(a, b)| !same(a.1, b.1));
    differ.then(|| format!("has stored other values of {name} than it showed"))
}

/// A line for each kind of line, with how often it occurred; at most a few.
fn summed(subject: &str, lines: Vec<String>) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for line in lines {
        *counts.entry(line).or_default() += 1;
    }
    let n_more = counts.len().saturating_sub(LINES);
    let told = counts.into_iter().take(LINES).map(|(line, n)| match n {
        1 => format!("{subject} {line}"),
        n => format!("{subject} {line} ({n} times)"),
    });
    let more = (n_more > 0).then(|| format!("{subject}: {n_more} more of this kind"));
    told.chain(more).collect()
}
