//! A selector as a leaf: its metrics, matchers, window and offset; one leaf for the same selector read the same way.

use promql_parser::{
    label::{MatchOp, Matcher},
    parser::{Offset, VectorSelector},
};

use super::{BuildError, Builder, Scope, millis};
use prom::promql::alternatives;

use crate::bracket::node::{Leaf, LeafKind};

impl Builder {
    pub(super) fn leaf(
        &mut self,
        selector: &VectorSelector,
        kind: LeafKind,
        window: Option<i64>,
        text: String,
        scope: &Scope,
    ) -> Result<usize, BuildError> {
        if selector.at.is_some() || !selector.matchers.or_matchers.is_empty() {
            return Err(BuildError::Part { part: selector.to_string() });
        }
        let (on_name, matchers): (Vec<Matcher>, Vec<Matcher>) =
            selector.matchers.matchers.iter().cloned().partition(|m| m.name == "__name__");
        let names = match (&selector.name, &on_name[..]) {
            (Some(name), _) => Some(vec![name.clone()]),
            (None, [only]) if matches!(only.op, MatchOp::Equal) => Some(vec![only.value.clone()]),
            (None, [only]) if matches!(only.op, MatchOp::Re(_)) => alternatives(&only.value),
            _ => None,
        };
        let names = names.filter(|names| !names.is_empty());
        let names = names.ok_or_else(|| BuildError::Metric { selector: selector.to_string() })?;
        let offset_ms = match &selector.offset {
            Some(Offset::Pos(offset)) => millis(*offset),
            Some(Offset::Neg(_)) => return Err(BuildError::Part { part: selector.to_string() }),
            None => 0,
        };
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
