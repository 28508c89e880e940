//! From what was played and collected to a report: the other road's judgement, and the wiring.
//!
//! The order of things only; each comparison is a file of its own.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use sim::{label::Label, world::Instance};

use super::{
    alerts,
    collect::{self, Collected},
    notifications::{Notified, Told},
    places,
    record::Recording,
    recorded,
    replay::{self, Replayed, Taking},
    scrapes::{self, Matched, Stored},
    stack::{LiveStack, RESEND_DELAY},
    watch::Watched,
    wiring::{Seen, Served},
};
use monitoring::Monitoring;
use prom::{
    series::Value,
    version::Version,
    words::{count, counted},
};
use proof::{
    alert::alert_rules,
    verify::{
        Files, Notice, RECORDING_RULES, ScenarioReport, Verifier, VerifyError,
        alerts::{judge, place, told::Routing},
        ask::Truth,
        ask_all,
        bind::{self, Unproven},
        look::Look,
        question::Place,
        wiring::{Part, Wiring},
    },
};
use scenario::Scenario;
use scrape::Intake;
use stack::{
    client::prometheus::{ClientError, Prometheus, Target},
    receiver::Notification,
};
use truth::oracle::Arithmetic;

/// How often alerts are sent again.
const RESEND_MS: i64 = RESEND_DELAY.as_millis() as i64;

/// What happened, and what Prometheus made of it.
pub(super) struct Played {
    pub(super) scenario: Scenario,
    pub(super) recording: Recording,
    pub(super) served: Vec<Served>,
    pub(super) timeouts_ms: BTreeMap<Instance, i64>,
    pub(super) watched: Watched,
    pub(super) collected: Collected,
    pub(super) reachable_ms: Option<i64>,
    /// What the loaded rules record.
    pub(super) records: BTreeSet<String>,
    pub(super) requests: u64,
}

