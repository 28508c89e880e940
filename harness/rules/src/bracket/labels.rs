//! Which labels the series of a leaf have, and which ones the element of the whole has then.
//!
//! Values come from the matchers; labels that are grouped or matched by get invented ones. Recorded series have the
//! labels that their rule gives them, and no others. Knows no levels but those that decide between branches.

use std::collections::{BTreeMap, BTreeSet};

use monitoring::recorded::RecordedLabels;

use super::node::{Leaf, Levels, Model, Node};
use prom::promql::{
    LabelMatcher, MatchOperator,
    operator::{Grouping, Join, SetOperation, Side},
};

/// Label names and values, `__name__` among them where there is one.
pub(super) type LabelMap = BTreeMap<String, String>;

/// Values that are invented, for labels whose values people know.
const EXAMPLES: [(&str, [&str; 2]); 6] = [
    ("module", ["prompt-manager", "llm-provider"]),
    ("provider", ["openai", "anthropic"]),
    ("model", ["gpt-4o", "claude-sonnet"]),
    ("instance", ["10.0.0.1:9090", "10.0.0.2:9090"]),
    ("job", ["prompt-manager", "llm-provider"]),
    ("severity", ["high", "low"]),
];

/// Labels that every scraped series has.
const SCRAPED: [&str; 2] = ["instance", "job"];

/// What decides about labels besides the expression.
#[derive(Clone, Debug, Default)]
pub(super) struct Naming {
    /// Labels that the rule's templates read.
    pub(super) templates: BTreeSet<String>,
    pub(super) recorded: RecordedLabels,
}

/// One of two sets of values for labels that tell alerts apart.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    pub(super) nth: usize,
    /// The labels that differ between groups.
    pub(super) labels: BTreeSet<String>,
    /// The values that matchers of one branch of `or` ask for: what the branch is joined with has them too.
    pub(super) given: LabelMap,
}

