//! The allow-list: which members of a panel are modelled, which change nothing of what is
//! seen, and which are the caller's. What is in none of these is unproven, by name.
//!
//! The list is data, `members.json`; this file only looks members up. It must not know
//! what a member does.

use std::sync::LazyLock;

use serde_json::{Map, Value};

/// Panel types on which nothing is judged: they show no frames, or a map or log of them.
pub const UNJUDGED: &[&str] = &[
    "alertlist",
    "annolist",
    "canvas",
    "dashlist",
    "debug",
    "flamegraph",
    "geomap",
    "gettingstarted",
    "logs",
    "news",
    "nodeGraph",
    "text",
    "traces",
    "welcome",
];

/// Types of variables that are modelled.
const VARIABLES: &[&str] = &["query", "custom", "interval", "textbox", "constant", "datasource"];

static MEMBERS: LazyLock<Value> = LazyLock::new(|| {
    // The data is part of the source, and a test reads all of it.
    serde_json::from_str(include_str!("members.json")).unwrap_or(Value::Null)
});

/// What the list says of a member.
enum Verdict<'a> {
    /// It is modelled, the caller's, or changes nothing.
    Known,
    /// It is known with these values.
    Only(&'a [Value]),
    /// Some member below it is in the list.
    Below,
    /// It is not in the list.
    Unknown,
}

/// The members of one kind of thing.
#[derive(Clone, Copy)]
struct Section<'a>(&'a Value);

impl<'a> Section<'a> {
    fn of(name: &str) -> Self {
        MEMBERS.get(name).map_or(Self(&Value::Null), Section)
    }

    fn member(self, name: &str) -> Option<Self> {
        self.0.get(name).map(Section)
    }

    /// The paths of the list, with the values of those that are known with some only.
    fn paths(self) -> impl Iterator<Item = (&'a str, Option<&'a Value>)> {
        let object = move |name: &str| self.0.get(name).and_then(Value::as_object);
        let modelled = self.0.get("modelled").and_then(Value::as_array).into_iter().flatten();
        let named = |map: Option<&'a Map<String, Value>>| map.into_iter().flatten();
        modelled
            .filter_map(Value::as_str)
            .chain(named(object("caller")).map(|(path, _)| path.as_str()))
            .chain(named(object("nothing")).map(|(path, _)| path.as_str()))
            .map(|path| (path, None))
            .chain(named(object("only")).map(|(path, only)| (path.as_str(), only.get("values"))))
    }

    fn verdict(self, path: &[String]) -> Verdict<'a> {
        let mut below = false;
        for (pattern, only) in self.paths() {
            match fit(pattern, path) {
                Fit::Whole => {
                    let values = only.and_then(Value::as_array);
                    return values.map_or(Verdict::Known, |values| Verdict::Only(values));
                }
                Fit::Beginning => below = true,
                Fit::No => {}
            }
        }
        if below { Verdict::Below } else { Verdict::Unknown }
    }
}

enum Fit {
    Whole,
    Beginning,
    No,
}

/// How a path fits a pattern: `*` is any one name, `**` anything below.
fn fit(pattern: &str, path: &[String]) -> Fit {
    let mut names = path.iter();
    for part in pattern.split('.') {
        if part == "**" {
            return if names.next().is_some() { Fit::Whole } else { Fit::Beginning };
        }
        match names.next() {
            None => return Fit::Beginning,
            Some(name) if part == "*" || part == name => {}
            Some(_) => return Fit::No,
        }
    }
    if names.next().is_none() { Fit::Whole } else { Fit::No }
}

/// The members of a panel, or of a row, that are not modelled, by their paths.
///
/// The panels of a row are not looked at; each of them is a panel of its own.
pub fn unmodelled(panel: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let kind = panel.get("type").and_then(Value::as_str).unwrap_or_default();
    if kind == "row" {
        walk(panel, Section::of("row"), "", &[], &mut found);
        return found;
    }
    let options = Section::of("options").member(kind);
    if options.is_none() && !UNJUDGED.contains(&kind) {
        found.push(format!("type {kind}"));
    }
    walk(panel, Section::of("panel"), "", &[], &mut found);
    let targets = panel.get("targets").and_then(Value::as_array);
    for (at, target) in targets.into_iter().flatten().enumerate() {
        if target.get("hide") != Some(&Value::Bool(true)) {
            walk(target, Section::of("target"), &format!("targets[{at}]"), &[], &mut found);
        }
    }
    if let Some(section) = options {
        walk(panel.get("options").unwrap_or(&Value::Null), section, "options", &[], &mut found);
        field_config(panel.get("fieldConfig").unwrap_or(&Value::Null), kind, &mut found);
    }
    transformations(panel, &mut found);
    found
}

