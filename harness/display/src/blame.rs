//! Which member of a panel makes a difference: the one without which there is none.
//!
//! It must not know what members do: it leaves one out and looks again.

use serde_json::Value;

use crate::{
    Finding,
    notes::{Kind, Observation},
};

/// The parts of a panel that are looked at.
const PARTS: &[&str] = &["fieldConfig", "options", "transformations", "targets"];

/// Observations with their members. `observe` looks at a changed panel.
pub(crate) fn findings(
    panel: &Value,
    observed: Vec<Observation>,
    observe: impl Fn(&Value) -> Vec<Observation>,
) -> Vec<Finding> {
    if observed.is_empty() {
        return Vec::new();
    }
    let paths = paths(panel);
    let without: Vec<(String, Vec<Observation>)> = paths
        .iter()
        .filter_map(|path| Some((name(panel, path), observe(&removed(panel, path)?))))
        .collect();
    let mut findings: Vec<Finding> = observed
        .into_iter()
        .map(|found| Finding {
            certainty: found.certainty,
            member: member(&found, &without),
            ref_id: found.ref_id,
            message: found.message,
        })
        .collect();
    findings.sort();
    findings
}

fn member(found: &Observation, without: &[(String, Vec<Observation>)]) -> String {
    let still = |others: &[Observation]| {
        others
            .iter()
            .find(|other| other.kind == found.kind && other.ref_id == found.ref_id)
            .cloned()
    };
    let gone = without.iter().find(|(_, others)| {
        still(others).is_none()
            && !others
                .iter()
                .any(|other| other.kind == Kind::Missing && found.kind != Kind::Missing)
    });
    if let Some((name, _)) = gone {
        return name.clone();
    }
    let usual = match found.kind {
        Kind::Type | Kind::Model => "type",
        Kind::Text => "fieldConfig.defaults.unit",
        Kind::Mapping => "fieldConfig.defaults.mappings",
        Kind::Decimals => "fieldConfig.defaults.decimals",
        Kind::NoValue => "fieldConfig.defaults.noValue",
        Kind::Colour | Kind::Lines => "fieldConfig.defaults.thresholds",
        Kind::Beside => "options.legend.calcs",
        Kind::Name => "legendFormat",
        Kind::Hidden => "hide",
        Kind::Number => "options.reduceOptions.calcs",
        Kind::Drawn => "fieldConfig.defaults.custom.stacking",
        _ => "",
    };
    let changed = || {
        let other = |(name, others): &(String, Vec<Observation>)| {
            still(others).is_some_and(|other| other.message != found.message).then(|| name.clone())
        };
        without.iter().find_map(other)
    };
    match usual {
        "" => changed().unwrap_or_else(|| "type".to_owned()),
        usual if found.kind == Kind::Type => usual.to_owned(),
        usual => changed().unwrap_or_else(|| usual.to_owned()),
    }
}

/// A step into a value.
#[derive(Debug, Clone)]
enum Step {
    Name(String),
    Place(usize),
}

/// Every path below the parts that are looked at, the longest first.
fn paths(panel: &Value) -> Vec<Vec<Step>> {
    let mut found = Vec::new();
    for part in PARTS {
        if let Some(value) = panel.get(*part) {
            below(value, &mut vec![Step::Name((*part).to_owned())], &mut found);
        }
    }
    found.sort_by_key(|path| std::cmp::Reverse(path.len()));
    found
}

fn below(value: &Value, path: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
    let mut into = |step: Step, value: &Value| {
        path.push(step);
        found.push(path.clone());
        below(value, path, found);
        path.pop();
    };
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| into(Step::Name(name.clone()), value));
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(at, value)| into(Step::Place(at), value));
        }
        _ => {}
    }
}

/// The panel without what is at a path; an item of a list becomes one that does nothing.
fn removed(panel: &Value, path: &[Step]) -> Option<Value> {
    // Without its matcher a rule would be of every field, and not none.
    if path.iter().any(|step| matches!(step, Step::Name(name) if name == "matcher")) {
        return None;
    }
    let mut changed = panel.clone();
    let (last, parents) = path.split_last()?;
    let mut at = &mut changed;
    for step in parents {
        at = match step {
            Step::Name(name) => at.get_mut(name)?,
            Step::Place(place) => at.get_mut(*place)?,
        };
    }
    match last {
        // Without these a target or a rule would be another one, not none.
        Step::Name(name) if matches!(name.as_str(), "refId" | "id" | "expr") => {
            return None;
        }
        Step::Name(name) => {
            at.as_object_mut()?.shift_remove(name);
        }
        Step::Place(place) => {
            at.as_array_mut()?.remove(*place);
        }
    }
    // The targets that were made up keep their places.
    let count = |value: &Value| value.get("targets").and_then(Value::as_array).map(Vec::len);
    (count(panel) == count(&changed)).then_some(changed)
}

/// The name of a path, with the ids of what stands in lists.
fn name(panel: &Value, path: &[Step]) -> String {
    let mut text = String::new();
    let mut at = panel;
    for step in path {
        match step {
            Step::Name(name) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
                at = at.get(name).unwrap_or(&Value::Null);
            }
            Step::Place(place) => {
                at = at.get(*place).unwrap_or(&Value::Null);
                let listed = text.ends_with("properties") || text.ends_with("transformations");
                match at.get("id").and_then(Value::as_str).filter(|_| listed) {
                    Some(id) => {
                        text.push('.');
                        text.push_str(id);
                    }
                    None => text.push_str(&format!("[{place}]")),
                }
            }
        }
    }
    text
}
