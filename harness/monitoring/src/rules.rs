//! Rule files: groups of recording and alerting rules.
//!
//! Called by the road that materialises recording rules, by the alert timelines
//! and by the checks. Order within a group is order of evaluation.
//! Expressions and templates are kept as written and are not parsed here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{documents, keys};
use prom::problem::{Code, Problem};
use prom::promql::nesting;
use prom::yaml;

/// One rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFile {
    /// The file, as it was named to the parser.
    pub file: PathBuf,
    /// Groups in the order of the file.
    pub groups: Vec<RuleGroup>,
}

/// Rules that are evaluated one after the other at one interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleGroup {
    /// Line in the file, from 1.
    pub line: Option<usize>,
    /// Name, unique in the file.
    pub name: String,
    /// Interval of its own in milliseconds; `None` for the global one.
    pub interval_ms: Option<i64>,
    /// Most series a rule may return; 0 is any number.
    pub limit: u64,
    /// How far before the instant of an evaluation its queries look, in milliseconds; `None` for the global one.
    pub query_offset_ms: Option<i64>,
    /// Labels for all of its rules, which those of a rule overrule.
    pub labels: BTreeMap<String, String>,
    /// Rules in order of evaluation.
    pub rules: Vec<Rule>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Line in the file, from 1.
    pub line: Option<usize>,
    /// What becomes of the result.
    pub kind: RuleKind,
    /// Expression as written.
    pub expr: String,
    /// Line of the expression, from 1.
    pub expr_line: Option<usize>,
    /// Labels that are added; templates in alerts.
    pub labels: BTreeMap<String, String>,
}

/// What becomes of a rule's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleKind {
    /// A series.
    Record {
        /// Name of the series.
        metric: String,
    },
    /// Alerts, one per series of the result.
    Alert {
        /// `alertname`.
        name: String,
        /// How long the condition must hold, in milliseconds.
        for_ms: i64,
        /// How long the alert fires after the condition has gone, in milliseconds.
        keep_firing_for_ms: i64,
        /// Templates of what a notification says.
        annotations: BTreeMap<String, String>,
    },
}

impl Rule {
    /// The recorded metric or the alert's name.
    pub fn name(&self) -> &str {
        match &self.kind {
            RuleKind::Record { metric } => metric,
            RuleKind::Alert { name, .. } => name,
        }
    }
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    groups: Option<Vec<Spanned<RawGroup>>>,
}

#[derive(Deserialize)]
struct RawGroup {
    name: Option<String>,
    interval: Option<Spanned<String>>,
    #[serde(default)]
    limit: u64,
    query_offset: Option<Spanned<String>>,
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
    #[serde(default)]
    rules: Option<Vec<Spanned<RawRule>>>,
}