/// The members of a variable that are not modelled, by their paths.
pub fn unmodelled_variable(variable: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let kind = variable.get("type").and_then(Value::as_str).unwrap_or_default();
    if !VARIABLES.contains(&kind) {
        found.push(format!("variable type {kind}"));
    }
    walk(variable, Section::of("variable"), "variable", &[], &mut found);
    found
}

/// The members of a link that are not modelled, by their paths.
pub fn unmodelled_link(link: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(link, Section::of("link"), "link", &[], &mut found);
    found
}

/// Looks up every member below a value; `base` is the value's own place, `path` where it
/// is in the section.
fn walk(value: &Value, section: Section<'_>, base: &str, path: &[String], found: &mut Vec<String>) {
    let mut member = |name: &str, place: String, value: &Value| {
        if value.is_null() {
            return;
        }
        let mut path = path.to_vec();
        path.push(name.to_owned());
        judge(value, section, &place, &path, found);
    };
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let dot = if base.is_empty() { "" } else { "." };
                member(name, format!("{base}{dot}{name}"), value);
            }
        }
        Value::Array(values) => {
            for (at, value) in values.iter().enumerate() {
                member(&at.to_string(), format!("{base}[{at}]"), value);
            }
        }
        _ => {}
    }
}

/// Looks up one member at its path, and those below it where it is not known itself.
fn judge(
    value: &Value,
    section: Section<'_>,
    place: &str,
    path: &[String],
    found: &mut Vec<String>,
) {
    match section.verdict(path) {
        Verdict::Known => {}
        Verdict::Only(values) if values.contains(value) => {}
        Verdict::Below if value.is_object() || value.is_array() => {
            walk(value, section, place, path, found);
        }
        Verdict::Only(_) | Verdict::Below | Verdict::Unknown => found.push(place.to_owned()),
    }
}

fn field_config(config: &Value, kind: &str, found: &mut Vec<String>) {
    for (name, _) in config.as_object().into_iter().flatten() {
        if !matches!(name.as_str(), "defaults" | "overrides") {
            found.push(format!("fieldConfig.{name}"));
        }
    }
    let nothing = Section(&Value::Null);
    let custom = Section::of("custom").member(kind).unwrap_or(nothing);
    let defaults = config.get("defaults").unwrap_or(&Value::Null);
    walk(defaults, Section::of("defaults"), "fieldConfig.defaults", &[], found);
    let below = defaults.get("custom").unwrap_or(&Value::Null);
    walk(below, custom, "fieldConfig.defaults.custom", &[], found);
    let overrides = config.get("overrides").and_then(Value::as_array);
    for (at, rule) in overrides.into_iter().flatten().enumerate() {
        let place = format!("fieldConfig.overrides[{at}]");
        for (name, _) in rule.as_object().into_iter().flatten() {
            if !matches!(name.as_str(), "matcher" | "properties" | "__systemRef") {
                found.push(format!("{place}.{name}"));
            }
        }
        matcher(rule.get("matcher").unwrap_or(&Value::Null), &place, found);
        let properties = rule.get("properties").and_then(Value::as_array);
        for property in properties.into_iter().flatten() {
            let id = property.get("id").and_then(Value::as_str).unwrap_or_default();
            let value = property.get("value").unwrap_or(&Value::Null);
            let (section, id) = match id.strip_prefix("custom.") {
                Some(id) => (custom, id),
                None => (Section::of("defaults"), id),
            };
            let path: Vec<String> = id.split('.').map(str::to_owned).collect();
            if !value.is_null() {
                judge(value, section, &format!("{place}.properties.{id}"), &path, found);
            }
        }
    }
}

