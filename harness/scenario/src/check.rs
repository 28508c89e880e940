//! The second stage: what a scenario file means, and everything about it that does not fit.
//!
//! Each part is checked on its own, so that a flaw in one hides nothing in another; a part with a flaw is `None`.

mod alerts;
mod course;
mod incidents;

use std::path::Path;

use sim::{incident::Incident, label::Label, time::Nanos, world::Module};

use super::{
    Pace, Scenario, ScrapePhase, Trace, Traffic, World,
    file::{RawCacheHits, RawEntry, RawScenario, RawTrace, RawTraffic, RawWorld},
    values::{Copies, Count, Factor, Name, Rate, Share, Span, Weight},
};
use prom::{
    document::{Field, Meaning, Part, Scalar, Table},
    problem::{Code, Problem},
};

/// What a scenario file means; `None` and a problem where it means nothing.
pub(super) fn check(
    file: &Path,
    raw: RawScenario,
    problems: &mut Vec<Problem>,
) -> Option<Scenario> {
    let mut checker = Checker { file, problems };
    let name = checker.name();
    let about = checker.required(1, "about", raw.about);
    let seed = checker.given(raw.seed).map_or(1, |Count(seed)| seed);
    let epoch = checker.given(raw.epoch).map(|instant| instant.0);
    let duration_line = raw.duration.as_ref().map_or(1, |field| field.line);
    let duration = checker.required(1, "duration", raw.duration).map(|Span(duration)| duration);
    if duration == Some(Nanos::ZERO) {
        checker.problem(
            Code::InvalidValue,
            duration_line,
            "expected a duration above 0, found 0",
            None,
        );
    }
    let traffic = checker
        .required_part(1, "traffic", raw.traffic, |c, line, part| c.traffic(line, part, duration));
    let replicas = checker.part(raw.replicas, Checker::replicas).unwrap_or([1; 3]);
    let scrape_phase = checker.given(raw.scrape_phase).unwrap_or_default();
    let pace = checker.given(raw.pace).unwrap_or_default();
    let world = checker.part(raw.world, Checker::world).unwrap_or_default();
    let incidents = checker.part(raw.timeline, |c, _, list| {
        Some(c.list(list, |c, line, entry| c.incident(line, entry, duration, replicas)))
    });
    let alerts = checker.part(raw.expect, |c, _, expect| {
        c.part(expect.alerts, |c, _, list| Some(c.list(list, Checker::alert)))
    });
    Some(Scenario {
        name: name?,
        file: file.to_owned(),
        about: about?,
        seed,
        epoch: epoch.unwrap_or(DEFAULT_EPOCH),
        duration: duration?,
        traffic: traffic?,
        replicas,
        scrape_phase,
        pace,
        world,
        incidents: incidents.unwrap_or_default(),
        alerts: alerts.unwrap_or_default(),
    })
}

/// What an entry of a timeline means in a story without an end.
pub(super) fn check_entry(
    file: &Path,
    raw: RawEntry,
    replicas: [u8; 3],
    problems: &mut Vec<Problem>,
) -> Option<Incident> {
    Checker { file, problems }.incident(1, raw, None, replicas)
}

/// 2026-01-05T00:00:00Z, a Monday.
const DEFAULT_EPOCH: jiff::Timestamp = jiff::Timestamp::constant(1_767_571_200, 0);

/// Takes values out of their wrappers and notes what is wrong with them.
struct Checker<'a> {
    file: &'a Path,
    problems: &'a mut Vec<Problem>,
}

