//! Expectations against timelines made by hand.

use std::path::Path;

use super::*;
use prom::evaluations::Evaluations;

use crate::alert::{AlertSeries, Timing, episodes};

const MINUTE: i64 = 60_000;

/// Goes wrong from minute 10 to minute 20 of an hour.
fn scenario(alerts: &str) -> Scenario {
    let text = format!(
        "about: A story.\nduration: 1h\ntraffic: {{ profile: chat, rate: 5/s }}\ntimeline:\n  \
         - {{ at: 10m, for: 10m, traffic_stop: }}\nexpect:\n  alerts:\n{alerts}"
    );
    Scenario::parse(Path::new("story.yaml"), &text).unwrap()
}

fn timeline(name: &str, module: &str, active: std::ops::Range<i64>) -> Timeline {
    let epoch_ms = scenario("    - silent: X").epoch.as_millisecond();
    let evaluations =
        Evaluations { first_ms: epoch_ms, last_ms: epoch_ms + 60 * MINUTE, interval_ms: MINUTE };
    let rule = AlertRule {
        name: name.to_owned(),
        expr: "x > 1".to_owned(),
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        timing: Timing { for_ms: 2 * MINUTE, keep_firing_for_ms: 0 },
        evaluations,
        group: "g".to_owned(),
        file: "alerts.yml".into(),
        line: Some(3),
    };
    let values: Vec<(i64, f64)> = active.map(|nth| (epoch_ms + nth * MINUTE, 2.0)).collect();
    let episodes = episodes(values.iter().map(|(at, _)| *at), evaluations, rule.timing);
    let labels = [("alertname", name), ("module", module)].into_iter().collect();
    Timeline { rule, alerts: vec![AlertSeries { labels, values, episodes }] }
}

fn broken(alerts: &str, timelines: &[Timeline]) -> Vec<String> {
    let verdicts = judge(&scenario(alerts), timelines, &BTreeMap::new());
    verdicts
        .into_iter()
        .flat_map(|v| v.broken.into_iter().map(move |b| format!("{}: {b}", v.alert)))
        .collect()
}

#[test]
fn an_alert_that_fires_in_time_with_its_labels_and_resolves_holds() {
    let alerts = "    - { fires: A, within: 5m, labels: { module: m }, resolves: 2m }\n    - silent: everything else\n";
    assert!(broken(alerts, &[timeline("A", "m", 11..20), timeline("B", "m", 5..6)]).is_empty());
}

#[test]
fn each_way_to_miss_an_expectation_is_told() {
    let fires = "    - { fires: A, within: 5m, labels: { module: m }, resolves: 2m }\n";
    let lives = |active| broken(fires, &[timeline("A", "m", active)]);
    assert_eq!(lives(30..31), ["A: did not fire with module=m"]);
    assert_eq!(lives(14..20), ["A: fired 1m too late with module=m"]);
    let early = lives(5..22);
    assert!(
        early[0].starts_with("A: did not fire") && early[1].contains("fired 3m before anything"),
        "{early:?}"
    );
    let late = lives(11..25);
    assert!(late[0].contains("resolved 3m too late"), "{late:?}");
    let never = lives(11..61);
    assert!(never[0].contains("still fires at the end"), "{never:?}");
    let other = broken(fires, &[timeline("A", "other", 11..20)]);
    assert_eq!(other, ["A: did not fire with module=m"]);
    let any = broken("    - { fires: A }\n", &[timeline("A", "m", 30..31)]);
    assert_eq!(any, ["A: did not fire"]);
}

#[test]
fn of_an_alert_expected_with_several_labels_each_that_is_missing_is_told() {
    let fires = |module| format!("    - {{ fires: A, labels: {{ module: {module} }} }}\n");
    let found = broken(&["k", "l", "m"].map(fires).concat(), &[timeline("A", "l", 11..20)]);
    assert_eq!(found, ["A: did not fire with module=k", "A: did not fire with module=m"]);
}

#[test]
fn silence_is_broken_by_firing_and_not_by_being_pending() {
    let silent = "    - silent: A\n";
    assert!(broken(silent, &[timeline("A", "m", 11..13)]).is_empty());
    assert_eq!(broken(silent, &[timeline("A", "m", 11..14)]).len(), 1);
}

#[test]
fn what_else_fires_is_told_also_of_an_alert_that_was_expected_with_other_labels() {
    let alerts = "    - { fires: A, labels: { module: m } }\n    - silent: everything else\n";
    let mut both = timeline("A", "m", 11..20);
    both.alerts.extend(timeline("A", "other", 11..20).alerts);
    let found = broken(alerts, &[both, timeline("B", "m", 11..20)]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].starts_with("A: fired, and was not expected to") && found[0].contains("other")
    );
    assert!(found[1].starts_with("B: fired"));
}

#[test]
fn a_name_that_no_rule_has_is_told() {
    let found = broken("    - silent: Nonesuch\n", &[]);
    assert_eq!(found, ["Nonesuch: no rule raises it: correct the name in the scenario"]);
}