/// The values that a branch of `or` asks for by its matchers where no two of its leaves ask for different ones: the
/// first that they list, or the one after it.
pub(super) fn given(model: &Model, branch: &Node, nth: usize) -> LabelMap {
    let mut given: BTreeMap<String, Option<String>> = BTreeMap::new();
    for leaf in branch.leaves() {
        for matcher in &model.leaves[leaf].matchers {
            let value = matcher
                .listed_values()
                .into_iter()
                .flatten()
                .nth(nth)
                .filter(|value| !value.is_empty());
            let known = given.entry(matcher.label().to_owned()).or_insert_with(|| value.clone());
            if *known != value {
                *known = None;
            }
        }
    }
    given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The labels of the leaf's own series; `None` if no value is known that its matchers accept.
pub(super) fn series(
    model: &Model,
    nth: usize,
    naming: &Naming,
    group: &Group,
) -> Option<LabelMap> {
    let leaf = &model.leaves[nth];
    let family: Vec<&Leaf> = model
        .leaves
        .iter()
        .filter(|other| other.names.iter().any(|name| leaf.names.contains(name)))
        .collect();
    let is_told = group.labels.iter().any(|label| leaf.tells(label));
    let name = &leaf.names[if is_told { group.nth % leaf.names.len() } else { 0 }];
    let mut names: BTreeSet<&str> = leaf.wanted.iter().map(String::as_str).collect();
    for relative in &family {
        names.extend(relative.matchers.iter().map(LabelMatcher::label));
        names.extend(relative.wanted.iter().map(String::as_str));
    }
    match naming.recorded.get(name) {
        Some(known) => names = known.iter().map(String::as_str).collect(),
        None => {
            names.extend(naming.templates.iter().map(String::as_str));
            names.extend(SCRAPED);
        }
    }
    let mut labels = LabelMap::from([("__name__".to_owned(), name.clone())]);
    for label in names {
        let differs = group.labels.contains(label) && leaf.tells(label);
        let nth = if differs { group.nth } else { 0 };
        let value = value(label, nth, leaf, &family, group.given.get(label))?;
        if !value.is_empty() {
            labels.insert(label.to_owned(), value);
        }
    }
    Some(labels)
}

/// A value of `label` that the leaf's matchers accept, and if possible none of those of other leaves.
fn value(
    label: &str,
    nth: usize,
    leaf: &Leaf,
    family: &[&Leaf],
    given: Option<&String>,
) -> Option<String> {
    let of = |leaf: &Leaf| -> Vec<LabelMatcher> {
        leaf.matchers.iter().filter(|matcher| matcher.label() == label).cloned().collect()
    };
    let own = of(leaf);
    let others = family.iter().flat_map(|relative| of(relative));
    let others: Vec<LabelMatcher> = others.filter(|matcher| !own.contains(matcher)).collect();
    let mut listed: Vec<String> =
        own.iter().flat_map(LabelMatcher::listed_values).flatten().collect();
    if !listed.is_empty() {
        let turn = nth % listed.len();
        listed.rotate_left(turn);
    }
    let known = EXAMPLES.iter().find(|(name, _)| *name == label).map(|(_, values)| *values);
    let mut invented = known.map_or_else(Vec::new, |values| values.map(str::to_owned).to_vec());
    invented.extend(["a", "b"].map(|letter| format!("{label}-{letter}")));
    let turn = nth % invented.len();
    invented.rotate_left(turn);
    let excluded = others.iter().filter(|matcher| {
        matches!(matcher.operator(), MatchOperator::NotEqual | MatchOperator::NotRegex)
    });
    let numbers = ["1", "200", "500"].map(str::to_owned);
    // A selector of the same metric that asks for the value has series of its own with it.
    let given = given.filter(|_| own.is_empty() && others.is_empty()).cloned();
    let mut candidates: Vec<String> = given.into_iter().chain(listed).chain(invented).collect();
    candidates.extend(excluded.map(|matcher| matcher.value().to_owned()).filter(|v| !v.is_empty()));
    candidates.extend(numbers);
    candidates.push(String::new());
    candidates.retain(|value| own.iter().all(|matcher| matcher.accepts(value)));
    let apart = |value: &&String| others.iter().all(|matcher| !matcher.accepts(value));
    candidates.iter().find(apart).or(candidates.first()).cloned()
}

/// Whether the leaf selects a series.
pub(super) fn selects(leaf: &Leaf, labels: &LabelMap) -> bool {
    let value = |name: &str| labels.get(name).map_or("", String::as_str);
    leaf.names.iter().any(|name| name == value("__name__"))
        && leaf.matchers.iter().all(|matcher| matcher.accepts(value(matcher.label())))
}

/// The labels of the elements that the whole yields: one for each branch of `or` that has labels of its own.
pub(super) fn elements(node: &Node, levels: &Levels, series: &[LabelMap]) -> Vec<LabelMap> {
    if node.eval(levels).is_none() {
        return Vec::new();
    }
    let regrouped = |inner: &Node, grouping: &Grouping| {
        let mut found = elements(inner, levels, series);
        for labels in &mut found {
            labels.retain(|name, _| grouping.keeps(name));
        }
        found.sort();
        found.dedup();
        found
    };
    match node {
        Node::Number(_) => vec![LabelMap::new()],
        Node::Leaf(leaf) => {
            let mut labels = series[*leaf].clone();
            labels.remove("__name__");
            vec![labels]
        }
        Node::Grouped(inner, grouping) | Node::Counted(inner, grouping) => {
            regrouped(inner, grouping)
        }
        Node::Arithmetic { lhs, rhs, join, .. } => matched(lhs, rhs, join.as_ref(), levels, series),
        Node::Compare(compare) => {
            matched(&compare.lhs, &compare.rhs, compare.join.as_ref(), levels, series)
        }
        Node::Set { op: SetOperation::Or, lhs, rhs, join, .. } => {
            let mut found = elements(lhs, levels, series);
            let known: Vec<LabelMap> =
                found.iter().map(|labels| key(labels, join.as_ref())).collect();
            let others = elements(rhs, levels, series);
            found.extend(others.into_iter().filter(|l| !known.contains(&key(l, join.as_ref()))));
            found
        }
        Node::Set { lhs, .. } => elements(lhs, levels, series),
        Node::Absent(_, labels) => vec![labels.clone()],
    }
}

/// The labels by which operands are matched, which are all of them where one side has many.
fn key(labels: &LabelMap, join: Option<&Join>) -> LabelMap {
    let mut key = labels.clone();
    if let Some(Join { matching, many: None }) = join {
        key.retain(|name, _| matching.keeps(name));
    }
    key
}

fn matched(
    lhs: &Node,
    rhs: &Node,
    join: Option<&Join>,
    levels: &Levels,
    series: &[LabelMap],
) -> Vec<LabelMap> {
    let (left, right) = (elements(lhs, levels, series), elements(rhs, levels, series));
    let with = |many: Vec<LabelMap>, one: &[LabelMap], included: &[String]| {
        let one = one.first().cloned().unwrap_or_default();
        let extended = many.into_iter().map(|mut labels| {
            for name in included {
                match one.get(name) {
                    Some(value) => labels.insert(name.clone(), value.clone()),
                    None => labels.remove(name),
                };
            }
            labels
        });
        extended.collect()
    };
    match join {
        None if lhs.is_constant() => right,
        None => left,
        Some(Join { many: None, .. }) => left.iter().map(|labels| key(labels, join)).collect(),
        Some(Join { many: Some((Side::Left, included)), .. }) => with(left, &right, included),
        Some(Join { many: Some((Side::Right, included)), .. }) => with(right, &left, included),
    }
}
