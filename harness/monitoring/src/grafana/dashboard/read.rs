//! The members of a v1 dashboard's JSON and what they become.
//!
//! Called by `load.rs` with JSON that is already well-formed; notes every value
//! that is missing or of the wrong type and goes on.
//! Reads only members that something in this crate uses. Layout: rows hold their
//! panels when collapsed, else the panels that follow them belong to them.

use prom::problem::Code;
use serde_json::Value;

use super::{
    Annotation, Dashboard, FieldConfig, GridPosition, Override, Panel, QueryFormat, QueryKind,
    ReduceOptions, Target, Threshold, TimeRange,
};
use prom::promql::nesting;

use crate::grafana::{
    fields::{Node, Notes, kind},
    reference::datasource,
    variables::definition,
};

pub(super) fn dashboard(root: &Node<'_>, notes: &mut Notes<'_>) -> Dashboard {
    refuse_other_formats(root, notes);
    let title = root.text_or_empty("title", notes);
    if title.is_empty() && notes.problems.is_empty() {
        notes.problem(Code::MissingKey, "", "dashboard has no title");
    }
    let variables =
        root.get("templating").map(|node| node.objects("list", notes)).unwrap_or_default();
    let annotations =
        root.get("annotations").map(|node| node.objects("list", notes)).unwrap_or_default();
    let time = root.get("time");
    let time = |key, default: &str, notes: &mut Notes<'_>| {
        time.as_ref().and_then(|node| node.text(key, notes)).unwrap_or_else(|| default.to_owned())
    };
    Dashboard {
        file: notes.file.to_owned(),
        uid: root.text_or_empty("uid", notes),
        title,
        id: root.whole("id", notes),
        variables: variables.iter().map(|node| definition::variable(node, notes)).collect(),
        time: TimeRange { from: time("from", "now-6h", notes), to: time("to", "now", notes) },
        panels: panels(root, notes),
        rows: rows(root),
        links: root.value.get("links").and_then(Value::as_array).cloned().unwrap_or_default(),
        annotations: annotations.iter().filter_map(|node| annotation(node, notes)).collect(),
        placeholders: Vec::new(),
    }
}

fn refuse_other_formats(root: &Node<'_>, notes: &mut Notes<'_>) {
    let Some(members) = root.members() else {
        let found = kind(root.value);
        notes.problem(
            Code::UnreadDashboardFormat,
            "",
            format!("expected a dashboard object, found {found}"),
        );
        return;
    };
    if members.contains_key("apiVersion") || members.contains_key("elements") {
        notes.problem(
            Code::UnreadDashboardFormat,
            "",
            "dashboard of schema v2 or a resource; expected the classic v1 JSON model",
        );
    } else if members.get("dashboard").is_some_and(Value::is_object) {
        notes.problem(Code::UnreadDashboardFormat, "/dashboard", "dashboard wrapped in \"dashboard\", as the HTTP API answers; expected the inner object alone");
    }
}

/// From this `schemaVersion` on panels lie on a grid; before, in rows (`updateSchema` of Grafana's
/// `DashboardMigrator.ts`).
const GRID: i64 = 16;

fn panels(root: &Node<'_>, notes: &mut Notes<'_>) -> Vec<Panel> {
    let mut row: Option<String> = None;
    let mut panels = Vec::new();
    let version = root.value.get("schemaVersion").and_then(Value::as_i64).unwrap_or(0);
    let rows = root.objects("rows", notes);
    if version < GRID {
        for node in rows {
            row = Some(node.text_or_empty("title", notes));
            for inner in node.objects("panels", notes) {
                panels.push(panel(&inner, row.as_ref(), notes));
            }
        }
        row = None;
    } else if let Some(first) = rows.first() {
        let message = format!("\"rows\" at schemaVersion {version}: Grafana shows none of them");
        notes.problem(Code::MisplacedKey, &first.pointer, message);
    }
    for node in root.objects("panels", notes) {
        if node.value.get("type").and_then(Value::as_str) == Some("row") {
            row = Some(node.text_or_empty("title", notes));
            for inner in node.objects("panels", notes) {
                panels.push(panel(&inner, row.as_ref(), notes));
            }
        } else {
            panels.push(panel(&node, row.as_ref(), notes));
        }
    }
    number(&mut panels);
    panels
}

