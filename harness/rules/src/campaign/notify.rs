//! How many notifications the people on call get for the alerts that fire, after grouping and inhibition.
//!
//! A small model of Alertmanager's dispatcher: a group is first notified of `group_wait` after its first alert, then
//! looked at every `group_interval`; an alert that is muted when its group is looked at waits for the next time.
//! Repetitions and news of resolved alerts are not counted. Without a configuration, each alert is one.

use std::collections::{BTreeMap, BTreeSet};

use monitoring::{AlertmanagerConfig, alertmanager::GroupKey};
use prom::series::Labels;

/// An alert that fired.
#[derive(Clone, Debug, PartialEq)]
pub struct Fired {
    /// Its labels.
    pub labels: Labels,
    /// Firing from here, in Unix milliseconds.
    pub firing_ms: i64,
    /// Until here.
    pub ended_ms: i64,
}

/// The notifications of alerts that fired.
#[must_use]
pub fn notifications(fired: &[Fired], config: Option<&AlertmanagerConfig>) -> usize {
    let Some(config) = config else { return fired.len() };
    let mut groups: BTreeMap<GroupKey, (i64, i64, Vec<&Fired>)> = BTreeMap::new();
    for alert in fired {
        for route in config.routes_of(&alert.labels) {
            let group = groups.entry(route.group_key(&alert.labels)).or_insert_with(|| {
                (route.group_wait_ms, route.group_interval_ms.max(1), Vec::new())
            });
            group.2.push(alert);
        }
    }
    let muted = |alert: &Fired, at: i64| {
        fired.iter().any(|source| {
            source.firing_ms <= at
                && at < source.ended_ms
                && config.inhibits(&source.labels, &alert.labels)
        })
    };
    let told = groups.values().map(|(wait_ms, interval_ms, alerts)| {
        let first_ms = alerts.iter().map(|alert| alert.firing_ms).min().unwrap_or(0) + wait_ms;
        let looks: BTreeSet<i64> = alerts
            .iter()
            .filter_map(|alert| {
                // The first look from which on it can be told of.
                let late = (alert.firing_ms - first_ms).max(0);
                let mut at = first_ms + (late + interval_ms - 1) / interval_ms * interval_ms;
                while at < alert.ended_ms && muted(alert, at) {
                    at += interval_ms;
                }
                (at < alert.ended_ms).then_some(at)
            })
            .collect();
        looks.len()
    });
    told.sum()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const CONFIG: &str = "route:
  receiver: people
  group_by: [module]
  group_wait: 30s
  group_interval: 5m
receivers: [{ name: people }]
inhibit_rules:
- source_matchers: ['alertname=Down']
  target_matchers: ['alertname=Slow']
  equal: [module]
";

    fn fired(name: &str, module: &str, from_s: i64, to_s: i64) -> Fired {
        Fired {
            labels: [("alertname", name), ("module", module)].into_iter().collect(),
            firing_ms: from_s * 1000,
            ended_ms: to_s * 1000,
        }
    }

    fn told(alerts: &[Fired]) -> usize {
        let config = monitoring::alertmanager::parse(Path::new("a.yml"), CONFIG).unwrap();
        notifications(alerts, Some(&config))
    }

    #[test]
    fn alerts_of_a_group_are_told_together() {
        let (one, two) = (fired("A", "m", 0, 900), fired("B", "m", 20, 900));
        assert_eq!(told(&[one.clone(), two]), 1);
        assert_eq!(told(&[one.clone(), fired("B", "n", 20, 900)]), 2);
        // Too late for the first notification, in time for the next.
        assert_eq!(told(&[one.clone(), fired("B", "m", 60, 900)]), 2);
        // Over before anyone is told.
        assert_eq!(told(&[fired("A", "m", 0, 20)]), 0);
        assert_eq!(notifications(&[one.clone(), one], None), 2);
    }

    #[test]
    fn a_muted_alert_is_told_once_it_is_not_muted_any_more() {
        let down = fired("Down", "m", 0, 900);
        assert_eq!(told(&[down.clone(), fired("Slow", "m", 100, 800)]), 1);
        assert_eq!(told(&[down.clone(), fired("Slow", "m", 100, 2_000)]), 2);
        assert_eq!(told(&[down, fired("Slow", "n", 100, 800)]), 2);
    }
}
