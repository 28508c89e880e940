//! Settings that change what Prometheus stores or how it evaluates rules, and that the simulation does not emulate.
//!
//! Read off the parsed files. What follows for whoever is concerned, unproven or not judged, is not known here.

use monitoring::{Job, PrometheusConfig, RuleGroup};
use prom::{
    promql::{self, SelectorUse},
    version::Line,
};
use scrape::Intake;

/// What of a scrape job is not emulated, and what to do.
#[must_use]
pub fn of_job(job: &Job) -> Option<String> {
    let what = Intake::of(job, Line::V3).err()?;
    Some(format!("{what} is not emulated in virtual time: drop or rename at the source instead"))
}

/// What happens to alerts on their way and is not emulated, and what to do.
#[must_use]
pub(crate) fn of_alerts(config: &PrometheusConfig) -> Option<String> {
    let what = config.sending().err()?;
    Some(format!("{what} is not emulated: set the labels in the rules, or in external_labels"))
}

/// What of a rule group is not emulated, and what to do.
#[must_use]
pub fn of_group(group: &RuleGroup, config: &PrometheusConfig) -> Vec<&'static str> {
    let mut found = Vec::new();
    if group.limit > 0 {
        found.push("the group's `limit` is not emulated in virtual time: remove it");
    }
    match group.query_offset_ms {
        Some(1..) => {
            found.push("the group's `query_offset` is not emulated in virtual time: remove it");
        }
        None if 0 < config.rule_query_offset_ms => found.push(
            "the global `rule_query_offset` is not emulated in virtual time: give the group `query_offset: 0s`",
        ),
        _ => {}
    }
    if !group.labels.is_empty() {
        found.push(
            "the group's `labels` are not emulated in virtual time: give them to each of its rules",
        );
    }
    found
}

/// What of a rule's expression is not emulated, and what to do.
#[must_use]
pub fn of_rule(expr: &str) -> Option<String> {
    let selectors = promql::selectors(expr).ok()?;
    let what = selectors.iter().find_map(SelectorUse::unlike_a_rule)?;
    Some(format!("{what} in a rule is not emulated in virtual time: remove it"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use monitoring::{config, rules};

    fn found(group: &str, global: &str) -> Vec<&'static str> {
        let text = format!("groups:\n- {{ name: g, rules: [], {group} }}\n");
        let rules = rules::parse(Path::new("r.yml"), &text).unwrap();
        let config = config::parse(Path::new("p.yml"), &format!("global: {{ {global} }}\n"));
        of_group(&rules.groups[0], &config.unwrap())
    }

    #[test]
    fn settings_of_groups_are_named_and_those_that_change_nothing_are_not() {
        for (group, global, setting) in [
            ("limit: 1", "", "`limit`"),
            ("query_offset: 1m", "", "the group's `query_offset`"),
            ("interval: 1m", "rule_query_offset: 1m", "`rule_query_offset`"),
            ("labels: { team: a }", "", "`labels`"),
        ] {
            let [reason] = found(group, global)[..] else { panic!("{group}: one reason") };
            assert!(reason.contains(setting), "{group}: {reason}");
        }
        for group in ["limit: 0", "query_offset: 0s", "labels: {}"] {
            assert_eq!(found(group, ""), [""; 0], "{group}");
        }
        assert_eq!(found("query_offset: 0s", "rule_query_offset: 1m"), [""; 0]);
    }

    #[test]
    fn what_a_rule_reads_elsewhere_is_named() {
        let reason = of_rule("up @ end() == 0").unwrap();
        assert_eq!(
            reason,
            "`@ start()` or `@ end()` in a rule is not emulated in virtual time: remove it"
        );
        assert_eq!(of_rule("up offset 5m == 0"), None);
    }

    #[test]
    fn what_is_not_emulated_of_alerts_on_their_way_is_named() {
        let step = "alert_relabel_configs: [{ target_label: a, replacement: b }]";
        for (alerting, what) in [
            (
                "alert_relabel_configs: [{ action: hashmod }]".to_owned(),
                Some("action hashmod in alert"),
            ),
            (
                format!("alertmanagers: [{{ {step} }}, {{}}]"),
                Some("alert_relabel_configs of one of"),
            ),
            (format!("alertmanagers: [{{ {step} }}]"), None),
            (step.to_owned(), None),
        ] {
            let text = format!("alerting: {{ {alerting} }}\n");
            let found = of_alerts(&config::parse(Path::new("p.yml"), &text).unwrap());
            match (what, &found) {
                (Some(what), Some(found)) => assert!(found.starts_with(what), "{found}"),
                (what, found) => assert_eq!(what.is_some(), found.is_some(), "{alerting}"),
            }
        }
    }

    #[test]
    fn what_is_not_emulated_of_a_job_is_named() {
        for (setting, what) in [
            ("metric_relabel_configs: [{ action: hashmod }]", Some("action hashmod in metric_rel")),
            (
                "convert_classic_histograms_to_nhcb: true",
                Some("convert_classic_histograms_to_nhcb"),
            ),
            ("metric_relabel_configs: [{ action: labeldrop, regex: pod }]", None),
            ("metric_relabel_configs: []", None),
        ] {
            let text = format!("scrape_configs:\n- {{ job_name: j, {setting} }}\n");
            let config = config::parse(Path::new("p.yml"), &text).unwrap();
            let found = of_job(&config.jobs[0]);
            match (what, &found) {
                (Some(what), Some(found)) => assert!(found.starts_with(what), "{found}"),
                (what, found) => assert_eq!(what.is_some(), found.is_some(), "{setting}"),
            }
        }
    }
}
