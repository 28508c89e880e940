//! What may be told when: made-up lives and notifications.

use std::path::Path;

use super::*;
use proof::alert::{AlertSeries, alert_rules};

const CONFIG: &str = "route:
  receiver: people
  group_by: [alertname]
  group_wait: 2s
  group_interval: 10s
  routes:
  - { matchers: ['alertname=\"Lost\"'], receiver: nobody }
  - { matchers: ['alertname=\"Brief\"'], receiver: brief }
  - { matchers: ['alertname=\"Nightly\"'], receiver: people, mute_time_intervals: [nights] }
receivers:
- { name: people, webhook_configs: [{ url: 'http://localhost:1/' }] }
- { name: brief, webhook_configs: [{ url: 'http://localhost:1/', send_resolved: false }] }
- name: nobody
time_intervals:
- { name: nights, time_intervals: [{ times: [{ start_time: '00:00', end_time: '06:00' }] }] }
inhibit_rules:
- { source_matchers: ['alertname=\"Cause\"'], target_matchers: ['alertname=\"Slow\"'] }
";

const RULES: &str = "groups:
- name: g
  rules:
  - { alert: Slow, expr: up, labels: { severity: warning }, annotations: { summary: '{{ $labels.module }} is slow: {{ $value | humanize }} s' } }
  - { alert: Lost, expr: up, labels: { severity: critical } }
  - { alert: Brief, expr: up, labels: { severity: warning } }
  - { alert: Nightly, expr: up, labels: { severity: warning } }
  - { alert: Cause, expr: up, labels: { severity: critical } }
";

/// Nothing is wrong.
const NONE: &[String] = &[];

fn labels(alert: &str) -> Labels {
    let critical = ["Cause", "Lost"].contains(&alert);
    let severity = if critical { "critical" } else { "warning" };
    [("alertname", alert), ("module", "m"), ("severity", severity)].into_iter().collect()
}

/// An alert that fires from one second to another.
fn timeline(alert: &str, from_s: i64, to_s: Option<i64>) -> Timeline {
    let file = monitoring::rules::parse(Path::new("r.yml"), RULES).unwrap();
    let rules = alert_rules(&[file], 1_000, (0, 100_000), |_, _, _| 0);
    let rule = rules.into_iter().find(|rule| rule.name == alert).unwrap();
    let from_ms = from_s * 1000;
    let life =
        Episode { pending_ms: from_ms, firing_ms: Some(from_ms), ended_ms: to_s.map(|s| s * 1000) };
    let series = AlertSeries { labels: labels(alert), values: Vec::new(), episodes: vec![life] };
    Timeline { rule, alerts: vec![series] }
}

fn notified(alert: &str, at_s: i64, firing: bool) -> Notified {
    let summary = ("summary".to_owned(), "m is slow: 1.5 s".to_owned());
    Notified {
        arrived_ms: at_s * 1000 + 100,
        receiver: "people".to_owned(),
        labels: labels(alert),
        firing,
        annotations: if alert == "Slow" { [summary].into() } else { BTreeMap::new() },
    }
}

fn wrong(timelines: &[Timeline], notified: &[Notified]) -> Vec<String> {
    judged(timelines, notified).broken
}

fn judged(timelines: &[Timeline], notified: &[Notified]) -> Wiring {
    let config = monitoring::alertmanager::parse(Path::new("a.yml"), CONFIG).unwrap();
    let told = Told {
        timelines,
        config: &config,
        notified,
        began_ms: -100_000,
        reachable_ms: Some(0),
        sending: &monitoring::sending::Sending::default(),
        resend_ms: 3_000,
        until_ms: 90_000,
    };
    told.judge()
}

#[track_caller]
fn says(found: &[String], words: &str) {
    assert!(found.len() == 1 && found[0].contains(words), "{found:#?}");
}

#[test]
fn who_is_told_in_time_and_of_the_end_is_well_told() {
    let slow = [timeline("Slow", 10, Some(30))];
    let told = [notified("Slow", 12, true), notified("Slow", 35, false)];
    assert_eq!(wrong(&slow, &told), NONE);
    // Nobody has to be told of what ended before its group was looked at.
    assert_eq!(wrong(&[timeline("Slow", 10, Some(11))], &[]), NONE);
}

#[test]
fn silence_lateness_and_haste_are_told_apart() {
    let slow = [timeline("Slow", 10, None)];
    says(&wrong(&slow, &[]), "nobody was notified within 6s");
    says(&wrong(&slow, &[notified("Slow", 40, true)]), "came 30s100ms after it fired");
    says(&wrong(&slow, &[notified("Slow", 11, true)]), "before its group_wait was over");
    let over = [timeline("Slow", 10, Some(30))];
    says(&wrong(&over, &[notified("Slow", 12, true)]), "resolved, but nobody was notified");
}

#[test]
fn what_is_told_must_be_so() {
    let slow = [timeline("Slow", 10, None)];
    let well = notified("Slow", 12, true);
    says(
        &wrong(&slow, &[well.clone(), notified("Slow", 40, false)]),
        "says that Slow is resolved when it was not",
    );
    says(&wrong(&slow, &[well.clone(), notified("Cause", 40, true)]), "which never fired");
    let mut odd = well;
    odd.annotations.insert("summary".to_owned(), "m is slow: <no value> s".to_owned());
    says(&wrong(&slow, &[odd]), "annotation summary of Slow");
}

#[test]
fn a_route_to_nowhere_is_told_for_what_calls_for_people() {
    says(
        &wrong(&[timeline("Lost", 10, None)], &[]),
        "leads to receiver \"nobody\", which has no integration",
    );
}

#[test]
fn a_receiver_that_wants_no_ends_need_not_be_told_of_them() {
    let told = Notified { receiver: "brief".to_owned(), ..notified("Brief", 12, true) };
    assert_eq!(wrong(&[timeline("Brief", 10, Some(30))], &[told]), NONE);
    says(&wrong(&[timeline("Brief", 10, Some(30))], &[]), "nobody was notified within 6s");
}

#[test]
fn whether_a_time_interval_mutes_is_not_judged_but_said() {
    let nightly = [timeline("Nightly", 10, Some(30))];
    for told in [Vec::new(), vec![notified("Nightly", 12, true), notified("Nightly", 35, false)]] {
        let found = judged(&nightly, &told);
        assert_eq!(found.broken, NONE);
        assert!(found.compared.contains("1 by routes with time intervals"), "{}", found.compared);
    }
    // What it says must be so all the same.
    says(
        &wrong(&nightly, &[notified("Nightly", 5, true)]),
        "says that Nightly is firing when it was not",
    );
}

#[test]
fn a_muted_alert_is_told_of_by_mistake_only() {
    let both = [timeline("Slow", 20, Some(40)), timeline("Cause", 10, None)];
    let cause = notified("Cause", 12, true);
    assert_eq!(wrong(&both, std::slice::from_ref(&cause)), NONE);
    says(&wrong(&both, &[cause, notified("Slow", 22, true)]), "although another alert mutes it");
}

#[test]
fn templates_give_their_own_words_with_labels_and_values() {
    let labels = labels("Slow");
    let template =
        "{{ $labels.module }} answers {{ $value | humanizePercentage }} of {{ $labels.module }}.";
    assert!(renders(template, &labels, "m answers 12% of m."));
    for wrong in
        ["m answers  of m", "n answers 12% of m.", "m answers 12% of n.", "m answers of m.", ""]
    {
        assert!(!renders(template, &labels, wrong), "{wrong}");
    }
    assert!(renders("plain", &labels, "plain") && !renders("plain", &labels, "plainer"));
}
