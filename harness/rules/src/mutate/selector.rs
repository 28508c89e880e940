//! Mistakes in selectors: window, matchers, metric, offset.
//!
//! Called by the walk for instant and range selectors and for subqueries. It must not know what is
//! around them.

use std::time::Duration;

use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::token::{T_EQL_REGEX, T_NEQ_REGEX};
use promql_parser::parser::{Expr, MatrixSelector, Offset, SubqueryExpr, VectorSelector};
use promql_parser::util::display_duration;

use super::walk::Site;
use super::{Edit, Metric, MutantKind};

const FIVE_MINUTES: Duration = Duration::from_secs(300);

pub(super) fn instant_edits(selector: &VectorSelector, site: Site<'_>) -> Vec<Edit> {
    vector_edits(selector, site, Expr::VectorSelector)
}

pub(super) fn range_edits(selector: &MatrixSelector, site: Site<'_>) -> Vec<Edit> {
    let with_range = |range| Expr::MatrixSelector(MatrixSelector { range, ..selector.clone() });
    let with_vector = |vs| Expr::MatrixSelector(MatrixSelector { vs, ..selector.clone() });
    let mut edits = window_edits(selector.range, site, with_range);
    edits.extend(vector_edits(&selector.vs, site, with_vector));
    edits
}

pub(super) fn subquery_edits(subquery: &SubqueryExpr, site: Site<'_>) -> Vec<Edit> {
    window_edits(subquery.range, site, |range| {
        Expr::Subquery(SubqueryExpr { range, ..subquery.clone() })
    })
}

fn window_edits(range: Duration, site: Site<'_>, with: impl Fn(Duration) -> Expr) -> Vec<Edit> {
    let (value, is_variable) = site.placeholders.value(range);
    let mut windows = vec![("doubled", value * 2), ("halved", value / 2)];
    if is_variable {
        let fixed = if value == FIVE_MINUTES { FIVE_MINUTES * 2 } else { FIVE_MINUTES };
        windows.push(("fixed", fixed));
    }
    let written = display_duration(&range);
    windows
        .into_iter()
        .map(|(how, window)| {
            let description = format!("window {written} {how}: {}", display_duration(&window));
            Edit::new(MutantKind::Window, description, with(window))
        })
        .collect()
}

fn vector_edits(
    selector: &VectorSelector,
    site: Site<'_>,
    with: impl Fn(VectorSelector) -> Expr,
) -> Vec<Edit> {
    let metrics = metrics(selector, site);
    let mut edits = Vec::new();
    for (position, matcher) in selector.matchers.matchers.iter().enumerate() {
        edits.extend(matcher_edits(matcher, &metrics).into_iter().map(
            |(how, replacement, equivalent)| {
                let mut mutant = selector.clone();
                mutant.matchers.matchers.splice(position..=position, replacement);
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
    if let Some(name) = &selector.name {
        let siblings = metrics.iter().flat_map(|metric| &metric.siblings);
        edits.extend(siblings.map(|sibling| {
            let mutant = VectorSelector { name: Some(sibling.clone()), ..selector.clone() };
            Edit::new(MutantKind::Metric, format!("metric {name} becomes {sibling}"), with(mutant))
        }));
    }
    let (how, offset) = match selector.offset {
        Some(_) => ("dropped", None),
        None => ("5m added", Some(Offset::Pos(FIVE_MINUTES))),
    };
    let mutant = VectorSelector { offset, ..selector.clone() };
    edits.push(Edit::new(MutantKind::Offset, format!("offset {how}"), with(mutant)));
    edits
}

/// What could have been written instead of a matcher: words, replacement, and why it is equivalent.
fn matcher_edits(
    matcher: &Matcher,
    metrics: &[&Metric],
) -> Vec<(String, Option<Matcher>, Option<&'static str>)> {
    let matches_all = matches!(matcher.op, MatchOp::Re(_)) && matcher.value == ".*";
    let reason = matches_all.then_some("the matcher matches every series");
    let negated = match &matcher.op {
        MatchOp::Equal => MatchOp::NotEqual,
        MatchOp::NotEqual => MatchOp::Equal,
        MatchOp::Re(regex) => MatchOp::NotRe(regex.clone()),
        MatchOp::NotRe(regex) => MatchOp::Re(regex.clone()),
    };
    let negated = Matcher { op: negated, ..matcher.clone() };
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
fn other_values(matcher: &Matcher, metrics: &[&Metric]) -> Vec<Matcher> {
    let regex = match matcher.op {
        MatchOp::Equal | MatchOp::NotEqual => {
            let known = metrics.iter().find_map(|metric| metric.labels.get(&matcher.name));
            let others = known.into_iter().flatten().filter(|&value| *value != matcher.value);
            return others
                .map(|value| Matcher { value: value.clone(), ..matcher.clone() })
                .collect();
        }
        MatchOp::Re(_) => T_EQL_REGEX,
        MatchOp::NotRe(_) => T_NEQ_REGEX,
    };
    let narrowed = narrowed_regexes(&matcher.value).into_iter();
    narrowed
        .filter_map(|value| Matcher::new_matcher(regex, matcher.name.clone(), value).ok())
        .collect()
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
pub(super) fn metrics<'a>(selector: &VectorSelector, site: Site<'a>) -> Vec<&'a Metric> {
    let name_matchers = selector.matchers.find_matchers("__name__");
    let selects = |name: &str| match &selector.name {
        Some(selected) => selected == name,
        None => name_matchers.iter().all(|matcher| matcher.is_match(name)),
    };
    site.context
        .metrics
        .iter()
        .filter(|(name, _)| selects(name))
        .map(|(_, metric)| metric)
        .collect()
}
