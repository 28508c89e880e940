//! What must hold in each part of an expression so that the whole yields an element, or none, or hangs on one part.
//!
//! Only says what is wanted; which levels do it is solved elsewhere, and checked there.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::node::Node;
use prom::promql::operator::SetOperation;

/// What a comparison must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// Hold with a margin.
    True,
    /// Not hold, by a margin.
    False,
    /// Have its left operand just there.
    Side(Side),
}

/// Where a number is, seen from the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Just below.
    Below,
    /// Equal.
    At,
    /// Just above.
    Above,
}

impl Side {
    /// All, from below to above.
    pub const ALL: [Side; 3] = [Side::Below, Side::At, Side::Above];

    /// -1, 0 or 1.
    pub(super) fn sign(self) -> f64 {
        match self {
            Self::Below => -1.0,
            Self::At => 0.0,
            Self::Above => 1.0,
        }
    }

    fn mirrored(self) -> Side {
        match self {
            Self::Below => Self::Above,
            Self::At => Self::At,
            Self::Above => Self::Below,
        }
    }
}

impl Want {
    /// The same of the operands exchanged.
    pub(super) fn mirrored(self) -> Want {
        match self {
            Self::Side(side) => Self::Side(side.mirrored()),
            same => same,
        }
    }
}

/// What is wanted of comparisons (by id) and of leaves.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Demands {
    pub(super) compares: BTreeMap<usize, Want>,
    pub(super) absent: BTreeSet<usize>,
}

impl Demands {
    /// That the node yields an element.
    pub(super) fn some(&mut self, node: &Node) {
        match node {
            Node::Number(_) | Node::Leaf(_) => {}
            Node::Grouped(inner, _) | Node::Counted(inner, _) => self.some(inner),
            Node::Arithmetic { lhs, rhs, .. } => {
                self.some(lhs);
                self.some(rhs);
            }
            Node::Compare(compare) => {
                self.compares.insert(compare.id, Want::True);
                self.some(&compare.lhs);
                self.some(&compare.rhs);
            }
            Node::Set { op, lhs, rhs, .. } => {
                self.some(lhs);
                match op {
                    SetOperation::And => self.some(rhs),
                    SetOperation::Or | SetOperation::Unless => self.none(rhs),
                }
            }
            Node::Absent(inner, _) => self.none(inner),
        }
    }

    /// That it yields none.
    pub(super) fn none(&mut self, node: &Node) {
        match node {
            // A number is always there: the check of the whole finds it.
            Node::Number(_) => {}
            Node::Leaf(leaf) => {
                self.absent.insert(*leaf);
            }
            Node::Grouped(inner, _) | Node::Counted(inner, _) => self.none(inner),
            Node::Arithmetic { lhs, rhs, .. } => {
                if lhs.is_constant() {
                    self.none(rhs);
                } else {
                    self.none(lhs);
                    self.some(rhs);
                }
            }
            Node::Compare(compare) => {
                self.compares.insert(compare.id, Want::False);
                self.some(&compare.lhs);
                self.some(&compare.rhs);
            }
            Node::Set { op, lhs, rhs, .. } => {
                self.none(lhs);
                match op {
                    SetOperation::And => self.some(rhs),
                    SetOperation::Or | SetOperation::Unless => self.none(rhs),
                }
            }
            Node::Absent(inner, _) => self.some(inner),
        }
    }

    /// That the leaves of the node are there, whatever was asked before.
    pub(super) fn some_leaves(&mut self, node: &Node) {
        node.leaves().iter().for_each(|leaf| {
            self.absent.remove(leaf);
        });
    }

    /// That the whole hangs on what `wanted` finds below `node`: on a comparison, or on a branch of `or`. Whether the
    /// whole yields an element where that part does, or where it does not; `None` if it is not below.
    pub(super) fn hang(&mut self, node: &Node, wanted: &impl Fn(&Node) -> bool) -> Option<bool> {
        if wanted(node) {
            self.some(node);
            return Some(true);
        }
        match node {
            Node::Number(_) | Node::Leaf(_) => None,
            Node::Grouped(inner, _) | Node::Counted(inner, _) => self.hang(inner, wanted),
            Node::Absent(inner, _) => self.hang(inner, wanted).map(|polarity| !polarity),
            Node::Arithmetic { lhs, rhs, .. } => self.beside(lhs, rhs, wanted),
            Node::Compare(compare) => {
                let polarity = self.beside(&compare.lhs, &compare.rhs, wanted)?;
                self.compares.insert(compare.id, Want::True);
                Some(polarity)
            }
            Node::Set { op, lhs, rhs, .. } => {
                if let Some(polarity) = self.hang(lhs, wanted) {
                    match op {
                        SetOperation::And => self.some(rhs),
                        SetOperation::Or | SetOperation::Unless => self.none(rhs),
                    }
                    return Some(polarity);
                }
                let polarity = self.hang(rhs, wanted)?;
                match op {
                    SetOperation::And => self.some(lhs),
                    SetOperation::Or => self.none(lhs),
                    SetOperation::Unless => self.some(lhs),
                }
                Some(if *op == SetOperation::Unless { !polarity } else { polarity })
            }
        }
    }

    fn beside(&mut self, lhs: &Node, rhs: &Node, wanted: &impl Fn(&Node) -> bool) -> Option<bool> {
        if let Some(polarity) = self.hang(lhs, wanted) {
            self.some(rhs);
            return Some(polarity);
        }
        let polarity = self.hang(rhs, wanted)?;
        self.some(lhs);
        Some(polarity)
    }
}