/// What a story comes to, judged by the files and with the tools of `verifier`.
pub(super) async fn report(
    verifier: &Verifier,
    played: &Played,
    stack: &LiveStack,
    deployed: &Arc<Monitoring>,
    client: &Prometheus,
    notice: &mut impl FnMut(Notice),
) -> Result<ScenarioReport, VerifyError> {
    let Played { scenario, collected, watched, served, .. } = played;
    let epoch_ms = scenario.epoch.as_millisecond();
    let matched = matched(played, epoch_ms);
    let takings = takings(served, deployed, &collected.targets, verifier.tools.binary.version);
    let (recording, replicas) = (&played.recording, scenario.replicas);
    let replayed = replay::replay(recording, &matched, &takings, replicas, epoch_ms);
    let seen = Seen {
        served,
        scrapes: &matched,
        replayed: &replayed,
        collected,
        watched,
        began_ms: epoch_ms,
    };
    let mut wiring = vec![seen.scrapes(), seen.samples(), seen.targets(), seen.rules(deployed)];
    if let Some(targets) = wiring.iter_mut().find(|wiring| wiring.part == Part::Targets) {
        // Whether the modules are reached, their scrapes tell.
        let of_module = |lost: &&String| served.iter().any(|one| lost.contains(&one.address));
        let lost = stack.servers().lost().iter().filter(|lost| !of_module(lost));
        targets.broken.extend(lost.cloned());
    }
    wiring.push(staleness(client, served, (&matched, &replayed), &played.records).await?);
    let recorded = recorded::evaluations(deployed, collected);
    let contracts = &verifier.files.contracts;
    let truth = Arc::new(Truth {
        ledger: replayed.ledger,
        blinds: proof::verify::blinds(&scenario.incidents, epoch_ms),
        constants_ms: proof::verify::constants_ms(&recorded, contracts),
        pictures: verifier.tools.pictures,
    });
    let arithmetic = Arithmetic::Modelled(proof::verify::era(&verifier.tools.binary));
    // The copy's own timings and addresses, the same questions.
    let files = Files { monitoring: Arc::clone(deployed), ..verifier.files.clone() };
    let looks = looks(&files, scenario);
    let (questions, not_asked) = files.panel_questions(scenario, &looks, client).await?;
    let mut verdicts = ask_all(questions, client, arithmetic, &truth, notice).await?;
    let judged =
        recorded::verdicts(deployed, contracts, collected, &recorded, (arithmetic, &truth), client)
            .await?;
    verdicts.extend(judged.verdicts.into_iter().filter(|v| files.asks(&v.question.place)));
    if let Some(rules) = wiring.iter_mut().find(|wiring| wiring.part == Part::Rules) {
        let (bitwise, by_events) = judged.compared;
        rules.compared += &format!(
            ", {} recorded ({} during a scrape: judged by the real events)",
            counted(bitwise + by_events, "value"),
            count(by_events as u64)
        );
        rules.broken.extend(judged.broken);
    }
    let interval_ms = deployed.config.evaluation_interval_ms;
    let span = (epoch_ms, collected.at_ms);
    let rules = alert_rules(&deployed.rules, interval_ms, span, |_, _, _| 0);
    let shipped = &verifier.files.monitoring;
    let shipped = (shipped.directory.as_path(), &shipped.rules[..]);
    let rules = places::in_shipped(rules, &deployed.directory, shipped);
    let timelines = alerts::timelines(&rules, &collected.alerts, collected.at_ms);
    let mut alerts = match scenario.alerts.is_empty() {
        true => Vec::new(),
        false => judge(scenario, &timelines, &contracts.alerts),
    };
    let routing = Routing::of(deployed);
    routing.judge(&mut alerts, &timelines);
    alerts.retain(|verdict| files.asks(&place(&verdict.alert)));
    let mut unproven = bind::unproven(deployed, contracts);
    unproven.extend(judged.missing.iter().map(|record| not_recorded(record)));
    unproven.retain(|unproven| files.asks(&unproven.place));
    unproven.extend(not_asked.into_iter().map(Unproven::from));
    match (&deployed.alertmanager, stack.alertmanager_url()) {
        (Some(config), Some(_)) => {
            let notified = notified(&stack.receiver().notifications(), collected.at_ms);
            let arrived = notified.iter().filter(|one| one.firing);
            let arrived = arrived.map(|one| (one.receiver.as_str(), &one.labels)).collect();
            routing.heard(&mut alerts, &arrived);
            let told = Told {
                timelines: &timelines,
                config,
                notified: &notified,
                began_ms: epoch_ms,
                reachable_ms: played.reachable_ms,
                sending: &routing.sending,
                resend_ms: RESEND_MS,
                until_ms: collected.at_ms,
            };
            wiring.push(told.judge());
        }
        (None, _) => unproven.push(nobody_routes(
            "there is no alertmanager/alertmanager.yml: write one, so that routes are proven",
        )),
        (_, None) => unproven
            .push(nobody_routes("no Alertmanager was found: name one with --alertmanager PATH")),
    }
    let n_samples = collected.samples.values().flatten().map(|series| series.points.len()).sum();
    Ok(ScenarioReport {
        scenario: scenario.name.clone(),
        seed: scenario.seed,
        epoch: scenario.epoch,
        verdicts,
        alerts,
        wiring,
        unproven,
        changed: stack.differences(),
        remarks: Vec::new(),
        requests: played.requests,
        events: played.recording.len() as u64,
        samples: n_samples,
        kept: None,
    })
}

fn matched(played: &Played, epoch_ms: i64) -> BTreeMap<Instance, Matched> {
    let of = |served: &Served| {
        let up = played.collected.up.get(&served.label);
        let stored: Vec<Stored> = up
            .map(|series| &series.points[..])
            .unwrap_or_default()
            .iter()
            .map(|&(at_ms, up)| Stored { at_ms, up: up == 1.0 })
            .collect();
        let timeout_ms = played.timeouts_ms.get(&served.instance).copied().unwrap_or(0);
        let instance = served.instance;
        (instance, scrapes::matched(&stored, &played.recording, instance, epoch_ms, timeout_ms))
    };
    played.served.iter().map(of).collect()
}

