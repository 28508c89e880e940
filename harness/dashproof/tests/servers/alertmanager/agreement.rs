//! Our reading of `alertmanager.yml` against the real one, over random alerts.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use libtest_mimic::{Failed, Trial};
use monitoring::{AlertmanagerConfig, alertmanager};
use prom::series::Labels;
use sim::rng::{Rng, Stream};
use stack::alertmanager_binary::AlertmanagerBinary;
use stack::amtool;
use stack::client::alertmanager::{AlertGroup, ListedAlert, State};

use crate::alertmanager::alertmanagers::on_each_alertmanager;
use crate::alertmanager::lines::block_on;
use crate::alertmanager::running::Running;
use crate::alertmanager::shipped::{alerts, file};

/// Everything that routes and inhibitions can do and that the shipped file does not: nesting, `continue`, all four
/// operators, the older forms, grouping by all labels and by none, inhibition without `equal`.
const MANIFOLD: &str = r#"
route:
  receiver: root
  group_by: [alertname]
  routes:
    - matchers: ['module=~"a|b"', 'severity!="info"']
      receiver: one
      continue: true
      group_by: ['...']
      routes:
        - { matchers: ['{provider!~"p|q", severity=critical}'], receiver: two }
        - { match: { module: b }, receiver: three, continue: true, group_by: [module, provider] }
        - { match_re: { severity: 'warn.*|critical' }, receiver: four }
    - { matchers: ['module=""'], receiver: five, group_by: [nothing] }
    - { matchers: ['severity =~ "(crit|warn)[a-z]+"'], group_by: [severity, nothing] }
receivers: [{name: root}, {name: one}, {name: two}, {name: three}, {name: four}, {name: five}]
inhibit_rules:
  - { source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [module, provider] }
  - { source_match: { alertname: A }, target_match_re: { alertname: 'A|B' }, equal: [module] }
  - { source_matchers: ['module="c"'], target_matchers: ['module="d"', 'provider!~"p.*"'] }
"#;

const ROUTED: usize = 60;
const POSTED: usize = 80;
const SEED: u64 = 11;

pub(crate) fn trials() -> Vec<Trial> {
    [
        on_each_alertmanager("amtool_and_we_name_the_same_receivers", receivers),
        on_each_alertmanager("a_server_and_we_group_and_mute_alike", grouped_and_muted),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Both configurations, each with the names of alerts to draw from.
fn each(
    body: impl Fn(&Path, &AlertmanagerConfig, &[String]) -> Result<(), Failed>,
) -> Result<(), Failed> {
    let directory = tempfile::TempDir::new()?;
    let manifold = directory.path().join("alertmanager.yml");
    fs::write(&manifold, MANIFOLD)?;
    let names: Vec<String> = alerts().iter().map(|alert| alert.name().to_owned()).collect();
    for (file, names) in [(file(), names), (manifold, ["A", "B", "C"].map(str::to_owned).into())] {
        let config = alertmanager::parse(&file, &fs::read_to_string(&file)?).unwrap();
        body(&file, &config, &names)?;
    }
    Ok(())
}

/// Random alerts, each label absent now and then, no two alike.
fn random(names: &[String], count: usize) -> Vec<Labels> {
    const ALERTS: Stream = Stream::named("random alerts");
    let mut rng = Rng::new(SEED, ALERTS);
    let mut drawn = BTreeSet::new();
    let labels: [(&str, &[&str]); 3] = [
        ("severity", &["critical", "warning", "info", "none", "warn \"x\\,"]),
        ("module", &["a", "b", "c", "d"]),
        ("provider", &["p", "q", "pq"]),
    ];
    while drawn.len() < count {
        let name = &names[rng.below(names.len() as u64) as usize];
        let mut pairs = vec![("alertname", name.as_str())];
        for (label, values) in labels {
            let pick = rng.below(values.len() as u64 + 1) as usize;
            pairs.extend(values.get(pick).map(|value| (label, *value)));
        }
        drawn.insert(pairs.into_iter().collect::<Labels>());
    }
    drawn.into_iter().collect()
}

fn receivers(binary: &AlertmanagerBinary) -> Result<(), Failed> {
    each(|file, config, names| {
        let mut seen = BTreeSet::new();
        for labels in random(names, ROUTED) {
            let ours = config.receivers_of(&labels);
            let theirs = block_on(amtool::receivers(binary, file, &labels))?;
            assert_eq!(ours, theirs, "{labels} in {}", file.display());
            seen.extend(theirs);
        }
        // Receivers of alerts that are not drawn: the heartbeat's may be among them.
        assert!(seen.len() + 1 >= config.receivers.len(), "only {seen:?} were reached");
        Ok(())
    })
}

fn grouped_and_muted(binary: &AlertmanagerBinary) -> Result<(), Failed> {
    each(|file, config, names| {
        let alerts = random(names, POSTED);
        let muted = |labels: &Labels| alerts.iter().any(|source| config.inhibits(source, labels));
        let n_muted = alerts.iter().filter(|labels| muted(labels)).count();
        assert!((1..POSTED).contains(&n_muted), "{n_muted} of {POSTED} are muted");
        let expected = groups(config, &alerts);
        block_on(async {
            let running = Running::start(binary, file).await?;
            running.post(&alerts).await?;
            running.until_right(|listed| differences(config, &alerts, listed)).await?;
            running.until_grouped(&expected).await?;
            running.stop().await;
            Ok(())
        })
    })
}

fn differences(
    config: &AlertmanagerConfig,
    alerts: &[Labels],
    listed: &[ListedAlert],
) -> Vec<String> {
    let mut wrong = Vec::new();
    if listed.len() != alerts.len() {
        wrong.push(format!("{} alerts instead of {}", listed.len(), alerts.len()));
    }
    for alert in listed {
        let by: Vec<&Labels> =
            alerts.iter().filter(|source| config.inhibits(source, &alert.labels)).collect();
        let expected = if by.is_empty() { State::Active } else { State::Suppressed };
        let named = alert.inhibited_by.iter().map(|fingerprint| {
            listed
                .iter()
                .find(|source| source.fingerprint == *fingerprint)
                .map(|found| &found.labels)
        });
        let stranger = named.flatten().find(|source| !by.contains(source));
        if alert.state != expected || stranger.is_some() {
            wrong.push(format!(
                "{} is {:?} by {stranger:?}; ours: {by:?}",
                alert.labels, alert.state
            ));
        }
        let theirs: BTreeSet<&str> = alert.receivers.iter().map(String::as_str).collect();
        let ours: BTreeSet<&str> = config.receivers_of(&alert.labels).into_iter().collect();
        if theirs != ours {
            wrong.push(format!("{} goes to {theirs:?}; ours: {ours:?}", alert.labels));
        }
    }
    wrong
}

/// The groups that alerts fall into, as the API lists them.
fn groups(config: &AlertmanagerConfig, alerts: &[Labels]) -> Vec<AlertGroup> {
    let mut keyed = std::collections::BTreeMap::new();
    for labels in alerts {
        for (route, key) in config.routes_of(labels).iter().zip(config.group_keys(labels)) {
            let group: &mut AlertGroup = keyed.entry(key.clone()).or_insert_with(|| AlertGroup {
                receiver: route.receiver.clone(),
                labels: key.labels,
                alerts: Vec::new(),
            });
            group.alerts.push(labels.clone());
        }
    }
    let mut groups: Vec<AlertGroup> = keyed.into_values().collect();
    groups.iter_mut().for_each(|group| group.alerts.sort());
    groups.sort();
    groups
}
