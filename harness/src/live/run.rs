//! One scenario on the live road: served, scraped, fired, notified, and judged.
//!
//! Each scenario has a stack of its own, so that no window of one sees another; several may run side by side. The
//! judgement is that of the other road, plus what only a running stack shows.

use std::{collections::BTreeMap, net::SocketAddr, path::Path, sync::Arc};

use fake_modules::{
    clock::Clock,
    incident::IncidentKind,
    label::Label,
    serve::{BindError, Live, Plan},
    time::Nanos,
    world::{Instance, Module},
};

use super::{
    alerts,
    collect::{self, Collected},
    notifications::{Notified, Told},
    record::{Recorder, Recording},
    recorded,
    scrapes::{self, Matched, Stored},
    stack::{LiveStack, LiveStackError, RESEND_DELAY, StackPlan},
    truth::{self, Replayed},
    watch::Watched,
    wiring::{Seen, Served},
};
use crate::{
    alert::alert_rules,
    client::prometheus::{ClientError, Prometheus},
    deploy::Cadence,
    monitoring::Monitoring,
    oracle::Arithmetic,
    receiver::Notification,
    scenario::{Overrides, Pace, Scenario, Source},
    stack::alertmanager_binary::AlertmanagerBinary,
    verify::{
        Notice, ScenarioReport, Verifier, VerifyError,
        alerts::{judge, place},
        ask::Truth,
        ask_all,
        bind::{self, Unproven},
        question::Place,
        staging,
        wiring::{Part, Wiring},
    },
};

/// How often Prometheus is asked what it makes of its targets.
const LOOK: Nanos = Nanos(200 * Nanos::MILLISECOND.0);

/// How long traffic goes on after the story's end, so that nothing that is asked lies beyond it.
const TAIL: Nanos = Nanos::HOUR;

/// How often alerts are sent again; `stack::native` says why not more often.
const RESEND_MS: i64 = RESEND_DELAY.as_millis() as i64;

/// The cadence of short stories: everything but windows within expressions goes as much faster.
pub const SHORT: Cadence =
    Cadence { scrape_ms: 500, timeout_ms: 400, divisor: 30, least_for_ms: 10_000 };

/// What changes a deployed copy before anything starts.
pub type Edit = dyn Fn(&Path) -> std::io::Result<()> + Send + Sync;

/// The live road.
pub struct LiveRoad {
    /// What is verified, and with which Prometheus.
    pub verifier: Verifier,
    /// Whoever routes alerts, if it can be had.
    pub alertmanager: Option<AlertmanagerBinary>,
    /// How often things happen in stories of a short pace; the others keep every shipped timing.
    pub short: Cadence,
    /// A mistake to be made in the copy, to see that it is found.
    pub edit: Option<Box<Edit>>,
}

impl std::fmt::Debug for LiveRoad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveRoad").field("short", &self.short).finish_non_exhaustive()
    }
}

