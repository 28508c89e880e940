//! The truth of a recorded scenario: played again into a ledger, without an engine.

use std::{path::Path, sync::Arc};

use monitoring::Monitoring;
use proof::{
    backfill::{Play, rules},
    verify::{
        ask::Truth,
        blinds, constants_ms, group_offset,
        targets::{self, Phase},
    },
};
use scenario::{Scenario, ScrapePhase};
use stack::{client::remote_write::RemoteWriter, prometheus_binary::PrometheusBinary};
use truth::{contract::Contracts, ledger::Ledger};

/// The truth of the scenario `name` if it had begun at `epoch`.
pub(super) async fn truth(
    root: &Path,
    name: &str,
    epoch: jiff::Timestamp,
    contracts: &Contracts,
    binary: &PrometheusBinary,
) -> Arc<Truth> {
    let monitoring =
        Monitoring::load(&root.join("monitoring")).expect("the shipped files are right");
    let (scenarios, problems) = scenario::load_dir(&root.join("scenarios"));
    assert!(problems.is_empty(), "{problems:?}");
    let mut scenario: Scenario =
        scenarios.into_iter().find(|scenario| scenario.name == name).expect("it is shipped");
    scenario.epoch = epoch;
    let epoch_ms = epoch.as_millisecond();
    let phase = match scenario.scrape_phase {
        ScrapePhase::Seeded => Phase::Seeded(scenario.seed),
        ScrapePhase::Aligned => Phase::Aligned,
    };
    let found =
        targets::targets(&monitoring, binary, scenario.replicas).await.expect("promtool answers");
    let play = Play {
        engine: scenario.engine().expect("shipped traffic is made"),
        replicas: scenario.replicas,
        epoch_ms,
        duration: scenario.duration,
        targets: found.with_phase(phase).targets,
        lie: None,
        thinning: None,
    };
    let ledger = Ledger::new(scenario.replicas, epoch_ms);
    // Nothing is wanted, so nothing is sent.
    let nowhere = RemoteWriter::new("http://127.0.0.1:9");
    let played =
        play.run_before(ledger, &nowhere, |_| false, |_| {}).await.expect("nothing is sent");
    let offset = |file: &str, group: &str, interval_ms| match phase {
        Phase::Aligned => 0,
        Phase::Seeded(seed) => group_offset(seed, file, group, interval_ms),
    };
    let span = (epoch_ms, epoch_ms + scenario.duration.as_millis() as i64);
    let default_ms = monitoring.config.evaluation_interval_ms;
    let recording = rules::recording_rules(&monitoring.rules, default_ms, span, offset);
    let recorded = recording.iter().map(|rule| (rule.record.clone(), rule.evaluations)).collect();
    Arc::new(Truth {
        ledger: played.ledger,
        blinds: blinds(&scenario.incidents, epoch_ms),
        constants_ms: constants_ms(&recorded, contracts),
        pictures: false,
    })
}
