//! What a demonstration says: addresses, differences, notifications, incidents, for people or as lines of JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sim::{engine::IncidentId, incident::Incident, label::Label, time::Nanos};

use super::keys;
use live::{control::Controlled, stack::LiveStack};
use prom::series::Labels;
use stack::{
    client::prometheus::ActiveAlert,
    receiver::{Notification, NotifiedAlert},
};

use crate::{
    cli::{backend::Chosen, running::Named},
    report::{paint::Paint, words},
};

/// How it is said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Voice {
    /// As lines of JSON.
    pub(super) json: bool,
    pub(super) paint: Paint,
}

/// Where everything is.
#[derive(Debug)]
pub(super) struct Places<'a> {
    pub(super) controlled: &'a Controlled,
    pub(super) servers: &'a LiveStack,
    pub(super) control: String,
    /// Where the servers run, and why.
    pub(super) chosen: Chosen,
    /// Prometheus and Alertmanager, by version.
    pub(super) engines: Named,
    /// The start, in words.
    pub(super) took: String,
    /// Whether keys are listened to.
    pub(super) keys: bool,
}

impl Voice {
    /// The beginning.
    pub(super) fn started(self, places: &Places<'_>) -> String {
        let Places { controlled, servers, control, chosen, engines, took, keys } = places;
        let grafana = servers.servers().grafana_url();
        let url = |address| format!("http://{address}/metrics");
        let modules = controlled.live.addresses();
        let differences = servers.differences();
        let kind = if chosen.containers.is_some() { "containers" } else { "native" };
        if self.json {
            let modules: Vec<Value> = modules
                .map(|(instance, address)| {
                    let (module, replica) = (instance.module.as_str(), instance.replica);
                    json!({ "module": module, "replica": replica, "url": url(address) })
                })
                .collect();
            return line(&json!({
                "event": "started",
                "scenario": controlled.scenario,
                "epoch": words::instant(controlled.live.clock().epoch_unix_ms()),
                "modules": modules,
                "stack": { "chosen": kind, "why": chosen.why },
                "grafana": grafana,
                "lost_wiring": servers.servers().lost(),
                "prometheus": servers.prometheus_url(),
                "alertmanager": servers.alertmanager_url(),
                "receiver": servers.receiver().url(),
                "control": control,
                "differences": differences,
            }));
        }
        let alertmanager = engines.alertmanager.as_ref().unwrap_or_else(|why| why);
        let mut text = match &grafana {
            Some(url) => format!("Grafana: {url} (admin, admin)\n"),
            None => {
                let why = chosen.grafana().err().unwrap_or("it was not started");
                format!("Grafana: not exercised: {why}\n")
            }
        };
        text.push_str(&format!("{}\n{alertmanager}\n", engines.prometheus));
        text.push_str(&format!("stack: {kind}: {}\n", chosen.why));
        for lost in servers.servers().lost() {
            text.push_str(&format!("lost wiring: {lost}\n"));
        }
        text.push_str("\nwhat differs from the monitoring directory:\n");
        for difference in differences {
            text.push_str(&format!("  {difference}\n"));
        }
        text.push('\n');
        for (instance, address) in modules {
            let name = match controlled.replicas[instance.module.index()] {
                1 => instance.module.to_string(),
                _ => format!("{} {}", instance.module, instance.replica),
            };
            text.push_str(&row(&name, &url(address)));
        }
        text.push_str(&row("Prometheus", servers.prometheus_url()));
        if let Some(url) = servers.alertmanager_url() {
            text.push_str(&row("Alertmanager", url));
        }
        text.push_str(&row("receiver", &servers.receiver().url()));
        text.push_str(&row("control API", &format!("{control}/state")));
        if *keys {
            text.push_str(&format!("\nkeys:\n{}", keys::legend()));
        }
        text.push_str(&format!("\n{took}\n"));
        text
    }

    /// The end before the beginning.
    pub(super) fn interrupted(self) -> String {
        match self.json {
            true => line(&json!({ "event": "interrupted" })),
            false => {
                "interrupted before everything had started; all servers have ended\n".to_owned()
            }
        }
    }

    /// From here on, everything in Prometheus was scraped.
    pub(super) fn live(self) -> String {
        match self.json {
            true => line(&json!({ "event": "live" })),
            false => {
                "live: Prometheus scrapes every module now; you can start incidents\n".to_owned()
            }
        }
    }

    /// A notification that says something new, a line for each alert.
    pub(super) fn notification(self, notification: &Notification) -> String {
        let alerts = notification.alerts.iter();
        alerts.map(|alert| self.notified(notification, alert)).collect()
    }

