//! Modules come and go, alone, and whoever listens hears exactly what was shown.

use std::{io, time::Duration};

use modules::{
    module::Module as ModuleCopy,
    serve::{ChangeError, HttpServer},
};
use sim::{
    engine::InjectError,
    event::EventKind,
    incident::IncidentKind,
    label::Label,
    time::Nanos,
    world::{Module, llm::Provider},
};
use tokio::{
    io::AsyncReadExt as _,
    net::{TcpListener, TcpStream},
};

use super::{
    address,
    client::{ask, exchange, request, scrape},
    engine, first, live, until,
};

const START_TIME: &str = "process_start_time_seconds";
const OPERATIONS: &str = "llm_provider_operations_total{operation=\"chat\",status=\"success\"}";

/// Well below the time after which an idle connection ends anyway.
const CUT_CEILING: Duration = Duration::from_secs(15);

fn down(module: Module) -> IncidentKind {
    IncidentKind::ModuleDown { module, replica: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_module_that_goes_down_takes_its_connections_with_it() {
    let (live, diary) = live();
    let module = Module::LlmProvider;
    let at = address(&live, module);
    let other = address(&live, Module::PromptManager);
    let mut kept = TcpStream::connect(at).await.unwrap();
    let mut neighbours = TcpStream::connect(other).await.unwrap();
    let get = request("GET", "/metrics", &[]);
    let before = exchange(&mut kept, get.as_bytes(), false).await.unwrap();
    exchange(&mut neighbours, get.as_bytes(), false).await.unwrap();

    let (id, _) = live.inject(down(module), Nanos::ZERO, Nanos::NEVER).unwrap();
    let mut rest = Vec::new();
    let read = tokio::time::timeout(CUT_CEILING, kept.read_to_end(&mut rest)).await;
    assert!(matches!(read, Ok(Ok(0) | Err(_))), "the connection is cut: {read:?}");
    until("connections are refused", || async {
        let error = TcpStream::connect(at).await.err();
        error.is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    })
    .await;
    assert_eq!(live.runs(first(module)), Some(false));
    // The port stays ours, and the other modules go on, on the connections that they had.
    assert!(TcpListener::bind(at).await.is_err() || TcpStream::connect(at).await.is_err());
    assert!(exchange(&mut neighbours, get.as_bytes(), false).await.is_ok());

    live.end(id).unwrap();
    until("it answers again", || async { ask(at, "GET", "/metrics", &[]).await.is_ok() }).await;
    let after = scrape(at, &[]).await;
    assert!(before.value(START_TIME) < after.value(START_TIME));
    assert!(after.value(OPERATIONS) < before.value(OPERATIONS), "counters begin at 0");
    let started = diary
        .lock()
        .unwrap()
        .events
        .iter()
        .filter_map(|event| {
            (event.kind == EventKind::Started(module)).then_some(event.at.as_millis())
        })
        .next_back()
        .unwrap();
    let expected = (live.clock().epoch_unix_ms() as u64 + started) as f64 / 1e3;
    assert_eq!(after.value(START_TIME), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_that_takes_no_time_worth_naming_still_cuts_and_resets() {
    let (live, _) = live();
    let module = Module::PromptSecurity;
    let at = address(&live, module);
    let mut kept = TcpStream::connect(at).await.unwrap();
    let get = request("GET", "/metrics", &[]);
    let before = exchange(&mut kept, get.as_bytes(), false).await.unwrap();
    let restart = IncidentKind::ModuleRestart { module, replica: Some(0) };
    live.inject(restart, Nanos::ZERO, Nanos(1)).unwrap();
    let mut rest = Vec::new();
    let read = tokio::time::timeout(CUT_CEILING, kept.read_to_end(&mut rest)).await;
    assert!(matches!(read, Ok(Ok(0) | Err(_))), "the connection is cut: {read:?}");
    until("it answers again", || async { ask(at, "GET", "/metrics", &[]).await.is_ok() }).await;
    assert!(before.value(START_TIME) < scrape(at, &[]).await.value(START_TIME));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scrape_shows_exactly_what_was_heard_before_it() {
    let (live, diary) = live();
    let mut shown = Vec::new();
    for round in 0..30 {
        let module = Module::ALL[round % 3];
        let answer = scrape(address(&live, module), &[]).await;
        shown.push((module, answer));
    }
    let epoch = live.clock().epoch_unix_ms();
    live.close().await;
    let diary = diary.lock().unwrap();
    assert_eq!(diary.scrapes.len(), shown.len());
    let mut last = Nanos::ZERO;
    for ((scrape, n_events), (module, answer)) in diary.scrapes.iter().zip(&shown) {
        assert_eq!(scrape.instance, first(*module));
        assert_eq!(scrape.sequence, answer.number("dashproof-scrape"));
        assert_eq!(scrape.at.0, answer.number("dashproof-at"));
        assert!(diary.events[..*n_events].iter().all(|event| event.at <= scrape.at));
        assert!(diary.events[*n_events..].iter().all(|event| scrape.at < event.at));
        let mut copy = ModuleCopy::new(scrape.instance, epoch, None);
        let own = diary.events[..*n_events].iter().filter(|event| event.kind.module() == *module);
        own.for_each(|event| copy.observe(event));
        let mut text = Vec::new();
        let exposition = copy.scrape().unwrap();
        modules::exposition::encode(&exposition, modules::exposition::Format::Text004, &mut text);
        assert!(text == answer.body, "{scrape:?}");
        assert!(last < scrape.at, "time goes on");
        last = scrape.at;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_incident_comes_when_it_is_asked_for_and_goes() {
    let (live, diary) = live();
    let kind = IncidentKind::ProviderOutage { provider: Provider::OpenAi, failing: 1.0 };
    let (id, incident) = live.inject(kind, Nanos::ZERO, Nanos::HOUR).unwrap();
    assert!(incident.at <= live.now());
    assert_eq!(live.incidents().unwrap(), [(id, incident.clone())]);
    let failed_since = |since: Nanos| {
        let diary = diary.lock().unwrap();
        diary.events.iter().rev().take_while(|event| since < event.at).any(|event| {
            matches!(event.kind, EventKind::LlmRequest { deployment, error: Some(_), .. }
                if deployment.provider() == Provider::OpenAi)
        })
    };
    until("requests fail", || async { failed_since(incident.at) }).await;
    live.end(id).unwrap();
    let ended = live.incidents().unwrap()[0].1.ends();
    assert!(ended <= live.now());
    assert_eq!(live.end(id), Err(ChangeError::Refused(InjectError::Over { id })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_in_use_is_named_and_a_closed_one_is_free() {
    let (first_live, _) = live();
    let taken = address(&first_live, Module::PromptManager);
    let error = HttpServer::start(taken, nothing()).unwrap_err();
    assert_eq!(error.address, taken);
    assert_eq!(error.source.kind(), io::ErrorKind::AddrInUse);
    assert_eq!(error.to_string(), format!("cannot listen on {taken}"));
    first_live.close().await;
    let server = HttpServer::start(taken, nothing()).unwrap();
    assert_eq!(server.address(), taken);
    drop(server);
    until("a dropped server is gone", || async { TcpStream::connect(taken).await.is_err() }).await;
}

/// Routes that answer nothing.
fn nothing() -> axum::Router {
    axum::Router::new()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_passes_without_anybody_asking() {
    let (live, diary) = live();
    let before = diary.lock().unwrap().events.len();
    let began = live.now();
    until("a second of events", || async { Nanos::SECOND <= live.now() - began }).await;
    until("played on", || async {
        let after = diary.lock().unwrap().events.len();
        (before + 500..before + 20_000).contains(&after)
    })
    .await;
    // The minute before the start was caught up with.
    let mut alone = engine();
    alone.run_until(began, &mut |_| {});
    let (arrived, by_then) = (live.balance().unwrap().arrived, alone.balance().arrived);
    assert!(1_000 < by_then && by_then < arrived, "{by_then}, then {arrived}");
}
