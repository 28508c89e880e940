//! Binds dashboards and rules to contracts: what is unproven, and what the variables offer.

use std::collections::{BTreeMap, BTreeSet};

use display::{Certainty, Finding, Subject};
use monitoring::{
    Monitoring, RuleKind,
    grafana::{
        dashboard::Dashboard,
        variables::{VariableKind, VariableQuery, sort::sorted},
    },
};
use scrape::Refusal;
use stack::client::prometheus::{ClientError, Prometheus};
use truth::contract::{Contracts, Window};

use crate::verify::{
    not_emulated,
    question::{NotAsked, Place},
};

/// Something that was not proven.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unproven {
    /// What.
    pub place: Place,
    /// Why, and what to do.
    pub reason: String,
}

impl From<NotAsked> for Unproven {
    fn from(not_asked: NotAsked) -> Unproven {
        Unproven { place: not_asked.place, reason: not_asked.reason }
    }
}

/// Where places say that scraping itself is at fault.
pub const SCRAPING: &str = "scrape configuration";

/// Targets and rules without a contract, and contracts without a target or rule.
#[must_use]
pub fn unproven(monitoring: &Monitoring, contracts: &Contracts) -> Vec<Unproven> {
    let mut found = BTreeSet::new();
    let mut add = |dashboard: &str, panel: &str, ref_id: &str, reason: String| {
        let (dashboard, panel, ref_id) =
            (dashboard.to_owned(), panel.to_owned(), ref_id.to_owned());
        found.insert(Unproven {
            place: Place { dashboard, panel, ref_id, selection: String::new() },
            reason,
        });
    };
    for dashboard in &monitoring.dashboards {
        let uid = &dashboard.uid;
        let contract = contracts.dashboards.get(uid);
        for (subject, finding) in
            display::of_dashboard(dashboard, contract, &monitoring.datasources)
        {
            if finding.certainty == Certainty::Unproven {
                let place = match subject {
                    Subject::Panel(panel) => panel.title.clone(),
                    Subject::Variable(name) => format!("variable {name}"),
                    Subject::Dashboard => String::new(),
                };
                add(uid, &place, &finding.ref_id, unproven_display(&finding));
            }
        }
        for panel in &dashboard.panels {
            for target in &panel.targets {
                let bound = contract
                    .and_then(|contract| contract.panels.get(&panel.title))
                    .is_some_and(|panel| panel.targets.contains_key(&target.ref_id));
                if !bound {
                    let reason = format!(
                        "has no contract: say what it must show in scenarios/contracts/{uid}.yaml"
                    );
                    add(uid, &panel.title, &target.ref_id, reason);
                }
            }
        }
        for (title, panel) in contract.iter().flat_map(|contract| &contract.panels) {
            for ref_id in panel.targets.keys() {
                let shown = dashboard.panels.iter().any(|panel| {
                    panel.title == *title
                        && panel.targets.iter().any(|target| target.ref_id == *ref_id)
                });
                if !shown {
                    add(
                        uid,
                        title,
                        ref_id,
                        "has a contract, but the dashboard has no such target".to_owned(),
                    );
                }
            }
        }
    }
    for uid in contracts.dashboards.keys() {
        if !monitoring.dashboards.iter().any(|dashboard| dashboard.uid == *uid) {
            add(uid, "", "", "has a contract, but there is no such dashboard".to_owned());
        }
    }
    for job in &monitoring.config.jobs {
        if let Some(reason) = not_emulated::of_job(job) {
            add(SCRAPING, &job.name, "", reason);
        }
    }
    if let Some(reason) = not_emulated::of_alerts(&monitoring.config) {
        add(super::alerts::ALERTS, "alert_relabel_configs", "", reason);
    }
    for group in monitoring.rules.iter().flat_map(|file| &file.groups) {
        for reason in not_emulated::of_group(group, &monitoring.config) {
            add(super::RECORDING_RULES, &group.name, "", reason.to_owned());
        }
        for rule in &group.rules {
            let place = match rule.kind {
                RuleKind::Record { .. } => super::RECORDING_RULES,
                RuleKind::Alert { .. } => super::alerts::ALERTS,
            };
            if let Some(reason) = not_emulated::of_rule(&rule.expr) {
                add(place, rule.name(), "", reason);
            }
        }
    }
    let recorded: BTreeSet<&str> = monitoring
        .rules
        .iter()
        .flat_map(|file| &file.groups)
        .flat_map(|group| &group.rules)
        .filter(|rule| matches!(rule.kind, RuleKind::Record { .. }))
        .map(|rule| rule.name())
        .collect();
    for record in &recorded {
        if !contracts.rules.contains_key(*record) {
            let reason = "has no contract: say what it must hold in scenarios/contracts/recording-rules.yaml";
            add(super::RECORDING_RULES, record, "", reason.to_owned());
        }
    }
    for record in contracts.rules.keys().filter(|record| !recorded.contains(record.as_str())) {
        add(
            super::RECORDING_RULES,
            record,
            "",
            "has a contract, but no rule records it".to_owned(),
        );
    }
    found.into_iter().collect()
}

/// What nobody can tell of how a panel is seen, with the member of the panel.
fn unproven_display(finding: &Finding) -> String {
    let Finding { member, message, .. } = finding;
    if message.contains(member.as_str()) {
        message.clone()
    } else {
        format!("{message} ({member})")
    }
}

/// A target of whose scrapes the configuration lets nothing be stored.
#[must_use]
pub fn refused(target: &str, why: Refusal, times: usize) -> Unproven {
    Unproven {
        place: Place {
            dashboard: SCRAPING.to_owned(),
            panel: target.to_owned(),
            ref_id: String::new(),
            selection: String::new(),
        },
        reason: format!("{times} scrapes were refused {}", why.told()),
    }
}

/// The values that each of a dashboard's variables offers, as the engine lists them.
///
/// # Errors
/// If the engine does not answer.
pub async fn options(
    dashboard: &Dashboard,
    engine: &Prometheus,
    from_ms: i64,
    to_ms: i64,
) -> Result<(BTreeMap<String, Vec<String>>, Vec<NotAsked>), ClientError> {
    let mut found = BTreeMap::new();
    let mut failed = Vec::new();
    for variable in &dashboard.variables {
        let values = match (variable.kind, variable.prometheus_query()) {
            (VariableKind::Query, Some(VariableQuery::LabelValues { selector, label })) => {
                let matchers: Vec<&str> = selector.as_deref().into_iter().collect();
                engine.label_values(&label, &matchers, from_ms, to_ms).await?
            }
            (VariableKind::Query, _) => {
                failed.push(NotAsked {
                    place: Place {
                        dashboard: dashboard.uid.clone(),
                        panel: format!("variable {}", variable.name),
                        ref_id: String::new(),
                        selection: String::new(),
                    },
                    reason: format!(
                        "`{}` is not emulated: use label_values(selector, label)",
                        variable.query
                    ),
                });
                continue;
            }
            _ => variable.options.clone(),
        };
        found.insert(variable.name.clone(), sorted(&values, variable.sort));
    }
    Ok((found, failed))
}

/// The window of a recording rule; `None` for one that only a dashboard has.
#[must_use]
pub fn fixed_window_ms(over: Window) -> Option<i64> {
    match over {
        Window::Fixed(millis) => Some(millis),
        Window::Latest => Some(0),
        Window::RateInterval | Window::Interval | Window::Range => None,
    }
}