#[test]
fn a_watchdog_must_fire_at_every_evaluation() {
    let judged = |active| {
        let mut timeline = timeline("W", "m", active);
        timeline.rule.timing = Timing::default();
        let series = &mut timeline.alerts[0];
        let active = series.values.iter().map(|(at, _)| *at);
        series.episodes = episodes(active, timeline.rule.evaluations, Timing::default());
        let classes = BTreeMap::from([("W".to_owned(), AlertClass::Always)]);
        judge(&scenario("    - silent: everything else\n"), &[timeline], &classes)[0].held()
    };
    assert!(judged(0..61));
    assert!(!judged(1..61) && !judged(0..60));
}

/// What a scenario that says who is told makes of two alerts, one of which mutes the other, by these routes.
fn told(routes: &str, arrived: &[(&str, &str)]) -> Vec<String> {
    let people = "webhook_configs: [{ url: 'http://localhost:1/' }] }";
    told_by(
        &format!(
            "receivers:\n- {{ name: critical, {people}\n- {{ name: warning, {people}\n- {{ name: quiet }}\n{routes}"
        ),
        arrived,
    )
}

fn told_by(config: &str, arrived: &[(&str, &str)]) -> Vec<String> {
    let told = "    - { fires: A, labels: { module: m }, told: critical }\n    - { fires: B, told: warning }\n";
    let timelines = [timeline("A", "m", 11..20), timeline("B", "m", 11..20)];
    let config = monitoring::alertmanager::parse(Path::new("etc/am.yml"), config).unwrap();
    let external_labels = BTreeMap::from([("site".to_owned(), "x".to_owned())]);
    let sending = monitoring::sending::Sending::new(&external_labels, &[]).unwrap();
    let routing = told::Routing { config: Some(&config), sending };
    let mut verdicts = judge(&scenario(told), &timelines, &BTreeMap::new());
    routing.judge(&mut verdicts, &timelines);
    let of = |alert: &str| {
        [("alertname", alert), ("module", "m"), ("site", "x")].into_iter().collect::<Labels>()
    };
    let arrived: Vec<(&str, Labels)> =
        arrived.iter().map(|(receiver, alert)| (*receiver, of(alert))).collect();
    if !arrived.is_empty() {
        let arrived = arrived.iter().map(|(receiver, labels)| (*receiver, labels)).collect();
        routing.heard(&mut verdicts, &arrived);
    }
    let lines = |v: AlertVerdict| v.broken.into_iter().map(move |b| format!("{}: {b}", v.alert));
    verdicts.into_iter().flat_map(lines).collect()
}

/// A reaches `critical` by a label that is added on the way, B reaches `warning`.
const ROUTES: &str = "route:\n  receiver: warning\n  routes:\n  - { matchers: ['alertname=\"A\"', 'site=\"x\"'], receiver: critical }\n";

#[test]
fn whom_a_scenario_names_is_reached_by_the_routes() {
    assert_eq!(told(ROUTES, &[]), [""; 0]);
    let swapped = ROUTES.replace("critical", "?").replace("warning", "critical");
    let expected = [
        "A: goes to receiver \"warning\" by the route of line 8 of am.yml, but receiver \"critical\" should be notified: {alertname=\"A\",module=\"m\"}",
        "B: goes to receiver \"critical\" by the route of line 6 of am.yml, but receiver \"warning\" should be notified: {alertname=\"B\",module=\"m\"}",
    ];
    assert_eq!(told(&swapped.replace('?', "warning"), &[]), expected);
    let on = "continue: true, receiver: quiet }\n  - { matchers: ['alertname=\"A\"'], receiver: critical }\n";
    assert_eq!(told(&ROUTES.replace("receiver: critical }\n", on), &[]), [""; 0]);
}

#[test]
fn who_is_muted_or_delivers_nowhere_is_not_told() {
    let muting = |source: &str| {
        format!(
            "{ROUTES}inhibit_rules:\n- {{ source_matchers: ['alertname=\"{source}\"'], target_matchers: ['alertname=\"A\"'] }}\n"
        )
    };
    let muted = "A: receiver \"critical\" should be notified, but B mutes it as long as it fires: correct inhibit_rules";
    assert_eq!(told(&muting("B"), &[]), [muted]);
    assert_eq!(told(&muting("Other"), &[]), [""; 0]);
    let nowhere = format!("receivers: [{{ name: critical }}, {{ name: warning }}]\n{ROUTES}");
    let expected = ["A", "B"].map(|alert| {
        let receiver = if alert == "A" { "critical" } else { "warning" };
        format!("{alert}: receiver {receiver:?} should be notified, but it has no integration and reaches nobody")
    });
    assert_eq!(told_by(&nowhere, &[]), expected);
}

#[test]
fn who_is_not_notified_is_not_told() {
    assert_eq!(told(ROUTES, &[("critical", "A"), ("warning", "B"), ("warning", "A")]), [""; 0]);
    let expected = [
        "A: receiver \"critical\" was never notified: \"warning\" was notified instead",
        "B: receiver \"warning\" was never notified: nobody was",
    ];
    assert_eq!(told(ROUTES, &[("warning", "A")]), expected);
}
