//! Checks of `alertmanager.yml` against the alerts that there are and the receivers that scenarios name, and of
//! inhibitions by themselves.
//!
//! A name that no rule raises is a warning, also where one of ours is near: Alertmanagers are shared, rules that stand
//! elsewhere raise alerts of their own, such as `TargetDown` beside our `TargetsDown`, and a file that is right for all
//! of them must not be refused. The nearest name is told, so that a slip is seen.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::alert_names;
use monitoring::alertmanager::Matcher;
use monitoring::sending::Sending;
use monitoring::{AlertmanagerConfig, Rule, RuleFile, RuleGroup, RuleKind};
use prom::nearest::nearest;
use prom::problem::{Code, Problem};
use prom::series::Labels;
use scenario::{AlertExpectation, NamedReceiver, Scenario};

/// The label that names an alert.
const ALERTNAME: &str = "alertname";

/// The label that says how much an alert matters.
const SEVERITY: &str = "severity";

/// Matchers that name an alert that no rule raises, and inhibitions that compare what both sides may lack.
pub(super) fn names_and_inhibitions(
    config: &AlertmanagerConfig,
    rules: &[RuleFile],
) -> Vec<Problem> {
    let alerts = alert_names(rules);
    let mut problems = Vec::new();
    let mut names = |line: Option<usize>, matchers: &[Matcher]| {
        let literals = matchers.iter().filter(|matcher| matcher.name == ALERTNAME);
        let literals = literals.flat_map(|matcher| matcher.literals().unwrap_or_default());
        for name in literals.filter(|name| !name.is_empty() && !alerts.contains(name.as_str())) {
            let problem = Problem::new(
                Code::UnraisedAlert,
                &config.file,
                line,
                format!("no rule raises {name}"),
            );
            problems.push(problem.remedy(match nearest(&name, alerts.iter().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None => "correct the name, unless another Prometheus raises the alert".to_owned(),
            }));
        }
    };
    for route in config.route.walk() {
        names(route.line, &route.matchers);
    }
    for rule in &config.inhibit_rules {
        names(rule.line, &rule.source);
        names(rule.line, &rule.target);
    }
    for rule in &config.inhibit_rules {
        let demanded = |label: &str| {
            let mut both = rule.source.iter().chain(&rule.target);
            both.any(|matcher| matcher.name == label && !matcher.matches(""))
        };
        for label in rule.equal.iter().filter(|label| !demanded(label)) {
            let message = format!("alerts that both lack {label} count as equal in it");
            let problem =
                Problem::new(Code::InhibitionWithoutLabel, &config.file, rule.line, message);
            problems.push(problem.remedy(format!("demand {label}!=\"\" of one side")));
        }
    }
    problems
}

/// Alerts that no route but the outermost takes by a slip: a severity that is nearly one that a route takes, or none at
/// all where others have one. That the outermost route takes what is left may be meant.
pub(super) fn unrouted(
    config: &AlertmanagerConfig,
    sending: &Sending,
    rules: &[RuleFile],
) -> Vec<Problem> {
    let groups =
        rules.iter().flat_map(|file| file.groups.iter().map(move |group| (&file.file, group)));
    let alerts = groups.flat_map(|(file, group)| {
        let alerts = group.rules.iter().filter(|rule| matches!(rule.kind, RuleKind::Alert { .. }));
        alerts.map(move |rule| (file, rule, own_labels(group, rule)))
    });
    let falls_through = |labels: &Labels| {
        // Who drops an alert means it.
        let Some(labels) = sending.labels(labels) else { return false };
        config.routes_of(&labels).iter().all(|route| **route == config.route)
    };
    let (lost, routed): (Vec<_>, Vec<_>) = alerts.partition(|(_, _, labels)| falls_through(labels));
    if routed.is_empty() {
        return Vec::new();
    }
    let on_severity = config.route.walk().into_iter().flat_map(|route| &route.matchers);
    let on_severity = on_severity.filter(|matcher| matcher.name == SEVERITY);
    let taken: Vec<String> =
        on_severity.flat_map(|matcher| matcher.literals().unwrap_or_default()).collect();
    let problem = |(file, rule, labels): (&PathBuf, &Rule, Labels)| {
        let message = format!(
            "alert {:?} matches no route and goes to the default receiver {:?}",
            rule.name(),
            config.route.receiver
        );
        let Some(severity) = labels.get(SEVERITY) else {
            let problem = Problem::new(Code::AlertWithoutSeverity, file, rule.line, message);
            return (!taken.is_empty()).then(|| problem.remedy("give it a severity"));
        };
        let is_near = |taken: &String| {
            taken.starts_with(severity)
                || severity.starts_with(taken.as_str())
                || nearest(severity, [taken.as_str()]).is_some()
        };
        let is_slip = !severity.is_empty() && taken.iter().any(is_near);
        let remedy = format!("no route in {} takes severity {severity:?}", config.file.display());
        is_slip.then(|| Problem::new(Code::UnroutedAlert, file, rule.line, message).remedy(remedy))
    };
    lost.into_iter().filter_map(problem).collect()
}

/// The labels that a rule and its group give an alert.
fn own_labels(group: &RuleGroup, rule: &Rule) -> Labels {
    let own = group
        .labels
        .iter()
        .chain(&rule.labels)
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let own: BTreeMap<&str, &str> = own.chain([(ALERTNAME, rule.name())]).collect();
    own.into_iter().collect()
}