/// The rows without their panels, which are panels of their own.
fn rows(root: &Node<'_>) -> Vec<Value> {
    let panels = root.value.get("panels").and_then(Value::as_array).into_iter().flatten();
    let mut rows: Vec<Value> =
        panels.filter(|panel| panel.get("type").is_some_and(|it| it == "row")).cloned().collect();
    rows.iter_mut().filter_map(Value::as_object_mut).for_each(|row| {
        row.shift_remove("panels");
    });
    rows
}

/// Gives an id to panels that have none, as Grafana does when it loads them.
fn number(panels: &mut [Panel]) {
    let next = panels.iter().map(|panel| panel.id).max().unwrap_or(0) + 1;
    for (id, panel) in (next..).zip(panels.iter_mut().filter(|panel| panel.id == 0)) {
        panel.id = id;
    }
}

/// Gives a name to targets that have none: the first letter that is free (`getNextRefId` of Grafana).
fn letter(targets: &mut [Target]) {
    for index in 0..targets.len() {
        if !targets[index].ref_id.is_empty() {
            continue;
        }
        let letters = (0_u8..26).map(|n| char::from(b'A' + n).to_string());
        let numbers = (26..).map(|n: usize| format!("A{n}"));
        let is_free = |name: &String| targets.iter().all(|target| target.ref_id != *name);
        targets[index].ref_id = letters.chain(numbers).find(is_free).unwrap_or_default();
    }
}

/// What Grafana calls a panel whose definition lies in its database.
pub const LIBRARY_PANEL: &str = "library-panel-ref";

fn panel(node: &Node<'_>, row: Option<&String>, notes: &mut Notes<'_>) -> Panel {
    let title = node.text_or_empty("title", notes);
    let mut kind = node.text_or_empty("type", notes);
    let mut title = title;
    if let Some(library) = node.get("libraryPanel").filter(|_| kind.is_empty()) {
        LIBRARY_PANEL.clone_into(&mut kind);
        if title.is_empty() {
            title = library.text_or_empty("name", notes);
        }
    } else if kind.is_empty() {
        notes.problem(Code::MissingKey, &node.pointer, format!("panel {title:?} has no type"));
    }
    let id = node.whole("id", notes);
    let targets = node.objects("targets", notes);
    let mut targets: Vec<Target> =
        targets.iter().map(|target| self::target(target, &title, notes)).collect();
    letter(&mut targets);
    let mut transformations = node.objects("transformations", notes);
    transformations.retain(|node| !node.flag("disabled", notes));
    Panel {
        line: node.line(notes),
        id: id.unwrap_or(0),
        description: node.text_or_empty("description", notes),
        row: row.cloned(),
        datasource: datasource(node, notes),
        targets,
        field: node
            .path(&["fieldConfig", "defaults"])
            .map(|node| field(&node, notes))
            .unwrap_or_default(),
        overrides: overrides(node, notes),
        reduce: node
            .path(&["options", "reduceOptions"])
            .map(|node| ReduceOptions {
                calcs: node.texts("calcs", notes),
                values: node.flag("values", notes),
                fields: node.text_or_empty("fields", notes),
            })
            .unwrap_or_default(),
        min_interval: node.text("interval", notes).filter(|text| !text.is_empty()),
        max_data_points: node.count("maxDataPoints", notes),
        transformations: transformations
            .iter()
            .map(|node| node.text_or_empty("id", notes))
            .collect(),
        renames: transformations.iter().flat_map(renames).collect(),
        repeat: node.text("repeat", notes).filter(|name| !name.is_empty()),
        time_from: node.text("timeFrom", notes).filter(|text| !text.is_empty()),
        time_shift: node.text("timeShift", notes).filter(|text| !text.is_empty()),
        position: node
            .get("gridPos")
            .map(|node| GridPosition {
                x: node.whole("x", notes).unwrap_or(0),
                y: node.whole("y", notes).unwrap_or(0),
                width: node.whole("w", notes).unwrap_or(0),
                height: node.whole("h", notes).unwrap_or(0),
            })
            .unwrap_or_default(),
        title,
        kind,
        json: node.value.clone(),
    }
}

