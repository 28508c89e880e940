//! Checks of what scenarios expect of alerts against the alerts that there are.
//!
//! Errors: a scenario is played with the rules at hand and no others, so an expectation of an alert that none of them
//! raises can only break.

use super::alert_names;
use monitoring::RuleFile;
use prom::nearest::nearest;
use prom::problem::{Code, Problem};
use scenario::{AlertExpectation, Scenario};

/// Expectations that name an alert that no rule raises.
#[must_use]
pub fn unknown_alerts(scenarios: &[Scenario], rules: &[RuleFile]) -> Vec<Problem> {
    let alerts = alert_names(rules);
    let named = scenarios.iter().flat_map(|scenario| {
        scenario.alerts.iter().filter_map(|expectation| match expectation {
            AlertExpectation::Fires { alert, line, .. }
            | AlertExpectation::Silent { alert, line } => Some((&scenario.file, *line, alert)),
            AlertExpectation::SilentOtherwise => None,
        })
    });
    let unknown = named.filter(|(_, _, alert)| !alerts.contains(alert.as_str()));
    unknown
        .map(|(file, line, alert)| {
            let message = format!("expects something of {alert}, which no rule raises");
            let remedy = match nearest(alert, alerts.iter().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None => "correct the name, or remove the expectation".to_owned(),
            };
            Problem::new(Code::UnknownAlert, file, line, message).remedy(remedy)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use monitoring::rules;

    #[test]
    fn an_expectation_of_an_alert_that_no_rule_raises_is_an_error() {
        let text = "about: x\nduration: 1h\ntraffic: { profile: chat, rate: 1/s }\nexpect:\n  alerts:\n    \
                    - { fires: ModulDown, within: 5m }\n    - { silent: ModuleDown }\n    - { silent: Recorded }\n    \
                    - silent: everything else\n";
        let scenario = Scenario::parse(Path::new("s.yaml"), text).unwrap();
        let text = "groups: [{ name: g, rules: [{ alert: ModuleDown, expr: up }, { record: Recorded, expr: up }] }]";
        let rules = rules::parse(Path::new("r.yml"), text).unwrap();
        let found = unknown_alerts(&[scenario], &[rules]);
        assert!(found.iter().all(|p| p.severity == prom::problem::Severity::Error));
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        let expected = [
            "s.yaml:6: expects something of ModulDown, which no rule raises (did you mean ModuleDown?)",
            "s.yaml:8: expects something of Recorded, which no rule raises (correct the name, or remove the expectation)",
        ];
        assert_eq!(found, expected);
    }
}
