//! Panels with one mistake in how they show their answer, such as a person could make.
//!
//! Each is judged like the original; one of which nothing is said is a gap. It must not know how a mistake is found.

mod places;
mod texts;

use std::fmt;

use serde_json::{Value, json};

use monitoring::grafana::dashboard::{self, Dashboard, Panel};
use truth::contract::{DashboardContract, PanelContract};

use crate::observe;
use texts::Made;

/// The kind of mistake; the order is that of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MutantKind {
    /// Another unit of the same size.
    Unit,
    /// A unit that makes another number of it, such as `percent` for a share.
    Factor,
    /// Places that hide the number or mean nothing.
    Decimals,
    /// A word for another value, or for every value.
    Mapping,
    /// Colours in another order.
    Thresholds,
    /// Another reducer, or two.
    Reducer,
    /// The heading of another column.
    Heading,
    /// A series that is not shown.
    HiddenSeries,
    /// Series on each other, or no longer.
    Stacking,
    /// A series under another name.
    RenamedField,
    /// A transformation added or dropped.
    Transformation,
    /// A target that is not shown.
    HiddenTarget,
    /// The names of two targets swapped.
    SwappedTargets,
    /// Another data source.
    Datasource,
    /// Numbers beside the names.
    Beside,
    /// Another visualisation.
    Type,
}

impl MutantKind {
    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Factor => "factor by unit",
            Self::Decimals => "decimals",
            Self::Mapping => "mapping",
            Self::Thresholds => "threshold order",
            Self::Reducer => "reducer",
            Self::Heading => "heading",
            Self::HiddenSeries => "hidden series",
            Self::Stacking => "stacking",
            Self::RenamedField => "renamed field",
            Self::Transformation => "transformation",
            Self::HiddenTarget => "hidden target",
            Self::SwappedTargets => "swapped targets",
            Self::Datasource => "data source",
            Self::Beside => "numbers beside names",
            Self::Type => "type",
        }
    }
}

impl fmt::Display for MutantKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A panel with one mistake.
#[derive(Debug, Clone, PartialEq)]
pub struct Mutant {
    /// What kind of mistake it is.
    pub kind: MutantKind,
    /// The mistake in words.
    pub description: String,
    /// The panel as it would be written.
    pub json: Value,
}

/// All mutants of a panel that has a contract, in a fixed order; none equals the original.
#[must_use]
pub fn mutants(panel: &Panel, contract: &PanelContract) -> Vec<Mutant> {
    let targets = observe::bound(panel, contract);
    let mut made = Made { panel, targets: &targets, contract, mutants: Vec::new() };
    made.units();
    made.decimals();
    made.words();
    made.thresholds();
    made.reducers();
    made.headings();
    made.series();
    made.stacking();
    made.transformations();
    made.asked();
    made.mutants
}

/// The dashboard with this one panel alone, as it would be read.
#[must_use]
pub fn with_panel(dashboard: &Dashboard, json: &Value) -> Option<Dashboard> {
    let variables: Vec<&Value> =
        dashboard.variables.iter().map(|variable| &variable.json).collect();
    let text = json!({"uid": dashboard.uid, "title": dashboard.title, "panels": [json],
        "templating": {"list": variables}});
    dashboard::parse(&dashboard.file, &text.to_string()).ok()
}

/// What is said first of a changed panel; `None` of one that nobody would notice. A panel that cannot be read any more
/// is noticed.
#[must_use]
pub fn noticed(
    dashboard: &Dashboard,
    json: &Value,
    contract: Option<&DashboardContract>,
) -> Option<String> {
    let Some(one) = with_panel(dashboard, json) else {
        return Some("cannot be read".to_owned());
    };
    let panel = one.panels.first()?;
    let bound = contract.and_then(|contract| contract.panels.get(&panel.title));
    let found = crate::members(&one, panel, &[]).into_iter().next();
    found.map(|finding| finding.message).or_else(|| {
        let (panel, bound) = (panel, bound?);
        let found = observe::observe(&panel.json, bound, &observe::bound(panel, bound));
        found.into_iter().next().map(|found| found.message)
    })
}