/// What a transformation renames: only `organize` has such a member.
fn renames(transformation: &Node<'_>) -> Vec<(String, String)> {
    let node = transformation.path(&["options", "renameByName"]);
    let members = node.as_ref().and_then(Node::members).into_iter().flatten();
    members.filter_map(|(from, to)| Some((from.clone(), to.as_str()?.to_owned()))).collect()
}

fn target(node: &Node<'_>, panel: &str, notes: &mut Notes<'_>) -> Target {
    let kind = match (node.flag("range", notes), node.flag("instant", notes)) {
        (true, true) => QueryKind::Both,
        (false, true) => QueryKind::Instant,
        (_, false) => QueryKind::Range,
    };
    let format = match node.text("format", notes).as_deref() {
        Some("table") => QueryFormat::Table,
        Some("heatmap") => QueryFormat::Heatmap,
        // Anything else falls back to time series, as in PromQueryFormat.UnmarshalJSON.
        _ => QueryFormat::TimeSeries,
    };
    let expr = node.text_or_empty("expr", notes);
    if nesting::exceeds(&expr) {
        notes.problem(
            Code::NestedTooDeeply,
            &node.pointer,
            format!("expr of panel {panel:?} has {}", nesting::REMEDY),
        );
    }
    Target {
        line: node.line(notes),
        ref_id: node.text_or_empty("refId", notes),
        expr,
        legend_format: node.text_or_empty("legendFormat", notes),
        kind,
        format,
        min_step: node.text("interval", notes).filter(|text| !text.is_empty()),
        interval_factor: node.count("intervalFactor", notes).unwrap_or(1),
        hide: node.flag("hide", notes),
        datasource: datasource(node, notes),
    }
}

fn field(node: &Node<'_>, notes: &mut Notes<'_>) -> FieldConfig {
    let steps = node.get("thresholds").map(|node| node.objects("steps", notes)).unwrap_or_default();
    let thresholds = steps.iter().map(|step| Threshold {
        value: step.value.get("value").and_then(Value::as_f64),
        color: step.text_or_empty("color", notes),
    });
    let thresholds = thresholds.collect();
    let mappings = node.objects("mappings", notes);
    FieldConfig {
        unit: node.text("unit", notes).filter(|unit| !unit.is_empty()),
        decimals: node.whole("decimals", notes),
        thresholds,
        mappings: mappings.into_iter().map(|node| node.value.clone()).collect(),
        no_value: node.text("noValue", notes),
        display_name: node.text("displayName", notes).filter(|name| !name.is_empty()),
    }
}

fn overrides(panel: &Node<'_>, notes: &mut Notes<'_>) -> Vec<Override> {
    let Some(config) = panel.get("fieldConfig") else { return Vec::new() };
    let mut overrides = Vec::new();
    for node in config.objects("overrides", notes) {
        let matcher = node.get("matcher");
        let properties = node.objects("properties", notes);
        overrides.push(Override {
            matcher: matcher
                .as_ref()
                .map(|node| node.text_or_empty("id", notes))
                .unwrap_or_default(),
            options: matcher
                .and_then(|node| node.get("options"))
                .map_or(Value::Null, |node| node.value.clone()),
            properties: properties
                .iter()
                .map(|node| {
                    let value = node.get("value").map_or(Value::Null, |node| node.value.clone());
                    (node.text_or_empty("id", notes), value)
                })
                .collect(),
        });
    }
    overrides
}

fn annotation(node: &Node<'_>, notes: &mut Notes<'_>) -> Option<Annotation> {
    let expr = node.value.get("expr").and_then(Value::as_str)?.to_owned();
    Some(Annotation {
        line: node.line(notes),
        name: node.text_or_empty("name", notes),
        expr,
        datasource: datasource(node, notes),
    })
}

#[cfg(test)]
mod tests;
