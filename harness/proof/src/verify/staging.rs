//! A scenario in an engine: played, with its recording rules recorded, ready to be asked.
//!
//! Called by verification and by everything that asks questions of its own (mutants, lies). The engine is fresh each
//! time; what it was told, the ledger knows. What is asked afterwards, this does not know.

use prom::evaluations::Evaluations;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use modules::lie::Lie;
use sim::{
    incident::{Incident, IncidentKind},
    rng::{Rng, Stream},
    world::{Instance, Module},
};

use super::{
    Notice, ScenarioReport, Verifier, VerifyError,
    ask::{Blind, Truth},
    axis, bind,
    engine::{Engine, EngineChoice},
    targets::{self, Phase, Targets, TargetsError},
};
use scenario::{Scenario, ScrapePhase};
use truth::{
    contract::Contracts,
    fact::{Fact, Labels},
    oracle::Arithmetic,
    quantity::Quantity,
};

use crate::{
    alert::{AlertRule, alert_rules},
    backfill::{
        Play, TargetConfig,
        rules::{self, RecordingRule},
    },
};

/// A scenario in an engine, ready to be asked.
#[derive(Debug)]
pub struct Staged {
    /// The engine.
    pub engine: Engine,
    /// What really happened.
    pub truth: Arc<Truth>,
    /// Whether its arithmetic is known, and which it is.
    pub arithmetic: Arithmetic,
    /// When each recorded metric was evaluated.
    pub recorded: BTreeMap<String, Evaluations>,
    /// The alert rules, with their evaluations.
    pub alerts: Vec<AlertRule>,
    /// The labels of each module copy's target.
    pub targets: BTreeMap<Instance, Labels>,
    /// The same as in the report, without verdicts.
    pub(super) report: ScenarioReport,
}

/// How a scenario is staged. By default as a running stack would have it: honest modules, every recording rule, the
/// intervals of the configuration.
#[derive(Clone, Debug, Default)]
pub struct Staging {
    /// What one of the modules counts or shows wrongly.
    pub lie: Option<Lie>,
    /// The recorded metrics that are wanted, if not all of them are.
    pub records: Option<BTreeSet<String>>,
    /// Everything is scraped and evaluated every so many milliseconds, at the same instants, the scenario's start the
    /// first of them: all that a unit test of promtool can say.
    pub thinned_ms: Option<i64>,
}

impl Verifier {
    /// Plays a scenario into the engine that was chosen, with its recording rules.
    ///
    /// # Errors
    /// If that could not be done.
    pub async fn stage(
        &self,
        scenario: &Scenario,
        staging: &Staging,
        notice: &mut impl FnMut(Notice),
    ) -> Result<Staged, VerifyError> {
        let Staging { lie, records, thinned_ms } = staging;
        let (thinned_ms, tools) = (*thinned_ms, &self.tools);
        let (monitoring, contracts) = (&self.files.monitoring, &self.files.contracts);
        let epoch_ms = scenario.epoch.as_millisecond();
        let duration_ms = scenario.duration.as_millis() as i64;
        let phase = match scenario.scrape_phase {
            ScrapePhase::Seeded if thinned_ms.is_none() => Phase::Seeded(scenario.seed),
            ScrapePhase::Seeded | ScrapePhase::Aligned => Phase::Aligned,
        };
        let mut found = self.targets(scenario.replicas).await?.with_phase(phase);
        if let Some(interval_ms) = thinned_ms {
            found.targets.iter_mut().for_each(|(_, target)| target.interval_ms = interval_ms);
        }
        let span = Duration::from_millis(duration_ms as u64) + Duration::from_secs(3600);
        let phases = found.targets.iter().map(|(_, target)| target.phase_ms);
        // VictoriaMetrics does not find a series at the very millisecond of its first sample.
        let first_ms = epoch_ms + phases.max().unwrap_or(0) + 1;
        let at_first = |instance: &Option<Instance>| {
            instance.is_none_or(|instance| !removed_at_first(&scenario.incidents, instance.module))
        };
        let of_target = |(instance, config): &(Option<Instance>, TargetConfig)| {
            let mut labels = config.labels.clone();
            labels.sort();
            Some(((*instance)?, labels))
        };
        let targets = found.targets.iter().filter_map(of_target).collect();
        let n_targets = found.targets.iter().filter(|(instance, _)| at_first(instance)).count();
        if let EngineChoice::External(external) = &tools.choice {
            axis::is_free(monitoring, external, std::slice::from_ref(scenario)).await?;
        }
        let mut engine = Engine::of(tools, span).await?;
        let arithmetic = engine.arithmetic(&tools.binary);
        let writer = engine.writer();
        let source = |source| VerifyError::Source { scenario: scenario.name.clone(), source };
        let play = Play {
            engine: scenario.engine().map_err(source)?,
            replicas: scenario.replicas,
            epoch_ms,
            duration: scenario.duration,
            targets: found.targets,
            lie: *lie,
            thinning: None,
        };
        let played = play
            .run(&writer, |reached| notice(Notice::Played { reached, of: scenario.duration }))
            .await?;
        if let Some(error) = played.engine.arrivals().error() {
            return Err(VerifyError::Trace {
                scenario: scenario.name.clone(),
                error: error.to_string(),
            });
        }
        engine.shows_all(first_ms, n_targets).await?;
        let mut unproven = bind::unproven(monitoring, contracts);
        let refused = played.refused.iter();
        unproven.extend(refused.map(|(target, why, times)| bind::refused(target, *why, *times)));
        let offset = |file: &str, group: &str, interval_ms| match phase {
            // Thinned, evaluations begin with the scenario.
            _ if thinned_ms.is_some() => epoch_ms,
            Phase::Aligned => 0,
            Phase::Seeded(seed) => group_offset(seed, file, group, interval_ms),
        };
        let mut files = monitoring.rules.clone();
        if thinned_ms.is_some() {
            let groups = files.iter_mut().flat_map(|file| &mut file.groups);
            groups.for_each(|group| group.interval_ms = thinned_ms);
        }
        let from_ms = if thinned_ms.is_some() { epoch_ms - 1 } else { epoch_ms };
        // At the scenario's end nobody scrapes any more, and a unit test knows no sample of the recent past.
        let until_ms = epoch_ms + duration_ms - i64::from(thinned_ms.is_some());
        let (files, span) = (&files, (from_ms, until_ms));
        let default_ms = monitoring.config.evaluation_interval_ms;
        let recording = rules::recording_rules(files, default_ms, span, offset);
        let alerts = alert_rules(files, default_ms, span, offset);
        let client = engine.client();
        let recorded: BTreeMap<String, Evaluations> =
            recording.iter().map(|rule| (rule.record.clone(), rule.evaluations)).collect();
        let wanted = |rule: &RecordingRule| {
            records.as_ref().is_none_or(|records| records.contains(&rule.record))
        };
        let recording: Vec<RecordingRule> = recording.into_iter().filter(wanted).collect();
        rules::materialise(&recording, &client, &writer, |record| {
            notice(Notice::Recording(record.to_owned()));
        })
        .await?;
        engine.restart_after_backfill().await?;
        let truth = Truth {
            ledger: played.ledger,
            blinds: blinds(&scenario.incidents, epoch_ms),
            constants_ms: constants_ms(&recorded, contracts),
            pictures: self.tools.pictures,
        };
        Ok(Staged {
            engine,
            truth: Arc::new(truth),
            arithmetic,
            recorded,
            alerts,
            targets,
            report: ScenarioReport {
                scenario: scenario.name.clone(),
                seed: scenario.seed,
                epoch: scenario.epoch,
                verdicts: Vec::new(),
                alerts: Vec::new(),
                wiring: Vec::new(),
                unproven,
                changed: found.changed,
                remarks: Vec::new(),
                requests: played.engine.balance().arrived,
                events: played.events,
                samples: played.written.samples,
                kept: None,
            },
        })
    }