#[derive(Deserialize)]
struct RawRule {
    record: Option<String>,
    alert: Option<String>,
    expr: Option<Spanned<String>>,
    r#for: Option<Spanned<String>>,
    keep_firing_for: Option<Spanned<String>>,
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

/// Reads a rule file; `file` is only for messages.
///
/// # Errors
/// All problems of the text.
pub fn parse(file: &Path, text: &str) -> Result<RuleFile, Vec<Problem>> {
    let (found, problems) = read(file, text);
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

/// Reads as many rules of a file as can be read, and everything that is wrong with it.
///
/// Prometheus reads the first document of a file and no other: what stands in others is told by name.
pub fn read(file: &Path, text: &str) -> (RuleFile, Vec<Problem>) {
    let documents = documents::split(text);
    let first = documents.first().map(String::as_str).unwrap_or_default();
    let (found, mut problems) = document(file, first);
    if let [_, second, ..] = &documents[..] {
        let lost =
            documents[1..].iter().flat_map(|document| self::document(file, document).0.groups);
        let lost: Vec<String> =
            lost.flat_map(|group| group.rules).map(|rule| rule.name().to_owned()).collect();
        let line = documents::first_line(second);
        let message = "a second YAML document: Prometheus loads the first of a rule file and ignores the others";
        problems.push(Problem::new(Code::SecondDocument, file, line, message).remedy(
            match &lost[..] {
                [] => "remove it".to_owned(),
                lost => format!("one file for each; never loaded: {}", lost.join(", ")),
            },
        ));
    }
    (found, problems)
}

fn document(file: &Path, text: &str) -> (RuleFile, Vec<Problem>) {
    let empty = RuleFile { file: file.to_owned(), groups: Vec::new() };
    let mut problems = keys::of_rules(file, text);
    let object = prom::document::tree(text).ok().and_then(|root| root.get("spec").cloned());
    if object.is_some() {
        // Already told: nothing of it is loaded.
        return (empty, problems);
    }
    let raw: Option<Raw> = match yaml::parse(file, text) {
        Ok(raw) => raw,
        Err(found) => {
            problems.extend(found);
            return (empty, problems);
        }
    };
    let raw = raw.unwrap_or(Raw { groups: None });
    let mut groups: Vec<RuleGroup> = Vec::new();
    for Spanned { value: raw, referenced, .. } in raw.groups.unwrap_or_default() {
        let line = yaml::line(&referenced);
        let name = raw.name.unwrap_or_default();
        if name.is_empty() {
            problems.push(Problem::new(Code::MissingKey, file, line, "rule group without name"));
        } else if groups.iter().any(|group| group.name == name) {
            problems.push(Problem::new(
                Code::DuplicateGroup,
                file,
                line,
                format!("second group with the name {name:?}"),
            ));
        }
        let interval_ms = yaml::duration_ms(file, raw.interval.as_ref(), "interval", &mut problems);
        let query_offset_ms =
            yaml::duration_ms(file, raw.query_offset.as_ref(), "query_offset", &mut problems);
        let rules = raw.rules.unwrap_or_default();
        groups.push(RuleGroup {
            line,
            name,
            interval_ms: interval_ms.filter(|millis| *millis > 0),
            limit: raw.limit,
            query_offset_ms,
            labels: raw.labels.unwrap_or_default(),
            rules: rules.into_iter().filter_map(|raw| rule(file, raw, &mut problems)).collect(),
        });
    }
    problems.sort_by_key(|problem| problem.line);
    (RuleFile { file: file.to_owned(), groups }, problems)
}

fn rule(file: &Path, raw: Spanned<RawRule>, problems: &mut Vec<Problem>) -> Option<Rule> {
    let line = yaml::line(&raw.referenced);
    let raw = raw.value;
    let for_ms = yaml::duration_ms(file, raw.r#for.as_ref(), "for", problems);
    let keep_ms =
        yaml::duration_ms(file, raw.keep_firing_for.as_ref(), "keep_firing_for", problems);
    let annotations = raw.annotations.unwrap_or_default();
    let mut problem = |code, message: String| {
        problems.push(Problem::new(code, file, line, message));
    };
    let not_empty = |text: &String| !text.is_empty();
    let kind = match (raw.record.filter(not_empty), raw.alert.filter(not_empty)) {
        (Some(metric), None) => {
            if for_ms.is_some() || keep_ms.is_some() || !annotations.is_empty() {
                problem(
                    Code::MisplacedKey,
                    format!(
                        "recording rule {metric:?} has for, keep_firing_for or annotations, which only alerts have"
                    ),
                );
            }
            RuleKind::Record { metric }
        }
        (None, Some(name)) => RuleKind::Alert {
            name,
            for_ms: for_ms.unwrap_or(0),
            keep_firing_for_ms: keep_ms.unwrap_or(0),
            annotations,
        },
        (Some(_), Some(_)) => {
            problem(Code::NotExactlyOne, "rule has both record and alert".to_owned());
            return None;
        }
        (None, None) => {
            problem(Code::NotExactlyOne, "rule has neither record nor alert".to_owned());
            return None;
        }
    };
    let mut rule = Rule {
        line,
        kind,
        expr: String::new(),
        expr_line: None,
        labels: raw.labels.unwrap_or_default(),
    };
    let expr = raw.expr.filter(|expr| !expr.value.trim().is_empty());
    match expr {
        Some(Spanned { value, referenced, .. }) => {
            rule.expr = value;
            rule.expr_line = yaml::line(&referenced);
            if nesting::exceeds(&rule.expr) {
                problem(
                    Code::NestedTooDeeply,
                    format!("expr of rule {:?} has {}", rule.name(), nesting::REMEDY),
                );
            }
        }
        None => {
            problem(Code::MissingKey, format!("rule {:?} has no expr", rule.name()));
            return None;
        }
    }
    Some(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_keep_order_durations_labels_and_lines() {
        let text = r"groups:
- name: slo
  interval: 2m
  limit: 10
  query_offset: 1m
  labels: { team: a }
  rules:
  - record: module:operations:rate5m
    expr: sum by (module) (rate(x[5m]))
    labels: { tier: '1' }
  - alert: ModuleDown
    expr: |
      up == 0
    for: 1m
    keep_firing_for: 1h30m
    labels: { severity: critical }
    annotations: { summary: '{{ $labels.module }} is down' }
- name: empty
";
        let file = parse(Path::new("r.yml"), text).unwrap();
        let group = &file.groups[0];
        assert_eq!((group.line, group.interval_ms, group.limit), (Some(2), Some(120_000), 10));
        assert_eq!((group.query_offset_ms, group.labels["team"].as_str()), (Some(60_000), "a"));
        let [record, alert] = group.rules.as_slice() else { panic!("two rules") };
        assert_eq!(record.kind, RuleKind::Record { metric: "module:operations:rate5m".into() });
        assert_eq!((record.line, record.labels["tier"].as_str()), (Some(8), "1"));
        assert_eq!(
            (alert.name(), alert.expr.as_str(), alert.expr_line),
            ("ModuleDown", "up == 0\n", Some(13))
        );
        let RuleKind::Alert { for_ms, keep_firing_for_ms, annotations, .. } = &alert.kind else {
            panic!("an alert")
        };
        assert_eq!((*for_ms, *keep_firing_for_ms), (60_000, 5_400_000));
        assert_eq!(annotations["summary"], "{{ $labels.module }} is down");
        assert_eq!((file.groups[1].interval_ms, file.groups[1].rules.len()), (None, 0));
    }

    #[test]
    fn bad_files_are_reported_whole_with_file_and_line() {
        let text = "groups:
- rules: []
- name: a
  interval: 1x
  rules:
  - expr: up
  - record: a
    alert: b
    expr: up
  - record: c
    expr: up
    for: 1m
  - alert: d
    expr: ' '
    for: soon
- name: a
";
        let problems = parse(Path::new("r.yml"), text).unwrap_err();
        let shown: Vec<_> = problems.iter().map(ToString::to_string).collect();
        let grammar = "expected for example \"15s\", \"1h30m\" or \"500ms\"";
        let expected = [
            "r.yml:2: rule group without name".to_owned(),
            format!("r.yml:4: interval: not a duration: \"1x\"; {grammar}"),
            "r.yml:6: rule has neither record nor alert".to_owned(),
            "r.yml:7: rule has both record and alert".to_owned(),
            "r.yml:10: recording rule \"c\" has for, keep_firing_for or annotations, which only alerts have".to_owned(),
            "r.yml:13: rule \"d\" has no expr".to_owned(),
            format!("r.yml:15: for: not a duration: \"soon\"; {grammar}"),
            "r.yml:16: second group with the name \"a\"".to_owned(),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn an_expression_that_nests_too_deep_is_refused() {
        let deep = "-".repeat(nesting::MOST + 1);
        let text = format!("groups:\n- name: a\n  rules:\n  - {{ alert: A, expr: '{deep}up' }}\n");
        let problems = parse(Path::new("r.yml"), &text).unwrap_err();
        let [problem] = &problems[..] else { panic!("{problems:?}") };
        assert_eq!(
            problem.to_string(),
            format!("r.yml:4: expr of rule \"A\" has {}", nesting::REMEDY)
        );
    }
}