    fn notified(self, notification: &Notification, alert: &NotifiedAlert) -> String {
        if self.json {
            let labels: BTreeMap<&str, &str> = alert.labels.iter().collect();
            return line(&json!({
                "event": "notification",
                "at": words::instant(notification.arrived_ms),
                "receiver": notification.receiver,
                "status": alert.status,
                "labels": labels,
                "annotations": alert.annotations,
            }));
        }
        let status = match alert.status.as_str() {
            "firing" => self.paint.bad("FIRING  "),
            _ => self.paint.good("RESOLVED"),
        };
        let name = alert.labels.get("alertname").unwrap_or("?");
        let summary = alert.annotations.get("summary").map_or("", String::as_str);
        let labels = alert.labels.without("alertname");
        format!("{} {status} {name} {labels} {summary}\n", clock(notification.arrived_ms))
    }

    /// An incident that is about to come, has begun or is over.
    pub(super) fn incident(
        self,
        id: IncidentId,
        incident: &Incident,
        state: Phase,
        epoch_ms: i64,
    ) -> String {
        let about = incident.kind.title();
        let instant = |at: Nanos| epoch_ms.saturating_add(at.as_millis() as i64);
        let (began, ended) = (instant(incident.at), incident.ends());
        let ends = (ended != Nanos::NEVER).then(|| instant(ended));
        let word = match state {
            Phase::ToCome => "to come",
            Phase::UnderWay => "begins",
            Phase::Over => "over",
        };
        if self.json {
            return line(&json!({
                "event": "incident",
                "id": id.0,
                "about": about,
                "state": word,
                "begins": words::instant(began),
                "ends": ends.map(words::instant),
            }));
        }
        let until = ends.map(|ends| format!(" to {}", clock(ends))).unwrap_or_default();
        let at = if state == Phase::Over { ends.unwrap_or(began) } else { began };
        let word = self.paint.doubt(word);
        format!("{} {word}: {about} #{} ({}{until})\n", clock(at), id.0, clock(began))
    }

    /// Something that was asked for and cannot be.
    pub(super) fn refusal(self, why: &str) -> String {
        match self.json {
            true => line(&json!({ "event": "refused", "why": why })),
            false => format!("{why}\n"),
        }
    }

    /// A line each second, for programs.
    pub(super) fn status(
        self,
        controlled: &Controlled,
        rate: f64,
        alerts: &Alerts,
        notified: usize,
    ) -> String {
        let totals = controlled.totals();
        line(&json!({
            "event": "status",
            "seconds": controlled.live.now().as_secs_f64(),
            "requests_per_second": rate,
            "requests": totals.requests,
            "tokens": totals.tokens,
            "cost_usd": totals.cost_usd,
            "pending": alerts.pending,
            "firing": alerts.firing,
            "notifications": notified,
        }))
    }
}

/// Alerts by their state: names, each once.
#[derive(Debug, Default)]
pub(super) struct Alerts {
    pub(super) pending: BTreeSet<String>,
    pub(super) firing: BTreeSet<String>,
    /// Prometheus did not answer.
    pub(super) unknown: bool,
}

impl Alerts {
    pub(super) fn of(alerts: &[ActiveAlert]) -> Alerts {
        let in_state = |state| {
            let those = alerts.iter().filter(move |alert| alert.state == state);
            those.filter_map(|alert| alert.labels.get("alertname").map(str::to_owned)).collect()
        };
        Alerts { pending: in_state("pending"), firing: in_state("firing"), unknown: false }
    }

    /// The end of the status line.
    pub(super) fn words(&self, notified: usize) -> String {
        let names = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
        let mut text = String::new();
        if self.unknown {
            text.push_str("  Prometheus does not answer");
        }
        if !self.pending.is_empty() {
            text.push_str(&format!("  pending: {}", names(&self.pending)));
        }
        if !self.firing.is_empty() {
            text.push_str(&format!("  firing: {}", names(&self.firing)));
        }
        format!("{text}  {}", words::counted(notified, "notification"))
    }
}

/// Where an incident is in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    ToCome,
    UnderWay,
    Over,
}

impl Phase {
    pub(super) fn of(incident: &Incident, now: Nanos) -> Phase {
        match now {
            now if now < incident.at => Phase::ToCome,
            now if now < incident.ends() => Phase::UnderWay,
            _ => Phase::Over,
        }
    }
}

/// Which notifications only repeat what was told: Alertmanager does so to be sure.
#[derive(Debug, Default)]
pub(super) struct Told(BTreeMap<(String, Labels), Vec<(Labels, String)>>);

impl Told {
    /// Whether a notification says something that its group's last one did not.
    pub(super) fn is_new(&mut self, notification: &Notification) -> bool {
        let mut says: Vec<(Labels, String)> = notification
            .alerts
            .iter()
            .map(|alert| (alert.labels.clone(), alert.status.clone()))
            .collect();
        says.sort();
        let group = (notification.receiver.clone(), notification.group_labels.clone());
        self.0.insert(group, says.clone()).is_none_or(|before| before != says)
    }
}

fn row(name: &str, url: &str) -> String {
    format!("{name:<18} {url}\n")
}

fn line(document: &Value) -> String {
    format!("{document}\n")
}

/// The time of the day, in UTC.
fn clock(unix_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(unix_ms).unwrap_or_default();
    at.strftime("%H:%M:%S").to_string()
}