    /// The targets, asked of promtool once for each number of copies: it waits a second for file discovery.
    async fn targets(&self, replicas: [u8; 3]) -> Result<Targets, TargetsError> {
        let mut known = self.targets.lock().await;
        if let Some(found) = known.get(&replicas) {
            return Ok(found.clone());
        }
        let found = targets::targets(&self.files.monitoring, &self.tools.binary, replicas).await?;
        known.insert(replicas, found.clone());
        Ok(found)
    }
}

/// Whether a module is not yet scraped when a scenario begins.
fn removed_at_first(incidents: &[Incident], module: Module) -> bool {
    incidents.iter().any(|incident| {
        let removed =
            matches!(incident.kind, IncidentKind::ModuleRemoved { module: of } if of == module);
        removed && incident.at.as_secs_f64() < 60.0
    })
}

/// Where an incident keeps metrics from showing the truth.
pub fn blinds(incidents: &[Incident], epoch_ms: i64) -> Vec<Blind> {
    let missing = incidents
        .iter()
        .filter(|incident| matches!(incident.kind, IncidentKind::PriceMissing { .. }));
    missing
        .map(|incident| Blind {
            quantity: Quantity::LlmCost,
            from_ms: epoch_ms + incident.at.as_millis() as i64,
            until_ms: epoch_ms + incident.ends().as_millis() as i64,
            why: "a price is missing: cost is not recorded, by design of the incident (breaks I4)"
                .to_owned(),
        })
        .collect()
}

/// When every rule that states constants had been evaluated, and when the first of them ended.
pub fn constants_ms(recorded: &BTreeMap<String, Evaluations>, contracts: &Contracts) -> (i64, i64) {
    let constant: BTreeSet<&String> = contracts
        .rules
        .iter()
        .filter(|(_, contract)| matches!(contract.fact, Fact::Constant(_)))
        .map(|(record, _)| record)
        .collect();
    let evaluations =
        recorded.iter().filter(|(record, _)| constant.contains(record)).map(|(_, found)| found);
    evaluations.fold((i64::MIN, i64::MAX), |(first, last), found| {
        (first.max(found.first_ms), last.min(found.last_ms))
    })
}

/// A group's offset: in production a hash of the deployed path; here drawn, since the path is not known.
pub fn group_offset(seed: u64, file: &str, group: &str, interval_ms: i64) -> i64 {
    let name = file.bytes().chain([0]).chain(group.bytes());
    let nth = name.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    const OFFSETS: Stream = Stream::named("rule group offsets");
    Rng::new(seed, OFFSETS.nth(nth)).below(interval_ms as u64) as i64
}