impl Checker<'_> {
    fn problem(
        &mut self,
        code: Code,
        line: usize,
        message: impl Into<String>,
        remedy: Option<&str>,
    ) {
        let problem = Problem::new(code, self.file, line, message);
        self.problems.push(match remedy {
            Some(remedy) => problem.remedy(remedy),
            None => problem,
        });
    }

    /// A value that may be missing.
    fn given<T>(&mut self, field: Option<Field<T>>) -> Option<T> {
        field?.take(self.file, self.problems)
    }

    /// A value that must stand in the part that begins at `line`.
    fn required<T: Meaning>(
        &mut self,
        line: usize,
        key: &str,
        field: Option<Field<T>>,
    ) -> Option<T> {
        if field.is_none() {
            let expected =
                T::read(&Scalar::Nothing).err().map(|flaw| flaw.message).unwrap_or_default();
            let expected = expected.trim_end_matches(", found nothing").to_owned();
            self.problem(Code::MissingKey, line, format!("missing key {key}; {expected}"), None);
        }
        self.given(field)
    }

    /// A part that may be missing; `read` gets its line.
    fn part<T, U>(
        &mut self,
        part: Option<Part<T>>,
        read: impl FnOnce(&mut Self, usize, T) -> Option<U>,
    ) -> Option<U> {
        let Part { line, value } = part?;
        read(self, line, value?)
    }

    /// A part that must stand in the part that begins at `line`.
    fn required_part<T, U>(
        &mut self,
        line: usize,
        key: &str,
        part: Option<Part<T>>,
        read: impl FnOnce(&mut Self, usize, T) -> Option<U>,
    ) -> Option<U> {
        if part.is_none() {
            self.problem(
                Code::MissingKey,
                line,
                format!("missing key {key}; expected a mapping"),
                None,
            );
        }
        self.part(part, read)
    }

    /// The items of a list that mean something.
    fn list<T, U>(
        &mut self,
        list: Vec<Part<T>>,
        mut read: impl FnMut(&mut Self, usize, T) -> Option<U>,
    ) -> Vec<U> {
        list.into_iter().filter_map(|item| self.part(Some(item), &mut read)).collect()
    }

    /// The entries of a table that mean something.
    fn table<K, V>(&mut self, Table(entries): Table<K, V>) -> Vec<(usize, K, V)> {
        entries
            .into_iter()
            .filter_map(|(key, value)| {
                let (line, key, value) =
                    (value.line, self.given(Some(key)), self.given(Some(value)));
                Some((line, key?, value?))
            })
            .collect()
    }

    /// The scenario's name, which stands in reports, test names and artifact paths.
    fn name(&mut self) -> Option<String> {
        let name = self.file.file_stem()?.to_string_lossy().into_owned();
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !name.chars().all(is_plain) {
            let message = format!("expected a file name of a-z, 0-9 and -, found {name:?}");
            self.problems.push(
                Problem::new(Code::InvalidScenarioName, self.file, None, message)
                    .remedy("rename the file"),
            );
            return None;
        }
        Some(name)
    }

    fn traffic(
        &mut self,
        line: usize,
        raw: RawTraffic,
        duration: Option<Nanos>,
    ) -> Option<Traffic> {
        let profile = self.required(line, "profile", raw.profile).map(|named| named.0);
        if raw.trace.is_some() {
            let of_generated = [
                ("rate", raw.rate.map(|field| field.line)),
                ("shape", raw.shape.map(|part| part.line)),
                ("bursts", raw.bursts.map(|part| part.line)),
            ];
            for (key, line) in of_generated {
                if let Some(line) = line {
                    let remedy = "remove it; `speed` changes a trace's rate";
                    self.problem(
                        Code::MisplacedKey,
                        line,
                        format!("{key} does not go with a trace, which has its own"),
                        Some(remedy),
                    );
                }
            }
            return self.part(raw.trace, |c, line, trace| c.trace(line, trace, profile));
        }
        let rate = self.required(line, "rate", raw.rate).map(|Rate(rate)| rate);
        let course = self.course(rate, raw.shape, raw.bursts, duration);
        Some(Traffic::Generated { profile: profile?, course: course? })
    }

    fn trace(
        &mut self,
        line: usize,
        raw: RawTrace,
        profile: Option<sim::traffic::Profile>,
    ) -> Option<Traffic> {
        let to_line = raw.to.as_ref().map_or(line, |field| field.line);
        let file_line = raw.file.as_ref().map_or(line, |field| field.line);
        let file = self.required(line, "file", raw.file);
        let source = self.required(line, "source", raw.source);
        let joined = self.given(raw.joined).unwrap_or(false);
        let speed = self.given(raw.speed).map_or(1.0, |Factor(speed)| speed);
        let from = self.given(raw.from).map_or(Nanos::ZERO, |Span(from)| from);
        let to = self.given(raw.to).map(|Span(to)| to);
        let looped = self.given(raw.loops).unwrap_or(false);
        if to.is_some_and(|to| to <= from) {
            self.problem(
                Code::InvalidValue,
                to_line,
                "expected an end of the trace's window after its beginning",
                None,
            );
        }
        if file.as_ref().is_some_and(|file| file.contains(['/', '\\'])) {
            let remedy = "name its directory by --trace-dir";
            self.problem(
                Code::InvalidValue,
                file_line,
                "expected the name of a trace without a path",
                Some(remedy),
            );
        }
        let (file, source, profile) = (file?, source?, profile?);
        Some(Traffic::Replayed(Trace {
            profile,
            file,
            source,
            joined,
            speed,
            from,
            to,
            looped,
            path: None,
        }))
    }

    fn replicas(&mut self, _: usize, table: Table<Name<Module>, Copies>) -> Option<[u8; 3]> {
        let mut replicas = [1; 3];
        for (_, Name(module), Copies(copies)) in self.table(table) {
            replicas[module.index()] = copies;
        }
        Some(replicas)
    }

    fn world(&mut self, _: usize, raw: RawWorld) -> Option<World> {
        let mut share = |field: Option<Field<Share>>| self.given(field).map(|Share(share)| share);
        let mut world = World {
            attacks: share(raw.attacks),
            detection: share(raw.detection),
            false_positives: share(raw.false_positives),
            provider_failures: share(raw.provider_failures),
            ..World::default()
        };
        let cache = self.part(raw.cache_hits, |c, line, RawCacheHits { exact, semantic }| {
            let exact = c.given(exact).map(|Share(share)| share);
            let semantic = c.given(semantic).map(|Share(share)| share);
            if 1.0 < exact.unwrap_or(0.0) + semantic.unwrap_or(0.0) {
                c.problem(
                    Code::ImpossibleShares,
                    line,
                    "expected shares of cache hits that are together at most 1",
                    None,
                );
            }
            Some((exact, semantic))
        });
        (world.exact_cache_hits, world.semantic_cache_hits) = cache.unwrap_or_default();
        world.operations = self.weights(raw.operations);
        world.llm_operations = self.weights(raw.llm_operations);
        world.deployments = self.weights(raw.deployments);
        Some(world)
    }

    fn weights<T: Label>(&mut self, table: Option<Part<Table<Name<T>, Weight>>>) -> Vec<(T, f64)> {
        let weights = self.part(table, |c, line, table| {
            let weights: Vec<(T, f64)> = c
                .table(table)
                .into_iter()
                .map(|(_, Name(name), Weight(weight))| (name, weight))
                .collect();
            if T::ALL.len() <= weights.len() && weights.iter().all(|(_, weight)| *weight == 0.0) {
                c.problem(
                    Code::ImpossibleShares,
                    line,
                    format!("expected at least one {} with a weight above 0", T::NAME),
                    None,
                );
            }
            Some(weights)
        });
        weights.unwrap_or_default()
    }
}

impl Meaning for ScrapePhase {
    fn read(scalar: &Scalar) -> Result<ScrapePhase, prom::document::Flaw> {
        let all = [ScrapePhase::Seeded, ScrapePhase::Aligned];
        prom::document::choose("scrape phase", &all, ScrapePhase::name, scalar)
    }

    fn schema() -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "enum": ["seeded", "aligned"] })
    }
}

impl Meaning for Pace {
    fn read(scalar: &Scalar) -> Result<Pace, prom::document::Flaw> {
        let all = [Pace::Short, Pace::Shipped];
        prom::document::choose("pace", &all, Pace::name, scalar)
    }

    fn schema() -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "enum": ["short", "shipped"] })
    }
}
