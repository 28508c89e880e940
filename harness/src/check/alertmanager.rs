//! Checks of `alertmanager.yml` against the alerts that there are, and of inhibitions by themselves.
//!
//! Warnings only: an Alertmanager may also serve rules that stand elsewhere.

use std::collections::BTreeSet;

use crate::nearest::nearest;
use crate::problem::Problem;
use crate::promcfg::alertmanager::Matcher;
use crate::promcfg::{AlertmanagerConfig, RuleFile, RuleKind};

/// The label that names an alert.
const ALERTNAME: &str = "alertname";

/// Matchers that name an alert that no rule raises, and inhibitions that compare what both sides may lack.
pub(super) fn names_and_inhibitions(
    config: &AlertmanagerConfig,
    rules: &[RuleFile],
) -> Vec<Problem> {
    let rules = rules.iter().flat_map(|file| &file.groups).flat_map(|group| &group.rules);
    let alerts = rules.filter(|rule| matches!(rule.kind, RuleKind::Alert { .. }));
    let alerts: BTreeSet<&str> = alerts.map(|alert| alert.name()).collect();
    let mut problems = Vec::new();
    let mut names = |line: Option<usize>, matchers: &[Matcher]| {
        let literals = matchers.iter().filter(|matcher| matcher.name == ALERTNAME);
        let literals = literals.flat_map(|matcher| matcher.literals().unwrap_or_default());
        for name in literals.filter(|name| !name.is_empty() && !alerts.contains(name.as_str())) {
            let problem = Problem::warning(&config.file, line, format!("no rule raises {name}"));
            problems.push(match nearest(&name, alerts.iter().copied()) {
                Some(near) => problem.remedy(format!("there is {near}")),
                None => problem,
            });
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
            let problem = Problem::warning(&config.file, rule.line, message);
            problems.push(problem.remedy(format!("demand {label}!=\"\" of one side")));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::promcfg::{alertmanager, rules};

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
            ["am.yml:4: no rule raises ModulDown (there is ModuleDown)"]
        );
        let target = "target_matchers: ['alertname!=\"Other\"', 'alertname=~\"Mod.*\"']";
        assert_eq!(problems(&format!("{{ {target} }}")), ["am.yml:4: no rule raises Other"]);
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
}
