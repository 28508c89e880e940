//! Checks of a dashboard by itself: identities, units, descriptions, variables.

use std::collections::BTreeMap;

use super::Subject;
use monitoring::grafana::dashboard::{Dashboard, Panel};
use monitoring::grafana::reduce::Reducer;
use monitoring::grafana::variables::{self, VariableKind};
use prom::problem::{Code, Problem};

/// Visualisations that show numbers in the unit of the field.
const WITH_UNIT: [&str; 9] = [
    "timeseries",
    "graph",
    "stat",
    "gauge",
    "bargauge",
    "barchart",
    "piechart",
    "heatmap",
    "histogram",
];

/// Visualisations that reduce a series to one number.
const REDUCING: [&str; 4] = ["stat", "gauge", "bargauge", "piechart"];

/// Uids that are missing, not usable or given twice; numeric ids.
pub(super) fn uids(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen: BTreeMap<&str, &Dashboard> = BTreeMap::new();
    for dashboard in subject.inputs.dashboards {
        let (file, uid) = (dashboard.file.as_path(), dashboard.uid.as_str());
        let usable = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if uid.is_empty() {
            let problem = Problem::new(
                Code::DashboardWithoutUid,
                file,
                None,
                "dashboard without uid: it gets another one at each import",
            );
            problems.push(problem.remedy("add a short, stable \"uid\""));
        } else if uid.len() > 40 || !uid.chars().all(usable) {
            let message = format!(
                "uid {uid:?} has more than 40 characters, or others than letters, digits, - and _"
            );
            problems.push(Problem::new(Code::InvalidUid, file, None, message));
        } else if let Some(first) = seen.insert(uid, dashboard) {
            let message = format!("uid {uid:?} is also that of {}", first.file.display());
            problems.push(
                Problem::new(Code::DuplicateUid, file, None, message)
                    .remedy("Grafana loads only one of them"),
            );
        }
        if let Some(id) = dashboard.id {
            let message = format!("numeric id {id} belongs to another Grafana's database");
            problems.push(
                Problem::new(Code::NumericId, file, None, message).remedy("set \"id\" to null"),
            );
        }
    }
    problems
}

/// Panel ids and refIds that are given twice.
pub(super) fn panel_and_target_ids(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (dashboard, panel) in panels(subject) {
        let first = dashboard.panels.iter().find(|other| other.id == panel.id);
        if let Some(first) = first.filter(|first| !std::ptr::eq(*first, panel)) {
            let message = format!(
                "panel {:?} has the id {} of panel {:?}",
                panel.title, panel.id, first.title
            );
            problems.push(Problem::new(
                Code::DuplicatePanelId,
                &dashboard.file,
                panel.line,
                message,
            ));
        }
        for (index, target) in panel.targets.iter().enumerate() {
            if panel.targets[..index].iter().any(|other| other.ref_id == target.ref_id) {
                let message =
                    format!("panel {:?} has two targets {:?}", panel.title, target.ref_id);
                problems.push(Problem::new(
                    Code::DuplicateRefId,
                    &dashboard.file,
                    target.line,
                    message,
                ));
            }
        }
    }
    problems
}

/// Panels whose numbers have no unit. A value mapping says as much as a unit.
pub(super) fn units(subject: &Subject<'_>) -> Vec<Problem> {
    let is_set = |panel: &Panel| {
        let in_override = |(id, _): &(String, serde_json::Value)| id == "unit";
        panel.field.unit.is_some()
            || !panel.field.mappings.is_empty()
            || panel.overrides.iter().any(|found| found.properties.iter().any(in_override))
    };
    let shows_numbers =
        |panel: &Panel| WITH_UNIT.contains(&panel.kind.as_str()) || panel.kind == "table";
    panels(subject)
        .filter(|(_, panel)| shows_numbers(panel) && !panel.targets.is_empty() && !is_set(panel))
        .map(|(dashboard, panel)| {
            let message = format!("panel {:?} has no unit", panel.title);
            Problem::new(Code::NoUnit, &dashboard.file, panel.line, message)
                .remedy("set fieldConfig.defaults.unit; \"none\" if it really has none")
        })
        .collect()
}

/// Panels that do not say what they mean.
pub(super) fn descriptions(subject: &Subject<'_>) -> Vec<Problem> {
    panels(subject)
        .filter(|(_, panel)| !panel.targets.is_empty() && panel.description.trim().is_empty())
        .map(|(dashboard, panel)| {
            let message = format!("panel {:?} has no description", panel.title);
            Problem::new(Code::NoDescription, &dashboard.file, panel.line, message)
        })
        .collect()
}

/// Variables that are referred to and not defined, defined twice, or of a sort
/// that cannot be tried.
pub(super) fn variables(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for dashboard in subject.inputs.dashboards {
        let file = dashboard.file.as_path();
        for (index, variable) in dashboard.variables.iter().enumerate() {
            let name = &variable.name;
            if dashboard.variables[..index].iter().any(|other| other.name == *name) {
                problems.push(Problem::new(
                    Code::DuplicateVariable,
                    file,
                    variable.line,
                    format!("second variable with the name {name:?}"),
                ));
            }
            let reason = match variable.kind {
                VariableKind::AdHoc | VariableKind::Other => "its kind is not emulated",
                VariableKind::Query if !variable.regex.is_empty() => "its regex is not emulated",
                _ => continue,
            };
            let message = format!("variable {name:?} cannot be tried: {reason}");
            problems.push(Problem::new(Code::UntriedVariable, file, variable.line, message));
        }
        for panel in &dashboard.panels {
            let texts = panel.targets.iter().flat_map(|target| {
                let min_step = target.min_step.as_deref().unwrap_or_default();
                [target.expr.as_str(), target.legend_format.as_str(), min_step]
                    .map(|text| (target.line, text))
            });
            for (line, text) in texts.chain([(panel.line, panel.title.as_str())]) {
                problems.extend(undefined(dashboard, panel, line, text));
            }
        }
    }
    problems
}

fn undefined(
    dashboard: &Dashboard,
    panel: &Panel,
    line: Option<usize>,
    text: &str,
) -> Vec<Problem> {
    let is_defined = |name: &str| {
        name.starts_with("__") || dashboard.variables.iter().any(|variable| variable.name == name)
    };
    // `$5` in a title is money.
    let is_number = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
    variables::interpolate::references(text)
        .into_iter()
        .filter(|name| !is_defined(name) && !is_number(name))
        .map(|name| {
            let message = format!(
                "panel {:?} refers to ${name}, which the dashboard does not define",
                panel.title
            );
            Problem::new(Code::UndefinedVariable, &dashboard.file, line, message)
                .remedy("Grafana leaves it in the text as it is")
        })
        .collect()
}

/// Reducers that cannot be judged.
pub(super) fn reducers(subject: &Subject<'_>) -> Vec<Problem> {
    panels(subject)
        .filter(|(_, panel)| REDUCING.contains(&panel.kind.as_str()))
        .flat_map(|(dashboard, panel)| {
            let unknown = panel.reduce.calcs.iter().filter(|id| Reducer::parse(id).is_none());
            unknown.map(move |id| {
                let message = format!("panel {:?}: reducer {id:?} is not emulated", panel.title);
                Problem::new(Code::UnknownReducer, &dashboard.file, panel.line, message)
            })
        })
        .collect()
}

fn panels<'a>(subject: &Subject<'a>) -> impl Iterator<Item = (&'a Dashboard, &'a Panel)> {
    let dashboards = subject.inputs.dashboards.iter();
    dashboards.flat_map(|dashboard| dashboard.panels.iter().map(move |panel| (dashboard, panel)))
}
