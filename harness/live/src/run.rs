//! One scenario on the live road: served, scraped, fired, notified, and judged.
//!
//! Each scenario has a stack of its own, so that no window of one sees another; several may run side by side. The
//! judgement is that of the other road, plus what only a running stack shows.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, SocketAddr},
    path::Path,
    sync::Arc,
};

use modules::{
    clock::Clock,
    serve::{BindError, Live, Plan},
};
use sim::{
    incident::IncidentKind,
    label::Label,
    time::Nanos,
    world::{Instance, Module},
};
use tokio::{runtime::Handle, task};

use super::{
    collect,
    judge::{self, Played},
    record::Recorder,
    stack::{LiveStack, LiveStackError, StackPlan},
    stall::{self, Lateness, Stall, Watchdog},
    watch::Watched,
    wiring::Served,
};
use monitoring::{Monitoring, RuleKind};
use proof::verify::{ModeError, Notice, ScenarioReport, Verifier, VerifyError};
use scenario::{Overrides, Pace, Scenario, Source};
use stack::{
    backend::Stack,
    client::prometheus::{ClientError, Prometheus, Target},
    deploy::Cadence,
};

/// How often Prometheus is asked what it makes of its targets.
const LOOK: Nanos = Nanos(200 * Nanos::MILLISECOND.0);

/// How long Prometheus waits for an answer unless it is told otherwise, in milliseconds.
const TIMEOUT_MS: i64 = 10_000;

/// How long a scrape under way may take until it is stored, its timeout included, on a busy machine.
const SETTLES: Nanos = Nanos(1_500 * Nanos::MILLISECOND.0);

/// How long traffic goes on after the story's end, so that nothing that is asked lies beyond it.
const TAIL: Nanos = Nanos::HOUR;

/// The cadence of short stories: everything but windows within expressions goes as much faster.
pub const SHORT: Cadence =
    Cadence { scrape_ms: 500, timeout_ms: 400, divisor: 30, least_for_ms: 10_000 };

/// Stories side by side for each core. On two cores, 7 held with nobody later than 0.1 s, and 14 with 0.3 s.
const PER_CORE: usize = 3;

/// How many stories a machine with so many cores plays side by side: most of their time is waiting.
#[must_use]
pub fn at_once(cores: usize) -> usize {
    PER_CORE * cores.max(1)
}

/// What changes a deployed copy before anything starts.
pub type Edit = dyn Fn(&Path) -> std::io::Result<()> + Send + Sync;

/// The live road.
pub struct LiveRoad {
    /// What is verified, and with which Prometheus.
    pub verifier: Verifier,
    /// Where each story's servers come from; their Prometheus is the verifier's, or of the same version.
    pub stack: Stack,
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
    /// This machine did not keep up, twice, and something was red both times.
    #[error(
        "{first}, and {again} in the second try; these stalls may have caused the failures: {red}"
    )]
    Stalled {
        /// The longest stall of the first try.
        first: Stall,
        /// The longest stall of the second try.
        again: Stall,
        /// What broke in the second.
        red: String,
    },
    /// Something in the story cannot be done to a running stack.
    #[error(
        "scenario `{scenario}` cannot be played live: {what} works in virtual time only (`dashproof verify`)"
    )]
    Unplayable {
        /// The scenario.
        scenario: String,
        /// What.
        what: &'static str,
    },
}

impl LiveError {
    /// What can be done about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            LiveError::Unplayable { .. } => "`dashproof verify` plays it in virtual time",
            LiveError::Stalled { .. } => stall::REMEDY,
            LiveError::Bind(_) | LiveError::Stack(_) | LiveError::Broken { .. } => {
                "correct what is named; `dashproof live --keep` keeps the servers' logs"
            }
        }
    }
}

impl From<LiveError> for VerifyError {
    fn from(error: LiveError) -> VerifyError {
        let remedy = error.remedy();
        VerifyError::Live(ModeError { error: Box::new(error), remedy })
    }
}

/// A story that was played, and how late somebody was meanwhile.
pub(super) struct Attempt {
    pub(super) report: ScenarioReport,
    pub(super) lateness: Lateness,
}

