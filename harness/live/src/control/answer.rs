//! What the control API answers, as JSON: the state, incidents, refusals.
//!
//! Times are seconds since the story's start, as numbers, and instants in UTC as text.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use modules::serve::{Broken, ChangeError};
use serde::Serialize;
use sim::{
    engine::IncidentId,
    incident::Incident,
    label::Label,
    time::Nanos,
    world::{Instance, Module},
};

use super::{Controlled, Totals, status_of};
use prom::problem::Problem;

/// `GET /state`.
#[derive(Debug, Serialize)]
pub(super) struct StateDocument {
    scenario: String,
    seed: u64,
    /// When the story began.
    epoch: String,
    /// Seconds since then.
    now: f64,
    modules: Vec<ModuleState>,
    incidents: Vec<Told>,
    requests: Requests,
    totals: Totals,
}

/// One copy of a module.
#[derive(Debug, Serialize)]
struct ModuleState {
    name: &'static str,
    replica: u8,
    up: bool,
    /// Where this process serves it, if it does.
    url: Option<String>,
}

/// What became of all requests.
#[derive(Debug, Serialize)]
struct Requests {
    arrived: u64,
    finished: u64,
    lost: u64,
    withheld: u64,
    in_flight: u64,
}

/// An incident.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    id: usize,
    about: String,
    state: &'static str,
    /// Seconds since the story's start.
    begins: f64,
    /// Likewise; missing if it has no end.
    ends: Option<f64>,
}

impl Told {
    pub(super) fn of(id: IncidentId, incident: &Incident, now: Nanos) -> Told {
        let ends = incident.ends();
        let state = match now {
            now if now < incident.at => "to come",
            now if now < ends => "under way",
            _ => "over",
        };
        Told {
            id: id.0,
            about: incident.kind.title(),
            state,
            begins: incident.at.as_secs_f64(),
            ends: (ends != Nanos::NEVER).then(|| ends.as_secs_f64()),
        }
    }
}

impl StateDocument {
    pub(super) fn of(controlled: &Controlled) -> Result<StateDocument, Broken> {
        let live = &controlled.live;
        let now = live.now();
        let url = |instance| {
            let found = live.addresses().find(|(other, _)| *other == instance)?;
            Some(format!("http://{}/metrics", found.1))
        };
        let instances = Module::ALL.iter().flat_map(|&module| {
            let copies = 0..controlled.replicas[module.index()];
            copies.map(move |replica| Instance { module, replica })
        });
        let modules = instances.map(|instance| ModuleState {
            name: instance.module.as_str(),
            replica: instance.replica,
            up: live.runs(instance).unwrap_or(false),
            url: url(instance),
        });
        let balance = live.balance()?;
        let incidents = live.incidents()?;
        let epoch_ms = live.clock().epoch_unix_ms();
        let epoch = jiff::Timestamp::from_millisecond(epoch_ms).unwrap_or_default();
        Ok(StateDocument {
            scenario: controlled.scenario.clone(),
            seed: controlled.seed,
            epoch: epoch.to_string(),
            now: now.as_secs_f64(),
            modules: modules.collect(),
            incidents: incidents.iter().map(|(id, it)| Told::of(*id, it, now)).collect(),
            requests: Requests {
                arrived: balance.arrived,
                finished: balance.finished,
                lost: balance.lost,
                withheld: balance.withheld,
                in_flight: balance.in_flight,
            },
            totals: controlled.totals(),
        })
    }
}

/// Why something was not done.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    document: RefusalDocument,
}

#[derive(Debug, Serialize)]
struct RefusalDocument {
    error: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, error: impl Into<String>) -> Refusal {
        Refusal { status, document: RefusalDocument { error: error.into(), reasons: Vec::new() } }
    }

    /// With lines that say more.
    pub(super) fn with<'a>(mut self, reasons: impl IntoIterator<Item = &'a str>) -> Refusal {
        self.document.reasons.extend(reasons.into_iter().map(str::to_owned));
        self
    }

    pub(super) fn of(error: &ChangeError) -> Refusal {
        Refusal::new(status_of(error), error.to_string())
    }

    pub(super) fn of_problems(problems: &[Problem]) -> Refusal {
        let reasons: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "this is no incident")
            .with(reasons.iter().map(String::as_str))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, axum::Json(self.document)).into_response()
    }
}
