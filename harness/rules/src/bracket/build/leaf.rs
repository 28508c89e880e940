//! A selector as a leaf: its metrics, matchers, window and offset; one leaf for the same selector read the same way.

use prom::promql::{LabelMatcher, expr::Selector};

use super::{BuildError, Builder, Scope};
use crate::bracket::node::{Leaf, LeafKind};

impl Builder {
    pub(super) fn leaf(
        &mut self,
        selector: &Selector,
        kind: LeafKind,
        window: Option<i64>,
        text: String,
        scope: &Scope,
    ) -> Result<usize, BuildError> {
        if selector.at.is_some() || !selector.alternatives.is_empty() {
            return Err(BuildError::Part { part: selector.to_string() });
        }
        let (on_name, matchers): (Vec<LabelMatcher>, Vec<LabelMatcher>) =
            selector.matchers.iter().cloned().partition(|m| m.label() == "__name__");
        let names = match (&selector.metric, &on_name[..]) {
            (Some(name), _) => Some(vec![name.clone()]),
            (None, [only]) => only.listed_values(),
            _ => None,
        };
        let names = names.filter(|names| !names.is_empty());
        let names = names.ok_or_else(|| BuildError::Metric { selector: selector.to_string() })?;
        let offset_ms = selector.offset_ms.unwrap_or(0);
        if offset_ms < 0 {
            return Err(BuildError::Part { part: selector.to_string() });
        }
        let known = self.leaves.iter_mut().enumerate().find(|(_, leaf)| {
            leaf.names == names
                && leaf.offset_ms == offset_ms
                && leaf.kind == kind
                && leaf.matchers == matchers
                && leaf.summed == scope.summed
        });
        if let Some((nth, leaf)) = known {
            leaf.windows.extend(window);
            leaf.wanted.extend(scope.wanted.iter().cloned());
            leaf.visible = match (leaf.visible.take(), &scope.visible) {
                (None, other) => other.clone(),
                (Some(one), None) => Some(one),
                (Some(one), Some(other)) => Some(one.intersection(other).cloned().collect()),
            };
            return Ok(nth);
        }
        self.leaves.push(Leaf {
            text,
            names,
            matchers,
            kind,
            windows: window.into_iter().collect(),
            offset_ms,
            wanted: scope.wanted.clone(),
            summed: scope.summed,
            visible: scope.visible.clone(),
        });
        Ok(self.leaves.len() - 1)
    }
}
