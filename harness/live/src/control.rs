//! The control API of a story that is served live: its state, and incidents that somebody triggers.
//!
//! JSON over HTTP on a port of its own. Incidents come in the words of a scenario's timeline, and bad ones are refused
//! with every reason. What the modules show and who scrapes them is not known here; whatever changes goes through the
//! engine.

mod answer;
mod tally;

pub use tally::{Tally, Totals};

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, Query, Request, State},
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_TYPE, LOCATION, ORIGIN},
    },
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::{delete, get, post},
};
use modules::serve::{ChangeError, Live};
use serde::Deserialize;
use sim::{
    engine::{IncidentId, InjectError},
    incident::IncidentKind,
    label::Label,
    time::Nanos,
    world::Module,
};

use answer::{Refusal, StateDocument, Told};
use prom::{duration, nearest::nearest};
use scenario::Source;

/// The endpoints, as the help of `dashproof serve` lists them.
pub const ENDPOINTS: &str = "\
GET    /state                    modules, incidents, totals so far
POST   /incidents                start an incident, as in a timeline, in JSON; `at` counts from now and may be left out:
    {\"for\": \"2m\", \"provider_outage\": {\"provider\": \"openai\", \"failing\": \"90%\"}}
DELETE /incidents/{id}           end an incident now, or cancel one that has not begun
POST   /modules/{name}/restart   restart a module; ?replica=N for one copy, ?for=SPAN for the time to start";

/// The largest incident, in bytes.
const MAX_BODY: usize = 16 * 1024;
/// How long a process takes to start, unless told otherwise.
const START_UP: Nanos = Nanos::SECOND;

/// What is controlled.
#[derive(Debug)]
pub struct Controlled {
    /// The scenario's name.
    pub scenario: String,
    /// The seed that it is played with.
    pub seed: u64,
    /// Copies of each module.
    pub replicas: [u8; 3],
    /// The story.
    pub live: Live<Source>,
    /// What its observer counts.
    pub tally: Arc<Mutex<Tally>>,
}

impl Controlled {
    /// Totals so far.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).totals()
    }
}

/// The routes of the control API.
pub fn router(controlled: Arc<Controlled>) -> Router {
    Router::new()
        .route("/state", get(state))
        .route("/incidents", post(add))
        .route("/incidents/{id}", delete(end))
        .route("/modules/{name}/restart", post(restart))
        .fallback(|| async {
            Refusal::new(StatusCode::NOT_FOUND, "no such endpoint").with(ENDPOINTS.lines())
        })
        .method_not_allowed_fallback(|| async {
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "no such method").with(ENDPOINTS.lines())
        })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(no_pages))
        .with_state(controlled)
}

/// Refuses what a web page sends: the API has no password, and a browser on this machine reaches loopback.
async fn no_pages(request: Request, next: Next) -> Response {
    if request.headers().contains_key(ORIGIN) {
        return Refusal::new(StatusCode::FORBIDDEN, "web pages may not control a story")
            .into_response();
    }
    next.run(request).await
}

async fn state(State(controlled): State<Arc<Controlled>>) -> Response {
    match StateDocument::of(&controlled) {
        Ok(document) => axum::Json(document).into_response(),
        Err(error) => Refusal::of(&ChangeError::Broken(error)).into_response(),
    }
}

async fn add(
    State(controlled): State<Arc<Controlled>>,
    headers: HeaderMap,
    body: Result<String, axum::extract::rejection::StringRejection>,
) -> Result<Response, Refusal> {
    let is_json =
        headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
            value.split(';').next().is_some_and(|kind| kind.trim() == "application/json")
        });
    if !is_json {
        let kind = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Refusal::new(kind, "expected Content-Type: application/json"));
    }
    let body = body.map_err(|rejection| Refusal::new(rejection.status(), rejection.body_text()))?;
    if let Err(error) = serde_json::from_str::<serde_json::Value>(&body) {
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            format!("the body is not JSON: {error}"),
        ));
    }
    let incident = scenario::sudden_incident(&body, controlled.replicas)
        .map_err(|problems| Refusal::of_problems(&problems))?;
    inject(&controlled, incident.kind, incident.at, incident.lasts)
}

async fn end(
    State(controlled): State<Arc<Controlled>>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let id = id.parse().map_err(|_| {
        let message = format!("expected the number of an incident, found {id:?}");
        Refusal::new(StatusCode::BAD_REQUEST, message)
    })?;
    let id = IncidentId(id);
    controlled.live.end(id).map_err(|error| Refusal::of(&error))?;
    let incidents = controlled.live.incidents().map_err(|error| Refusal::of(&error.into()))?;
    // One that had not begun is known no more.
    let told = incidents.iter().find(|(other, _)| *other == id);
    let told = told.map(|(id, incident)| Told::of(*id, incident, controlled.live.now()));
    Ok(match told {
        Some(told) => axum::Json(told).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

/// What may follow `restart?`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RestartQuery {
    replica: Option<u8>,
    r#for: Option<String>,
}

async fn restart(
    State(controlled): State<Arc<Controlled>>,
    Path(name): Path<String>,
    query: Result<Query<RestartQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Refusal> {
    let module = Module::parse(&name).ok_or_else(|| {
        let names = Module::ALL.iter().map(|module| module.as_str());
        let near = nearest(&name, names.clone()).map(|near| format!("did you mean {near}?"));
        let all = names.collect::<Vec<_>>().join(", ");
        let message = format!("no module {name:?}; there are {all}");
        Refusal::new(StatusCode::NOT_FOUND, message).with(near.iter().map(String::as_str))
    })?;
    let Query(RestartQuery { replica, r#for }) =
        query.map_err(|rejection| Refusal::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    let copies = controlled.replicas[module.index()];
    if let Some(replica) = replica.filter(|replica| copies <= *replica) {
        let last = copies - 1;
        let message = format!("expected a copy of {module} from 0 to {last}, found {replica}");
        return Err(Refusal::new(StatusCode::NOT_FOUND, message));
    }
    let lasts = match r#for {
        None => START_UP,
        Some(text) => duration::parse(&text)
            .ok()
            .filter(|millis| 0 < *millis)
            .map(|millis| Nanos::from_millis(millis.unsigned_abs()))
            .ok_or_else(|| {
                let message = format!("for: expected a duration such as 2s, found {text:?}");
                Refusal::new(StatusCode::BAD_REQUEST, message)
            })?,
    };
    inject(&controlled, IncidentKind::ModuleRestart { module, replica }, Nanos::ZERO, lasts)
}

fn inject(
    controlled: &Controlled,
    kind: IncidentKind,
    after: Nanos,
    lasts: Nanos,
) -> Result<Response, Refusal> {
    let added = controlled.live.inject(kind, after, lasts);
    let (id, incident) = added.map_err(|error| Refusal::of(&error))?;
    let told = Told::of(id, &incident, controlled.live.now());
    let location = [(LOCATION, format!("/incidents/{}", id.0))];
    Ok((StatusCode::CREATED, location, axum::Json(told)).into_response())
}

/// The status of a change that was refused.
fn status_of(error: &ChangeError) -> StatusCode {
    match error {
        ChangeError::Refused(InjectError::Unknown { .. }) => StatusCode::NOT_FOUND,
        ChangeError::Refused(InjectError::Over { .. } | InjectError::Past { .. }) => {
            StatusCode::CONFLICT
        }
        ChangeError::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
