//! Whoever is told of alerts: a webhook of our own that keeps what Alertmanager sends.
//!
//! It stands for the people on call. It can be told to fail, as theirs may. What should arrive is not known here.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    routing::post,
};
use jiff::Timestamp;
use modules::serve::{BindError, HttpServer};
use serde::Deserialize;

use prom::series::Labels;

/// A notification, as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// When it was read, in Unix milliseconds.
    pub arrived_ms: i64,
    /// The receiver of Alertmanager's configuration that it names.
    pub receiver: String,
    /// `firing` while any of its alerts fires, else `resolved`.
    pub status: String,
    /// What its alerts are grouped by.
    pub group_labels: Labels,
    /// Its alerts, in Alertmanager's order.
    pub alerts: Vec<NotifiedAlert>,
}

/// An alert of a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifiedAlert {
    /// `firing` or `resolved`.
    pub status: String,
    /// Its labels.
    pub labels: Labels,
    /// What people read, rendered, by name.
    pub annotations: BTreeMap<String, String>,
    /// Since when it fires, in Unix milliseconds.
    pub starts_at_ms: i64,
    /// When it was resolved, in Unix milliseconds; none while it fires.
    pub ends_at_ms: Option<i64>,
}

/// The body of a webhook, version 4 (`template.Data` in Alertmanager's template/template.go).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    receiver: String,
    status: String,
    group_labels: BTreeMap<String, String>,
    alerts: Vec<BodyAlert>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BodyAlert {
    status: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    starts_at: String,
    ends_at: String,
}

#[derive(Debug, Default)]
struct Kept {
    notifications: Vec<Notification>,
    fails: bool,
    n_failed: u64,
    unreadable: Vec<String>,
}

type Shared = Arc<Mutex<Kept>>;

/// The running webhook; ends when it is dropped.
#[derive(Debug)]
pub struct Receiver {
    server: HttpServer,
    kept: Shared,
}

impl Receiver {
    /// Listens on a free port of 127.0.0.1. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// If there is none.
    pub fn start() -> Result<Receiver, BindError> {
        Receiver::start_on(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }

    /// As [`Self::start`], on another address of this machine.
    ///
    /// # Errors
    /// If it has no free port.
    pub fn start_on(address: IpAddr) -> Result<Receiver, BindError> {
        let kept = Shared::default();
        let router = Router::new()
            .route("/", post(receive))
            // A group may be large; it comes from a server of ours.
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&kept));
        let server = HttpServer::start(SocketAddr::new(address, 0), router)?;
        Ok(Receiver { server, kept })
    }

    /// The URL to be notified.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.server.address())
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Everything that arrived, in order; what was answered with a failure has not arrived.
    #[must_use]
    pub fn notifications(&self) -> Vec<Notification> {
        self.kept().notifications.clone()
    }

    /// From now on, answers with HTTP 500, or no longer.
    pub fn fail(&self, fails: bool) {
        self.kept().fails = fails;
    }

    /// How many notifications were answered with a failure because they were to be.
    #[must_use]
    pub fn n_failed(&self) -> u64 {
        self.kept().n_failed
    }

    /// Why bodies could not be read, in order; Alertmanager sends none such.
    #[must_use]
    pub fn unreadable(&self) -> Vec<String> {
        self.kept().unreadable.clone()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        lock(&self.kept)
    }
}

fn lock(kept: &Shared) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn receive(State(kept): State<Shared>, body: String) -> (StatusCode, String) {
    let mut kept = lock(&kept);
    if kept.fails {
        kept.n_failed += 1;
        return (StatusCode::INTERNAL_SERVER_ERROR, "told to fail".to_owned());
    }
    match read(&body, Timestamp::now().as_millisecond()) {
        Ok(notification) => {
            kept.notifications.push(notification);
            (StatusCode::OK, String::new())
        }
        Err(error) => {
            kept.unreadable.push(error.clone());
            (StatusCode::BAD_REQUEST, error)
        }
    }
}

fn read(body: &str, arrived_ms: i64) -> Result<Notification, String> {
    let Body { receiver, status, group_labels, alerts } =
        serde_json::from_str(body).map_err(|error| error.to_string())?;
    let alerts = alerts.into_iter().map(|alert| {
        let ends_at_ms = instant(&alert.ends_at)?;
        Ok(NotifiedAlert {
            status: alert.status,
            labels: alert.labels.into_iter().collect(),
            annotations: alert.annotations,
            starts_at_ms: instant(&alert.starts_at)?,
            // The year 1 stands for none.
            ends_at_ms: (0 < ends_at_ms).then_some(ends_at_ms),
        })
    });
    Ok(Notification {
        arrived_ms,
        receiver,
        status,
        group_labels: group_labels.into_iter().collect(),
        alerts: alerts.collect::<Result<_, String>>()?,
    })
}

/// Unix milliseconds of an instant in RFC 3339.
fn instant(text: &str) -> Result<i64, String> {
    let read = text.parse::<Timestamp>().map_err(|error| format!("{text:?}: {error}"));
    Ok(read?.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"receiver":"critical","status":"firing","alerts":[
        {"status":"firing","labels":{"alertname":"A"},"annotations":{"summary":"a is down"},
         "startsAt":"2026-01-05T09:00:00.25Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"","fingerprint":"f"},
        {"status":"resolved","labels":{"alertname":"B"},"annotations":{},
         "startsAt":"2026-01-05T10:00:00+01:00","endsAt":"2026-01-05T09:00:01Z"}],
        "groupLabels":{"module":"m"},"commonLabels":{},"version":"4","truncatedAlerts":0}"#;

    #[tokio::test]
    async fn what_arrives_is_kept_and_failures_are_not() {
        let receiver = Receiver::start().unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let send = async |body: &'static str| {
            http.post(receiver.url()).body(body).send().await.unwrap().status().as_u16()
        };
        assert_eq!(send(BODY).await, 200);
        receiver.fail(true);
        assert_eq!(send(BODY).await, 500);
        receiver.fail(false);
        assert_eq!(send("{}").await, 400);
        assert_eq!(receiver.n_failed(), 1);
        assert!(receiver.unreadable()[0].contains("receiver"), "{:?}", receiver.unreadable());
        let [notification] = receiver.notifications().try_into().unwrap();
        assert_eq!(
            (notification.receiver.as_str(), notification.status.as_str()),
            ("critical", "firing")
        );
        assert_eq!(notification.group_labels.get("module"), Some("m"));
        assert!(1_767_603_600_000 < notification.arrived_ms);
        let [firing, resolved] = notification.alerts.try_into().unwrap();
        assert_eq!((firing.starts_at_ms, firing.ends_at_ms), (1_767_603_600_250, None));
        assert_eq!(firing.annotations["summary"], "a is down");
        assert_eq!(
            (resolved.starts_at_ms, resolved.ends_at_ms),
            (1_767_603_600_000, Some(1_767_603_601_000))
        );
        let url = receiver.url();
        drop(receiver);
        let gone = http.post(url).body(BODY).send().await;
        assert!(gone.is_err_and(|error| error.is_connect() || error.is_request()));
    }
}
