//! Whether those are told of an alert whom a scenario names: by the routes of `alertmanager.yml`, and by what arrived.
//!
//! Routes, integrations and inhibitions are computed, on every road and in milliseconds; notifications are known where
//! somebody was notified. The receivers that a scenario names are not derived from those routes, so that a wrong route
//! is found.

use std::collections::BTreeSet;

use super::{AlertVerdict, Expected};
use monitoring::{AlertmanagerConfig, Monitoring, alertmanager::Route, sending::Sending};
use prom::series::Labels;

use crate::alert::{Episode, Timeline};

/// Who routes alerts, and with which labels they are sent.
#[derive(Clone, Debug)]
pub struct Routing<'a> {
    /// The routes, if there are any.
    pub config: Option<&'a AlertmanagerConfig>,
    /// What Prometheus makes of every alert on its way.
    pub sending: Sending,
}

impl<'a> Routing<'a> {
    /// The routes of a monitoring directory.
    #[must_use]
    pub fn of(monitoring: &'a Monitoring) -> Routing<'a> {
        Routing {
            config: monitoring.alertmanager.as_ref(),
            sending: monitoring.config.sending_as_far_as_emulated(),
        }
    }

    /// Adds to each verdict what keeps the receivers that its scenario names from being told.
    pub fn judge(&self, verdicts: &mut [AlertVerdict], timelines: &[Timeline]) {
        for verdict in verdicts {
            let wrong: Vec<String> =
                stated(verdict).flat_map(|stated| self.wrong(&stated, timelines)).collect();
            add(verdict, wrong);
        }
    }

    fn wrong(&self, stated: &Stated<'_>, timelines: &[Timeline]) -> Vec<String> {
        let told = stated.told;
        let Some(config) = self.config else {
            return vec![format!(
                "receiver {told:?} should be notified, but there is no alertmanager/alertmanager.yml"
            )];
        };
        let mut wrong = Vec::new();
        let mut muted = Vec::new();
        for (labels, life) in &stated.lives {
            let Some(sent) = self.sending.labels(labels) else {
                wrong.push(format!(
                    "is dropped by alert_relabel_configs, but receiver {told:?} should be notified: {labels}"
                ));
                continue;
            };
            let routes = config.routes_of(&sent);
            if !routes.iter().any(|route| route.receiver == told) {
                let routes: Vec<String> = routes.iter().map(|route| described(route)).collect();
                wrong.push(format!(
                    "goes to {} of {}, but receiver {told:?} should be notified: {labels}",
                    routes.join(" and to "),
                    config.file.file_name().unwrap_or_default().to_string_lossy()
                ));
            }
            muted.push(self.muted(config, (&sent, *life, stated.last_ms), timelines));
        }
        if !config.delivering.contains(told) {
            wrong.push(format!(
                "receiver {told:?} should be notified, but it has no integration and reaches nobody"
            ));
        }
        // People who are told of one life know; each may be muted for a while.
        if let Some(Some(source)) = muted.iter().find(|muted| muted.is_some())
            && muted.iter().all(Option::is_some)
        {
            wrong.push(format!(
                "receiver {told:?} should be notified, but {source} mutes it as long as it fires: correct inhibit_rules"
            ));
        }
        wrong
    }

    /// The alert that mutes another from when its group is first looked at until it ends.
    fn muted(
        &self,
        config: &AlertmanagerConfig,
        (sent, life, last_ms): (&Labels, Episode, i64),
        timelines: &[Timeline],
    ) -> Option<String> {
        let wait_ms = config.routes_of(sent).iter().map(|route| route.group_wait_ms).min()?;
        let told_ms = life.firing_ms? + wait_ms;
        let ended_ms = life.ended_ms.unwrap_or(last_ms);
        let firings = timelines.iter().flat_map(Timeline::firings);
        let mut sources = firings.filter(|(labels, other)| {
            let covers = other.firing_ms.is_some_and(|from| from <= told_ms)
                && other.ended_ms.is_none_or(|to| ended_ms <= to);
            let source = self.sending.labels(labels).filter(|_| covers);
            source.is_some_and(|source| config.inhibits(&source, sent))
        });
        sources.next().map(|(labels, _)| labels.get("alertname").unwrap_or_default().to_owned())
    }

    /// Adds to each verdict the receivers that its scenario names and that were not told, by what arrived while an
    /// alert fired: receiver and labels of each alert in each notification.
    pub fn heard(&self, verdicts: &mut [AlertVerdict], arrived: &BTreeSet<(&str, &Labels)>) {
        for verdict in verdicts {
            let wrong: Vec<String> = stated(verdict)
                .filter_map(|Stated { told, lives, .. }| {
                    let sent: BTreeSet<Labels> = lives
                        .iter()
                        .filter_map(|(labels, _)| self.sending.labels(labels))
                        .collect();
                    let of_it = arrived.iter().filter(|(_, labels)| sent.contains(*labels));
                    let heard: BTreeSet<&str> = of_it.map(|(receiver, _)| *receiver).collect();
                    let others: Vec<String> =
                        heard.iter().map(|name| format!("{name:?}")).collect();
                    let instead = match others.is_empty() {
                        true => "nobody was".to_owned(),
                        false => format!("{} was notified instead", others.join(" and ")),
                    };
                    (!lives.is_empty() && !heard.contains(told))
                        .then(|| format!("receiver {told:?} was never notified: {instead}"))
                })
                .collect();
            add(verdict, wrong);
        }
    }
}

/// One expectation that names a receiver, with the lives that it is about.
struct Stated<'a> {
    told: &'a str,
    lives: Vec<(&'a Labels, Episode)>,
    last_ms: i64,
}

fn stated(verdict: &AlertVerdict) -> impl Iterator<Item = Stated<'_>> {
    verdict.expected.iter().filter_map(|expected| {
        let Expected::Fires { labels, told: Some(told), .. } = expected else { return None };
        let has =
            |fired: &Labels| labels.iter().all(|(name, value)| fired.get(name) == Some(value));
        let lives = verdict.fired.iter().filter(|(fired, _)| has(fired));
        let lives = lives.map(|(labels, life)| (labels, *life)).collect();
        Some(Stated { told, lives, last_ms: verdict.last_ms })
    })
}

fn add(verdict: &mut AlertVerdict, wrong: Vec<String>) {
    verdict.broken.extend(wrong);
    verdict.broken.sort();
    verdict.broken.dedup();
}

fn described(route: &Route) -> String {
    format!("receiver {:?} by the route of line {}", route.receiver, route.line.unwrap_or(0))
}
