//! The client against a stand-in that replays what a real Grafana 9.3.2 answered. The stand-in is no Grafana: it knows
//! the recorded requests and nothing else, and proves that the client sends them and reads the answers.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its data must fail")]

use std::{
    collections::BTreeMap,
    fs::File,
    io::Read,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Json, Router,
    extract::{Request as Incoming, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use flate2::read::GzDecoder;
use grafana::{Asking, ClientError, DataSource, Grafana, Page, View, ready, width};
use monitoring::grafana::behaviour::Behaviour;
use serde_json::{Value, json};
use stack::client::endpoint::{Credentials, Endpoint, Secret};

fn read(name: &str) -> Value {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(format!("{name}.json.gz"));
    let mut text = String::new();
    GzDecoder::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What the stand-in replays.
struct Replayed {
    faults: Value,
    panels: Value,
    /// Where the data source reaches nobody.
    broken: bool,
    asked: AtomicUsize,
    /// How often dashboards were listed; at first there is none.
    listed: AtomicUsize,
}

/// `Basic admin:right`.
const RIGHT: &str = "Basic YWRtaW46cmlnaHQ=";

fn answer(recorded: &Value) -> Response {
    let status =
        StatusCode::from_u16(u16::try_from(recorded[0].as_u64().unwrap()).unwrap()).unwrap();
    (status, Json(recorded[1].clone())).into_response()
}

async fn replay(State(replayed): State<Arc<Replayed>>, incoming: Incoming) -> Response {
    let faults = &replayed.faults;
    let path = incoming.uri().path().to_owned();
    let headers = incoming.headers().clone();
    if path == "/api/health" {
        assert!(!headers.contains_key("authorization"), "health needs no password and gets none");
        return answer(&faults["f1-wrong-password"]["health needs no password"]);
    }
    replayed.asked.fetch_add(1, Ordering::SeqCst);
    if headers.get("authorization").is_none_or(|given| given != RIGHT) {
        return answer(&faults["f1-wrong-password"]["wrong password"][0]);
    }
    match path.as_str() {
        "/api/search" => {
            let nth = replayed.listed.fetch_add(1, Ordering::SeqCst);
            let all = faults["a11-numeric-id"]["dashboards"].as_array().unwrap();
            let listed = all.iter().filter(|_| nth > 2);
            let one = |one: &Value| json!({"uid": one[0], "title": one[1], "folderTitle": one[2]});
            Json(Value::Array(listed.map(one).collect())).into_response()
        }
        "/api/datasources/uid/prometheus" => {
            let mut found = faults["c2-no-datasource-uid"]["ds"].clone();
            found[1] = found[1][0].take();
            found[1]["uid"] = json!("prometheus");
            answer(&found)
        }
        "/api/datasources/uid/other" => answer(&faults["c1-other-datasource-uid"]["get ds"]),
        "/api/datasources/uid/prometheus/health" => {
            answer(&faults["g1-nobody-listening"]["health by uid"])
        }
        "/api/ds/query" => query(&replayed, incoming, &headers).await,
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn query(
    replayed: &Replayed,
    incoming: Incoming,
    headers: &axum::http::HeaderMap,
) -> Response {
    let bytes = axum::body::to_bytes(incoming.into_body(), usize::MAX).await.unwrap();
    let body: Value = serde_json::from_slice(&bytes).unwrap();
    if replayed.broken {
        return answer(
            &replayed.faults["g1-nobody-listening"]["test of the data source page (9.3: 1+1)"],
        );
    }
    if body["queries"][0]["expr"] == "1+1" {
        let frames = json!({"results": {"test": {"status": 200, "frames": []}}});
        return Json(frames).into_response();
    }
    let of = |case: &&Value| {
        let recorded = case["request"]["headers"].as_object().unwrap();
        case["request"]["body"] == body
            && recorded.iter().all(|(name, value)| {
                headers.get(name.to_lowercase()).is_some_and(|sent| sent == value.as_str().unwrap())
            })
    };
    match replayed.panels.as_array().unwrap().iter().find(of) {
        Some(case) => Json(case["answer"].clone()).into_response(),
        None => {
            (StatusCode::BAD_REQUEST, Json(json!({"message": "never recorded"}))).into_response()
        }
    }
}

/// A stand-in on a free port, and a client of it.
async fn stand_in(password: &str, broken: bool) -> (Grafana, Arc<Replayed>) {
    let replayed = Arc::new(Replayed {
        faults: read("faults"),
        panels: read("panels"),
        broken,
        asked: AtomicUsize::new(0),
        listed: AtomicUsize::new(0),
    });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(replay).with_state(Arc::clone(&replayed));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut endpoint = Endpoint::new(&format!("http://{address}"));
    let password = Secret::new(password).unwrap();
    endpoint.credentials = Credentials::Basic { user: "admin".to_owned(), password };
    (Grafana::at(&endpoint), replayed)
}

fn pages() -> BTreeMap<String, Page> {
    let files = read("at-399a880");
    let dashboards = files.as_object().unwrap().iter();
    dashboards
        .filter(|(name, _)| name.starts_with("dashboards/"))
        .map(|(name, json)| {
            let page = Page::parse(Path::new(name), json.as_str().unwrap()).unwrap();
            (page.dashboard.uid.clone(), page)
        })
        .collect()
}

#[tokio::test]
async fn panels_are_asked_as_recorded_and_their_frames_are_read() {
    let (grafana, replayed) = stand_in("right", false).await;
    let source = grafana.data_source("prometheus").await.unwrap().unwrap();
    assert_eq!((source.id, source.time_interval.as_deref()), (Some(1), Some("15s")));
    let health = grafana.health().await.unwrap();
    let behaviour = Behaviour::of(&health.version).unwrap();
    let pages = pages();
    let mut asked = 0;
    for case in replayed.panels.as_array().unwrap() {
        if case["selection"] != json!({}) {
            continue;
        }
        let view = View {
            from_ms: case["from_ms"].as_i64().unwrap(),
            to_ms: case["to_ms"].as_i64().unwrap(),
            screen: width::USUAL_SCREEN,
            utc_offset_s: case["utcOffsetSec"].as_i64().unwrap(),
            selected: BTreeMap::new(),
            options: BTreeMap::new(),
        };
        let page = &pages[case["dashboard"].as_str().unwrap()];
        let asking = Asking { page, view: &view, source: &source, behaviour };
        let request = asking.request(case["panel"].as_i64().unwrap()).unwrap();
        let answers = grafana.query(&request).await.unwrap();
        assert_eq!(answers.0.len(), request.predicted.len(), "{}", case["case"]);
        asked += 1;
    }
    assert_eq!(asked, 159, "cases in which everything was selected without a word");
}

#[tokio::test]
async fn a_wrong_password_is_sent_once() {
    let (grafana, replayed) = stand_in("wrong", false).await;
    grafana.health().await.unwrap();
    for _ in 0..3 {
        let error = grafana.dashboards().await.unwrap_err();
        assert!(matches!(error, ClientError::Credentials { .. }), "{error}");
        assert!(
            error.to_string().contains("a user's name and password")
                && !error.to_string().contains("wrong")
        );
        assert!(error.remedy().contains("DASHPROOF_GRAFANA_TOKEN"));
        assert!(grafana.data_source("prometheus").await.is_err());
        // A copy is the same person.
        assert!(grafana.clone().reload_data_sources().await.is_err());
    }
    assert_eq!(replayed.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn dashboards_are_waited_for() {
    let (grafana, replayed) = stand_in("right", false).await;
    let files: Vec<_> = pages().into_values().map(|page| page.dashboard).collect();
    assert_eq!(ready::healthy(&grafana).await.unwrap().version, "9.3.2");
    let listed = ready::listed(&grafana, &files).await.unwrap();
    assert_eq!(listed.len(), 4);
    assert!(replayed.listed.load(Ordering::SeqCst) > 3, "the first answers were empty");
}

#[tokio::test]
async fn a_data_source_is_there_and_reaches_its_prometheus_or_grafana_says_why_not() {
    let (grafana, _) = stand_in("right", false).await;
    assert!(grafana.data_source("other").await.unwrap().is_none());
    let source = DataSource { uid: "prometheus".to_owned(), ..DataSource::default() };
    assert_eq!(grafana.reaches(&source).await.unwrap(), Ok(()), "by the query 1+1");
    let (broken, _) = stand_in("right", true).await;
    let words = broken.reaches(&source).await.unwrap().unwrap_err();
    assert!(words.contains("An error occurred within the plugin"), "{words}");
}

#[tokio::test]
async fn what_is_no_grafana_is_told_from_one_that_is_not_there() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(|| async { "<html>not Grafana" });
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let grafana = Grafana::at(&Endpoint::new(&base));
    let error = grafana.health().await.unwrap_err();
    assert!(error.to_string().contains("unlike a Grafana: <html>not Grafana"), "{error}");
    server.abort();
    let _ = server.await;
    let gone = stack::port::Reserved::any().unwrap();
    let grafana = Grafana::at(&Endpoint::new(&format!("http://{}", gone.address())));
    assert!(matches!(grafana.health().await.unwrap_err(), ClientError::Unreachable { .. }));
}
