//! Alertmanager's routes by themselves: equalities that look like patterns, receivers that nobody reaches.

use std::collections::BTreeSet;

use monitoring::AlertmanagerConfig;
use monitoring::alertmanager::{Matcher, Route};
use prom::problem::{Code, Problem};

/// Matchers that compare with a pattern by `=`, and receivers that no route names.
pub(super) fn by_themselves(config: &AlertmanagerConfig) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut patterns = |line: Option<usize>, matchers: &[Matcher]| {
        for (label, value) in matchers.iter().filter_map(Matcher::equality) {
            if value == "*" || value.contains('|') || value.contains(".*") || value.contains(".+") {
                let message = format!(
                    "{label}={value:?} compares with the text {value:?}, not with a pattern: it matches no alert"
                );
                let meant = if value == "*" { ".+" } else { value };
                problems.push(
                    Problem::new(Code::PatternAsText, &config.file, line, message)
                        .remedy(format!("write {label}=~{meant:?}")),
                );
            }
        }
    };
    for route in config.route.walk() {
        patterns(route.line, &route.matchers);
    }
    for rule in &config.inhibit_rules {
        patterns(rule.line, &rule.source);
        patterns(rule.line, &rule.target);
    }
    let mut reached = BTreeSet::new();
    reach(&config.route, &mut reached);
    for receiver in config.receivers.iter().filter(|receiver| !reached.contains(receiver.as_str()))
    {
        let message = format!("no route leads to the receiver {receiver:?}");
        problems.push(
            Problem::new(Code::UnreachedReceiver, &config.file, None, message)
                .remedy("name it in a route, or remove it"),
        );
    }
    problems
}

fn reach<'a>(route: &'a Route, reached: &mut BTreeSet<&'a str>) {
    reached.insert(&route.receiver);
    for below in &route.routes {
        reach(below, reached);
    }
}
