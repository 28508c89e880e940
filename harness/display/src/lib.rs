//! What is seen of a panel, held against what its contract says is to be seen.
//!
//! Frames are made up as a faithful Prometheus would answer each fact of the contract, [`shown`] says what Grafana
//! makes of them, and that is compared with the contract's own words: name, number, text, colour, place. Nothing is
//! asked of a server, and whether a query is right is not known here.
//! What is not modelled is [`Certainty::Unproven`], by the name of the member; it is never left out in silence.

mod asked;
mod blame;
mod colours;
mod compare;
mod expected;
pub mod mutate;
mod notes;
mod observe;
mod probes;
mod table;
mod texts;
mod units;

use monitoring::grafana::{
    dashboard::{Dashboard, Panel},
    datasource::Datasource,
};
use truth::contract::{DashboardContract, PanelContract};

pub use notes::Kind;

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// What is seen is not what the contract says.
    Wrong,
    /// Nobody can tell, or the contract does not say.
    Unproven,
}

/// Something about how a panel is seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// How sure it is.
    pub certainty: Certainty,
    /// The query that it is about; empty for the panel as a whole.
    pub ref_id: String,
    /// The member of the panel by its path, such as `fieldConfig.defaults.unit`.
    pub member: String,
    /// What is seen, and what should be: a fragment that goes on after the panel's name.
    pub message: String,
}

impl Finding {
    fn unproven(member: impl Into<String>, message: impl Into<String>) -> Finding {
        Finding {
            certainty: Certainty::Unproven,
            ref_id: String::new(),
            member: member.into(),
            message: message.into(),
        }
    }
}

/// What a dashboard's finding is about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Subject<'a> {
    /// One of its panels.
    Panel(&'a Panel),
    /// A variable, by its name.
    Variable(&'a str),
    /// The dashboard itself: its rows and links.
    Dashboard,
}

/// Everything about how a dashboard is seen that is wrong or unproven. Panels without a contract are judged only as
/// far as their members are known.
#[must_use]
pub fn of_dashboard<'a>(
    dashboard: &'a Dashboard,
    contract: Option<&DashboardContract>,
    datasources: &[Datasource],
) -> Vec<(Subject<'a>, Finding)> {
    let not_modelled =
        |member: String| Finding::unproven(&*member, format!("{member} is not modelled"));
    let mut found = Vec::new();
    for row in &dashboard.rows {
        let members = shown::unmodelled(row).into_iter();
        found.extend(
            members.map(|member| (Subject::Dashboard, not_modelled(format!("row.{member}")))),
        );
    }
    for link in &dashboard.links {
        let members = shown::unmodelled_link(link).into_iter();
        found.extend(members.map(|member| (Subject::Dashboard, not_modelled(member))));
    }
    for variable in &dashboard.variables {
        let members = shown::unmodelled_variable(&variable.json).into_iter();
        let subject = Subject::Variable(&variable.name);
        found.extend(members.map(|member| (subject, not_modelled(member))));
    }
    for panel in &dashboard.panels {
        let bound = contract.and_then(|contract| contract.panels.get(&panel.title));
        let findings = of_panel(dashboard, panel, bound, datasources);
        found.extend(findings.into_iter().map(|finding| (Subject::Panel(panel), finding)));
    }
    found
}

/// Everything about how one panel is seen that is wrong or unproven.
#[must_use]
pub fn of_panel(
    dashboard: &Dashboard,
    panel: &Panel,
    bound: Option<&PanelContract>,
    datasources: &[Datasource],
) -> Vec<Finding> {
    if panel.targets.is_empty() && bound.is_none() {
        // A text or a list: nothing is asked, and nothing is promised.
        return Vec::new();
    }
    let mut found = members(dashboard, panel, datasources);
    // What is not modelled might change any of what follows.
    if let (true, Some(bound)) = (found.is_empty(), bound) {
        found.extend(observe::judge(panel, bound));
    }
    found
}

/// The members of a panel that are not modelled, and what of it decides how it is asked and is not verified.
fn members(dashboard: &Dashboard, panel: &Panel, datasources: &[Datasource]) -> Vec<Finding> {
    let members = shown::unmodelled(&panel.json).into_iter();
    let mut found: Vec<Finding> = members
        .map(|member| Finding::unproven(&*member, format!("{member} is not modelled")))
        .collect();
    found.extend(asked::of_panel(dashboard, panel, datasources));
    found
}
