//! What a campaign has to store: the recording rules that the alerts read, and the series that both select.
//!
//! Read off the expressions, from the alerts down through the recording rules. Nothing here is simulated or asked.

use std::{collections::BTreeSet, sync::Arc};

use monitoring::{RuleFile, RuleKind};
use prom::promql::{self, LabelMatcher, MetricNames, RangeWindow, SelectorUse, Step};
use proof::backfill::SeriesFilter;

/// What the asked alerts read, directly or through recording rules.
#[derive(Clone, Debug)]
pub struct Needs {
    /// Recording rules by the metric that they record.
    pub records: BTreeSet<String>,
    /// Everything that is selected from outside of the rules.
    selectors: Arc<Vec<SelectorUse>>,
    /// How far any rule looks back, in milliseconds: the longest chain of windows, offsets and subqueries.
    pub reach_ms: i64,
    /// The shortest window of any of them, in milliseconds.
    pub shortest_window_ms: Option<i64>,
}

/// Longer than the age at which a sample no longer counts.
const LOOKBACK_MS: i64 = 300_000;

impl Needs {
    /// What the alert rules of `files` with `wanted` names read.
    #[must_use]
    pub fn of(files: &[RuleFile], wanted: impl Fn(&str) -> bool) -> Needs {
        let rules = files.iter().flat_map(|file| &file.groups).flat_map(|group| &group.rules);
        let alerts = rules.filter(|rule| !is_record(&rule.kind) && wanted(rule.name()));
        Needs::reading(files, alerts.map(|rule| rule.expr.as_str()).collect())
    }

    /// What `exprs` read, with the recording rules of `files`; one that does not parse reads nothing.
    #[must_use]
    pub fn reading(files: &[RuleFile], exprs: Vec<&str>) -> Needs {
        let groups = files.iter().flat_map(|file| &file.groups);
        let all: Vec<_> = groups.flat_map(|group| &group.rules).collect();
        let asked = exprs.clone();
        let mut waiting = exprs;
        let mut records = BTreeSet::new();
        let mut found: Vec<SelectorUse> = Vec::new();
        while let Some(expr) = waiting.pop() {
            for selector in promql::selectors(expr).unwrap_or_default() {
                for rule in all.iter().filter(|rule| is_record(&rule.kind)) {
                    if selects(&selector, rule.name()) && records.insert(rule.name().to_owned()) {
                        let same = all
                            .iter()
                            .filter(|other| is_record(&other.kind) && other.name() == rule.name());
                        waiting.extend(same.map(|rule| rule.expr.as_str()));
                    }
                }
                found.push(selector);
            }
        }
        let exprs = |name: &str| {
            let same = all.iter().filter(|rule| is_record(&rule.kind) && rule.name() == name);
            same.map(|rule| rule.expr.clone()).collect::<Vec<_>>()
        };
        let reach_ms = asked.iter().map(|expr| reach_ms(expr, &records, &exprs, records.len()));
        Needs {
            reach_ms: LOOKBACK_MS + reach_ms.max().unwrap_or(0),
            records,
            shortest_window_ms: found.iter().filter_map(window_ms).min(),
            selectors: Arc::new(found),
        }
    }

    /// Whether a series with these labels is read.
    #[must_use]
    pub fn reads(&self) -> SeriesFilter {
        let selectors = Arc::clone(&self.selectors);
        Arc::new(move |labels| {
            let of = |name: &str| {
                let found = labels.binary_search_by(|(label, _)| label.as_str().cmp(name));
                found.map_or("", |at| labels[at].1.as_str())
            };
            selectors.iter().any(|selector| {
                selects(selector, of("__name__"))
                    && selector.matchers.iter().all(|m: &LabelMatcher| m.accepts(of(m.label())))
            })
        })
    }
}

fn is_record(kind: &RuleKind) -> bool {
    matches!(kind, RuleKind::Record { .. })
}

fn selects(selector: &SelectorUse, metric: &str) -> bool {
    match &selector.metrics {
        MetricNames::Listed(_) | MetricNames::Pattern(_) => selector.metrics.may_select(metric),
        MetricNames::Variable => false,
    }
}

fn window_ms(selector: &SelectorUse) -> Option<i64> {
    match selector.window {
        Some(RangeWindow::Fixed(millis)) => Some(millis),
        _ => None,
    }
}

/// How far an expression looks back: a chain of rules as far as all its links together.
fn reach_ms(
    expr: &str,
    records: &BTreeSet<String>,
    exprs: &impl Fn(&str) -> Vec<String>,
    depth: usize,
) -> i64 {
    let selectors = promql::selectors(expr).unwrap_or_default();
    let of = |selector: &SelectorUse| {
        let subqueries = selector.path.iter().map(|step| match step {
            Step::Subquery(RangeWindow::Fixed(millis)) => *millis,
            _ => 0,
        });
        let own =
            window_ms(selector).unwrap_or(0) + selector.offset_ms.max(0) + subqueries.sum::<i64>();
        let read = records.iter().filter(|record| 0 < depth && selects(selector, record));
        let below = read.flat_map(|record| exprs(record));
        let below = below.map(|expr| reach_ms(&expr, records, exprs, depth - 1)).max();
        own + below.map_or(0, |below| below + LOOKBACK_MS)
    };
    selectors.iter().map(of).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const RULES: &str = "groups:
- name: g
  rules:
  - { record: 'a:b', expr: 'sum(rate(x_total{k=\"v\"}[5m]))' }
  - { record: 'c:d', expr: 'rate(y_total[3d])' }
  - { alert: A, expr: 'a:b > 1' }
  - { alert: B, expr: 'c:d offset 1h > 1' }
";

    fn label(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn alerts_need_what_their_recording_rules_read() {
        let file = monitoring::rules::parse(Path::new("r.yml"), RULES).unwrap();
        let needs = Needs::of(&[file], |name| name == "A");
        assert_eq!(needs.records, BTreeSet::from(["a:b".to_owned()]));
        let reads = needs.reads();
        assert!(reads(&label(&[("__name__", "x_total"), ("k", "v"), ("z", "")])));
        assert!(!reads(&label(&[("__name__", "x_total"), ("k", "w")])));
        assert!(!reads(&label(&[("__name__", "y_total"), ("k", "v")])));
        assert_eq!(needs.shortest_window_ms, Some(300_000));
    }

    #[test]
    fn the_reach_is_that_of_the_longest_window() {
        let file = monitoring::rules::parse(Path::new("r.yml"), RULES).unwrap();
        let needs = Needs::of(&[file], |_| true);
        assert_eq!(needs.reach_ms, 3 * 86_400_000 + 3_600_000 + 2 * LOOKBACK_MS);
    }
}
