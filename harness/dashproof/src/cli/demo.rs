//! `dashproof demo`: a story live in a whole stack, with hours of history, until somebody ends it.

mod begin;
mod keys;
mod tell;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sim::{engine::IncidentId, time::Nanos};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::timeout,
};

use self::{
    keys::Action,
    tell::{Alerts, Phase, Told, Voice},
};
use super::{
    Failure, Surroundings,
    backend::BackendArgs,
    engine::{AlertmanagerArgs, EngineArgs},
    failure,
    files::{self, Places},
    format::Format,
    output::Output,
    runner::Stop,
    serve::status::Status,
    terminal::Keys,
};
use live::{
    control::Controlled,
    demo::{
        seam::{Bridge, SeamError},
        servers::{ALERTMANAGER_PORT, GRAFANA_PORT, PROMETHEUS_PORT},
    },
    stack::LiveStack,
};

use crate::report::Conclusion;

/// What is shown, by which servers, and where.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The scenario's name; after its end, traffic continues
    #[arg(value_name = "SCENARIO", default_value = "chat")]
    name: String,
    /// How much history Prometheus has at the start [default: 6h, with --fast 1h]
    #[arg(long, value_name = "SPAN", value_parser = files::span)]
    history: Option<Nanos>,
    /// Scrape every second and divide every duration of rules and notifications by 15, so that alerts arrive in
    /// seconds; without it, intervals and timings are the shipped ones
    #[arg(long)]
    fast: bool,
    /// Use this seed instead of the scenario's own
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Ports of prompt-manager, prompt-security and llm-provider; 0 is any free one. Further copies of a module follow
    /// 100 apart [default: 8000,8001,8002]
    #[arg(long, value_name = "PORTS", value_delimiter = ',')]
    ports: Vec<u16>,
    /// Where Prometheus listens; 0 is any free port
    #[arg(long, value_name = "PORT", default_value_t = PROMETHEUS_PORT)]
    prometheus_port: u16,
    /// Where Alertmanager listens; 0 is any free port
    #[arg(long, value_name = "PORT", default_value_t = ALERTMANAGER_PORT)]
    alertmanager_port: u16,
    /// Where Grafana listens, if there is one; 0 is any free port
    #[arg(long, value_name = "PORT", default_value_t = GRAFANA_PORT)]
    grafana_port: u16,
    /// Where the control API listens; it has no password
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    control: SocketAddr,
    /// The output: text for people, or one line of JSON for each event and each second
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// No status line
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    backend: BackendArgs,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    alertmanager: AlertmanagerArgs,
}

const EXAMPLES: &str = "\
The modules serve /metrics. Prometheus has hours of history and continues to scrape where it ends. \
Its alerts go to Alertmanager, and a receiver shows the notifications. Incidents start by a key press, \
by the control API (see `dashproof serve --help`), or from the scenario's timeline.

Examples:
  dashproof demo
  dashproof demo --fast                             alerts arrive in seconds
  dashproof demo provider-outage --history 38m      two minutes before its outage begins
  dashproof demo --ports 0 --prometheus-port 0 --alertmanager-port 0";

/// How long a second's question to Prometheus may take.
const ANSWER_CEILING: Duration = Duration::from_secs(2);

/// How long a server that fails may take to be gone.
const LAST_MOMENT: Duration = Duration::from_secs(1);

pub(super) async fn run(args: Args, at: &Surroundings, output: Output) -> Result<u8, Failure> {
    let mut stop = Stop::listen()?;
    let voice = Voice { json: args.format == Format::Json, paint: output.paint };
    let begun = tokio::select! {
        begun = begin::begin(&args, at) => begun?,
        () = stop.wanted() => {
            output.print(&voice.interrupted())?;
            return Ok(Conclusion::Interrupted.exit_code());
        }
    };
    let begin::Begun { controlled, servers, bridge, control, open, chosen, engines, took } = begun;
    let keys = if voice.json { None } else { Keys::listen() };
    let places = tell::Places {
        controlled: &controlled,
        servers: &servers,
        control: format!("http://{}", control.address()),
        chosen,
        engines,
        took,
        keys: keys.is_some(),
    };
    output.print(&voice.started(&places))?;
    let shows = at.interactive && !args.quiet && !voice.json;
    let status = shows.then(|| Status::new(&controlled));
    let mut show = Show {
        known: BTreeMap::new(),
        told: Told::default(),
        n_told: 0,
        status,
        rates: Status::hidden(),
        controlled,
        servers,
        open,
        voice,
        output,
    };
    let ended = show.until_over(keys, bridge, &mut stop).await;
    let Show { servers, status, .. } = show;
    drop(status);
    control.close().await;
    servers.stop().await;
    ended
}

/// How far the bridge has come.
enum Crossing {
    /// Every module is scraped.
    Modules,
    /// It has failed.
    Failed(SeamError),
}

/// The demonstration under way.
struct Show {
    controlled: Arc<Controlled>,
    servers: LiveStack,
    /// Whether the story may be changed.
    open: Arc<AtomicBool>,
    voice: Voice,
    output: Output,
    status: Option<Status>,
    /// Keeps requests per second where no status line does.
    rates: Status,
    /// Incidents that were told, by where they were in time then.
    known: BTreeMap<IncidentId, Phase>,
    told: Told,
    /// Notifications that were looked at.
    n_told: usize,
}

