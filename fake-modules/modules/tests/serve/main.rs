//! The modules as servers, over real sockets: what a scraper gets, what it can do to them, how they come and go.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic, too")]
#![expect(clippy::disallowed_methods, reason = "how long a server takes is what is tested")]

mod client;
mod formats;
mod hardness;
mod life;

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use modules::{
    clock::Clock,
    serve::{Heard, Live, Plan, Scrape},
};
use sim::{
    engine::{Engine, Parameters},
    event::Event,
    label::Label,
    time::Nanos,
    traffic::{Arrivals, Profile, RateCurve},
    world::{Instance, Module},
};

/// Nothing here takes nearly as long; a slow machine is no failure.
const CEILING: Duration = Duration::from_secs(60);

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// What an observer heard, with the number of events before each scrape.
#[derive(Debug, Default)]
struct Diary {
    events: Vec<Event>,
    scrapes: Vec<(Scrape, usize)>,
}

/// A day of two hundred requests per second, so that each instant differs from the last.
fn engine() -> Engine<Arrivals> {
    let curve = RateCurve::constant(200.0, Nanos(24 * Nanos::HOUR.0)).expect("a day is a curve");
    let parameters = Parameters::for_profile(Profile::Chat, 200.0, (1_200.0, 220.0), 7);
    Engine::new(&parameters, Vec::new(), Arrivals::new(Profile::Chat, curve, 7))
}

fn first(module: Module) -> Instance {
    Instance { module, replica: 0 }
}

/// The three modules on free ports, in a story that began a minute ago.
fn live() -> (Live<Arrivals>, Arc<Mutex<Diary>>) {
    let diary = Arc::new(Mutex::new(Diary::default()));
    let heard = Arc::clone(&diary);
    let began = Clock::starting_now().epoch_unix_ms() - 60_000;
    let plan = Plan {
        engine: engine(),
        replicas: [1, 1, 1],
        clock: Clock::starting_at(began),
        addresses: Module::ALL.iter().map(|&module| (first(module), ANY_PORT)).collect(),
        observer: Box::new(move |what| {
            let mut diary = heard.lock().unwrap();
            match what {
                Heard::Event(event) => diary.events.push(*event),
                Heard::Scrape(scrape) => {
                    let before = diary.events.len();
                    diary.scrapes.push((scrape, before));
                }
            }
        }),
    };
    (Live::start(plan).expect("any port can be had"), diary)
}

fn address(live: &Live<Arrivals>, module: Module) -> SocketAddr {
    live.addresses().find(|(instance, _)| instance.module == module).expect("it is served").1
}

/// Asks again until it is so.
async fn until<F: Future<Output = bool>>(what: &str, mut so: impl FnMut() -> F) {
    let wait = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(5));
        while !so().await {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(CEILING, wait).await.unwrap_or_else(|_| panic!("never so: {what}"));
}
