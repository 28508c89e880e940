//! `alertmanager.yml` held against the contracts of alerts: who is told of each, how soon, how often, with which others,
//! and what mutes it.
//!
//! Routes and inhibitions are pure functions of labels, so they are asked for every alert with every kind of labels that
//! its contract lets it have, and for every pair of alerts; nothing needs to fire. Which alerts fire is not known here.

use std::collections::{BTreeMap, BTreeSet};

use super::samples::{Sample, samples};
use monitoring::{AlertmanagerConfig, sending::Sending};
use prom::{
    duration,
    problem::{Code, Problem},
};
use truth::contract::{Contracts, alert::AlertContract};

/// Severities that call nobody at night, so that what carries them must not silence what does.
const MILD: [&str; 3] = ["warning", "info", "none"];

/// What `alertmanager.yml` does otherwise than contracts say.
pub(super) fn against_contracts(
    config: &AlertmanagerConfig,
    sending: &Sending,
    contracts: &Contracts,
) -> Vec<Problem> {
    let all: Vec<Sample<'_>> = contracts
        .specified
        .iter()
        .filter(|(_, contract)| !contract.is_draft)
        .flat_map(|(name, contract)| samples(name, contract, sending))
        .collect();
    let notified = Notified { config, all };
    let mut problems = notified.told();
    problems.extend(notified.together());
    problems.extend(notified.muted());
    problems.extend(notified.never_equal());
    problems
}

struct Notified<'a> {
    config: &'a AlertmanagerConfig,
    all: Vec<Sample<'a>>,
}

/// Line, words and contract of an example.
type Example<'a> = (Option<usize>, String, &'a AlertContract);

