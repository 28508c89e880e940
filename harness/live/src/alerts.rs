//! What a running rule manager did with each alert, read from the `ALERTS` series that it writes.
//!
//! One sample for each evaluation at which an alert is pending or firing, with the evaluation's own timestamp. The
//! result is the same kind of timeline as on the other road; what should have happened is judged by the same code.

use std::collections::BTreeMap;

use prom::series::{Labels, Series};
use proof::alert::{AlertRule, AlertSeries, Episode, Timeline};

/// A pause of so many half intervals between evaluations ends an alert's life; a busy rule manager may miss one.
const GAP_HALVES: i64 = 5;

/// When an alert was pending (`false`) or firing (`true`), in Unix milliseconds.
type States = BTreeMap<i64, bool>;

/// The timelines of `rules`, from the samples of `ALERTS` that there were at `at_ms`.
#[must_use]
pub fn timelines(rules: &[AlertRule], alerts: &[Series], at_ms: i64) -> Vec<Timeline> {
    let mut found: BTreeMap<Labels, States> = BTreeMap::new();
    for series in alerts {
        let firing = series.labels.get("alertstate") == Some("firing");
        let labels = series.labels.without("__name__").without("alertstate");
        let states = found.entry(labels).or_default();
        states.extend(series.points.iter().map(|(at, _)| (*at, firing)));
    }
    let of = |rule: &AlertRule| {
        let mut rule = rule.clone();
        let interval_ms = rule.evaluations.interval_ms;
        let own: Vec<(&Labels, &States)> =
            found.iter().filter(|(labels, _)| raises(&rule, labels)).collect();
        let first = own.iter().filter_map(|(_, states)| states.keys().next()).min();
        if let Some(first) = first {
            rule.evaluations.first_ms = *first;
        }
        rule.evaluations.last_ms = at_ms;
        let alerts = own.into_iter().map(|(labels, states)| AlertSeries {
            labels: labels.clone(),
            values: Vec::new(),
            episodes: lives(states, interval_ms, at_ms),
        });
        Timeline { alerts: alerts.collect(), rule: rule.clone() }
    };
    rules.iter().map(of).collect()
}

/// Whether an alert with these labels is this rule's: its name, and those of its labels that are no templates.
fn raises(rule: &AlertRule, labels: &Labels) -> bool {
    labels.get("alertname") == Some(rule.name.as_str())
        && rule.labels.iter().all(|(name, value)| {
            value.contains("{{") || labels.get(name).unwrap_or_default() == value
        })
}

fn lives(states: &States, interval_ms: i64, at_ms: i64) -> Vec<Episode> {
    let gap_ms = interval_ms * GAP_HALVES / 2;
    let mut lives: Vec<(Episode, i64)> = Vec::new();
    for (&at, &firing) in states {
        let goes_on = lives.last().is_some_and(|(life, seen)| {
            at - seen <= gap_ms && (firing || life.firing_ms.is_none())
        });
        if !goes_on {
            lives.push((Episode { pending_ms: at, firing_ms: None, ended_ms: None }, at));
        }
        let (life, seen) = lives.last_mut().expect("one was just added, if there was none");
        *seen = at;
        if firing && life.firing_ms.is_none() {
            life.firing_ms = Some(at);
        }
    }
    let n = lives.len();
    let end = |(nth, (life, seen)): (usize, (Episode, i64))| {
        let lives_on = nth + 1 == n && at_ms - seen <= gap_ms;
        Episode { ended_ms: (!lives_on).then_some(seen + interval_ms), ..life }
    };
    lives.into_iter().enumerate().map(end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(samples: &[(i64, bool)]) -> States {
        samples.iter().copied().collect()
    }

    fn life(pending_ms: i64, firing_ms: Option<i64>, ended_ms: Option<i64>) -> Episode {
        Episode { pending_ms, firing_ms, ended_ms }
    }

    #[test]
    fn an_alert_lives_from_its_first_to_its_last_sample() {
        let found = lives(&states(&[(10, false), (20, true), (30, true)]), 10, 100);
        assert_eq!(found, [life(10, Some(20), Some(40))]);
        let found = lives(&states(&[(80, false), (90, true)]), 10, 100);
        assert_eq!(found, [life(80, Some(90), None)]);
    }

    #[test]
    fn a_missed_evaluation_is_no_end_but_a_return_to_pending_is() {
        let found = lives(&states(&[(10, true), (30, true), (40, false)]), 10, 200);
        assert_eq!(found, [life(10, Some(10), Some(40)), life(40, None, Some(50))]);
        let found = lives(&states(&[(10, true), (40, true)]), 10, 200);
        assert_eq!(found.len(), 2);
    }
}
