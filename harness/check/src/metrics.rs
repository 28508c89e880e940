//! Checks of names: used but never emitted, emitted but never used.

use std::collections::BTreeSet;

use super::Subject;
use super::catalogue::SeriesKind;
use monitoring::RuleKind;
use prom::nearest::edits;
use prom::problem::{Code, Problem};
use prom::promql::MetricNames;

/// Metrics that people and tools look at without any dashboard.
fn is_read_by_hand(name: &str) -> bool {
    name.ends_with("_build_info") || name.starts_with("process_")
}

/// Names that nobody emits or records, and names that nobody uses.
pub(super) fn used_and_emitted(subject: &Subject<'_>) -> Vec<Problem> {
    let catalogue = &subject.catalogue;
    let mut problems = Vec::new();
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for expression in &subject.expressions {
        for selector in expression.selectors() {
            let selected = catalogue.selected(&selector.metrics);
            match &selector.metrics {
                MetricNames::Listed(names) => {
                    for name in names {
                        if !catalogue.series.contains_key(name) && !catalogue.is_foreign(name) {
                            let problem = expression
                                .problem(Code::UnknownMetric, &format!("{name} is never emitted"));
                            problems.push(match nearest(subject, name) {
                                Some(near) => problem.remedy(format!("{near} is")),
                                None => problem,
                            });
                        }
                    }
                }
                MetricNames::Pattern(matchers) if !matchers.is_empty() => {
                    if selected.is_empty() {
                        let message = format!("no metric that is emitted matches {matchers:?}");
                        problems.push(expression.problem(Code::NoMetricMatches, &message));
                    }
                }
                // A selector without any name uses no metric in particular.
                MetricNames::Pattern(_) | MetricNames::Variable => continue,
            }
            used.extend(selected.into_iter().map(|(name, _)| name));
        }
    }
    problems.extend(never_used(subject, &used));
    problems
}

fn never_used(subject: &Subject<'_>, used: &BTreeSet<&str>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let families: BTreeSet<&str> =
        used.iter().filter_map(|name| subject.catalogue.series[*name].family).collect();
    for name in subject.inputs.emitted.metrics.keys() {
        if !families.contains(name.as_str()) && !is_read_by_hand(name) {
            let message = format!("{name} is emitted but no panel, variable or rule uses it");
            problems.push(Problem::new(
                Code::UnusedMetric,
                &subject.inputs.emitted.source,
                None,
                message,
            ));
        }
    }
    for file in subject.inputs.rules {
        for rule in file.groups.iter().flat_map(|group| &group.rules) {
            let recorded = matches!(rule.kind, RuleKind::Record { .. });
            if recorded && !used.contains(rule.name()) {
                let message =
                    format!("{} is recorded but no panel, variable or rule uses it", rule.name());
                problems.push(Problem::new(Code::UnusedRecording, &file.file, rule.line, message));
            }
        }
    }
    problems
}

/// The name that a person most likely meant: that of the histogram's series, the
/// counter's with or without suffix, or one that differs by at most three letters.
fn nearest(subject: &Subject<'_>, name: &str) -> Option<String> {
    let series = &subject.catalogue.series;
    for suffix in ["_bucket", "_total"] {
        let with = format!("{name}{suffix}");
        if series.contains_key(&with) {
            return Some(with);
        }
    }
    if let Some(base) = name.strip_suffix("_total").filter(|base| series.contains_key(*base)) {
        return Some(base.to_owned());
    }
    let emitted = series
        .iter()
        .filter(|(_, series)| series.kind != SeriesKind::Computed || name.contains(':'));
    let by_distance = emitted.map(|(known, _)| (edits(name, known), known));
    by_distance.filter(|(distance, _)| *distance <= 3).min().map(|(_, known)| known.clone())
}