impl Notified<'_> {
    /// One problem for each alert and each thing that is wrong with its routes.
    fn told(&self) -> Vec<Problem> {
        let mut problems = BTreeSet::new();
        for sample in &self.all {
            for (line, message) in self.wrong_routes(sample) {
                let message = format!("{}: {message}", sample.alert);
                let problem = Problem::new(Code::ToldOtherwise, &self.config.file, line, message);
                problems.insert(problem.remedy(said(sample.contract)));
            }
        }
        problems.into_iter().collect()
    }

    fn wrong_routes(&self, sample: &Sample<'_>) -> Vec<(Option<usize>, String)> {
        let (config, contract) = (self.config, sample.contract);
        let Some(sent) = &sample.sent else {
            let told = contract.told.as_deref();
            let message = "alert_relabel_configs drops it, and nobody is told";
            return told.map(|_| (None, message.to_owned())).into_iter().collect();
        };
        let mut wrong = Vec::new();
        let routes = config.routes_of(sent);
        for route in &routes {
            let receiver = &route.receiver;
            let delivers = config.delivering.contains(receiver);
            match &contract.told {
                None if delivers => {
                    wrong.push((route.line, format!("{receiver:?} is told, nobody is to be")));
                }
                None => {}
                Some(told) if receiver != told => {
                    wrong.push((route.line, format!("{receiver:?} is told instead of {told:?}")));
                }
                Some(_) => {
                    if !delivers {
                        wrong.push((route.line, format!("{receiver:?} has no integration")));
                    }
                    if contract.tells_end && delivers && !config.telling_ends.contains(receiver) {
                        let message = format!("{receiver:?} is not told of its end");
                        wrong.push((route.line, message));
                    }
                    let within =
                        contract.told_within_ms.filter(|within| route.group_wait_ms > *within);
                    if let Some(within) = within {
                        let (wait, within) =
                            (duration::format(route.group_wait_ms), duration::format(within));
                        let message = format!("it is told after {wait}, later than {within}");
                        wrong.push((route.line, message));
                    }
                    let repeated =
                        contract.repeated_ms.filter(|ms| route.repeat_interval_ms != *ms);
                    if let Some(repeated) = repeated {
                        let (does, repeated) = (
                            duration::format(route.repeat_interval_ms),
                            duration::format(repeated),
                        );
                        let message =
                            format!("it is told again after {does} instead of {repeated}");
                        wrong.push((route.line, message));
                    }
                    let other =
                        route.intervals.iter().find(|name| !contract.muted_at.contains(name));
                    if let Some(name) = other {
                        wrong.push((route.line, format!("time interval {name:?} may mute it")));
                    }
                }
            }
        }
        if routes.len() > 1 && contract.told.is_some() {
            let n = routes.len();
            wrong.push((
                routes[1].line,
                format!("it takes {n} routes, so that it is told {n} times"),
            ));
        }
        wrong
    }

    /// Alerts that share a notification and must not, and the other way round.
    fn together(&self) -> Vec<Problem> {
        let mut problems = BTreeSet::new();
        let keys: Vec<_> = self
            .all
            .iter()
            .map(|sample| sample.sent.as_ref().map(|sent| self.config.group_keys(sent)))
            .collect();
        for (nth, (one, key)) in self.all.iter().zip(&keys).enumerate() {
            let Some(apart_by) = &one.contract.apart_by else { continue };
            for (other, other_key) in self.all.iter().zip(&keys).skip(nth + 1) {
                let (Some(key), Some(other_key)) = (key, other_key) else { continue };
                let share = key.iter().any(|key| other_key.contains(key));
                let differ = apart_by.iter().find(|name| one.own.get(name) != other.own.get(name));
                let message = if one.alert != other.alert {
                    share
                        .then(|| format!("{} shares notifications with {}", one.alert, other.alert))
                } else {
                    match differ {
                        Some(label) if share => Some(format!(
                            "{}: those of another {label} share a notification",
                            one.alert
                        )),
                        None if !share => Some(format!(
                            "{}: those of the same {} do not share a notification",
                            one.alert,
                            apart_by.join(" and ")
                        )),
                        _ => None,
                    }
                };
                if let Some(message) = message {
                    let line = self.config.routes_of(one.sent.as_ref().unwrap_or(&one.own));
                    let line = line.first().and_then(|route| route.line);
                    let problem =
                        Problem::new(Code::GroupedOtherwise, &self.config.file, line, message);
                    problems.insert(
                        problem.remedy(format!("correct group_by; {}", said(one.contract))),
                    );
                }
            }
        }
        problems.into_iter().collect()
    }

    /// Alerts that mute others and must not, or must and do not.
    fn muted(&self) -> Vec<Problem> {
        // By what is muted and by what mutes: an example, and what is wrong.
        let mut found: BTreeMap<(&str, &str, &str), Example<'_>> = BTreeMap::new();
        for target in &self.all {
            let Some(muted) = &target.sent else { continue };
            for source in &self.all {
                let Some(mutes) = &source.sent else { continue };
                let rule =
                    self.config.inhibit_rules.iter().find(|rule| rule.inhibits(mutes, muted));
                let equal = target.contract.muted_by.get(source.alert);
                let wanted = equal.is_some_and(|labels| {
                    labels.iter().all(|name| source.own.get(name) == target.own.get(name))
                }) && source.alert != target.alert;
                let severity = |sample: &Sample<'_>| {
                    sample.contract.labels.get("severity").cloned().unwrap_or_default()
                };
                let upside_down =
                    MILD.contains(&severity(source).as_str()) && severity(target) == "critical";
                let (kind, message) = match (rule, wanted) {
                    (Some(_), _) if upside_down => (
                        "mild",
                        format!(
                            "{}, a {}, mutes it, which is critical",
                            source.alert,
                            severity(source)
                        ),
                    ),
                    (Some(_), false) => {
                        let alike: Vec<&str> =
                            equal.into_iter().flatten().map(String::as_str).collect();
                        let message = match alike.as_slice() {
                            [] => format!("{} mutes it", source.alert),
                            alike => format!(
                                "{} mutes it also where {} is another",
                                source.alert,
                                alike.join(" or ")
                            ),
                        };
                        ("does", message)
                    }
                    (None, true) => ("lacks", format!("{} does not mute it", source.alert)),
                    _ => continue,
                };
                let line = rule.and_then(|rule| rule.line);
                found.entry((target.alert, source.alert, kind)).or_insert((
                    line,
                    message,
                    target.contract,
                ));
            }
        }
        found
            .into_iter()
            .map(|((target, ..), (line, message, contract))| {
                let message = format!("{target}: {message}");
                let remedy = format!("correct inhibit_rules, or muted_by; {}", said(contract));
                Problem::new(Code::MutedOtherwise, &self.config.file, line, message).remedy(remedy)
            })
            .collect()
    }

    /// Labels in `equal` that no alert of one side has.
    fn never_equal(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for rule in &self.config.inhibit_rules {
            let sent = || self.all.iter().filter_map(|sample| sample.sent.as_ref());
            let matches = |matchers: &[monitoring::alertmanager::Matcher],
                           labels: &prom::series::Labels| {
                matchers
                    .iter()
                    .all(|matcher| matcher.matches(labels.get(&matcher.name).unwrap_or_default()))
            };
            for (side, matchers) in [("source", &rule.source), ("target", &rule.target)] {
                let of_side: Vec<_> = sent().filter(|labels| matches(matchers, labels)).collect();
                for label in &rule.equal {
                    if !of_side.is_empty()
                        && of_side.iter().all(|labels| labels.get(label).is_none())
                    {
                        let message =
                            format!("equal has {label}, which no alert of its {side} ever has");
                        problems
                            .push(Problem::new(Code::EqualLabelMissing, &self.config.file, rule.line, message).remedy(
                            "the rule mutes nothing, or everything: name a label that both have",
                        ));
                    }
                }
            }
        }
        problems
    }
}

