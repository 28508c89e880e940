//! Alert rules as the rule manager has them: an expression with labels, timing and the instants of its evaluations.
//!
//! Taken from parsed rule files. What the expression means is not known here.

use std::{collections::BTreeMap, path::PathBuf};

use monitoring::{RuleFile, RuleKind};
use prom::{evaluations::Evaluations, series::Labels};

use crate::{alert::Timing, backfill::rules::each_group};

/// The label that names an alert.
pub const ALERTNAME: &str = "alertname";

/// An alert rule with all that decides when it is evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertRule {
    /// `alertname`.
    pub name: String,
    /// The expression.
    pub expr: String,
    /// Labels that are added or replaced; templates.
    pub labels: BTreeMap<String, String>,
    /// What a notification says; templates.
    pub annotations: BTreeMap<String, String>,
    /// `for` and `keep_firing_for`.
    pub timing: Timing,
    /// When.
    pub evaluations: Evaluations,
    /// The name of its group.
    pub group: String,
    /// The file that it stands in.
    pub file: PathBuf,
    /// Its line there, from 1.
    pub line: Option<usize>,
}

/// A rule's label that is more than text and labels of the result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "label {label} is the template `{template}`, of which only `{{{{ $labels.name }}}}` is emulated"
)]
pub struct TemplateError {
    /// The label.
    pub label: String,
    /// Its template.
    pub template: String,
}

impl AlertRule {
    /// The labels of the alert that an element of the result raises: the element's own without its name, those of
    /// the rule, and `alertname`.
    ///
    /// # Errors
    /// If a label of the rule is a template that is not emulated.
    pub fn alert_labels(&self, element: &Labels) -> Result<Labels, TemplateError> {
        let own = element.iter().filter(|(name, _)| *name != "__name__");
        let mut labels: BTreeMap<String, String> =
            own.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        for (name, template) in &self.labels {
            let value = expand(template, element)
                .ok_or_else(|| TemplateError { label: name.clone(), template: template.clone() })?;
            labels.insert(name.clone(), value);
        }
        labels.insert(ALERTNAME.to_owned(), self.name.clone());
        Ok(labels.into_iter().filter(|(_, value)| !value.is_empty()).collect())
    }
}

/// `text {{ $labels.name }} text`; a label that is not there is empty.
fn expand(template: &str, labels: &Labels) -> Option<String> {
    let mut rest = template;
    let mut text = String::new();
    while let Some((before, after)) = rest.split_once("{{") {
        let (inside, after) = after.split_once("}}")?;
        let name = inside.trim().strip_prefix("$labels.")?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(is_name) {
            return None;
        }
        text.push_str(before);
        text.push_str(labels.get(name).unwrap_or_default());
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}

/// The alert rules of all files in their order, with the instants between `from_ms` and `until_ms` at which each is
/// evaluated; `offset` as for recording rules.
#[must_use]
pub fn alert_rules(
    files: &[RuleFile],
    default_interval_ms: i64,
    span: (i64, i64),
    offset: impl Fn(&str, &str, i64) -> i64,
) -> Vec<AlertRule> {
    let mut rules = Vec::new();
    for (file, group, evaluations) in each_group(files, default_interval_ms, span, offset) {
        for rule in &group.rules {
            let RuleKind::Alert { name, for_ms, keep_firing_for_ms, annotations } = &rule.kind
            else {
                continue;
            };
            rules.push(AlertRule {
                name: name.clone(),
                expr: rule.expr.clone(),
                labels: rule.labels.clone(),
                annotations: annotations.clone(),
                timing: Timing { for_ms: *for_ms, keep_firing_for_ms: *keep_firing_for_ms },
                evaluations,
                group: group.name.clone(),
                file: file.file.clone(),
                line: rule.line,
            });
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn rules(text: &str) -> Vec<AlertRule> {
        let file = monitoring::rules::parse(Path::new("r.yml"), text).unwrap();
        alert_rules(&[file], 30_000, (0, 120_000), |_, _, _| 7_000)
    }

    #[test]
    fn an_alert_has_the_labels_of_its_element_and_of_its_rule() {
        let text = "groups:
- name: g
  rules:
  - record: x
    expr: up
  - alert: Down
    expr: up == 0
    for: 1m
    labels: { severity: critical, who: 'the {{ $labels.module }} team', module: '' }
";
        let [rule] = &rules(text)[..] else { panic!("one alert") };
        let evaluations = Evaluations { first_ms: 7_000, last_ms: 97_000, interval_ms: 30_000 };
        assert_eq!(
            (rule.evaluations, rule.timing.for_ms, rule.line),
            (evaluations, 60_000, Some(6))
        );
        let element: Labels =
            [("__name__", "up"), ("module", "m"), ("instance", "i")].into_iter().collect();
        let expected: Labels = [
            ("alertname", "Down"),
            ("instance", "i"),
            ("severity", "critical"),
            ("who", "the m team"),
        ]
        .into_iter()
        .collect();
        assert_eq!(rule.alert_labels(&element), Ok(expected));
    }

    #[test]
    fn other_templates_are_refused_not_guessed() {
        let text = "groups:
- name: g
  rules:
  - { alert: A, expr: up, labels: { level: '{{ if gt $value 1.0 }}high{{ end }}' } }
";
        let error = rules(text)[0].alert_labels(&Labels::default()).unwrap_err();
        assert_eq!(error.label, "level");
    }
}