impl LiveRoad {
    /// Plays a scenario in real time once, on a stack of its own, and judges it as if nothing had stalled. Must be called
    /// within a runtime of several threads.
    pub(super) async fn attempt(
        &self,
        scenario: &Scenario,
        notice: &mut impl FnMut(Notice),
    ) -> Result<Attempt, VerifyError> {
        self.playable(scenario)?;
        let recorder = Recorder::default();
        let clock = Clock::starting_now();
        let live =
            serve(scenario, clock, &recorder, self.stack.listen()).map_err(|error| *error)?;
        let targets: Vec<(Instance, SocketAddr)> = live.addresses().collect();
        let edit = self.edit.as_deref().map(|edit| edit as &(dyn Fn(&Path) -> _ + Sync));
        let plan = StackPlan {
            monitoring: &self.verifier.files.monitoring,
            stack: &self.stack,
            ports: [0; 3],
            environment: &self.verifier.tools.environment,
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
        let mut reachable_ms = None;
        // Nothing is scraped before, so that nothing before can be late.
        let watchdog =
            Watchdog::start(clock, stall::limit_ms(self.timeout_ms(scenario, &deployed)));
        while live.now() < scenario.duration {
            let broken = || LiveError::Broken { scenario: scenario.name.clone() };
            live.balance().map_err(|_| broken())?;
            let asked = live.now();
            watched.look(&client).await?;
            watchdog.answered(asked);
            if reachable_ms.is_none() && !client.alertmanagers().await?.is_empty() {
                reachable_ms = Some(unix_ms(&live));
            }
            notice(Notice::Played { reached: live.now(), of: scenario.duration });
            clock.tick(LOOK).await;
        }
        let labels = instance_labels(&client.targets().await?);
        let served = self.served(scenario, &deployed, &targets, &labels);
        let timeouts_ms = served.iter().map(|(served, timeout)| (served.instance, *timeout));
        let timeouts_ms = timeouts_ms.collect();
        let served: Vec<Served> = served.into_iter().map(|(served, _)| served).collect();
        self.one_more_scrape((&client, &watchdog), &live, &served, &mut watched).await?;
        let at_ms = unix_ms(&live);
        // What began before that instant shall be stored before anything is asked about it.
        let settled = live.now() + SETTLES;
        while live.now() < settled {
            clock.tick(LOOK).await;
        }
        let lateness = watchdog.end();
        let span_ms = at_ms - clock.epoch_unix_ms() + 10_000;
        let labels: Vec<String> = served.iter().map(|served| served.label.clone()).collect();
        let records = records(&deployed);
        let collected = collect::collect(&client, (at_ms, span_ms), &labels, &records).await?;
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
            records,
            requests,
        };
        // Seconds of arithmetic, meanwhile other stories' modules on this runtime must answer.
        let report = task::block_in_place(|| {
            let judged = judge::report(&self.verifier, &played, &stack, &deployed, &client, notice);
            Handle::current().block_on(judged).map_err(Box::new)
        });
        live.close().await;
        let mut report = report.map_err(|error| *error)?;
        if self.verifier.tools.keep {
            report.kept = stack.keep().await.into_iter().next();
        } else {
            stack.stop().await;
        }
        Ok(Attempt { report, lateness })
    }

    fn cadence(&self, scenario: &Scenario) -> Option<Cadence> {
        (scenario.pace == Pace::Short).then_some(self.short)
    }

    /// The shortest timeout of a scrape in the story, in milliseconds.
    fn timeout_ms(&self, scenario: &Scenario, deployed: &Monitoring) -> i64 {
        let shipped = deployed.config.jobs.iter().map(|job| job.scrape_timeout_ms).min();
        let shipped = shipped.unwrap_or(TIMEOUT_MS);
        self.cadence(scenario).map_or(shipped, |cadence| cadence.timeout_ms)
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
        (client, watchdog): (&Prometheus, &Watchdog),
        live: &Live<Source>,
        served: &[Served],
        watched: &mut Watched,
    ) -> Result<(), ClientError> {
        let longest = served.iter().map(|served| served.interval_ms).max().unwrap_or(0);
        let until = live.now() + Nanos::from_millis(2 * longest.unsigned_abs());
        while live.now() < until {
            let asked = live.now();
            watched.look(client).await?;
            watchdog.answered(asked);
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
        labels: &BTreeMap<String, String>,
    ) -> Vec<(Served, i64)> {
        let of = |&(instance, address): &(Instance, SocketAddr)| {
            let job = deployed.config.jobs.iter().find(|job| job.name == instance.module.as_str());
            let shipped = job.map_or((15_000, TIMEOUT_MS), |job| {
                (job.scrape_interval_ms, job.scrape_timeout_ms)
            });
            let (interval_ms, timeout_ms) = self
                .cadence(scenario)
                .map_or(shipped, |cadence| (cadence.scrape_ms, cadence.timeout_ms));
            let address = self.stack.reached(address);
            let label = labels.get(&address).unwrap_or(&address).clone();
            (Served { instance, address, label, interval_ms }, timeout_ms)
        };
        targets.iter().map(of).collect()
    }
}

/// The modules of a scenario, each copy on a free port of its own.
fn serve(
    scenario: &Scenario,
    clock: Clock,
    recorder: &Recorder,
    listen: IpAddr,
) -> Result<Live<Source>, Box<VerifyError>> {
    let longer = Overrides { duration: Some(scenario.duration + TAIL), ..Overrides::default() };
    let (scenario, _) = scenario.clone().with(&longer);
    let source = |source| Box::new(VerifyError::Source { scenario: scenario.name.clone(), source });
    let any = SocketAddr::new(listen, 0);
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
    Live::start(plan).map_err(|error| Box::new(LiveError::from(error).into()))
}

/// The `instance` label of each target by its address.
fn instance_labels(targets: &[Target]) -> BTreeMap<String, String> {
    let of = |target: &Target| {
        let address = target.discovered_labels.get("__address__")?;
        Some((address.to_owned(), target.labels.get("instance")?.to_owned()))
    };
    targets.iter().filter_map(of).collect()
}

/// What the loaded rules record.
fn records(monitoring: &Monitoring) -> BTreeSet<String> {
    let groups = monitoring.rules.iter().flat_map(|file| &file.groups);
    let rules = groups.flat_map(|group| &group.rules);
    let records = rules.filter(|rule| matches!(rule.kind, RuleKind::Record { .. }));
    records.map(|rule| rule.name().to_owned()).collect()
}

fn unix_ms(live: &Live<Source>) -> i64 {
    live.clock().epoch_unix_ms() + live.now().as_millis() as i64
}