impl Show {
    async fn until_over(
        &mut self,
        mut keys: Option<Keys>,
        bridge: Bridge,
        stop: &mut Stop,
    ) -> Result<u8, Failure> {
        let mut crossing = Some(cross(bridge));
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        loop {
            let next_key = async {
                match &mut keys {
                    Some(keys) => keys.next().await,
                    None => std::future::pending().await,
                }
            };
            let next_crossed = async {
                match &mut crossing {
                    Some(crossing) => crossing.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.wanted() => return Ok(0),
                key = next_key => match key {
                    None => keys = None,
                    Some(key) => {
                        if self.act(key)? {
                            return Ok(0);
                        }
                    }
                },
                crossed = next_crossed => match crossed {
                    None => crossing = None,
                    Some(Crossing::Modules) => {
                        self.open.store(true, Ordering::Release);
                        self.say(&self.voice.live())?;
                    }
                    Some(Crossing::Failed(error)) => return Err(self.not_crossed(&error).await),
                },
                _ = seconds.tick() => self.second().await?,
            }
        }
    }

    /// What a key asks for; whether it is the end.
    fn act(&mut self, key: char) -> Result<bool, Failure> {
        let Some(action) = keys::action(key) else { return Ok(false) };
        let is_open = self.open.load(Ordering::Acquire);
        let changed = match action {
            Action::Quit => return Ok(true),
            Action::Help => {
                self.say(&keys::legend())?;
                return Ok(false);
            }
            _ if !is_open => {
                self.say(&self.voice.refusal(begin::NOT_YET))?;
                return Ok(false);
            }
            Action::Incident(kind, lasts) => {
                self.controlled.live.inject(kind, Nanos::ZERO, lasts).map(drop)
            }
            Action::EndAll => keys::end_all(&self.controlled),
        };
        if let Err(error) = changed {
            self.say(&self.voice.refusal(&error.to_string()))?;
        }
        self.incidents()?;
        Ok(false)
    }

    /// Everything that is looked at every second.
    async fn second(&mut self) -> Result<(), Failure> {
        if let Some(end) = self.servers.end_of_its_own().await {
            return Err(lost(end));
        }
        self.incidents()?;
        let client = self.servers.client();
        let alerts = match timeout(ANSWER_CEILING, client.alerts()).await {
            Ok(Ok(alerts)) => Alerts::of(&alerts),
            _ => Alerts { unknown: true, ..Alerts::default() },
        };
        let notifications = self.servers.receiver().notifications();
        for notification in &notifications[self.n_told.min(notifications.len())..] {
            if self.told.is_new(notification) {
                self.say(&self.voice.notification(notification))?;
            }
        }
        self.n_told = notifications.len();
        if let Some(status) = &mut self.status {
            status.show(&self.controlled, &alerts.words(self.n_told));
        } else if self.voice.json {
            self.rates.show(&self.controlled, "");
            let rate = self.rates.rate();
            self.say(&self.voice.status(&self.controlled, rate, &alerts, self.n_told))?;
        }
        Ok(())
    }

    /// Why the seam is open: a server that has gone, or what was found.
    async fn not_crossed(&mut self, error: &SeamError) -> Failure {
        // Its connections end a moment before it does.
        let ended = timeout(LAST_MOMENT, async {
            let mut looks = tokio::time::interval(LAST_MOMENT / 20);
            loop {
                looks.tick().await;
                if let Some(end) = self.servers.end_of_its_own().await {
                    return end;
                }
            }
        });
        match ended.await {
            Ok(end) => lost(end),
            Err(_) => {
                let remedy = "Prometheus' web pages show more while it runs; try again";
                Failure::new(failure::chain(error), remedy)
            }
        }
    }

    /// Tells of incidents that came, began or ended, whoever made them.
    fn incidents(&mut self) -> Result<(), Failure> {
        let live = &self.controlled.live;
        let Ok(incidents) = live.incidents() else {
            let message = "the simulation has failed; what it would show is not known";
            return Err(Failure::new(message, "report the panic above"));
        };
        let (now, epoch_ms) = (live.now(), live.clock().epoch_unix_ms());
        for (id, incident) in incidents {
            let phase = Phase::of(&incident, now);
            if self.known.insert(id, phase) != Some(phase) {
                self.say(&self.voice.incident(id, &incident, phase, epoch_ms))?;
            }
        }
        Ok(())
    }

    fn say(&self, text: &str) -> Result<(), Failure> {
        match &self.status {
            Some(status) => status.suspend(|| self.output.print(text)),
            None => self.output.print(text),
        }
    }
}

/// A server that has gone, with its last words.
fn lost(end: String) -> Failure {
    Failure::new(end, "its log above says why; start again")
}

/// Bridges in the background, and tells how far that has come; nothing more once all is scraped.
fn cross(mut bridge: Bridge) -> UnboundedReceiver<Crossing> {
    let (tell, crossing) = unbounded_channel();
    tokio::spawn(async move {
        // Nobody listens once the demonstration is over.
        let crossed = async {
            bridge.until_modules().await?;
            let _ = tell.send(Crossing::Modules);
            bridge.until_servers().await
        };
        if let Err(error) = crossed.await {
            let _ = tell.send(Crossing::Failed(error));
        }
    });
    crossing
}
