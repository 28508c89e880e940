//! Claims about routes, groups and inhibitions that a running Alertmanager is not needed for.

use std::path::Path;

use super::*;

const TEXT: &str = r#"
route:
  receiver: rest
  group_by: [alertname, module]
  group_wait: 10s
  routes:
    - matchers: ['severity="critical"']
      receiver: page
      continue: true
      repeat_interval: 1h
      routes:
        - { match: { module: llm-provider }, receiver: provider, group_by: ['...'] }
    - { match_re: { severity: 'critical|warning' }, receiver: chat, group_by: [] }
receivers: [{ name: rest }, { name: page }, { name: provider }, { name: chat }]
inhibit_rules:
  - source_matchers: ['alertname=~"Down|Absent"']
    target_matchers: ['module!=""']
    equal: [module]
  - { source_match: { alertname: Fast }, target_match_re: { alertname: 'Slow|Slower' } }
"#;

fn config() -> AlertmanagerConfig {
    parse(Path::new("am.yml"), TEXT).unwrap()
}

fn labels<const N: usize>(pairs: [(&str, &str); N]) -> Labels {
    pairs.into_iter().collect()
}

#[test]
fn an_alert_takes_the_first_route_and_those_after_one_that_continues() {
    let config = config();
    let of = |severity, module| {
        config.receivers_of(&labels([("severity", severity), ("module", module)])).join(",")
    };
    assert_eq!(of("critical", "llm-provider"), "provider,chat");
    assert_eq!(of("critical", "x"), "page,chat");
    assert_eq!(of("warning", "llm-provider"), "chat");
    assert_eq!(of("warnings", "x"), "rest");
}

#[test]
fn timings_and_groupings_are_inherited() {
    let config = config();
    let all = config.route.walk();
    let timings: Vec<_> = all
        .iter()
        .map(|route| (route.group_wait_ms, route.group_interval_ms, route.repeat_interval_ms))
        .collect();
    let (four_hours, hour) = (14_400_000, 3_600_000);
    assert_eq!(
        timings,
        [
            (10_000, 300_000, four_hours),
            (10_000, 300_000, hour),
            (10_000, 300_000, hour),
            (10_000, 300_000, four_hours)
        ]
    );
    let paths: Vec<_> = all.iter().map(|route| route.path.as_slice()).collect();
    assert_eq!(paths, [&[][..], &[0], &[0, 0], &[1]]);
    assert_eq!(all[1].line, Some(7));

    let alert = labels([("alertname", "A"), ("severity", "critical"), ("module", "llm-provider")]);
    let keys: Vec<_> = config.group_keys(&alert).into_iter().map(|key| key.labels).collect();
    assert_eq!(keys, [alert, Labels::default()]);
    let other = labels([("alertname", "A"), ("instance", "i"), ("severity", "none")]);
    assert_eq!(config.group_keys(&other)[0].labels, labels([("alertname", "A")]));
}

#[test]
fn a_label_that_both_sides_lack_counts_as_equal() {
    let down = labels([("alertname", "Down"), ("module", "a")]);
    let config = config();
    assert!(config.inhibits(&down, &labels([("alertname", "X"), ("module", "a")])));
    assert!(!config.inhibits(&down, &labels([("alertname", "X"), ("module", "b")])));
    assert!(!config.inhibits(&down, &labels([("alertname", "X")])), "the target needs a module");
    let fast = labels([("alertname", "Fast")]);
    assert!(config.inhibits(&fast, &labels([("alertname", "Slower"), ("provider", "p")])));
}

#[test]
fn two_alerts_that_are_both_source_and_target_do_not_mute_each_other() {
    let config = config();
    let down = labels([("alertname", "Down"), ("module", "a")]);
    let absent = labels([("alertname", "Absent"), ("module", "a")]);
    assert!(!config.inhibits(&down, &absent) && !config.inhibits(&down, &down));
}

#[test]
fn bad_files_are_reported_whole_with_file_and_line() {
    let text = r"
route:
  matchers: [a=b]
  group_interval: 0s
  routes:
    - receiver: nobody
      group_wait: soon
    - matchers: ['x']
      group_by: ['...', a]
receivers:
  - name: a
  - name: a
  - {}
inhibit_rules:
  - source_match_re: { a: '(' }
";
    let problems = parse(Path::new("am.yml"), text).unwrap_err();
    let shown: Vec<_> = problems.iter().map(ToString::to_string).collect();
    let expected = [
        "am.yml:3: the root route has matchers",
        "am.yml:3: the root route has no receiver",
        "am.yml:4: group_interval must be longer than 0",
        "am.yml:6: no receiver \"nobody\"",
        "am.yml:7: group_wait: not a duration",
        "am.yml:8: group_by has other labels",
        "am.yml:8: no matcher such as",
        "am.yml:12: second receiver with the name \"a\"",
        "am.yml:13: receiver without name",
        "am.yml:15: illegal regex",
    ];
    assert_eq!(shown.len(), expected.len(), "{shown:#?}");
    for (problem, beginning) in shown.iter().zip(expected) {
        assert!(problem.starts_with(beginning), "{problem} instead of {beginning}");
    }
    let problems = parse(Path::new("am.yml"), "receivers: []\n").unwrap_err();
    assert_eq!(problems[0].to_string(), "am.yml: there is no route");
}

#[test]
fn a_receiver_delivers_if_it_has_an_integration_of_its_own_or_by_a_merge() {
    let text = "receivers:
- &people
  name: people
  webhook_configs: [{ url: http://localhost:5001/ }]
- { <<: *people, name: others }
- name: nobody
- { name: empty, email_configs: [] }
route: { receiver: people }
";
    let config = parse(Path::new("a.yml"), text).unwrap();
    assert_eq!(config.delivering.iter().collect::<Vec<_>>(), ["others", "people"]);
    assert_eq!(config.receivers.len(), 4);
}

#[test]
fn ends_are_told_of_unless_all_integrations_are_told_not_to() {
    let text = "receivers:
- { name: page, webhook_configs: [{ url: http://a/, send_resolved: false }] }
- { name: both, webhook_configs: [{ url: http://a/, send_resolved: false }, { url: http://b/ }] }
- { name: mail, email_configs: [{ to: a@b }] }
- { name: mail-too, email_configs: [{ to: a@b, send_resolved: true }] }
route:
  receiver: page
  routes:
  - { receiver: both, active_time_intervals: [days], routes: [{ receiver: mail }] }
  - { receiver: mail-too, mute_time_intervals: [] }
time_intervals: [{ name: days }]
";
    let config = parse(Path::new("a.yml"), text).unwrap();
    assert_eq!(config.telling_ends.iter().collect::<Vec<_>>(), ["both", "mail-too"]);
    let timed: Vec<bool> = config.route.walk().iter().map(|route| route.timed).collect();
    assert_eq!(timed, [false, true, false, false]);
}