/// Why a scenario could not be played live.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// A port could not be had.
    #[error("a module cannot be served")]
    Bind(#[from] BindError),
    /// The servers did not start.
    #[error(transparent)]
    Stack(#[from] LiveStackError),
    /// The simulation has failed.
    #[error("the simulation of `{scenario}` has failed")]
    Broken {
        /// The scenario.
        scenario: String,
    },
    /// Something in the story cannot be done to a running stack.
    #[error("scenario `{scenario}` cannot be played live: {what} is for the backfill road")]
    Unplayable {
        /// The scenario.
        scenario: String,
        /// What.
        what: &'static str,
    },
}

/// What happened, and what Prometheus made of it.
struct Played {
    scenario: Scenario,
    recording: Recording,
    served: Vec<Served>,
    timeouts_ms: BTreeMap<Instance, i64>,
    watched: Watched,
    collected: Collected,
    reachable_ms: i64,
    requests: u64,
}

impl LiveRoad {
    /// Plays a scenario in real time and judges it.
    ///
    /// # Errors
    /// If it could not be judged; a broken expectation is no error.
    pub async fn verify(
        &self,
        scenario: &Scenario,
        notice: &mut impl FnMut(Notice),
    ) -> Result<ScenarioReport, VerifyError> {
        self.playable(scenario)?;
        let recorder = Recorder::default();
        let clock = Clock::starting_now();
        let live = serve(scenario, clock, &recorder)?;
        let targets: Vec<(Instance, SocketAddr)> = live.addresses().collect();
        let edit = self.edit.as_deref().map(|edit| edit as &(dyn Fn(&Path) -> _ + Sync));
        let plan = StackPlan {
            monitoring: &self.verifier.monitoring,
            prometheus: &self.verifier.binary,
            alertmanager: self.alertmanager.as_ref(),
            environment: &self.verifier.environment,
            targets: targets.clone(),
            cadence: self.cadence(scenario),
            edit,
        };
        let stack = LiveStack::start(plan).await.map_err(LiveError::from)?;
        // As it stands after the edit: what a mistake changes must be seen as the servers see it.
        let copy = stack.deployment();
        let deployed = Monitoring::load(copy.directory());
        let deployed = Arc::new(deployed.unwrap_or_else(|_| copy.monitoring().clone()));
        let client = Prometheus::new(stack.prometheus_url());
        let mut watched = Watched::default();
        let mut reachable_ms = i64::MAX;
        while live.now() < scenario.duration {
            let broken = || LiveError::Broken { scenario: scenario.name.clone() };
            live.balance().map_err(|_| broken())?;
            watched.look(&client).await?;
            if reachable_ms == i64::MAX && !client.alertmanagers().await?.is_empty() {
                reachable_ms = unix_ms(&live);
            }
            notice(Notice::Played { reached: live.now(), of: scenario.duration });
            clock.tick(LOOK).await;
        }
        let served = self.served(scenario, &deployed, &targets);
        let timeouts_ms = served.iter().map(|(served, timeout)| (served.instance, *timeout));
        let timeouts_ms = timeouts_ms.collect();
        let served: Vec<Served> = served.into_iter().map(|(served, _)| served).collect();
        self.one_more_scrape(&client, &live, &served, &mut watched).await?;
        let at_ms = unix_ms(&live);
        let span_ms = at_ms - clock.epoch_unix_ms() + 10_000;
        let addresses: Vec<String> = served.iter().map(|served| served.address.clone()).collect();
        let records = self.verifier.contracts.rules.keys().cloned();
        let collected = collect::collect(&client, (at_ms, span_ms), &addresses, records).await?;
        let requests = live.balance().map_or(0, |balance| balance.arrived);
        let mut scenario = scenario.clone();
        if let Ok(epoch) = jiff::Timestamp::from_millisecond(clock.epoch_unix_ms()) {
            scenario.epoch = epoch;
        }
        let recording = recorder.recording();
        let played = Played {
            scenario,
            recording,
            served,
            timeouts_ms,
            watched,
            collected,
            reachable_ms,
            requests,
        };
        let report = self.judge(&played, &stack, &deployed, &client, notice).await;
        live.close().await;
        let mut report = report?;
        if self.verifier.keep {
            report.kept = stack.keep().await.into_iter().next();
        } else {
            stack.stop().await;
        }
        Ok(report)
    }

    fn cadence(&self, scenario: &Scenario) -> Option<Cadence> {
        (scenario.pace == Pace::Short).then_some(self.short)
    }

    fn playable(&self, scenario: &Scenario) -> Result<(), LiveError> {
        let removed = |kind: &IncidentKind| matches!(kind, IncidentKind::ModuleRemoved { .. });
        if scenario.incidents.iter().any(|incident| removed(&incident.kind)) {
            let (scenario, what) = (scenario.name.clone(), "module_removed");
            return Err(LiveError::Unplayable { scenario, what });
        }
        Ok(())
    }

    /// Waits until each copy that runs was scraped once more, so that what is asked lies between scrapes.
    async fn one_more_scrape(
        &self,
        client: &Prometheus,
        live: &Live<Source>,
        served: &[Served],
        watched: &mut Watched,
    ) -> Result<(), ClientError> {
        let longest = served.iter().map(|served| served.interval_ms).max().unwrap_or(0);
        let until = live.now() + Nanos::from_millis(2 * longest.unsigned_abs());
        while live.now() < until {
            watched.look(client).await?;
            live.clock().tick(LOOK).await;
        }
        Ok(())
    }

    /// Each copy with where and how often it is scraped, and how long Prometheus waits for it.
    fn served(
        &self,
        scenario: &Scenario,
        deployed: &Monitoring,
        targets: &[(Instance, SocketAddr)],
    ) -> Vec<(Served, i64)> {
        let of = |&(instance, address): &(Instance, SocketAddr)| {
            let job = deployed.config.jobs.iter().find(|job| job.name == instance.module.as_str());
            let shipped =
                job.map_or((15_000, 10_000), |job| (job.scrape_interval_ms, job.scrape_timeout_ms));
            let (interval_ms, timeout_ms) = self
                .cadence(scenario)
                .map_or(shipped, |cadence| (cadence.scrape_ms, cadence.timeout_ms));
            (Served { instance, address: address.to_string(), interval_ms }, timeout_ms)
        };
        targets.iter().map(of).collect()
    }

    async fn judge(
        &self,
        played: &Played,
        stack: &LiveStack,
        deployed: &Arc<Monitoring>,
        client: &Prometheus,
        notice: &mut impl FnMut(Notice),
    ) -> Result<ScenarioReport, VerifyError> {
        let Played { scenario, collected, watched, served, .. } = played;
        let epoch_ms = scenario.epoch.as_millisecond();
        let matched = matched(played, epoch_ms);
        let mut replayed = truth::replay(&played.recording, &matched, scenario.replicas, epoch_ms);
        let seen = Seen { served, scrapes: &matched, replayed: &replayed, collected, watched };
        let mut wiring = vec![seen.scrapes(), seen.samples(), seen.targets(), seen.rules(deployed)];
        wiring.push(staleness(client, served, &matched, &replayed, collected).await?);
        let recorded = recorded::evaluations(deployed, collected);
        let contracts = &self.verifier.contracts;
        let ledger = std::mem::replace(
            &mut replayed.ledger,
            crate::ledger::Ledger::new(scenario.replicas, epoch_ms),
        );
        let truth = Arc::new(Truth {
            ledger,
            blinds: staging::blinds(&scenario.incidents, epoch_ms),
            constants_ms: staging::constants_ms(&recorded, contracts),
        });
        let arithmetic = Arithmetic::Modelled(staging::era(&self.verifier.binary));
        // The copy's own timings and addresses, the same questions.
        let verifier = self.verifier.of(Arc::clone(deployed));
        let (questions, not_asked) = verifier.panel_questions(scenario, client).await?;
        let mut verdicts = ask_all(questions, client, arithmetic, &truth, notice).await?;
        let (found, differences) = recorded::verdicts(
            deployed,
            contracts,
            collected,
            &recorded,
            (arithmetic, &truth),
            client,
        )
        .await?;
        verdicts.extend(found.into_iter().filter(|v| verifier.asks(&v.question.place)));
        if let Some(rules) = wiring.iter_mut().find(|wiring| wiring.part == Part::Rules) {
            rules.broken.extend(differences);
        }
        let interval_ms = deployed.config.evaluation_interval_ms;
        let span = (epoch_ms, collected.at_ms);
        let rules = alert_rules(&deployed.rules, interval_ms, span, |_, _, _| 0);
        let timelines = alerts::timelines(&rules, &collected.alerts, collected.at_ms);
        let mut alerts = match scenario.alerts.is_empty() {
            true => Vec::new(),
            false => judge(scenario, &timelines, &contracts.alerts),
        };
        alerts.retain(|verdict| verifier.asks(&place(&verdict.alert)));
        let mut unproven = bind::unproven(deployed, contracts);
        unproven.retain(|unproven| verifier.asks(&unproven.place));
        unproven.extend(not_asked.into_iter().map(Unproven::from));
        match (&deployed.alertmanager, stack.alertmanager_url()) {
            (Some(config), Some(_)) => {
                let notified = notified(&stack.receiver().notifications());
                let told = Told {
                    timelines: &timelines,
                    config,
                    notified: &notified,
                    reachable_ms: played.reachable_ms,
                    resend_ms: RESEND_MS,
                    until_ms: collected.at_ms,
                };
                wiring.push(told.judge());
            }
            (_, None) => unproven.push(nobody_routes()),
            (None, _) => {}
        }
        let n_samples =
            collected.samples.values().flatten().map(|series| series.points.len()).sum();
        Ok(ScenarioReport {
            scenario: scenario.name.clone(),
            seed: scenario.seed,
            verdicts,
            alerts,
            wiring,
            unproven,
            changed: stack.deployment().differences().iter().map(ToString::to_string).collect(),
            requests: played.requests,
            events: played.recording.len() as u64,
            samples: n_samples,
            kept: None,
        })
    }
}

/// The modules of a scenario, each copy on a free port of its own.
fn serve(
    scenario: &Scenario,
    clock: Clock,
    recorder: &Recorder,
) -> Result<Live<Source>, VerifyError> {
    let longer = Overrides { duration: Some(scenario.duration + TAIL), ..Overrides::default() };
    let (scenario, _) = scenario.clone().with(&longer);
    let source = |source| VerifyError::Source { scenario: scenario.name.clone(), source };
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let copies = |&module: &Module| {
        (0..scenario.replicas_of(module)).map(move |replica| (Instance { module, replica }, any))
    };
    let plan = Plan {
        engine: scenario.engine().map_err(source)?,
        replicas: scenario.replicas,
        clock,
        addresses: Module::ALL.iter().flat_map(copies).collect(),
        observer: recorder.observer(),
    };
    Ok(Live::start(plan).map_err(LiveError::from)?)
}

fn unix_ms(live: &Live<Source>) -> i64 {
    live.clock().epoch_unix_ms() + live.now().as_millis() as i64
}

fn matched(played: &Played, epoch_ms: i64) -> BTreeMap<Instance, Matched> {
    let of = |served: &Served| {
        let up = played.collected.up.get(&served.address);
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

/// What went away is not shown from the first failed scrape on, and is shown again once it is back.
async fn staleness(
    client: &Prometheus,
    served: &[Served],
    matched: &BTreeMap<Instance, Matched>,
    replayed: &Replayed,
    collected: &Collected,
) -> Result<Wiring, ClientError> {
    let (mut n_edges, mut broken) = (0, Vec::new());
    for served in served {
        let Some(matched) = matched.get(&served.instance) else { continue };
        let selector = collect::scraped(&served.address);
        let shown: BTreeMap<i64, usize> =
            replayed.n_series.get(&served.instance).into_iter().flatten().copied().collect();
        for pair in matched.scraped.windows(2).filter(|pair| pair[0].up != pair[1].up) {
            n_edges += 1;
            let at_ms = pair[1].at_ms;
            let found = match client.query(&format!("count({selector})"), at_ms).await?.value {
                crate::client::answer::Value::Vector(samples) => {
                    samples.first().map_or(0.0, |sample| sample.value)
                }
                _ => 0.0,
            };
            let wanted = if pair[1].up { shown.get(&at_ms).copied().unwrap_or(0) } else { 0 };
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
    let _ = collected;
    Ok(Wiring {
        part: Part::Staleness,
        compared: crate::report::words::counted(n_edges, "change of up"),
        broken,
    })
}

/// One line for each alert of each notification.
fn notified(notifications: &[Notification]) -> Vec<Notified> {
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
    notifications.iter().flat_map(of).collect()
}

fn nobody_routes() -> Unproven {
    Unproven {
        place: Place {
            dashboard: "wiring".to_owned(),
            panel: Part::Notifications.to_string(),
            ref_id: String::new(),
            selection: String::new(),
        },
        reason: "no Alertmanager is to be had here: name one with --alertmanager PATH".to_owned(),
    }
}