fn said(contract: &AlertContract) -> String {
    let (file, line) = contract.place();
    format!("its contract is {}:{line}", file.display())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use monitoring::alertmanager;

    const CONTRACTS: &str = "
specifications:
  Down:
    when: [[{ level: answers, is: 0 }]]
    labels: { severity: critical }
    told: page
    told_within: 1m
    apart_by: [module]
  Slow:
    when: [[{ rate: [llm_provider.operations, prompt_manager.operations], by: [module], over: 5m, above: 1 }]]
    labels: { severity: warning }
    told: chat
    repeated: 12h
    apart_by: [module]
    muted_by: { Down: [module] }
";
    const CONFIG: &str = "
receivers:
- { name: page, webhook_configs: [{ url: http://a/ }] }
- { name: chat, webhook_configs: [{ url: http://b/ }] }
route:
  receiver: chat
  group_by: [alertname, module]
  repeat_interval: 12h
  routes:
  - { matchers: ['severity=\"critical\"'], receiver: page }
inhibit_rules:
- { source_matchers: ['alertname=\"Down\"'], target_matchers: ['alertname=\"Slow\"'], equal: [module] }
";

    #[track_caller]
    fn check(from: &str, to: &str, expected: &[&str]) {
        assert!(CONFIG.contains(from), "nothing to change");
        let text = CONFIG.replacen(from, to, 1);
        let config = alertmanager::parse(Path::new("am.yml"), &text).unwrap();
        let (mut contracts, mut problems) = (Contracts::default(), Vec::new());
        contracts.add(Path::new("c.yaml"), CONTRACTS, &mut problems);
        assert_eq!(problems, []);
        let found = against_contracts(&config, &Sending::default(), &contracts);
        let found: Vec<String> = found.into_iter().map(|problem| problem.message).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn who_is_told_is_held_against_contracts() {
        check("page", "page", &[]);
        let instead = "Down: \"chat\" is told instead of \"page\"";
        check("receiver: page }", "receiver: chat }", &[instead]);
        check(
            "receiver: page }",
            "receiver: page, group_wait: 5m }",
            &["Down: it is told after 5m, later than 1m"],
        );
        check(
            "repeat_interval: 12h",
            "repeat_interval: 1h",
            &["Slow: it is told again after 1h instead of 12h"],
        );
        check(
            "[{ url: http://b/ }]",
            "[{ url: http://b/, send_resolved: false }]",
            &["Slow: \"chat\" is not told of its end"],
        );
    }

    #[test]
    fn what_shares_notifications_and_what_mutes_what_is_held_against_contracts() {
        check(
            "group_by: [alertname, module]",
            "group_by: [alertname]",
            &[
                "Slow: those of another module share a notification",
                "Down: those of another module share a notification",
            ],
        );
        let else_too = "Slow: Down mutes it also where module is another";
        check(", equal: [module]", "", &[else_too]);
        let turned =
            "{ source_matchers: ['alertname=\"Slow\"'], target_matchers: ['alertname=\"Down\"']";
        check(
            "{ source_matchers: ['alertname=\"Down\"'], target_matchers: ['alertname=\"Slow\"']",
            turned,
            &["Down: Slow, a warning, mutes it, which is critical", "Slow: Down does not mute it"],
        );
        let never = "equal has team, which no alert of its source ever has";
        let of_target = "equal has team, which no alert of its target ever has";
        check("equal: [module]", "equal: [module, team]", &[never, of_target]);
    }
}
