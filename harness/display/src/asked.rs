//! What of a panel decides how it is asked, and is not what a verification asks: other data sources, shapes and spans.
//!
//! It must not know what is shown of an answer.

use monitoring::grafana::{
    dashboard::{Dashboard, DatasourceRef, Panel, QueryFormat, QueryKind, Target},
    datasource::Datasource,
    variables::VariableKind,
};

use crate::Finding;

/// The panel's data source that leaves each target its own.
const MIXED: &str = "-- Mixed --";

pub(crate) fn of_panel(
    dashboard: &Dashboard,
    panel: &Panel,
    datasources: &[Datasource],
) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(reason) = panel.min_interval.as_deref().and_then(unusual) {
        found.push(Finding::unproven("interval", format!("interval: {reason}")));
    }
    for (at, target) in panel.targets.iter().enumerate().filter(|(_, target)| !target.hide) {
        let mut add = |member: &str, reason: String| {
            let member = format!("targets[{at}].{member}");
            let message = format!("{member}: {reason}");
            let ref_id = target.ref_id.clone();
            found.push(Finding { ref_id, ..Finding::unproven(member, message) });
        };
        if let Some(reason) = datasource(dashboard, panel, target, datasources) {
            add("datasource", reason);
        }
        if target.format == QueryFormat::Heatmap {
            add(
                "format",
                "heatmap subtracts series from each other, which is not modelled".to_owned(),
            );
        }
        if target.kind == QueryKind::Both {
            add("instant", "asks for a range and an instant at once: choose one".to_owned());
        }
        if let Some(reason) = target.min_step.as_deref().and_then(unusual) {
            add("interval", reason);
        }
    }
    found
}

/// Why a least interval is not what it looks like.
fn unusual(text: &str) -> Option<String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let unit = &text[digits..];
    let plain = digits > 0 && matches!(unit, "ms" | "s" | "m" | "h" | "d" | "w" | "M" | "y");
    (!plain).then(|| {
        format!(
            "{text:?} is not one number with a unit, which is not modelled: write it as such as 90s"
        )
    })
}

/// Why a target does not ask the Prometheus that is verified.
fn datasource(
    dashboard: &Dashboard,
    panel: &Panel,
    target: &Target,
    datasources: &[Datasource],
) -> Option<String> {
    let mixed =
        |named: &DatasourceRef| matches!(named, DatasourceRef::Uid { uid, .. } if uid == MIXED);
    let is_mixed = panel.datasource.as_ref().is_some_and(mixed);
    if is_mixed && target.expr.contains("$__interval") {
        return Some("-- Mixed -- has no interval, on which `$__interval` rests: name the data source in the panel".to_owned());
    }
    let named = target.datasource.as_ref().or(panel.datasource.as_ref())?;
    let (kind, uid) = match named {
        DatasourceRef::Uid { kind, uid } => (kind.as_deref(), uid.as_str()),
        DatasourceRef::Name(name) => (None, name.as_str()),
    };
    if let Some(kind) = kind.filter(|kind| *kind != "prometheus") {
        return Some(format!("asks {uid:?} of type {kind}: only Prometheus is verified"));
    }
    if uid.starts_with('$') {
        let name = uid.trim_start_matches('$').trim_matches(['{', '}']);
        let is_chosen = dashboard
            .variables
            .iter()
            .any(|variable| variable.name == name && variable.kind == VariableKind::Datasource);
        return (!is_chosen).then(|| format!("{uid} is no variable of data sources"));
    }
    if uid == MIXED || uid.starts_with("-- ") {
        return Some(format!("asks {uid:?}, which is no Prometheus"));
    }
    let first = datasources.iter().find(|source| source.kind == "prometheus")?;
    let is = |source: &Datasource| source.uid.as_deref() == Some(uid) || source.name == uid;
    (!is(first))
        .then(|| format!("asks {uid:?}, where {:?} is the Prometheus that is verified", first.name))
}