fn matcher(matcher: &Value, place: &str, found: &mut Vec<String>) {
    let id = matcher.get("id").and_then(Value::as_str).unwrap_or_default();
    if !matches!(Section::of("matcher").verdict(&[id.to_owned()]), Verdict::Known) {
        found.push(format!("{place}.matcher.{id}"));
    }
    for (name, value) in matcher.as_object().into_iter().flatten() {
        let known =
            matches!(name.as_str(), "id" | "options") || (name == "scope" && value == "series");
        if !known {
            found.push(format!("{place}.matcher.{name}"));
        }
    }
}

fn transformations(panel: &Value, found: &mut Vec<String>) {
    let all = panel.get("transformations").and_then(Value::as_array);
    for transformation in all.into_iter().flatten() {
        if transformation.get("disabled") == Some(&Value::Bool(true)) {
            continue;
        }
        let id = transformation.get("id").and_then(Value::as_str).unwrap_or_default();
        let Some(section) = Section::of("transformation").member(id) else {
            found.push(format!("transformations.{id}"));
            continue;
        };
        for (name, value) in transformation.as_object().into_iter().flatten() {
            if !matches!(name.as_str(), "id" | "options" | "disabled" | "filter")
                && !value.is_null()
            {
                found.push(format!("transformations.{id}.{name}"));
            }
        }
        let options = transformation.get("options").unwrap_or(&Value::Null);
        walk(options, section, &format!("transformations.{id}.options"), &[], found);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{MEMBERS, unmodelled, unmodelled_variable};

    #[test]
    fn every_entry_of_the_list_has_its_reason() {
        let sections = MEMBERS.as_object().unwrap();
        assert!(sections.len() > 8);
        let reasoned = |entries: &Value| {
            for name in ["nothing", "caller"] {
                for (path, reason) in entries[name].as_object().into_iter().flatten() {
                    assert!(reason.as_str().is_some_and(|it| it.len() > 8), "{path}");
                }
            }
            for (path, only) in entries["only"].as_object().into_iter().flatten() {
                assert!(only["values"].is_array() && only["otherwise"].is_string(), "{path}");
            }
        };
        for (name, section) in sections {
            match name.as_str() {
                "about" => assert!(section.is_string()),
                "custom" | "options" | "transformation" => {
                    section.as_object().unwrap().values().for_each(reasoned);
                }
                _ => reasoned(section),
            }
        }
    }

    #[test]
    fn what_is_not_in_the_list_is_named() {
        let panel = json!({
            "type": "stat", "id": 1, "timeFrom": "24h", "title": null,
            "options": {"reduceOptions": {"calcs": ["mean"], "strange": 1}, "text": {}},
            "fieldConfig": {"defaults": {"unit": "s", "nullValueMode": "null as zero",
                "custom": {"stacking": {"mode": "normal"}}},
                "overrides": [{"matcher": {"id": "byTypes", "options": []}, "properties": [
                    {"id": "custom.hideFrom", "value": {"viz": true, "more": true}}]}]},
            "targets": [{"refId": "A", "expr": "up", "intervalFactor": 2}],
            "transformations": [
                {"id": "regression", "options": {}},
                {"id": "regression", "options": {}, "disabled": true},
                {"id": "limit", "options": {"limitField": 1, "other": 2}}]
        });
        assert_eq!(
            unmodelled(&panel),
            [
                "timeFrom",
                "targets[0].intervalFactor",
                "options.reduceOptions.strange",
                "fieldConfig.defaults.nullValueMode",
                "fieldConfig.defaults.custom.stacking",
                "fieldConfig.overrides[0].matcher.byTypes",
                "fieldConfig.overrides[0].properties.hideFrom.more",
                "transformations.regression",
                "transformations.limit.options.other",
            ]
        );
    }

    #[test]
    fn a_member_that_is_known_with_some_values_is_named_with_others() {
        let panel = |spans: Value| {
            json!({"type": "timeseries",
                "fieldConfig": {"defaults": {"custom": {"spanNulls": spans}}, "overrides": []}})
        };
        assert_eq!(unmodelled(&panel(json!(false))), Vec::<String>::new());
        assert_eq!(unmodelled(&panel(json!(3600))), ["fieldConfig.defaults.custom.spanNulls"]);
        assert_eq!(unmodelled(&json!({"type": "graph"})), ["type graph"]);
        assert_eq!(unmodelled_variable(&json!({"type": "adhoc"})), ["variable type adhoc"]);
    }
}
