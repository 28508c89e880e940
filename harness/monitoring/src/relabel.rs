//! `metric_relabel_configs`: what Prometheus makes of a sample's labels before it stores them.
//!
//! Read once, applied to label sets; the rules are those of Prometheus' package `relabel`. Relabelling of targets is
//! promtool's affair. Which samples there are is not known here.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

use prom::version::Line;

/// A label set by name, `__name__` included.
pub type LabelMap = BTreeMap<String, String>;

/// One step.
#[derive(Clone, Debug)]
pub struct Relabel {
    action: Action,
    sources: Vec<String>,
    separator: String,
    regex: Regex,
    target: String,
    replacement: String,
    line: Line,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Replace,
    Lowercase,
    Uppercase,
    Keep,
    Drop,
    KeepEqual,
    DropEqual,
    LabelMap,
    LabelDrop,
    LabelKeep,
}

/// The steps as they are written.
///
/// # Errors
/// What of them is not emulated, in words.
pub fn read(written: &[Value], line: Line) -> Result<Vec<Relabel>, String> {
    written.iter().map(|step| Relabel::read(step, line)).collect()
}

/// What becomes of a sample with these labels: others, or it is dropped.
#[must_use]
pub fn apply(steps: &[Relabel], mut labels: LabelMap) -> Option<LabelMap> {
    steps.iter().all(|step| step.apply(&mut labels)).then_some(labels)
}

impl Relabel {
    fn read(step: &Value, line: Line) -> Result<Relabel, String> {
        let text = |key: &str, default: &str| match step.get(key) {
            Some(Value::String(text)) => text.clone(),
            None | Some(Value::Null) => default.to_owned(),
            Some(other) => other.to_string(),
        };
        let name = text("action", "replace").to_lowercase();
        let action = match name.as_str() {
            "replace" => Action::Replace,
            "lowercase" => Action::Lowercase,
            "uppercase" => Action::Uppercase,
            "keep" => Action::Keep,
            "drop" => Action::Drop,
            "keepequal" => Action::KeepEqual,
            "dropequal" => Action::DropEqual,
            "labelmap" => Action::LabelMap,
            "labeldrop" => Action::LabelDrop,
            "labelkeep" => Action::LabelKeep,
            _ => return Err(format!("action {name}")),
        };
        let regex = text("regex", "(.*)");
        // Go's classes are ASCII, and since 3.0 a dot is also a line's end.
        let flags = if line == Line::V2 { "" } else { "s" };
        let regex = Regex::new(&format!("^(?{flags}:{})$", ascii(&regex)))
            .map_err(|_| format!("regular expression {regex:?}"))?;
        let sources = step.get("source_labels").and_then(Value::as_array);
        let sources = sources.into_iter().flatten().filter_map(Value::as_str);
        Ok(Relabel {
            action,
            sources: sources.map(str::to_owned).collect(),
            separator: text("separator", ";"),
            regex,
            target: text("target_label", ""),
            replacement: text("replacement", "$1"),
            line,
        })
    }

    /// Whether the sample stays.
    fn apply(&self, labels: &mut LabelMap) -> bool {
        let values = self.sources.iter().map(|name| labels.get(name).map_or("", String::as_str));
        let value = values.collect::<Vec<_>>().join(&self.separator);
        let target = labels.get(&self.target).map_or("", String::as_str);
        match self.action {
            Action::Keep => return self.regex.is_match(&value),
            Action::Drop => return !self.regex.is_match(&value),
            Action::KeepEqual => return target == value,
            Action::DropEqual => return target != value,
            Action::Replace => self.replace(&value, labels),
            Action::Lowercase => set(labels, self.target.clone(), value.to_lowercase()),
            Action::Uppercase => set(labels, self.target.clone(), value.to_uppercase()),
            Action::LabelDrop => labels.retain(|name, _| !self.regex.is_match(name)),
            Action::LabelKeep => labels.retain(|name, _| self.regex.is_match(name)),
            Action::LabelMap => {
                let matching = labels.iter().filter(|(name, _)| self.regex.is_match(name));
                let renamed = matching.map(|(name, value)| {
                    (self.regex.replace_all(name, &self.replacement).into_owned(), value.clone())
                });
                for (name, value) in renamed.collect::<Vec<_>>() {
                    set(labels, name, value);
                }
            }
        }
        true
    }

