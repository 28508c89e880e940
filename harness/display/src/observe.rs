//! The judgement of one panel: all made-up answers, everything that differs, and the member that makes it differ.
//!
//! It must not know single panel types; `compare` and `table` do.

use jiff::tz::TimeZone;
use serde_json::Value;

use monitoring::grafana::dashboard::Panel;
use shown::Shown;
use truth::contract::PanelContract;

use crate::{
    Finding, blame, colours, compare,
    expected::{self, Bound},
    notes::{Kind, Notes, Observation},
    probes::{self, Round},
    table, texts,
};

/// The targets that the contract speaks of.
pub(crate) fn bound<'a>(panel: &'a Panel, contract: &'a PanelContract) -> Vec<Bound<'a>> {
    let targets = panel.targets.iter().enumerate();
    targets
        .filter_map(|(at, target)| {
            Some(Bound::new(target, at, contract.targets.get(&target.ref_id)?))
        })
        .collect()
}

/// Everything that is seen otherwise than the contract says.
pub(crate) fn judge(panel: &Panel, contract: &PanelContract) -> Vec<Finding> {
    let targets = bound(panel, contract);
    let found = observe(&panel.json, contract, &targets);
    blame::findings(&panel.json, found, |json| observe(json, contract, &targets))
}

/// What differs in a panel that may be another one than that of the targets.
pub(crate) fn observe(
    json: &Value,
    contract: &PanelContract,
    targets: &[Bound<'_>],
) -> Vec<Observation> {
    let mut notes = Notes::default();
    let kind = json.get("type").and_then(Value::as_str).unwrap_or_default();
    if targets.is_empty() {
        return Vec::new();
    }
    right_type(kind, contract, targets, &mut notes);
    let hidden =
        json.get("targets").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for bound in targets {
        let hides = hidden.get(bound.at).and_then(|target| target.get("hide"));
        if hides == Some(&Value::Bool(true)) {
            let message = "is asked and not shown: `hide` is true";
            notes.wrong(&bound.target.ref_id, Kind::Hidden, message);
        }
    }
    let reduced = matches!(kind, "stat" | "gauge" | "bargauge" | "piechart");
    let rows = json.pointer("/options/reduceOptions/values") == Some(&Value::Bool(true));
    if reduced && rows {
        let wanted = contract.reducer.as_deref().unwrap_or(compare::DEFAULT_REDUCER);
        notes.wrong("", Kind::Rows, format!("shows every row where the contract says {wanted}"));
    }
    let defaults = "/fieldConfig/defaults";
    let at = |path: &str| json.pointer(&format!("{defaults}/{path}")).and_then(Value::as_str);
    let lines = at("custom/thresholdsStyle/mode").is_some_and(|mode| mode != "off");
    if kind == "timeseries" && lines && at("thresholds/mode") == Some("percentage") {
        notes.unproven(
            "",
            Kind::Lines,
            "draws lines at shares of its scale, which are not modelled",
        );
    }
    let mut columns = table::Columns::default();
    for round in probes::rounds(json, contract, targets, reduced) {
        let frames = expected::frames(targets, &round.numbers);
        match shown::shown(json, &frames, &TimeZone::UTC) {
            Ok(seen) => hold(kind, &seen, contract, targets, &round, &mut columns, &mut notes),
            Err(refused) => notes.unproven("", Kind::Model, refused.to_string()),
        }
    }
    for numbers in [probes::nothing(targets), probes::exactly(targets, f64::NAN)] {
        let frames = expected::frames(targets, &numbers);
        if let Ok(seen) = shown::shown(json, &frames, &TimeZone::UTC) {
            compare::without_data(&seen, &mut notes);
        }
    }
    texts::judge(json, contract, targets, &mut notes);
    colours::judge(kind, contract, targets, &mut notes);
    notes.found.into_values().collect()
}

fn hold(
    kind: &str,
    seen: &Shown,
    contract: &PanelContract,
    targets: &[Bound<'_>],
    round: &Round,
    columns: &mut table::Columns,
    notes: &mut Notes,
) {
    match seen {
        Shown::Values(values) => compare::values(kind, values, contract, targets, round, notes),
        Shown::Series(series) => compare::series(kind, series, contract, targets, round, notes),
        Shown::Table(shown) => table::judge(shown, contract, targets, round, columns, notes),
        Shown::Unjudged(what) => {
            notes.unproven("", Kind::Type, format!("{what} shows no numbers that could be judged"));
        }
    }
}

/// Panel types whose numbers are held against contracts.
const JUDGED: &[&str] = &[
    "timeseries",
    "stat",
    "gauge",
    "bargauge",
    "piechart",
    "table",
    "state-timeline",
    "status-history",
];

fn right_type(kind: &str, contract: &PanelContract, targets: &[Bound<'_>], notes: &mut Notes) {
    if !JUDGED.contains(&kind) {
        notes.unproven("", Kind::Type, format!("type {kind} is not held against contracts"));
        return;
    }
    let named = targets.iter().any(|bound| bound.contract.legend.is_some());
    let instant = targets.iter().all(|bound| bound.contract.instant);
    let wanted = match &contract.display.kind {
        Some(kind) => kind.as_str(),
        None if !named && instant => "table",
        None if instant || contract.reducer.is_some() => "stat",
        None => "timeseries",
    };
    if kind != wanted {
        let message = format!(
            "is a {kind} where the contract says {wanted}: state `type: {kind}` if it is meant so"
        );
        notes.unproven("", Kind::Type, message);
    }
}