/// What the job of each copy does with its answers, by what Prometheus says of its targets.
fn takings(
    served: &[Served],
    deployed: &Monitoring,
    targets: &[Target],
    version: Version,
) -> BTreeMap<Instance, Taking> {
    let of = |served: &Served| {
        let target =
            targets.iter().find(|t| t.labels.get("instance") == Some(served.label.as_str()))?;
        let job = deployed.config.jobs.iter().find(|job| job.name == target.scrape_pool)?;
        let labels = target.labels.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        let intake = Intake::of(job, version.line()).ok();
        Some((served.instance, Taking { labels, intake }))
    };
    served.iter().filter_map(of).collect()
}

/// When every panel is asked: nobody looks into the future.
fn looks(files: &Files, scenario: &Scenario) -> Vec<Look> {
    let end_ms = scenario.epoch.as_millisecond() + scenario.duration.as_millis() as i64;
    let mut looks = files.looks(scenario);
    looks.iter_mut().for_each(|look| look.to_ms = look.to_ms.min(end_ms));
    looks
}

/// What went away is not shown from the first failed scrape on, and is shown again once it is back.
async fn staleness(
    client: &Prometheus,
    served: &[Served],
    (matched, replayed): (&BTreeMap<Instance, Matched>, &Replayed),
    records: &BTreeSet<String>,
) -> Result<Wiring, ClientError> {
    let (mut n_edges, mut broken) = (0, Vec::new());
    for served in served {
        let Some(matched) = matched.get(&served.instance) else { continue };
        let selector = collect::scraped(&served.label, records);
        let Some(shown) = replayed.n_series.get(&served.instance) else { continue };
        let shown: BTreeMap<i64, usize> = shown.iter().copied().collect();
        for pair in matched.scraped.windows(2).filter(|pair| pair[0].up != pair[1].up) {
            n_edges += 1;
            let at_ms = pair[1].at_ms;
            let found = match client.query(&format!("count({selector})"), at_ms).await?.value {
                Value::Vector(samples) => samples.first().map_or(0.0, |sample| sample.value),
                _ => 0.0,
            };
            let wanted = shown.get(&at_ms).copied().unwrap_or(0);
            if found != wanted as f64 {
                let module = served.instance.module.as_str();
                broken.push(format!(
                    "{module} at {} shows {found} series after a scrape with up = {}, and should show {wanted}",
                    served.address,
                    i32::from(pair[1].up)
                ));
            }
        }
    }
    broken.sort();
    broken.dedup();
    Ok(Wiring {
        part: Part::Staleness,
        compared: format!("{} of `up`", counted(n_edges, "change")),
        broken,
    })
}

/// One line for each alert of each notification that arrived until `at_ms`.
fn notified(notifications: &[Notification], at_ms: i64) -> Vec<Notified> {
    let of = |notification: &Notification| {
        let (arrived_ms, receiver) = (notification.arrived_ms, notification.receiver.clone());
        notification
            .alerts
            .iter()
            .map(|alert| Notified {
                arrived_ms,
                receiver: receiver.clone(),
                labels: alert.labels.clone(),
                firing: alert.status == "firing",
                annotations: alert.annotations.clone(),
            })
            .collect::<Vec<_>>()
    };
    notifications.iter().filter(|one| one.arrived_ms <= at_ms).flat_map(of).collect()
}

fn not_recorded(record: &str) -> Unproven {
    Unproven {
        place: Place {
            dashboard: RECORDING_RULES.to_owned(),
            panel: record.to_owned(),
            ref_id: String::new(),
            selection: String::new(),
        },
        reason: "its group recorded nothing within the story".to_owned(),
    }
}

fn nobody_routes(reason: &str) -> Unproven {
    Unproven {
        place: Place {
            dashboard: "wiring".to_owned(),
            panel: Part::Notifications.to_string(),
            ref_id: String::new(),
            selection: String::new(),
        },
        reason: reason.to_owned(),
    }
}