    fn replace(&self, value: &str, labels: &mut LabelMap) {
        let Some(found) = self.regex.captures(value) else { return };
        let (mut name, mut result) = (String::new(), String::new());
        found.expand(&self.target, &mut name);
        found.expand(&self.replacement, &mut result);
        if result.is_empty() && self.line == Line::V2 {
            // 2.42 removes the label that is written, whatever name was computed.
            labels.remove(&self.target);
        } else if self.is_name(&name) {
            set(labels, name, result);
        }
    }

    /// Since 3.0 a computed name may be any text.
    fn is_name(&self, name: &str) -> bool {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let begins = !name.starts_with(|c: char| c.is_ascii_digit());
        !name.is_empty() && (self.line == Line::V3 || begins && name.chars().all(word))
    }
}

/// An empty value is none.
fn set(labels: &mut LabelMap, name: String, value: String) {
    if value.is_empty() {
        labels.remove(&name);
    } else {
        labels.insert(name, value);
    }
}

/// The classes `\d`, `\s`, `\w` and the bound `\b` written as ASCII's, which they are in Go.
fn ascii(regex: &str) -> String {
    let mut out = String::with_capacity(regex.len());
    let mut chars = regex.chars();
    while let Some(c) = chars.next() {
        let Some(class) = (c == '\\').then(|| chars.next()).flatten() else {
            out.push(c);
            continue;
        };
        match class {
            'd' => out += "[0-9]",
            'D' => out += "[^0-9]",
            's' => out += r"[\t\n\f\r ]",
            'S' => out += r"[^\t\n\f\r ]",
            'w' => out += "[0-9A-Za-z_]",
            'W' => out += "[^0-9A-Za-z_]",
            'b' => out += r"(?-u:\b)",
            other => out.extend(['\\', other]),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> LabelMap {
        pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    fn relabelled(steps: &str, pairs: &[(&str, &str)]) -> Option<LabelMap> {
        let steps: Vec<Value> = serde_saphyr::from_str(steps).unwrap();
        apply(&read(&steps, Line::V3).unwrap(), labels(pairs))
    }

    const SERIES: [(&str, &str); 3] = [("__name__", "a_total"), ("model", "gpt-4o"), ("x", "1")];

    #[test]
    fn each_action_does_what_its_name_says() {
        for (step, expected) in [
            ("{ regex: x, action: labeldrop }", Some(&SERIES[..2])),
            ("{ regex: '__name__|model', action: LabelKeep }", Some(&SERIES[..2])),
            ("{ source_labels: [x], regex: 1, action: drop }", None),
            ("{ source_labels: [x], regex: 2, action: keep }", None),
            ("{ source_labels: [x, model], regex: '1;gpt.*', action: drop }", None),
            ("{ source_labels: [x], target_label: model, action: keepequal }", None),
            ("{ source_labels: [x], target_label: model, action: dropequal }", Some(&SERIES[..])),
            ("{ source_labels: [nope], target_label: x, replacement: '' }", Some(&SERIES[..2])),
            ("{ source_labels: [model], regex: o, target_label: x }", Some(&SERIES[..])),
            (
                "{ source_labels: [model], target_label: x, action: uppercase }",
                Some(&[SERIES[0], SERIES[1], ("x", "GPT-4O")][..]),
            ),
            (
                "{ source_labels: [model], regex: '(\\w+)-(.*)', target_label: x, replacement: '${2}_$1' }",
                Some(&[SERIES[0], SERIES[1], ("x", "4o_gpt")]),
            ),
            (
                "{ regex: 'mo(.*)', action: labelmap, replacement: 'llm_mo$1' }",
                Some(&[SERIES[0], ("llm_model", "gpt-4o"), SERIES[1], SERIES[2]]),
            ),
            (
                "{ source_labels: [x], target_label: 'n$1', replacement: new }",
                Some(&[SERIES[0], SERIES[1], ("n1", "new"), SERIES[2]]),
            ),
        ] {
            let found = relabelled(&format!("[{step}]"), &SERIES);
            assert_eq!(found, expected.map(labels), "{step}");
        }
    }

    #[test]
    fn what_is_not_emulated_is_said() {
        for (step, what) in [
            ("{ action: hashmod, modulus: 2 }", "action hashmod"),
            ("{ regex: '\\C' }", "regular expression \"\\\\C\""),
        ] {
            let steps: Vec<Value> = serde_saphyr::from_str(&format!("[{step}]")).unwrap();
            assert_eq!(read(&steps, Line::V2).unwrap_err(), what);
        }
    }
}
