//! Whether the people on call were told what the rule manager's alerts say, in time, in full, and nothing else.
//!
//! Alertmanager looks at a group when its timers say so, so that at each instant a set of states is acceptable. From
//! its sources (0.25 to 0.33: dispatch/dispatch.go, notify/notify.go): a new group is notified `group_wait` after its
//! first alert starts; later news of the group at the next `group_interval`; a resolved alert is told of at the next
//! `group_interval` if it was told of while it fired; a muted alert is not told of. Pure: how notifications arrived and
//! who wrote the alerts is not known here.

mod text;

use std::collections::{BTreeMap, BTreeSet};

use monitoring::{AlertmanagerConfig, alertmanager::Route, sending::Sending};
use prom::{duration, series::Labels, words::counted};
use proof::{
    alert::{Episode, Timeline},
    verify::wiring::{Part, Wiring},
};
use text::renders;

/// From the evaluation at which an alert changes until Alertmanager has heard of it, and from Alertmanager's timer until
/// the notification is here: well below a second each; this much is granted, since machines are busy.
pub const GRACE_MS: i64 = 4_000;

/// How much a clock may be read too late, or an instant be rounded.
const EARLY_MS: i64 = 50;

/// One alert in one notification.
#[derive(Clone, Debug, PartialEq)]
pub struct Notified {
    /// When it arrived, in Unix milliseconds.
    pub arrived_ms: i64,
    /// The receiver that the notification names.
    pub receiver: String,
    /// The alert's labels.
    pub labels: Labels,
    /// Whether it is said to fire; else to have resolved.
    pub firing: bool,
    /// What people read, by name.
    pub annotations: BTreeMap<String, String>,
}

/// What there is to judge by.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// What each alert did.
    pub timelines: &'a [Timeline],
    /// Who is to be told.
    pub config: &'a AlertmanagerConfig,
    /// What arrived, in order.
    pub notified: &'a [Notified],
    /// When Prometheus started, in Unix milliseconds.
    pub began_ms: i64,
    /// When Prometheus could first reach Alertmanager, in Unix milliseconds; alerts of before are sent again then.
    /// `None` if it never could.
    pub reachable_ms: Option<i64>,
    /// What Prometheus makes of every alert on its way.
    pub sending: &'a Sending,
    /// How often Prometheus sends alerts again, in milliseconds.
    pub resend_ms: i64,
    /// Until when notifications were awaited, in Unix milliseconds.
    pub until_ms: i64,
}

/// One life of one alert on one of its routes.
struct Life<'a> {
    labels: Labels,
    timeline: &'a Timeline,
    route: &'a Route,
    firing_ms: i64,
    ended_ms: Option<i64>,
    /// Its group knows no alert before it.
    opens: bool,
    /// Whether something mutes it meanwhile.
    muted: Muted,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Muted {
    /// Nothing mutes it.
    Never,
    /// For part of its life, or just so, or by a time interval of its route: then it may be told of or not.
    Perhaps,
    /// From well before it is told of until it ends, by alerts none of which is critical.
    Quietly,
    /// Likewise, by one that is critical.
    Always,
}

