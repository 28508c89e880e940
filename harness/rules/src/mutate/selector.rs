//! Mistakes in selectors: window, matchers, metric, offset.
//!
//! Called by the walk for instant and range selectors and for subqueries. It must not know what is
//! around them.

use std::collections::BTreeSet;

use prom::promql::{
    LabelMatcher, MatchOperator,
    expr::{Expr, RangeSelector, Selector, Subquery},
    print::duration,
};

use super::site::Site;
use super::{Edit, Metric, MutantKind};

const FIVE_MINUTES: i64 = 300_000;

pub(super) fn instant_edits(selector: &Selector, site: Site<'_>) -> Vec<Edit> {
    vector_edits(selector, site, Expr::Select)
}

pub(super) fn range_edits(range: &RangeSelector, site: Site<'_>) -> Vec<Edit> {
    let with_window = |window_ms| Expr::Range(RangeSelector { window_ms, ..range.clone() });
    let with_selector = |selector| Expr::Range(RangeSelector { selector, ..range.clone() });
    let mut edits = window_edits(range.window_ms, site, with_window);
    edits.extend(vector_edits(&range.selector, site, with_selector));
    edits
}

pub(super) fn subquery_edits(subquery: &Subquery, site: Site<'_>) -> Vec<Edit> {
    window_edits(subquery.window_ms, site, |window_ms| {
        Expr::Subquery(Subquery { window_ms, ..subquery.clone() })
    })
}

fn window_edits(window_ms: i64, site: Site<'_>, with: impl Fn(i64) -> Expr) -> Vec<Edit> {
    let (value, is_variable) = site.placeholders.value(window_ms);
    let mut windows = vec![("doubled", value * 2), ("halved", value / 2)];
    if is_variable {
        let fixed = if value == FIVE_MINUTES { FIVE_MINUTES * 2 } else { FIVE_MINUTES };
        windows.push(("fixed", fixed));
    }
    let written = duration(window_ms);
    windows
        .into_iter()
        .map(|(how, window)| {
            let description = format!("window {written} {how}: {}", duration(window));
            Edit::new(MutantKind::Window, description, with(window))
        })
        .collect()
}

fn vector_edits(selector: &Selector, site: Site<'_>, with: impl Fn(Selector) -> Expr) -> Vec<Edit> {
    let metrics = metrics(selector, site);
    let mut edits = Vec::new();
    for (position, matcher) in selector.matchers.iter().enumerate() {
        edits.extend(matcher_edits(matcher, &metrics).into_iter().map(
            |(how, replacement, equivalent)| {
                let mut mutant = selector.clone();
                mutant.matchers.splice(position..=position, replacement);
                Edit {
                    equivalent,
                    ..Edit::new(
                        MutantKind::Matcher,
                        format!("matcher {matcher} {how}"),
                        with(mutant),
                    )
                }
            },
        ));
    }
    if let Some(name) = &selector.metric {
        let siblings = metrics.iter().flat_map(|metric| &metric.siblings);
        edits.extend(siblings.map(|sibling| {
            let mutant = Selector { metric: Some(sibling.clone()), ..selector.clone() };
            Edit::new(MutantKind::Metric, format!("metric {name} becomes {sibling}"), with(mutant))
        }));
    }
    let (how, offset_ms) = match selector.offset_ms {
        Some(_) => ("dropped", None),
        None => ("5m added", Some(FIVE_MINUTES)),
    };
    let mutant = Selector { offset_ms, ..selector.clone() };
    edits.push(Edit::new(MutantKind::Offset, format!("offset {how}"), with(mutant)));
    edits
}

/// What could have been written instead of a matcher: words, replacement, and why it is equivalent.
fn matcher_edits(
    matcher: &LabelMatcher,
    metrics: &[&Metric],
) -> Vec<(String, Option<LabelMatcher>, Option<&'static str>)> {
    let matches_all = matcher.operator() == MatchOperator::Regex && matcher.value() == ".*";
    let reason = matches_all.then_some("the matcher matches every series");
    let negated = matcher.negated();
    let mut edits = vec![
        ("dropped".to_owned(), None, reason),
        (format!("negated: {negated}"), Some(negated), None),
    ];
    edits.extend(
        other_values(matcher, metrics)
            .into_iter()
            .map(|other| (format!("becomes {other}"), Some(other), None)),
    );
    edits
}

/// The matcher with each other value of its label, or its regular expression one alternative short.
fn other_values(matcher: &LabelMatcher, metrics: &[&Metric]) -> Vec<LabelMatcher> {
    let values = if matcher.operator().is_regex() {
        narrowed_regexes(matcher.value())
    } else {
        let known = metrics.iter().find_map(|metric| metric.labels.get(matcher.label()));
        let others = known.into_iter().flatten().filter(|value| *value != matcher.value());
        others.cloned().collect()
    };
    let with = |value: String| LabelMatcher::new(matcher.operator(), matcher.label(), &value).ok();
    values.into_iter().filter_map(with).collect()
}

/// `(a|b)_total` gives `(b)_total` and `(a)_total`. Empty unless there is one flat list of alternatives.
fn narrowed_regexes(regex: &str) -> Vec<String> {
    let (before, list, after) = match (regex.find('('), regex.rfind(')')) {
        (Some(open), Some(close)) if open < close => {
            (&regex[..=open], &regex[open + 1..close], &regex[close..])
        }
        _ => ("", regex, ""),
    };
    let alternatives: Vec<&str> = list.split('|').collect();
    if alternatives.len() < 2
        || list.contains(['(', ')', '[', ']', '\\'])
        || before.contains('|')
        || after.contains('|')
    {
        return Vec::new();
    }
    let without = |dropped: usize| {
        let kept = alternatives.iter().enumerate().filter(|&(position, _)| position != dropped);
        format!(
            "{before}{}{after}",
            kept.map(|(_, &alternative)| alternative).collect::<Vec<_>>().join("|")
        )
    };
    (0..alternatives.len()).map(without).collect()
}

/// The known metrics that a selector may select, by name or by matchers of the name.
pub(super) fn metrics<'a>(selector: &Selector, site: Site<'a>) -> Vec<&'a Metric> {
    let selects = |name: &str| match &selector.metric {
        Some(selected) => selected == name,
        None => selector.written().filter(|m| m.label() == "__name__").all(|m| m.accepts(name)),
    };
    let known = site.context.metrics.iter().filter(|(name, _)| selects(name));
    known.map(|(_, metric)| metric).collect()
}

/// The labels that the selected series can have; `None` where no metric is known.
pub(super) fn labels(selector: &Selector, site: Site<'_>) -> Option<BTreeSet<String>> {
    let metrics = metrics(selector, site);
    let labels = metrics.iter().flat_map(|metric| metric.labels.keys().cloned());
    (!metrics.is_empty()).then(|| labels.collect())
}
