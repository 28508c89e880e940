//! Which labels recorded series have, from the expressions of their rules.
//!
//! Only what is certain: a metric of which one label might be missing here is not listed at all.

use std::collections::{BTreeMap, BTreeSet};

use prom::promql::{
    Expr,
    labels::{LabelNames, label_names},
};

use crate::{RuleFile, RuleKind};

/// The label names of every recorded metric, where they are known.
pub type RecordedLabels = BTreeMap<String, BTreeSet<String>>;

/// The label names of every recorded metric of `files` of which all are known.
#[must_use]
pub fn recorded_labels(files: &[RuleFile]) -> RecordedLabels {
    let mut known = RecordedLabels::new();
    let rules = || files.iter().flat_map(|file| &file.groups).flat_map(|group| &group.rules);
    // Rules may read each other in any order of files: each round learns from the last one.
    loop {
        let mut found: BTreeMap<String, Option<BTreeSet<String>>> = BTreeMap::new();
        for rule in rules() {
            let RuleKind::Record { metric } = &rule.kind else { continue };
            let labels = Expr::parse(&rule.expr).ok().and_then(|expr| labels_of(&expr, &known));
            let labels = labels.map(|mut labels| {
                labels.extend(rule.labels.keys().cloned());
                labels
            });
            let entry = found.entry(metric.clone()).or_insert_with(|| Some(BTreeSet::new()));
            *entry = match (entry.take(), labels) {
                (Some(before), Some(labels)) => Some(before.union(&labels).cloned().collect()),
                _ => None,
            };
        }
        let found: RecordedLabels =
            found.into_iter().filter_map(|(metric, labels)| Some((metric, labels?))).collect();
        if found == known {
            return known;
        }
        known = found;
    }
}

/// The label names of an expression's elements, as far as those of recorded series tell; `None` where they do not.
#[must_use]
pub fn labels_of(expr: &Expr, known: &RecordedLabels) -> Option<LabelNames> {
    label_names(expr, &|selector| known.get(selector.metric.as_ref()?).cloned())
}