impl Told<'_> {
    /// Every alert that fired long enough is told of on each of its routes that leads to somebody, when its group's
    /// timers say so, and so is its end; whatever is told is true at that moment.
    #[must_use]
    pub fn judge(&self) -> Wiring {
        let mut broken = BTreeSet::new();
        let lives = self.lives();
        if self.reachable_ms.is_none() {
            broken.insert(
                "Prometheus never found an Alertmanager: correct alerting.alertmanagers of prometheus.yml"
                    .to_owned(),
            );
        }
        for life in &lives {
            broken.extend(self.nobody(life));
            broken.extend(self.hushed(life));
            if self.config.delivering.contains(&life.route.receiver) {
                broken.extend(self.missing(life, &lives));
            }
        }
        for notified in self.notified {
            broken.extend(self.untrue(notified, &lives));
        }
        let told = |life: &&Life<'_>| {
            self.notified.iter().any(|one| one.firing && one.labels == life.labels)
        };
        let n_told = lives.iter().filter(told).count();
        let n_timed = lives.iter().filter(|life| life.route.timed).count();
        Wiring {
            part: Part::Notifications,
            compared: format!(
                "{n_told} of {} notified, {}{}",
                counted(lives.len(), "firing alert"),
                counted(self.notified.len(), "time"),
                match n_timed {
                    0 => String::new(),
                    n => format!(
                        " ({n} by routes with time intervals, which may mute them: not judged)"
                    ),
                }
            ),
            broken: broken.into_iter().collect(),
        }
    }

    fn lives(&self) -> Vec<Life<'_>> {
        let mut lives: Vec<Life<'_>> = Vec::new();
        let firings: Vec<(&Timeline, Labels, Episode)> = self
            .timelines
            .iter()
            .flat_map(|timeline| {
                let firings = timeline.firings();
                firings.filter_map(move |(labels, life)| {
                    Some((timeline, self.sending.labels(labels)?, life))
                })
            })
            .collect();
        for (timeline, labels, life) in &firings {
            let Some(firing_ms) = life.firing_ms else { continue };
            for route in self.config.routes_of(labels) {
                let muted = self.muted(labels, (firing_ms, life.ended_ms), route, &firings);
                lives.push(Life {
                    labels: labels.clone(),
                    timeline,
                    route,
                    firing_ms,
                    ended_ms: life.ended_ms,
                    opens: true,
                    muted,
                });
            }
        }
        let first: Vec<((&[usize], Labels), i64)> = lives
            .iter()
            .map(|life| {
                ((&life.route.path[..], life.route.group_key(&life.labels).labels), life.firing_ms)
            })
            .collect();
        for (nth, life) in lives.iter_mut().enumerate() {
            let before = |(key, at_ms): &((&[usize], Labels), i64)| {
                *key == first[nth].0 && *at_ms < life.firing_ms
            };
            life.opens = !first.iter().any(before);
        }
        lives
    }

    /// Whether an alert that fires from one instant to another is muted when its group is first looked at and later.
    fn muted(
        &self,
        labels: &Labels,
        (firing_ms, ended_ms): (i64, Option<i64>),
        route: &Route,
        firings: &[(&Timeline, Labels, Episode)],
    ) -> Muted {
        let told_ms = (firing_ms + route.group_wait_ms).max(self.reachable_ms.unwrap_or(i64::MAX));
        let end_ms = ended_ms.unwrap_or(self.until_ms);
        let mut muted = if route.timed { Muted::Perhaps } else { Muted::Never };
        for (_, source, other) in firings {
            let Some(from_ms) = other.firing_ms else { continue };
            let to_ms = other.ended_ms.unwrap_or(i64::MAX);
            if !self.config.inhibits(source, labels) || to_ms < firing_ms || end_ms < from_ms {
                continue;
            }
            let sure = from_ms + GRACE_MS < told_ms && end_ms + GRACE_MS < to_ms;
            let urgent = source.get("severity") == Some("critical");
            muted = muted.max(match (sure, urgent) {
                (false, _) => Muted::Perhaps,
                (true, false) => Muted::Quietly,
                (true, true) => Muted::Always,
            });
        }
        muted
    }

    /// A call for people that something mutes which calls nobody as urgently.
    fn hushed(&self, life: &Life<'_>) -> Option<String> {
        let critical = life.labels.get("severity") == Some("critical");
        (critical && life.muted == Muted::Quietly).then(|| {
            format!(
                "{} (critical) fired, but an alert that is not critical mutes it, so nobody is called: correct inhibit_rules of {}: {}",
                life.timeline.rule.name,
                name(self.config),
                life.labels
            )
        })
    }

    /// An alert that calls for somebody and whose route leads to nobody.
    fn nobody(&self, life: &Life<'_>) -> Option<String> {
        let severity = life.labels.get("severity").unwrap_or_default();
        let called = ["critical", "warning"].contains(&severity);
        (called && !self.config.delivering.contains(&life.route.receiver)).then(|| {
            format!(
                "{} ({severity}) fired, but nobody can be notified: the route in line {} of {} leads to receiver {:?}, which has no integration",
                life.timeline.rule.name,
                life.route.line.unwrap_or(0),
                name(self.config),
                life.route.receiver
            )
        })
    }

    /// How much earlier than its first sample an alert may have fired: until a rule's state is restored, in its first two
    /// evaluations, no `ALERTS` are written (`AlertingRule.Eval` in Prometheus' rules/alerting.go).
    fn lead_ms(&self, life: &Life<'_>) -> i64 {
        let interval_ms = life.timeline.rule.evaluations.interval_ms;
        let first = life.firing_ms - self.began_ms <= 3 * interval_ms;
        EARLY_MS + if first { 2 * interval_ms } else { 0 }
    }

    /// The instants between which news of an instant must arrive. A group that is already known waits for its interval.
    fn due(&self, life: &Life<'_>, news_ms: i64) -> i64 {
        let Route { group_wait_ms, group_interval_ms, .. } = *life.route;
        // Sent again at the first evaluation at which a repetition is due.
        let again_ms = self.resend_ms + life.timeline.rule.evaluations.interval_ms;
        let reachable_ms = self.reachable_ms.unwrap_or(self.until_ms);
        let heard_ms = if news_ms < reachable_ms { reachable_ms + again_ms } else { news_ms };
        let waits_ms =
            if life.opens { group_wait_ms } else { group_wait_ms.max(group_interval_ms) };
        heard_ms + waits_ms + GRACE_MS
    }

    fn missing(&self, life: &Life<'_>, lives: &[Life<'_>]) -> Vec<String> {
        let name = &life.timeline.rule.name;
        let lead_ms = self.lead_ms(life);
        let arrived = |firing: bool, from_ms: i64| {
            self.notified.iter().find(|notified| {
                notified.firing == firing
                    && notified.receiver == life.route.receiver
                    && notified.labels == life.labels
                    && from_ms - if firing { lead_ms } else { EARLY_MS } <= notified.arrived_ms
            })
        };
        let mut lines = Vec::new();
        let latest = self.due(life, life.firing_ms);
        let ends_ms = life.ended_ms.unwrap_or(i64::MAX);
        let told = arrived(true, life.firing_ms)
            .filter(|told| told.arrived_ms <= ends_ms.saturating_add(GRACE_MS));
        match told {
            None if life.muted != Muted::Never => {}
            // It may have ended before its group was looked at.
            None if ends_ms <= latest => {}
            None if self.until_ms < latest => {}
            None => lines.push(format!(
                "{name} fired, but nobody was notified within {}: {}",
                duration::format(latest - life.firing_ms),
                life.labels
            )),
            Some(told) if latest < told.arrived_ms && life.muted == Muted::Never => {
                lines.push(format!(
                    "the notification of {name} came {} after it fired, which the timings of its route do not allow: {}",
                    duration::format(told.arrived_ms - life.firing_ms),
                    life.labels
                ));
            }
            // Whoever knows the group sooner is told sooner; a group's first alert has to wait.
            Some(told) => {
                let key = life.route.group_key(&life.labels);
                let first_ms = lives
                    .iter()
                    .filter(|other| {
                        other.route.path == life.route.path
                            && other.route.group_key(&other.labels) == key
                    })
                    .map(|other| other.firing_ms)
                    .min()
                    .unwrap_or(life.firing_ms);
                if told.arrived_ms < first_ms + life.route.group_wait_ms - lead_ms {
                    lines.push(format!(
                        "the notification of {name} came before its group_wait was over: {}",
                        life.labels
                    ));
                }
            }
        }
        let tells_ends = self.config.telling_ends.contains(&life.route.receiver);
        if let (Some(ended_ms), Some(_), true) = (life.ended_ms, told, tells_ends) {
            let latest =
                ended_ms + life.route.group_interval_ms.max(life.route.group_wait_ms) + GRACE_MS;
            let again = lives.iter().any(|other| {
                other.labels == life.labels
                    && ended_ms <= other.firing_ms
                    && other.firing_ms <= latest
            });
            let told = arrived(false, ended_ms);
            match told {
                Some(told) if latest < told.arrived_ms && !again => lines.push(format!(
                    "the notification that {name} had resolved came {} too late: {}",
                    duration::format(told.arrived_ms - latest),
                    life.labels
                )),
                None if latest <= self.until_ms && !again && life.muted == Muted::Never => lines
                    .push(format!(
                        "{name} resolved, but nobody was notified within {}: {}",
                        duration::format(latest - ended_ms),
                        life.labels
                    )),
                _ => {}
            }
        }
        lines
    }

    /// What a notification says and is not so.
    fn untrue(&self, notified: &Notified, lives: &[Life<'_>]) -> Vec<String> {
        let name = notified.labels.get("alertname").unwrap_or("an alert without name");
        let own: Vec<&Life<'_>> = lives
            .iter()
            .filter(|life| {
                life.labels == notified.labels && life.route.receiver == notified.receiver
            })
            .collect();
        if own.is_empty() {
            return vec![format!(
                "receiver {:?} was notified of {name}, which never fired with these labels or is not routed there: {}",
                notified.receiver, notified.labels
            )];
        }
        let mut lines = Vec::new();
        let at_ms = notified.arrived_ms;
        let is_true = own.iter().any(|life| {
            let ends_ms = life.ended_ms.unwrap_or(i64::MAX);
            if notified.firing {
                // Alertmanager tells of an end only once it has heard of it.
                life.firing_ms - self.lead_ms(life) <= at_ms
                    && at_ms <= ends_ms.saturating_add(GRACE_MS)
            } else {
                ends_ms - EARLY_MS <= at_ms
            }
        });
        if !is_true {
            let said = if notified.firing { "firing" } else { "resolved" };
            lines.push(format!(
                "a notification says that {name} is {said} when it was not: {}",
                notified.labels
            ));
        }
        if notified.firing && own.iter().all(|life| Muted::Quietly <= life.muted) {
            lines.push(format!(
                "{name} was notified although another alert mutes it: {}",
                notified.labels
            ));
        }
        // Templates are expanded before anything happens to the labels on their way.
        let timeline = own[0].timeline;
        let raised = timeline.firings().map(|(labels, _)| labels);
        let raised: Vec<&Labels> = raised
            .filter(|labels| self.sending.labels(labels).as_ref() == Some(&notified.labels))
            .collect();
        for (annotation, template) in &timeline.rule.annotations {
            let found = notified.annotations.get(annotation).map_or("", String::as_str);
            if !raised.iter().any(|labels| renders(template, labels, found)) {
                lines.push(format!(
                    "annotation {annotation} of {name} reads {found:?}, which `{template}` does not give for {}",
                    notified.labels
                ));
            }
        }
        lines
    }
}

fn name(config: &AlertmanagerConfig) -> String {
    config.file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests;