/// Receivers that no route names: whoever is there hears nothing.
pub(super) fn unused_receivers(config: &AlertmanagerConfig) -> Vec<Problem> {
    let named: Vec<&str> =
        config.route.walk().into_iter().map(|route| route.receiver.as_str()).collect();
    let unused = config.receivers.iter().filter(|name| !named.contains(&name.as_str()));
    let problem = |name: &String| {
        let message = format!("no route names receiver {name:?}");
        Problem::new(Code::UnusedReceiver, &config.file, None, message)
            .remedy("route alerts to it, or remove it")
    };
    unused.map(problem).collect()
}

/// Receivers that scenarios say are told, and that there are not.
pub(super) fn told(config: &AlertmanagerConfig, scenarios: &[Scenario]) -> Vec<Problem> {
    let known = || config.receivers.iter().map(String::as_str);
    let unknown = |scenario: &Scenario, told: &NamedReceiver| {
        let config = config.file.display();
        let message = format!("told: no receiver {:?} in {config}", told.name);
        let remedy = match nearest(&told.name, known()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("there are {}", known().collect::<Vec<_>>().join(", ")),
        };
        Problem::new(Code::UnknownReceiver, &scenario.file, told.line, message).remedy(remedy)
    };
    let of = |scenario: &Scenario| {
        let told = scenario.alerts.iter().filter_map(|expectation| match expectation {
            AlertExpectation::Fires { told, .. } => told.as_ref(),
            _ => None,
        });
        let lost = told.filter(|told| !config.receivers.contains(&told.name));
        lost.map(|told| unknown(scenario, told)).collect::<Vec<_>>()
    };
    scenarios.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use monitoring::{alertmanager, rules};

    fn problems(matchers: &str) -> Vec<String> {
        let text = format!(
            "route: {{ receiver: r }}\nreceivers: [{{ name: r }}]\ninhibit_rules:\n- {matchers}\n"
        );
        let config = alertmanager::parse(Path::new("am.yml"), &text).unwrap();
        let text = "groups: [{ name: g, rules: [{ alert: ModuleDown, expr: up }] }]";
        let rules = rules::parse(Path::new("r.yml"), text).unwrap();
        let found = names_and_inhibitions(&config, &[rules]);
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_alert_that_no_rule_raises_is_named() {
        let source = "source_matchers: ['alertname=~\"ModuleDown|ModulDown\"']";
        assert_eq!(
            problems(&format!("{{ {source} }}")),
            ["am.yml:4: no rule raises ModulDown (did you mean ModuleDown?)"]
        );
        let target = "target_matchers: ['alertname!=\"Other\"', 'alertname=~\"Mod.*\"']";
        let foreign = "am.yml:4: no rule raises Other (correct the name, unless another Prometheus raises the alert)";
        assert_eq!(problems(&format!("{{ {target} }}")), [foreign]);
    }

    #[test]
    fn a_label_that_both_sides_may_lack_is_named() {
        let lacked = "am.yml:4: alerts that both lack module count as equal in it (demand module!=\"\" of one side)";
        let source =
            |matcher: &str| format!("{{ source_matchers: ['{matcher}'], equal: [module] }}");
        assert_eq!(problems(&source("a=\"b\"")), [lacked]);
        assert_eq!(problems(&source("module=~\".*\"")), [lacked]);
        for demanding in ["module!=\"\"", "module=\"m\"", "module=~\"a|b\""] {
            assert_eq!(problems(&source(demanding)), [""; 0], "{demanding}");
        }
    }

    #[test]
    fn a_receiver_that_is_to_be_told_and_is_none_is_named_with_the_nearest() {
        let text =
            "route: { receiver: critical }\nreceivers: [{ name: critical }, { name: warning }]\n";
        let config = alertmanager::parse(Path::new("am.yml"), text).unwrap();
        let story = |told: &str| {
            let text = format!(
                "about: A story.\nduration: 2h\ntraffic: {{ profile: chat, rate: 5/s }}\nexpect:\n  alerts:\n  - fires: A\n    told: {told}\n"
            );
            let scenario = Scenario::parse(Path::new("s.yaml"), &text).unwrap();
            let found = super::told(&config, &[scenario]);
            found.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(story("warning"), [""; 0]);
        let near = "s.yaml:7: told: no receiver \"critcal\" in am.yml (did you mean critical?)";
        assert_eq!(story("critcal"), [near]);
        let far = "s.yaml:7: told: no receiver \"pager\" in am.yml (there are critical, warning)";
        assert_eq!(story("pager"), [far]);
    }

    #[test]
    fn an_alert_whose_severity_is_nearly_one_that_a_route_takes_is_an_error() {
        let text = "route:\n  receiver: rest\n  routes:\n  - { matchers: ['severity=\"critical\"'], receiver: r }\n\
                    receivers: [{ name: r }, { name: rest }]\n";
        let config = alertmanager::parse(Path::new("am.yml"), text).unwrap();
        let text = "groups:\n- name: g\n  rules:\n  - { alert: A, expr: up, labels: { severity: critical } }\n  \
                    - { alert: B, expr: up, labels: { severity: crit } }\n  - { alert: C, expr: up }\n  \
                    - { alert: D, expr: up, labels: { severity: info } }\n- name: h\n  labels: { severity: critical }\n  \
                    rules: [{ alert: E, expr: up }]\n";
        let rules = rules::parse(Path::new("r.yml"), text).unwrap();
        let found = unrouted(&config, &Sending::default(), &[rules]);
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        let expected = [
            "r.yml:5: alert \"B\" matches no route and goes to the default receiver \"rest\" (no route in am.yml takes severity \"crit\")",
            "r.yml:6: alert \"C\" matches no route and goes to the default receiver \"rest\" (give it a severity)",
        ];
        assert_eq!(found, expected);
    }
}
